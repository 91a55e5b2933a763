"""The public account of a fund: totals as of any day, their picture, and grants as openly as each may be shown."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from polyphony.fund.bodies.models import Fund
from polyphony.fund.calls.models import Call
from polyphony.fund.statement.words import FIGURES
from polyphony.kernel import clock, flow, locale, money
from polyphony.kernel.access import there
from polyphony.kernel.database import db
from polyphony.kernel.leafing import Leaf, Sought
from polyphony.languages.service import Key, Written, translations_for, written
from polyphony.organisations.models import Organisation
from polyphony.organisations.names import country

SHOWN = 40


@dataclass(frozen=True)
class Figures:
    """The fund in one currency, in minor units. received = granted + available; granted = paid + on_way + to_pay."""

    currency: str
    received: int
    granted: int
    paid: int
    on_way: int
    to_pay: int
    available: int
    unmatched: int

    def said(self, name: str) -> str:
        return money.shown(getattr(self, name), self.currency)


@dataclass(frozen=True)
class Shown:
    """One line of the list of grants: a grant shown by itself, or a cell of several."""

    kind: str
    name: str
    title: Written | None
    place: str
    amount: str
    grants: int | None


@dataclass(frozen=True)
class Account:
    """What a fund tells beside its figures: what it is for, its calls, a page of its grants among all of them."""

    purpose: Written
    calls: list[tuple[Call, Written]]
    lines: list[Shown]
    leaf: Leaf


def funds() -> list[tuple[Fund, Organisation]]:
    """Every fund of this place, by name."""
    return [(fund, org) for fund, org in db.session.execute(_FUNDS.order_by(Organisation.name, Organisation.id))]


def fund(fund_id: uuid.UUID) -> tuple[Fund, Organisation]:
    return there(db.session.execute(_FUNDS.where(Organisation.id == fund_id)).first())  # type: ignore[return-value]


_FUNDS = sa.select(Fund, Organisation).join(Organisation, Organisation.id == Fund.organisation_id)


def figures(fund_id: uuid.UUID, on: date) -> list[Figures]:
    """The totals of the ledger at the end of a day, by currency."""
    rows = db.session.execute(sa.text("SELECT currency, account, amount FROM fund.totals(:fund, :on)"),
                              {"fund": fund_id, "on": on})
    sums: dict[str, dict[str, int]] = {}
    for currency, account, amount in rows:
        sums.setdefault(currency, {})[account] = amount
    return [_figures(currency, found) for currency, found in sorted(sums.items())]


def _figures(currency: str, sums: dict[str, int]) -> Figures:
    """Debits are positive in the ledger; `paid` there holds what is on its way too."""
    available, granted, on_way = (-sums.get(name, 0) for name in ("available", "awarded", "transit"))
    left = sums.get("paid", 0)
    return Figures(currency, available + granted, granted, left - on_way, on_way, granted - left, available,
                   -sums.get("unmatched", 0))


def picture(found: Figures) -> flow.Flow:
    """Received, of it granted or available, of the granted paid, on its way or still to be paid."""
    part = {name: flow.Part(str(FIGURES[name]), found.said(name), getattr(found, name), name) for name in FIGURES}
    return flow.flow(part["received"], (part["granted"], part["available"]),
                     (part["paid"], part["on_way"], part["to_pay"]), locale.direction(locale.language()))


def is_open(call: Call) -> bool:
    return call.state == "open" and call.closes_at is not None and call.closes_at > clock.now()


def account(fund: Fund, on: date, sought: Sought, address: Callable[..., str]) -> Account:
    """A fund's words, calls and grants of a day, in the reader's language (three statements).

    What is hidden today never leaves the database, whatever the day: what is looked for is looked for in what is shown.
    """
    lang, rows = locale.language(), _grants(fund.organisation_id, on)
    called = db.session.scalars(sa.select(Call).where(Call.fund_id == fund.organisation_id, Call.state != "draft")
                                .order_by(Call.closes_at, Call.id)).all()
    alone = [row for row in rows if row.kind != "cell"]
    told = translations_for([fund.organisation_id, *(call.id for call in called), *_named(alone, sought)], lang)
    titles = {call.id: written(call.title, call.source_lang, call.id, "title", told, lang) for call in called}
    if sought.q:
        alone = [row for row in alone if sought.q.casefold() in _to_find(row, titles, told)]
    start = sought.start if sought.start < len(alone) else 0
    here = alone[start:start + SHOWN] + [row for row in rows if row.kind == "cell" and not sought.q]
    return Account(_purpose(fund, told), [(call, titles[call.id]) for call in called],
                   [_shown(row, titles, told) for row in here], Leaf(start, SHOWN, len(alone), address))


def _named(alone: list[Any], sought: Sought) -> list[uuid.UUID]:
    """Whose own titles are read in other words: those of this page, or of all, where something is looked for."""
    start = sought.start if sought.start < len(alone) else 0
    return [row.title_id for row in (alone if sought.q else alone[start:start + SHOWN]) if row.title_id]


def _to_find(row: Any, titles: dict[uuid.UUID, Written], told: dict[Key, Any]) -> str:
    """What the line of a grant says, but for its amount."""
    title = _title(row, titles, told)
    return "\n".join((row.name, row.title, title.text if title else "", place(row.place))).casefold()


def _grants(fund_id: uuid.UUID, on: date) -> Sequence[Any]:
    """Grants shown by themselves, and all that is only told together, by currency."""
    return db.session.execute(sa.text(
        "SELECT * FROM fund.grants_shown(:fund, :on) ORDER BY currency, amount DESC NULLS LAST, place, name, id"),
        {"fund": fund_id, "on": on}).all()


def _purpose(fund: Fund, told: dict[Key, Any]) -> Written:
    return written(fund.purpose, fund.lang, fund.organisation_id, "purpose", told, locale.language())


def purposes(found: Iterable[Fund]) -> dict[uuid.UUID, Written]:
    """What these funds are for, in the reader's language (one statement)."""
    kept = list(found)
    told = translations_for([fund.organisation_id for fund in kept], locale.language())
    return {fund.organisation_id: _purpose(fund, told) for fund in kept}


def _shown(row: Any, titles: dict[uuid.UUID, Written], told: dict[Key, Any]) -> Shown:
    amount = money.shown(row.amount, row.currency) if row.amount is not None else ""
    return Shown(row.kind, row.name, _title(row, titles, told), place(row.place), amount, row.grants)


def _title(row: Any, titles: dict[uuid.UUID, Written], told: dict[Key, Any]) -> Written | None:
    """The grant's own title where it is shown in full, else its call's."""
    if row.kind == "full":
        return written(row.title, row.lang, row.title_id, "words", told, locale.language())
    return titles.get(row.call_id)


def place(code: str) -> str:
    """A country or a region of the world by its name in the reader's language (CLDR)."""
    from babel import Locale

    if code.isdigit():
        name = str(Locale.parse(locale.language().replace("-", "_")).territories.get(code, code))
        return name[:1].upper() + name[1:]  # it stands by itself in its cell
    return country(code, locale.language())

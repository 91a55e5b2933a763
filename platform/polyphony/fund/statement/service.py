"""The public account of a fund: totals as of any day, their picture, and grants as openly as each may be shown."""

import uuid
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
from polyphony.languages.service import Written, translations_for, written
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
class Listed:
    """A page of the list of grants, and where the next begins."""

    lines: list[Shown]
    more: int | None


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


def calls(fund_id: uuid.UUID) -> dict[uuid.UUID, tuple[Call, Written]]:
    """The fund's calls that anybody may see, the one that closes first on top, titles in the reader's language."""
    lang = locale.language()
    found = db.session.scalars(sa.select(Call).where(Call.fund_id == fund_id, Call.state != "draft")
                               .order_by(Call.closes_at, Call.id)).all()
    words = translations_for([call.id for call in found], lang)
    return {call.id: (call, written(call.title, call.source_lang, call.id, "title", words, lang)) for call in found}


def is_open(call: Call) -> bool:
    return call.state == "open" and call.closes_at is not None and call.closes_at > clock.now()


def grants(fund_id: uuid.UUID, called: dict[uuid.UUID, tuple[Call, Written]], start: int = 0) -> Listed:
    """Grants shown by themselves, a page of them, and all that is only told together, by currency.

    What is hidden never leaves the database.
    """
    rows = db.session.execute(sa.text(
        "SELECT * FROM fund.grants_shown(:fund) ORDER BY currency, amount DESC NULLS LAST, place, name, id"),
        {"fund": fund_id}).all()
    alone = [row for row in rows if row.kind != "cell"]
    here = alone[start:start + SHOWN] + [row for row in rows if row.kind == "cell"]
    return Listed([_shown(row, called) for row in here], start + SHOWN if len(alone) > start + SHOWN else None)


def _shown(row: Any, called: dict[uuid.UUID, tuple[Call, Written]]) -> Shown:
    amount = money.shown(row.amount, row.currency) if row.amount is not None else ""
    title = called[row.call_id][1] if row.call_id in called else None
    if row.kind == "full":
        title = written(row.title, row.lang, row.id, "title", {}, locale.language())
    return Shown(row.kind, row.name, title, place(row.place), amount, row.grants)


def place(code: str) -> str:
    """A country or a region of the world by its name in the reader's language (CLDR)."""
    from babel import Locale

    if code.isdigit():
        return str(Locale.parse(locale.language().replace("-", "_")).territories.get(code, code))
    return country(code, locale.language())

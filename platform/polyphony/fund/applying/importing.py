"""Bring in applications that were collected elsewhere, on paper or in another system, from a CSV file.

An administrator of the fund signs in while the call is open; each row names an organisation that two stewards have
admitted. Every row has a key, so a second run brings in nothing twice; who writes an application herself is given no
other. Where a file's own budget lines leave something of the sum unexplained, the rest becomes a line of its own.
"""

import csv
import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from polyphony.fund.applying import rules, words
from polyphony.fund.applying.models import LEVELS, PARTS
from polyphony.fund.calls import service as calls
from polyphony.fund.calls.models import Call
from polyphony.kernel import audit, clock, locale, money, viewer
from polyphony.kernel.access import require
from polyphony.kernel.database import db
from polyphony.kernel.forms import LINE_LENGTH, TEXT_LENGTH, tidy
from polyphony.kernel.locale import _, force_locale
from polyphony.kernel.refusals import Refusal
from polyphony.kernel.viewer import Viewer
from polyphony.organisations.models import Organisation
from polyphony.organisations.names import countries

TOGETHER = 20  # rows between two looks at the progress bar


@dataclass(frozen=True)
class Mapping:
    """Which column holds what ('' = none), and what holds for every row."""

    key: str = "key"
    organisation: str = "organisation"
    requested: str = "requested"
    parts: dict[str, str] = field(default_factory=lambda: {"title": "title"})
    lines: tuple[tuple[str, str], ...] = ()  # what for, column
    rest: str = ""  # what the remainder is called
    country: str = ""
    payee_reference: str = ""
    in_country: str = ""
    lang: str = "en"
    level: str = "aggregate"  # the most careful, as in the form: nobody else agreed to more
    at_risk: bool = False

    @property
    def columns(self) -> list[str]:
        named = [self.key, self.organisation, self.requested, self.country, self.payee_reference, *self.parts.values()]
        return [column for column in (*named, *(column for _said, column in self.lines)) if column]


@dataclass
class Result:
    """What an import did."""

    added: int = 0
    known: int = 0
    errors: list[tuple[int, str]] = field(default_factory=list)


class BadLine(Exception):
    """A row that cannot be taken, with the reason."""


@dataclass(frozen=True)
class Reader:
    """What every row is read against."""

    call: Call
    mapping: Mapping
    organisations: dict[str, uuid.UUID]
    known: frozenset[uuid.UUID] = frozenset()  # applications to this call that are there already
    begun: frozenset[uuid.UUID] = frozenset()  # organisations that write one themselves

    def row(self, row: dict[str, Any]) -> dict[str, Any]:
        """One application, as the database takes it. Raises `BadLine`, and what is refused about amounts."""
        m, call = self.mapping, self.call
        key, name = self._cell(row, m.key), self._cell(row, m.organisation)
        if not key:
            raise BadLine(_("The key is empty."))
        if name.casefold() not in self.organisations:
            raise BadLine(_("No admitted stakeholder organisation is called “%(name)s”.", name=name))
        id, organisation = uuid.uuid5(call.id, key), self.organisations[name.casefold()]
        if organisation in self.begun and id not in self.known:
            raise BadLine(_("“%(name)s” has an application to this call already.", name=name))
        requested = self._amount(row, m.requested, _("The sum"))
        lines = self._lines(row, requested)
        rules.ensure_budget(call, requested, lines)
        payee = self._cell(row, m.payee_reference)[:140]
        rules.ensure_no_account_number(payee)
        parts = self._parts(row)
        return {"id": str(id), "call_id": str(call.id), "lang": m.lang, "requested": requested,
                "country": self._country(row), "at_risk": m.at_risk, "level": m.level, "on": clock.today().isoformat(),
                "organisation_id": str(organisation), "lines": lines,
                "payee_reference": payee,
                "parts": {part: text for part, text in parts.items() if text}}

    def _cell(self, row: dict[str, Any], column: str) -> str:
        return (tidy(row.get(column)) or "") if column else ""

    def _amount(self, row: dict[str, Any], column: str, what: str) -> int:
        text = self._cell(row, column)
        try:
            return money.parse(text, self.call.currency) if text else 0
        except Refusal as refusal:
            raise BadLine(_("%(what)s “%(typed)s”: %(reason)s", what=what, typed=text,
                            reason=refusal.message)) from None

    def _lines(self, row: dict[str, Any], requested: int) -> list[tuple[str, int]]:
        found = [(said, self._amount(row, column, said)) for said, column in self.mapping.lines]
        rest = requested - sum(amount for _said, amount in found)
        if rest < 0:
            raise BadLine(_("The budget lines are more than the sum."))
        if self.mapping.rest:
            found.append((self.mapping.rest, rest))
        return [(said, amount) for said, amount in found if amount]

    def _country(self, row: dict[str, Any]) -> str:
        code = (self._cell(row, self.mapping.country) or self.mapping.in_country).upper()
        if code not in countries("en"):
            raise BadLine(_("“%(code)s” is no country code of two letters.", code=code))
        return code

    def _parts(self, row: dict[str, Any]) -> dict[str, str]:
        """The texts. A title too long for one line is shortened, and stands in full before the summary."""
        parts = {part: self._cell(row, column) for part, column in self.mapping.parts.items()}
        title = parts.get("title", "")
        if not title:
            raise BadLine(_("There is no title."))
        if len(title) > LINE_LENGTH:
            parts["title"] = title[:LINE_LENGTH - 1].rsplit(" ", 1)[0] + "…"
            parts["summary"] = "\n\n".join(filter(None, (title, parts.get("summary"))))
        for part, text in parts.items():
            if len(text) > TEXT_LENGTH:
                raise BadLine(_("“%(part)s” has %(length)s characters; at most %(limit)s fit.",
                                part=words.PART_NAMES[part], length=len(text), limit=TEXT_LENGTH))
        return parts


def ensure_mapping(mapping: Mapping) -> None:
    """Raises `BadLine` for what could never be taken."""
    unknown = set(mapping.parts) - set(PARTS)
    if unknown:
        raise BadLine(_("An application has no part called %(names)s.", names=", ".join(sorted(unknown))))
    if mapping.level not in LEVELS:
        raise BadLine(_("There is no publication level called %(name)s.", name=mapping.level))
    if not mapping.lines and not mapping.rest:
        raise BadLine(_("Name at least one budget line, or what the whole sum is for."))
    if locale.tag(mapping.lang) is None:
        raise BadLine(_("“%(code)s” is no language code.", code=mapping.lang))


def read(path: Path, reader: Reader) -> tuple[list[dict[str, Any]], list[tuple[int, str]]]:
    """Every good row and, by line number, what is wrong with the others. Raises `BadLine` without the columns."""
    good: list[dict[str, Any]] = []
    bad: list[tuple[int, str]] = []
    by_key: dict[str, tuple[int, dict[str, Any]]] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        try:
            missing = [c for c in reader.mapping.columns if c not in (rows.fieldnames or [])]
            if missing:
                raise BadLine(_("The file has no column named %(names)s.", names=", ".join(missing)))
            for row in rows:
                try:
                    given = reader.row(row)
                    number, first = by_key.setdefault(given["id"], (rows.line_num, given))
                    if first != given:  # one of them would be lost unseen
                        raise BadLine(_("The key stands in line %(number)s already, with other words.", number=number))
                    good.append(given)
                except (BadLine, Refusal) as error:
                    bad.append((rows.line_num, str(getattr(error, "message", "") or error)))
        except UnicodeDecodeError:
            raise BadLine(_("The file is not in UTF-8. Save it as CSV in UTF-8.")) from None
        except csv.Error as error:
            raise BadLine(_("Line %(number)s: %(reason)s", number=rows.line_num, reason=error)) from None
    return good, bad


def reader_for(by: Viewer, call_id: uuid.UUID, mapping: Mapping) -> Reader:
    """What rows are read against. Raises `NotForYou`, `NotOpen`, `BadLine`."""
    ensure_mapping(mapping)
    call = calls.find(call_id)
    require(by.is_in("fund_admin", call.fund_id), rules.NotForYou())
    if not rules.is_open(call, clock.now()):
        raise rules.NotOpen()
    rows = db.session.execute(sa.select(Organisation.name, Organisation.id).where(
        Organisation.kind == "stakeholder", Organisation.admitted_on.is_not(None)).order_by(Organisation.id.desc()))
    there = db.session.execute(sa.text("SELECT * FROM fund.applying_here(:call)"), {"call": call.id}).all()
    return Reader(call, mapping, {name.casefold(): id for name, id in rows},
                  frozenset(each.application for each in there),
                  frozenset(each.organisation for each in there if each.by_hand))


def bring(call: Call, given: Iterable[dict[str, Any]]) -> Iterator[bool]:
    """Add each application that is not there yet; yields whether it was new."""
    for each in given:
        is_new = bool(db.session.scalar(sa.select(sa.func.fund.bring_application(
            sa.cast(json.dumps(each), sa.Text).cast(JSONB)))))
        if is_new:
            audit.record("application.brought", uuid.UUID(each["id"]), about=call.id)
        yield is_new


def run(app: Any, path: Path, *, address: str, password: str, call_id: uuid.UUID, mapping: Mapping,
        skip_bad: bool, code: str = "") -> Result:
    """Import a file as one administrator; everything or nothing, unless `skip_bad`."""
    from polyphony.people import factors
    from polyphony.people import service as people

    lang = app.extensions["settings"].default_language  # whoever sits at the terminal reads it
    with app.test_request_context(f"/{lang}/"), force_locale(lang):
        viewer.open_viewer(None)
        by = factors.sign_in(address=address, password=password, code=code)
        reader = reader_for(by, call_id, mapping)
        good, bad = read(path, reader)
        result = Result(errors=bad)
        if bad and not skip_bad:
            db.session.rollback()
            return result
        with click.progressbar(bring(reader.call, good), length=len(good), label=_("Importing"),
                               update_min_steps=TOGETHER) as steps:
            for is_new in steps:
                result.added, result.known = result.added + is_new, result.known + (not is_new)
        people.sign_out()
        db.session.commit()
    return result

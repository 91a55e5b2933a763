"""What is held about whoever is looking, read as she may read it, to take away; and her erasure."""

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import session

from polyphony.kernel import audit, clock, jobs, locale, providers, retention
from polyphony.kernel.access import SignInNeeded, require
from polyphony.kernel.database import db
from polyphony.kernel.retention import ACCOUNT, PHRASE, Datum
from polyphony.kernel.viewer import Viewer
from polyphony.organisations import leaving
from polyphony.organisations import service as organisations
from polyphony.organisations.models import APPROVALS_NEEDED, Membership, Organisation
from polyphony.people.models import Erasure
from polyphony.retention import rules, words

SHOWN = 5  # rows of each datum on the page; the file has all of them
LONG = 200  # characters of one value on the page
_KINDS: dict[str, Any] = {"authored": sa.ARRAY(sa.Uuid()), "participating": sa.ARRAY(sa.Uuid()),
                          "tags": sa.ARRAY(sa.LargeBinary()), "person": sa.Uuid(), "phrase": sa.Uuid()}


@dataclass(frozen=True)
class Held:
    """One datum of one person: how many rows, and the first of them (or all)."""

    datum: Datum
    number: int
    rows: list[dict[str, Any]]

    def said(self, column: str, x: Any) -> str:
        """A value of this column as people read it, in their language."""
        if column in ("lang", "language") and x:
            return locale.name_of(str(x))
        known = self.datum.codes.get(column, {})
        return ", ".join(str(known[each]) if isinstance(each, str) and each in known else words.value(each)
                         for each in (x if isinstance(x, list) else [x]))

    @property
    def when_erased(self) -> str:
        return self.datum.when_erased


def kept_of(kind: str) -> list[Datum]:
    """Every datum once: of all who speak, of accounts alone, or of organisations, as the public page tells of it."""
    return [each for each in retention.datums.values() if each.of[-1] == kind]


@providers.provide("my_marks")
def where_i_take_part(by: Viewer) -> dict[str, list[uuid.UUID]]:
    return {"participating": sorted(by.of("participating"), key=str)}


def mine(by: Viewer, *, most: int | None = SHOWN) -> list[Held]:
    """Everything held about this person, datum by datum, under her own row security (one statement)."""
    require(by.is_signed_in or by.is_phrase, SignInNeeded())
    wanted = retention.of_mine(ACCOUNT if by.is_signed_in else PHRASE)
    values: dict[str, Any] = {"person": by.person, "phrase": by.phrase}
    for marks in providers.ask("my_marks", by):
        values |= marks
    every = " UNION ALL ".join(_told(number, datum, most) for number, datum in enumerate(wanted))
    given: list[sa.BindParameter[Any]] = [sa.bindparam(name, type_=kind) for name, kind in _KINDS.items()
                                          if f":{name}" in every]
    rows = db.session.execute(sa.text(every).bindparams(*given), {x.key: values[x.key] for x in given}).all()
    found = {number: (count, told) for number, count, told in rows}
    return [Held(datum, found[n][0], [datum.told(row) for row in found[n][1]]) for n, datum in enumerate(wanted)]


def _told(number: int, datum: Datum, most: int | None) -> str:
    limit = f"LIMIT {most}" if most is not None else ""
    return (f"SELECT {number}, (SELECT count(*) FROM ({datum.mine}) c), coalesce((SELECT jsonb_agg(to_jsonb(t)) FROM "  # noqa: S608
            f"(SELECT * FROM ({datum.mine}) m {limit}) t), '[]'::jsonb)")


def erasure_waits(by: Viewer) -> bool:
    """Whether this person has asked already (a second window shows it)."""
    return bool(db.session.scalar(sa.select(sa.func.count()).select_from(Erasure)))


def alone_in(by: Viewer) -> list[str]:
    """The organisations that nobody else administers: they keep her from erasing her account."""
    return leaving.alone_administers(by)


def is_last_steward(by: Viewer) -> bool:
    """Whether without her too few stewards would be left to admit anybody."""
    others = sa.select(sa.func.people.other_stewards())
    return by.is_steward and db.session.execute(others).scalar_one() < APPROVALS_NEEDED


def ask_erasure(by: Viewer) -> None:
    """End every session and membership now, and have the worker erase all that is hers. Twice is once.

    Nothing names her in the work that waits, and no act of a return phrase is recorded.
    Raises LastAdministrator, LastStewards.
    """
    require(by.is_signed_in or by.is_phrase, SignInNeeded())
    if by.is_signed_in:
        shared = Organisation.id.in_(by.of("administered"))
        organisations.in_turn(shared | (Organisation.kind == "operator") if by.is_steward else shared)
        rules.ensure_may_be_erased(alone_in(by), is_last_steward=is_last_steward(by))
        leaving.end_all(by, Membership.person_id == by.person, reason="")
        audit.record("person.erasure_asked", by.person)
    db.session.flush()
    db.session.execute(sa.select(sa.func.people.ask_erasure(clock.today())))
    jobs.defer("retention.erase")
    session.pop("links", None)

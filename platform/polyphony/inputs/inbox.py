"""An author's inbox, page by page: the newest consultation first, in each the newest of what she said."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa

from polyphony.consultations.models import Consultation
from polyphony.consultations.showing import zone_for
from polyphony.inputs.models import Draft, Input
from polyphony.inputs.service import Mine, with_fate
from polyphony.kernel import clock
from polyphony.kernel.database import db
from polyphony.kernel.locale import language
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import reader_first
from polyphony.vault.desk import offered

IN_INBOX = 8  # of one consultation on one page; who collected many on paper has hundreds


@dataclass(frozen=True)
class Inbox:
    """What an author said, newest first, by consultation, and where the next page of each begins."""

    mine: list[Mine]
    known: dict[uuid.UUID, Consultation]
    more: dict[uuid.UUID, int]
    begun: set[uuid.UUID]  # where a draft waits
    keepers: set[uuid.UUID]  # where she can leave her name with somebody, or has


def inbox(by: Viewer, *, only: uuid.UUID | None = None, start: int = 0) -> Inbox:
    """The newest of everything this author said, or one page of what she said in one consultation."""
    rows = _newest(by, only, start)
    mine = with_fate([entry for entry, _whole in rows])
    more = {entry.consultation_id: start + IN_INBOX for entry, whole in rows if whole > start + IN_INBOX}
    wanted = {only} if only else {entry.consultation_id for entry, _whole in rows} | set(by.of("participating"))
    found = db.session.scalars(sa.select(Consultation).where(Consultation.id.in_(wanted))
                               .order_by(Consultation.promised_on.desc(), Consultation.id)).all() if wanted else ()
    known = {c.id: c for c in found}
    begun = {c for c, _title, _ends in drafts(by)} if any(c.state == "open" for c in found) else set()
    return Inbox(mine, known, more, begun, keepers(by, known.values()))


def _newest(by: Viewer, only: uuid.UUID | None, start: int) -> list[tuple[Input, int]]:
    """So many inputs of each consultation, each with the number of all her inputs there."""
    if not by.of("authored"):
        return []
    order = (Input.day.desc(), Input.shuffle, Input.id)
    where = Input.consultation_id
    hers = sa.select(Input.id, sa.func.row_number().over(partition_by=where, order_by=order).label("place"),
                     sa.func.count().over(partition_by=where).label("whole")).where(
        Input.id == sa.any_(sa.literal(list(by.of("authored")), sa.ARRAY(sa.Uuid()))))
    numbered = (hers.where(Input.consultation_id == only) if only else hers).subquery()
    rows = db.session.execute(sa.select(Input, numbered.c.whole).join(numbered, numbered.c.id == Input.id).where(
        numbered.c.place > start, numbered.c.place <= start + IN_INBOX).order_by(*order))
    return [(entry, whole) for entry, whole in rows]


def drafts(by: Viewer) -> list[tuple[uuid.UUID, str, date | None]]:
    """The consultations in which something she has begun can still be sent: title, and the day when inputs end."""
    rows = db.session.execute(_drafts(language(), by.is_signed_in), {"who": by.person or by.phrase, "now": clock.now()})
    return [(row.id, row.title, clock.date_in(row.closes_at, zone_for(by, row))) for row in rows]


@cache
def _drafts(lang: str, is_account: bool) -> sa.Select[Any]:
    """That statement, built once, for every home asks it."""
    title = reader_first(Consultation.id, "title", Consultation.title, Consultation.source_lang, lang)
    return sa.select(Consultation.id, title.label("title"), Consultation.closes_at, Consultation.time_zone).join(
        Draft, Draft.consultation_id == Consultation.id).where(
        (Draft.person_id if is_account else Draft.phrase_id) == sa.bindparam("who", type_=sa.Uuid()),
        Consultation.state == "open", Consultation.closes_at > sa.bindparam("now", type_=sa.DateTime(timezone=True)),
    ).order_by(Consultation.closes_at, Consultation.id)


def keepers(by: Viewer, known: Iterable[Consultation]) -> set[uuid.UUID]:
    """Where the way to the keyholders is of use: while inputs can be sent, and wherever she left something."""
    there = {c.id: c.state for c in known}
    return {id for id, has_left in offered(by, list(there)).items() if has_left or there[id] == "open"}

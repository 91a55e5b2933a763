"""An author's inbox, page by page: the newest consultation first, in each the newest of what she said."""

import uuid
from dataclasses import dataclass

import sqlalchemy as sa

from polyphony.consultations.models import Consultation
from polyphony.inputs.models import Input
from polyphony.inputs.service import Mine, with_fate
from polyphony.kernel.database import db
from polyphony.kernel.viewer import Viewer

IN_INBOX = 8  # of one consultation on one page; who collected many on paper has hundreds


@dataclass(frozen=True)
class Inbox:
    """What an author said, newest first, by consultation, and where the next page of each begins."""

    mine: list[Mine]
    known: dict[uuid.UUID, Consultation]
    more: dict[uuid.UUID, int]


def inbox(by: Viewer, *, only: uuid.UUID | None = None, start: int = 0) -> Inbox:
    """The newest of everything this author said, or one page of what she said in one consultation."""
    rows = _newest(by, only, start)
    mine = with_fate([entry for entry, _whole in rows])
    more = {entry.consultation_id: start + IN_INBOX for entry, whole in rows if whole > start + IN_INBOX}
    wanted = {only} if only else {entry.consultation_id for entry, _whole in rows} | set(by.of("participating"))
    found = db.session.scalars(sa.select(Consultation).where(Consultation.id.in_(wanted))
                               .order_by(Consultation.promised_on.desc(), Consultation.id)).all() if wanted else ()
    return Inbox(mine, {c.id: c for c in found}, more)


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

"""What was done, by whom and when, in rows that the web role can only add.

A row says a verb and ids, never a text, a name or an address; acts of people without an account, and
what a member says, leave no row that names her or tells the hour. A job seals new rows into a hash chain, in
order, so a change made later no longer fits; signed heads tell it even where every later link was made anew.
Rows that know only their day are sealed together once it is over: their place would tell the hour.
"""

import hashlib
import json
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from polyphony.kernel import clock, viewer
from polyphony.kernel.database import Base, Row, db
from polyphony.kernel.policies import allow, holds, one, protect

LATE = timedelta(minutes=4)  # whoever began before midnight has ended, and the day is not signed yet


class AuditRow(Row, Base):
    __tablename__ = "row"
    __table_args__ = {"schema": "audit"}
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[uuid.UUID | None]
    verb: Mapped[str]
    subject: Mapped[uuid.UUID | None]
    about: Mapped[uuid.UUID | None] = mapped_column(index=True)  # consultation or organisation
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)

    @property
    def tells_the_day_alone(self) -> bool:
        return self.actor is None and self.at == clock.midnight(self.at)


class AuditSeal(Base):
    """One link of the chain: SHA-256 of a row's content, and of that together with the link before.

    The content of a row holds its random id, so its hash tells nothing to those who may not read the row.
    """

    __tablename__ = "seal"
    __table_args__ = {"schema": "audit"}
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    row_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    content: Mapped[bytes]
    hash: Mapped[bytes]


protect(AuditRow, app="SELECT, INSERT", worker="SELECT, INSERT", lookup="")
protect(AuditSeal, app="SELECT", worker="SELECT, INSERT", lookup="")
allow(AuditRow, "INSERT", "anyone_adds", "true", public=True,
      check=f"actor IS NULL OR ((SELECT viewer.sealed()) AND actor = {one('person')})")  # nobody in another's name
allow(AuditRow, "SELECT", "auditor", holds("auditor"))
allow(AuditSeal, "SELECT", "auditor", holds("auditor"))


def record(verb: str, subject: uuid.UUID | None = None, *, about: uuid.UUID | None = None, anonymous: bool = False,
           **details: Any) -> None:
    """Add a row for this act; `anonymous` leaves out who and the hour (what members say)."""
    record_each(verb, [(subject, details)], about=about, anonymous=anonymous)


def record_each(verb: str, acts: Iterable[tuple[uuid.UUID | None, dict[str, Any]]], *, about: uuid.UUID | None = None,
                anonymous: bool = False) -> None:
    """Add a row for each (subject, details) of the same act, in one statement."""
    actor, at = (None, clock.midnight()) if anonymous else (viewer.current().person, clock.now())
    rows = [{"id": uuid.uuid4(), "at": at, "actor": actor, "verb": verb, "subject": subject, "about": about,
             "details": details} for subject, details in acts]
    db.session.execute(sa.insert(AuditRow.__table__).values(rows))  # no RETURNING: the writer may not read it back


def content(row: AuditRow) -> list[Any]:
    """What the chain keeps of a row: id, UTC seconds with microseconds, who, verb, on what, about what, details."""
    return [str(row.id), row.at.timestamp(), str(row.actor), row.verb, str(row.subject), str(row.about), row.details]


def content_hash(row: AuditRow) -> bytes:
    """SHA-256 of a row's content as canonical JSON (sorted keys)."""
    return hashlib.sha256(json.dumps(content(row), sort_keys=True, ensure_ascii=False).encode()).digest()


def link_hash(before: bytes, content: bytes) -> bytes:
    """The hash that stands in a link: of the link before and of its row's content hash."""
    return hashlib.sha256(before + content).digest()


def waits() -> sa.ColumnElement[bool]:
    """Whether a row knows only its day, and that day is not over: nobody should learn when within it the row came."""
    day = sa.func.date_trunc("day", AuditRow.at, "UTC")
    return sa.and_(AuditRow.at == day, AuditRow.at >= clock.midnight(clock.now() - LATE))


def seal_new_rows(limit: int = 5000) -> int:
    """Link every row that is not yet in the chain and need not wait, oldest first, in a random order where only the day
    is known (ids are random); returns how many."""
    db.session.execute(sa.text("SELECT pg_advisory_xact_lock(7105)"))
    last = db.session.scalars(sa.select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1)).first()
    number, link = (last.number, last.hash) if last else (0, b"\0" * 32)
    sealed = sa.exists().where(AuditSeal.row_id == AuditRow.id)
    rows = db.session.scalars(sa.select(AuditRow).where(~sealed, ~waits()).order_by(AuditRow.at, AuditRow.id)
                              .limit(limit)).all()
    for row in rows:
        kept = content_hash(row)
        number, link = number + 1, link_hash(link, kept)
        db.session.add(AuditSeal(number=number, row_id=row.id, content=kept, hash=link))
    return len(rows)


def broken_at() -> int | None:
    """The number of the first link that no longer fits, or None when the chain is whole."""
    link = b"\0" * 32
    seals = db.session.execute(
        sa.select(AuditSeal, AuditRow).outerjoin(AuditRow, AuditRow.id == AuditSeal.row_id).order_by(AuditSeal.number)
    )
    for expected, (seal, row) in enumerate(seals, start=1):
        link = link_hash(link, seal.content)
        if seal.number != expected or link != seal.hash or row is None or content_hash(row) != seal.content:
            return expected
    return None

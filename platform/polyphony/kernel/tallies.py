"""Counts kept by a job, so that no page counts rows while somebody waits on a slow line."""

import uuid
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from polyphony.kernel.database import Base, db
from polyphony.kernel.policies import allow, protect


class Tally(Base):
    """One suppressed count: what is too small to show is stored as null, so that no page can leak it."""

    __tablename__ = "tally"
    __table_args__ = {"schema": "kernel"}
    subject: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int | None]


protect(Tally, app="SELECT", worker="SELECT, INSERT, UPDATE", lookup="")
allow(Tally, "SELECT", "anyone", "true", public=True)


def keep(subject: uuid.UUID, counts: dict[str, int | None]) -> None:
    """Store counts that were suppressed already (worker)."""
    for name, count in counts.items():
        statement = insert(Tally).values(subject=subject, name=name, count=count)
        db.session.execute(statement.on_conflict_do_update(index_elements=["subject", "name"],
                                                           set_={"count": count}))


_OF = sa.select(Tally.subject, Tally.name, Tally.count).where(
    Tally.subject == sa.any_(sa.bindparam("subjects", type_=sa.ARRAY(sa.Uuid()))))


def read(subjects: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[str, int | None]]:
    """The counts of several subjects in one statement."""
    found: dict[uuid.UUID, dict[str, int | None]] = {}
    for subject, name, count in db.session.execute(_OF, {"subjects": list(subjects)}):
        found.setdefault(subject, {})[name] = count
    return found

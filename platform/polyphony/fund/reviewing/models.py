"""Who reviews what, who steps aside, and scores that nobody else sees before locking her own."""

import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from polyphony.kernel.database import Base, Row, at_most, one_of, to

KINDS = ("member", "worked_on", "applies_too", "family", "money", "other")
BEST = 5


class Assignment(Row, Base):
    """A reviewer is asked to read one application."""

    __tablename__ = "assignment"
    __table_args__ = (sa.UniqueConstraint("application_id", "person_id"), {"schema": "fund"})
    application_id: Mapped[uuid.UUID] = to("fund.application.id")
    fund_id: Mapped[uuid.UUID]
    person_id: Mapped[uuid.UUID] = to("people.person.id")
    on: Mapped[date]


class Recusal(Row, Base):
    """Stepping aside (`Recusal`): one person leaves one case, by her own word or because a conflict was found."""

    __tablename__ = "recusal"
    __table_args__ = (
        one_of("origin", ("declared", "found")), one_of("kind", KINDS), at_most("words", 2000),
        sa.UniqueConstraint("application_id", "person_id"), {"schema": "fund"},
    )
    application_id: Mapped[uuid.UUID] = to("fund.application.id")
    fund_id: Mapped[uuid.UUID]
    person_id: Mapped[uuid.UUID] = to("people.person.id")
    origin: Mapped[str]
    kind: Mapped[str]
    words: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class Score(Base):
    """One reviewer's score on one criterion; a missing score is missing, never zero."""

    __tablename__ = "score"
    __table_args__ = (sa.CheckConstraint("value BETWEEN 0 AND 5", name="value"), at_most("words", 20_000),
                      {"schema": "fund"})
    assignment_id: Mapped[uuid.UUID] = to("fund.assignment.id", primary_key=True)
    criterion_id: Mapped[uuid.UUID] = to("fund.criterion.id", primary_key=True)
    application_id: Mapped[uuid.UUID] = mapped_column(index=True)
    value: Mapped[int | None]
    words: Mapped[str] = mapped_column(default="")


class Lock(Base):
    """A reviewer has locked her scores on an application: from now on they stand, and she sees who applies."""

    __tablename__ = "lock"
    __table_args__ = (at_most("words", 20_000), {"schema": "fund"})
    assignment_id: Mapped[uuid.UUID] = to("fund.assignment.id", primary_key=True)
    application_id: Mapped[uuid.UUID] = mapped_column(index=True)
    fund_id: Mapped[uuid.UUID]
    person_id: Mapped[uuid.UUID] = to("people.person.id")
    words: Mapped[str] = mapped_column(default="")  # her overall remark
    lang: Mapped[str]
    at: Mapped[datetime]

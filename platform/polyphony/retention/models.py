"""A hold: something is kept from ending for a while, because two people say so, with a reason and an end."""

import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from polyphony.kernel.database import Base, Row, at_most, one_of, to

KINDS = ("account", "consultation")
LONGEST = 366  # days


class Hold(Row, Base):
    """One steward's proposal to keep an account or a consultation from ending. In force once another confirms it."""

    __tablename__ = "hold"
    __table_args__ = (
        one_of("kind", KINDS), at_most("reason", 2000), at_most("safety_reason", 2000),
        sa.CheckConstraint("trim(reason) <> ''", name="has_reason"),
        sa.CheckConstraint(f"until <= (made_at AT TIME ZONE 'UTC')::date + {LONGEST}", name="ends"),
        {"schema": "retention"},
    )
    kind: Mapped[str]
    subject_id: Mapped[uuid.UUID] = mapped_column(index=True)
    reason: Mapped[str]
    safety_reason: Mapped[str] = mapped_column(default="")  # why the person is not told
    until: Mapped[date]
    made_at: Mapped[datetime]
    person_id: Mapped[uuid.UUID] = to("people.person.id")


class Confirmation(Base):
    """Another steward has read the reason and confirms: from now on it holds."""

    __tablename__ = "confirmation"
    __table_args__ = {"schema": "retention"}
    hold_id: Mapped[uuid.UUID] = to("retention.hold.id", primary_key=True)
    person_id: Mapped[uuid.UUID] = to("people.person.id")
    at: Mapped[datetime]


class Release(Base):
    """A hold, or its proposal, was ended before its day: by one steward, with words."""

    __tablename__ = "release"
    __table_args__ = (at_most("words", 2000), {"schema": "retention"})
    hold_id: Mapped[uuid.UUID] = to("retention.hold.id", primary_key=True)
    person_id: Mapped[uuid.UUID] = to("people.person.id")
    at: Mapped[datetime]
    words: Mapped[str]

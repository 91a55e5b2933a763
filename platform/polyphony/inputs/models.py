"""Inputs, who wrote them (apart), what was masked, drafts that wait.

Who wrote an input never stands in a row that somebody else may read: naming is stored as the text to
show, and the day without its hour, with a random number to sort by, so that order tells nothing.
"""

import secrets
import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from polyphony.kernel.database import Base, Row, at_most, one_of, to

AUDIENCES = ("facilitator", "chosen", "companies", "participants", "public")
NAMINGS = ("name", "organisation", "pseudonym", "unattributed")
SPEAKS_AS = ("affected", "representative", "expert", "nhri", "internal", "authority")


def shuffle() -> int:
    """A random number to sort by within a day."""
    return secrets.randbelow(2**31)


class Input(Row, Base):
    """What a stakeholder says, as others may read it (masked where the facilitator masked it)."""

    __tablename__ = "input"
    __table_args__ = (
        one_of("audience", AUDIENCES), one_of("naming", NAMINGS), one_of("speaks_as", SPEAKS_AS),
        at_most("text", 20_000), at_most("shown_as", 300),
        sa.CheckConstraint("audience <> 'chosen' OR cardinality(readers) > 0", name="chosen_has_readers"),
        sa.CheckConstraint("withdrawn_on IS NULL OR text = ''", name="withdrawn_is_empty"),
        sa.Index("input_list_idx", "consultation_id", sa.text("day DESC"), "shuffle"),
        sa.Index("input_unread_idx", "consultation_id", postgresql_where=sa.text("read_on IS NULL")),
        {"schema": "inputs"},
    )
    consultation_id: Mapped[uuid.UUID] = to("consultations.consultation.id", index=False)
    day: Mapped[date]
    shuffle: Mapped[int] = mapped_column(default=shuffle)
    lang: Mapped[str]
    text: Mapped[str]
    audience: Mapped[str]
    readers: Mapped[list[uuid.UUID]] = mapped_column(default=list)  # the companies chosen
    addressed: Mapped[list[uuid.UUID]] = mapped_column(default=list)  # the companies that owe an answer
    naming: Mapped[str]
    shown_as: Mapped[str] = mapped_column(default="")
    speaks_as: Mapped[str]
    masked: Mapped[bool] = mapped_column(default=False)
    read_on: Mapped[date | None]  # nothing reaches others before
    withdrawn_on: Mapped[date | None]
    revision: Mapped[int] = mapped_column(default=1)
    source: Mapped[str | None] = mapped_column(index=True)  # key of an imported row, so that it comes once


class Authorship(Base):
    """Who wrote an input: an account, or a return phrase. Seen by the author alone."""

    __tablename__ = "authorship"
    __table_args__ = (
        sa.CheckConstraint("num_nonnulls(person_id, phrase_id) = 1", name="one_author"), {"schema": "inputs"},
    )
    input_id: Mapped[uuid.UUID] = to("inputs.input.id", primary_key=True)
    person_id: Mapped[uuid.UUID | None] = to("people.person.id")
    phrase_id: Mapped[uuid.UUID | None] = to("people.phrase.id")


class Original(Base):
    """The author's own words where the facilitator masked some, and why; read by these two alone."""

    __tablename__ = "original"
    __table_args__ = {"schema": "inputs"}
    input_id: Mapped[uuid.UUID] = to("inputs.input.id", primary_key=True)
    consultation_id: Mapped[uuid.UUID]
    text: Mapped[str]
    reason: Mapped[str]
    reason_lang: Mapped[str] = mapped_column(default="")


class Handed(Base):
    """An unread or facilitator-only input that the facilitator handed to a translator."""

    __tablename__ = "handed"
    __table_args__ = {"schema": "inputs"}
    input_id: Mapped[uuid.UUID] = to("inputs.input.id", primary_key=True)
    person_id: Mapped[uuid.UUID] = to("people.person.id", primary_key=True)
    consultation_id: Mapped[uuid.UUID]


class Draft(Row, Base):
    """What somebody has begun to say. It hangs on her account or phrase; nobody else can read it."""

    __tablename__ = "draft"
    __table_args__ = (
        sa.CheckConstraint("num_nonnulls(person_id, phrase_id) = 1", name="one_author"), {"schema": "inputs"},
    )
    consultation_id: Mapped[uuid.UUID] = to("consultations.consultation.id")
    person_id: Mapped[uuid.UUID | None] = to("people.person.id")
    phrase_id: Mapped[uuid.UUID | None] = to("people.phrase.id")
    input_id: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4)  # the id it will have: files hang on it already
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    day: Mapped[date]


class Reading(Base):
    """That the facilitator has read an input, and when to the minute (her act, not the author's)."""

    __tablename__ = "reading"
    __table_args__ = {"schema": "inputs"}
    input_id: Mapped[uuid.UUID] = to("inputs.input.id", primary_key=True)
    consultation_id: Mapped[uuid.UUID]
    person_id: Mapped[uuid.UUID] = to("people.person.id")
    at: Mapped[datetime]

"""Translations of what people write, beside the original, each with its own mark."""

import uuid
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from polyphony.kernel.database import Base, Row, at_most, one_of, to

KINDS = ("consultation", "input", "theme", "answer", "measure", "ground_view", "words", "quote", "fund_call",
         "fund_criterion", "fund_eligibility", "fund_part", "fund_decision", "fund_purpose", "masking")
MARKS = ("person", "reviewed", "machine")


class Translation(Row, Base):
    """One text of one thing in one language. Who translated it stands elsewhere: it may be the author.

    What an author makes of her own words waits until the facilitator has read it, beside what others see.
    """

    __tablename__ = "translation"
    __table_args__ = (
        one_of("kind", KINDS), one_of("mark", MARKS), at_most("text", 40_000),
        sa.UniqueConstraint("subject_id", "field", "lang", "waits"),
        sa.Index("translation_waits_idx", "consultation_id", postgresql_where=sa.text("waits")),
        {"schema": "languages"},
    )
    consultation_id: Mapped[uuid.UUID] = mapped_column(index=True)  # of a higher room, hence no foreign key
    kind: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    field: Mapped[str]
    lang: Mapped[str]
    text: Mapped[str]
    mark: Mapped[str] = mapped_column(default="person")
    stale: Mapped[bool] = mapped_column(default=False)
    waits: Mapped[bool] = mapped_column(default=False, server_default=sa.false())  # an author’s own, until it is read


class TranslationWork(Row, Base):
    """Who made or reviewed a translation, and when; seen by herself and the facilitator."""

    __tablename__ = "work"
    __table_args__ = (one_of("act", ("made", "reviewed")), {"schema": "languages"})
    translation_id: Mapped[uuid.UUID] = to("languages.translation.id")
    consultation_id: Mapped[uuid.UUID]
    person_id: Mapped[uuid.UUID] = to("people.person.id")
    act: Mapped[str]
    on: Mapped[date]


class TranslatorRefusal(Row, Base):
    """An author does not want a certain translator to read a certain text."""

    __tablename__ = "translator_refusal"
    __table_args__ = {"schema": "languages"}
    subject_id: Mapped[uuid.UUID] = mapped_column(index=True)
    translator_id: Mapped[uuid.UUID] = mapped_column(index=True)  # the appointment refused
    person_id: Mapped[uuid.UUID]  # the translator's account, so that policies need no join

"""A call: what is offered and until when, the questions before one registers, and the criteria with their weights."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from polyphony.kernel.database import Base, Row, at_most, one_of, to
from polyphony.kernel.states import Machine, Way

MACHINE = Machine(
    "call",
    ("draft", "scheduled", "open", "closed", "decided"),
    (
        Way("draft", "scheduled", "schedule", "fund administrator"),
        Way("scheduled", "draft", "take back", "fund administrator"),
        Way("scheduled", "open", "open", "job at the opening time"),
        Way("open", "closed", "close", "job at the deadline"),
        Way("closed", "decided", "finish", "fund administrator, when every application is decided"),
    ),
)
STATES = MACHINE.states
TEXTS = ("title", "plain", "about", "who_can_apply", "what_for")
QUESTIONS, CRITERIA = 6, 8


class Call(Row, Base):
    """An invitation to apply for money of the fund, in one currency."""

    __tablename__ = "call"
    __table_args__ = (
        one_of("state", STATES), *(at_most(text, 300 if text == "title" else 20_000) for text in TEXTS),
        sa.CheckConstraint("opens_at < closes_at", name="opens_before_deadline"),
        sa.CheckConstraint("0 < smallest AND smallest <= largest AND largest <= envelope", name="amounts"),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"), {"schema": "fund"},
    )
    fund_id: Mapped[uuid.UUID] = to("fund.fund.organisation_id")
    state: Mapped[str] = mapped_column(default="draft")
    currency: Mapped[str]
    envelope: Mapped[int] = mapped_column(sa.BigInteger)  # the most that this call may award in all, minor units
    smallest: Mapped[int] = mapped_column(sa.BigInteger)  # for one application
    largest: Mapped[int] = mapped_column(sa.BigInteger)
    source_lang: Mapped[str]
    languages: Mapped[list[str]] = mapped_column(default=list)
    title: Mapped[str]
    plain: Mapped[str] = mapped_column(default="")
    about: Mapped[str] = mapped_column(default="")
    who_can_apply: Mapped[str] = mapped_column(default="")
    what_for: Mapped[str] = mapped_column(default="")
    time_zone: Mapped[str] = mapped_column(default="UTC")
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    reviews_each: Mapped[int] = mapped_column(default=2)
    revision: Mapped[int] = mapped_column(default=1)


class CallStep(Row, Base):
    """One step of a call: from, to, when, by whom (nobody: the job at its time)."""

    __tablename__ = "call_step"
    __table_args__ = (one_of("end", STATES), {"schema": "fund"})
    call_id: Mapped[uuid.UUID] = to("fund.call.id")
    start: Mapped[str]
    end: Mapped[str]
    at: Mapped[datetime]
    person_id: Mapped[uuid.UUID | None] = to("people.person.id")


class Criterion(Row, Base):
    """What applications are judged by, and how much it weighs (all weights together are 100)."""

    __tablename__ = "criterion"
    __table_args__ = (at_most("name", 300), at_most("words", 2000),
                      sa.CheckConstraint("weight BETWEEN 1 AND 100", name="weight"), {"schema": "fund"})
    call_id: Mapped[uuid.UUID] = to("fund.call.id")
    place: Mapped[int]
    name: Mapped[str]
    words: Mapped[str] = mapped_column(default="")
    weight: Mapped[int]


class Eligibility(Row, Base):
    """A question asked before one registers; a wrong answer is explained and nothing of it is stored."""

    __tablename__ = "eligibility"
    __table_args__ = (at_most("question", 2000), at_most("otherwise", 2000), {"schema": "fund"})
    call_id: Mapped[uuid.UUID] = to("fund.call.id")
    place: Mapped[int]
    question: Mapped[str]
    must_be: Mapped[bool]
    otherwise: Mapped[str]  # what is said to somebody who cannot apply

"""An application and its parts; who applies stands apart, in a row that reviewers cannot read."""

import uuid
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from polyphony.kernel.database import Base, Row, at_most, one_of, to

STATES = ("draft", "submitted", "withdrawn", "decided")
PARTS = ("title", "summary", "need", "plan", "people", "safety")
STEPS = ("project", "plan", "budget", "safety", "check")
LEVELS = ("full", "no_name", "region", "aggregate")
LINES = 12


class Application(Row, Base):
    """What is asked for, in which language, how much; nothing here says who asks."""

    __tablename__ = "application"
    __table_args__ = (
        one_of("state", STATES), one_of("level", LEVELS), sa.CheckConstraint("requested >= 0", name="requested"),
        sa.CheckConstraint("state = 'draft' OR state = 'withdrawn' OR requested > 0", name="asks_for_something"),
        {"schema": "fund"},
    )
    call_id: Mapped[uuid.UUID] = to("fund.call.id")
    fund_id: Mapped[uuid.UUID]
    state: Mapped[str] = mapped_column(default="draft")
    lang: Mapped[str]
    requested: Mapped[int] = mapped_column(sa.BigInteger, default=0)  # minor units of the call's currency
    country: Mapped[str] = mapped_column(default="")  # where the work happens, ISO 3166-1 alpha-2
    at_risk: Mapped[bool] = mapped_column(default=False)
    level: Mapped[str] = mapped_column(default="aggregate")  # how openly a grant may be shown
    submitted_on: Mapped[date | None]
    revision: Mapped[int] = mapped_column(default=1)  # a change after submission voids votes


class Applicant(Base):
    """Who applies: the organisation behind an application. Sealed from reviewers until their scores are locked."""

    __tablename__ = "applicant"
    __table_args__ = (at_most("payee_reference", 140), {"schema": "fund"})
    application_id: Mapped[uuid.UUID] = to("fund.application.id", primary_key=True)
    organisation_id: Mapped[uuid.UUID] = to("organisations.organisation.id")
    payee_reference: Mapped[str] = mapped_column(default="")  # under which the fund's bank knows the payee


class ApplicationHand(Base):
    """Who worked on an application: seen inside her organisation, and by the search for conflicts."""

    __tablename__ = "application_hand"
    __table_args__ = {"schema": "fund"}
    application_id: Mapped[uuid.UUID] = to("fund.application.id", primary_key=True)
    person_id: Mapped[uuid.UUID] = to("people.person.id", primary_key=True)
    organisation_id: Mapped[uuid.UUID]
    on: Mapped[date]  # for the first time: what she judged before that stands


class Part(Row, Base):
    """One text of an application. Its revision lets several people write without losing words."""

    __tablename__ = "part"
    __table_args__ = (one_of("name", PARTS), at_most("words", 20_000), sa.UniqueConstraint("application_id", "name"),
                      {"schema": "fund"})
    application_id: Mapped[uuid.UUID] = to("fund.application.id")
    name: Mapped[str]
    words: Mapped[str]
    lang: Mapped[str]
    revision: Mapped[int] = mapped_column(default=1)


class BudgetLine(Row, Base):
    """One line of a budget, in minor units of the call's currency."""

    __tablename__ = "budget_line"
    __table_args__ = (at_most("words", 300), sa.CheckConstraint("amount > 0", name="amount"), {"schema": "fund"})
    application_id: Mapped[uuid.UUID] = to("fund.application.id")
    place: Mapped[int]
    words: Mapped[str]
    amount: Mapped[int] = mapped_column(sa.BigInteger)


class ChangeRequest(Row, Base):
    """The fund asks an applicant, after the deadline, to correct something; while it is open she may edit."""

    __tablename__ = "change_request"
    __table_args__ = (at_most("words", 2000), {"schema": "fund"})
    application_id: Mapped[uuid.UUID] = to("fund.application.id")
    fund_id: Mapped[uuid.UUID]
    words: Mapped[str]
    lang: Mapped[str]
    asked_on: Mapped[date]
    done_on: Mapped[date | None]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  # marks of what stood there, no words; `footprint`


# A correction that still waits for its applicant: none is awaited of what is decided or withdrawn.
AWAITED = sa.and_(ChangeRequest.application_id == Application.id, ChangeRequest.done_on.is_(None),
                  Application.state == "submitted")

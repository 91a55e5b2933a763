"""Votes, decisions, the grant that follows, and its instalments."""

import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from polyphony.fund.applying.models import LEVELS
from polyphony.kernel.database import Base, Row, at_most, one_of, to

CHOICES = ("for", "against", "abstain")
OUTCOMES = ("granted", "declined")
GRANTED_FOR = ("strong_fit", "need", "reach")
DECLINED_FOR = ("money", "fit", "plan", "budget", "capacity", "risk")
REASONS = (*GRANTED_FOR, *DECLINED_FOR)


class Vote(Row, Base):
    """One member's vote on one application as it stood at one revision; a later vote of hers replaces it."""

    __tablename__ = "vote"
    __table_args__ = (one_of("choice", CHOICES), at_most("words", 20_000),
                      sa.UniqueConstraint("application_id", "person_id", "number"), {"schema": "fund"})
    application_id: Mapped[uuid.UUID] = to("fund.application.id")
    fund_id: Mapped[uuid.UUID]
    person_id: Mapped[uuid.UUID] = to("people.person.id")
    number: Mapped[int] = mapped_column(default=1)
    choice: Mapped[str]
    words: Mapped[str]
    application_revision: Mapped[int]
    at: Mapped[datetime]


class Decision(Base):
    """The committee's decision on an application, with the count that made it valid."""

    __tablename__ = "decision"
    __table_args__ = (
        one_of("outcome", OUTCOMES), one_of("reason", REASONS), at_most("words", 20_000),
        sa.CheckConstraint("length(trim(words)) > 0", name="reason_in_words"),
        sa.CheckConstraint("(outcome = 'granted') = (amount > 0)", name="amount"), {"schema": "fund"},
    )
    application_id: Mapped[uuid.UUID] = to("fund.application.id", primary_key=True)
    fund_id: Mapped[uuid.UUID]
    outcome: Mapped[str]
    amount: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    reason: Mapped[str]
    words: Mapped[str]  # the written reason
    lang: Mapped[str]  # of the reason and of the conditions of instalments; the applicant's, or whichever was chosen
    application_revision: Mapped[int]
    seats: Mapped[int]  # how many sit
    stepped_aside: Mapped[int]
    needed: Mapped[int]  # the quorum net of those who stepped aside
    votes_for: Mapped[int]
    votes_against: Mapped[int]
    abstained: Mapped[int]
    person_id: Mapped[uuid.UUID] = to("people.person.id")  # who recorded it
    at: Mapped[datetime]


class Grant(Row, Base):
    """A grant decision (`Award`): what was awarded and how openly it may be shown. Not who received it."""

    __tablename__ = "grant"
    __table_args__ = (one_of("level", LEVELS), sa.CheckConstraint("amount > 0", name="amount"),
                      at_most("title", 20_000), sa.UniqueConstraint("application_id"), {"schema": "fund"})
    fund_id: Mapped[uuid.UUID] = to("fund.fund.organisation_id")
    call_id: Mapped[uuid.UUID] = to("fund.call.id")
    application_id: Mapped[uuid.UUID] = to("fund.application.id")
    currency: Mapped[str]
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    title: Mapped[str]
    lang: Mapped[str]
    country: Mapped[str]
    at_risk: Mapped[bool] = mapped_column(default=False)
    level: Mapped[str]
    awarded_on: Mapped[date]


class Grantee(Base):
    """Who received a grant; read on fewer paths than the grant."""

    __tablename__ = "grantee"
    __table_args__ = (at_most("payee_reference", 140), {"schema": "fund"})
    grant_id: Mapped[uuid.UUID] = to("fund.grant.id", primary_key=True)
    organisation_id: Mapped[uuid.UUID] = to("organisations.organisation.id")
    application_id: Mapped[uuid.UUID] = to("fund.application.id")
    payee_reference: Mapped[str]


class Instalment(Row, Base):
    """A part of a grant, due on a day, under a condition in words. All together are the grant."""

    __tablename__ = "instalment"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="amount"), at_most("condition", 2000),
        sa.CheckConstraint("(cancelled_on IS NULL) = (cancelled_because = '')", name="cancelled"),
        sa.UniqueConstraint("grant_id", "place"), {"schema": "fund"},
    )
    grant_id: Mapped[uuid.UUID] = to("fund.grant.id")
    place: Mapped[int]
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    due_on: Mapped[date]
    condition: Mapped[str] = mapped_column(default="")
    cancelled_on: Mapped[date | None]
    cancelled_because: Mapped[str] = mapped_column(default="")

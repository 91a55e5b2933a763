"""Promises of money by companies, what came in, and what was withdrawn."""

import uuid
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from polyphony.kernel.database import Base, Row, at_most, one_of, to


class Pledge(Row, Base):
    """Money promised (`Pledge`): by which company, how much, by when. It buys no say."""

    __tablename__ = "pledge"
    __table_args__ = (sa.CheckConstraint("amount > 0", name="amount"), at_most("words", 2000),
                      sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"), {"schema": "fund"})
    fund_id: Mapped[uuid.UUID] = to("fund.fund.organisation_id")
    company_id: Mapped[uuid.UUID] = to("organisations.organisation.id")
    currency: Mapped[str]
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    due_on: Mapped[date]
    words: Mapped[str] = mapped_column(default="")
    made_on: Mapped[date]


class PledgeChange(Row, Base):
    """A promise was raised by an amount, or what had not come of it was withdrawn; for ever on record."""

    __tablename__ = "pledge_change"
    __table_args__ = (one_of("kind", ("raised", "withdrawn")), sa.CheckConstraint("amount > 0", name="amount"),
                      at_most("words", 2000), {"schema": "fund"})
    pledge_id: Mapped[uuid.UUID] = to("fund.pledge.id")
    company_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    words: Mapped[str]
    on: Mapped[date]


class Receipt(Row, Base):
    """Money that came in: under a promise, or without one until somebody says what it is."""

    __tablename__ = "receipt"
    __table_args__ = (
        one_of("state", ("matched", "unmatched", "sent_back", "reversed")),
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint("(state = 'matched') = (pledge_id IS NOT NULL)", name="matched"),
        at_most("bank_reference", 140), {"schema": "fund"},
    )
    fund_id: Mapped[uuid.UUID] = to("fund.fund.organisation_id")
    pledge_id: Mapped[uuid.UUID | None] = to("fund.pledge.id")
    company_id: Mapped[uuid.UUID | None] = to("organisations.organisation.id")  # who sent it, if known
    currency: Mapped[str]
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    received_on: Mapped[date]
    bank_reference: Mapped[str]
    state: Mapped[str]

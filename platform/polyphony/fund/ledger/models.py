"""Accounts per fund and currency, entries that sum to zero, lines, balances kept by trigger, and the seal chain.

Signs: a debit is positive. `bank` and `paid` stand in debit; `unmatched`, `available`, `awarded` and `transit` in
credit (negative). So awarded + available = received holds by the sum of all accounts, which is always zero.
Source: double entry as in any textbook; integer minor units after ISO 4217; the hash chain after RFC 6962's idea
that what was once said can be shown to be unchanged.
"""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from polyphony.kernel.database import Base, Row, at_most, one_of, to

ACCOUNTS = ("bank", "unmatched", "available", "awarded", "paid", "transit")
IN_DEBIT = ("bank", "paid")
# What each kind of entry moves: (account in debit, account in credit).
MOVES = {
    "receipt": ("bank", "available"),
    "unmatched_receipt": ("bank", "unmatched"),
    "matching": ("unmatched", "available"),
    "sending_back": ("unmatched", "bank"),
    "award": ("available", "awarded"),
    "cancellation": ("awarded", "available"),
    "release": ("paid", "transit"),
    "confirmation": ("transit", "bank"),
    "return": ("transit", "paid"),
}
KINDS = (*MOVES, "reversal")


class Account(Row, Base):
    """One account of one fund in one currency."""

    __tablename__ = "account"
    __table_args__ = (one_of("kind", ACCOUNTS), sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
                      sa.UniqueConstraint("fund_id", "currency", "kind"), {"schema": "fund"})
    fund_id: Mapped[uuid.UUID] = to("fund.fund.organisation_id")
    currency: Mapped[str]
    kind: Mapped[str]


class Entry(Row, Base):
    """One posting: when, what kind, by whom, why. Never changed; a mistake is reversed by another entry."""

    __tablename__ = "entry"
    __table_args__ = (
        one_of("kind", KINDS), at_most("words", 2000), at_most("key", 200),
        sa.CheckConstraint("(kind = 'reversal') = (reverses IS NOT NULL)", name="reversal"),
        sa.UniqueConstraint("fund_id", "key"), {"schema": "fund"},
    )
    fund_id: Mapped[uuid.UUID] = to("fund.fund.organisation_id")
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    person_id: Mapped[uuid.UUID | None] = to("people.person.id")
    words: Mapped[str] = mapped_column(default="")
    key: Mapped[str]  # idempotency: the same key with the same body is the same entry
    body_hash: Mapped[bytes]
    reverses: Mapped[uuid.UUID | None] = to("fund.entry.id", unique=True)
    lines_count: Mapped[int] = mapped_column(default=2)  # so that no line can be added to what was posted
    pledge_id: Mapped[uuid.UUID | None] = mapped_column(index=True)  # which promise the money came under
    receipt_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    grant_id: Mapped[uuid.UUID | None] = mapped_column(index=True)  # which grant it is for
    payment_id: Mapped[uuid.UUID | None] = mapped_column(index=True)  # which payment moved it
    lines: Mapped[list["EntryLine"]] = relationship(lazy="raise", viewonly=True)


class EntryLine(Row, Base):
    """An amount on an account, in minor units; debit positive."""

    __tablename__ = "entry_line"
    __table_args__ = (sa.CheckConstraint("amount <> 0", name="amount"), {"schema": "fund"})
    entry_id: Mapped[uuid.UUID] = to("fund.entry.id")
    account_id: Mapped[uuid.UUID] = to("fund.account.id")
    currency: Mapped[str]
    amount: Mapped[int] = mapped_column(sa.BigInteger)


class Balance(Base):
    """The balance of an account, kept by trigger; the database refuses one on the wrong side of zero."""

    __tablename__ = "balance"
    __table_args__ = (
        sa.CheckConstraint("CASE WHEN kind IN ('bank', 'paid') THEN amount >= 0 ELSE amount <= 0 END",
                           name="right_side_of_zero"), {"schema": "fund"},
    )
    account_id: Mapped[uuid.UUID] = to("fund.account.id", primary_key=True)
    kind: Mapped[str]
    amount: Mapped[int] = mapped_column(sa.BigInteger, default=0)


class GrantBalance(Base):
    """What was awarded to a grant and what of it was paid, kept by trigger: never more than awarded."""

    __tablename__ = "grant_balance"
    __table_args__ = (sa.CheckConstraint("0 <= paid AND paid <= awarded", name="within_award"), {"schema": "fund"})
    grant_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    awarded: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    paid: Mapped[int] = mapped_column(sa.BigInteger, default=0)


class Seal(Base):
    """One link of a fund's hash chain: over the link before and the entry with its lines."""

    __tablename__ = "seal"
    __table_args__ = (sa.UniqueConstraint("entry_id"), {"schema": "fund"})
    fund_id: Mapped[uuid.UUID] = to("fund.fund.organisation_id", primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[uuid.UUID]
    hash: Mapped[bytes]

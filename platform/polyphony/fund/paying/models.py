"""A payment and the hands it passes through."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from polyphony.kernel.database import Base, Row, at_most, one_of, to
from polyphony.kernel.states import Machine, Way

MACHINE = Machine(
    "payment",
    ("prepared", "approved", "released", "confirmed", "returned", "stopped"),
    (
        Way("prepared", "approved", "approve", "approver, another person"),
        Way("approved", "released", "release", "releaser, a third person; the entry is posted"),
        Way("released", "confirmed", "confirm", "treasurer, when the bank has paid"),
        Way("released", "returned", "return", "treasurer, when the bank sent it back"),
        Way("prepared", "stopped", "stop", "approver or treasurer, with words"),
        Way("approved", "stopped", "stop", "releaser or treasurer, with words"),
    ),
)
STEPS = MACHINE.states
LIVING = ("prepared", "approved", "released", "confirmed")  # a payment that carries its instalment


class Payment(Row, Base):
    """The payment of one instalment. Only the payee's reference at the fund's bank is kept, no bank details."""

    __tablename__ = "payment"
    __table_args__ = (one_of("state", STEPS), sa.CheckConstraint("amount > 0", name="amount"),
                      at_most("payee_reference", 140),
                      sa.Index("payment_one_living_idx", "instalment_id", unique=True, postgresql_where=sa.text(
                          "state IN ('prepared', 'approved', 'released', 'confirmed')")), {"schema": "fund"})
    instalment_id: Mapped[uuid.UUID] = to("fund.instalment.id")
    grant_id: Mapped[uuid.UUID] = to("fund.grant.id")
    fund_id: Mapped[uuid.UUID] = to("fund.fund.organisation_id")
    state: Mapped[str] = mapped_column(default="prepared")
    currency: Mapped[str]
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    payee_reference: Mapped[str]


class PaymentStep(Row, Base):
    """One hand on a payment: which step, whose, when. Three steps, three people."""

    __tablename__ = "payment_step"
    __table_args__ = (one_of("step", STEPS), at_most("words", 2000), sa.UniqueConstraint("payment_id", "step"),
                      {"schema": "fund"})
    payment_id: Mapped[uuid.UUID] = to("fund.payment.id")
    grant_id: Mapped[uuid.UUID]
    fund_id: Mapped[uuid.UUID]
    step: Mapped[str]
    person_id: Mapped[uuid.UUID] = to("people.person.id")
    at: Mapped[datetime]
    words: Mapped[str] = mapped_column(default="")
    entry_id: Mapped[uuid.UUID | None] = to("fund.entry.id")

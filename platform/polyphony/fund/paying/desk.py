"""What the people of a fund see of payments: what is due, what is under way, and one payment in full."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from polyphony.fund.deciding.models import Grant, Grantee, Instalment
from polyphony.fund.paying import rules, service
from polyphony.fund.paying.models import Payment, PaymentStep
from polyphony.fund.paying.words import NEXT
from polyphony.kernel.access import there
from polyphony.kernel.database import db
from polyphony.kernel.refusals import Refusal
from polyphony.kernel.viewer import Viewer
from polyphony.organisations.models import Organisation

SHOWN = 100
MOVING = ("prepared", "approved", "released")


@dataclass(frozen=True)
class Line:
    """An instalment, whose it is, and the payment that carries it, if there is one."""

    instalment: Instalment
    grant: Grant
    name: str
    payment: Payment | None = None


@dataclass(frozen=True)
class Hand:
    """One step of a payment: whose hand, when, with which words."""

    step: str
    name: str
    at: datetime
    words: str
    entry_id: uuid.UUID | None


@dataclass(frozen=True)
class Sheet:
    """One payment in full, and what this viewer can do with it."""

    line: Line
    hands: list[Hand]
    verb: str
    blocked: Refusal | None
    may_stop: bool
    may_return: bool
    posting: Any

    @property
    def payment(self) -> Payment:
        return there(self.line.payment)


def _of_instalments() -> Any:
    """Instalments with their grants; the auditor reads them without the grantees' names."""
    return sa.select(Instalment, Grant, sa.func.coalesce(Organisation.name, "")).join(
        Grant, Grant.id == Instalment.grant_id).outerjoin(Grantee, Grantee.grant_id == Grant.id).outerjoin(
        Organisation, Organisation.id == Grantee.organisation_id)


def due(fund_id: uuid.UUID) -> list[Line]:
    """Instalments that no living payment carries, by the day they are due."""
    carried = sa.exists().where(Payment.instalment_id == Instalment.id, Payment.state.in_(service.LIVING))
    rows = db.session.execute(_of_instalments().where(
        Grant.fund_id == fund_id, Instalment.cancelled_on.is_(None), ~carried)
        .order_by(Instalment.due_on, Grant.id, Instalment.place).limit(SHOWN))
    return [Line(*row) for row in rows]


def payments(fund_id: uuid.UUID) -> tuple[list[Line], list[Line]]:
    """Payments under way, and those that have ended, the latest day first."""
    moving = Payment.state.in_(MOVING)
    rows = db.session.execute(_of_instalments().add_columns(Payment).join(
        Payment, Payment.instalment_id == Instalment.id).where(Payment.fund_id == fund_id)
        .order_by(sa.case((moving, 0), else_=1), Instalment.due_on.desc(), Payment.id).limit(SHOWN))
    lines = [Line(*row) for row in rows]
    return ([line for line in lines if line.payment and line.payment.state in MOVING],
            [line for line in lines if line.payment and line.payment.state not in MOVING])


def instalment(id: uuid.UUID) -> Line:
    """One instalment with its grant and grantee."""
    return Line(*there(db.session.execute(_of_instalments().where(Instalment.id == id)).first()))


def sheet(by: Viewer, payment_id: uuid.UUID) -> Sheet:
    """One payment in full."""
    row = there(db.session.execute(_of_instalments().add_columns(Payment).join(
        Payment, Payment.instalment_id == Instalment.id).where(Payment.id == payment_id)
        .execution_options(populate_existing=True)).first())
    line = Line(*row)
    payment = there(line.payment)
    taken = _hands(payment_id)
    verb = NEXT.get(payment.state, "")
    ends = payment.state == "released" and service.is_role(by, payment, "return")
    return Sheet(line, taken, verb, _blocked(by, payment, verb), ends_before(by, payment), ends,
                 service.posting(payment, "release" if payment.state == "prepared" else verb))


def ends_before(by: Viewer, payment: Payment) -> bool:
    """Whether this viewer may stop the payment, which is possible until it is released."""
    return payment.state in rules.STOPPERS and service.is_role(by, payment, "stop")


def _hands(payment_id: uuid.UUID) -> list[Hand]:
    told = db.session.execute(sa.text("SELECT person_id, name FROM fund.hand_names(:id)"), {"id": payment_id})
    names = {row.person_id: row.name for row in told}
    steps = db.session.scalars(sa.select(PaymentStep).where(PaymentStep.payment_id == payment_id)
                               .order_by(PaymentStep.at, PaymentStep.id))
    return [Hand(s.step, names.get(s.person_id, ""), s.at, s.words, s.entry_id) for s in steps]


def _blocked(by: Viewer, payment: Payment, verb: str) -> Refusal | None:
    """Why this viewer cannot take the next step, with who can; None when she can or nothing is left to do."""
    if not verb:
        return None
    if not service.is_role(by, payment, verb):
        return rules.NOT_YOURS[verb]()
    if verb in ("approve", "release") and by.person in service.hands(payment.id):
        return rules.OneHandEach()
    return None

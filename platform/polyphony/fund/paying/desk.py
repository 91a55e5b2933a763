"""What the people of a fund see of payments: what is due, what is under way, and one payment in full."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from polyphony.fund.deciding.models import Grant, Grantee, Instalment
from polyphony.fund.paying import rules, service
from polyphony.fund.paying.models import LIVING, Payment, PaymentStep
from polyphony.fund.paying.words import NEXT
from polyphony.kernel.access import there
from polyphony.kernel.database import db
from polyphony.kernel.locale import _, language
from polyphony.kernel.refusals import Refusal
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import Written, written
from polyphony.organisations.models import Organisation

SHOWN = 25  # lines of each list on one page
MOVING = ("prepared", "approved", "released")


@dataclass(frozen=True)
class Line:
    """An instalment, whose it is, and the payment that carries it, if there is one."""

    instalment: Instalment
    grant: Grant
    name: str
    told: dict[str, Any] | None = None  # its title in the reader's language, the language of its conditions
    payment: Payment | None = None

    @property
    def title(self) -> Written:
        """What the grant is for, in the reader's language where there is such a translation."""
        said = (self.told or {}).get("title")
        tr = {(self.grant.id, "title"): SimpleNamespace(**said)} if said else {}
        return written(self.grant.title, self.grant.lang, self.grant.id, "title", tr, language())

    @property
    def condition_lang(self) -> str:
        return str((self.told or {}).get("condition") or self.grant.lang)


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
    returning: Any  # the entry, if the bank sends it back

    @property
    def payment(self) -> Payment:
        return there(self.line.payment)


def _of_instalments() -> Any:
    """Instalments with their grants; the auditor reads them without the grantees' names."""
    return sa.select(Instalment, Grant, sa.func.coalesce(Organisation.name, ""),
                     sa.func.fund.grant_words(Grant.id, language(), type_=JSONB)).join(
        Grant, Grant.id == Instalment.grant_id).outerjoin(Grantee, Grantee.grant_id == Grant.id).outerjoin(
        Organisation, Organisation.id == Grantee.organisation_id)


@dataclass(frozen=True)
class Part:
    """A page of a list: its lines, how many there are in all, and where the next page begins, if there is one."""

    lines: list[Line]
    count: int
    next: int | None


def _part(found: Any, payee: str, start: int) -> Part:
    """One page of instalments, of one payee if somebody looks for her; the number of all in the same statement."""
    if payee:
        found = found.where(Organisation.name.icontains(payee, autoescape=True))
    rows = db.session.execute(found.add_columns(sa.func.count().over()).offset(start).limit(SHOWN)).all()
    count = rows[0][-1] if rows else 0
    return Part([Line(*row[:-1]) for row in rows], count, start + SHOWN if start + SHOWN < count else None)


def due(fund_id: uuid.UUID, payee: str = "", start: int = 0) -> Part:
    """Instalments that no living payment carries, by the day they are due."""
    carried = sa.exists().where(Payment.instalment_id == Instalment.id, Payment.state.in_(LIVING))
    return _part(_of_instalments().where(
        Grant.fund_id == fund_id, Instalment.cancelled_on.is_(None), ~carried)
        .order_by(Instalment.due_on, Grant.id, Instalment.place), payee, start)


def payments(fund_id: uuid.UUID, *, moving: bool, payee: str = "", start: int = 0) -> Part:
    """Payments under way, or those that have ended, the latest day first."""
    under_way = Payment.state.in_(MOVING)
    return _part(_of_instalments().add_columns(Payment).join(Payment, Payment.instalment_id == Instalment.id).where(
        Payment.fund_id == fund_id, under_way if moving else ~under_way)
        .order_by(Instalment.due_on.desc(), Payment.id), payee, start)


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
                 service.posting(payment, "release" if payment.state == "prepared" else verb),
                 service.posting(payment, "return") if ends else None)


def ends_before(by: Viewer, payment: Payment) -> bool:
    """Whether this viewer may stop the payment, which is possible until it is released."""
    return payment.state in rules.STOPPERS and service.is_role(by, payment, "stop")


def _hands(payment_id: uuid.UUID) -> list[Hand]:
    """Who did each step; the auditor reads no names, but sees by letters whether they are three."""
    told = db.session.execute(sa.text("SELECT person_id, name FROM fund.hand_names(:id)"), {"id": payment_id})
    names = {row.person_id: row.name for row in told}
    steps = db.session.scalars(sa.select(PaymentStep).where(PaymentStep.payment_id == payment_id)
                               .order_by(PaymentStep.at, PaymentStep.id))
    letters: dict[uuid.UUID, str] = {}
    return [Hand(s.step, names.get(s.person_id, "") or _("Person %(letter)s", letter=letters.setdefault(
        s.person_id, chr(ord("A") + len(letters)))), s.at, s.words, s.entry_id) for s in steps]


def _blocked(by: Viewer, payment: Payment, verb: str) -> Refusal | None:
    """Why this viewer cannot take the next step, with who can; None when she can or nothing is left to do."""
    if not verb:
        return None
    if not service.is_role(by, payment, verb):
        return rules.NOT_YOURS[verb]()
    if verb in ("approve", "release") and by.person in service.hands(payment.id):
        return rules.OneHandEach()
    return None

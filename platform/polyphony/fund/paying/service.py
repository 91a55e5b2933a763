"""A payment's way through three hands: prepare, approve, release, then what the bank says; or stop."""

import uuid
from datetime import date, timedelta

import sqlalchemy as sa

from polyphony.fund.applying.rules import ensure_no_account_number
from polyphony.fund.deciding.models import Grant, Grantee, Instalment
from polyphony.fund.ledger import service as ledger
from polyphony.fund.ledger.rules import Posting
from polyphony.fund.paying import rules
from polyphony.fund.paying.models import LIVING, Payment, PaymentStep
from polyphony.kernel import audit, clock
from polyphony.kernel.access import require, there
from polyphony.kernel.database import db
from polyphony.kernel.refusals import NotThere
from polyphony.kernel.viewer import Viewer
from polyphony.notices.service import tell

TOLD = {"released": "fund_released", "confirmed": "fund_paid", "returned": "fund_returned"}  # to the grantee's people


def prepare(by: Viewer, *, instalment_id: uuid.UUID, words: str = "") -> uuid.UUID:
    """The treasurer prepares the payment of an instalment; nothing is posted yet.

    Raises `NotTheTreasurer`, `NotDueYet`, `ConditionOpen`, `NoPayee`, `PreparedAlready`, `DoesNotFit`.
    """
    instalment, grant, grantee = _instalment(instalment_id)
    require(by.is_in("fund_treasury", grant.fund_id), rules.NotTheTreasurer())
    _ensure_ready(instalment, grantee, words or "")
    id = uuid.uuid4()
    db.session.execute(sa.insert(Payment).values(
        id=id, instalment_id=instalment.id, grant_id=grant.id, fund_id=grant.fund_id, state="prepared",
        currency=grant.currency, amount=instalment.amount, payee_reference=grantee.payee_reference))
    _step(by, there(db.session.get(Payment, id)), "prepared", words or "")
    audit.record("payment.prepared", id, about=grant.fund_id)
    return id


def _instalment(id: uuid.UUID) -> tuple[Instalment, Grant, Grantee]:
    return there(db.session.execute(  # type: ignore[return-value]
        sa.select(Instalment, Grant, Grantee).join(Grant, Grant.id == Instalment.grant_id)
        .join(Grantee, Grantee.grant_id == Grant.id).where(Instalment.id == id)).first())


def first_day(instalment: Instalment) -> date:
    """From which day on the payment of an instalment can be prepared."""
    return instalment.due_on - timedelta(days=rules.EARLY)


def _ensure_ready(instalment: Instalment, grantee: Grantee, words: str) -> None:
    if instalment.cancelled_on is not None:
        raise rules.DoesNotFit()
    if db.session.scalar(sa.select(Payment.id).where(Payment.instalment_id == instalment.id,
                                                     Payment.state.in_(LIVING))):
        raise rules.PreparedAlready()
    first = first_day(instalment)
    day = clock.day(first)
    if day and first > clock.today():
        raise rules.NotDueYet(day=day.text)
    if not grantee.payee_reference:
        raise rules.NoPayee()
    if instalment.condition and not words.strip():
        raise rules.ConditionOpen()


def payee(by: Viewer, grant_id: uuid.UUID) -> Grantee:
    """Whom a grant is paid to, for the grantee herself; a missing grant and another's are the same. 404."""
    found = there(db.session.get(Grantee, grant_id))
    require(by.is_in("applied", found.application_id), NotThere())
    return found


def name_payee(by: Viewer, *, grant_id: uuid.UUID, payee_reference: str) -> Grantee:
    """The grantee says under which reference the fund's bank knows her; payments prepared before keep the old one.

    Raises `NotTheGrantee`, `ReferenceMissing`, `BankDetails`.
    """
    grant = there(db.session.get(Grant, grant_id))
    require(by.is_in("applied", grant.application_id), rules.NotTheGrantee())
    if not payee_reference:
        raise rules.ReferenceMissing()
    ensure_no_account_number(payee_reference)
    found = there(db.session.get(Grantee, grant_id))
    found.payee_reference = payee_reference
    audit.record("grant.payee", grant_id, about=grant.fund_id)
    return found


def take(by: Viewer, *, payment_id: uuid.UUID, verb: str, words: str = "") -> Payment:
    """Approve, release, confirm, return or stop: the next hand, with the entry that belongs to it.

    Raises `OutOfOrder`, the refusal of whose turn it is, `OneHandEach`, `Conflicted`, `SayWhy`. Two people in the
    same moment: the second waits in the database and then meets `OutOfOrder`.
    """
    payment = there(db.session.get(Payment, payment_id, populate_existing=True))
    require(is_role(by, payment, verb), rules.NOT_YOURS[verb]())
    state = rules.following(payment.state, verb)
    if verb in ("approve", "release"):
        require(by.person not in hands(payment.id), rules.OneHandEach())
    refusal = rules.reason_needed(verb, words or "")
    if refusal:
        raise refusal
    entry = _post(by, payment, verb)
    _step(by, payment, state, words or "", entry)
    audit.record(f"payment.{state}", payment.id, about=payment.fund_id)
    if state in TOLD:
        tell(TOLD[state], consultation_id=payment.grant_id, subject_id=payment.grant_id, to="grantees")
    db.session.expire(payment)  # its state was set by the database
    return payment


def is_role(by: Viewer, payment: Payment, verb: str) -> bool:
    """Whether this step is among the tasks of the viewer's roles in the fund."""
    facts = rules.STOPPERS.get(payment.state, ("fund_treasury",)) if verb == "stop" else (rules.HANDS[verb],)
    return any(by.is_in(fact, payment.fund_id) for fact in facts)


def hands(payment_id: uuid.UUID) -> set[uuid.UUID]:
    """Who has prepared or approved this payment."""
    return set(db.session.scalars(sa.select(PaymentStep.person_id).where(
        PaymentStep.payment_id == payment_id, PaymentStep.step.in_(("prepared", "approved")))))


def posting(payment: Payment, verb: str) -> Posting | None:
    """The entry that a step posts: the same that is shown before."""
    kind = rules.POSTS.get(verb)
    return Posting(payment.fund_id, kind, payment.currency, payment.amount, f"{kind} {payment.id}",
                   grant_id=payment.grant_id, payment_id=payment.id) if kind else None


def _post(by: Viewer, payment: Payment, verb: str) -> uuid.UUID | None:
    entry = posting(payment, verb)
    return ledger.post(by, entry) if entry else None


def _step(by: Viewer, payment: Payment, step: str, words: str, entry: uuid.UUID | None = None) -> None:
    db.session.execute(sa.insert(PaymentStep).values(
        id=uuid.uuid4(), payment_id=payment.id, grant_id=payment.grant_id, fund_id=payment.fund_id, step=step,
        person_id=by.person, at=clock.now(), words=words, entry_id=entry))

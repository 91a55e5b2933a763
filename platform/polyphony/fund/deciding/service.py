"""Vote, record a decision with its grant, cancel an instalment: the verbs of the committee."""

import uuid
from typing import Any

import sqlalchemy as sa

from polyphony.fund.applying.models import Applicant, Application, Part
from polyphony.fund.calls.models import Call
from polyphony.fund.deciding import rules
from polyphony.fund.deciding.models import Decision, Grant, Grantee, Instalment, Vote
from polyphony.fund.deciding.rules import Ruling, Tally
from polyphony.fund.ledger import service as ledger
from polyphony.fund.ledger.rules import NotEnoughMoney, Posting
from polyphony.fund.paying.models import Payment
from polyphony.fund.reviewing.service import application_for
from polyphony.kernel import audit, clock
from polyphony.kernel.access import require, there
from polyphony.kernel.database import db
from polyphony.kernel.viewer import Viewer
from polyphony.notices.service import tell

LIVING = ("prepared", "approved", "released", "confirmed")


def tallies(ids: list[uuid.UUID]) -> dict[uuid.UUID, Tally]:
    """The counts of these cases, as far as this viewer may decide on them (one statement)."""
    if not ids:
        return {}
    rows = db.session.execute(sa.text(
        "SELECT a.id, t.* FROM unnest(CAST(:ids AS uuid[])) a(id) CROSS JOIN LATERAL fund.tally_shown(a.id) t"),
        {"ids": ids}).all()
    return {row[0]: Tally(*row[1:]) for row in rows}


def tally(application_id: uuid.UUID) -> Tally:
    """The count of one case. Raises `NotReady` while reviewers are still at work."""
    found = tallies([application_id])
    if application_id not in found:
        raise rules.NotReady()
    return found[application_id]


def vote(by: Viewer, *, application_id: uuid.UUID, choice: str, words: str, revision: int | str) -> uuid.UUID:
    """Vote on a case as it stands; a later vote of the same member replaces it.

    Raises `NotSeated`, `AlreadyDecided`, `NotReady`, `QuorumLost`, `ChangedSince`.
    """
    is_aside = by.is_in("stepped_aside", application_id)
    application = there(None if is_aside else db.session.get(Application, application_id))
    require(by.is_in("fund_committee", application.fund_id), rules.NotSeated())
    if application.state == "decided":
        raise rules.AlreadyDecided()
    count = tally(application.id)
    if count.is_lost:
        raise rules.QuorumLost()
    if str(revision) != str(count.revision):
        raise rules.ChangedSince()
    last = db.session.scalar(sa.select(sa.func.max(Vote.number)).where(
        Vote.application_id == application.id, Vote.person_id == by.person))
    db.session.execute(sa.insert(Vote).values(
        id=uuid.uuid4(), application_id=application.id, fund_id=application.fund_id, person_id=by.person,
        number=(last or 0) + 1, choice=choice, words=words, application_revision=count.revision, at=clock.now()))
    audit.record("case.voted", application.id, about=application.fund_id)
    return application.id


def decide(by: Viewer, *, application_id: uuid.UUID, ruling: Ruling) -> uuid.UUID:
    """Record the committee's decision; a grant reserves received money, with its instalments, all at once.

    Raises `NotAdministrator`, `AlreadyDecided`, `NotReady`, `QuorumLost`, `NoQuorum`, `AgainstMajority`,
    `ChangedSince`, `MoreThanAsked`, `OverEnvelope`, `NotEnoughMoney` and what `rules.ensure_whole` raises.
    """
    application, call = application_for(by, application_id)
    if application.state != "submitted":
        raise rules.AlreadyDecided()
    count = tally(application.id)
    if ruling.revision != count.revision:
        raise rules.ChangedSince()
    rules.ensure_whole(ruling, clock.today())
    rules.ensure_counted(count, ruling.outcome)
    _ensure_money(application, call, ruling)
    db.session.execute(sa.insert(Decision).values(
        application_id=application.id, fund_id=application.fund_id, outcome=ruling.outcome, amount=ruling.amount,
        reason=ruling.reason, words=ruling.words, lang=application.lang, person_id=by.person, at=clock.now(),
        application_revision=count.revision, seats=count.seats, stepped_aside=count.aside, needed=count.needed,
        votes_for=count.votes_for, votes_against=count.votes_against, abstained=count.abstained))
    application.state = "decided"
    db.session.flush()
    applicant = db.session.get_one(Applicant, application.id)
    if ruling.outcome == "granted":
        _grant(by, application, call, applicant, ruling)
    audit.record("case.decided", application.id, about=application.fund_id, outcome=ruling.outcome)
    tell("fund_decided", consultation_id=application.id, subject_id=applicant.organisation_id, to="members")
    return application.id


def _ensure_money(application: Application, call: Call, ruling: Ruling) -> None:
    """Refuse kindly what the database would refuse in any case."""
    if ruling.amount > application.requested:
        raise rules.MoreThanAsked()
    if ruling.amount and ruling.amount > call.envelope - awarded_in(call.id):
        raise rules.OverEnvelope()
    if ruling.amount > ledger.available(application.fund_id, call.currency):
        refusal = NotEnoughMoney()
        refusal.field = "amount"
        raise refusal


def awarded_in(call_id: uuid.UUID) -> int:
    """What a call has awarded so far in all, as its committee sees it."""
    return int(db.session.scalar(sa.text("SELECT fund.call_awarded(:call)"), {"call": call_id}) or 0)


def _grant(by: Viewer, application: Application, call: Call, applicant: Applicant, ruling: Ruling) -> None:
    title = db.session.scalar(sa.select(Part.words).where(Part.application_id == application.id, Part.name == "title"))
    id = uuid.uuid4()
    db.session.execute(sa.insert(Grant).values(
        id=id, fund_id=application.fund_id, call_id=call.id, application_id=application.id, currency=call.currency,
        amount=ruling.amount, title=title or "", lang=application.lang, country=application.country,
        at_risk=application.at_risk, level=application.level, awarded_on=clock.today()))
    db.session.execute(sa.insert(Grantee).values(
        grant_id=id, organisation_id=applicant.organisation_id, application_id=application.id,
        payee_reference=applicant.payee_reference))
    db.session.execute(sa.insert(Instalment).values([
        {"id": uuid.uuid4(), "grant_id": id, "place": place, "amount": part.amount, "due_on": part.on,
         "condition": part.condition, "cancelled_because": ""} for place, part in enumerate(ruling.parts, start=1)]))
    ledger.post(by, Posting(application.fund_id, "award", call.currency, ruling.amount, f"award {id}", grant_id=id))


def instalment_of(by: Viewer, instalment_id: uuid.UUID) -> tuple[Instalment, Grant]:
    """An instalment and its grant, for an administrator of the fund. 404 when hidden; raises `NotAdministrator`."""
    row: Any = there(db.session.execute(sa.select(Instalment, Grant).join(Grant, Grant.id == Instalment.grant_id).where(
        Instalment.id == instalment_id)).first())
    require(by.is_in("fund_admin", row[1].fund_id), rules.NotAdministrator())
    return row[0], row[1]


def cancel(by: Viewer, *, instalment_id: uuid.UUID, words: str) -> uuid.UUID:
    """Cancel an instalment that is not paid: its money is available again.

    Raises `NotAdministrator`, `CancelledAlready`, `PaymentUnderWay`.
    """
    part, grant = instalment_of(by, instalment_id)
    if part.cancelled_on is not None:
        raise rules.CancelledAlready()
    if db.session.scalar(sa.select(Payment.id).where(Payment.instalment_id == part.id, Payment.state.in_(LIVING))):
        raise rules.PaymentUnderWay()
    part.cancelled_on, part.cancelled_because = clock.today(), words
    db.session.flush()
    ledger.post(by, Posting(grant.fund_id, "cancellation", grant.currency, part.amount, f"cancellation {part.id}",
                            grant_id=grant.id))
    audit.record("instalment.cancelled", part.id, about=grant.fund_id)
    return grant.id

"""Vote, record a decision with its grant, cancel an instalment: the verbs of the committee."""

import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from polyphony.fund.applying.models import AWAITED, Applicant, Application, ChangeRequest, Part
from polyphony.fund.calls.models import Call
from polyphony.fund.deciding import rules
from polyphony.fund.deciding.models import Decision, Grant, Instalment, Vote
from polyphony.fund.deciding.rules import Ruling, Tally
from polyphony.fund.ledger import service as ledger
from polyphony.fund.ledger.rules import NotEnoughMoney, Posting
from polyphony.fund.paying.models import LIVING, Payment
from polyphony.kernel import audit, clock
from polyphony.kernel.access import require, there
from polyphony.kernel.database import db
from polyphony.kernel.viewer import Viewer
from polyphony.notices.service import tell


def tallies(ids: list[uuid.UUID]) -> dict[uuid.UUID, Tally]:
    """The counts of these cases, as far as this viewer may decide on them (one statement)."""
    if not ids:
        return {}
    rows = db.session.execute(sa.text(
        "SELECT a.id, t.*, EXISTS (SELECT 1 FROM fund.change_request q JOIN fund.application p "
        "ON p.id = q.application_id WHERE p.id = a.id AND p.state = 'submitted' AND q.done_on IS NULL) "
        "FROM unnest(CAST(:ids AS uuid[])) a(id) CROSS JOIN LATERAL fund.tally_shown(a.id) t"),
        {"ids": ids}).all()
    return {row[0]: Tally(*row[1:]) for row in rows}


def tally(application_id: uuid.UUID) -> Tally:
    """The count of one case. Raises `NotReady` while reviewers are still at work."""
    found = tallies([application_id])
    if application_id not in found:
        raise rules.NotReady()
    return found[application_id]


def ensure_corrected(application_id: uuid.UUID) -> None:
    """Nothing is decided on words that are about to change. Raises `CorrectionAwaited`."""
    wanted = sa.select(ChangeRequest.id).join(Application, AWAITED).where(Application.id == application_id)
    if db.session.scalar(wanted):
        raise rules.CorrectionAwaited()


def vote(by: Viewer, *, application_id: uuid.UUID, choice: str, words: str, revision: int | str) -> uuid.UUID:
    """Vote on a case as it stands; a later vote of the same member replaces it.

    Raises `NotSeated`, `AlreadyDecided`, `CorrectionAwaited`, `NotReady`, `QuorumLost`, `ChangedSince`.
    """
    is_aside = by.is_in("stepped_aside", application_id)
    application = there(None if is_aside else db.session.get(Application, application_id))
    require(by.is_in("fund_committee", application.fund_id), rules.NotSeated())
    if application.state == "decided":
        raise rules.AlreadyDecided()
    ensure_corrected(application.id)
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


@dataclass(frozen=True)
class Standing:
    """A case as its administrator decides on it, read once."""

    application: Application
    call: Call
    applicant: Applicant
    title: str


def standing(by: Viewer, application_id: uuid.UUID) -> Standing:
    """A case, for an administrator of its fund. 404 when hidden; raises `NotAdministrator`."""
    row = there(db.session.execute(
        sa.select(Application, Call, Applicant, sa.func.coalesce(Part.words, ""))
        .join(Call, Call.id == Application.call_id).join(Applicant, Applicant.application_id == Application.id)
        .outerjoin(Part, sa.and_(Part.application_id == Application.id, Part.name == "title"))
        .where(Application.id == application_id)).first())
    require(by.is_in("fund_admin", row[0].fund_id), rules.NotAdministrator())
    return Standing(*row)


def decide(by: Viewer, *, case: Standing, ruling: Ruling) -> uuid.UUID:
    """Record the committee's decision; a grant reserves received money, with its instalments, all at once.

    Raises `AlreadyDecided`, `CorrectionAwaited`, `NotReady`, `QuorumLost`, `NoQuorum`, `AgainstMajority`,
    `ChangedSince`, `MoreThanAsked`, `OverEnvelope`, `NotEnoughMoney` and what `rules.ensure_whole` raises.
    """
    application = case.application
    if application.state != "submitted":
        raise rules.AlreadyDecided()
    ensure_corrected(application.id)
    count, awarded, available = _counted(case)
    if ruling.revision != count.revision:
        raise rules.ChangedSince()
    rules.ensure_whole(ruling, clock.today())
    rules.ensure_counted(count, ruling.outcome)
    _ensure_money(case, ruling, awarded, available)
    db.session.execute(sa.insert(Decision).values(
        application_id=application.id, fund_id=application.fund_id, outcome=ruling.outcome, amount=ruling.amount,
        reason=ruling.reason, words=ruling.words, lang=ruling.lang or application.lang,
        person_id=by.person, at=clock.now(),
        application_revision=count.revision, seats=count.seats, stepped_aside=count.aside, needed=count.needed,
        votes_for=count.votes_for, votes_against=count.votes_against, abstained=count.abstained))
    application.state = "decided"
    db.session.flush()
    if ruling.outcome == "granted":
        _grant(by, case, ruling)
    audit.record("case.decided", application.id, about=application.fund_id, outcome=ruling.outcome,
                 needed=count.needed)
    tell("fund_decided", consultation_id=application.id, subject_id=case.applicant.organisation_id, to="members")
    return application.id


def _counted(case: Standing) -> tuple[Tally, int, int]:
    """The votes, what the call has awarded so far, what is available (one statement). Raises `NotReady`."""
    found = db.session.execute(_COUNTED, {"case": case.application.id, "call": case.call.id,
                                          "fund": case.application.fund_id, "currency": case.call.currency}).one()
    if found.seats is None:
        raise rules.NotReady()
    *count, awarded, available = found
    return Tally(*count), awarded or 0, available or 0


_COUNTED = sa.text("""
SELECT t.*, fund.call_awarded(:call), (SELECT abs(b.amount) FROM fund.account a JOIN fund.balance b
  ON b.account_id = a.id WHERE a.fund_id = :fund AND a.currency = :currency AND a.kind = 'available')
FROM (SELECT 1) one LEFT JOIN fund.tally_shown(:case) t ON true""")


def _ensure_money(case: Standing, ruling: Ruling, awarded: int, available: int) -> None:
    """Refuse kindly what the database would refuse in any case."""
    if ruling.amount > case.application.requested:
        raise rules.MoreThanAsked()
    if ruling.amount and ruling.amount > case.call.envelope - awarded:
        raise rules.OverEnvelope()
    if ruling.amount > available:
        refusal = NotEnoughMoney()
        refusal.field = "amount"
        raise refusal


def awarded_in(call_id: uuid.UUID) -> int:
    """What a call has awarded so far in all, as its committee sees it."""
    return int(db.session.scalar(sa.text("SELECT fund.call_awarded(:call)"), {"call": call_id}) or 0)


def _grant(by: Viewer, case: Standing, ruling: Ruling) -> None:
    id, asked, payee = uuid.uuid4(), case.application, case.applicant
    given = {"id": id, "fund_id": asked.fund_id, "call_id": case.call.id, "application_id": asked.id,
             "currency": case.call.currency, "amount": ruling.amount, "title": case.title, "lang": asked.lang,
             "country": asked.country, "at_risk": asked.at_risk, "level": asked.level, "awarded_on": clock.today()}
    parts = [{"amount": part.amount, "on": str(part.on), "condition": part.condition} for part in ruling.parts]
    db.session.execute(_MAKE_GRANT, {
        "given": {name: value if isinstance(value, bool | int) else str(value) for name, value in given.items()},
        "organisation": payee.organisation_id, "payee": payee.payee_reference, "parts": parts})
    ledger.post(by, Posting(asked.fund_id, "award", case.call.currency, ruling.amount, f"award {id}", grant_id=id))


_MAKE_GRANT = sa.text("SELECT fund.make_grant(:given, :organisation, :payee, :parts)").bindparams(
    sa.bindparam("given", type_=JSONB), sa.bindparam("parts", type_=JSONB))


def instalment_of(by: Viewer, instalment_id: uuid.UUID) -> tuple[Instalment, Grant]:
    """An instalment and its grant, for an administrator of the fund. 404 when hidden; raises `NotAdministrator`."""
    row = there(db.session.execute(sa.select(Instalment, Grant).join(Grant, Grant.id == Instalment.grant_id).where(
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
    tell("fund_cancelled", consultation_id=grant.id, subject_id=grant.id, to="grantees")
    return grant.id

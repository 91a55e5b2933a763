"""Who facilitates: a body accepts, declines or steps back; companies agree on another that takes over."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from polyphony.consultations import rules
from polyphony.consultations.models import Consultation, Convener, Facilitation
from polyphony.consultations.service import find
from polyphony.kernel import audit, clock, viewer
from polyphony.kernel.access import require, there
from polyphony.kernel.database import db
from polyphony.kernel.locale import language
from polyphony.kernel.states import NoSuchWay
from polyphony.kernel.viewer import Viewer
from polyphony.notices.service import tell
from polyphony.organisations.models import Organisation


@dataclass(frozen=True)
class Call:
    """The latest body that companies asked to take over: which companies agreed, what it said itself."""

    body: Organisation
    agreed: frozenset[uuid.UUID]
    said: str  # "", accepted, declined or took_over


def said_on(id: uuid.UUID) -> list[Facilitation]:
    """Everything said about who facilitates, oldest first (one statement)."""
    return list(db.session.scalars(sa.select(Facilitation).where(Facilitation.consultation_id == id)
                                   .order_by(Facilitation.at, Facilitation.id)))


def call_in(rows: Sequence[Facilitation]) -> Call | None:
    """The open question among these rows, if companies have asked a body to take over."""
    asked = [row for row in rows if row.says == "asked"]
    if not asked:
        return None
    last = asked[-1]
    later = [row for row in rows if row.organisation_id == last.organisation_id and row.at >= last.at]
    own = [row.says for row in later if row.says in ("accepted", "declined", "took_over")]
    return Call(last.organisation, frozenset(r.company_id for r in later if r.company_id), own[-1] if own else "")


def find_and_ask(id: uuid.UUID) -> tuple[Consultation, bool]:
    """The consultation, and whether nobody of its facilitation body can go on (one statement)."""
    row = db.session.execute(sa.select(Consultation, sa.func.consultations.facilitator_gone(Consultation.id))
                             .where(Consultation.id == id)).first()
    kept, gone = there(row)
    return kept, bool(gone)


def _keep(id: uuid.UUID, body: uuid.UUID, says: str, words: str = "", company: uuid.UUID | None = None) -> None:
    db.session.add(Facilitation(id=uuid.uuid4(), consultation_id=id, organisation_id=body, company_id=company,
                                says=says, at=clock.now(), words=words, lang=language()))
    db.session.flush()


def accept(by: Viewer, *, id: uuid.UUID) -> None:
    """The facilitation body takes the task on. Raises `NotFacilitating`, `TermsStand`."""
    require(by.is_in("facilitated", id), rules.NotFacilitating())
    consultation = find(id)
    rules.ensure_draft(consultation)
    if consultation.facilitator_accepted_on is None and consultation.facilitator_id:
        consultation.facilitator_accepted_on = clock.today()
        _keep(id, consultation.facilitator_id, "accepted")
        audit.record("consultation.facilitation_accepted", consultation.facilitator_id, about=id)


def decline(by: Viewer, *, id: uuid.UUID, words: str) -> None:
    """The body says no, with words; in the middle it steps back, and stays until another has taken over.

    Raises `NotFacilitating`, `ReasonNeeded`, `NoSuchWay`.
    """
    require(by.is_in("facilitated", id), rules.NotFacilitating())
    consultation = find(id)
    if not words:
        raise rules.ReasonNeeded()
    if consultation.state == "closed" or consultation.facilitator_id is None:
        raise NoSuchWay()
    body, is_draft = consultation.facilitator_id, consultation.state == "draft"
    _keep(id, body, "declined" if is_draft else "stepped_back", words)
    if is_draft:
        consultation.facilitator_id = consultation.facilitator_accepted_on = None
        db.session.flush()
    audit.record("consultation.facilitation_declined" if is_draft else "consultation.facilitator_stepped_back", body,
                 about=id)
    _tell_leads(id, "declined" if is_draft else "facilitator_gone")
    if not is_draft:
        tell("facilitator_gone", subject_id=body, to="stewards")


def _tell_leads(id: uuid.UUID, kind: str) -> None:
    companies = [convener.company_id for convener in _owners(id)]
    if companies:
        tell(kind, consultation_id=id, subjects=companies, to="leads")


def _owners(id: uuid.UUID) -> list[Convener]:
    return list(db.session.scalars(sa.select(Convener).where(
        Convener.consultation_id == id, Convener.state == "accepted").order_by(Convener.company_id)))


def _my_company(by: Viewer, owners: Sequence[Convener]) -> uuid.UUID:
    mine = next((c.company_id for c in owners if by.is_in("leading", c.company_id)), None)
    require(mine is not None, rules.NotLeading())
    return mine  # type: ignore[return-value]


def ask_another(by: Viewer, *, id: uuid.UUID, organisation: uuid.UUID) -> None:
    """A company asks another body to take over; the other companies and that body have to agree.

    Raises `NotLeading`, `StillInPlace`, `SameBody`, `AlreadyAsked`.
    """
    owners = _owners(id)
    company, (consultation, gone) = _my_company(by, owners), find_and_ask(id)
    if not gone:
        raise rules.StillInPlace()
    if organisation == consultation.facilitator_id:
        raise rules.SameBody()
    found = db.session.get(Organisation, organisation)
    there(found if found and found.kind == "facilitation" and found.admitted_on else None)
    call = call_in(said_on(id))
    if call and call.body.id == organisation and call.said in ("", "accepted"):
        raise rules.AlreadyAsked()
    _keep(id, organisation, "asked", company=company)
    audit.record("consultation.successor_asked", organisation, about=id)
    tell("facilitate", consultation_id=id, subject_id=organisation, to="seats")
    others = [convener.company_id for convener in owners if convener.company_id != company]
    if others:
        tell("successor", consultation_id=id, subjects=others, to="leads")


def agree(by: Viewer, *, id: uuid.UUID) -> bool:
    """A company agrees to the body that was asked. Raises `NotLeading`, `NothingToAnswer`."""
    company, call = _my_company(by, _owners(id)), call_in(said_on(id))
    if call is None or call.said in ("declined", "took_over"):
        raise rules.NothingToAnswer()
    if company not in call.agreed:
        _keep(id, call.body.id, "agreed", company=company)
        audit.record("consultation.successor_agreed", company, about=id)
    return _take_over(id, call.body.id)


def answer_call(by: Viewer, *, id: uuid.UUID, says: str, words: str) -> bool:
    """The body that was asked accepts or declines. Raises `NotCalled`, `NothingToAnswer`, `ReasonNeeded`."""
    require(by.is_in("called", id), rules.NotCalled())
    call = call_in(said_on(id))
    if call is None or not by.is_in("facilitating", call.body.id) or call.said:
        raise rules.NothingToAnswer()
    if says == "declined" and not words:
        raise rules.ReasonNeeded()
    _keep(id, call.body.id, says, words or "")
    audit.record(f"consultation.successor_{says}", call.body.id, about=id)
    if says == "declined":
        _tell_leads(id, "declined")
        return False
    return _take_over(id, call.body.id)


def _take_over(id: uuid.UUID, body: uuid.UUID) -> bool:
    """The database hands over once everybody has agreed; a company cannot do it alone."""
    done = bool(db.session.scalar(sa.select(sa.func.consultations.take_over(id, body, clock.now()))))
    if done:
        db.session.expire_all()
        viewer.refresh()
        audit.record("consultation.taken_over", body, about=id)
        tell("took_over", consultation_id=id, subject_id=body, to=("conveners", "participants", "facilitators"))
    return done

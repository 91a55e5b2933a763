"""Assign reviewers, step aside, score, lock: the verbs of a review."""

import uuid
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from polyphony.fund.applying.models import Application
from polyphony.fund.calls import rules as calls
from polyphony.fund.calls.models import Call
from polyphony.fund.deciding.models import Grant
from polyphony.fund.reviewing import rules
from polyphony.fund.reviewing.models import BEST, Assignment, Lock, Recusal, Score
from polyphony.kernel import audit, clock, jobs
from polyphony.kernel.access import require, there
from polyphony.kernel.database import db
from polyphony.kernel.viewer import Viewer
from polyphony.notices.service import tell
from polyphony.organisations.models import Membership, MembershipEnd
from polyphony.people.models import Person

Given = tuple[uuid.UUID, int | None, str]  # criterion, score or none, words


def application_for(by: Viewer, application_id: uuid.UUID) -> tuple[Application, Call]:
    """An application and its call, for an administrator of its fund. 404 when hidden; raises `NotAdministrator`."""
    row = there(db.session.execute(sa.select(Application, Call).join(Call, Call.id == Application.call_id).where(
        Application.id == application_id)).first())
    there(None if by.is_in("stepped_aside", application_id) else True)
    require(by.is_in("fund_admin", row[0].fund_id), rules.NotAdministrator())
    return row[0], row[1]


def call_for(by: Viewer, call_id: uuid.UUID) -> Call:
    """A call, for an administrator of its fund. 404 when hidden; raises `NotAdministrator`."""
    call = there(db.session.get(Call, call_id))
    require(by.is_in("fund_admin", call.fund_id), rules.NotAdministrator())
    return call


def reviewers_of(fund_id: uuid.UUID) -> dict[uuid.UUID, str]:
    """The fund's reviewers by name, as its administrator sees them."""
    over = sa.exists().where(MembershipEnd.membership_id == Membership.id)
    rows = db.session.execute(
        sa.select(Person.id, Person.name).join(Membership, Membership.person_id == Person.id)
        .where(Membership.organisation_id == fund_id, Membership.role == "reviewer", ~over)
        .order_by(Person.name, Person.id))
    return {id: name for id, name in rows}  # noqa: C416 - rows are not tuples to the type checker


def conflicts_for(application_id: uuid.UUID, people: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Who of these people steps aside from a case, by which kind of conflict, or `KNOWS` who applies: one statement."""
    rows = db.session.execute(sa.text(
        "SELECT who.id, fund.may_review(:case, who.id) FROM unnest(CAST(:people AS uuid[])) AS who(id)"),
        {"case": application_id, "people": list(people)})
    return {person: kind for person, kind in rows if kind}


def assign(by: Viewer, *, application_id: uuid.UUID, person_id: uuid.UUID | None) -> uuid.UUID:
    """Ask a reviewer to read an application.

    Raises `NotAdministrator`, `CaseDecided`, `ReviewedAfterDeadline`, `NotAReviewer`, `KnowsWhoApplies`,
    `ConflictFound`, `AlreadyAssigned`.
    """
    application, call = application_for(by, application_id)
    require(application.state != "decided", rules.CaseDecided())
    require(calls.standing(call, clock.now()) == "closed", rules.ReviewedAfterDeadline())
    if person_id is None or person_id not in reviewers_of(application.fund_id):
        raise rules.NotAReviewer()
    found = conflicts_for(application.id, [person_id])
    if found.get(person_id) == rules.KNOWS:
        raise rules.KnowsWhoApplies()
    if found:
        raise rules.ConflictFound(found[person_id])
    _assign(by, application.fund_id, [(application.id, person_id)])
    jobs.defer("fund.ask_rooms", application_id=application.id)
    return application.id


def _assign(by: Viewer, fund_id: uuid.UUID, pairs: list[tuple[uuid.UUID, uuid.UUID]]) -> None:
    if not pairs:
        return
    db.session.execute(sa.insert(Assignment).values([
        {"id": uuid.uuid4(), "application_id": application, "fund_id": fund_id, "person_id": person,
         "on": clock.today()} for application, person in pairs]))
    audit.record_each("review.assigned", [(application, {"person": str(person)}) for application, person in pairs],
                      about=fund_id)
    tell("fund_review", to=tuple(f"person:{person}" for person in sorted({person for _, person in pairs}, key=str)))


def unassign(by: Viewer, *, application_id: uuid.UUID, assignment_id: uuid.UUID | None) -> None:
    """Take an application back from a reviewer who has not locked; what she drafted goes, for nobody else may see it.

    Raises `NotAdministrator`, `ReviewLocked`.
    """
    application, _call = application_for(by, application_id)
    gone = db.session.scalar(sa.select(sa.func.fund.take_review_back(assignment_id, application.id)))
    require(bool(gone), rules.ReviewLocked())
    audit.record("review.unassigned", application.id, about=application.fund_id)
    tell_voters(application.id)


def untranslated(call_id: uuid.UUID) -> int:
    """How many applications to a call have a text that lacks one of the call's languages (one statement)."""
    return int(db.session.scalar(_UNTRANSLATED, {"call": call_id}) or 0)


_UNTRANSLATED = sa.text("""
SELECT count(*) FROM fund.application a JOIN fund.call c ON c.id = a.call_id WHERE a.call_id = :call
AND a.state = 'submitted' AND EXISTS (SELECT 1 FROM (
  SELECT p.id, p.words, p.lang FROM fund.part p WHERE p.application_id = a.id
  UNION ALL SELECT b.id, b.words, a.lang FROM fund.budget_line b WHERE b.application_id = a.id) p
  CROSS JOIN unnest(c.languages) l(lang) WHERE p.words <> '' AND l.lang <> p.lang AND NOT EXISTS (SELECT 1 FROM
    languages.translation t WHERE t.subject_id = p.id AND t.field = 'words' AND t.lang = l.lang AND t.text <> ''))""")


def share_out(by: Viewer, *, call_id: uuid.UUID) -> int:
    """Give every application of a closed call its reviewers, evenly, past every conflict; returns how many asked.

    Raises `NotAdministrator`, `ReviewsOver`, `ReviewedAfterDeadline`.
    """
    call = call_for(by, call_id)
    state = calls.standing(call, clock.now())
    require(state != "decided", rules.ReviewsOver())
    require(state == "closed", rules.ReviewedAfterDeadline())
    waiting = db.session.scalars(sa.select(Application.id).where(
        Application.call_id == call.id, Application.state == "submitted").order_by(Application.id)).all()
    asked = db.session.execute(sa.select(Assignment.application_id, Assignment.person_id).where(
        Assignment.application_id.in_(waiting)))
    held = {(application, person) for application, person in asked}
    told = db.session.execute(sa.text("SELECT c.application_id, c.person_id FROM fund.call_conflicts(:call) c"),
                              {"call": call.id})
    found = {(application, person) for application, person in told}
    pairs = rules.shared_out(waiting, list(reviewers_of(call.fund_id)), found | held, held - found, call.reviews_each)
    _assign(by, call.fund_id, pairs)
    jobs.defer("fund.ask_rooms", call_id=call.id)
    return len(pairs)


def step_aside(by: Viewer, *, application_id: uuid.UUID, kind: str, words: str = "") -> uuid.UUID:
    """Leave one case because of a conflict of interest; from now on it is seen on no path.

    For everybody in the fund who can see the case or its grant (404 otherwise). Raises `SteppedAsideAlready`.
    """
    fund_id = fund_of(application_id)
    db.session.execute(sa.insert(Recusal).values(
        id=uuid.uuid4(), application_id=application_id, fund_id=fund_id, person_id=by.person, origin="declared",
        kind=kind, words=words or "", at=clock.now()))
    audit.record("review.stepped_aside", application_id, about=fund_id)
    tell_voters(application_id)
    return fund_id


def fund_of(application_id: uuid.UUID) -> uuid.UUID:
    """The fund of a case that this viewer can see, as an application or as a grant; 404 otherwise."""
    seen = sa.select(Application.fund_id).where(Application.id == application_id).union(
        sa.select(Grant.fund_id).where(Grant.application_id == application_id))
    return there(db.session.scalar(seen))


def assignment_of(by: Viewer, application_id: uuid.UUID) -> tuple[Assignment, Lock | None, bool]:
    """The viewer's own assignment, its lock, whether she gave a score; 404 when she was not asked or stepped aside."""
    scored = sa.exists().where(Score.assignment_id == Assignment.id, Score.value.is_not(None))
    row = db.session.execute(sa.select(Assignment, Lock, scored).outerjoin(
        Lock, Lock.assignment_id == Assignment.id).where(
        Assignment.application_id == application_id, Assignment.person_id == by.person)).first()
    return there(row)  # type: ignore[return-value]


def score(by: Viewer, *, application_id: uuid.UUID, given: Iterable[Given]) -> uuid.UUID:
    """Keep scores as far as they are given; a missing one stays missing. Raises `ScoresLocked`, `NoSuchScore`."""
    assignment, lock, _scored = assignment_of(by, application_id)
    require(lock is None, rules.ScoresLocked())
    kept = list(given)
    if any(value is not None and not 0 <= value <= BEST for _, value, _ in kept):
        raise rules.NoSuchScore()
    rows = [{"assignment_id": assignment.id, "criterion_id": criterion, "application_id": application_id,
             "value": value, "words": words or ""} for criterion, value, words in kept]
    put = insert(Score).values(rows)
    db.session.execute(put.on_conflict_do_update(index_elements=["assignment_id", "criterion_id"], set_={
        "value": put.excluded.value, "words": put.excluded.words}))
    audit.record("review.scored", application_id, about=assignment.fund_id)
    return application_id


def lock(by: Viewer, *, application_id: uuid.UUID, words: str = "", lang: str = "en") -> uuid.UUID:
    """Lock one's scores: they stand, and the seal on who applies is broken for her, which is recorded.

    Raises `ScoresLocked`, `NothingScored`; `StillAsked` where the database finds that conflicts are still looked for.
    """
    assignment, held, scored = assignment_of(by, application_id)
    require(held is None, rules.ScoresLocked())
    if not scored:
        raise rules.NothingScored()
    db.session.execute(sa.insert(Lock).values(
        assignment_id=assignment.id, application_id=application_id, fund_id=assignment.fund_id, person_id=by.person,
        words=words or "", lang=lang, at=clock.now()))
    audit.record("review.locked", application_id, about=assignment.fund_id)
    audit.record("applicant.unsealed", application_id, about=assignment.fund_id)
    tell_voters(application_id)
    return application_id


def tell_voters(application_id: uuid.UUID) -> None:
    """The committee is told, once a day, when this may have made a case of its call ready; the worker knows whether."""
    application = db.session.get(Application, application_id)
    if application:
        tell("fund_ready", consultation_id=application.call_id, subject_id=application.call_id, to="voters")

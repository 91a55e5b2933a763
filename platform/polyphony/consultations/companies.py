"""Verbs between the companies, the facilitator and those who are invited to speak."""

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from polyphony.consultations import rules
from polyphony.consultations.models import Consultation, Convener, Invited, Translator
from polyphony.consultations.service import find
from polyphony.kernel import audit, clock, viewer
from polyphony.kernel.access import require, there
from polyphony.kernel.database import db
from polyphony.kernel.forms import ChangedMeanwhile
from polyphony.kernel.locale import language
from polyphony.kernel.viewer import Viewer
from polyphony.notices.service import tell
from polyphony.organisations.models import Membership, MembershipEnd, Organisation
from polyphony.people.models import Person


def ask_company(by: Viewer, *, id: uuid.UUID, organisation: uuid.UUID) -> None:
    """Ask another company to co-own a draft, or anew one that declined or left it: it answers as if for the first time.

    Raises `NotLeading`, `TermsStand`, `AlreadyAsked`.
    """
    require(by.is_in("led", id), rules.NotLeading())
    rules.ensure_draft(find(id))
    _organisation(organisation, "company")
    kept = db.session.get(Convener, (id, organisation))
    if kept is None:
        _add_once(Convener(consultation_id=id, company_id=organisation, state="invited", invited_at=clock.now()))
    elif kept.state in rules.GONE:
        _ask_anew(kept)
    else:
        raise rules.AlreadyAsked()
    audit.record("consultation.company_asked", organisation, about=id)
    tell("convene", consultation_id=id, subject_id=organisation, to="leads")


def _ask_anew(kept: Convener) -> None:
    kept.state, kept.invited_at, kept.answered_at, kept.accepted_revision = "invited", clock.now(), None, None
    kept.functions, kept.accepts_facilitator = [], False
    kept.words, kept.words_id = "", uuid.uuid4()  # what was said then, and its translations, is over


def take_back(by: Viewer, *, id: uuid.UUID, organisation: uuid.UUID) -> None:
    """Take an invitation to co-own back while it has no answer; the company can be asked again later.

    Raises `NotLeading`, `TermsStand`, `HasAnswered`.
    """
    mine = own_reply(by, _conveners(id))
    require(mine is not None and mine.state == "accepted", rules.NotLeading())
    rules.ensure_draft(find(id))
    asked = there(db.session.get(Convener, (id, organisation)))
    if asked.state != "invited":
        raise rules.HasAnswered()
    db.session.delete(asked)
    audit.record("consultation.company_taken_back", organisation, about=id)
    tell("taken_back", subject_id=organisation, to="leads")  # without the consultation: they no longer see it


def own_reply(by: Viewer, conveners: list[Convener]) -> Convener | None:
    """The row in which this lead's company answers, if there is one."""
    return next((c for c in conveners if by.is_in("leading", c.company_id)), None)


def reply(by: Viewer, *, id: uuid.UUID, says: str, functions: list[str], accepts_facilitator: bool, words: str,
          revision: str) -> str:
    """Accept to co-own the consultation as it now stands, or decline. Returns what was said.

    Raises `NotLeading`, `NothingToAnswer`, `ChangedMeanwhile`, `FunctionsNeeded`, `WordsNeeded`.
    """
    require(by.is_in("led", id), rules.NotLeading())
    consultation = find(id)
    mine = own_reply(by, _conveners(id))
    if mine is None or consultation.state != "draft" or mine.state not in ("invited", "accepted"):
        raise rules.NothingToAnswer()
    if str(consultation.revision) != str(revision):
        raise ChangedMeanwhile()
    _ensure_reply(says, functions, accepts_facilitator, words, consultation, mine)
    mine.state, mine.words, mine.lang, mine.answered_at = says, words or "", language(), clock.now()
    if says == "accepted":
        mine.functions, mine.accepts_facilitator = functions, accepts_facilitator
        mine.accepted_revision = consultation.revision
    db.session.flush()
    audit.record(f"consultation.company_{says}", mine.company_id, about=id)
    tell("joined" if says == "accepted" else "company_declined", consultation_id=id, subject_id=mine.company_id,
         to="conveners")
    return says


def _ensure_reply(says: str, functions: list[str], facilitator: bool, words: str, consultation: Consultation,
                  mine: Convener) -> None:
    if says == "declined":
        if not words:
            raise rules.WordsNeeded()
        return
    if not functions:
        raise rules.FunctionsNeeded()
    if consultation.facilitator_id and not facilitator:
        raise rules.FacilitatorNotAccepted()


def _conveners(id: uuid.UUID) -> list[Convener]:
    return list(db.session.scalars(sa.select(Convener).where(Convener.consultation_id == id)))


def leave(by: Viewer, *, id: uuid.UUID, words: str) -> str:
    """Leave a consultation, with words that stay; answers already owed stay owed. Returns the state it left it in.

    Raises `NotLeading`, `NothingToAnswer`.
    """
    require(by.is_in("led", id), rules.NotLeading())
    state, mine = find(id).state, own_reply(by, _conveners(id))
    if mine is None or mine.state != "accepted":
        raise rules.NothingToAnswer()
    mine.state, mine.words, mine.lang, mine.answered_at = "left", words, language(), clock.now()
    db.session.flush()
    audit.record("consultation.company_left", mine.company_id, about=id)
    for group in ("conveners", "facilitators", "participants"):
        tell("left", consultation_id=id, subject_id=mine.company_id, to=group)
    return state


def invited_to(id: uuid.UUID) -> list[Invited]:
    return list(db.session.scalars(
        sa.select(Invited).join(Organisation, Organisation.id == Invited.organisation_id)
        .where(Invited.consultation_id == id).order_by(Organisation.name)))


def invite(by: Viewer, *, id: uuid.UUID, organisation: uuid.UUID) -> None:
    """Ask a stakeholder organisation to speak. Raises `NotFacilitating`, `AlreadyAsked`, `TermsStand`."""
    require(by.is_in("facilitated", id), rules.NotFacilitating())
    consultation = find(id)
    if consultation.state in ("published", "closed"):
        raise rules.TermsStand()
    _organisation(organisation, "stakeholder")
    if db.session.get(Invited, (id, organisation)):
        raise rules.AlreadyAsked()
    _add_once(Invited(consultation_id=id, organisation_id=organisation, at=clock.now()))
    viewer.refresh()
    audit.record("consultation.invited", organisation, about=id)
    if consultation.state != "draft":
        tell("invited", consultation_id=id, subject_id=organisation, to="members")


def withdraw_invitation(by: Viewer, *, id: uuid.UUID, organisation: uuid.UUID) -> None:
    """Take an invitation back before anybody has heard of it. Raises `NotFacilitating`, `TermsStand`."""
    require(by.is_in("facilitated", id), rules.NotFacilitating())
    rules.ensure_draft(find(id))
    db.session.delete(there(db.session.get(Invited, (id, organisation))))
    audit.record("consultation.invitation_withdrawn", organisation, about=id)


def _add_once(row: Convener | Invited) -> None:
    """Two people asking at the same moment ask once. Raises `AlreadyAsked`."""
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError as error:
        raise rules.AlreadyAsked() from error


def _organisation(id: uuid.UUID, kind: str) -> Organisation:
    found = db.session.get(Organisation, id)
    return there(found if found and found.kind == kind and found.admitted_on else None)


def translators_of(id: uuid.UUID) -> list[Translator]:
    return list(db.session.scalars(sa.select(Translator).where(
        Translator.consultation_id == id, Translator.ended_on.is_(None)).order_by(Translator.shown_as, Translator.id)))


def who_could_translate(id: uuid.UUID) -> list[tuple[Membership, Person, Organisation]]:
    """Translators of the invited organisations, for the facilitator to appoint."""
    rows = db.session.execute(
        sa.select(Membership, Person, Organisation).join(Person, Person.id == Membership.person_id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.role == "translator", Person.ended_on.is_(None),
               Organisation.id.in_(sa.select(Invited.organisation_id).where(Invited.consultation_id == id)),
               ~sa.exists().where(MembershipEnd.membership_id == Membership.id))
        .order_by(Organisation.name, Person.name))
    return [tuple(row) for row in rows]  # type: ignore[misc]


def appoint(by: Viewer, *, id: uuid.UUID, person: str, languages: list[str]) -> None:
    """Appoint a translator, or for further languages one who is; others see her organisation, not her name.

    Raises `NotFacilitating`, `AlreadyAppointed`.
    """
    require(by.is_in("facilitated", id), rules.NotFacilitating())
    chosen = next(((p, o) for m, p, o in who_could_translate(id) if str(m.id) == person), None)
    who, organisation = there(chosen)
    if any(t.person_id == who.id for t in translators_of(id)):
        _widen(id, who.id, languages)
        return
    db.session.add(Translator(id=uuid.uuid4(), consultation_id=id, person_id=who.id, organisation_id=organisation.id,
                              shown_as=organisation.name, languages=languages, appointed_on=clock.today()))
    viewer.refresh()
    audit.record("consultation.translator_appointed", about=id)
    tell("appointed", consultation_id=id, to=f"person:{who.id}")


def _widen(id: uuid.UUID, person: uuid.UUID, languages: list[str]) -> None:
    kept = next(t for t in translators_of(id) if t.person_id == person)
    further = [lang for lang in languages if lang not in kept.languages]
    if not further:
        raise rules.AlreadyAppointed()
    kept.languages = [*kept.languages, *further]
    audit.record("consultation.translator_appointed", about=id)


def end_appointment(by: Viewer, *, id: uuid.UUID, translator: uuid.UUID) -> None:
    """A translator no longer works in this consultation. Raises `NotFacilitating`."""
    require(by.is_in("facilitated", id), rules.NotFacilitating())
    kept: Any = db.session.get(Translator, translator)
    kept = there(kept if kept and kept.consultation_id == id else None)
    kept.ended_on = clock.today()
    audit.record("consultation.translator_ended", about=id)

"""What follows when somebody's membership ends: her appointments end, and nobody is left waiting for her."""

import uuid

import sqlalchemy as sa

from polyphony.consultations.models import Consultation, Translator
from polyphony.kernel import clock, jobs, providers
from polyphony.kernel.database import db
from polyphony.kernel.locale import ngettext
from polyphony.notices.service import tell
from polyphony.organisations.leaving import rests_on
from polyphony.organisations.models import Membership, MembershipEnd


@providers.provide("membership_ended")
def membership_ended(membership_id: uuid.UUID) -> None:
    """Whoever ends a membership may not see the consultations it was used in; the worker does."""
    jobs.defer("consultations.after_membership", membership_id=membership_id)


@providers.provide("memberships_ended")
def memberships_ended(memberships: list[uuid.UUID]) -> None:
    """The same for several at once (one statement)."""
    jobs.defer_each("consultations.after_membership", [{"membership_id": id} for id in memberships])


rests_on("consultations", """
    SELECT 'convenes', count(*) FROM consultations.convener v JOIN consultations.consultation c ON c.id = v.consultation_id
    WHERE v.company_id = organisation AND v.state = 'accepted' AND c.state <> 'closed'
    UNION ALL SELECT 'facilitates', count(*) FROM consultations.consultation c
    WHERE c.facilitator_id = organisation AND c.state <> 'closed'""", {
        "convenes": lambda number: ngettext(
            "%(num)s consultation that it co-owns is not closed. An engagement lead can leave it, or see it to its end.",
            "%(num)s consultations that it co-owns are not closed. An engagement lead can leave them, or see them to their "
            "end.", number),
        "facilitates": lambda number: ngettext(
            "%(num)s consultation that it facilitates is not closed. Step back first; the companies choose another body.",
            "%(num)s consultations that it facilitates are not closed. Step back first; the companies choose another body.",
            number)})


@jobs.task("consultations.after_membership")
def after_membership(membership_id: str) -> None:
    """End a translator's appointments; say so when a facilitation body has nobody left. Repeating changes nothing."""
    ended = db.session.get(Membership, uuid.UUID(membership_id))
    if ended is None or _still_there(ended):
        return
    if ended.role == "translator":
        _end_appointments(ended)
    elif ended.role == "facilitator":
        _say_who_lacks_a_facilitator(ended.organisation_id)
    providers.ask("seat_has_ended")


def _still_there(ended: Membership) -> bool:
    """The same person holds the same seat by another membership."""
    return bool(db.session.scalar(sa.select(sa.exists().where(
        Membership.person_id == ended.person_id, Membership.organisation_id == ended.organisation_id,
        Membership.role == ended.role, ~sa.exists().where(MembershipEnd.membership_id == Membership.id)))))


def _end_appointments(ended: Membership) -> None:
    rows = db.session.scalars(sa.select(Translator).where(
        Translator.person_id == ended.person_id, Translator.organisation_id == ended.organisation_id,
        Translator.ended_on.is_(None)).order_by(Translator.id)).all()
    for row in rows:
        row.ended_on = clock.today()
        tell("translator_ended", consultation_id=row.consultation_id, subject_id=row.organisation_id,
             to="facilitators")


def _say_who_lacks_a_facilitator(body: uuid.UUID) -> None:
    wanted = sa.select(Consultation.id).where(
        Consultation.facilitator_id == body, sa.func.consultations.facilitator_gone(Consultation.id))
    for id in db.session.scalars(wanted.order_by(Consultation.id)).all():
        tell("facilitator_gone", consultation_id=id, subject_id=body, to="conveners")
        tell("facilitator_gone", subject_id=body, to="stewards")

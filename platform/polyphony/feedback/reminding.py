"""The facilitator reminds a company of what it has not signed; of its drafts she learns nothing."""

import uuid

import sqlalchemy as sa

from polyphony.feedback import rules
from polyphony.feedback.models import Reminder, Theme
from polyphony.feedback.publication import given
from polyphony.feedback.themes import consultation_of, ensure_facilitating
from polyphony.kernel import audit, clock, providers
from polyphony.kernel.database import db
from polyphony.kernel.viewer import Viewer
from polyphony.notices.service import tell


@providers.provide("owes")
def owed_by(consultation_id: uuid.UUID, company_id: uuid.UUID) -> int:
    """How many answers to shared themes a company has not signed."""
    themes = db.session.scalars(sa.select(Theme).where(
        Theme.consultation_id == consultation_id, Theme.shared_on.is_not(None))).all()
    return sum(company == company_id for _theme, company in rules.owed(themes, given(consultation_id)))


def remind(by: Viewer, *, consultation_id: uuid.UUID, company_id: uuid.UUID) -> Reminder:
    """Tell the leads and decision makers of a company that it has answers to sign.

    Raises `NotFacilitating`, `NoTimeToRemind`, `NothingOwed`, `RemindedToday`.
    """
    consultation = consultation_of(consultation_id)
    ensure_facilitating(by, consultation_id)
    rules.ensure_time_to_remind(consultation.state)
    if not owed_by(consultation_id, company_id):
        raise rules.NothingOwed()
    key = (consultation_id, company_id, clock.today())
    if db.session.get(Reminder, key):
        raise rules.RemindedToday()
    made = Reminder(consultation_id=key[0], company_id=key[1], on=key[2])
    db.session.add(made)
    audit.record("company.reminded", company_id, about=consultation_id)
    tell("reminded", consultation_id=consultation_id, subject_id=company_id, to="answering")
    return made

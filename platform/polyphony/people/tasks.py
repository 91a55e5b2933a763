"""Mail that goes to one person about her account, and forgetting what is no longer needed."""

import uuid
from datetime import timedelta

import sqlalchemy as sa
from flask_babel import force_locale

from polyphony.kernel import clock, mail, secrets, unlinkable
from polyphony.kernel.database import db
from polyphony.kernel.jobs import task
from polyphony.kernel.locale import _
from polyphony.people.models import Attempt, Challenge, Credential, Erasure, Person, Phrase, Reset, Session
from polyphony.people.rules import RESET_MAILS

unlinkable.rows(Phrase, "true")
unlinkable.rows(Session, "r.phrase_id IS NOT NULL")
unlinkable.rows(Erasure, "r.phrase_id IS NOT NULL")


@task("people.mail_reset")
def mail_reset(id: str) -> None:
    """Mail the link to choose a new password; nothing happens when the address had no account."""
    reset = db.session.get(Reset, uuid.UUID(id))
    if reset is None or reset.used or reset.expires_at <= clock.now():
        return
    earlier = db.session.scalar(sa.select(sa.func.count()).select_from(Reset).where(
        Reset.person_id == reset.person_id, Reset.expires_at > clock.now(), Reset.expires_at < reset.expires_at))
    person, kept = db.session.get(Person, reset.person_id), db.session.get(Credential, reset.person_id)
    if person is None or kept is None or person.ended_on or (earlier or 0) >= RESET_MAILS:
        return
    address = mail.link("people.choose_password", lang=person.language,
                        token=secrets.text_of(secrets.link_token("reset", reset.id)))
    with force_locale(person.language):
        text = _("Hello %(name)s,\n\nwith this link you can choose a new password. It works once, for one hour:\n\n"
                 "%(link)s\n\nIf you did not ask for it, you need not do anything.", name=person.name, link=address)
        subject = _("The link you asked for")
    mail.send(secrets.open_address(kept.address_sealed, person.id), subject, text, f"reset-{reset.id}")


@task("people.forget", every="17 * * * *")
def forget() -> None:
    """Drop sessions that have ended, old links, counted attempts and questions nobody answered."""
    now = clock.now()
    db.session.execute(sa.delete(Session).where(Session.began_at < now - timedelta(days=14)))
    db.session.execute(sa.delete(Session).where(Session.seen_at < now - timedelta(hours=8)))
    db.session.execute(sa.delete(Session).where(Session.phrase_id.is_not(None),
                                                Session.seen_at < now - timedelta(minutes=30)))
    db.session.execute(sa.delete(Reset).where(Reset.expires_at < now - timedelta(days=1)))
    db.session.execute(sa.delete(Challenge).where(Challenge.at < now - timedelta(minutes=5)))
    db.session.execute(sa.delete(Attempt).where(Attempt.hour < now - timedelta(hours=2)))

"""The mail to somebody whose second factor was taken away at her organisation's request."""

import uuid

from flask_babel import force_locale

from polyphony.kernel import mail, secrets
from polyphony.kernel.database import db
from polyphony.kernel.jobs import task
from polyphony.kernel.locale import _
from polyphony.organisations.models import FactorReset
from polyphony.people.models import Credential, Person


@task("organisations.mail_factor_reset")
def mail_factor_reset(id: str) -> None:
    """Tell her, whether she has asked for mail or not: if it was not she who asked, she must know at once."""
    asked = db.session.get(FactorReset, uuid.UUID(id))
    if asked is None or not asked.granted:
        return
    person, kept = db.session.get(Person, asked.person_id), db.session.get(Credential, asked.person_id)
    if person is None or kept is None or person.ended_on:
        return
    place = mail.link("people.ask_reset", lang=person.language)
    with force_locale(person.language):
        text = _("Hello %(name)s,\n\nthe second step of signing in was taken away from your account, because somebody "
                 "told us that you have lost your device. At your next sign-in you set it up anew.\n\nIf this was not "
                 "you, choose another password now and tell the administrator of your organisation:\n\n%(link)s",
                 name=person.name, link=place)
        subject = _("Your sign-in has changed")
    mail.send(secrets.open_address(kept.address_sealed, person.id), subject, text, f"factor-reset-{id}")

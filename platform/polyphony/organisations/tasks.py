"""Mail to those who are invited."""

import uuid

from flask_babel import force_locale

from polyphony.kernel import clock, mail, secrets
from polyphony.kernel.database import db
from polyphony.kernel.jobs import task
from polyphony.kernel.locale import _
from polyphony.organisations.models import Invitation, Organisation


@task("organisations.mail_invitation")
def mail_invitation(id: str) -> None:
    """Mail an invitation in the language it was written for; nothing when it is answered or withdrawn."""
    invitation = db.session.get(Invitation, uuid.UUID(id))
    if invitation is None or invitation.withdrawn or invitation.answered_at or invitation.expires_at <= clock.now():
        return
    organisation = db.session.get(Organisation, invitation.organisation_id)
    address = mail.link("organisations.invitation", lang=invitation.language,
                        token=secrets.text_of(secrets.link_token("invitation", invitation.id)))
    with force_locale(invitation.language):
        subject = _("An invitation for you")
        text = _("Hello,\n\n%(organisation)s invites you. With this link you can look at the invitation and accept "
                 "it within 14 days:\n\n%(link)s\n\nIf you do not know the sender, you need not do anything.",
                 organisation=organisation.name if organisation else "", link=address)
    if invitation.words:
        text = f"{text}\n\n> " + "\n> ".join(invitation.words.splitlines())
    mail.send(secrets.open_address(invitation.address_sealed, invitation.id), subject, text,
              f"invitation-{invitation.id}")

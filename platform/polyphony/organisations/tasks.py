"""Mail to those who are invited; and what organisations know of their people, answered with yes or no."""

import uuid

import sqlalchemy as sa
from flask import current_app, url_for
from flask_babel import force_locale

from polyphony.kernel import clock, mail, secrets
from polyphony.kernel.database import db
from polyphony.kernel.jobs import task
from polyphony.kernel.locale import _
from polyphony.kernel.providers import Waits, provide
from polyphony.kernel.viewer import Viewer
from polyphony.organisations import mailing_lost as mailing_lost
from polyphony.organisations import service
from polyphony.organisations.models import (
    ADMINISTERS,
    Invitation,
    InvitationEnd,
    Membership,
    MembershipEnd,
    Organisation,
)
from polyphony.people.models import Credential, Person

NEUTRAL = ("fund", "operator")  # they bring people together who owe each other nothing


@task("organisations.mail_invitation")
def mail_invitation(id: str) -> None:
    """Mail an invitation in the language it was written for; nothing when that is over or its reader is gone."""
    invitation = db.session.get(Invitation, uuid.UUID(id))
    if invitation is None or invitation.expires_at <= clock.now() or not invitation.address_hash:
        return
    if db.session.get(InvitationEnd, invitation.id) is not None:
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


@task("organisations.mail_decision")
def mail_decision(id: str) -> None:
    """Tell the administrators that there is news: they wait for the stewards' word, so no opt-in is asked.

    The mail says nothing of the organisation or of what was decided.
    """
    rows = db.session.execute(
        sa.select(Person, Credential).join(Credential, Credential.person_id == Person.id)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.organisation_id == uuid.UUID(id), Membership.role.in_(ADMINISTERS),
               Person.ended_on.is_(None), ~sa.exists().where(MembershipEnd.membership_id == Membership.id))
        .distinct().order_by(Person.id))
    base = current_app.extensions["settings"].base_url
    for person, credential in rows:
        with force_locale(person.language):
            text = _("There is something new for you. Sign in to read it:")
            subject = _("There is news for you")
        mail.send(secrets.open_address(credential.address_sealed, person.id), subject,
                  f"{text}\n\n{base}/{person.language}/organisation\n", f"decision-{id}-{person.id}")


@provide("waits")
def waits(by: Viewer) -> list[Waits]:
    """Her organisation asks to join: nothing she has to do, but why nothing happens yet. Who is in admitted ones alone
    is not asked about."""
    asking = by.of("administered") - by.of("companies") - by.of("stakeholders") - by.of("facilitating")
    return [Waits(_("Two stewards still have to admit %(name)s", name=each.name),
                  url_for("organisations.mine", show=each.id)) for each in service.mine(by) if each.is_asking
            ] if asking else []


@provide("conflict")
def conflict(person_id: uuid.UUID, organisation_id: uuid.UUID) -> bool:
    """Whether somebody belongs or belonged to an organisation, or to another one together with its people.

    For the worker, which sees every membership: nobody else learns who belongs where.
    """
    hers, other, theirs = (sa.orm.aliased(Membership) for _each in range(3))
    belongs = sa.exists().where(hers.person_id == person_id, hers.organisation_id == organisation_id)
    together = (sa.select(hers.id).join(other, other.organisation_id == hers.organisation_id)
                .join(theirs, theirs.person_id == other.person_id)
                .join(Organisation, Organisation.id == hers.organisation_id)
                .where(hers.person_id == person_id, other.person_id != person_id,
                       theirs.organisation_id == organisation_id, Organisation.kind.not_in(NEUTRAL)))
    return bool(db.session.scalar(sa.select(sa.or_(belongs, together.exists()))))

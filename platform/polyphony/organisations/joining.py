"""Coming in: an invitation is accepted, and two stewards admit an organisation."""

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from polyphony.kernel import access, audit, clock, jobs, providers, secrets
from polyphony.kernel.database import db
from polyphony.kernel.refusals import NotPermitted
from polyphony.kernel.viewer import Viewer
from polyphony.organisations import rules
from polyphony.organisations.models import ROLES, Approval, Organisation, has_left
from polyphony.organisations.service import in_turn
from polyphony.people import service as people
from polyphony.people.models import Credential

_BEHIND = sa.text("SELECT * FROM organisations.invitation_behind(:token)").bindparams(
    sa.bindparam("token", type_=sa.LargeBinary()))
_ACCEPT = sa.text(
    "SELECT organisations.accept(:token, :person, :called, :lang, :zone, :sealed, :salt, :derived, :organisation, "
    ":organisation_name, :kind, :country, :about)").bindparams(
    *(sa.bindparam(name, type_=sa.LargeBinary()) for name in ("token", "sealed", "salt", "derived")),
    *(sa.bindparam(name, type_=sa.Uuid()) for name in ("person", "organisation")))


@dataclass(frozen=True)
class Behind:
    """What the holder of an invitation's link may know of it."""

    id: uuid.UUID
    purpose: str
    organisation_id: uuid.UUID
    organisation: str
    language: str
    roles: list[str]
    function: str
    words: str
    address: str


def behind(token: str) -> Behind | None:
    """The invitation that this link opens, or None when it is gone."""
    row = db.session.execute(_BEHIND, {"token": secrets.bytes_of(token)}).mappings().first()
    if row is None:
        return None
    kept = {name: row[name] for name in row if name != "address_sealed"}
    return Behind(**kept, address=secrets.open_address(row["address_sealed"], row["id"]))


def is_for(by: Viewer, invitation: Behind) -> bool:
    """Whether the signed-in viewer is the one whose address was invited."""
    kept = db.session.get(Credential, by.person) if by.person else None
    return kept is not None and kept.address_hash == secrets.address_hash(invitation.address)


def accept(by: Viewer, *, token: str, name: str = "", password: str = "", language: str = "en",
           time_zone: str = "UTC", organisation_name: str = "", kind: str = "", country: str = "",
           about: str = "") -> uuid.UUID:
    """Accept an invitation; whoever is new gets her account with it and is signed in.

    Returns the id of the organisation joined or brought. Raises InvitationGone, AccountExists,
    ForAnotherAddress, TooShort, TooCommon.
    """
    invitation = behind(token)
    if invitation is None:
        raise rules.InvitationGone()
    if by.is_signed_in and not is_for(by, invitation):
        raise rules.ForAnotherAddress()
    person, organisation = uuid.uuid4(), uuid.uuid4()
    salt, derived = (b"", b"") if by.is_signed_in else people.new_secret(password)
    said = db.session.execute(_ACCEPT, {
        "token": secrets.bytes_of(token), "person": person, "called": name, "lang": language, "zone": time_zone,
        "sealed": secrets.seal_address(invitation.address, person), "salt": salt, "derived": derived,
        "organisation": organisation, "organisation_name": organisation_name, "kind": kind, "country": country,
        "about": about}).scalar_one()
    return _accepted(by, said, invitation, by.person or person, organisation, derived)


def _accepted(by: Viewer, said: str, invitation: Behind, person: uuid.UUID, organisation: uuid.UUID,
              derived: bytes) -> uuid.UUID:
    if said == "gone":
        raise rules.InvitationGone()
    if said == "sign_in":
        raise rules.AccountExists()
    if by.is_signed_in:
        people.keep_session()
    else:
        people.begin_session(secrets.address_hash(invitation.address), derived)
    target = organisation if invitation.purpose == "organisation" else invitation.organisation_id
    audit.record("invitation.accepted", invitation.id, about=target)
    if by.is_signed_in or not set(invitation.roles).isdisjoint(ROLES["fund"]):  # who is new sat nowhere
        providers.ask("joined", person, target)
    return target


def waiting(by: Viewer) -> list[tuple[Organisation, list[Approval]]]:
    """Organisations that ask to join and have not left, those that asked first on top, with the words said so far."""
    rows = db.session.execute(
        sa.select(Organisation, Approval).outerjoin(Approval, Approval.organisation_id == Organisation.id)
        .where(Organisation.admitted_on.is_(None), Organisation.turned_away_on.is_(None), ~has_left())
        .order_by(Organisation.asked_on, Organisation.name, Organisation.id, Approval.at))
    found: dict[uuid.UUID, tuple[Organisation, list[Approval]]] = {}
    for organisation, approval in rows:
        said = found.setdefault(organisation.id, (organisation, []))[1]
        said += [approval] if approval else []
    return list(found.values())


def who_asks(organisation_id: uuid.UUID) -> str:
    """The name of whoever asks for an organisation, for stewards who have not decided on it yet."""
    return db.session.execute(sa.select(sa.func.organisations.who_asks(organisation_id))).scalar() or ""


def words_on(organisation_id: uuid.UUID) -> list[Approval]:
    """What stewards said on an organisation, oldest first."""
    return list(db.session.scalars(sa.select(Approval).where(Approval.organisation_id == organisation_id)
                                   .order_by(Approval.at, Approval.id)))


def say(by: Viewer, *, organisation_id: uuid.UUID, admits: Any, words: str) -> Organisation:
    """One steward's word. The second yes of a different steward admits; a single no turns away.

    One no is enough, because nobody should come in against a steward's stated reason; a new invitation
    can bring the organisation back. Raises AlreadyDecided, OwnOrganisation, AlreadySaid.
    """
    access.require(by.is_steward, NotPermitted(help=access.steward.help))
    # Two stewards at the same moment: the second begins again and sees the first one's word.
    organisation = access.there(next(iter(in_turn(Organisation.id == organisation_id)), None))
    said = words_on(organisation_id)
    rules.ensure_may_say(is_decided=bool(organisation.admitted_on or organisation.turned_away_on),
                         is_member=by.is_in("organisations", organisation_id),
                         has_said=any(a.person_id == by.person for a in said))
    is_yes = admits in (True, "yes")
    db.session.add(Approval(organisation_id=organisation_id, person_id=by.person, admits=is_yes, words=words,
                            at=clock.now()))
    audit.record("organisation.approved" if is_yes else "organisation.turned_away", organisation_id)
    db.session.flush()
    approvers = {a.person_id for a in said if a.admits} | ({by.person} if is_yes else set())
    if not is_yes:
        organisation.turned_away_on = clock.today()
    elif rules.is_admitted_by(approvers):  # type: ignore[arg-type]
        organisation.admitted_on = clock.today()
    if organisation.admitted_on or organisation.turned_away_on:
        db.session.flush()
        jobs.defer("organisations.mail_decision", id=organisation_id)
        providers.ask("organisation_decided", organisation_id, bool(organisation.admitted_on))
    return organisation

"""Organisations, their members, and how they come in."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from polyphony.kernel import access, audit, clock, jobs, providers, secrets
from polyphony.kernel.database import db
from polyphony.kernel.refusals import NotPermitted
from polyphony.kernel.viewer import Viewer
from polyphony.organisations import rules
from polyphony.organisations.models import (
    ADMINISTERS,
    Invitation,
    InvitationEnd,
    Membership,
    MembershipEnd,
    Organisation,
    has_left,
)
from polyphony.people import service as people
from polyphony.people.models import Person

VALID_FOR = timedelta(days=14)
PAGE = 50
_CHANGE = sa.text("SELECT organisations.change_role(:seat, :role, :function, :words)").bindparams(
    sa.bindparam("seat", type_=sa.Uuid())).columns(change_role=sa.Uuid())


@dataclass
class Member:
    """One person of an organisation with every seat she has or had there."""

    person: Person
    seats: list[tuple[Membership, MembershipEnd | None]] = field(default_factory=list)

    @property
    def is_present(self) -> bool:
        return any(end is None for _, end in self.seats)


@dataclass(frozen=True)
class OpenInvitation:
    """An invitation that waits for its answer, with the address it went to."""

    id: uuid.UUID
    address: str
    purpose: str
    roles: list[str]
    expires_at: datetime


def ensure_administers(by: Viewer, organisation_id: uuid.UUID) -> None:
    access.require(by.is_in("administered", organisation_id), NotPermitted(help=access.organisation_admin.help))


def mine(by: Viewer) -> list[Organisation]:
    """The organisations this viewer administers, by name."""
    found = sa.select(Organisation).where(Organisation.id.in_(by.of("administered")))
    return list(db.session.scalars(found.order_by(Organisation.name, Organisation.id)))


def name_of(organisation_id: uuid.UUID | None) -> str:
    """What an organisation is called, for whoever may know it."""
    found = db.session.get(Organisation, organisation_id) if organisation_id else None
    return found.name if found else ""


def one(organisation_id: uuid.UUID) -> Organisation:
    return access.there(db.session.get(Organisation, organisation_id))


def members(by: Viewer, organisation_id: uuid.UUID) -> list[Member]:
    """Everybody who acts or acted for an organisation, by name."""
    rows = db.session.execute(
        sa.select(Membership, Person, MembershipEnd).join(Person, Person.id == Membership.person_id)
        .outerjoin(MembershipEnd, MembershipEnd.membership_id == Membership.id)
        .where(Membership.organisation_id == organisation_id)
        .order_by(Person.name, Person.id, Membership.begun_at, Membership.id))
    found: dict[uuid.UUID, Member] = {}
    for seat, person, end in rows:
        found.setdefault(person.id, Member(person)).seats.append((seat, end))
    return list(found.values())


def open_invitations(by: Viewer, organisation_id: uuid.UUID) -> list[OpenInvitation]:
    """What this organisation has sent out and nobody has answered, newest first; not to who erased her account."""
    rows = db.session.scalars(sa.select(Invitation).where(
        Invitation.organisation_id == organisation_id, Invitation.expires_at > clock.now(),
        Invitation.address_hash != b"", ~sa.exists().where(InvitationEnd.invitation_id == Invitation.id)
    ).order_by(Invitation.at.desc(), Invitation.id))
    return [OpenInvitation(i.id, secrets.open_address(i.address_sealed, i.id), i.purpose, i.roles, i.expires_at)
            for i in rows]


def invite_member(by: Viewer, *, organisation: Organisation, address: str, roles: list[str], language: str,
                  function: str = "", words: str = "") -> Invitation:
    """Invite somebody to act for the organisation. Raises NoSuchRole, FunctionMissing."""
    ensure_administers(by, organisation.id)
    rules.ensure_roles(organisation.kind, roles, function or "")
    providers.ask("may_invite", by, organisation.id, organisation.kind, secrets.address_hash(address), roles)
    return _invite(by, organisation, "member", address, language, roles=roles, function=function or "",
                   words=words or "")


def invite_organisation(by: Viewer, *, organisation: Organisation, address: str, language: str,
                        words: str) -> Invitation:
    """Invite another organisation, with words of one's own. Raises NotYetAdmitted."""
    ensure_administers(by, organisation.id)
    if organisation.admitted_on is None:
        raise rules.NotYetAdmitted()
    return _invite(by, organisation, "organisation", address, language, words=words)


def _invite(by: Viewer, organisation: Organisation, purpose: str, address: str, language: str,
            **more: Any) -> Invitation:
    made = uuid.uuid4()
    invitation = Invitation(
        id=made, purpose=purpose, organisation_id=organisation.id, invited_by=by.person, language=language,
        address_hash=secrets.address_hash(address), address_sealed=secrets.seal_address(address, made),
        token_hash=secrets.digest(secrets.link_token("invitation", made)), at=clock.now(),
        expires_at=clock.now() + VALID_FOR, **more)
    db.session.add(invitation)
    audit.record(f"{purpose}.invited", made, about=organisation.id)
    jobs.defer("organisations.mail_invitation", id=made)
    return invitation


def withdraw(by: Viewer, *, invitation_id: uuid.UUID) -> Invitation:
    """Take an invitation back; its link opens nothing from now on. Raises InvitationGone."""
    invitation = access.there(db.session.get(Invitation, invitation_id))
    ensure_administers(by, invitation.organisation_id)
    if db.session.get(InvitationEnd, invitation_id) is not None:
        raise rules.InvitationGone()
    db.session.add(InvitationEnd(invitation_id=invitation_id, outcome="withdrawn", by=by.person, at=clock.now()))
    audit.record("invitation.withdrawn", invitation.id, about=invitation.organisation_id)
    return invitation


def seat(membership_id: uuid.UUID) -> tuple[Membership, Person]:
    """A membership that this viewer may see, and whose it is."""
    row = db.session.execute(sa.select(Membership, Person).join(Person, Person.id == Membership.person_id)
                             .where(Membership.id == membership_id)).first()
    return access.there(tuple(row) if row else None)  # type: ignore[return-value]


def in_turn(which: sa.ColumnElement[bool]) -> list[Organisation]:
    """Organisations as they are now, each written as it is: of two who decide about one, the second begins again.

    A lock alone would only let her wait: her picture of the database is older (decision 0007).
    """
    return list(db.session.scalars(
        sa.update(Organisation).where(which).values(name=Organisation.name).returning(Organisation),
        execution_options={"populate_existing": True, "synchronize_session": False}))


def _living(membership: Membership) -> list[Membership]:
    """The present seats of an organisation that administer, and all present seats of this person."""
    in_turn(Organisation.id == membership.organisation_id)
    return list(db.session.scalars(sa.select(Membership).where(
        Membership.organisation_id == membership.organisation_id,
        ~sa.exists().where(MembershipEnd.membership_id == Membership.id),
        Membership.role.in_(ADMINISTERS) | (Membership.person_id == membership.person_id))))


def end_membership(by: Viewer, *, membership: Membership, reason: str) -> MembershipEnd:
    """End a membership, with a reason; it stays on record. Raises LastAdministrator, AlreadyEnded."""
    ensure_administers(by, membership.organisation_id)
    living = _living(membership)
    others = [x for x in living if x.role in ADMINISTERS and x.id != membership.id]
    rules.ensure_may_end(membership.role, others_who_administer=len(others),
                         is_ended=membership.id not in {x.id for x in living})
    end = MembershipEnd(membership_id=membership.id, at=clock.now(), by=by.person, reason=reason)
    db.session.add(end)
    audit.record("membership.ended", membership.id, about=membership.organisation_id)
    providers.ask("membership_ended", membership.id)
    db.session.flush()
    people.keep_session()
    return end


def change_role(by: Viewer, *, membership: Membership, kind: str, role: str, reason: str,
                function: str = "") -> uuid.UUID:
    """Give somebody another role: the present one ends and a new one begins, both on record with who, when and why.

    Raises NoSuchRole, FunctionMissing, SameRole, LastAdministrator, AlreadyEnded.
    """
    ensure_administers(by, membership.organisation_id)
    rules.ensure_roles(kind, [role], function or "")
    living = _living(membership)
    others = [x for x in living if x.role in ADMINISTERS and x.id != membership.id]
    rules.ensure_may_change(membership.role, role, others_who_administer=len(others),
                            has={x.role for x in living if x.person_id == membership.person_id})
    made = db.session.execute(_CHANGE, {"seat": membership.id, "role": role, "words": reason,
                                        "function": function if role == "decision_maker" else ""}).scalar()
    if made is None:
        raise rules.AlreadyEnded()
    audit.record("membership.role_changed", made, about=membership.organisation_id)
    providers.ask("membership_ended", membership.id)
    providers.ask("joined", membership.person_id, membership.organisation_id)
    people.keep_session()
    return made


def directory(after: uuid.UUID | None = None) -> tuple[list[Organisation], uuid.UUID | None]:
    """Admitted organisations by name, a page at a time, and where the next page begins."""
    found = sa.select(Organisation).where(Organisation.admitted_on.is_not(None), ~has_left())
    if after:
        last = sa.select(Organisation.name, Organisation.id).where(Organisation.id == after)
        found = found.where(sa.tuple_(Organisation.name, Organisation.id) > last.scalar_subquery())
    rows = list(db.session.scalars(found.order_by(Organisation.name, Organisation.id).limit(PAGE + 1)))
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None

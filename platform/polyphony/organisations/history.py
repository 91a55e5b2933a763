"""Who came, in which role, who let her in, who ended it and why: read from rows that nobody can change."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import aliased

from polyphony.kernel import access, secrets
from polyphony.kernel.database import db
from polyphony.kernel.refusals import NotThere
from polyphony.kernel.viewer import Viewer
from polyphony.organisations.models import Invitation, InvitationEnd, Membership, MembershipEnd
from polyphony.people.models import Person

PAGE = 50
_actor, _whom = aliased(Person), aliased(Person)
_NOBODY = sa.cast(sa.null(), sa.Text())


@dataclass(frozen=True)
class Event:
    """One thing that happened to the people of an organisation."""

    id: uuid.UUID
    what: str
    at: datetime
    actor: str | None
    whom: str
    roles: list[str]
    function: str
    why: str


def of(by: Viewer, organisation_id: uuid.UUID, start: int = 0) -> tuple[list[Event], int | None]:
    """What happened to an organisation's people, newest first, a page at a time, and where the next page begins.

    By number, since several lines of one act share one moment.
    """
    access.require(by.is_in("administered", organisation_id), NotThere())
    every = sa.union_all(_begun(organisation_id), _ended(organisation_id), _invited(organisation_id),
                         _answered(organisation_id)).subquery()
    rows = db.session.execute(sa.select(every).order_by(every.c.at.desc(), every.c.what, every.c.id)
                              .limit(PAGE + 1).offset(start)).all()
    return [_event(row) for row in rows[:PAGE]], start + PAGE if len(rows) > PAGE else None


def _event(row: Any) -> Event:
    whom = row.whom or (secrets.open_address(row.sealed, row.id) if row.sealed else "")
    return Event(row.id, row.what, row.at, row.actor, whom, list(row.roles or []), row.function, row.why)


def _row(what: Any, id: Any, at: Any, whom: Any, roles: Any, function: Any, why: Any, sealed: Any) -> Any:
    return sa.select(what.label("what"), id.label("id"), at.label("at"), _actor.name.label("actor"), whom.label("whom"),
                     roles.label("roles"), function.label("function"), why.label("why"), sealed.label("sealed"))


def _seat(what: str, at: Any, why: Any) -> Any:
    return _row(sa.literal(what), Membership.id, at, _whom.name, array([Membership.role]), Membership.function, why,
                sa.cast(sa.null(), sa.LargeBinary()))


def _begun(organisation_id: uuid.UUID) -> Any:
    return (_seat("begun", Membership.begun_at, Membership.why).select_from(Membership)
            .join(_whom, _whom.id == Membership.person_id).outerjoin(_actor, _actor.id == Membership.given_by)
            .where(Membership.organisation_id == organisation_id))


def _ended(organisation_id: uuid.UUID) -> Any:
    return (_seat("ended", MembershipEnd.at, MembershipEnd.reason).select_from(MembershipEnd)
            .join(Membership, Membership.id == MembershipEnd.membership_id)
            .join(_whom, _whom.id == Membership.person_id).outerjoin(_actor, _actor.id == MembershipEnd.by)
            .where(Membership.organisation_id == organisation_id))


def _invited(organisation_id: uuid.UUID) -> Any:
    what = sa.case((Invitation.purpose == "member", "invited"), else_="organisation_invited")
    return (_row(what, Invitation.id, Invitation.at, _NOBODY, Invitation.roles, Invitation.function, Invitation.words,
                 Invitation.address_sealed).select_from(Invitation)
            .outerjoin(_actor, _actor.id == Invitation.invited_by)
            .where(Invitation.organisation_id == organisation_id))


def _answered(organisation_id: uuid.UUID) -> Any:
    return (_row(InvitationEnd.outcome, Invitation.id, InvitationEnd.at, _NOBODY, Invitation.roles, Invitation.function,
                 sa.literal(""), Invitation.address_sealed).select_from(InvitationEnd)
            .join(Invitation, Invitation.id == InvitationEnd.invitation_id)
            .outerjoin(_actor, _actor.id == InvitationEnd.by).where(Invitation.organisation_id == organisation_id))

"""Organisations and the records that say who acts for them."""

import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from polyphony.kernel.database import Base, Row, at_most, one_of, to
from polyphony.organisations.entrance import models as entrance

__all__ = ["Approval", "Invitation", "InvitationEnd", "Membership", "MembershipEnd", "Organisation", "entrance"]

KINDS = ("company", "stakeholder", "facilitation", "fund", "operator")
ROLES = {
    "company": ("administrator", "engagement_lead", "decision_maker", "board_observer"),
    "stakeholder": ("coordinator", "contributor", "translator", "keyholder"),
    "facilitation": ("administrator", "facilitator", "keyholder"),
    "fund": ("administrator", "reviewer", "committee_member", "treasurer", "approver", "releaser", "translator",
             "keyholder"),
    "operator": ("administrator",),
}
ADMINISTERS = ("administrator", "coordinator")
FUNCTIONS = ("engineering", "product", "research", "legal", "commercial")
APPROVALS_NEEDED = 2


class Organisation(Row, Base):
    """A company, stakeholder organisation or body; takes part once two stewards have admitted it."""

    __tablename__ = "organisation"
    __table_args__ = (one_of("kind", KINDS), at_most("name", 300), at_most("about", 2000), {"schema": "organisations"})
    name: Mapped[str]
    kind: Mapped[str]
    country: Mapped[str]  # ISO 3166-1 alpha-2
    about: Mapped[str] = mapped_column(default="")
    about_lang: Mapped[str] = mapped_column(default="en")
    invited_by: Mapped[uuid.UUID | None] = to("organisations.organisation.id")
    asked_on: Mapped[date]
    admitted_on: Mapped[date | None]
    turned_away_on: Mapped[date | None]

    @property
    def carries_the_place(self) -> bool:
        """Whether everybody else stands on it: an operator or a fund that was admitted, not one that asks to be."""
        return self.kind in ("operator", "fund") and self.admitted_on is not None

    @property
    def is_asking(self) -> bool:
        """Nobody has decided on it yet."""
        return self.admitted_on is None and self.turned_away_on is None


class Approval(Row, Base):
    """One steward's word on an organisation that wants to join. Two different stewards admit it."""

    __tablename__ = "approval"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "person_id"), {"schema": "organisations"})
    organisation_id: Mapped[uuid.UUID] = to("organisations.organisation.id")
    person_id: Mapped[uuid.UUID] = to("people.person.id")
    admits: Mapped[bool]
    words: Mapped[str]
    at: Mapped[datetime]


class Membership(Row, Base):
    """A person acts for an organisation in one role, from a day on. Never changed; ended by a record."""

    __tablename__ = "membership"
    __table_args__ = (
        one_of("role", sorted({role for roles in ROLES.values() for role in roles})),
        one_of("function", ("", *FUNCTIONS)), {"schema": "organisations"},
    )
    person_id: Mapped[uuid.UUID] = to("people.person.id")
    organisation_id: Mapped[uuid.UUID] = to("organisations.organisation.id")
    role: Mapped[str]
    function: Mapped[str] = mapped_column(default="")
    begun_at: Mapped[datetime]
    given_by: Mapped[uuid.UUID | None] = to("people.person.id")  # unknown for those that an operator put in place
    why: Mapped[str] = mapped_column(default="", server_default="")
    invitation_id: Mapped[uuid.UUID | None] = to("organisations.invitation.id")


class MembershipEnd(Base):
    """The end of a membership: when, and why."""

    __tablename__ = "membership_end"
    __table_args__ = {"schema": "organisations"}
    membership_id: Mapped[uuid.UUID] = to("organisations.membership.id", primary_key=True)
    at: Mapped[datetime]
    by: Mapped[uuid.UUID]
    reason: Mapped[str]


class Invitation(Row, Base):
    """A mailed invitation: to be a member in some roles, or to bring a new organisation in. Never changed."""

    __tablename__ = "invitation"
    __table_args__ = (one_of("purpose", ("member", "organisation")), {"schema": "organisations"})
    purpose: Mapped[str]
    organisation_id: Mapped[uuid.UUID] = to("organisations.organisation.id")  # the inviting one
    invited_by: Mapped[uuid.UUID] = to("people.person.id")
    address_hash: Mapped[bytes]
    address_sealed: Mapped[bytes]
    language: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(default=list)
    function: Mapped[str] = mapped_column(default="")
    words: Mapped[str] = mapped_column(default="")
    token_hash: Mapped[bytes]
    at: Mapped[datetime]
    expires_at: Mapped[datetime]


class InvitationEnd(Base):
    """How an invitation ended: accepted, or withdrawn; by whom and when."""

    __tablename__ = "invitation_end"
    __table_args__ = (one_of("outcome", ("accepted", "withdrawn")), {"schema": "organisations"})
    invitation_id: Mapped[uuid.UUID] = to("organisations.invitation.id", primary_key=True)
    outcome: Mapped[str]
    by: Mapped[uuid.UUID | None] = to("people.person.id")  # unknown for what ended before this was kept
    at: Mapped[datetime]


class Departure(Base):
    """An organisation has left: on which day, in which words for everybody. All its memberships ended with it."""

    __tablename__ = "departure"
    __table_args__ = (at_most("words", 2000), {"schema": "organisations"})
    organisation_id: Mapped[uuid.UUID] = to("organisations.organisation.id", primary_key=True)
    on: Mapped[date]
    words: Mapped[str] = mapped_column(default="")


def has_left() -> sa.ColumnElement[bool]:
    """SQL: the organisation of this row has left."""
    return sa.exists().where(Departure.organisation_id == Organisation.id)


class FactorReset(Row, Base):
    """An administrator asks that a member who lost her second factor may begin anew; a steward says her word on it."""

    __tablename__ = "factor_reset"
    __table_args__ = (at_most("words", 2000), {"schema": "organisations"})
    person_id: Mapped[uuid.UUID] = to("people.person.id")
    organisation_id: Mapped[uuid.UUID] = to("organisations.organisation.id")
    asked_by: Mapped[uuid.UUID] = to("people.person.id")
    asked_at: Mapped[datetime]
    words: Mapped[str]
    steward_id: Mapped[uuid.UUID | None] = to("people.person.id")
    decided_at: Mapped[datetime | None]
    granted: Mapped[bool] = mapped_column(default=False)

"""Somebody lost her second factor: her administrator asks, a steward agrees, she is told by mail and begins anew."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from polyphony.kernel import access, audit, clock, jobs
from polyphony.kernel.database import db
from polyphony.kernel.refusals import NotPermitted
from polyphony.kernel.viewer import Viewer
from polyphony.organisations import leaving, rules
from polyphony.organisations.models import FactorReset, Membership, Organisation
from polyphony.people.models import Person

VALID_FOR = timedelta(days=7)
_DECIDE = sa.text("SELECT organisations.decide_factor_reset(:request, :yes)").bindparams(
    sa.bindparam("request", type_=sa.Uuid()))


@dataclass(frozen=True)
class Waiting:
    """A request that waits for a steward's word."""

    reset: FactorReset
    person: str
    asker: str
    organisation: str


def ask(by: Viewer, *, membership: Membership, words: str) -> FactorReset:
    """Ask that a member may set up a second factor anew. Raises AlreadyEnded, OwnFactor, AlreadyAsked."""
    access.require(by.is_in("administered", membership.organisation_id),
                   NotPermitted(help=access.organisation_admin.help))
    if not leaving.living((Membership.person_id == membership.person_id)
                          & (Membership.organisation_id == membership.organisation_id)):
        raise rules.AlreadyEnded()
    rules.ensure_may_ask_reset(is_own=membership.person_id == by.person, is_asked=db.session.scalar(sa.select(sa.exists(
        sa.select(FactorReset.id).where(FactorReset.person_id == membership.person_id, *_open())))) or False)
    asked = FactorReset(id=uuid.uuid4(), person_id=membership.person_id, organisation_id=membership.organisation_id,
                        asked_by=by.person, asked_at=clock.now(), words=words, granted=False)
    db.session.add(asked)
    audit.record("membership.factor_reset_asked", membership.id, about=membership.organisation_id)
    return asked


def _open() -> tuple[sa.ColumnElement[bool], ...]:
    return FactorReset.decided_at.is_(None), FactorReset.asked_at > clock.now() - VALID_FOR


def waiting(by: Viewer) -> list[Waiting]:
    """Requests without a steward's word, the oldest on top."""
    asker = sa.orm.aliased(Person)
    rows = db.session.execute(
        sa.select(FactorReset, Person.name, asker.name, Organisation.name)
        .join(Person, Person.id == FactorReset.person_id).join(asker, asker.id == FactorReset.asked_by)
        .join(Organisation, Organisation.id == FactorReset.organisation_id)
        .where(*_open()).order_by(FactorReset.asked_at, FactorReset.id))
    return [Waiting(*row) for row in rows]


def decide(by: Viewer, *, reset_id: uuid.UUID, yes: bool) -> None:
    """A steward's word: with a yes the old factors and every session end, and she is told by mail.

    Raises ResetGone when it is too old or decided, or when she is one of the two whom it concerns.
    """
    access.require(by.is_steward, NotPermitted(help=access.steward.help))
    asked = access.there(db.session.get(FactorReset, reset_id))
    if not db.session.scalar(_DECIDE, {"request": reset_id, "yes": yes}):
        raise rules.ResetGone()
    audit.record("membership.factor_reset_granted" if yes else "membership.factor_reset_refused", asked.person_id,
                 about=asked.organisation_id)
    if yes:
        jobs.defer("organisations.mail_factor_reset", id=reset_id)

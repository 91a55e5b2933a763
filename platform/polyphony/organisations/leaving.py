"""An organisation leaves: when nothing rests on it any more, all its memberships end and its name stays on record.

Higher rooms say with `rests_on` what would keep it: a function of the database that answers its administrators, and
a trigger that asks the same function, so that no page can forget it.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from polyphony.kernel import audit, clock, providers
from polyphony.kernel.database import db
from polyphony.kernel.policies import APP, LOOKUP, VAULT, definer, statements
from polyphony.kernel.viewer import Viewer
from polyphony.organisations import rules
from polyphony.organisations.models import Departure, Invitation, InvitationEnd, Membership, MembershipEnd, Organisation
from polyphony.organisations.service import ensure_administers
from polyphony.people import service as people

_ROOMS: list[str] = []
_WORDS: dict[str, Callable[[int], str]] = {}


def rests_on(room: str, rows: str, words: dict[str, Callable[[int], str]]) -> None:
    """Declare what keeps an organisation from leaving: SQL of (kind, number) over `organisation`, and its words."""
    _ROOMS.append(room)
    _WORDS.update(words)
    definer(f"{room}.rests_on(organisation uuid) RETURNS TABLE (kind text, number bigint)", f"""
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT x.kind, x.number FROM ({rows}) x(kind, number) WHERE x.number > 0 AND viewer.sealed() AND coalesce(
    organisation = ANY (nullif(current_setting('polyphony.administered', true), '')::uuid[]), false)
$f$""", to=APP, owner=VAULT if room == "vault" else LOOKUP)
    statements.extend([f"""
CREATE OR REPLACE FUNCTION {room}.departure_waits() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF EXISTS (SELECT 1 FROM {room}.rests_on(NEW.organisation_id)) THEN
    RAISE EXCEPTION 'something still rests on this organisation' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'departure_waits';
  END IF;
  RETURN NEW;
END $f$""", f"""
CREATE OR REPLACE TRIGGER departure_waits_{room} BEFORE INSERT ON organisations.departure
FOR EACH ROW EXECUTE FUNCTION {room}.departure_waits()"""])


@dataclass(frozen=True)
class Rest:
    """One thing that still rests on an organisation, in words."""

    kind: str
    text: str


def resting(organisation_id: uuid.UUID) -> list[Rest]:
    """What keeps an organisation from leaving (one statement)."""
    every = " UNION ALL ".join(f"SELECT kind, number FROM {room}.rests_on(:id)" for room in _ROOMS)
    rows = db.session.execute(sa.text(f"{every} ORDER BY 1").bindparams(sa.bindparam("id", type_=sa.Uuid())),
                              {"id": organisation_id})
    return [Rest(kind, _WORDS[kind](number)) for kind, number in rows]


def departure_of(organisation_id: uuid.UUID) -> Departure | None:
    return db.session.get(Departure, organisation_id)


def leave(by: Viewer, *, organisation: Organisation, words: str) -> Departure:
    """End every membership and every open invitation of an organisation; its name and what it said stay.

    Raises HasLeft, CarriesThePlace, NotYetFree.
    """
    ensure_administers(by, organisation.id)
    rules.ensure_may_leave(len(resting(organisation.id)), carries_the_place=organisation.carries_the_place,
                           has_left=departure_of(organisation.id) is not None)
    made = Departure(organisation_id=organisation.id, on=clock.today(), words=words)
    db.session.add(made)
    db.session.flush()
    still_open = ~sa.exists().where(InvitationEnd.invitation_id == Invitation.id)
    db.session.execute(sa.insert(InvitationEnd.__table__).from_select(["invitation_id", "outcome", "by", "at"], sa.select(
        Invitation.id, sa.literal("withdrawn"), sa.literal(by.person, sa.Uuid()), sa.literal(clock.now())).where(
        Invitation.organisation_id == organisation.id, still_open)))
    end_all(by, Membership.organisation_id == organisation.id, reason=words)
    audit.record("organisation.left", organisation.id, about=organisation.id)
    people.keep_session()
    return made


def _lives() -> sa.ColumnElement[bool]:
    return ~sa.exists().where(MembershipEnd.membership_id == Membership.id)


def living(whose: sa.ColumnElement[bool]) -> list[uuid.UUID]:
    """Memberships that have not ended."""
    return list(db.session.scalars(sa.select(Membership.id).where(whose, _lives()).order_by(Membership.id)))


def end_all(by: Viewer, whose: sa.ColumnElement[bool], *, reason: str) -> None:
    """End every living membership of somebody or of an organisation at once, each with its record."""
    ends = MembershipEnd.__table__
    ended = db.session.scalars(sa.insert(ends).from_select(["membership_id", "at", "by", "reason"], sa.select(
        Membership.id, sa.literal(clock.now()), sa.literal(by.person, sa.Uuid()), sa.literal(reason)).where(
        whose, _lives())).returning(ends.c.membership_id)).all()
    if ended:
        providers.ask("memberships_ended", sorted(ended))


def alone_administers(by: Viewer) -> list[str]:
    """The organisations that would be out of everybody's reach without this person, by name."""
    other = sa.orm.aliased(Membership)
    ended = sa.exists().where(MembershipEnd.membership_id == other.id)
    others = sa.exists().where(other.organisation_id == Organisation.id, other.person_id != by.person, ~ended,
                               other.role.in_(("administrator", "coordinator")))
    wanted = sa.select(Organisation.name).where(Organisation.id.in_(by.of("administered")), ~others)
    return list(db.session.scalars(wanted.order_by(Organisation.name))) if by.of("administered") else []

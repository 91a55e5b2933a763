"""Holds: proposed by one steward, confirmed by another, ended by a day or by one of them."""

import uuid
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from polyphony.kernel import audit, clock, secrets
from polyphony.kernel.access import require, there
from polyphony.kernel.database import db
from polyphony.kernel.providers import provide
from polyphony.kernel.viewer import Viewer
from polyphony.notices.service import tell
from polyphony.retention import rules
from polyphony.retention.models import Confirmation, Hold, Release


@dataclass(frozen=True)
class Known:
    """A hold with everything said about it."""

    hold: Hold
    confirmed: Confirmation | None
    released: Release | None

    @property
    def state(self) -> str:
        return rules.state_of(self.hold, self.confirmed, self.released, clock.today())


_EVERY = (sa.select(Hold, Confirmation, Release).outerjoin(Confirmation, Confirmation.hold_id == Hold.id)
          .outerjoin(Release, Release.hold_id == Hold.id))


def listed(limit: int = 100) -> list[Known]:
    """Holds this viewer may see, newest first (one statement)."""
    rows = db.session.execute(_EVERY.order_by(Hold.made_at.desc(), Hold.id).limit(limit))
    return [Known(*row) for row in rows]


def one(id: uuid.UUID) -> Known:
    row = db.session.execute(_EVERY.where(Hold.id == id)).first()
    return Known(*there(row))


def about_me(by: Viewer) -> list[Hold]:
    """The holds in force of which this person is told, for her account or where she takes part."""
    where = [sa.and_(Hold.kind == "account", Hold.subject_id == by.person),
             sa.and_(Hold.kind == "consultation", Hold.subject_id.in_(by.of("participating")))]
    return list(db.session.scalars(sa.select(Hold).where(
        sa.or_(*where), Hold.until >= clock.today(), Hold.safety_reason == "", sa.func.retention.in_force(Hold.id))
        .order_by(Hold.until, Hold.id)))


def _subject(typed: str) -> tuple[str, uuid.UUID]:
    if "@" in typed:
        found = db.session.scalar(sa.select(sa.func.retention.account_of(secrets.address_hash(typed))))
        kind = "account"
    else:
        found, kind = rules.consultation_in(typed), "consultation"
    if found is None:
        raise rules.NobodyThere()
    return kind, found


def propose(by: Viewer, *, about: str, reason: str, until: date, safety_reason: str) -> Hold:
    """Propose to keep an account or a consultation until a day. Raises NotASteward, NobodyThere, BadEnd."""
    require(by.is_steward, rules.NotASteward())
    rules.ensure_end(until, clock.today())
    kind, subject = _subject(about.strip())
    made = Hold(id=uuid.uuid4(), kind=kind, subject_id=subject, reason=reason, until=until, made_at=clock.now(),
                safety_reason=safety_reason or "", person_id=by.person)
    db.session.add(made)
    audit.record("hold.proposed", made.id, kind=kind)
    tell("hold_asked", subject_id=made.id, to=("stewards", "auditors"))
    return made


def confirm(by: Viewer, *, known: Known, about: str) -> None:
    """Another steward names the same thing herself and confirms: from now on it holds.

    Raises NotASteward, HoldEnded, ConfirmedAlready, TwoPeople, NobodyThere, NotTheSame.
    """
    require(by.is_steward, rules.NotASteward())
    hold = known.hold
    rules.ensure_may_confirm(known.state, is_own=hold.person_id == by.person)
    rules.ensure_same(_subject(about.strip())[1], hold.subject_id)
    db.session.add(Confirmation(hold_id=hold.id, person_id=by.person, at=clock.now()))
    db.session.flush()
    audit.record("hold.confirmed", hold.id, kind=hold.kind, days=clock.days_between(clock.today(), hold.until))
    tell("hold_made", subject_id=hold.id, to="auditors")
    if not hold.safety_reason:
        _tell_those_concerned(hold)


def _tell_those_concerned(hold: Hold) -> None:
    if hold.kind == "account":
        tell("hold_made", subject_id=hold.id, to=f"person:{hold.subject_id}")
    else:
        tell("hold_made", subject_id=hold.id, consultation_id=hold.subject_id, to="participants")


def release(by: Viewer, *, known: Known, words: str) -> None:
    """Let go before the day, or take a proposal back. Raises NotASteward, HoldEnded."""
    require(by.is_steward, rules.NotASteward())
    rules.ensure_may_release(known.state)
    db.session.add(Release(hold_id=known.hold.id, person_id=by.person, at=clock.now(), words=words))
    db.session.flush()
    audit.record("hold.released", known.hold.id, kind=known.hold.kind)


@provide("ensure_may_go")
def ensure_may_go(consultation_id: uuid.UUID) -> None:
    """What somebody said in a consultation may be changed or withdrawn unless a hold keeps it. Raises Held."""
    until = db.session.scalar(sa.select(sa.func.retention.held_until(consultation_id, clock.today())))
    if until:
        day = clock.day(until)
        raise rules.Held(day.text if day else "")


@dataclass(frozen=True)
class Kept:
    """What no chore may end today."""

    people: list[uuid.UUID]
    consultations: list[uuid.UUID]


def kept_today() -> Kept:
    """Accounts and consultations under a hold in force (worker)."""
    rows = db.session.execute(sa.select(Hold.kind, Hold.subject_id).where(
        Hold.until >= clock.today(), sa.exists().where(Confirmation.hold_id == Hold.id),
        ~sa.exists().where(Release.hold_id == Hold.id))).all()
    return Kept([id for kind, id in rows if kind == "account"], [id for kind, id in rows if kind == "consultation"])

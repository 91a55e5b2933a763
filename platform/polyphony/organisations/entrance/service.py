"""A company's own sign-in: setting it, finding it, requiring it, lifting that. See `entering` for coming in by it."""

import uuid
from dataclasses import dataclass, field

import sqlalchemy as sa

from polyphony.kernel import access, audit, clock, secrets
from polyphony.kernel.database import db
from polyphony.kernel.refusals import NotPermitted, NotThere
from polyphony.kernel.viewer import Viewer
from polyphony.organisations.entrance import addresses, rules
from polyphony.organisations.entrance.models import Entrance, EntranceSecret, Lift
from polyphony.organisations.models import Organisation
from polyphony.people.models import CompanyLink

FOUND_AT_MOST = 10
_REQUIRES = sa.text("SELECT organisations.requires_entrance(:organisation)").bindparams(
    sa.bindparam("organisation", type_=sa.Uuid()))


@dataclass(frozen=True)
class Door:
    """One company's sign-in, as whoever wants to come in sees it: values, which outlive the transaction."""

    organisation_id: uuid.UUID
    name: str
    issuer: str
    client_id: str
    is_second: bool
    acr: str
    is_tried: bool
    sealed: bytes = field(repr=False)

    @property
    def host(self) -> str:
        return self.issuer.split("://", 1)[-1].split("/", 1)[0]


_DOORS = sa.select(
    Organisation.id, Organisation.name, Entrance.issuer, Entrance.client_id, Entrance.is_second, Entrance.acr,
    Entrance.tried_at.is_not(None), sa.func.organisations.entrance_secret(Organisation.id, type_=sa.LargeBinary())
).join(Entrance, Entrance.organisation_id == Organisation.id).where(Organisation.admitted_on.is_not(None))


def _administers(by: Viewer, organisation_id: uuid.UUID) -> None:
    access.require(by.is_in("administered", organisation_id), NotThere())
    access.require(by.is_in("companies", organisation_id), rules.NotACompany())


def find(words: str) -> list[Door]:
    """Companies with a sign-in of their own whose name begins like this, or whose e-mail domain it is."""
    wanted = words.strip().casefold()
    domain = wanted.rpartition("@")[2]
    if not wanted:
        return []
    rows = db.session.execute(_DOORS.where(sa.or_(
        sa.func.lower(Organisation.name).startswith(wanted, autoescape=True),
        sa.and_(Entrance.domain != "", Entrance.domain == domain)))
        .order_by(Organisation.name, Organisation.id).limit(FOUND_AT_MOST))
    return [Door(*row) for row in rows]


def _door(organisation_id: uuid.UUID) -> Door | None:
    row = db.session.execute(_DOORS.where(Organisation.id == organisation_id)).first()
    return Door(*row) if row else None


def door(organisation_id: uuid.UUID) -> Door:
    """The sign-in of one company, or the one 404."""
    return access.there(_door(organisation_id))


def door_for(purpose: str, organisation_id: uuid.UUID) -> Door | None:
    """The sign-in by which an invitation may be accepted: of the company that invites a member, once it was tried."""
    found = _door(organisation_id) if purpose == "member" else None
    return found if found and found.is_tried else None


def settings(by: Viewer, organisation_id: uuid.UUID) -> Entrance | None:
    """What an administrator has set, or nothing yet."""
    _administers(by, organisation_id)
    return db.session.get(Entrance, organisation_id)


def is_required(organisation_id: uuid.UUID) -> bool:
    """Whether members come in by it alone: required, and not lifted by two stewards."""
    return bool(db.session.execute(_REQUIRES, {"organisation": organisation_id}).scalar())


def note_trial(by: Viewer, door: Door) -> None:
    """It has been tried, with the settings as they still are. Raises NotTried when they changed meanwhile."""
    _administers(by, door.organisation_id)
    kept = access.there(db.session.get(Entrance, door.organisation_id))
    if (kept.issuer, kept.client_id) != (door.issuer, door.client_id):
        raise rules.NotTried()
    kept.tried_at = clock.now()
    audit.record("organisation.sign_in_tried", door.organisation_id, about=door.organisation_id)


def set_up(by: Viewer, *, organisation_id: uuid.UUID, issuer: str, client_id: str, client_secret: str, domain: str,
           is_second: bool, acr: str) -> Entrance:
    """Say where the company's provider is. Another provider or client ends every link and has to be tried anew.

    Raises StrangeAddress, StrangeDomain, SecretMissing, NotACompany.
    """
    _administers(by, organisation_id)
    kept = db.session.get(Entrance, organisation_id)
    domain = domain.strip().casefold().removeprefix("@")
    rules.ensure_good_settings(may_call=addresses.may_call(issuer), domain=domain,
                               has_secret=bool(client_secret or kept))
    is_other = kept is None or (kept.issuer, kept.client_id) != (issuer, client_id)
    if kept is None:
        kept = Entrance(organisation_id=organisation_id)
        db.session.add(kept)
    kept.issuer, kept.client_id, kept.domain = issuer, client_id, domain
    kept.is_second, kept.acr, kept.changed_at = is_second, acr or "", clock.now()
    if is_other:
        kept.tried_at = kept.required_at = None
        db.session.execute(sa.delete(CompanyLink).where(CompanyLink.organisation_id == organisation_id))
    if client_secret:
        _keep_secret(organisation_id, client_secret)
    audit.record("organisation.sign_in_set", organisation_id, about=organisation_id)
    return kept


def _keep_secret(organisation_id: uuid.UUID, secret: str) -> None:
    kept = db.session.get(EntranceSecret, organisation_id)
    sealed = secrets.seal_address(secret, organisation_id)
    if kept is None:
        db.session.add(EntranceSecret(organisation_id=organisation_id, sealed=sealed))
    else:
        kept.sealed = sealed


def require(by: Viewer, *, organisation_id: uuid.UUID) -> Entrance:
    """From now on a member's seats count only in sessions that this sign-in opened. Raises NotTried, NotThroughIt."""
    _administers(by, organisation_id)
    kept = access.there(db.session.get(Entrance, organisation_id))
    rules.ensure_may_require(tried_at=kept.tried_at, came_through_it=by.card.get("through") == str(organisation_id))
    if not is_required(organisation_id):
        kept.required_at = clock.now()
        audit.record("organisation.sign_in_required", organisation_id, about=organisation_id)
    return kept


def stop_requiring(by: Viewer, *, organisation_id: uuid.UUID) -> Entrance:
    """Members may use their passwords again."""
    _administers(by, organisation_id)
    kept = access.there(db.session.get(Entrance, organisation_id))
    kept.required_at = None
    audit.record("organisation.sign_in_optional", organisation_id, about=organisation_id)
    return kept


def lifts(organisation_id: uuid.UUID) -> list[Lift]:
    """What stewards said on the present requirement, oldest first."""
    here = sa.select(Entrance.required_at).where(Entrance.organisation_id == organisation_id).scalar_subquery()
    return list(db.session.scalars(sa.select(Lift).where(Lift.organisation_id == organisation_id,
                                                         Lift.required_at == here).order_by(Lift.at, Lift.id)))


def lift(by: Viewer, *, organisation_id: uuid.UUID, words: str) -> Lift:
    """One steward's word that a company cannot get in any more; the second one's lifts the requirement.

    Raises NotRequired, OwnCompany, AlreadyLifted.
    """
    access.require(by.is_steward, NotPermitted(help=access.steward.help))
    kept = db.session.get(Entrance, organisation_id)
    rules.ensure_may_lift(
        is_required=kept is not None and is_required(organisation_id),
        is_member=by.is_in("organisations", organisation_id) or by.is_in("barred", organisation_id),
        has_said=any(x.person_id == by.person for x in lifts(organisation_id)))
    made = Lift(organisation_id=organisation_id, person_id=by.person, words=words, at=clock.now(),
                required_at=kept.required_at)  # type: ignore[union-attr]
    db.session.add(made)
    audit.record("organisation.sign_in_lifted", organisation_id, about=organisation_id)
    return made

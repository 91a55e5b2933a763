"""The very first organisation and its two stewards: put in place once, by whoever runs the machines."""

import secrets as randomness
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from polyphony.kernel import clock, secrets
from polyphony.kernel.audit import AuditRow
from polyphony.kernel.locale import lazy
from polyphony.kernel.refusals import BadInput, WrongState
from polyphony.organisations.models import APPROVALS_NEEDED, Membership, Organisation
from polyphony.people.models import Credential, Person, PlatformRole, Reset

VALID_FOR = timedelta(days=7)
TABLES = ("people.person", "people.credential", "people.platform_role", "people.reset", "organisations.organisation",
          "organisations.membership", "audit.row")


class AlreadyFounded(WrongState):
    message = lazy("This platform has been founded already. Its stewards admit further organisations.")


class TwoStewards(BadInput):
    message = lazy("A platform begins with two stewards, at two different addresses.")


@dataclass(frozen=True)
class Steward:
    """A new steward: where she is reached, and the secret of the link with which she chooses her password."""

    address: str
    reset_id: uuid.UUID
    token: str


def found(owner: sa.Engine, *, organisation: str, country: str, language: str,
          addresses: Sequence[str]) -> list[Steward]:
    """Make the platform's own organisation and its stewards, in one transaction of the owner.

    The forced part of row security is lifted from the tables concerned within that transaction, as the demo
    does. Raises `TwoStewards`, `AlreadyFounded`.
    """
    if len({secrets.same_address(address) for address in addresses}) < APPROVALS_NEEDED:
        raise TwoStewards()
    with owner.begin() as connection:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(7106)"))
        for table in TABLES:
            connection.execute(sa.text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
        if connection.scalar(sa.select(sa.exists(sa.select(Organisation.id)))):
            raise AlreadyFounded()
        house = Organisation(id=uuid.uuid4(), name=organisation, kind="operator", country=country,
                             about_lang=language, asked_on=clock.today(), admitted_on=clock.today())
        with Session(connection) as session:
            session.add(house)
            made = [_steward(session, house.id, address, language) for address in addresses]
            session.add(AuditRow(id=uuid.uuid4(), at=clock.now(), verb="platform.founded", subject=house.id,
                                 details={}))
            session.flush()
        connection.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))
        for table in TABLES:
            connection.execute(sa.text(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"))
    return made


def _steward(session: Session, house: uuid.UUID, address: str, language: str) -> Steward:
    """An account that nobody can open before its owner has chosen a password."""
    who, reset, salt = uuid.uuid4(), uuid.uuid4(), randomness.token_bytes(16)
    token = secrets.link_token("reset", reset)
    session.add(Person(id=who, name=address.split("@")[0], language=language))
    session.add(Credential(person_id=who, address_hash=secrets.address_hash(address), salt=salt,
                           address_sealed=secrets.seal_address(address, who),
                           verifier=secrets.digest(randomness.token_bytes(32))))
    session.add(PlatformRole(person_id=who, role="steward"))
    session.add(Membership(id=uuid.uuid4(), person_id=who, organisation_id=house, role="administrator",
                           begun_at=clock.now()))
    session.add(Reset(id=reset, person_id=who, token_hash=secrets.digest(token), used=False,
                      expires_at=clock.now() + VALID_FOR))
    return Steward(address, reset, secrets.text_of(token))

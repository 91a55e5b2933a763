"""The very first organisation with its two stewards, and who is appointed later: done by whoever runs the machines."""

import secrets as randomness
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from polyphony.kernel import clock, secrets
from polyphony.kernel.audit import AuditRow
from polyphony.kernel.locale import lazy
from polyphony.kernel.refusals import BadInput, WrongState
from polyphony.organisations.models import APPROVALS_NEEDED, Membership, Organisation
from polyphony.organisations.rules import SameRole
from polyphony.people.models import Credential, Person, PlatformRole, Reset

VALID_FOR = timedelta(days=7)
ACCOUNTS = ("people.person", "people.credential", "people.platform_role", "people.reset", "audit.row")
TABLES = (*ACCOUNTS, "organisations.organisation", "organisations.membership")


class AlreadyFounded(WrongState):
    message = lazy("This platform has been founded already. Its stewards admit further organisations.")


class TwoStewards(BadInput):
    message = lazy("A platform begins with two stewards, at two different addresses.")


class BeingErased(WrongState):
    message = lazy("This account is being erased.")


@dataclass(frozen=True)
class Newcomer:
    """Somebody with a new account: where she is reached, and the secret of the link that lets her choose a password."""

    address: str
    reset_id: uuid.UUID
    token: str


@contextmanager
def _unforced(owner: sa.Engine, tables: Sequence[str]) -> Iterator[Session]:
    """One transaction of the owner in which the forced part of row security is lifted from these tables.

    As the demo does. Everybody else waits for it; where it would have to wait itself, it gives up.
    """
    with owner.begin() as connection:
        connection.execute(sa.text("SET LOCAL lock_timeout = '400ms'"))
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(7106)"))
        for table in tables:
            connection.execute(sa.text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
        with Session(connection) as session:
            yield session
            session.flush()
        connection.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))
        for table in tables:
            connection.execute(sa.text(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"))


def found(owner: sa.Engine, *, organisation: str, country: str, language: str,
          addresses: Sequence[str]) -> list[Newcomer]:
    """Make the platform's own organisation and its stewards. Raises `TwoStewards`, `AlreadyFounded`."""
    if len({secrets.same_address(address) for address in addresses}) < max(APPROVALS_NEEDED, len(addresses)):
        raise TwoStewards()
    with _unforced(owner, TABLES) as session:
        if session.scalar(sa.select(sa.exists(sa.select(Organisation.id)))):
            raise AlreadyFounded()
        house = Organisation(id=uuid.uuid4(), name=organisation, kind="operator", country=country,
                             about_lang=language, asked_on=clock.today(), admitted_on=clock.today())
        session.add(house)
        made = [_steward(session, house.id, address, language) for address in addresses]
        session.add(_row("platform.founded", house.id, {}))
    return made


def appoint(owner: sa.Engine, *, address: str, role: str, language: str) -> Newcomer | None:
    """Make somebody a steward or an auditor; whoever has no account gets one. Raises `SameRole`, `BeingErased`."""
    with _unforced(owner, ACCOUNTS) as session:
        known = session.scalars(sa.select(Person).join(Credential, Credential.person_id == Person.id).where(
            Credential.address_hash == secrets.address_hash(address))).first()
        if known and known.ended_on:
            raise BeingErased()
        if known and session.get(PlatformRole, (known.id, role)):
            raise SameRole()
        who, made = (known.id, None) if known else _account(session, address, language)
        session.add_all([PlatformRole(person_id=who, role=role), _row("person.appointed", who, {"role": role})])
    return made


def _row(verb: str, subject: uuid.UUID, details: dict[str, Any]) -> AuditRow:
    return AuditRow(id=uuid.uuid4(), at=clock.now(), verb=verb, subject=subject, details=details)


def _account(session: Session, address: str, language: str) -> tuple[uuid.UUID, Newcomer]:
    """An account that nobody can open before its owner has chosen a password."""
    who, reset, salt = uuid.uuid4(), uuid.uuid4(), randomness.token_bytes(16)
    token = secrets.link_token("reset", reset)
    session.add(Person(id=who, name=address.split("@")[0], language=language))
    session.add(Credential(person_id=who, address_hash=secrets.address_hash(address), salt=salt,
                           address_sealed=secrets.seal_address(address, who),
                           verifier=secrets.digest(randomness.token_bytes(32))))
    session.add(Reset(id=reset, person_id=who, token_hash=secrets.digest(token), used=False,
                      expires_at=clock.now() + VALID_FOR))
    return who, Newcomer(address, reset, secrets.text_of(token))


def _steward(session: Session, house: uuid.UUID, address: str, language: str) -> Newcomer:
    who, made = _account(session, address, language)
    session.add(PlatformRole(person_id=who, role="steward"))
    session.add(Membership(id=uuid.uuid4(), person_id=who, organisation_id=house, role="administrator",
                           begun_at=clock.now()))
    return made

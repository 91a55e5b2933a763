"""Builders: people, organisations and consultations put straight into the database, past row security."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from polyphony.consultations.models import TEXTS, Consultation, Convener, Invited
from polyphony.inputs.models import Authorship, Input
from polyphony.kernel import secrets
from polyphony.organisations.models import Membership, MembershipEnd, Organisation
from polyphony.people.models import Credential, Person, PlatformRole
from polyphony.people.models import Session as LoginSession

PASSWORD = "a long enough password"


SEATED = (LoginSession, Membership, MembershipEnd, PlatformRole)
WHOLE = "UPDATE people.session SET factored = true, proven_at = date_trunc('minute', now()), " \
    "seats = people.seal_of(viewer.seats(person_id)) WHERE person_id IS NOT NULL"


def add(world: Any, *rows: Any) -> None:
    """Insert rows as superuser; whoever is signed in stays so, with the seats she then holds."""
    with Session(world.raw, expire_on_commit=False) as session, session.begin():
        for row in rows:
            session.add(row)
            session.flush()
        if any(isinstance(row, SEATED) for row in rows):
            session.execute(sa.text(WHOLE))


def organisation(world: Any, name: str, kind: str = "company", country: str = "KE", *, admitted: bool = True) -> uuid.UUID:
    """An organisation, admitted unless said otherwise."""
    made = Organisation(id=uuid.uuid4(), name=name, kind=kind, country=country, asked_on=today(),
                        admitted_on=today() if admitted else None)
    add(world, made)
    return made.id


def person(world: Any, address: str, name: str = "", *, language: str = "en", seats: tuple[tuple[uuid.UUID, str], ...] = (),
           roles: tuple[str, ...] = (), function: str = "") -> uuid.UUID:
    """An account with memberships (organisation, role) and platform roles; password `PASSWORD`."""
    who, salt = uuid.uuid4(), b"s" * 16
    with world.app.app_context():
        credential = Credential(person_id=who, address_hash=secrets.address_hash(address), salt=salt,
                                address_sealed=secrets.seal_address(address, who),
                                verifier=secrets.digest(secrets.derive_password(PASSWORD, salt)))
    add(world, Person(id=who, name=name or address.split("@")[0], language=language, time_zone="UTC"), credential,
        *(PlatformRole(person_id=who, role=role) for role in roles),
        *(Membership(id=uuid.uuid4(), person_id=who, organisation_id=org, role=role, begun_at=now(),
                     function=function if role == "decision_maker" else "") for org, role in seats))
    return who


def consultation(world: Any, companies: list[uuid.UUID], *, facilitator: uuid.UUID | None = None,
                 invited: tuple[uuid.UUID, ...] = (), state: str = "open", **changes: Any) -> uuid.UUID:
    """A consultation that every company co-owns, complete in English."""
    made = Consultation(**{
        "id": uuid.uuid4(), "state": state, "source_lang": "en", **{text: f"{text} in words" for text in TEXTS},
        "languages": ["en"], "phases": ["assess"], "countries": ["KE"], "technologies": ["Alerts"],
        "opens_at": now() - timedelta(days=10), "closes_at": now() + timedelta(days=10),
        "promised_on": today() + timedelta(days=40), "facilitator_id": facilitator,
        "facilitator_accepted_on": today() if facilitator else None, "paid_by": "the companies in equal parts",
        "created_at": now(), "accountless": True, **changes})
    rows: list[Any] = [Convener(consultation_id=made.id, company_id=company, state="accepted", accepted_revision=1,
                                accepts_facilitator=True, functions=["product"], began=not n, invited_at=now())
                       for n, company in enumerate(companies)]
    rows += [Invited(consultation_id=made.id, organisation_id=org, at=now()) for org in invited]
    add(world, made, *rows)
    return made.id


def sign_in(client: FlaskClient, address: str, password: str = PASSWORD) -> FlaskClient:
    """Sign in through the interface."""
    return let_through(half_in(client, address, password))


def half_in(client: FlaskClient, address: str, password: str = PASSWORD) -> FlaskClient:
    """Give the password: who needs a second factor stands before that step."""
    answer = client.post("/en/sign-in", data={"address": address, "password": password})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return client


def let_through(client: FlaskClient) -> FlaskClient:
    """The second step as if it had been taken; tests/journeys/test_second_factors.py takes it."""
    with client.session_transaction() as kept:
        secret = secrets.bytes_of(kept.get("key", ""))
    client.application.extensions["world"].sql(f"{WHOLE} AND token_hash = sha256(%s)", secret)
    return client


def now() -> datetime:
    return datetime.now(UTC)


def today() -> Any:
    return now().date()


def input_(world: Any, consultation_id: uuid.UUID, *, person_id: uuid.UUID | None = None,
           phrase_id: uuid.UUID | None = None, audience: str = "participants", read: bool = True,
           **changes: Any) -> uuid.UUID:
    """An input with its author."""
    made = Input(**{"id": uuid.uuid4(), "consultation_id": consultation_id, "day": today(), "lang": "en",
                    "text": "What I have to say.", "audience": audience, "naming": "unattributed",
                    "speaks_as": "affected", "read_on": today() if read else None, **changes})
    add(world, made, Authorship(input_id=made.id, person_id=person_id, phrase_id=phrase_id))
    return made.id


def revision(client: FlaskClient, place: str) -> str:
    """What the form of a translation says of the page that it stood on."""
    found = re.search(r'name="revision"[^>]*value="([^"]*)"', client.get(place).get_data(as_text=True))
    return found[1] if found else ""


def session_of(world: Any, person_id: uuid.UUID) -> bytes:
    """The secret of a fresh session of this person."""
    secret = uuid.uuid4().bytes
    with world.app.app_context():
        add(world, LoginSession(id=uuid.uuid4(), token_hash=secrets.digest(secret), person_id=person_id,
                                began_at=now(), seen_at=now()))
    return secret

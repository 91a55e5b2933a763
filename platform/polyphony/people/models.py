"""Accounts, credentials, second factors, sessions, reset links and return phrases.

The name a colleague may see, the address and the secret stand in separate tables: row security hides
rows, not columns.
"""

import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from polyphony.kernel.database import Base, Row, at_most, one_of, to

ROLES = ("steward", "auditor")  # seats of the platform itself; all others come by membership
FACTORS = ("app", "passkey")


class Person(Row, Base):
    """An account: how she is called and in which language and time zone she reads."""

    __tablename__ = "person"
    __table_args__ = (at_most("name", 300), {"schema": "people"})
    name: Mapped[str]
    language: Mapped[str]
    time_zone: Mapped[str] = mapped_column(default="UTC")
    mail_opt_in: Mapped[bool] = mapped_column(default=False)
    ended_on: Mapped[date | None]


class Credential(Base):
    """Address as keyed hash and ciphertext; SHA-256 of the Argon2id key of the password."""

    __tablename__ = "credential"
    __table_args__ = {"schema": "people"}
    person_id: Mapped[uuid.UUID] = to("people.person.id", primary_key=True)
    address_hash: Mapped[bytes] = mapped_column(unique=True)
    address_sealed: Mapped[bytes]
    salt: Mapped[bytes]
    verifier: Mapped[bytes]


class PlatformRole(Base):
    """A seat of the platform: steward or auditor."""

    __tablename__ = "platform_role"
    __table_args__ = (one_of("role", ROLES), {"schema": "people"})
    person_id: Mapped[uuid.UUID] = to("people.person.id", primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)


class Session(Row, Base):
    """A signed-in browser, or one that came back with a return phrase; times kept to the minute."""

    __tablename__ = "session"
    __table_args__ = {"schema": "people"}
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    person_id: Mapped[uuid.UUID | None] = to("people.person.id")
    phrase_id: Mapped[uuid.UUID | None] = to("people.phrase.id")
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    factored: Mapped[bool] = mapped_column(default=False, server_default=sa.false())  # the second step was passed
    proven_at: Mapped[datetime | None]  # when she last proved who she is
    seats: Mapped[bytes | None]  # hash of the seats she held: with another seat, this session opens nothing
    organisation_id: Mapped[uuid.UUID | None]  # whose own sign-in opened it; of a higher room, hence no foreign key
    second_by_company: Mapped[bool] = mapped_column(default=False, server_default=sa.false())


class Factor(Row, Base):
    """A second factor: an authenticator app, or a passkey.

    `sealed` holds an app's secret under the key outside the database; `verifier` is the SHA-256 of a proof that only
    that key can make, so that whoever reaches the database alone passes no step. `mark` is the last time step taken
    from an app, or a passkey's counter: it only grows.
    """

    __tablename__ = "factor"
    __table_args__ = (one_of("kind", FACTORS), at_most("label", 100), {"schema": "people"})
    person_id: Mapped[uuid.UUID] = to("people.person.id")
    kind: Mapped[str]
    label: Mapped[str] = mapped_column(default="")
    sealed: Mapped[bytes | None]
    verifier: Mapped[bytes]
    credential: Mapped[bytes | None] = mapped_column(unique=True)
    public_key: Mapped[bytes | None]
    mark: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    added_on: Mapped[date]


class Recovery(Base):
    """A recovery code not used yet: SHA-256 of its slow and keyed hash. Using it removes it."""

    __tablename__ = "recovery"
    __table_args__ = {"schema": "people"}
    hash: Mapped[bytes] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID] = to("people.person.id")


class Challenge(Base):
    """What a passkey is asked to sign, as a hash; taken once, within minutes."""

    __tablename__ = "challenge"
    __table_args__ = {"schema": "people"}
    hash: Mapped[bytes] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class CompanyLink(Row, Base):
    """An account opened by a company's own sign-in: SHA-256 of what is derived from company, issuer and subject."""

    __tablename__ = "company_link"
    __table_args__ = (sa.UniqueConstraint("person_id", "organisation_id"), {"schema": "people"})
    person_id: Mapped[uuid.UUID] = to("people.person.id")
    organisation_id: Mapped[uuid.UUID] = mapped_column(index=True)  # of a higher room, hence no foreign key
    verifier: Mapped[bytes] = mapped_column(unique=True)
    day: Mapped[date]


class Reset(Row, Base):
    """A mailed link to choose a new password; the link's secret is derived, only its hash rests here."""

    __tablename__ = "reset"
    __table_args__ = {"schema": "people"}
    person_id: Mapped[uuid.UUID] = to("people.person.id")
    token_hash: Mapped[bytes]
    expires_at: Mapped[datetime]
    used: Mapped[bool] = mapped_column(default=False)


class Attempt(Base):
    """Failed sign-ins per address hash within the hour, to slow the guesser; never an IP address."""

    __tablename__ = "attempt"
    __table_args__ = {"schema": "people"}
    address_hash: Mapped[bytes] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int]


class Phrase(Row, Base):
    """Who comes back with a return phrase: SHA-256 of its slow key, the consultation, a day. Nothing else."""

    __tablename__ = "phrase"
    __table_args__ = {"schema": "people"}
    verifier: Mapped[bytes] = mapped_column(unique=True)
    consultation_id: Mapped[uuid.UUID] = mapped_column(index=True)  # of a higher room, hence no foreign key
    language: Mapped[str]
    day: Mapped[date]


class Erasure(Row, Base):
    """Somebody asked to be erased, or her time has come; the worker does it, or waits until a hold has ended."""

    __tablename__ = "erasure"
    __table_args__ = (
        sa.CheckConstraint("num_nonnulls(person_id, phrase_id) = 1", name="one_author"), {"schema": "people"},
    )
    person_id: Mapped[uuid.UUID | None] = to("people.person.id", unique=True)
    phrase_id: Mapped[uuid.UUID | None] = to("people.phrase.id", unique=True)
    asked_on: Mapped[date]

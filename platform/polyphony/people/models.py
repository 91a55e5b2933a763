"""Accounts, credentials, sessions, reset links and return phrases.

The name a colleague may see, the address and the secret stand in separate tables: row security hides
rows, not columns.
"""

import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from polyphony.kernel.database import Base, Row, at_most, one_of, to

ROLES = ("steward", "auditor")  # seats of the platform itself; all others come by membership


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
    organisation_id: Mapped[uuid.UUID | None]  # whose own sign-in opened it; of a higher room, hence no foreign key
    second_by_company: Mapped[bool] = mapped_column(default=False, server_default=sa.false())


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

"""What a company says of its own sign-in, its sealed secret, and the stewards' words that lift a requirement."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from polyphony.kernel.database import Base, Row, at_most, to


class Entrance(Base):
    """One company's provider. Anybody may know where it is; that is what the sign-in page tells."""

    __tablename__ = "entrance"
    __table_args__ = (at_most("issuer", 300), at_most("client_id", 300), at_most("domain", 253), at_most("acr", 300),
                      sa.CheckConstraint("required_at IS NULL OR tried_at IS NOT NULL", name="required_when_tried"),
                      {"schema": "organisations"})
    organisation_id: Mapped[uuid.UUID] = to("organisations.organisation.id", primary_key=True)
    issuer: Mapped[str]
    client_id: Mapped[str]
    domain: Mapped[str] = mapped_column(default="")
    is_second: Mapped[bool] = mapped_column(default=False)  # whether signing in there counts as a second factor here
    acr: Mapped[str] = mapped_column(default="")  # what the provider must then say of itself (OpenID Connect: acr)
    changed_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]
    required_at: Mapped[datetime | None]


class EntranceSecret(Base):
    """The client secret, as AEAD ciphertext whose key is outside the database."""

    __tablename__ = "entrance_secret"
    __table_args__ = {"schema": "organisations"}
    organisation_id: Mapped[uuid.UUID] = to("organisations.organisation.id", primary_key=True)
    sealed: Mapped[bytes]


class Lift(Row, Base):
    """One steward's word that a requirement must go, because a company cannot get in any more. Two lift it."""

    __tablename__ = "lift"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "person_id", "required_at"), at_most("words", 2000),
                      {"schema": "organisations"})
    organisation_id: Mapped[uuid.UUID] = to("organisations.organisation.id")
    person_id: Mapped[uuid.UUID] = to("people.person.id")
    required_at: Mapped[datetime]  # which requirement: one that is set anew later has to be lifted anew
    words: Mapped[str]
    at: Mapped[datetime]

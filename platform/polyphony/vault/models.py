"""Keyholders, their circles, sealed boxes, and every step of an opening.

What is sealed, the shares and what was released lie in tables that no serving role may read; a role of their own does,
through a few functions. Nothing here joins a person across consultations: a box is found again by a keyed hash of
person and consultation, whose key is outside the database.
"""

import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from polyphony.kernel.database import Base, Row, at_most, one_of, to
from polyphony.organisations.models import Organisation

KINDS = ("open", "reshare")
SAYS = ("released", "refused")


class Keyholder(Row, Base):
    """A public key for which somebody in this organisation holds the private one, offline."""

    __tablename__ = "keyholder"
    __table_args__ = {"schema": "vault"}
    organisation_id: Mapped[uuid.UUID] = to("organisations.organisation.id")
    key: Mapped[bytes] = mapped_column(unique=True)
    enrolled_on: Mapped[date]
    ended_on: Mapped[date | None]
    organisation: Mapped[Organisation] = relationship(lazy="joined", viewonly=True)


class Holder(Base):
    """Who holds it, with the public text she handed in: half of her recovery. Seen by herself alone."""

    __tablename__ = "holder"
    __table_args__ = (at_most("text", 4000), {"schema": "vault"})
    keyholder_id: Mapped[uuid.UUID] = to("vault.keyholder.id", primary_key=True)
    person_id: Mapped[uuid.UUID] = to("people.person.id")
    text: Mapped[str]


class Circle(Row, Base):
    """The keyholders of one consultation, and how many of them open a box together."""

    __tablename__ = "circle"
    __table_args__ = (
        sa.CheckConstraint("needs >= 2", name="several"),
        *(sa.Index(f"circle_{state}_idx", "consultation_id", unique=True,
                   postgresql_where=sa.text(f"state = '{state}'")) for state in ("living", "coming")),
        one_of("state", ("living", "coming", "ended")), {"schema": "vault"},
    )
    consultation_id: Mapped[uuid.UUID] = to("consultations.consultation.id")
    needs: Mapped[int]
    state: Mapped[str]
    made_on: Mapped[date]


class Seat(Base):
    """One keyholder's place in a circle. Each organisation has one, so any few are different organisations."""

    __tablename__ = "seat"
    __table_args__ = (sa.UniqueConstraint("circle_id", "organisation_id"), {"schema": "vault"})
    circle_id: Mapped[uuid.UUID] = to("vault.circle.id", primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    keyholder_id: Mapped[uuid.UUID] = to("vault.keyholder.id")
    organisation_id: Mapped[uuid.UUID] = to("organisations.organisation.id")
    keyholder: Mapped[Keyholder] = relationship(lazy="joined", viewonly=True)


class Box(Row, Base):
    """The outside of a sealed identity: what whoever left it chose to write on it, the day without its hour."""

    __tablename__ = "box"
    __table_args__ = (at_most("outside", 120), {"schema": "vault"})
    consultation_id: Mapped[uuid.UUID] = to("consultations.consultation.id")
    circle_id: Mapped[uuid.UUID] = to("vault.circle.id")
    outside: Mapped[str] = mapped_column(default="")
    day: Mapped[date]
    shuffle: Mapped[int]


class Sealed(Base):
    """The inside: ciphertext, what it is bound to, the consent, and the keyed hash by which its owner finds it."""

    __tablename__ = "sealed"
    __table_args__ = {"schema": "vault"}
    box_id: Mapped[uuid.UUID] = to("vault.box.id", primary_key=True)
    tag: Mapped[bytes] = mapped_column(unique=True)
    schema_version: Mapped[int]
    consent: Mapped[uuid.UUID]
    consent_version: Mapped[int]
    lang: Mapped[str]
    ciphertext: Mapped[bytes]


class Share(Base):
    """One sealed share of a box's key, for one seat of its circle."""

    __tablename__ = "share"
    __table_args__ = {"schema": "vault"}
    box_id: Mapped[uuid.UUID] = to("vault.box.id", primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes]


class Opening(Row, Base):
    """A request to open a box, or to make new shares for a new circle: who, why, to which key, until when."""

    __tablename__ = "opening"
    __table_args__ = (
        one_of("kind", KINDS), at_most("reason", 2000), at_most("safety_reason", 2000),
        sa.CheckConstraint("made_at < until AND until <= made_at + interval '7 days'", name="a_week_at_most"),
        sa.CheckConstraint("tell_on <= (made_at AT TIME ZONE 'UTC')::date OR safety_reason <> ''",
                           name="delay_has_reason"),
        sa.CheckConstraint("tell_on <= (made_at AT TIME ZONE 'UTC')::date + 97", name="delay_ends"),
        sa.CheckConstraint("(kind = 'open') = (box_id IS NOT NULL)", name="about_a_box"),
        sa.CheckConstraint("(kind = 'reshare') = (new_circle_id IS NOT NULL)", name="for_a_circle"),
        sa.CheckConstraint("reason <> ''", name="has_reason"), {"schema": "vault"},
    )
    kind: Mapped[str]
    consultation_id: Mapped[uuid.UUID] = to("consultations.consultation.id")
    circle_id: Mapped[uuid.UUID] = to("vault.circle.id")
    box_id: Mapped[uuid.UUID | None] = mapped_column(index=True)  # the box may be withdrawn meanwhile
    new_circle_id: Mapped[uuid.UUID | None] = to("vault.circle.id")
    organisation_id: Mapped[uuid.UUID] = to("organisations.organisation.id")
    person_id: Mapped[uuid.UUID] = to("people.person.id")
    who: Mapped[str]
    key: Mapped[bytes] = mapped_column(unique=True)  # a one-time key serves one opening
    reason: Mapped[str]
    safety_reason: Mapped[str] = mapped_column(default="")
    tell_on: Mapped[date]
    made_at: Mapped[datetime]
    until: Mapped[datetime]


class Word(Base):
    """One keyholder's word on a request: released, or refused with a reason."""

    __tablename__ = "word"
    __table_args__ = (one_of("says", SAYS), at_most("words", 2000), {"schema": "vault"})
    opening_id: Mapped[uuid.UUID] = to("vault.opening.id", primary_key=True)
    keyholder_id: Mapped[uuid.UUID] = to("vault.keyholder.id", primary_key=True)
    organisation_id: Mapped[uuid.UUID] = to("organisations.organisation.id")
    says: Mapped[str]
    words: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class Release(Base):
    """A released share, sealed to the requester's one-time key; gone when it was read or the request has ended."""

    __tablename__ = "release"
    __table_args__ = {"schema": "vault"}
    opening_id: Mapped[uuid.UUID] = to("vault.opening.id", primary_key=True)
    keyholder_id: Mapped[uuid.UUID] = to("vault.keyholder.id", primary_key=True)
    text: Mapped[str]


class Reading(Base):
    """That a request was carried out, once."""

    __tablename__ = "reading"
    __table_args__ = {"schema": "vault"}
    opening_id: Mapped[uuid.UUID] = to("vault.opening.id", primary_key=True)
    at: Mapped[datetime]


class Telling(Base):
    """That somebody is to be told, from a day on, that her box was opened; found by her keyed hash alone."""

    __tablename__ = "telling"
    __table_args__ = {"schema": "vault"}
    opening_id: Mapped[uuid.UUID] = to("vault.opening.id", primary_key=True)
    tag: Mapped[bytes] = mapped_column(index=True)
    day: Mapped[date]

"""Joint consultations, the companies that co-own them, who is invited, and every step they took."""

import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from polyphony.kernel.database import Base, Row, at_most, one_of, to
from polyphony.kernel.small_numbers import THRESHOLD
from polyphony.kernel.states import Machine, Way
from polyphony.organisations.models import Organisation

MACHINE = Machine(
    "consultation",
    ("draft", "announced", "open", "answering", "published", "closed"),
    (
        Way("draft", "announced", "announce", "facilitator"),
        Way("announced", "open", "open", "job at the opening time"),
        Way("open", "answering", "end inputs", "job at the closing time"),
        Way("answering", "published", "publish", "facilitator"),
        Way("published", "closed", "close", "facilitator"),
    ),
)
STATES = MACHINE.states
PHASES = ("assess", "act", "track", "communicate", "remedy")
PROTECTION = ("standard", "elevated", "high")
THRESHOLDS = dict(zip(PROTECTION, (THRESHOLD, 2 * THRESHOLD, 4 * THRESHOLD), strict=True))
DISCOVERY = ("listed", "link", "invitation")
TEXTS = ("title", "plain", "purpose", "open_to_change", "closed_to_change", "cannot_share", "cannot_share_why",
         "at_risk")


class Consultation(Row, Base):
    """One joint process: what it asks, of whom, until when, and by which date every company answers."""

    __tablename__ = "consultation"
    __table_args__ = (
        one_of("state", STATES), one_of("protection", PROTECTION), one_of("discovery", DISCOVERY),
        *(at_most(text, 300 if text == "title" else 20_000) for text in TEXTS),
        sa.CheckConstraint("opens_at < closes_at", name="opens_before_closing"),
        sa.CheckConstraint("promised_on >= closes_at::date", name="promise_after_closing"),
        sa.CheckConstraint("protection <> 'high' OR discovery <> 'listed'", name="high_never_listed"),
        {"schema": "consultations"},
    )
    state: Mapped[str] = mapped_column(default="draft")
    source_lang: Mapped[str]
    title: Mapped[str]
    plain: Mapped[str] = mapped_column(default="")
    purpose: Mapped[str] = mapped_column(default="")
    open_to_change: Mapped[str] = mapped_column(default="")
    closed_to_change: Mapped[str] = mapped_column(default="")
    cannot_share: Mapped[str] = mapped_column(default="")
    cannot_share_why: Mapped[str] = mapped_column(default="")
    at_risk: Mapped[str] = mapped_column(default="")
    technologies: Mapped[list[str]] = mapped_column(default=list)
    countries: Mapped[list[str]] = mapped_column(default=list)
    segments: Mapped[list[str]] = mapped_column(default=list)
    contexts: Mapped[list[str]] = mapped_column(default=list)
    phases: Mapped[list[str]] = mapped_column(default=list)
    languages: Mapped[list[str]] = mapped_column(default=list)
    protection: Mapped[str] = mapped_column(default="standard")
    discovery: Mapped[str] = mapped_column(default="listed")
    accountless: Mapped[bool] = mapped_column(default=False)
    time_zone: Mapped[str] = mapped_column(default="UTC")  # where most of those asked live
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    promised_on: Mapped[date | None]
    facilitator_id: Mapped[uuid.UUID | None] = to("organisations.organisation.id")
    facilitator_accepted_on: Mapped[date | None]
    paid_by: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    facilitator: Mapped[Organisation | None] = relationship(lazy="joined", viewonly=True)

    @property
    def threshold(self) -> int:
        """The smallest number of those who spoke that anybody is told: higher where speaking out is dangerous."""
        return THRESHOLDS[self.protection]


class Link(Base):
    """SHA-256 of the secret by which a consultation 'by link' is found."""

    __tablename__ = "link"
    __table_args__ = {"schema": "consultations"}
    consultation_id: Mapped[uuid.UUID] = to("consultations.consultation.id", primary_key=True)
    secret: Mapped[bytes]


class Convener(Base):
    """A company that was asked to co-own a consultation, what it said, and who decides there."""

    __tablename__ = "convener"
    __table_args__ = (one_of("state", ("invited", "accepted", "declined", "left")), {"schema": "consultations"})
    consultation_id: Mapped[uuid.UUID] = to("consultations.consultation.id", primary_key=True)
    company_id: Mapped[uuid.UUID] = to("organisations.organisation.id", primary_key=True)
    state: Mapped[str] = mapped_column(default="invited")
    accepted_revision: Mapped[int | None]
    accepts_facilitator: Mapped[bool] = mapped_column(default=False)
    functions: Mapped[list[str]] = mapped_column(default=list)  # decision makers by function
    words: Mapped[str] = mapped_column(default="")
    lang: Mapped[str] = mapped_column(default="en", server_default="en")
    words_id: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4, server_default=sa.text("gen_random_uuid()"))
    began: Mapped[bool] = mapped_column(default=False)  # the company that created it
    invited_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    company: Mapped[Organisation] = relationship(lazy="joined", viewonly=True)


class Invited(Base):
    """A stakeholder organisation that is asked to speak in a consultation."""

    __tablename__ = "invited"
    __table_args__ = {"schema": "consultations"}
    consultation_id: Mapped[uuid.UUID] = to("consultations.consultation.id", primary_key=True)
    organisation_id: Mapped[uuid.UUID] = to("organisations.organisation.id", primary_key=True)
    at: Mapped[datetime]
    organisation: Mapped[Organisation] = relationship(lazy="joined", viewonly=True)


class Transition(Row, Base):
    """One step of a consultation: from, to, when, by whom, with which words."""

    __tablename__ = "transition"
    __table_args__ = (one_of("end", STATES), {"schema": "consultations"})
    consultation_id: Mapped[uuid.UUID] = to("consultations.consultation.id")
    start: Mapped[str]
    end: Mapped[str]
    at: Mapped[datetime]
    by_organisation: Mapped[uuid.UUID | None] = to("organisations.organisation.id")  # None: the job at its time
    words: Mapped[str] = mapped_column(default="")
    lang: Mapped[str] = mapped_column(default="en")


class Raise(Row, Base):
    """The protection level was raised: from, to, when, why."""

    __tablename__ = "raise"
    __table_args__ = {"schema": "consultations"}
    consultation_id: Mapped[uuid.UUID] = to("consultations.consultation.id")
    start: Mapped[str]
    end: Mapped[str]
    at: Mapped[datetime]
    words: Mapped[str]
    lang: Mapped[str] = mapped_column(default="en", server_default="en")


class Facilitation(Row, Base):
    """What was said about who facilitates, in order: asked and agreed by companies, the rest by the body itself."""

    __tablename__ = "facilitation"
    __table_args__ = (
        one_of("says", ("asked", "agreed", "accepted", "declined", "stepped_back", "took_over")),
        sa.CheckConstraint("(says IN ('asked', 'agreed')) = (company_id IS NOT NULL)", name="companies_ask"),
        at_most("words", 2000), {"schema": "consultations"},
    )
    consultation_id: Mapped[uuid.UUID] = to("consultations.consultation.id")
    organisation_id: Mapped[uuid.UUID] = to("organisations.organisation.id")
    company_id: Mapped[uuid.UUID | None] = to("organisations.organisation.id")
    says: Mapped[str]
    at: Mapped[datetime]
    words: Mapped[str] = mapped_column(default="")
    lang: Mapped[str] = mapped_column(default="en")
    organisation: Mapped[Organisation] = relationship(lazy="joined", viewonly=True, foreign_keys=[organisation_id])


class Translator(Row, Base):
    """A person appointed to translate in one consultation, shown by her organisation."""

    __tablename__ = "translator"
    __table_args__ = {"schema": "consultations"}
    consultation_id: Mapped[uuid.UUID] = to("consultations.consultation.id")
    person_id: Mapped[uuid.UUID] = to("people.person.id")
    organisation_id: Mapped[uuid.UUID] = to("organisations.organisation.id")
    shown_as: Mapped[str]
    languages: Mapped[list[str]]
    appointed_on: Mapped[date]
    ended_on: Mapped[date | None]

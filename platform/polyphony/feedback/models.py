"""Excerpts, themes, answers, measures and views from the ground."""

import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from polyphony.inputs.models import shuffle
from polyphony.kernel.database import Base, Row, at_most, one_of, to

DECISIONS = ("adopted", "adapted", "later", "declined", "outside", "already")
NEEDS_REASON = ("later", "declined")
REASONS = ("law", "safety", "cost", "technical", "priority", "evidence")
STATUSES = ("planned", "under_way", "done", "dropped")
VIEWS = ("works", "partly", "does_not", "harms", "too_early")


class Theme(Row, Base):
    """A group of excerpts that companies answer; addressed to every company one of its inputs addressed."""

    __tablename__ = "theme"
    __table_args__ = (at_most("title", 300), at_most("summary", 20_000), {"schema": "feedback"})
    consultation_id: Mapped[uuid.UUID] = to("consultations.consultation.id")
    title: Mapped[str]
    summary: Mapped[str]
    lang: Mapped[str]
    addressed: Mapped[list[uuid.UUID]] = mapped_column(default=list)
    added_reason: Mapped[str] = mapped_column(default="")  # why the facilitator addressed further companies
    place: Mapped[int] = mapped_column(default=0)
    made_on: Mapped[date]
    shared_on: Mapped[date | None]  # with the companies addressed
    published_on: Mapped[date | None]
    revision: Mapped[int] = mapped_column(default=1)


IN_ORDER = (Theme.place, Theme.made_on, Theme.title, Theme.id)  # as the facilitator arranged them


class Excerpt(Row, Base):
    """A part of an input placed in a theme; an empty quote shapes the theme without ever being quoted."""

    __tablename__ = "excerpt"
    __table_args__ = (
        at_most("quote", 20_000),
        # Over a digest: an index takes no words as long as a quote may be.
        sa.Index("excerpt_theme_id_input_id_quote_key", "theme_id", "input_id", sa.text("md5(quote)"), unique=True),
        {"schema": "feedback"},
    )
    theme_id: Mapped[uuid.UUID] = to("feedback.theme.id")
    input_id: Mapped[uuid.UUID] = to("inputs.input.id")
    consultation_id: Mapped[uuid.UUID]
    quote: Mapped[str]
    placed_on: Mapped[date]


class Lost(Row, Base):
    """An excerpt went because the words it quoted were changed or masked; the words themselves are kept nowhere."""

    __tablename__ = "lost"
    __table_args__ = {"schema": "feedback"}
    consultation_id: Mapped[uuid.UUID] = to("consultations.consultation.id")
    theme_id: Mapped[uuid.UUID] = to("feedback.theme.id")
    input_id: Mapped[uuid.UUID] = to("inputs.input.id")
    day: Mapped[date]


class Objection(Row, Base):
    """'Not what I meant': an author says so of a theme she was placed in; it waits until handled."""

    __tablename__ = "objection"
    __table_args__ = (at_most("words", 20_000), {"schema": "feedback"})
    theme_id: Mapped[uuid.UUID] = to("feedback.theme.id")
    input_id: Mapped[uuid.UUID] = to("inputs.input.id")
    consultation_id: Mapped[uuid.UUID]
    words: Mapped[str]
    lang: Mapped[str]
    day: Mapped[date]
    handled_on: Mapped[date | None]
    handled_words: Mapped[str] = mapped_column(default="")
    handled_lang: Mapped[str] = mapped_column(default="")


class Answer(Row, Base):
    """One version of one company's answer to one theme. A correction is a new version; both stay visible."""

    __tablename__ = "answer"
    __table_args__ = (
        one_of("state", ("draft", "signed", "published")), one_of("decision", ("", *DECISIONS)),
        one_of("reason_kind", ("", *REASONS)), at_most("words", 20_000), at_most("changes", 20_000),
        sa.CheckConstraint("state = 'draft' OR decision <> ''", name="signed_says_a_decision"),
        sa.CheckConstraint("state = 'draft' OR decision NOT IN ('later', 'declined') OR "
                           "(reason_kind <> '' AND length(trim(words)) > 0)", name="no_without_reason"),
        sa.CheckConstraint("state = 'draft' OR length(trim(changes)) > 0", name="says_what_changed"),
        sa.CheckConstraint("state = 'draft' OR (signed_on IS NOT NULL AND signed_as <> '')", name="signed_by_function"),
        sa.UniqueConstraint("theme_id", "company_id", "number"),
        sa.Index("answer_published_idx", "consultation_id", postgresql_where=sa.text("state = 'published'")),
        {"schema": "feedback"},
    )
    theme_id: Mapped[uuid.UUID] = to("feedback.theme.id")
    company_id: Mapped[uuid.UUID] = to("organisations.organisation.id")
    consultation_id: Mapped[uuid.UUID] = to("consultations.consultation.id")
    number: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(default="draft")
    decision: Mapped[str] = mapped_column(default="")
    reason_kind: Mapped[str] = mapped_column(default="")
    words: Mapped[str] = mapped_column(default="")
    changes: Mapped[str] = mapped_column(default="")  # what the input changed or may change
    lang: Mapped[str]
    signed_as: Mapped[str] = mapped_column(default="")  # a function, not a name
    signed_on: Mapped[date | None]
    published_on: Mapped[date | None]
    late_days: Mapped[int] = mapped_column(default=0)  # after the promised date, kept for ever
    revision: Mapped[int] = mapped_column(default=1)


class AnswerHand(Row, Base):
    """Whose hand drafted or signed an answer: seen inside that company alone."""

    __tablename__ = "answer_hand"
    __table_args__ = (one_of("act", ("drafted", "signed")), {"schema": "feedback"})
    answer_id: Mapped[uuid.UUID] = to("feedback.answer.id")
    company_id: Mapped[uuid.UUID]
    person_id: Mapped[uuid.UUID] = to("people.person.id")
    act: Mapped[str]
    at: Mapped[datetime]


class Comment(Row, Base):
    """A colleague's remark on a draft, inside one company."""

    __tablename__ = "comment"
    __table_args__ = (at_most("words", 20_000), {"schema": "feedback"})
    theme_id: Mapped[uuid.UUID] = to("feedback.theme.id")
    company_id: Mapped[uuid.UUID] = to("organisations.organisation.id")
    person_id: Mapped[uuid.UUID] = to("people.person.id")
    shown_as: Mapped[str]
    words: Mapped[str]
    at: Mapped[datetime]


class Publication(Base):
    """The answers of a consultation were published together: when, by which organisation."""

    __tablename__ = "publication"
    __table_args__ = {"schema": "feedback"}
    consultation_id: Mapped[uuid.UUID] = to("consultations.consultation.id", primary_key=True)
    on: Mapped[date]
    by_organisation: Mapped[uuid.UUID] = to("organisations.organisation.id")


class Default(Row, Base):
    """The facilitator's record that a company did not answer what it owed; shown for ever."""

    __tablename__ = "default"
    __table_args__ = (
        at_most("words", 20_000), sa.UniqueConstraint("consultation_id", "company_id"), {"schema": "feedback"},
    )
    consultation_id: Mapped[uuid.UUID] = to("consultations.consultation.id")
    company_id: Mapped[uuid.UUID] = to("organisations.organisation.id")
    words: Mapped[str]
    lang: Mapped[str]
    on: Mapped[date]


class Reminder(Base):
    """The facilitator reminded a company of the answers it has not signed: at most once a day."""

    __tablename__ = "reminder"
    __table_args__ = {"schema": "feedback"}
    consultation_id: Mapped[uuid.UUID] = to("consultations.consultation.id", primary_key=True)
    company_id: Mapped[uuid.UUID] = to("organisations.organisation.id", primary_key=True)
    on: Mapped[date] = mapped_column(primary_key=True)


class Measure(Row, Base):
    """What a company promises to do, with an owner (a function) and a date; its own word on where it stands."""

    __tablename__ = "measure"
    __table_args__ = (
        one_of("status", STATUSES), at_most("what", 20_000), at_most("status_words", 20_000), {"schema": "feedback"},
    )
    answer_id: Mapped[uuid.UUID] = to("feedback.answer.id")
    theme_id: Mapped[uuid.UUID] = to("feedback.theme.id")
    company_id: Mapped[uuid.UUID] = to("organisations.organisation.id")
    consultation_id: Mapped[uuid.UUID] = to("consultations.consultation.id")
    what: Mapped[str]
    owner: Mapped[str]
    due_on: Mapped[date]
    status: Mapped[str] = mapped_column(default="planned")
    status_words: Mapped[str] = mapped_column(default="")
    status_lang: Mapped[str | None]  # of these words; none: in the language of the measure
    status_on: Mapped[date | None]
    lang: Mapped[str]
    revision: Mapped[int] = mapped_column(default=1)


STATUS_LANG = sa.func.coalesce(Measure.status_lang, Measure.lang)


class GroundRound(Base):
    """The one round in which those who spoke say how a measure looks from the ground."""

    __tablename__ = "ground_round"
    __table_args__ = {"schema": "feedback"}
    measure_id: Mapped[uuid.UUID] = to("feedback.measure.id", primary_key=True)
    consultation_id: Mapped[uuid.UUID]
    opened_on: Mapped[date]
    until: Mapped[date]


class GroundView(Row, Base):
    """What an affected person says of a measure; read by the facilitator first, shown once enough have spoken."""

    __tablename__ = "ground_view"
    __table_args__ = (
        one_of("view", VIEWS), at_most("words", 20_000), at_most("shown_as", 300),
        sa.CheckConstraint("shown_on IS NULL OR read_on IS NOT NULL", name="read_before_shown"),
        {"schema": "feedback"},
    )
    measure_id: Mapped[uuid.UUID] = to("feedback.measure.id")
    consultation_id: Mapped[uuid.UUID]
    view: Mapped[str]
    words: Mapped[str]
    lang: Mapped[str]
    day: Mapped[date]
    shuffle: Mapped[int] = mapped_column(default=shuffle)
    read_on: Mapped[date | None]
    shown_as: Mapped[str] = mapped_column(default="")  # an organisation that names itself, else nothing
    shown_on: Mapped[date | None]  # when others may see it: never while fewer than five have spoken unnamed


class GroundAuthor(Base):
    """Who gave a view from the ground; seen by herself alone. One view per author and measure."""

    __tablename__ = "ground_author"
    __table_args__ = (
        sa.CheckConstraint("num_nonnulls(person_id, phrase_id) = 1", name="one_author"),
        sa.UniqueConstraint("measure_id", "person_id"), sa.UniqueConstraint("measure_id", "phrase_id"),
        {"schema": "feedback"},
    )
    view_id: Mapped[uuid.UUID] = to("feedback.ground_view.id", primary_key=True)
    measure_id: Mapped[uuid.UUID]
    person_id: Mapped[uuid.UUID | None] = to("people.person.id")
    phrase_id: Mapped[uuid.UUID | None] = to("people.phrase.id")

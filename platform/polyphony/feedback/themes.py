"""Themes and excerpts: how the facilitator brings inputs together, and how authors object."""

import uuid
from typing import Any

import sqlalchemy as sa

from polyphony.consultations.models import Consultation
from polyphony.feedback import quotes, rules
from polyphony.feedback.models import Excerpt, Objection, Theme
from polyphony.inputs.models import Input
from polyphony.kernel import audit, clock
from polyphony.kernel.access import require, there
from polyphony.kernel.database import db
from polyphony.kernel.forms import ChangedMeanwhile
from polyphony.kernel.locale import language
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import mark_stale, reader_first
from polyphony.notices.service import tell


def ensure_facilitating(by: Viewer, consultation_id: uuid.UUID) -> None:
    require(by.is_in("facilitated", consultation_id), rules.NotFacilitating())


def consultation_of(consultation_id: uuid.UUID) -> Consultation:
    """The consultation, or the one 404."""
    return there(db.session.get(Consultation, consultation_id))


def theme_title(lang: str) -> Any:
    """A theme's title in this language, as a column beside `Theme`."""
    return reader_first(Theme.id, "title", Theme.title, Theme.lang, lang)


def _title() -> Any:
    return reader_first(Consultation.id, "title", Consultation.title, Consultation.source_lang, language())


def titled(consultation_id: uuid.UUID) -> tuple[Consultation, str]:
    """The consultation and its title in the reader's language, or the one 404 (one statement)."""
    found = db.session.execute(sa.select(Consultation, _title()).where(
        Consultation.id == consultation_id)).one_or_none()
    return there(found)[0], there(found)[1]


def theme_in(theme_id: uuid.UUID) -> tuple[Theme, tuple[Consultation, str]]:
    """A theme and its consultation with its title, or the one 404 (one statement)."""
    row = there(db.session.execute(sa.select(Theme, Consultation, _title()).join(
        Consultation, Consultation.id == Theme.consultation_id).where(Theme.id == theme_id)).one_or_none())
    return row[0], (row[1], row[2])


def _inputs_of(theme_id: uuid.UUID) -> list[Input]:
    return list(db.session.scalars(sa.select(Input).where(
        Input.id.in_(sa.select(Excerpt.input_id).where(Excerpt.theme_id == theme_id)))))


def added_to(theme: Theme) -> list[uuid.UUID]:
    """The companies that no input addressed and the facilitator added."""
    return sorted(set(theme.addressed) - set(rules.addressed(_inputs_of(theme.id), ())))


def ensure_unpublished(consultation: Consultation) -> None:
    """Raises `TooLateToChange`."""
    if consultation.state in ("published", "closed"):
        raise rules.TooLateToChange()


def _last(consultation_id: uuid.UUID) -> int:
    wanted = sa.select(sa.func.max(Theme.place)).where(Theme.consultation_id == consultation_id)
    return db.session.scalar(wanted) or 0


def save(by: Viewer, *, consultation_id: uuid.UUID, theme_id: uuid.UUID | None = None, title: str, summary: str,
         lang: str, added: list[str], added_reason: str, revision: str = "1") -> Theme:
    """Make a theme or change it. Raises `NotFacilitating`, `TooLateToChange`, `ReasonForAdding`, `ChangedMeanwhile`."""
    consultation = consultation_of(consultation_id)
    ensure_facilitating(by, consultation_id)
    ensure_unpublished(consultation)
    theme = there(db.session.get(Theme, theme_id)) if theme_id else None
    inputs = _inputs_of(theme.id) if theme else []
    extra = {uuid.UUID(each) for each in added or ()} - set(rules.addressed(inputs, ()))
    if extra and not added_reason:
        raise rules.ReasonForAdding()
    if theme and str(theme.revision) != str(revision):
        raise ChangedMeanwhile()
    values = {"title": title, "summary": summary, "lang": lang, "added_reason": added_reason or "",
              "addressed": rules.addressed(inputs, extra)}
    if theme is None:
        theme = Theme(id=uuid.uuid4(), consultation_id=consultation_id, made_on=clock.today(), revision=1,
                      place=_last(consultation_id) + 1, **values)
        db.session.add(theme)
        audit.record("theme.made", theme.id, about=consultation_id)
        return theme
    texts = ("title", "summary", "added_reason")
    mark_stale(theme.id, [name for name in texts if getattr(theme, name) != values[name]])
    for name, value in values.items():
        setattr(theme, name, value)
    theme.revision += 1
    audit.record("theme.changed", theme.id, about=consultation_id)
    return theme


def place(by: Viewer, *, consultation_id: uuid.UUID, theme_id: str, input_id: str, quote: str) -> Excerpt:
    """Put a part of an input into a theme; without a quote it shapes the theme unseen.

    Raises `NotFacilitating`, `NotReadYet`, `NeverQuoted`, `QuoteNotFound`, `AlreadyPlaced`, `TooLateToChange`.
    """
    ensure_facilitating(by, consultation_id)
    ensure_unpublished(consultation_of(consultation_id))
    theme, said = there(db.session.get(Theme, uuid.UUID(theme_id))), there(db.session.get(Input, uuid.UUID(input_id)))
    there(theme if theme.consultation_id == said.consultation_id == consultation_id else None)
    if said.read_on is None:
        raise rules.NotReadYet()
    quote = quote or ""
    rules.ensure_quote(quote, said.text, said.audience)
    twice = sa.select(Excerpt.id).where(Excerpt.theme_id == theme.id, Excerpt.input_id == said.id,
                                        Excerpt.quote == quote)
    if db.session.scalar(twice):
        raise rules.AlreadyPlaced()
    excerpt = Excerpt(id=uuid.uuid4(), theme_id=theme.id, input_id=said.id, consultation_id=consultation_id,
                      quote=quote, placed_on=clock.today())
    db.session.add(excerpt)
    theme.addressed = rules.addressed([said], theme.addressed)
    audit.record("excerpt.placed", theme.id, about=consultation_id)
    tell("placed", consultation_id=consultation_id, subject_id=said.id, to="authors")
    return excerpt


def remove(by: Viewer, *, excerpt_id: uuid.UUID) -> Theme:
    """Take an excerpt out again. Raises `NotFacilitating`, `TooLateToChange`."""
    excerpt = there(db.session.get(Excerpt, excerpt_id))
    ensure_facilitating(by, excerpt.consultation_id)
    ensure_unpublished(consultation_of(excerpt.consultation_id))
    theme = there(db.session.get(Theme, excerpt.theme_id))
    added = added_to(theme)
    quotes.take_out([excerpt])
    theme.addressed = rules.addressed(_inputs_of(theme.id), added)
    audit.record("excerpt.removed", theme.id, about=theme.consultation_id)
    return theme


def share(by: Viewer, *, consultation_id: uuid.UUID) -> int:
    """Give the themes to the companies addressed. Raises `NotFacilitating`, `ThemesWait`, `NothingToShare`."""
    consultation = consultation_of(consultation_id)
    ensure_facilitating(by, consultation_id)
    if consultation.state != "answering":
        raise rules.ThemesWait()
    themes = db.session.scalars(sa.select(Theme).where(
        Theme.consultation_id == consultation_id, Theme.shared_on.is_(None),
        sa.func.cardinality(Theme.addressed) > 0)).all()
    if not themes:
        raise rules.NothingToShare()
    for theme in themes:
        theme.shared_on = clock.today()
    audit.record("themes.shared", about=consultation_id)
    tell("themes_shared", consultation_id=consultation_id, to="conveners")
    return len(themes)


def is_quoted(by: Viewer, theme_id: uuid.UUID, input_id: uuid.UUID) -> bool:
    """Whether this very input is this author's and stands in this theme: her other words are not meant here."""
    return by.is_in("authored", input_id) and db.session.scalar(sa.select(sa.exists().where(
        Excerpt.theme_id == theme_id, Excerpt.input_id == input_id))) is True


def object_to(by: Viewer, *, theme_id: uuid.UUID, input_id: uuid.UUID, words: str, lang: str) -> Theme:
    """'Not what I meant': it waits at the theme until the facilitator replies. Raises `NotYourWords`."""
    theme = there(db.session.get(Theme, theme_id))
    require(is_quoted(by, theme_id, input_id), rules.NotYourWords())
    db.session.add(Objection(id=uuid.uuid4(), theme_id=theme.id, input_id=input_id, words=words, lang=lang,
                             consultation_id=theme.consultation_id, day=clock.today()))
    if by.is_signed_in:  # what is done without an account leaves no row of its own
        audit.record("objection.made", theme.id, about=theme.consultation_id, anonymous=True)
    tell("objection", consultation_id=theme.consultation_id, to="facilitators")
    return theme


def handle(by: Viewer, *, objection_id: uuid.UUID, words: str) -> Objection:
    """Reply to an author's objection. Raises `NotFacilitating`, `AlreadyHandled`."""
    objection = there(db.session.get(Objection, objection_id))
    ensure_facilitating(by, objection.consultation_id)
    if objection.handled_on:
        raise rules.AlreadyHandled()
    objection.handled_on, objection.handled_words, objection.handled_lang = clock.today(), words, language()
    audit.record("objection.handled", objection.theme_id, about=objection.consultation_id)
    tell("objection_handled", consultation_id=objection.consultation_id, subject_id=objection.input_id, to="authors")
    return objection

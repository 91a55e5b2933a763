"""The stories that scores tell on pages of other rooms: what became of an input, and of a whole consultation.

One statement each, whatever the number of themes; row security leaves out what this reader may not see.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from flask import url_for

from polyphony.consultations.models import Consultation, Transition
from polyphony.feedback.models import Answer, GroundRound, GroundView, Measure, Theme
from polyphony.feedback.words import DECISIONS, STATUSES
from polyphony.kernel import clock
from polyphony.kernel.database import db
from polyphony.kernel.locale import _, direction, language, ngettext
from polyphony.kernel.providers import Waits, provide
from polyphony.kernel.score import Note, Score, Voice, score
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import translations_for, written
from polyphony.organisations.models import Organisation

Heard = Mapping[uuid.UUID, tuple[Voice, Sequence[uuid.UUID]]]


@provide("input_paths")
def input_paths(heard: Heard) -> dict[uuid.UUID, dict[uuid.UUID, Score]]:
    """For each input (its voice, the themes it went to): the score of each theme with that voice on top."""
    wanted = {theme for _voice, themes in heard.values() for theme in themes}
    held = {theme: list(rows) for theme, rows in groupby(_rows(Theme.id.in_(wanted)) if wanted else (),
                                                         key=lambda row: row.theme_id)}
    return {input_id: {theme: drawn([voice, *_of_theme(held[theme])], _bar_of(held[theme][0]))
                       for theme in themes if theme in held} for input_id, (voice, themes) in heard.items()}


@provide("consultation_path")
def consultation_path(consultation_id: uuid.UUID) -> Score | None:
    """The whole consultation once published: asked, gathered, answered by each, seen from the ground."""
    rows = _rows(Theme.consultation_id == consultation_id, Theme.published_on.is_not(None))
    if not rows:
        return None
    first, asked = rows[0], []
    if first.opened:
        asked.append(Note(first.opened.date(), _("inputs begin"), "said"))
    if first.ended:
        asked.append(Note(first.ended.date(), _("inputs end"), "read"))
    themes = {row.theme_id: row.made_on for row in rows}
    made = Note(min(themes.values()), ngettext("%(num)s theme", "%(num)s themes", len(themes)), "theme")
    by_name = sorted(rows, key=lambda row: str(row.name))
    companies = [voice for name, group in groupby(by_name, key=lambda row: str(row.name))
                 for voice in _of_company(name, list(group))]
    return drawn([Voice(_("Those who spoke"), asked), Voice(_("Facilitator"), [made]), *companies], _bar_of(first))


def drawn(voices: Iterable[Voice], line: tuple[date, str] | None) -> Score:
    """A score in the reader's language and direction."""
    return score([v for v in voices if v.notes], line, direction=direction(language()), say_day=_say)


def bar(published: date | None, promised: date | None) -> tuple[date, str] | None:
    """The bar line: the day of answering together, or the promised date where that day came after it or not at all."""
    if published and (promised is None or published <= promised):
        return published, _("answered together")
    return (promised, _("promised date")) if promised else None


def _bar_of(row: Any) -> tuple[date, str] | None:
    return bar(row.published_on, row.promised_on)


def late_words(words: str, days: int) -> str:
    """What was answered, and how late it came: colour alone would not tell."""
    if not days:
        return words
    return f"{words} · " + ngettext("%(num)s day late", "%(num)s days late", days)


def _say(day: date) -> str:
    said = clock.day(day)
    return said.text if said else ""


def _rows(*wanted: Any) -> list[Any]:
    """One row for each theme, company, version of its answer and measure; only what this reader may see."""
    first = {end: sa.select(sa.func.min(Transition.at)).where(
        Transition.consultation_id == Theme.consultation_id, Transition.end == end).scalar_subquery()
        for end in ("open", "answering")}
    seen = sa.exists().where(GroundView.measure_id == Measure.id, GroundView.shown_on.is_not(None))
    return list(db.session.execute(
        sa.select(Theme.id.label("theme_id"), Theme.made_on, Theme.published_on, Consultation.promised_on,
                  first["open"].label("opened"), first["answering"].label("ended"), Organisation.name,
                  Answer.id.label("answer_id"), Answer.decision, Answer.late_days, Answer.number,
                  sa.func.coalesce(Answer.published_on, Answer.signed_on).label("given_on"),
                  Measure.id.label("measure_id"), Measure.status, Measure.status_on,
                  sa.case((seen, GroundRound.until)).label("until"))
        .join(Consultation, Consultation.id == Theme.consultation_id)
        .join(Organisation, Organisation.id == sa.any_(Theme.addressed))
        .outerjoin(Answer, sa.and_(Answer.theme_id == Theme.id, Answer.company_id == Organisation.id,
                                   Answer.state == "published"))
        .outerjoin(Measure, Measure.answer_id == Answer.id)
        .outerjoin(GroundRound, GroundRound.measure_id == Measure.id)
        .where(*wanted).order_by(Theme.place, Theme.id, Organisation.name, Answer.number, Measure.due_on, Measure.id)))


def _of_theme(rows: list[Any]) -> list[Voice]:
    """The facilitator's line and each company's, with what is seen from the ground."""
    voices = [Voice(_("Facilitator"), [Note(rows[0].made_on, _("placed in a theme"), "theme")])]
    for name, group in groupby(rows, key=lambda row: str(row.name)):
        kept = list(group)
        notes = [Note(a.given_on, late_words(str(DECISIONS[a.decision]), a.late_days),
                      "late" if a.late_days else "answer", a.decision) for a in _answers(kept)]
        notes = notes or _owed(kept, _("owes an answer"))
        done = [Note(m.status_on, str(STATUSES[m.status]), "measure") for m in _measures(kept) if m.status_on]
        voices += [Voice(name, [*notes, *done]), *_ground(name, kept)]
    return voices


def _of_company(name: str, rows: list[Any]) -> list[Voice]:
    """One company's line through all themes: how many answers on which day, how many it owes."""
    given = sorted((a for a in _answers(rows) if a.number == 1), key=lambda a: a.given_on)
    notes = []
    for day, group in groupby(given, key=lambda a: a.given_on):
        each = list(group)
        late = max(a.late_days for a in each)
        words = late_words(ngettext("%(num)s answer", "%(num)s answers", len(each)), late)
        notes.append(Note(day, words, "late" if late else "answer"))
    owed = len({row.theme_id for row in rows if row.answer_id is None and row.published_on})
    notes += _owed(rows, ngettext("owes %(num)s answer", "owes %(num)s answers", owed)) if owed else []
    days = [m.status_on for m in _measures(rows) if m.status_on]
    if days:
        notes.append(Note(max(days), ngettext("%(num)s measure", "%(num)s measures", len(days)), "measure"))
    return [Voice(name, notes), *_ground(name, rows)]


def _answers(rows: list[Any]) -> list[Any]:
    return list({row.answer_id: row for row in rows if row.answer_id}.values())


def _measures(rows: list[Any]) -> list[Any]:
    return [row for row in rows if row.measure_id]


def _owed(rows: list[Any], words: str) -> list[Note]:
    if not any(row.published_on and row.answer_id is None for row in rows):
        return []
    return [Note(max(clock.today(), rows[0].promised_on or clock.today()), words, "owed")]


def _ground(name: str, rows: list[Any]) -> list[Voice]:
    """When those who live with the measures had said how they look; never how many, never what."""
    days = [min(row.until, clock.today()) for row in rows if row.until]
    if not days:
        return []
    return [Voice(_("From the ground"), [Note(max(days), _("views from the ground"), "ground")], name)]


@provide("waits")
def owed(by: Viewer) -> list[Waits]:
    """Answers that this member's company still owes after the others were published."""
    seats = by.of("leading") | by.of("deciding")
    if not seats:
        return []
    given = sa.exists().where(Answer.theme_id == Theme.id, Answer.company_id == Organisation.id,
                              Answer.state == "published")
    rows = db.session.execute(
        sa.select(Consultation.id, Consultation.title, Consultation.source_lang, Consultation.promised_on,
                  sa.func.count(sa.distinct(Theme.id)))
        .join(Theme, Theme.consultation_id == Consultation.id)
        .join(Organisation, Organisation.id == sa.any_(Theme.addressed))
        .where(Organisation.id.in_(seats), Consultation.state == "published", Theme.published_on.is_not(None), ~given)
        .group_by(Consultation.id).order_by(Consultation.promised_on)).all()
    tr = translations_for([row[0] for row in rows], language()) if rows else {}
    return [Waits(ngettext("Give the answer your company owes: %(title)s",
                           "Give the %(num)s answers your company owes: %(title)s", number,
                           title=written(title, lang, id, "title", tr, language()).text),
                  url_for("feedback.desk", id=id), promised, warn=True)
            for id, title, lang, promised, number in rows]

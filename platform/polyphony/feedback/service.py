"""The loop as pages show it: loaded in bulk, said in the reader's language, one shape for every page."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from polyphony.consultations.models import Consultation, Convener
from polyphony.feedback import rules, words
from polyphony.feedback.ground import AT_ONCE, view_shown, views_shown
from polyphony.feedback.measures import tally
from polyphony.feedback.models import (
    IN_ORDER,
    Answer,
    Default,
    Excerpt,
    GroundRound,
    GroundView,
    Measure,
    Objection,
    Theme,
)
from polyphony.inputs.lists import cursor, fitting, place_of
from polyphony.inputs.models import Input
from polyphony.kernel import clock
from polyphony.kernel.access import there
from polyphony.kernel.database import db
from polyphony.kernel.locale import language
from polyphony.kernel.viewer import Viewer
from polyphony.languages.models import Translation
from polyphony.languages.service import Written, translations_for, written

SHORT = 90  # characters of an answer's words beside its mark
EXCERPTS = 15  # of a theme on one page


@dataclass
class MeasureShown:
    """A measure: the company's word on it, and beside it the view from the ground."""

    row: Measure
    what: Written
    status: Any
    status_words: Written | None
    due: clock.Day | None
    owner: str
    threshold: int  # how many have to speak before others see what they said
    round: GroundRound | None = None
    is_open: bool = False
    until: clock.Day | None = None
    counts: list[tuple[str, Any, int | None]] = field(default_factory=list)
    views: list[tuple[str, Any, Written, str]] = field(default_factory=list)  # mark, its name, words, organisation
    has_views: bool = False
    further: int = 0  # views with words that stand on a page of their own
    mine: tuple[str, Any, Written, uuid.UUID] | None = None  # what this reader said herself: mark, its name, words


@dataclass
class AnswerShown:
    """One version of an answer as its reader sees it."""

    row: Answer
    label: Any
    reason: Any
    words: Written
    changes: Written
    short: str
    signed_as: str
    signed: clock.Day | None
    published: clock.Day | None
    measures: list[MeasureShown]


@dataclass
class Cell:
    """What one company answered to one theme, or that it owes it."""

    company_id: uuid.UUID
    company: str
    is_addressed: bool
    current: AnswerShown | None = None
    earlier: list[AnswerShown] = field(default_factory=list)
    late: int = 0  # days owed or late
    is_owed: bool = False

    @property
    def measures(self) -> list[MeasureShown]:
        """Every measure it promised here: a correction of the words takes back none of them."""
        return [each for version in (self.current, *self.earlier) if version for each in version.measures]


@dataclass
class ThemeShown:
    """One theme with a cell for each company."""

    row: Theme
    title: Written
    summary: Written
    added: Written  # why the facilitator addressed further companies
    is_mine: bool
    cells: list[Cell]


@dataclass
class Board:
    """All themes and all companies of one consultation."""

    consultation: Consultation
    title: Written
    companies: list[tuple[uuid.UUID, str]]
    themes: list[ThemeShown]
    defaults: list[tuple[str, Written, clock.Day | None]]
    published: clock.Day | None
    tr: dict[tuple[uuid.UUID, str], Translation] = field(default_factory=dict)  # into the reader's language


@dataclass(frozen=True)
class Said:
    """An excerpt for somebody who may read its input."""

    id: uuid.UUID
    input_id: uuid.UUID
    quote: Written
    whole: Written | None  # the input in the reader's language, where only the quote lacks it
    shown_as: str
    is_mine: bool
    placed_on: Any
    said_on: Any
    read_on: Any
    place: str  # in the list of a theme's excerpts
    objections: list[tuple[Objection, Written]]  # her own, with the facilitator's reply


def companies_of(consultation_id: uuid.UUID) -> list[tuple[Convener, Default | None]]:
    """The companies of a consultation, each with the record of its silence if there is one (one statement)."""
    rows = db.session.execute(
        sa.select(Convener, Default).outerjoin(Default, sa.and_(
            Default.consultation_id == Convener.consultation_id, Default.company_id == Convener.company_id))
        .where(Convener.consultation_id == consultation_id, Convener.state.in_(("accepted", "left"))))
    return sorted(((c, d) for c, d in rows), key=lambda pair: pair[0].company.name)


def whole_board(by: Viewer, consultation: Consultation) -> Board:
    """Every published answer with its words, versions and measures: four statements."""
    rows = _rows(Theme.consultation_id == consultation.id, Theme.published_on.is_not(None))
    return _board(by, consultation, [(theme, answer) for theme, answer, _ in rows])


def board_of_theme(by: Viewer, theme_id: uuid.UUID) -> Board:
    """The same for one theme; 404 when this viewer may not see it."""
    rows = _rows(Theme.id == theme_id)
    there(rows or None)
    return _board(by, rows[0][2], [(theme, answer) for theme, answer, _ in rows])


def _rows(*wanted: Any) -> list[Any]:
    return list(db.session.execute(
        sa.select(Theme, Answer, Consultation).join(Consultation, Consultation.id == Theme.consultation_id)
        .outerjoin(Answer, sa.and_(Answer.theme_id == Theme.id, Answer.state == "published"))
        .where(*wanted).order_by(*IN_ORDER, Answer.number, Answer.id)))


def _board(by: Viewer, consultation: Consultation, rows: list[Any]) -> Board:
    sides = companies_of(consultation.id)
    themes = list({theme.id: theme for theme, _ in rows}.values())
    answers = [answer for _, answer in rows if answer is not None]
    kept = _measures([a.id for a in answers])
    own = {v.measure_id: v for _, _, vs in kept for v in vs if by.is_in("viewed", v.id)}
    kept = [(m, r, [v for v in vs if v.shown_on]) for m, r, vs in kept]
    ids = [consultation.id, *(t.id for t in themes), *(a.id for a in answers), *(m.id for m, _, _ in kept),
           *(d.id for _, d in sides if d), *(v.id for _, _, vs in kept for v in vs)]
    tr, lang = translations_for(ids, language()), language()
    shown = _answers(answers, [(*each, consultation.threshold) for each in kept], own, tr, lang)
    names = [(c.company_id, c.company.name) for c, _ in sides]
    lines = [ThemeShown(t, written(t.title, t.lang, t.id, "title", tr, lang),
                        written(t.summary, t.lang, t.id, "summary", tr, lang),
                        written(t.added_reason, t.lang, t.id, "added_reason", tr, lang), by.is_in("placed", t.id),
                        [_cell(consultation, t, company, name, shown) for company, name in names]) for t in themes]
    silent = [(c.company.name, written(d.words, d.lang, d.id, "words", tr, lang), clock.day(d.on))
              for c, d in sides if d]
    days = [t.published_on for t in themes if t.published_on]
    title = written(consultation.title, consultation.source_lang, consultation.id, "title", tr, lang)
    return Board(consultation, title, names, lines, silent, clock.day(max(days)) if days else None, tr)


def _cell(consultation: Consultation, theme: Theme, company: uuid.UUID, name: str,
          shown: dict[tuple[uuid.UUID, uuid.UUID], list[AnswerShown]]) -> Cell:
    given = shown.get((theme.id, company), [])
    cell = Cell(company, name, company in theme.addressed)
    if given:
        cell.current, cell.earlier = given[-1], given[:-1][::-1]
        cell.late = max(each.row.late_days for each in given)
    elif cell.is_addressed and theme.published_on:
        cell.is_owed, cell.late = True, rules.late_days(consultation.promised_on, clock.today())
    return cell


def _measures(answer_ids: list[uuid.UUID]) -> list[tuple[Measure, GroundRound | None, list[GroundView]]]:
    """Measures with their round and the views that this viewer may see, in one statement."""
    if not answer_ids:
        return []
    rows = db.session.execute(
        sa.select(Measure, GroundRound, GroundView)
        .outerjoin(GroundRound, GroundRound.measure_id == Measure.id)
        .outerjoin(GroundView, GroundView.measure_id == Measure.id)
        .where(Measure.answer_id.in_(answer_ids)).order_by(Measure.due_on, Measure.id, GroundView.shuffle)).all()
    views: dict[uuid.UUID, list[GroundView]] = defaultdict(list)
    for measure, _, view in rows:
        if view is not None:
            views[measure.id].append(view)
    return [(m, r, views[m.id]) for m, r in {m.id: (m, r) for m, r, _ in rows}.values()]


def _answers(answers: Iterable[Answer], kept: list[Any], own: dict[uuid.UUID, GroundView], tr: Any,
             lang: str) -> dict[Any, list[AnswerShown]]:
    measures: dict[uuid.UUID, list[MeasureShown]] = defaultdict(list)
    for measure, held, views, threshold in kept:
        made = measure_shown(measure, held, views, tr, lang, threshold)
        said = own.get(measure.id)
        made.mine = (*view_shown(said, tr, lang), said.id) if said else None
        measures[measure.answer_id].append(made)
    found: dict[Any, list[AnswerShown]] = defaultdict(list)
    for a in answers:
        found[(a.theme_id, a.company_id)].append(answer_shown(a, measures[a.id], tr, lang))
    return found


def answer_shown(a: Answer, measures: list[MeasureShown], tr: Any, lang: str) -> AnswerShown:
    said = written(a.words, a.lang, a.id, "words", tr, lang)
    changes = written(a.changes, a.lang, a.id, "changes", tr, lang)
    first = (said.text or changes.text).split("\n")[0]
    short = first if len(first) <= SHORT else first[:SHORT].rsplit(" ", 1)[0] + "…"
    return AnswerShown(a, words.DECISIONS.get(a.decision, ""), words.REASONS.get(a.reason_kind, ""), said, changes,
                       short, words.signed_as(a.signed_as), clock.day(a.signed_on), clock.day(a.published_on), measures)


def measure_shown(m: Measure, held: GroundRound | None, views: list[GroundView], tr: Any, lang: str,
                  threshold: int) -> MeasureShown:
    said = written(m.status_words, m.status_lang or m.lang, m.id, "status_words", tr, lang) if m.status_words else None
    made = MeasureShown(m, written(m.what, m.lang, m.id, "what", tr, lang), words.STATUSES[m.status], said,
                        clock.day(m.due_on), words.signed_as(m.owner), threshold, held)
    made.is_open = bool(held and held.until >= clock.today())
    made.until = clock.day(held.until) if held else None
    made.has_views = bool(views)
    made.counts = [(code, words.VIEWS[code], count) for code, count in tally(views, threshold).items()]
    told = [view for view in views if view.words or view.shown_as]
    made.views, made.further = views_shown(told[:AT_ONCE], tr, lang), len(told[AT_ONCE:])
    return made


def excerpts_of(by: Viewer, theme_id: uuid.UUID, after: str = "", *, also_unquoted: bool = False,
                ) -> tuple[list[Said], str]:
    """One page of the excerpts of a theme that this viewer may read, and behind which of them the next one begins.

    Her own stand first, with her objections, also where they are not quoted; the others in the order of days.
    """
    mine = Excerpt.input_id == sa.any_(sa.literal(list(by.of("authored")), sa.ARRAY(sa.Uuid())))
    seen = sa.true() if also_unquoted else sa.or_(Excerpt.quote != "", mine)
    order, place = (~mine, Input.day, Input.shuffle, Excerpt.id), place_of(after)
    rest = sa.tuple_(*order) > sa.tuple_(*map(sa.literal, place)) if place else sa.true()
    page = (sa.select(Excerpt.id, mine.label("mine")).join(Input, Input.id == Excerpt.input_id)
            .where(Excerpt.theme_id == theme_id, seen, rest).order_by(*order).limit(EXCERPTS + 1).subquery())
    found = _said(by, theme_id, page)
    number = fitting([len(each.quote.text) for each in found[:EXCERPTS]])
    return found[:number], found[number - 1].place if len(found) > number else ""


def _said(by: Viewer, theme_id: uuid.UUID, page: Any) -> list[Said]:
    lang = language()
    rows = db.session.execute(
        sa.select(Excerpt, Input, Objection, Translation).join(page, page.c.id == Excerpt.id)
        .join(Input, Input.id == Excerpt.input_id)
        .outerjoin(Objection, sa.and_(Objection.theme_id == theme_id, Objection.input_id == Input.id))
        .outerjoin(Translation, sa.and_(Translation.subject_id.in_([Excerpt.id, Input.id, Objection.id]),
                                        Translation.lang == lang, Translation.waits.is_(False)))
        .order_by(page.c.mine.desc(), Input.day, Input.shuffle, Excerpt.id, Objection.day, Objection.id,
                  Translation.id)).all()
    tr = {(t.subject_id, t.field): t for _e, _i, _o, t in rows if t is not None}
    found: dict[uuid.UUID, Said] = {}
    for e, i, objection, _t in rows:
        mine = by.is_in("authored", i.id)
        said = found.setdefault(e.id, Said(
            e.id, i.id, *_quoted(e, i, tr, lang), i.shown_as, mine, e.placed_on, i.day, i.read_on,
            cursor(i, not mine, e.id), []))
        if objection is not None and mine and objection not in [each for each, _reply in said.objections]:
            said.objections.append((objection, written(
                objection.handled_words, objection.handled_lang, objection.id, "handled_words", tr, lang)))
    return list(found.values())


def _quoted(e: Excerpt, i: Input, tr: Any, lang: str) -> tuple[Written, Written | None]:
    """A quote in the reader's language; while it lacks a translation of its own, that of its whole input beside."""
    quote = written(e.quote, i.lang, e.id, "quote", tr, lang)
    whole = written(i.text, i.lang, i.id, "text", tr, lang)
    if quote.mark or not whole.mark or not e.quote:
        return quote, None
    return (whole, None) if e.quote == i.text else (quote, replace(whole, original=None))

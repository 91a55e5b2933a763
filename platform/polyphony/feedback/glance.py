"""The published answers at a glance: themes down the side, companies across, each cell a word, a shape and a beginning.

The whole answer, its measures and earlier versions live on the theme's page: seventy-five answers in full are
nobody's reading, and made this the slowest page of the house.
"""

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import url_for

from polyphony.consultations.models import Consultation
from polyphony.feedback import rules, words
from polyphony.feedback.models import IN_ORDER, Answer, Theme
from polyphony.feedback.service import companies_of
from polyphony.kernel import clock
from polyphony.kernel.database import db
from polyphony.kernel.locale import language, ngettext
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import Written, translations_for, written

SHORT, BEGINNING, SUMMARY = 90, 400, 160  # characters beside a mark, in an opened cell, under a theme's title, at most
ALL_SHORT, ALL_BEGINNINGS, ALL_SUMMARIES = 2400, 5000, 1500  # of a whole page, however many cells it has
TOO_LITTLE = 100  # a beginning shorter than this says no more than what stands beside the mark
NOWHERE = uuid.UUID(int=0)


@dataclass(frozen=True, slots=True)
class Room:
    """How many characters each text of a board may have, so that a board of any size opens on a slow phone."""

    short: int
    beginning: int
    summary: int

    @classmethod
    def of(cls, themes: int, companies: int) -> "Room":
        """Shares of the page's whole; where an opened cell would say too little, it shows the reason and the way on."""
        cells = max(themes * companies, 1)
        beginning = min(BEGINNING, ALL_BEGINNINGS // cells)
        return cls(min(SHORT, ALL_SHORT // cells), beginning if beginning >= TOO_LITTLE else 0,
                   min(SUMMARY, ALL_SUMMARIES // max(themes, 1)))


@dataclass(slots=True)
class Cell:
    """What one company says to one theme: an answer, that it owes one, or that it was not asked."""

    company: str
    state: str = "unasked"  # or 'answered', 'owed'
    decision: str = ""
    short: str = ""
    said: Written | None = None
    reason: str = ""
    late: str = ""
    url: str = ""


@dataclass(slots=True)
class Line:
    """One theme with a cell for each company."""

    url: str
    title: Written
    summary: Written
    is_mine: bool
    cells: list[Cell]


@dataclass
class Board:
    """All published themes and all companies of one consultation."""

    consultation: Consultation
    title: Written
    companies: list[str]
    themes: list[Line]
    defaults: list[tuple[str, Written, clock.Day | None]]
    published: clock.Day | None
    decisions: dict[str, str]
    has_mine: bool = False  # some, but not all themes hold words of this reader
    only_mine: bool = False


class _Said:
    """What is said the same way in many cells: reasons and days of lateness, each said once per page."""

    def __init__(self) -> None:
        self.decisions = {code: str(name) for code, name in words.DECISIONS.items()}
        self._reasons: dict[str, str] = {}
        self._late: dict[int, str] = {}

    def reason(self, code: str) -> str:
        if code not in self._reasons:
            self._reasons[code] = str(words.REASONS.get(code, ""))
        return self._reasons[code]

    def late(self, days: int) -> str:
        if days not in self._late:
            self._late[days] = ngettext("%(num)s day late", "%(num)s days late", days) if days > 0 else ""
        return self._late[days]


def board(by: Viewer, consultation: Consultation, *, only_mine: bool = False) -> Board:
    """The board for this viewer: three statements with any number of themes.

    `only_mine`: those alone that hold words of hers; all where there are none.
    """
    sides, rows = companies_of(consultation.id), _rows(consultation.id)
    whole = {row.theme_id: row for row in rows}
    hers = {id: row for id, row in whole.items() if by.is_in("placed", id)}
    has_mine = 0 < len(hers) < len(whole)
    only_mine = only_mine and has_mine
    themes = list((hers if only_mine else whole).values())
    rows = [row for row in rows if row.theme_id in hers] if only_mine else rows
    ids = [consultation.id, *(t.theme_id for t in themes), *(r.id for r in rows if r.id)]
    ids += [d.id for _, d in sides if d]
    tr, lang = translations_for(ids, language()), language()
    silent = [(c.company.name, written(d.words, d.lang, d.id, "words", tr, lang), clock.day(d.on))
              for c, d in sides if d]
    title = written(consultation.title, consultation.source_lang, consultation.id, "title", tr, lang)
    room, said = Room.of(len(themes), len(sides)), _Said()
    names = [(c.company_id, c.company.name) for c, _ in sides]
    lines = _lines(by, consultation, themes, names, rows, tr, lang, said, room)
    return Board(consultation, title, [name for _, name in names], lines, silent,
                 clock.day(max(t.published_on for t in whole.values())) if whole else None, said.decisions, has_mine,
                 only_mine)


def _lines(by: Viewer, consultation: Consultation, themes: list[Any], names: list[tuple[uuid.UUID, str]],
           rows: list[Any], tr: Any, lang: str, said: _Said, room: Room) -> list[Line]:
    given: dict[tuple[uuid.UUID, uuid.UUID], list[Any]] = {}
    for row in rows:
        given.setdefault((row.theme_id, row.company_id), []).append(row)
    start = url_for("feedback.theme", id=NOWHERE).removesuffix(str(NOWHERE))
    owed = said.late(rules.late_days(consultation.promised_on, clock.today()))
    return [Line(f"{start}{t.theme_id}", _cut(written(t.title, t.theme_lang, t.theme_id, "title", tr, lang), SHORT),
                 _cut(written(t.summary, t.theme_lang, t.theme_id, "summary", tr, lang), room.summary),
                 by.is_in("placed", t.theme_id),
                 [_cell(t, company, name, given, tr, lang, said, start, owed, room) for company, name in names])
            for t in themes]


def _rows(consultation_id: uuid.UUID) -> list[Any]:
    """Every published theme with each version of each published answer, without their long texts."""
    return list(db.session.execute(
        sa.select(Theme.id.label("theme_id"), Theme.title, Theme.summary, Theme.lang.label("theme_lang"),
                  Theme.addressed, Theme.published_on, Answer.id, Answer.company_id, Answer.decision, Answer.lang,
                  Answer.reason_kind, Answer.late_days, sa.func.left(Answer.words, BEGINNING + 1).label("words"),
                  sa.func.left(Answer.changes, BEGINNING + 1).label("changes"))
        .outerjoin(Answer, sa.and_(Answer.theme_id == Theme.id, Answer.state == "published"))
        .where(Theme.consultation_id == consultation_id, Theme.published_on.is_not(None))
        .order_by(*IN_ORDER, Answer.number)))


def _cell(theme: Any, company: uuid.UUID, name: str, given: dict[tuple[uuid.UUID, uuid.UUID], list[Any]], tr: Any,
          lang: str, said: _Said, start: str, owed: str, room: Room) -> Cell:
    versions = given.get((theme.theme_id, company))
    if not versions:
        return Cell(name, "owed", late=owed) if company in theme.addressed else Cell(name)
    now = versions[-1]
    field = "words" if now.words else "changes"
    begun = written(getattr(now, field), now.lang, now.id, field, tr, lang)
    return Cell(name, "answered", now.decision, _beginning(begun.text.split("\n")[0], room.short),
                _cut(begun, room.beginning), said.reason(now.reason_kind),
                said.late(max(each.late_days for each in versions)), f"{start}{theme.theme_id}#company-{company}")


def _cut(text: Written, length: int) -> Written:
    return Written(_beginning(text.text, length), text.lang, text.direction, text.mark, text.stale)


def _beginning(text: str, length: int) -> str:
    if not length:
        return ""
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0] + "…"

"""What waits on the facilitator's desk, and on a company's: every line one click from solved."""

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import current_app, url_for

from polyphony.consultations.models import Consultation, Convener
from polyphony.feedback import placing, quotes, rules
from polyphony.feedback.measures import VIEW_WAITS
from polyphony.feedback.models import (
    IN_ORDER,
    Answer,
    Default,
    Excerpt,
    GroundRound,
    GroundView,
    Measure,
    Objection,
    Reminder,
    Theme,
)
from polyphony.feedback.publication import unreadable
from polyphony.feedback.service import companies_of
from polyphony.feedback.themes import theme_title, titled
from polyphony.inputs.models import Input
from polyphony.kernel import clock
from polyphony.kernel.database import db
from polyphony.kernel.locale import _, language, ngettext
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import Written, in_a_list, present_translation, translations_for, written


@dataclass(frozen=True)
class Inputs:
    """How many inputs there are and how far they are; the inputs themselves stand in lists of their own."""

    all: int
    unread: int
    unplaced: int
    languages: int


@dataclass
class Desk:
    """The facilitator's desk of one consultation."""

    consultation: Consultation
    title: str  # as all titles here in the reader's language
    titles: dict[uuid.UUID, str]
    companies: dict[uuid.UUID, str]
    themes: list[Theme]
    excerpts: dict[uuid.UUID, int]  # how many, by theme
    inputs: Inputs
    to_place: list[placing.Begun]  # a few; the others have a list of their own
    objections: list[Objection]
    owing: list[tuple[uuid.UUID, uuid.UUID]]
    silent: set[uuid.UUID]
    measures: list[tuple[Measure, Written, GroundRound | None]]
    unread_views: list[tuple[GroundView, Written]]
    lacking: int
    lost: dict[uuid.UUID, int]  # excerpts that went because the words changed, by theme
    reminded: dict[uuid.UUID, date | None]

    @property
    def unsigned(self) -> list[tuple[uuid.UUID, int]]:
        """Each company, by name, with how many answers to shared themes it has not signed; without those whose silence
        is recorded."""
        shared = {theme.id for theme in self.themes if theme.shared_on}
        counts = Counter(company for theme, company in self.owing
                         if theme in shared and company in self.companies and company not in self.silent)
        return sorted(counts.items(), key=lambda pair: self.companies[pair[0]])

    @property
    def to_remind(self) -> list[tuple[uuid.UUID, str, int, date | None]]:
        """Company, name, how many answers it has not signed, and when it was last reminded."""
        try:
            rules.ensure_time_to_remind(self.consultation.state)
        except rules.NoTimeToRemind:
            return []
        return [(c, self.companies[c], number, self.reminded.get(c)) for c, number in self.unsigned]

    @property
    def unshared(self) -> list[Theme]:
        return [theme for theme in self.themes if theme.shared_on is None]


def facilitators(consultation_id: uuid.UUID) -> Desk:
    """Everything on the facilitator's desk, in nine statements at most: noting that a session is in use may add one."""
    consultation, title = titled(consultation_id)
    here = consultation_id
    sides = _sides(here)
    rows = db.session.execute(sa.select(Theme, theme_title(language()), _placed(), quotes.losses(here)).where(
        Theme.consultation_id == here).order_by(*IN_ORDER)).all()
    themes = [theme for theme, *_row in rows]
    objections = list(db.session.scalars(sa.select(Objection).where(
        Objection.consultation_id == here, Objection.handled_on.is_(None)).order_by(Objection.day, Objection.id)))
    answers = list(db.session.scalars(sa.select(Answer).where(
        Answer.consultation_id == here, Answer.state != "draft")))
    is_out = consultation.state in ("published", "closed")  # then measures are followed, before inputs are placed
    held = _measures(here) if is_out else []
    return Desk(
        consultation, title, {theme.id: said for theme, said, *_row in rows},
        {c.company_id: c.company.name for c, _d, _r in sides}, themes,
        {theme.id: number for theme, _title, number, _lost in rows}, _inputs(here),
        [] if is_out else placing.first(here), objections,
        rules.owed(themes, [(a.theme_id, a.company_id) for a in answers]), {c.company_id for c, d, _r in sides if d},
        list({m.id: (m, what, r) for m, what, r, _v, _words in held}.values()),
        [(v, words) for _m, _what, _r, v, words in held if v is not None],
        sum(number for _lang, number in unreadable(here)), {theme.id: lost for theme, *_row, lost in rows if lost},
        {c.company_id: on for c, _d, on in sides})


def _inputs(consultation_id: uuid.UUID) -> Inputs:
    """All, unread, in no theme, languages: one statement for any number."""
    unread, read, count = Input.read_on.is_(None), Input.read_on.is_not(None), sa.func.count
    return Inputs(*db.session.execute(
        sa.select(count(), count().filter(unread), count().filter(read, placing.IN_NO_THEME),
                  count(sa.distinct(Input.lang)))
        .where(Input.consultation_id == consultation_id, Input.withdrawn_on.is_(None))).one())


def _measures(consultation_id: uuid.UUID) -> list[Any]:
    """Each measure with its round and the views from the ground that are not read yet."""
    lang = language()
    rows = db.session.execute(
        sa.select(Measure, present_translation(Measure.id, "what", lang), GroundRound, GroundView,
                  present_translation(GroundView.id, "words", lang))
        .outerjoin(GroundRound, GroundRound.measure_id == Measure.id)
        .outerjoin(GroundView, sa.and_(GroundView.measure_id == Measure.id, VIEW_WAITS))
        .where(Measure.consultation_id == consultation_id).order_by(Measure.due_on, Measure.id))
    return [(m, in_a_list(m.what, m.lang, what, lang), r, v, in_a_list(v.words, v.lang, words, lang) if v else None)
            for m, what, r, v, words in rows]


def _placed() -> Any:
    """How many excerpts a theme holds, as a column beside `Theme`."""
    return sa.select(sa.func.count()).where(Excerpt.theme_id == Theme.id).correlate(Theme).scalar_subquery()


def _sides(consultation_id: uuid.UUID) -> list[Any]:
    """The companies by name, each with the record of its silence and the day it was last reminded."""
    last = sa.select(sa.func.max(Reminder.on)).where(
        Reminder.consultation_id == Convener.consultation_id, Reminder.company_id == Convener.company_id
    ).correlate(Convener).scalar_subquery()
    rows = db.session.execute(sa.select(Convener, Default, last).outerjoin(Default, sa.and_(
        Default.consultation_id == Convener.consultation_id, Default.company_id == Convener.company_id))
        .where(Convener.consultation_id == consultation_id, Convener.state.in_(("accepted", "left"))))
    return sorted(rows, key=lambda row: row[0].company.name)


def where(endpoint: str, **values: Any) -> str | None:
    """The address of a page of another room, or None while there is none."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def line(title: str, url: str | None, label: str, detail: str = "", *, warn: bool = False) -> dict[str, Any]:
    return {"title": title, "url": url, "label": label, "detail": detail, "warn": warn}


def blocking(desk: Desk) -> list[dict[str, Any]]:
    """Each thing that stands between now and publication, with the page that mends it."""
    here, found = desk.consultation.id, still_speaking(desk)
    if desk.inputs.unread:
        found.append(line(ngettext("%(num)s input not read yet", "%(num)s inputs not read yet", desk.inputs.unread),
                           where("inputs.reading", id=here), _("Read them"),
                           _("Nothing reaches others before you have read it.")))
    found += objecting(desk)
    if desk.inputs.all and not desk.themes:
        found.append(line(_("There is no theme yet"), url_for("feedback.new_theme", id=here), _("Make a theme")))
    if desk.unshared and desk.consultation.state == "answering":
        found.append(line(
            ngettext("%(num)s theme not shared with the companies", "%(num)s themes not shared with the companies",
                     len(desk.unshared)), url_for("feedback.facilitate", id=here) + "#share", _("Share them")))
    return found if may_be_owed(desk) else [*found, *owing(desk)]


def still_speaking(desk: Desk) -> list[dict[str, Any]]:
    """Before companies answer there is nothing to publish: people have still to speak."""
    titles = {"announced": _("Inputs have not begun yet"), "open": _("People can still send inputs")}
    if desk.consultation.state not in titles:
        return []
    dates = url_for("consultations.show", id=desk.consultation.id)
    return [line(titles[desk.consultation.state], dates, _("See the dates"),
                 _("Themes are shared when inputs have ended and companies answer."))]


def objecting(desk: Desk) -> list[dict[str, Any]]:
    """Each author who waits for a reply: before publication it blocks, afterwards she still waits."""
    return [line(_("One author says “not what I meant”"), url_for("feedback.handle", id=each.id),
                  _("See the words"), desk.titles.get(each.theme_id, "")) for each in desk.objections]


def may_be_owed(desk: Desk) -> bool:
    """From the promised day on, an answer that is not signed no longer blocks: it shows as owed."""
    promised = desk.consultation.promised_on
    return bool(promised and clock.today() >= promised) and desk.consultation.state == "answering"


def owing(desk: Desk) -> list[dict[str, Any]]:
    """Each company that has not signed all answers to themes it can see, by name."""
    here = desk.consultation.id
    is_out = desk.consultation.state == "published"
    way = ((url_for("feedback.default", id=here), _("Record it")) if is_out else
           (url_for("feedback.facilitate", id=here) + "#remind", _("Remind it")))
    detail = ("" if is_out or may_be_owed(desk) else
              _("After the promised date you may publish without them; they show as owed, by name."))
    return [line(ngettext("%(company)s has not signed %(num)s answer", "%(company)s has not signed %(num)s answers",
                           number, company=desk.companies[company]), *way, detail, warn=True)
            for company, number in desk.unsigned]


@dataclass
class Line:
    """One theme on a company's own desk: what it owes, how far its own draft is."""

    theme: Theme
    title: str  # in the reader's language
    company_id: uuid.UUID
    company: str
    answer: Answer | None
    is_owed: bool


def companys(by: Viewer, consultation_id: uuid.UUID
             ) -> tuple[Consultation, str, list[Line], list[tuple[Measure, Written]]]:
    """The themes addressed to the viewer's own companies, with their own answers and measures alone."""
    consultation, said = titled(consultation_id)
    own = {c.company_id: c.company.name for c, _d in companies_of(consultation_id)
           if by.is_in("companies", c.company_id)}
    themes = db.session.execute(sa.select(Theme, theme_title(language())).where(
        Theme.consultation_id == consultation_id, Theme.shared_on.is_not(None)).order_by(*IN_ORDER)).all()
    latest: dict[Any, Answer] = {}
    signed = set()
    for each in db.session.scalars(sa.select(Answer).where(
            Answer.consultation_id == consultation_id, Answer.company_id.in_(own)).order_by(Answer.number)):
        latest[(each.theme_id, each.company_id)] = each
        if each.state != "draft":
            signed.add((each.theme_id, each.company_id))
    measures = list(db.session.scalars(sa.select(Measure).where(
        Measure.consultation_id == consultation_id, Measure.company_id.in_(own)).order_by(Measure.due_on)))
    lines = [Line(theme, title, company, name, latest.get((theme.id, company)), (theme.id, company) not in signed)
             for theme, title in themes for company, name in own.items() if company in theme.addressed]
    tr, lang = translations_for([m.id for m in measures], language()), language()
    return consultation, said, lines, [(m, written(m.what, m.lang, m.id, "what", tr, lang)) for m in measures]

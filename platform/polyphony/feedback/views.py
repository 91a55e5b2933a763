"""The published answers and each theme, for everybody who may see the consultation; providers for other rooms."""

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, request, url_for

from polyphony.consultations.models import Consultation
from polyphony.feedback import glance, providing, rules, service, themes  # noqa: F401 - what others ask is answered there
from polyphony.feedback.models import IN_ORDER, Answer, Excerpt, Objection, Theme
from polyphony.feedback.path import path
from polyphony.feedback.words import DECISIONS
from polyphony.inputs.lists import place_of
from polyphony.kernel import clock, viewer
from polyphony.kernel.access import access, anyone
from polyphony.kernel.database import db
from polyphony.kernel.locale import _, language, ngettext
from polyphony.kernel.pages import page, reading
from polyphony.kernel.providers import Waits, provide
from polyphony.languages.models import Translation
from polyphony.languages.service import reader_first, written
from polyphony.organisations.models import Organisation

blueprint = Blueprint("feedback", __name__, url_prefix="/<lang>")
BLUEPRINTS = [blueprint]


@blueprint.get("/consultations/<uuid:id>/answers")
@access(anyone)
def answers(id: uuid.UUID):  # type: ignore[no-untyped-def]
    board = glance.board(viewer.current(), themes.consultation_of(id), only_mine="mine" in request.args)
    reading()
    return page("feedback/answers.html", board=board)


@blueprint.get("/themes/<uuid:id>")
@access(anyone)
def theme(id: uuid.UUID):  # type: ignore[no-untyped-def]
    by, after = viewer.current(), request.args.get("after", "")
    board = service.board_of_theme(by, id)
    shown, (said, more) = board.themes[0], service.excerpts_of(by, id, after)
    reading()
    return page("feedback/theme.html", board=board, theme=shown, said=said, more=more, is_first=not place_of(after),
                score=path(board, shown, said) if not place_of(after) else None,
                objections=list({o.id: (o, reply) for each in said for o, reply in each.objections}.values()))


@dataclass
class Fate:
    """Where an input went: a theme, what became of it, and where to say 'not what I meant'."""

    theme_id: uuid.UUID
    title: Any
    summary: Any
    url: str
    quote: str
    is_published: bool
    answers: list[tuple[str, str, Any, str]]  # company, decision, its word, how late
    object_url: str
    objection: Objection | None


@provide("fate")
def fate(*asked: Any) -> dict[uuid.UUID, list[Fate]]:
    """For the author's inputs: each theme they went to once, and what every addressed company says or owes."""
    ids = list(asked[-1]) if isinstance(asked[-1], (list, set, tuple, frozenset)) else [asked[-1]]
    lang = language()
    rows = db.session.execute(
        sa.select(Excerpt, Theme, Objection, Consultation.promised_on, Translation)
        .join(Theme, Theme.id == Excerpt.theme_id)
        .join(Consultation, Consultation.id == Theme.consultation_id)
        .outerjoin(Objection, sa.and_(Objection.theme_id == Theme.id, Objection.input_id == Excerpt.input_id,
                                      Objection.handled_on.is_(None)))
        .outerjoin(Translation, sa.and_(Translation.subject_id == Theme.id, Translation.lang == lang))
        .where(Excerpt.input_id.in_(ids)).order_by(*IN_ORDER, Excerpt.id)).all()
    once = {(e.input_id, t.id): (e, t, o, promised) for e, t, o, promised, _tr in rows}
    tr = {(each.subject_id, each.field): each for *_row, each in rows if each is not None}
    said = _said_by_companies({t.id: (t, promised) for _e, t, _o, promised in once.values()})
    found: dict[uuid.UUID, list[Fate]] = {each: [] for each in ids}
    for e, t, objection, _promised in once.values():
        found[e.input_id].append(Fate(
            t.id, written(t.title, t.lang, t.id, "title", tr, lang),
            written(t.summary, t.lang, t.id, "summary", tr, lang),
            url_for("feedback.theme", id=t.id), e.quote, t.published_on is not None, said.get(t.id, []),
            url_for("feedback.object", id=t.id, said=e.input_id), objection))
    return found


def _said_by_companies(held: dict[uuid.UUID, tuple[Theme, Any]]) -> dict[uuid.UUID, list[tuple[str, str, Any, str]]]:
    """Per theme: company, decision (or 'owed'), its word, and how late it came or is."""
    addressed = {company for theme, _p in held.values() for company in theme.addressed}
    rows = db.session.execute(sa.select(Organisation.id, Organisation.name, Answer).outerjoin(Answer, sa.and_(
        Answer.company_id == Organisation.id, Answer.state == "published", Answer.theme_id.in_(held)))
        .where(Organisation.id.in_(addressed)).order_by(Answer.number)).all() if addressed else []
    names = {id: name for id, name, _answer in rows}
    given: dict[uuid.UUID, dict[str, tuple[str, str, Any, str]]] = {}
    for theme, promised in held.values():
        if theme.published_on:
            late = _late(rules.late_days(promised, clock.today()))
            given[theme.id] = {names[c]: (names[c], "owed", _("Owed"), late) for c in theme.addressed if c in names}
    for _id, name, a in rows:
        if a is None:
            continue
        given.setdefault(a.theme_id, {})[name] = (name, a.decision, DECISIONS[a.decision], _late(a.late_days))
    return {theme: sorted(each.values(), key=lambda row: row[0]) for theme, each in given.items()}


def _late(days: int) -> str:
    return ngettext("%(num)s day late", "%(num)s days late", days) if days > 0 else ""


def _owes(companies: list[uuid.UUID]) -> Any:
    """Whether one of these companies has not signed an answer that a shared theme asks of it."""
    given = sa.exists().where(Answer.theme_id == Theme.id, Answer.company_id == Organisation.id,
                              Answer.state != "draft")
    return sa.exists().where(
        Theme.consultation_id == Consultation.id, Theme.shared_on.is_not(None), Organisation.id.in_(companies),
        Organisation.id == sa.any_(Theme.addressed), ~given)


@provide("waits")
def waits(by: viewer.Viewer) -> list[Waits]:
    """What the loop waits for: the facilitator's publications, a company's unsigned answers."""
    places = dict.fromkeys(by.of("facilitated"), "feedback.facilitate")
    firms = list(by.of("leading") | by.of("deciding"))
    left = list(by.of("left") - by.of("convened") - by.of("facilitated")) if firms else []
    places = dict.fromkeys([*by.of("convened"), *left] if firms else (), "feedback.desk") | places
    if not places:
        return []
    title_of = reader_first(Consultation.id, "title", Consultation.title, Consultation.source_lang, language())
    found = db.session.execute(sa.select(Consultation, title_of).where(
        Consultation.id.in_(list(places)), Consultation.state.in_(("open", "answering")),
        sa.or_(Consultation.id.not_in(left), _owes(firms)))
        .order_by(Consultation.promised_on, Consultation.id)).all()
    lines = []
    for each, title in found:
        place = places[each.id]
        if place == "feedback.desk" and each.state == "open":
            continue
        text = _("Facilitate: %(title)s", title=title) if place == "feedback.facilitate" else _(
            "Answer the themes: %(title)s", title=title)
        lines.append(Waits(text, url_for(place, id=each.id), each.promised_on,
                           warn=bool(each.promised_on and each.promised_on < clock.today())))
    return lines


from polyphony.feedback import (  # noqa: E402, F401
    awaiting,
    stories,
    views_answers,
    views_arranging,
    views_measures,
    views_placing,
    views_record,
    views_themes,
)

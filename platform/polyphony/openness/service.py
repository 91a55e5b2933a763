"""What visitors see first and what waits for each member: read from the rooms below, counted nowhere."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app, url_for
from sqlalchemy.orm import lazyload, load_only

from polyphony.consultations.models import Consultation
from polyphony.consultations.showing import zone_for
from polyphony.consultations.words import STATES
from polyphony.inputs.models import Draft, Input
from polyphony.kernel import clock, locale, providers, viewer
from polyphony.kernel.database import db
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import Written, translations_for, written

MOVING = ("open", "announced", "answering")
HERE = ("convened", "facilitated", "participating", "translating", "left")
SHOWN = 12
NEAR = timedelta(days=2)


@dataclass(frozen=True)
class Line:
    """One consultation in a list: its title in the reader's language, where it stands, what was promised."""

    id: uuid.UUID
    title: Written
    plain: Written
    state: str
    label: Any
    closes: str  # the day inputs end, when it is near also the hour
    promised: clock.Day | None
    days_left: int | None
    url: str | None
    ends: date | None
    answers: date | None
    has_said: bool  # whether something said here is this viewer's own
    has_begun: bool  # whether she has a draft here


@dataclass(frozen=True)
class Lists:
    """Consultations that are moving, and those whose answers can be read."""

    moving: list[Line]
    answered: list[Line]


def where(endpoint: str, **values: Any) -> str | None:
    """The address of a page, or None while its room has no such page."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def listed() -> Lists:
    """Listed consultations for anybody: those that move, in the order of their promised dates, then the answered."""
    return _lists(Consultation.discovery == "listed", Consultation.state != "draft")


def told(lists: Lists) -> tuple[Line, Any] | None:
    """One answered consultation of this place with its score, to show a visitor what happens to words here."""
    for line in lists.answered[:1]:
        for drawn in filter(None, providers.ask("consultation_path", line.id)):
            return line, drawn
    return None


def mine(by: Viewer) -> Lists:
    """The consultations this member takes part in, drafts included; all listed ones for those who watch."""
    if by.is_steward or by.is_auditor:
        return listed()
    ids = frozenset().union(*(by.of(fact) for fact in HERE))
    return _lists(Consultation.id.in_(ids)) if ids else Lists([], [])


def _lists(*which: Any) -> Lists:
    is_moving = Consultation.state.in_((*MOVING, "draft"))
    columns = load_only(*(getattr(Consultation, name) for name in (
        "id", "state", "title", "plain", "source_lang", "closes_at", "promised_on", "time_zone")))
    ranked = (sa.case((is_moving, 0), else_=1), sa.case((is_moving, Consultation.promised_on)),
              Consultation.promised_on.desc(), Consultation.id)
    about = sa.select(Consultation, _said(), _begun()).options(columns, lazyload(Consultation.facilitator))
    found = db.session.execute(about.where(*which).order_by(*ranked).limit(2 * SHOWN)).all()
    words = translations_for([each.id for each, *_hers in found], locale.language())
    lines = [_line(each, words, *hers) for each, *hers in found]
    moving = [line for line in lines if line.state in (*MOVING, "draft")]
    return Lists(moving[:SHOWN], [line for line in lines if line not in moving][:SHOWN])


def _said() -> Any:
    """Whether this viewer has said something in a consultation."""
    mine = viewer.current().of("authored")
    hers = sa.any_(sa.literal(list(mine), sa.ARRAY(sa.Uuid())))
    return sa.exists().where(Input.consultation_id == Consultation.id, Input.id == hers) if mine else sa.false()


def _begun() -> Any:
    """Whether this viewer has a draft in a consultation."""
    by = viewer.current()
    return sa.exists().where(Draft.consultation_id == Consultation.id, Draft.person_id == by.person) if by.of(
        "speaking") else sa.false()


def _line(each: Consultation, words: Any, has_said: bool, has_begun: bool) -> Line:
    lang, promised = locale.language(), each.promised_on
    ends = clock.date_in(each.closes_at, zone_for(viewer.current(), each))
    say = {name: written(getattr(each, name), each.source_lang, each.id, name, words, lang)
           for name in ("title", "plain")}
    return Line(
        each.id, say["title"], say["plain"], each.state, STATES[each.state], _ends(each, ends),
        clock.day(promised), clock.days_between(clock.today(), promised) if promised else None,
        where("consultations.show", id=each.id), ends, promised, has_said, has_begun)


def _ends(each: Consultation, day: date | None) -> str:
    """The day inputs end, where the reader is; who has two days left, or less, is told the hour too."""
    told = clock.moment(each.closes_at, zone_for(viewer.current(), each))
    if not told or not each.closes_at:
        return ""
    is_near = each.closes_at - clock.now() < NEAR
    return f"{told.local} ({told.zone})" if is_near else clock.day(day).text  # type: ignore[union-attr]


def example() -> uuid.UUID | None:
    """A listed consultation whose answers are public, to show what the papers ask."""
    return db.session.scalar(
        sa.select(Consultation.id).where(Consultation.discovery == "listed",
                                         Consultation.state.in_(("published", "closed")))
        .order_by(Consultation.promised_on, Consultation.id).limit(1))


def funds() -> list[Any]:
    """Each fund in three numbers, as the fund itself tells them."""
    return [each for told in providers.ask("fund_in_numbers") for each in told]


def footer(links: Iterable[tuple[str, Any]]) -> list[dict[str, Any]]:
    return [{"url": url, "label": label} for endpoint, label in links if (url := where(endpoint))]

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
from polyphony.consultations.words import STATES
from polyphony.kernel import clock, locale, providers
from polyphony.kernel.database import db
from polyphony.kernel.locale import lazy
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import Written, translations_for, written

MOVING = ("open", "announced", "answering")
HERE = ("convened", "facilitated", "participating", "translating", "left")
SHOWN = 12


@dataclass(frozen=True)
class Line:
    """One consultation in a list: its title in the reader's language, where it stands, what was promised."""

    id: uuid.UUID
    title: Written
    plain: Written
    state: str
    label: Any
    closes: clock.Day | None
    promised: clock.Day | None
    days_left: int | None
    url: str | None


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


def mine(by: Viewer) -> Lists:
    """The consultations this member takes part in, drafts of her company included."""
    ids = frozenset().union(*(by.of(fact) for fact in HERE))
    return _lists(Consultation.id.in_(ids)) if ids else Lists([], [])


def _lists(*which: Any) -> Lists:
    is_moving = Consultation.state.in_((*MOVING, "draft"))
    columns = load_only(*(getattr(Consultation, name) for name in (
        "id", "state", "title", "plain", "source_lang", "closes_at", "promised_on")))
    ranked = (sa.case((is_moving, 0), else_=1), sa.case((is_moving, Consultation.promised_on)),
              Consultation.promised_on.desc(), Consultation.id)
    found = db.session.scalars(sa.select(Consultation).options(columns, lazyload(Consultation.facilitator))
                               .where(*which).order_by(*ranked).limit(2 * SHOWN)).all()
    words = translations_for([each.id for each in found], locale.language())
    lines = [_line(each, words) for each in found]
    moving = [line for line in lines if line.state in (*MOVING, "draft")]
    return Lists(moving[:SHOWN], [line for line in lines if line not in moving][:SHOWN])


def _line(each: Consultation, words: Any) -> Line:
    lang, promised = locale.language(), each.promised_on
    say = {name: written(getattr(each, name), each.source_lang, each.id, name, words, lang)
           for name in ("title", "plain")}
    return Line(
        each.id, say["title"], say["plain"], each.state, STATES[each.state], clock.day(each.closes_at),
        clock.day(promised), clock.days_between(clock.today(), promised) if promised else None,
        where("consultations.show", id=each.id))


def waiting(by: Viewer) -> list[Any]:
    """Everything that waits for this member, in all rooms, the earliest due first and the undated last."""
    found = [item for answer in providers.ask("waits", by) for item in answer or ()]
    return sorted(found, key=_due)


def _due(item: Any) -> tuple[date, bool]:
    said = item.get if isinstance(item, dict) else lambda name, default=None: getattr(item, name, default)
    on = next((on for name in ("due_on", "on", "due") if isinstance(on := said(name), date)), None)
    return (on or clock.today() + timedelta(days=36500), not said("warn", False))


DOORS = (
    ("notices.inbox", lazy("What happened lately"), lambda by: True),
    ("inputs.inbox", lazy("What I said, and what became of it"), lambda by: bool(by.of("speaking"))),
    ("consultations.create", lazy("Prepare a joint consultation"), lambda by: bool(by.of("leading"))),
    ("organisations.mine", lazy("Members of my organisation"), lambda by: bool(by.of("administered"))),
    ("organisations.admissions", lazy("Organisations that ask to join"), lambda by: by.is_steward),
    ("organisations.directory", lazy("Organisations that take part"), lambda by: True),
    ("people.account", lazy("Your account"), lambda by: True),
)


def doors(by: Viewer) -> list[dict[str, Any]]:
    """The other pages this member can go to; only finished rooms have a door."""
    return [{"url": url, "label": label} for endpoint, label, when in DOORS if when(by) and (url := where(endpoint))]


def example() -> uuid.UUID | None:
    """A listed consultation whose answers are public, to show what the papers ask."""
    return db.session.scalar(
        sa.select(Consultation.id).where(Consultation.discovery == "listed",
                                         Consultation.state.in_(("published", "closed")))
        .order_by(Consultation.promised_on, Consultation.id).limit(1))


def footer(links: Iterable[tuple[str, Any]]) -> list[dict[str, Any]]:
    return [{"url": url, "label": label} for endpoint, label in links if (url := where(endpoint))]

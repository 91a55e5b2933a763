"""What the facilitator has read and places in themes: a few on her desk, all of them in a list of their own."""

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from polyphony.feedback.models import Excerpt, Theme
from polyphony.feedback.themes import theme_title
from polyphony.inputs.lists import PAGE, cursor, place_of
from polyphony.inputs.looking import Sought, narrowed
from polyphony.inputs.models import Input
from polyphony.kernel.database import db
from polyphony.kernel.locale import language, lazy
from polyphony.languages.service import Written, in_a_list, present_translation

SHOWS = {"unplaced": lazy("In no theme"), "placed": lazy("In a theme")}
ON_DESK = 10
IN_NO_THEME = ~sa.exists(sa.select(Excerpt.id).where(Excerpt.input_id == Input.id)).correlate(Input)
BEGINNING = 150  # letters


@dataclass(frozen=True)
class Begun:
    """How an input begins, in the reader's language where there is a present translation."""

    id: uuid.UUID
    words: Written
    is_unplaced: bool


def _read(consultation_id: uuid.UUID, *columns: Any) -> Any:
    return sa.select(*columns).where(Input.consultation_id == consultation_id, Input.read_on.is_not(None),
                                     Input.withdrawn_on.is_(None))


def _begun(consultation_id: uuid.UUID) -> Any:
    translation = present_translation(Input.id, "text", language())
    return _read(consultation_id, Input.id, Input.day, Input.shuffle, Input.lang,
                 sa.func.left(Input.text, BEGINNING).label("text"),
                 sa.func.left(translation, BEGINNING).label("translation"),
                 IN_NO_THEME.label("is_unplaced")).order_by(~IN_NO_THEME, Input.day, Input.shuffle, Input.id)


def _shown(rows: Any) -> list[Begun]:
    return [Begun(row.id, in_a_list(row.text, row.lang, row.translation, language()), row.is_unplaced) for row in rows]


def first(consultation_id: uuid.UUID) -> list[Begun]:
    """The few inputs that stand on the desk: those in no theme first."""
    return _shown(db.session.execute(_begun(consultation_id).limit(ON_DESK)))


def listed(about: Any, looked_for: Sought, after: str = "") -> tuple[list[Begun], str]:
    """One page of what was read, those in no theme first, and where the next page begins ('' when this is the last)."""
    wanted = narrowed(_begun(about.id), looked_for, about)
    if looked_for.show:
        wanted = wanted.where(IN_NO_THEME if looked_for.show == "unplaced" else ~IN_NO_THEME)
    place = place_of(after)
    if place:
        known = sa.tuple_(~IN_NO_THEME, Input.day, Input.shuffle, Input.id)
        wanted = wanted.where(known > sa.tuple_(*(sa.literal(x) for x in place)))
    rows = list(db.session.execute(wanted.limit(PAGE + 1)))
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return _shown(rows[:PAGE]), cursor(last, not last.is_unplaced) if last else ""


def next_unplaced(consultation_id: uuid.UUID, but: uuid.UUID) -> uuid.UUID | None:
    """Another input that was read and is in no theme yet."""
    wanted = _read(consultation_id, Input.id).where(IN_NO_THEME, Input.id != but)
    return db.session.scalars(wanted.order_by(Input.day, Input.shuffle, Input.id).limit(1)).first()


def themes_of(consultation_id: uuid.UUID, said: uuid.UUID) -> tuple[dict[uuid.UUID, str], list[tuple[str, str]]]:
    """Every theme to choose from by its title, and (quote, title) of what is placed of this input (one statement)."""
    rows = db.session.execute(
        sa.select(Theme, theme_title(language()), Excerpt)
        .outerjoin(Excerpt, sa.and_(Excerpt.theme_id == Theme.id, Excerpt.input_id == said))
        .where(Theme.consultation_id == consultation_id)
        .order_by(Theme.place, Theme.made_on, Theme.title, Theme.id, Excerpt.id)).all()
    return ({theme.id: title for theme, title, _e in rows},
            [(e.quote, title) for _theme, title, e in rows if e is not None])

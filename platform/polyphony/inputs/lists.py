"""Lists of inputs for readers: what row security lets each see, newest day first, shuffled within a day."""

import uuid
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from polyphony.inputs import looking
from polyphony.inputs.looking import Sought, narrowed
from polyphony.inputs.models import Input
from polyphony.kernel.database import db
from polyphony.uploads.service import File, hanging_on, listed

PAGE = 25
LETTERS = 5_000  # of original words on one page, so that it stays light on a slow line
Place = tuple[bool, date, int, uuid.UUID]


@dataclass(frozen=True)
class Slice:
    """Some rows of a list and where the next ones begin ('' when these are the last)."""

    rows: list[Input]
    after: str
    files: dict[uuid.UUID, list[File]] = field(default_factory=dict)  # what hangs on each
    found: int | None = None  # how many in all, where something was looked for
    read: set[uuid.UUID] = field(default_factory=set)  # on the facilitator's desk: those she has read


def cursor(entry: Any, is_later: bool = True, id: uuid.UUID | None = None) -> str:
    """Where an input, or what hangs on it and has this id, stands in a list of two parts, as text for an address."""
    return f"{int(is_later)}.{entry.day.isoformat()}.{entry.shuffle}.{id or entry.id}"


def place_of(text: str) -> Place | None:
    """The place a cursor means; None for one that means nothing."""
    try:
        is_later, day, shuffle, id = text.split(".")
        return is_later == "1", date.fromisoformat(day), max(0, min(int(shuffle), 2**31 - 1)), uuid.UUID(id)
    except ValueError:
        return None


def fitting(lengths: list[int], letters: int = LETTERS) -> int:
    """How many texts of these lengths one page holds: at least the first."""
    whole = 0
    for number, length in enumerate(lengths):
        whole += length
        if number and whole > letters:
            return number
    return len(lengths)


def released(about: Any, after: str = "", looked_for: Sought = Sought()) -> Slice:
    """Inputs of a consultation that the facilitator has read and this viewer may read."""
    wanted = narrowed(sa.select(Input).where(Input.consultation_id == about.id, Input.read_on.is_not(None),
                                             Input.withdrawn_on.is_(None)), looked_for, about)
    place = place_of(after)
    if place:
        _, day, shuffle, id = place
        later = sa.tuple_(Input.shuffle, Input.id) > sa.tuple_(sa.literal(shuffle), sa.literal(id))
        wanted = wanted.where(sa.or_(Input.day < day, sa.and_(Input.day == day, later)))
    rows = db.session.execute(wanted.add_columns(hanging_on(Input.id), looking.number(looked_for, place)).order_by(
        Input.day.desc(), Input.shuffle, Input.id).limit(PAGE + 1)).all()
    shown = [row[0] for row in rows[:fitting([len(row[0].text) for row in rows[:PAGE]])]]
    return Slice(shown, cursor(shown[-1]) if len(rows) > len(shown) else "",
                 {entry.id: listed(files) for entry, files, _ in rows if files}, rows[0][2] if rows else None)

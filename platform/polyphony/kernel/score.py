"""The path of an input as a score: time runs along, every voice keeps its own line.

Pure geometry from plain values: no database, no Flask. A wide picture (time along the reading direction)
and a narrow one for phones (time downwards) show the same notes, and `rows` is the same as a table. Gaps
between days grow with the root of their length, so that three days and half a year both stay readable.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date

from polyphony.kernel.score_drawing import PHONE, Narrow, Wide
from polyphony.kernel.score_parts import HEARD, Note, Picture, Place, Voice

__all__ = ["Note", "Row", "Score", "Voice", "score"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table beside the picture; `since` is None for the first."""

    voice: str
    words: str
    day: str
    iso: str
    since: int | None


@dataclass(frozen=True, slots=True)
class Score:
    direction: str
    wide: Picture
    narrow: Picture
    rows: tuple[Row, ...]


def score(
    voices: Iterable[Voice], bar: tuple[date, str] | None = None, start: date | None = None,
    end: date | None = None, direction: str = "ltr", width: int = 720,
    say_day: Callable[[date], str] = date.isoformat,
) -> Score:
    """Lay out the whole story; `bar` is the day of answering together and its words."""
    kept = [replace(v, notes=sorted(v.notes, key=lambda n: n.day)) for v in voices if v.notes]
    days = sorted({n.day for v in kept for n in v.notes} | ({bar[0]} if bar else set()))
    span = sorted({*days, *(d for d in (start, end) if d)})
    links = list(_links(kept))
    wide = Wide(kept, days, span, bar, links, direction, width, say_day).draw() if kept else Picture(width, 40)
    narrow = Narrow(kept, bar, links, direction, say_day).draw() if kept else Picture(PHONE, 40)
    return Score(direction, wide, narrow, _rows(kept, say_day))


def _links(voices: list[Voice]) -> Iterable[tuple[Place, Place]]:
    """Which note takes up which: along each voice, and from voice to voice."""
    for v, voice in enumerate(voices):
        source = _source(voices, v)
        if source:
            yield from ((s, (v, 0)) for s in source)
        yield from (((v, n), (v, n + 1)) for n in range(len(voice.notes) - 1))


def _source(voices: list[Voice], v: int) -> list[Place]:
    """The notes that a voice's first note takes up."""
    first = voices[v].notes[0]
    wanted: tuple[str, ...] = ("said", "read", "theme")
    if first.kind in HEARD:
        return []
    if first.kind == "theme":
        wanted = HEARD
    if first.kind == "ground":
        found = [(i, n) for i, o in enumerate(voices) if i != v for n, x in enumerate(o.notes)
                 if x.kind == "measure" and x.day <= first.day and voices[v].follows in ("", o.label)]
        if found:
            return found
        wanted = ("answer", "late")
    before = [(i, n) for i, o in enumerate(voices[:v]) for n, x in enumerate(o.notes)
              if x.kind in wanted and x.day <= first.day and voices[v].follows in ("", o.label)
              and (voices[v].follows or x.decision not in ("declined", "outside"))]
    return before[-1:]


def _rows(voices: list[Voice], say_day: Callable[[date], str]) -> tuple[Row, ...]:
    rows: list[Row] = []
    last: date | None = None
    for note, voice in sorted(((n, v) for v in voices for n in v.notes), key=lambda p: p[0].day):
        since = None if last is None else (note.day - last).days
        rows.append(Row(voice.label, note.words, say_day(note.day), note.day.isoformat(), since))
        last = note.day
    return tuple(rows)

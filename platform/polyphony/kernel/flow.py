"""The path of money as one picture: received; of it granted or available; of the granted paid, on its way, to pay.

Pure geometry from plain numbers: no database, no Flask. A wide picture with bands from column to column along the
reading direction, and a narrow one for phones with one bar below another. Widths are true to the amounts, except
that what is not nothing can always be seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from polyphony.kernel.score_drawing import PHONE
from polyphony.kernel.score_parts import LEADING, Picture, Sheet, width_of, wrap

WIDTH, TALL, BAR, SLOT, GAP, LEAST = 720, 190.0, 14.0, 46.0, 14.0, 2.0
COLUMNS = (0.0, 300.0, WIDTH - BAR)


@dataclass(frozen=True, slots=True)
class Part:
    """One amount: how it is called, how it is said, in minor units; `kind` chooses its colour."""

    label: str
    said: str
    amount: int
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    direction: str
    wide: Picture
    narrow: Picture
    parts: tuple[Part, ...]


@dataclass(slots=True)
class _Bar:
    part: Part
    x: float
    y: float
    tall: float
    given: float = 0.0  # how much of it has left along bands already


def flow(whole: Part, halves: Sequence[Part], pieces: Sequence[Part], direction: str = "ltr") -> Flow:
    """Lay out the whole, its halves, and the pieces of the first half; amounts of nothing are left out."""
    first = [part for part in halves if part.amount > 0]
    last = [part for part in pieces if part.amount > 0]
    return Flow(direction, _wide(whole, first, last, direction), _narrow(whole, halves, pieces, direction),
                (whole, *halves, *pieces))


def _wide(whole: Part, halves: list[Part], pieces: list[Part], direction: str) -> Picture:
    scale = TALL / whole.amount if whole.amount > 0 else 0.0
    columns = [_column(parts, x, scale) for parts, x in zip(([whole], halves, pieces), COLUMNS, strict=True)]
    foot = max((bar.y + max(bar.tall, SLOT) for column in columns for bar in column), default=0.0)
    sheet = Sheet(Picture(WIDTH, int(foot + 4)), direction)
    for source, column in ((columns[0], columns[1]), (columns[1][:1], columns[2])):
        for bar in column if source else ():
            _band(sheet, source[0], bar)
    for column, is_last in zip(columns, (False, False, True), strict=True):
        for bar in column:
            _box(sheet, "bar", bar.x, bar.y, BAR, bar.tall)
            sheet.text(bar.x - 9 if is_last else bar.x + BAR + 9, bar.y + 18, (bar.part.label, bar.part.said), "strong",
                       "end" if is_last else "start")
    return sheet.picture


def _column(parts: list[Part], x: float, scale: float) -> list[_Bar]:
    y, bars = 2.0, []
    for part in parts:
        bars.append(_Bar(part, x, y, max(part.amount * scale, LEAST)))
        y += max(bars[-1].tall, SLOT) + GAP
    return bars


def _band(sheet: Sheet, source: _Bar, target: _Bar) -> None:
    """From its place on the source, below what has left already, to the whole of the target."""
    x1, x2 = source.x + BAR, target.x
    top = source.y + min(source.given, max(source.tall - target.tall, 0.0))
    source.given += target.tall
    middle, bottom, end = (x1 + x2) / 2, top + target.tall, target.y + target.tall
    sheet.run(f"band {target.part.kind}", "M", (x1, top), "C", (middle, top), (middle, target.y), (x2, target.y),
              "L", (x2, end), "C", (middle, end), (middle, bottom), (x1, bottom), "Z")


def _box(sheet: Sheet, kind: str, x: float, y: float, wide: float, tall: float) -> None:
    sheet.run(kind, "M", (x, y), "L", (x + wide, y), "L", (x + wide, y + tall), "L", (x, y + tall), "Z")


def _narrow(whole: Part, halves: Sequence[Part], pieces: Sequence[Part], direction: str) -> Picture:
    """One bar below another; each begins where the part before it ends."""
    sheet, y = Sheet(Picture(PHONE, 0), direction), 0.0
    scale = PHONE / whole.amount if whole.amount > 0 else 0.0
    for row in ((whole,), halves, pieces):
        begin = 0.0
        for part in row:
            wide = max(part.amount * scale, LEAST if part.amount > 0 else 0.0)
            y = _row(sheet, part, y, min(begin, PHONE - wide), wide)
            begin += part.amount * scale
    sheet.picture.height = int(y)
    return sheet.picture


def _row(sheet: Sheet, part: Part, y: float, begin: float, wide: float) -> float:
    lines = wrap(part.label, PHONE - width_of(part.said) - 12)
    sheet.text(0, y + 15, lines, "strong")
    sheet.text(PHONE, y + 15, (part.said,), "words", "end")
    y += len(lines) * LEADING + 4
    _box(sheet, "track", 0, y, PHONE, 12)
    if wide:
        _box(sheet, "bar", begin, y, wide, 12)
    return y + 24

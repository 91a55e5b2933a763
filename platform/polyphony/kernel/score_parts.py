"""What a score is made of: notes and voices come in, lines, runs, marks and texts go out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from unicodedata import category, east_asian_width

HEARD, ANSWERED, WARNED = ("said", "read"), ("answer", "late", "owed", "measure"), ("late", "owed")
SIZE, SMALL, LEADING = 14, 13, 17
Box = tuple[float, float, float, float]
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened on a voice's line: said, read, theme, answer, late, owed, measure or ground."""

    day: date
    words: str
    kind: str
    decision: str = ""


@dataclass(frozen=True, slots=True)
class Voice:
    """One line of the score; `follows` names the voice it takes up where that is not plain from the kinds."""

    label: str
    notes: Sequence[Note]
    follows: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    x1: float
    y1: float
    x2: float
    y2: float
    kind: str


@dataclass(frozen=True, slots=True)
class Run:
    """A drawn path: `run`, `late`, `owed` between notes, `slur` over the days between them."""

    d: str
    kind: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A note's shape, centred on x and y."""

    x: float
    y: float
    shape: str
    warn: bool


@dataclass(frozen=True, slots=True)
class Text:
    """Lines of words; `anchor` follows the writing direction, as SVG does. `days` > 0 asks for 'n days'."""

    x: float
    y: float
    anchor: str
    lines: tuple[str, ...]
    kind: str
    days: int = 0


@dataclass(slots=True)
class Picture:
    """What one SVG draws."""

    width: int
    height: int
    lines: list[Line] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)


def width_of(words: str, size: float = SIZE) -> float:
    """About how wide a text will be drawn; generous, since we do not know the reader's font."""
    total = 0.0
    for sign in words:
        if category(sign) in ("Mn", "Me", "Cf"):
            continue
        total += 1.0 if east_asian_width(sign) in "WF" else 0.3 if sign in " .,:;'|!ijlıtfr" else 0.59
    return total * size


def wrap(words: str, width: float, size: float = SIZE) -> tuple[str, ...]:
    """Break a text into lines that fit, between words only."""
    lines: list[str] = []
    for word in words.split():
        if lines and width_of(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines) or ("",)


def shape_of(note: Note) -> str:
    return note.decision or {"late": "late", "owed": "owed", "measure": "measure", "said": "note",
                             "read": "read", "theme": "note", "ground": "note"}.get(note.kind, "note")


def run_kind(note: Note) -> str:
    return note.kind if note.kind in WARNED else "run"


class Sheet:
    """Coordinates that turn round in right-to-left, numbers short enough for a slow line."""

    def __init__(self, picture: Picture, direction: str):
        self.picture, self.rtl = picture, direction == "rtl"

    def x(self, value: float) -> float:
        return round(self.picture.width - value if self.rtl else value, 1)

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        self.picture.lines.append(Line(self.x(x1), round(y1, 1), self.x(x2), round(y2, 1), kind))

    def run(self, kind: str, *parts: str | tuple[float, float]) -> None:
        words = [p if isinstance(p, str) else f"{self.x(p[0]):g} {round(p[1], 1):g}" for p in parts]
        self.picture.runs.append(Run(" ".join(words), kind))

    def mark(self, x: float, y: float, note: Note) -> None:
        warn = note.kind in WARNED or note.decision in ("harms",)
        self.picture.marks.append(Mark(self.x(x), round(y, 1), shape_of(note), warn))

    def text(self, x: float, y: float, lines: Sequence[str], kind: str, anchor: str = "start",
             days: int = 0) -> None:
        self.picture.texts.append(Text(self.x(x), round(y, 1), anchor, tuple(lines), kind, days))

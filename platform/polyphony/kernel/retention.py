"""What is kept, of whom, how long and why: each room declares its own data, and what ends them.

A *datum* names tables and columns, so that a test can ask whether every column of every table is told of. Its
`mine` is SQL of the rows about whoever is looking (`:person`, `:phrase`), read under her own row security: what she
sees and takes away is what the database lets her see. Rooms also register who ends a datum when its time has come,
and who erases what hangs on a person; the worker asks them, the highest room first.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

DELETED, EMPTIED, KEY_DESTROYED, STAYS = "deleted", "emptied", "key", "stays"
ACCOUNT, PHRASE, ORGANISATION = "account", "phrase", "organisation"


@dataclass(frozen=True)
class Datum:
    """One sort of thing that is kept: what, of whom, until when, why, how it ends, and where it lies.

    `erased` says what becomes of it when somebody erases herself (as `end` unless said otherwise); `told` makes a
    row of `mine` readable; `codes` says what the codes in its columns mean, for people; `way` leads from such a row to
    the page where she changes it.
    """

    name: str
    of: tuple[str, ...]
    what: Any
    until: Any
    why: Any
    end: str
    places: Mapping[str, str]
    mine: str = ""
    erased: str = ""
    codes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    told: Callable[[dict[str, Any]], dict[str, Any]] = field(default=lambda row: row)
    way: Callable[[dict[str, Any]], str] | None = None

    @property
    def when_erased(self) -> str:
        return self.erased or self.end


@dataclass(frozen=True)
class Gone:
    """Somebody who is to be erased: an account, or whoever came with a return phrase."""

    person: uuid.UUID | None = None
    phrase: uuid.UUID | None = None


@dataclass(frozen=True)
class Now:
    """The day on which data end, what a hold keeps from ending, and how many rows are taken at once."""

    today: date
    held: list[uuid.UUID]
    held_people: list[uuid.UUID]
    most: int

    @property
    def values(self) -> dict[str, Any]:
        return {"today": self.today, "held": self.held, "held_people": self.held_people, "most": self.most}


datums: dict[str, Datum] = {}
impersonal: dict[str, tuple[str, str]] = {}  # table → (columns, why nothing in them is of a person)
enders: dict[str, Callable[[Now], int]] = {}
erasers: list[tuple[Callable[[Gone], None], bool]] = []


def keeps(*made: Datum) -> None:
    """Declare what a room keeps."""
    for datum in made:
        datums[datum.name] = datum


def spare(reason: str, **tables: str) -> None:
    """Declare columns that hold nothing of a person; `schema__table="column …"`."""
    for table, columns in tables.items():
        known = impersonal.get(table.replace("__", "."), ("", ""))[0]
        impersonal[table.replace("__", ".", 1)] = (f"{known} {columns}".strip(), reason)


def ends(name: str) -> Callable[[Callable[[Now], int]], Callable[[Now], int]]:
    """Register what ends a datum of this name in time; it answers how many rows it took, at most `now.most`."""

    def keep(function: Callable[[Now], int]) -> Callable[[Now], int]:
        enders[name] = function
        return function

    return keep


def erases(*, also_when_held: bool = False) -> Callable[[Callable[[Gone], None]], Callable[[Gone], None]]:
    """Register what erases a room's part of somebody; repeating it changes nothing."""

    def keep(function: Callable[[Gone], None]) -> Callable[[Gone], None]:
        if (function, also_when_held) not in erasers:
            erasers.append((function, also_when_held))
        return function

    return keep


def of_mine(kind: str) -> list[Datum]:
    """What may be held about somebody with an account, or with a return phrase."""
    return [each for each in datums.values() if kind in each.of and each.mine]

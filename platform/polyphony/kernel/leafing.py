"""A list longer than a page: what is looked for in it, where one stands, and the ways on, back and to the beginning."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from polyphony.kernel.forms import tidy

LONGEST, FARTHEST = 200, 1_000_000  # letters looked for; rows of a list


@dataclass(frozen=True)
class Sought:
    """What somebody looks for in a list, as the address says it; what means nothing is left out."""

    q: str = ""
    state: str = ""
    order: str = ""
    start: int = 0

    @property
    def asked(self) -> dict[str, Any]:
        """What belongs into the address of another page of this list."""
        return {name: value for name, value in (("q", self.q), ("state", self.state), ("order", self.order)) if value}


def sought(args: Any, *, states: Mapping[str, Any] | None = None, orders: Mapping[str, Any] | None = None) -> Sought:
    """Read the address of a page."""
    state, order = args.get("state", ""), args.get("order", "")
    return Sought((tidy(args.get("q", "")) or "")[:LONGEST], state if state in (states or {}) else "",
                  order if order in (orders or {}) else "", begins(args))


def begins(args: Any, name: str = "from") -> int:
    """Where in a list a page begins, as its address says it: what is no number, or one out of reach, is bent to one."""
    return min(max(0, args.get(name, 0, int)), FARTHEST)


def behind(row: Any, after: str) -> Any:
    """What of a list in the order (`shuffle`, `id`) stands behind the row that an address names; without one, all.

    The address holds both, so the list goes on also when that row has gone meanwhile.
    """
    number, _, id = after.partition(".")
    try:
        place = max(0, min(int(number), 2**31 - 1)), uuid.UUID(id)
    except ValueError:
        return sa.true()
    return sa.tuple_(row.shuffle, row.id) > sa.tuple_(*map(sa.literal, place))


def place(row: Any) -> str:
    """How an address names the row behind which a list in the order (`shuffle`, `id`) goes on."""
    return f"{row.shuffle}.{row.id}"


@dataclass(frozen=True)
class Leaf:
    """One page of a list: rows `first` to `last` of `all`."""

    start: int
    size: int
    all: int
    address: Callable[..., str]  # of this list, given where a page begins

    @property
    def first(self) -> int:
        return self.start + 1

    @property
    def last(self) -> int:
        return min(self.start + self.size, self.all)

    @property
    def beginning(self) -> str:
        return self._at(0) if self.start > self.size else ""

    @property
    def previous(self) -> str:
        return self._at(max(0, self.start - self.size)) if self.start else ""

    @property
    def next(self) -> str:
        return self._at(self.start + self.size) if self.all > self.start + self.size else ""

    def _at(self, start: int) -> str:
        return self.address(**({"from": start} if start else {}))

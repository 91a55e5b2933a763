"""Questions that go upward or across rooms, answered with a yes, a number, a due date or a colour: never content.

A lower room asks by name; higher rooms register who answers. So the home page learns what waits for
somebody without knowing the rooms in which it waits.

`conflict(person_id, organisation_id) -> bool` is asked by the worker where somebody judges what an organisation asked
for: any room may say yes, and none says why. `joined(person_id, organisation_id) -> None` is told in the very
transaction that somebody has a seat in an organisation which she had not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Waits:
    """One answer to "waits": what a member can do next, where, and by which day or by which words for it."""

    text: str
    url: str
    due_on: date | None = None
    warn: bool = False
    due: str = ""


_registered: dict[str, list[Callable[..., Any]]] = {}


def provide(question: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function that answers a question."""

    def keep(function: Callable[..., Any]) -> Callable[..., Any]:
        if function not in _registered.setdefault(question, []):
            _registered[question].append(function)
        return function

    return keep


def ask(question: str, *args: Any, **kwargs: Any) -> list[Any]:
    """Everybody's answer to a question, in the order of registration."""
    return [answer(*args, **kwargs) for answer in _registered.get(question, [])]


def first(question: str, *args: Any, **kwargs: Any) -> Any:
    """The answer of the first who has one; the others are not asked any more."""
    return next((said for answer in _registered.get(question, []) if (said := answer(*args, **kwargs))), None)

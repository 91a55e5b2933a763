"""What the two UN B-Tech papers ask of companies and stakeholders, and where it lives here.

A line with a page leads to it; a line without one is said to be missing, so that nobody has to take our
word for anything.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from polyphony.kernel.locale import lazy
from polyphony.openness.service import where


@dataclass(frozen=True)
class Ask:
    """One thing the papers ask: what stands here for it, and the page, if there is one."""

    asks: Any
    here: Any
    url: str | None = None
    is_there: bool = True


@dataclass(frozen=True)
class Practice:
    """One of the five practices with what it asks for."""

    name: Any
    asks: list[Ask]


_ACROSS = (
    (lazy("Ask people in every phase: assess, act, track, communicate, remedy."),
     lazy("Each consultation names its phases."), "consultations.show"),
    (lazy("Let local people say whether a measure works."),
     lazy("The view from the ground stands beside what the company says."), "feedback.answers"),
    (lazy("Help people find remedy."), None, ""),
)
_LOOP = (
    (lazy("Say what was done, what was not, and why, by a promised date."),
     lazy("Every company answers every theme addressed to it. Late and missing answers stay visible."),
     "feedback.answers"),
    (lazy("Share how words were understood."),
     lazy("Authors see where their words went and can say “not what I meant”."), "people.come_back"),
    (lazy("Keep conflicting views."), lazy("A theme shows them side by side and never averages them."),
     "feedback.answers"),
)
_RELATIONS = (
    (lazy("Be open about what cannot be shared."),
     lazy("Each consultation says what cannot be shared, why, and until when."), "consultations.show"),
    (lazy("Agree on ground rules and end confidentiality on a date."), None, ""),
)
_SOUTH = (
    (lazy("Several companies ask together, not one after another."),
     lazy("One joint consultation, co-owned by several companies."), "consultations.index"),
    (lazy("Work in people’s languages and on slow lines."),
     lazy("Seven languages, translations beside every original, small pages that work without JavaScript."),
     "openness.front"),
    (lazy("Put safety before direct contact."),
     lazy("People can speak without an account, and nothing reaches others unread."), "openness.protect"),
)
_MONEY = (
    (lazy("Pay for time and capacity from a fund that no company steers."),
     lazy("A pooled fund decides with seats of several constituencies, and shows what it paid."), "fund.index"),
)
_PRACTICES = (
    (lazy("Engage across due diligence and remedy"), _ACROSS), (lazy("Close the feedback loop"), _LOOP),
    (lazy("Build relationships, not transactions"), _RELATIONS),
    (lazy("Engage voices from the Global South, several companies together"), _SOUTH),
    (lazy("Resource stakeholders through an independent fund"), _MONEY),
)


def practices(example: uuid.UUID | None) -> list[Practice]:
    """The five practices; pages of one consultation are shown by `example`, if any is public."""
    return [Practice(name, [_ask(example, *each) for each in asks]) for name, asks in _PRACTICES]


def _ask(example: uuid.UUID | None, asks: Any, here: Any, endpoint: str) -> Ask:
    if here is None:
        return Ask(asks, lazy("Not yet."), None, False)
    needs_one = endpoint in ("consultations.show", "feedback.answers")
    if needs_one and example is None:
        return Ask(asks, here)
    return Ask(asks, here, where(endpoint, **({"id": example} if needs_one else {})))

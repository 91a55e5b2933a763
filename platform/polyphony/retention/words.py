"""How data, their columns and their ends are called on pages."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

from polyphony.kernel import clock
from polyphony.kernel.locale import _, lazy

_LANGUAGE, _BEGINS, _ENDS, _WHEN, _WORDS = lazy("Language"), lazy("Since"), lazy("Until"), lazy("When"), lazy("Words")
COLUMNS = {
    "name": lazy("Name"), "language": _LANGUAGE, "lang": _LANGUAGE, "languages": lazy("Languages"),
    "time_zone": lazy("Time zone"), "mail_opt_in": lazy("Send me an e-mail when something happens"),
    "address": lazy("E-mail address"), "role": lazy("Role"), "roles": lazy("Roles"), "function": lazy("Function"),
    "organisation": lazy("Organisation"), "day": lazy("Day"), "at": _WHEN, "begun_at": _BEGINS, "begun_on": _BEGINS,
    "began_at": _BEGINS, "made_at": _BEGINS, "appointed_on": _BEGINS, "enrolled_on": _BEGINS, "ended_at": _ENDS,
    "ended_on": _ENDS, "until": _ENDS, "seen_at": lazy("Last used"), "text": _WORDS, "words": _WORDS, "fields": _WORDS,
    "reply": lazy("The reply"), "reason": lazy("Reason"), "shown_as": lazy("Named as"), "who": lazy("Named as"),
    "naming": lazy("How shall we name you?"), "audience": lazy("Who may read this?"),
    "speaks_as": lazy("As whom do you speak?"), "withdrawn_on": lazy("Withdrawn on"), "outside": lazy("On the outside"),
    "verb": lazy("What happened"), "act": lazy("What happened"), "kind": lazy("Kind"), "purpose": lazy("Kind"),
    "view": lazy("View from the ground"), "seen": lazy("Seen"), "format": lazy("Kind of file"),
    "size": lazy("Size in bytes"),
    "withheld": lazy("Kept from others by the facilitator"), "comes_from": lazy("Comes from"),
    "constituency": lazy("Sits for"), "label": lazy("Name"), "added_on": _BEGINS,
    "id": lazy("Number"), "input_id": lazy("Number"),
}
ENDS = {"deleted": lazy("Deleted"), "emptied": lazy("Name and words go"), "key": lazy("The key is destroyed"),
        "stays": lazy("Stays, without your name"), "kept": lazy("Stays")}
WHOSE = {"phrase": lazy("Of everybody who speaks, with a return phrase or an account"),
         "account": lazy("Only of people with an account"),
         "organisation": lazy("Of organisations, companies and the fund")}
STATES = {"proposed": lazy("Waits for a second steward"), "held": lazy("In force"), "ended": lazy("Ended"),
          "released": lazy("Let go")}
SHAPES = {"proposed": "waiting", "held": "closed", "ended": "done", "released": "done"}
KINDS = {"account": lazy("An account"), "consultation": lazy("A consultation and what was said in it")}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(_DAY.pattern + r"T[0-9]{2}:[0-9]{2}.*[+-][0-9]{2}:[0-9]{2}")


def column(name: str) -> str:
    """How a column is called; a test asks that every one has its words."""
    return str(COLUMNS.get(name, name))


def value(x: Any) -> str:
    """A value as people read it."""
    if isinstance(x, bool):
        return _("yes") if x else _("no")
    if isinstance(x, list):
        return ", ".join(value(each) for each in x)
    if isinstance(x, dict):
        return " · ".join(f"{name}: {value(each)}" for name, each in x.items() if each not in ("", [], None))
    return "" if x is None else _time(str(x))


def _time(text: str) -> str:
    """A day or a moment in the reader's own writing; any other text as it is, also what only looks like one."""
    with suppress(ValueError, OverflowError):
        if _DAY.fullmatch(text):
            day = clock.day(date.fromisoformat(text))
            return day.text if day else text
        if _MOMENT.fullmatch(text):
            at = datetime.fromisoformat(text).astimezone(UTC)
            day = clock.day(at)
            return f"{day.text if day else ''}, {at:%H:%M} UTC"
    return text

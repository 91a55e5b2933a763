"""How steps, parts, levels and states of an application are called on pages."""

from typing import Any

from polyphony.fund.statement.words import LEVELS
from polyphony.fund.statement.words import LEVELS_ABOUT as LEVELS_MEAN
from polyphony.kernel.locale import lazy

__all__ = ["LEVELS", "LEVELS_MEAN"]  # one promise about openness, the same words before and after the grant

STEP_PARTS = {"project": ("title", "summary", "need"), "plan": ("plan", "people"), "budget": (), "safety": ("safety",)}
STEP_FIELDS = {"project": ("country",), "plan": (), "budget": ("requested",), "safety": ("at_risk", "level")}
STEPS = {"project": lazy("The project"), "plan": lazy("The plan and the people"), "budget": lazy("The budget"),
         "safety": lazy("Safety and openness"), "check": lazy("Check and send")}
PART_NAMES = {
    "title": lazy("Title of the project"), "summary": lazy("In a few sentences"), "need": lazy("Why it is needed"),
    "plan": lazy("What you will do, and when"), "people": lazy("Who does the work"),
    "safety": lazy("How people stay safe"),
}
STATES = {"draft": lazy("In preparation"), "submitted": lazy("Sent"), "withdrawn": lazy("Withdrawn"),
          "decided": lazy("Decided")}
SHOWN = {"": lazy("All"), "submitted": lazy("Sent"), "awaited": lazy("A correction is asked for"),
         "decided": lazy("Decided")}
ORDERS = {"": lazy("Day of sending"), "title": lazy("Title"), "organisation": lazy("Organisation"),
          "requested": lazy("Amount asked for, largest first")}
MARKS = {"draft": "draft", "submitted": "done", "withdrawn": "dropped", "decided": "published"}
STEP_STATES = {"empty": lazy("Not begun"), "begun": lazy("Begun"), "done": lazy("Complete")}
STEP_MARKS = {"empty": "waiting", "begun": "draft", "done": "done"}
LONG = 60  # letters of a title beside a text of its application


def with_title(place: Any, title: str) -> str:
    """A text by its place and by the project's title: what belongs together is seen."""
    short = title if len(title) <= LONG else f"{title[:LONG]}…"
    return str(place) + (f" · \u2068{short}\u2069" if short else "")

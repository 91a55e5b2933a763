"""What the codes of this room are called, in the reader's language."""

import tomllib
from functools import cache
from importlib.resources import files

from babel import Locale
from flask_babel import get_locale

from polyphony.kernel.locale import language, lazy

STATES = {"draft": lazy("In preparation"), "announced": lazy("Announced"), "open": lazy("Open for inputs"),
          "answering": lazy("Companies answer"), "published": lazy("Answers published"), "closed": lazy("Closed")}
PHASES = {"assess": lazy("Find out what could go wrong"), "act": lazy("Act on it"),
          "track": lazy("Check whether it works"), "communicate": lazy("Tell what was done"),
          "remedy": lazy("Put harm right")}
PROTECTION = {"standard": lazy("Standard"), "elevated": lazy("Elevated"), "high": lazy("High")}
PROTECTION_MEANS = {
    "standard": lazy("Nothing reaches others before the facilitator has read it."),
    "elevated": lazy("Speaking out can have consequences here. Think of taking part without an account."),
    "high": lazy("People may be persecuted here. The consultation is never listed publicly."),
}
DISCOVERY = {"listed": lazy("Listed for everybody"), "link": lazy("Only by a link"),
             "invitation": lazy("Only by invitation")}
FUNCTIONS = {"engineering": lazy("Engineering"), "product": lazy("Product"), "research": lazy("Research"),
             "legal": lazy("Legal"), "commercial": lazy("Commercial")}
ANSWERS = {"invited": lazy("Asked, no answer yet"), "accepted": lazy("Accepted"), "declined": lazy("Declined"),
           "left": lazy("Left")}
TEXTS = {"title": lazy("Title"), "plain": lazy("In plain words"), "purpose": lazy("What it is for"),
         "open_to_change": lazy("Open to change"), "closed_to_change": lazy("Not open to change"),
         "cannot_share": lazy("What we cannot share"), "cannot_share_why": lazy("Why, and until when"),
         "at_risk": lazy("Who is most at risk"), "paid_by": lazy("Who pays the facilitator")}


@cache
def _labels() -> dict:
    return tomllib.loads((files("polyphony.consultations") / "labels.toml").read_text("utf-8"))


def label(kind: str, slug: str) -> str:
    """A known technology, group or situation in the reader's language; anything else as it was typed."""
    known = _labels().get(kind, {}).get(slug, {})
    return known.get(language()) or known.get("en") or slug


def country(code: str) -> str:
    return (get_locale() or Locale("en")).territories.get(code, code)


def countries() -> list[tuple[str, str]]:
    """Every country as this reader calls it, for choosing."""
    names = (get_locale() or Locale("en")).territories
    return sorted(((code, name) for code, name in names.items() if len(code) == 2 and code.isalpha()
                   and code not in ("ZZ", "EU", "UN", "EZ", "QO", "XA", "XB")), key=lambda pair: pair[1])

"""What the codes of this room are called, in the reader's language."""

import tomllib
import unicodedata
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from babel import Locale
from flask_babel import get_locale

from polyphony.kernel.locale import interface, language, lazy

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


def _plain(name: str) -> str:
    """A name as people type it: without case, accents, hyphens and apostrophes."""
    parted = unicodedata.normalize("NFKD", name.casefold())
    return " ".join("".join(c if c.isalnum() else " " for c in parted if not unicodedata.combining(c)).split())


@cache
def _by_name() -> dict[str, str]:
    """Every country's code by its names in the languages of the interface, and by the code itself (CLDR).

    Both halves of a name like "Myanmar (Burma)" count, unless they could mean two countries.
    """
    found: dict[str, str] = {}
    halves: dict[str, set[str]] = {}
    for spoken in interface():
        for code, name in Locale.parse(spoken.code).territories.items():
            if len(code) == 2 and code.isalpha() and code not in ("ZZ", "EU", "UN", "EZ", "QO", "XA", "XB"):
                found.setdefault(_plain(name), code)
                found[code.casefold()] = code
                for half in name.split("(") if "(" in name else ():
                    halves.setdefault(_plain(half), set()).add(code)
    return {**{half: codes.pop() for half, codes in halves.items() if len(codes) == 1}, **found}


def country_code(name: str) -> str | None:
    """The country that somebody means by a name in any language of ours, or by two letters."""
    return _by_name().get(_plain(name))


def countries_like(name: str) -> list[str]:
    """At most three countries, as this reader calls them, whose names look like what was typed."""
    close = get_close_matches(_plain(name), [x for x in _by_name() if len(x) > 2], n=9, cutoff=0.7)
    return [country(code) for code in list(dict.fromkeys(_by_name()[x] for x in close))[:3]]

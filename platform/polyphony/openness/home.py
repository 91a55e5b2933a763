"""What each member finds when she comes in: what waits for her, what she was told lately, where else to go."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from polyphony.kernel import clock, providers
from polyphony.kernel.locale import _, lazy, ngettext
from polyphony.kernel.viewer import Viewer
from polyphony.notices import service as notices
from polyphony.notices.places import place_of as place
from polyphony.notices.words import LAST
from polyphony.openness.service import Line, Lists, where
from polyphony.organisations import joining

LATELY = 3
FAR = date(9999, 1, 1)


@dataclass(frozen=True)
class Wait:
    """One thing that waits: what to do, where, by which day, and how far that day is."""

    text: str
    url: str
    due: str
    left: str
    warn: bool
    on: date | None


def waiting(by: Viewer, lists: Lists) -> list[Wait]:
    """Everything that waits for this member: what is late, what waits already, then by the day it is due."""
    asked: list[providers.Waits] = [each for told in providers.ask("waits", by) for each in told]
    found = [_made(each.text, each.url, each.due_on, each.due, each.warn) for each in asked]
    known = {each.url for each in found}  # a room may have several things to say of a page; the home adds no other
    own = (*_to_say(by, lists), *_to_translate(by, lists), *_to_admit(by))
    found += [each for each in own if each.url not in known]
    return sorted(found, key=lambda each: (not each.warn, each.on is not None, each.on or FAR))


def _made(text: str, url: str, on: date | None, due: Any = "", warn: bool = False) -> Wait:
    day = clock.day(on)
    return Wait(text, url, str(due) or (day.text if day else ""), _left(on), warn, on)


def sent(by: Viewer) -> list[Wait]:
    """What this member has sent and now stands with others, each with the word for where it stands."""
    told: list[providers.Waits] = [each for found in providers.ask("has_sent", by) for each in found]
    return [_made(each.text, each.url, each.due_on, each.due) for each in told]


def _left(on: date | None) -> str:
    if on is None:
        return ""
    days = clock.days_between(clock.today(), on)
    if days == 0:
        return _("today")
    if days < 0:
        return ngettext("%(num)s day late", "%(num)s days late", -days)
    return ngettext("in %(num)s day", "in %(num)s days", days)


def _to_say(by: Viewer, lists: Lists) -> list[Wait]:
    """Consultations in which she has begun to write, and those in which she may speak and has said nothing yet."""
    begun = [line for line in lists.moving if line.state == "open" and line.has_begun]
    mine = [line for line in lists.moving if line.state == "open" and by.is_in("participating", line.id)]
    silent = [line for line in mine if not (line.has_said or line.has_begun)] if by.of("speaking") else []
    return [*_lines(begun, "inputs.say", lazy("Go on writing: %(title)s")),
            *_lines(silent, "inputs.say", lazy("Say what you think: %(title)s"))]


def _to_translate(by: Viewer, lists: Lists) -> list[Wait]:
    """Consultations that have appointed her as their translator and are not over: answers too want to be read."""
    every = [*lists.moving, *(line for line in lists.answered if line.state == "published")]
    return _lines([line for line in every if by.is_in("translating", line.id)], "languages.desk",
                  lazy("Translate: %(title)s"))


def _lines(lines: list[Line], endpoint: str, text: Any) -> list[Wait]:
    due = {"open": "ends", "published": ""}  # what is published is due no more
    found = [(line, where(endpoint, id=line.id), due.get(line.state, "answers")) for line in lines]
    return [_made(str(text) % {"title": line.title.text}, url, getattr(line, day) if day else None,
                  line.closes if day == "ends" else "") for line, url, day in found if url]


def _to_admit(by: Viewer) -> list[Wait]:
    """Organisations that ask to join and on which this steward has said nothing yet."""
    url = where("organisations.admissions")
    if not by.is_steward or not url:
        return []
    waits = [each for each, said in joining.waiting(by) if not any(a.person_id == by.person for a in said)]
    if not waits:
        return []
    text = ngettext("%(num)s organisation asks to join", "%(num)s organisations ask to join", len(waits))
    return [_made(text, url, None)]


def lately(by: Viewer) -> list[tuple[Any, str | None]]:
    """The newest things she was told and has not seen, what happens often last, each with the page it leads to."""
    new = [note for note in notices.recent(by, 20) if not note.seen]
    new.sort(key=lambda note: note.kind in LAST)
    return [(note, place(note)) for note in new[:LATELY]]


DOORS = (
    ("consultations.create", lazy("Prepare a joint consultation"), lambda by: bool(by.of("leading"))),
    ("notices.inbox", lazy("Everything you were told"), lambda by: True),
    ("fund.reviews", lazy("Your reviews"), lambda by: bool(by.of("fund_review"))),
    ("fund.promises", lazy("Your company's promises"), lambda by: by.is_company),
    ("fund.calls", lazy("Calls for applications"), lambda by: bool(by.of("speaking")) or bool(by.of("funds"))),
    ("fund.index", lazy("The pooled fund"), lambda by: True),
    ("fund.checks", lazy("What the checks of the fund found"), lambda by: by.is_auditor),
    ("organisations.directory", lazy("Organisations that take part"), lambda by: True),
    ("openness.protect", lazy("How we protect you"), lambda by: by.is_stakeholder),
    ("auditing.rows", lazy("Audit"), lambda by: by.is_auditor),
    ("auditing.heads", lazy("Signed heads of the audit"), lambda by: bool(by.of("administered")) or by.is_facilitator),
    ("openness.papers", lazy("The papers ask, see it here"), lambda by: by.is_auditor),
)


def doors(by: Viewer) -> list[dict[str, Any]]:
    """The other pages this member can go to that are not in the head of the page; only finished rooms have a door."""
    return [{"url": url, "label": label} for endpoint, label, when in DOORS if when(by) and (url := where(endpoint))]

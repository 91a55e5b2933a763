"""What an application needs, when it may change, and what is refused, decided from loaded rows alone."""

import hashlib
import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from polyphony.fund.applying import words
from polyphony.fund.applying.models import LEVELS, PARTS, Applicant, Application, BudgetLine, ChangeRequest, Part
from polyphony.fund.calls import rules as calls
from polyphony.fund.calls.models import Call
from polyphony.kernel import money
from polyphony.kernel.locale import lazy
from polyphony.kernel.refusals import CONSTRAINTS, BadInput, NotPermitted, WrongState
from polyphony.uploads.service import File


class NotApplicant(NotPermitted):
    message = lazy("Only members who speak for a stakeholder organisation can apply.")
    help = lazy("The coordinator of your organisation can give you this role.")


class NotForYou(NotPermitted):
    message = lazy("Only an administrator of this fund can do this.")


class NotOpen(WrongState):
    message = lazy("This call does not take applications now.")
    help = lazy("Its page says when it opens and when it closes.")


class DeadlinePassed(WrongState):
    """What was typed is kept in the draft all the same."""

    message = lazy("The deadline has passed, so this application can no longer be sent.")
    help = lazy("Your draft is kept. You can read it and copy from it at any time.")


class NoLongerYours(WrongState):
    message = lazy("The deadline has passed: the application is being read as it was sent.")
    help = lazy("If something must be corrected, the fund asks you, and then you can change it again.")


class NotComplete(WrongState):
    message = lazy("Something is still missing. The list below says what, with a link to each.")


class StaysComplete(BadInput):
    message = lazy("The application is sent already, so this cannot be left empty.")


class BankDetails(BadInput):
    message = lazy("This looks like an account number. Bank details are not kept here: please write the reference "
                   "under which the fund’s bank knows you, with fewer than eight digits in a row.")
    field = "payee_reference"


class AlreadyDecided(WrongState):
    message = lazy("This application is decided. It no longer changes.")


class AlreadyAsked(WrongState):
    message = lazy("A correction was already asked for, and the applicant has not sent it yet.")


class NotAsked(WrongState):
    message = lazy("No correction is awaited any more.")


class NothingToCorrect(WrongState):
    message = lazy("A correction can be asked for after the deadline and before the decision.")


class DoesNotAddUp(BadInput):
    message = lazy("The lines add up to %(sum)s, but you ask for %(requested)s. The difference is %(difference)s.")


class TooLittle(BadInput):
    message = lazy("This call gives at least %(least)s for one application.")


class TooMuch(BadInput):
    message = lazy("This call gives at most %(most)s for one application.")


CONSTRAINTS.update({"correction_in_time": NothingToCorrect, "application_stands": NoLongerYours,
                    "application_deadline": DeadlinePassed,
                    "application_asks_for_something_check": NotComplete})


@dataclass(frozen=True)
class Whole:
    """An application with everything that belongs to it."""

    application: Application
    call: Call
    applicant: Applicant | None
    asked: ChangeRequest | None
    parts: dict[str, Part] = field(default_factory=dict)
    lines: Sequence[BudgetLine] = ()
    files: Sequence[File] = ()

    def said(self, name: str) -> str:
        part = self.parts.get(name)
        return part.words if part else ""

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines)


def stored(whole: Whole, step: str) -> dict[str, Any]:
    """What is kept for one step, as its form would say it."""
    found: dict[str, Any] = {name: whole.said(name) for name in words.STEP_PARTS[step]}
    found |= {name: getattr(whole.application, name) for name in words.STEP_FIELDS[step]}
    if step == "budget":
        found["lines"] = [(line.words, line.amount) for line in whole.lines]
    return found


def digest(values: dict[str, Any]) -> str:
    """A mark of what stood there when a page was opened: two who write at once are told."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:24]


def mark(values: dict[str, Any]) -> str:
    """The same of a whole step and, behind it, of each of its values in the order of their names."""
    return ".".join([digest(values), *(digest({name: values[name]}) for name in sorted(values))])


def untouched(seen: str, typed: dict[str, Any]) -> set[str]:
    """Which values stand in a form as they stood when the page with this mark was opened."""
    marks = seen.split(".")[1:]
    return {name for name, before in zip(sorted(typed), marks, strict=False) if digest({name: typed[name]}) == before}


def same_lines(before: Sequence[BudgetLine], said: Sequence[str]) -> list[uuid.UUID | None]:
    """Which line of a budget each new one was: the one with its words, else the one that stood in its place."""
    free = list(before)
    found: list[uuid.UUID | None] = [None] * len(said)
    for is_same in (lambda line, n: line.words == said[n], lambda line, n: line.place == n + 1):
        for n in range(len(said)):
            line = next((line for line in free if found[n] is None and is_same(line, n)), None)
            if line is not None:
                found[n] = line.id
                free.remove(line)
    return found


def lines_mark(lines: Sequence[Any]) -> str:
    """A mark of a budget as it stands, by which a change of it is noticed."""
    return digest({"lines": [(line.words, line.amount) for line in lines]})


def how_protective(level: str | None) -> int:
    """Publication levels in the order in which they protect; none chosen protects least."""
    return LEVELS.index(level) if level in LEVELS else -1


def footprint(whole: Whole) -> dict[str, Any]:
    """Marks of an application as it stands, by which a later change of it is noticed; no words of it are kept."""
    return {"requested": whole.application.requested, "country": whole.application.country,
            "parts": {name: part.revision for name, part in whole.parts.items()},
            "lines": lines_mark(whole.lines),
            "files": sorted(str(file.id) for file in whole.files)}


def is_open(call: Call, now: datetime) -> bool:
    return calls.standing(call, now) == "open"


def can_change(whole: Whole, now: datetime) -> bool:
    """A draft always (it is its organisation's own); what was sent until the deadline, or when the fund asked."""
    state = whole.application.state
    return state == "draft" or (state == "submitted" and (is_open(whole.call, now) or whole.asked is not None))


def ensure_changeable(whole: Whole, now: datetime) -> None:
    """Raises `AlreadyDecided`, `NoLongerYours`."""
    if whole.application.state == "decided":
        raise AlreadyDecided()
    if not can_change(whole, now):
        raise NoLongerYours()


def ensure_budget(call: Call, requested: int, lines: Sequence[tuple[str, int]]) -> None:
    """The lines add up to what is asked for, within the limits. Raises `TooLittle`, `TooMuch`, `DoesNotAddUp`."""
    total = sum(amount for _words, amount in lines)
    if requested < call.smallest:
        raise TooLittle(least=money.shown(call.smallest, call.currency))
    if requested > call.largest:
        raise TooMuch(most=money.shown(call.largest, call.currency))
    if total != requested:
        raise DoesNotAddUp(sum=money.shown(total, call.currency), requested=money.shown(requested, call.currency),
                           difference=money.shown(abs(requested - total), call.currency))


def missing(whole: Whole) -> list[tuple[str, Any]]:
    """What still has to be said before sending: step, sentence."""
    step_of = {name: step for step, names in words.STEP_PARTS.items() for name in names}
    found: list[tuple[str, Any]] = [(step_of[name], lazy("Fill in: %(part)s", part=words.PART_NAMES[name]))
                                    for name in PARTS if not whole.said(name)]
    if not whole.application.country:
        found.append(("project", lazy("Choose the country where the work happens.")))
    try:
        ensure_budget(whole.call, whole.application.requested, [(line.words, line.amount) for line in whole.lines])
    except BadInput as refusal:
        found.append(("budget", refusal.message if whole.lines else lazy("Write the budget.")))
    return found


def step_state(whole: Whole, step: str) -> str:
    """'empty', 'begun' or 'done'."""
    if step == "check":
        return "done" if whole.application.state in ("submitted", "decided") and whole.asked is None else "empty"
    if not any(lacking == step for lacking, _ in missing(whole)):
        return "done"
    return "begun" if any(stored(whole, step)[name] for name in stored(whole, step) if name != "level") else "empty"


def ensure_stays_complete(step: str, given: dict[str, Any], call: Call) -> None:
    """What was sent stays complete while it is changed. Raises `StaysComplete` and what a budget raises."""
    for name in (*words.STEP_PARTS[step], *(("country",) if step == "project" else ())):
        if not given[name]:
            refusal = StaysComplete()
            refusal.field = name
            raise refusal
    if step == "budget":
        ensure_budget(call, given["requested"], given["lines"])


def ensure_no_account_number(reference: str) -> None:
    """A payee reference holds no account number: no IBAN, no eight digits in a row, no twelve across any signs.

    An IBAN is found by its check digits (ISO 13616; ISO 7064 MOD 97-10), from the beginning of one of its pieces to the
    end of another. Spaces and dots stand inside account numbers; dashes and strokes inside references too, which are
    shorter. Raises `BankDetails`.
    """
    pieces = re.findall(r"[A-Z0-9]+", reference.upper())
    spans = ("".join(pieces[begin:end]) for begin in range(len(pieces)) for end in range(begin + 1, len(pieces) + 1))
    if (re.search(r"\d{8}", re.sub(r"[\s.]", "", reference)) or re.search(r"\d{12}", re.sub(r"[\W_]", "", reference))
            or any(_is_iban(span) for span in spans)):
        raise BankDetails()


def _is_iban(said: str) -> bool:
    checked = said[4:] + said[:4]
    return bool(re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", said)) and int(
        "".join(str(int(letter, 36)) for letter in checked)) % 97 == 1

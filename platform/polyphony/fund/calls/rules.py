"""What a call needs before it is announced, and what is refused about it, decided from loaded rows alone."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from polyphony.fund.calls.models import MACHINE, TEXTS, Call, Criterion
from polyphony.kernel.locale import lazy
from polyphony.kernel.refusals import CONSTRAINTS, BadInput, NotPermitted, WrongState

NEEDED = TEXTS
WHOLE = 100
AHEAD = timedelta(days=3653)  # ten years
Missing = tuple[Any, str, str]  # sentence, endpoint that mends it, field


class NotAdministrator(NotPermitted):
    message = lazy("Only an administrator of this fund can do this.")
    help = lazy("The fund’s page says whom to ask.")


class CallStands(WrongState):
    message = lazy("The call is announced: its money, its dates and its questions no longer change.")
    help = lazy("Until it opens you can take it back, change it and announce it again.")


class NotYetReady(WrongState):
    message = lazy("Something is still missing. The list below says what, with a link to each.")


class StillUndecided(WrongState):
    message = lazy("Not every application is decided yet.")
    help = lazy("Each applicant gets an answer first. Then the call can be finished.")


class AmountsOutOfOrder(BadInput):
    message = lazy("The least for one application must not be above the most, and the most not above the whole sum.")
    field = "largest"


class NothingToGive(BadInput):
    message = lazy("Write an amount above zero.")


class InThePast(BadInput):
    message = lazy("This lies in the past. Please choose a later time.")


class ClosesBeforeOpening(BadInput):
    message = lazy("The deadline must come after the opening.")
    field = "closes_at"


class NoSuchTime(BadInput):
    """Clocks jump forward over it."""

    message = lazy("This time does not exist there: the clocks go forward over it. Choose another hour.")


class TooFarAhead(BadInput):
    """The last days of the calendar are in no other time zone's calendar: no page could show them."""

    message = lazy("This lies too far ahead. Please choose an earlier time.")


class TwiceThatNight(BadInput):
    """Clocks go back, so people could read two different deadlines."""

    message = lazy("This time comes twice there: the clocks go back in that night. Choose another hour.")


CONSTRAINTS.update({
    "call_stands": CallStands, "call_step_order": CallStands, "call_undecided": StillUndecided,
    "call_opens_before_deadline_check": ClosesBeforeOpening,
    "call_amounts_check": AmountsOutOfOrder,
})


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """A wall-clock time as the one instant it names. Raises `NoSuchTime`, `TwiceThatNight`."""
    first, second = local.replace(tzinfo=zone, fold=0), local.replace(tzinfo=zone, fold=1)
    if first.utcoffset() != second.utcoffset():
        back = first.astimezone(UTC).astimezone(zone)
        raise TwiceThatNight() if back.replace(tzinfo=None) == local else NoSuchTime()
    return first


def ensure_draft(call: Call) -> None:
    """Terms change only before the announcement. Raises `CallStands`."""
    if call.state != "draft":
        raise CallStands()


def ensure_amounts(envelope: int, smallest: int, largest: int) -> None:
    """Raises `NothingToGive`, `AmountsOutOfOrder`."""
    for name, amount in (("envelope", envelope), ("smallest", smallest), ("largest", largest)):
        if amount <= 0:
            raise _at(NothingToGive(), name)
    if not smallest <= largest <= envelope:
        raise AmountsOutOfOrder()


def ensure_dates(opens_at: datetime | None, closes_at: datetime | None, *, now: datetime,
                 before: Call | None = None) -> None:
    """Dates lie ahead, within ten years, and follow one another; what stood before and was not touched is not judged
    again. Raises `InThePast`, `TooFarAhead`, `ClosesBeforeOpening`."""
    for name, value in (("opens_at", opens_at), ("closes_at", closes_at)):
        if value and value < now and value != getattr(before, name, None):
            raise _at(InThePast(), name)
        if value and value > now + AHEAD:
            raise _at(TooFarAhead(), name)
    if opens_at and closes_at and opens_at >= closes_at:
        raise ClosesBeforeOpening()


def _at(refusal: BadInput, field: str) -> BadInput:
    refusal.field = field
    return refusal


def missing(call: Call, criteria: Sequence[Criterion], lacking: Iterable[tuple[Any, str, str]], *,
            now: datetime) -> list[Missing]:
    """Everything that still has to be said before the announcement, one sentence each."""
    found: list[Missing] = [(_SENTENCES[name], "fund.edit_call", name) for name in NEEDED if not getattr(call, name)]
    found += [(_SENTENCES[name], "fund.edit_call", name) for name in ("opens_at", "closes_at")
              if not getattr(call, name)]
    if call.closes_at and call.closes_at <= now:
        found.append((lazy("The deadline has passed. Choose a later one."), "fund.edit_call", "closes_at"))
    if not call.languages:
        found.append((lazy("Choose the languages in which the call is offered."), "fund.edit_call", "languages"))
    whole = sum(c.weight for c in criteria)
    if not criteria:
        found.append((lazy("Say by which criteria applications are judged."), "fund.criteria", ""))
    elif whole != WHOLE:
        found.append((lazy("The weights of the criteria add up to %(sum)s, not to 100.", sum=whole),
                      "fund.criteria", ""))
    return found + [(lang, "languages.desk", lang) for lang in dict.fromkeys(lang for _id, _field, lang in lacking)]


def due_now(state: str, opens_at: datetime | None, closes_at: datetime | None, now: datetime) -> str | None:
    """The step that time itself takes, if its moment has come."""
    if state == "scheduled" and opens_at and opens_at <= now:
        return MACHINE.way(state, "open").verb
    if state == "open" and closes_at and closes_at <= now:
        return MACHINE.way(state, "close").verb
    return None


def standing(call: Call, now: datetime) -> str:
    """Where a call stands at this very moment, also in the seconds before the job has noted it."""
    state = call.state
    while verb := due_now(state, call.opens_at, call.closes_at, now):
        state = MACHINE.way(state, verb).end
    return state


_SENTENCES = {
    "title": lazy("Give it a title."),
    "plain": lazy("Say in plain words what it is about."),
    "about": lazy("Say more about this call."),
    "who_can_apply": lazy("Say who can apply."),
    "what_for": lazy("Say what the money is for."),
    "opens_at": lazy("Choose when applications begin."),
    "closes_at": lazy("Choose the deadline."),
}

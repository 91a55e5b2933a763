"""Who keeps, who may ask, when a box opens: pure decisions and their explanations."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from polyphony.kernel.locale import gettext, lazy
from polyphony.kernel.refusals import BadInput, NotPermitted, WrongState

FEWEST, LONGEST_DAYS, LONGEST_DELAY = 3, 7, 90
SHORTEST_REASON = 20  # characters: a word alone tells neither the keyholders nor the person anything


class NotAKeyholder(NotPermitted):
    message = lazy("Only a keyholder of this consultation can do this.")
    help = lazy("The administrator of an organisation gives the role of a keyholder.")


class NotForYou(NotPermitted):
    message = lazy("Only the facilitator and the keyholders of this consultation can ask for an opening.")
    help = lazy("Tell one of them why it is needed.")


class NotTakingPart(NotPermitted):
    message = lazy("Only people who take part in this consultation leave something with its keyholders.")


class KeyKnown(BadInput):
    field = "text"
    message = lazy("This key was used before. Please make a new one with the offline tool.")


class TooFewKeyholders(BadInput):
    field = "keyholders"
    message = lazy("At least three keyholders are needed, so that one may be lost.")


class NotApart(BadInput):
    field = "keyholders"
    message = lazy("Choose one keyholder from each organisation: no two from the same.")


class BadThreshold(BadInput):
    field = "needs"
    message = lazy("At least two must open together, and fewer than all, so that one may be lost.")


class CircleComing(WrongState):
    message = lazy("New keyholders are already chosen for this consultation.")
    help = lazy("The shares have to be made anew for them first. The page of the keyholders shows how.")


class NoCircle(WrongState):
    message = lazy("This consultation has no keyholders yet.")
    help = lazy("The facilitator chooses them. Nothing of what you typed was kept.")


class CircleChanged(WrongState):
    message = lazy("The keyholders have changed since you opened this page. Please look who keeps it now.")


class NothingLeft(BadInput):
    field = "contact"
    message = lazy("Please write a name or a way to reach you.")


class NotAgreed(BadInput):
    field = "agree"
    message = lazy("Please say that you agree, or leave nothing here.")


class AlreadyLeft(WrongState):
    message = lazy("You have already left something with the keyholders of this consultation.")
    help = lazy("To change it, withdraw it first and leave it anew. Nobody here can read what you left.")


class NothingThere(WrongState):
    message = lazy("There is nothing of yours with the keyholders of this consultation.")


class NoReason(BadInput):
    field = "reason"
    message = lazy("Please write why it has to be opened. The keyholders decide by it.")


class ReasonTooShort(BadInput):
    field = "reason"
    message = lazy("Please write a whole sentence, of at least 20 characters. The person herself will read it too.")


class BadTimes(BadInput):
    field = "days"
    message = lazy("A request lasts from one to seven days.")


class DelayWithoutReason(BadInput):
    field = "safety_reason"
    message = lazy("Telling her later needs a written reason of safety.")


class DelayTooLong(BadInput):
    field = "delay"
    message = lazy("She is told after 90 days at the latest.")


class OneTimeKeyUsed(BadInput):
    field = "key"
    message = lazy("This one-time key was used before. Please make a new one with the offline tool.")


class Ended(WrongState):
    message = lazy("This request has ended, was carried out, or what it asked for was withdrawn.")
    help = lazy("If it is still needed, a new request can be made.")


class OwnRequest(NotPermitted):
    message = lazy("This request comes from your own organisation.")
    help = lazy("Keyholders of other organisations decide about it.")


class SaidAlready(WrongState):
    message = lazy("You have already given your word on this request.")


class WhyNot(BadInput):
    field = "words"
    message = lazy("Please write why you refuse.")


class NotYetEnough(WrongState):
    message = lazy("Not enough keyholders have released their shares yet.")
    help = lazy("The page shows who has given her word.")


class ReadAlready(WrongState):
    message = lazy("This was read already. A request opens once.")
    help = lazy("If it is still needed, a new request can be made.")


RESHARE = lazy("The keyholders change. Shares are made anew; nothing is opened.")
WORDS = {"not_yours": NotForYou, "key_used": OneTimeKeyUsed, "not_apart": NotApart, "threshold": BadThreshold,
         "unfinished": CircleComing, "changed": CircleChanged, "there": AlreadyLeft, "gone": Ended, "own": OwnRequest,
         "twice": SaidAlready, "not_yet": NotYetEnough, "read": ReadAlready}


def ensure(word: str, **meant: type[Exception]) -> str:
    """The database's one-word answer as a refusal; `meant` says what a word means at this place."""
    refusal = (WORDS | meant).get(word)
    if refusal:
        raise refusal()
    return word


def unreadable(trouble: Any, field: str) -> BadInput:
    """What the offline tool's formats say is wrong with a text, beside the field it was typed into."""
    found = BadInput(gettext(trouble.message) % trouble.values if trouble.values else gettext(trouble.message))
    found.field = field
    return found


def ensure_circle(needs: int, organisations: Collection[Any]) -> None:
    """Several, apart, and one of them may be lost. Raises TooFewKeyholders, NotApart, BadThreshold."""
    if len(organisations) < FEWEST:
        raise TooFewKeyholders()
    if len(set(organisations)) < len(organisations):
        raise NotApart()
    if not 2 <= needs < len(organisations):
        raise BadThreshold()


def ensure_left(name: str, contact: str, *, agree: bool) -> None:
    """Raises NothingLeft, NotAgreed."""
    if not (name or contact):
        raise NothingLeft()
    if not agree:
        raise NotAgreed()


def ensure_request(reason: str, days: int, *, safety_reason: str, delay: int) -> None:
    """A reason and an end; telling her later needs a reason of its own. Raises NoReason … DelayTooLong."""
    if not reason.strip():
        raise NoReason()
    if len(reason.strip()) < SHORTEST_REASON:
        raise ReasonTooShort()
    if not 1 <= days <= LONGEST_DAYS:
        raise BadTimes()
    if not 0 <= delay <= LONGEST_DELAY:
        raise DelayTooLong()
    if delay and not safety_reason.strip():
        raise DelayWithoutReason()


def enough(words: Collection[Any], *, needs: int, asking: Any) -> bool:
    """Whether so many organisations other than the asking one have released their shares."""
    return len({w.organisation_id for w in words if w.says == "released"} - {asking}) >= needs


def state_of(opening: Any, words: Collection[Any], read_at: datetime | None, *, needs: int, seats: int, box_there: bool,
             now: datetime) -> str:
    """Where a request stands: read, withdrawn, expired, ready, refused (too few are left), waiting."""
    if read_at:
        return "read"
    if not box_there:
        return "withdrawn"
    if now >= opening.until:
        return "expired"
    if enough(words, needs=needs, asking=opening.organisation_id):
        return "ready"
    refused = sum(w.says == "refused" for w in words)
    return "refused" if seats - refused < needs else "waiting"


def is_delayed(opening: Any) -> bool:
    """Whether the person is told later than the day of the request."""
    return bool(opening.tell_on > opening.made_at.date())


def still_shown(read_at: datetime, minutes: int, now: datetime) -> bool:
    """What was read stays on the page a little while, so that a slow line loses nothing."""
    return now < read_at + timedelta(minutes=minutes)

"""What the loop permits, decided from loaded rows alone."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from polyphony.feedback.models import NEEDS_REASON
from polyphony.kernel import small_numbers
from polyphony.kernel.clock import days_between
from polyphony.kernel.locale import lazy
from polyphony.kernel.refusals import BadInput, NotPermitted, WrongState


class NotFacilitating(NotPermitted):
    message = lazy("Only the facilitator of this consultation can do this.")


class NotDrafting(NotPermitted):
    message = lazy("Only an engagement lead or a decision maker of the company can write its answer.")
    help = lazy("Colleagues can comment on the draft.")


class NotDeciding(NotPermitted):
    message = lazy("Only a decision maker of the company can sign.")
    help = lazy("The administrator of your company knows who that is.")


class NotYourWords(NotPermitted):
    message = lazy("Only the author of the input can say this.")


class DidNotSpeak(NotPermitted):
    message = lazy("Those who spoke in this consultation give the view from the ground.")


class QuoteNotFound(BadInput):
    message = lazy("These words are not in the input. Copy them exactly as they stand there.")
    field = "quote"


class NeverQuoted(BadInput):
    message = lazy("This input is for the facilitator alone. It can shape a theme but is never quoted.")
    field = "quote"


class AlreadyPlaced(BadInput):
    message = lazy("These words are already in this theme.")
    field = "quote"


class NotReadYet(WrongState):
    message = lazy("Read this input first. Nothing reaches others before you have read it.")


class ReasonForAdding(BadInput):
    message = lazy("Say why you address further companies. They will read it.")
    field = "added_reason"


class NotOwed(WrongState):
    message = lazy("This theme is not addressed to your company.")


class NotShared(WrongState):
    message = lazy("The facilitator has not shared this theme with the companies yet.")


class AlreadySigned(WrongState):
    message = lazy("This answer is signed. A correction is a new version; both stay visible.")


class DecisionNeeded(BadInput):
    message = lazy("Choose a decision before signing.")
    field = "decision"


class ReasonNeeded(BadInput):
    message = lazy("Later and declined need a kind of reason and words.")
    field = "reason_kind"


class ChangesNeeded(BadInput):
    message = lazy("Say what the input changed, or may change, before signing.")
    field = "changes"


class MeasureNotAdded(BadInput):
    message = lazy("You have typed a measure that is not added yet. Add it or empty it, then sign.")


class CommentNotAdded(BadInput):
    message = lazy("You have typed a comment that is not added yet. Add it or empty it, then sign.")


def ensure_nothing_beside(measure_typed: bool, comment_typed: bool) -> None:
    """What is typed beside an answer is added before it is signed, or taken away.

    Raises `MeasureNotAdded`, `CommentNotAdded`.
    """
    if measure_typed:
        raise MeasureNotAdded()
    if comment_typed:
        raise CommentNotAdded()


class TooLateToChange(WrongState):
    message = lazy("The answers are published: the themes no longer change.")


class ThemesWait(WrongState):
    message = lazy("Themes are shared when inputs have ended and companies answer.")


class NothingToShare(WrongState):
    message = lazy("There is no theme with an excerpt that waits to be shared.")


class UnreadInputs(WrongState):
    message = lazy("Some inputs are not read yet. Read them before publishing.")


class OpenObjections(WrongState):
    message = lazy("An author says: not what I meant. Reply to her before publishing.")


class NoTheme(WrongState):
    message = lazy("There is no theme yet: what was said would stay without an answer. Make a theme first.")


class ThemesNotShared(WrongState):
    message = lazy("Not every theme is shared with the companies yet.")


class NotDueYet(WrongState):
    message = lazy("Answers are still owed, and the promised date has not come. Until then all must be signed.")


class StillOwed(WrongState):
    message = lazy("A company still owes answers. Wait for them, or record by name that it did not answer.")


class NothingOwed(WrongState):
    message = lazy("This company owes no answer.")


class AlreadyRecorded(WrongState):
    message = lazy("This has been recorded already.")


class AlreadyHandled(WrongState):
    message = lazy("This objection was handled already.")


class OneRound(WrongState):
    message = lazy("There is one round for each measure, and it was opened already.")


class RoundOver(WrongState):
    message = lazy("There is no open round for this measure.")


class ViewGiven(WrongState):
    message = lazy("You have given your view on this measure already.")


class InThePast(BadInput):
    message = lazy("This lies in the past. Please choose a later day.")


class AnswerSigned(WrongState):
    message = lazy("A company has signed its answer to this theme, so the theme stays.")
    help = lazy("You can still change its words and its excerpts until the answers are published.")


class ObjectionWaits(WrongState):
    message = lazy("An author says of this theme: not what I meant. Reply to her before you take the theme back.")


class NoTimeToRemind(WrongState):
    message = lazy("Companies are reminded while they answer.")


class RemindedToday(WrongState):
    message = lazy("You have reminded this company today. You can do it again tomorrow.")


class NotPublished(WrongState):
    message = lazy("This happens after the answers are published.")


def ensure_quote(quote: str, text: str, audience: str) -> None:
    """An excerpt is a part of what others may read. Raises `NeverQuoted`, `QuoteNotFound`."""
    if quote and audience == "facilitator":
        raise NeverQuoted()
    if quote and quote not in text:
        raise QuoteNotFound()


def still_said(quote: str, text: str, *, is_masked: bool) -> bool:
    """Whether an excerpt holds after its input changed: all its words stand there; without words, if only masked."""
    return quote in text if quote else is_masked


def moved(themes: Sequence[Any], theme: Any, *, up: bool) -> list[Any]:
    """The themes in their new order, one of them a place further up or down."""
    order = list(themes)
    start = order.index(theme)
    end = min(max(start + (-1 if up else 1), 0), len(order) - 1)
    order.insert(end, order.pop(start))
    return order


def ensure_time_to_remind(state: str) -> None:
    """Reminders come while companies answer, on the promised day too and after it. Raises `NoTimeToRemind`."""
    if state != "answering":
        raise NoTimeToRemind()


def may_be_shown(unnamed: int, *, threshold: int = small_numbers.THRESHOLD) -> bool:
    """Whether unnamed views on a measure hide each other: as many people have spoken as this consultation asks for."""
    return unnamed >= threshold


def addressed(inputs: Iterable[Any], added: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """The companies that owe an answer: every one that an input addressed, and those added."""
    return sorted({company for each in inputs for company in each.addressed} | set(added))


def unsignable(decision: str, reason_kind: str, words: str, changes: str) -> list[BadInput]:
    """What an answer lacks before it can be signed, each with the field that mends it."""
    found: list[BadInput] = [] if decision else [DecisionNeeded()]
    if decision in NEEDS_REASON and not (reason_kind and words.strip()):
        found.append(ReasonNeeded())
        found[-1].field = "words" if reason_kind else "reason_kind"
    return found if changes.strip() else [*found, ChangesNeeded()]


def ensure_signable(decision: str, reason_kind: str, words: str, changes: str) -> None:
    """What an answer says at least. Raises `DecisionNeeded`, `ReasonNeeded`, `ChangesNeeded`."""
    for lacking in unsignable(decision, reason_kind, words, changes):
        raise lacking


def owed(themes: Iterable[Any], given: Iterable[tuple[uuid.UUID, uuid.UUID]]) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Every (theme, company) without an answer among those given."""
    there_are = set(given)
    return [(t.id, c) for t in themes for c in t.addressed if (t.id, c) not in there_are]


def late_days(promised: date | None, on: date) -> int:
    """Whole days after the promised date, never negative."""
    return max(0, days_between(promised, on)) if promised else 0


def ensure_publishable(*, unread: int, themeless: bool, objections: int, unshared: int, owing: Sequence[Any],
                       promised: date | None, today: date) -> None:
    """All together: at the promised date, or before it when everybody has signed; without a theme where nobody spoke.

    Raises `UnreadInputs`, `NoTheme`, `OpenObjections`, `ThemesNotShared`, `NotDueYet`.
    """
    if unread:
        raise UnreadInputs()
    if themeless:
        raise NoTheme()
    if objections:
        raise OpenObjections()
    if unshared:
        raise ThemesNotShared()
    if owing and (promised is None or today < promised):
        raise NotDueYet()


def ensure_closable(owing: Iterable[tuple[uuid.UUID, uuid.UUID]], recorded: Iterable[uuid.UUID]) -> None:
    """Nobody's silence is closed away unnamed. Raises `StillOwed`."""
    if {company for _, company in owing} - set(recorded):
        raise StillOwed()

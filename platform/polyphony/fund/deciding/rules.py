"""When a decision is valid, how money reaches down a list, what is refused; from loaded rows alone."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from polyphony.fund.deciding.models import DECLINED_FOR, GRANTED_FOR
from polyphony.fund.reviewing.rules import NotAdministrator
from polyphony.kernel.access import Rule
from polyphony.kernel.locale import _, lazy, ngettext, pgettext
from polyphony.kernel.refusals import CONSTRAINTS, BadInput, NotPermitted, WrongState

__all__ = ["NotAdministrator"]
committee = Rule("allocation committee", lambda v: bool(v.of("fund_committee") or v.of("fund_admin")),
                 lazy("The members of the allocation committee and the fund’s administrator can do this."), hat="fund")


class NotSeated(NotPermitted):
    message = lazy("Only members of the allocation committee vote.")
    help = lazy("Who sits there stands on the page of the fund’s bodies.")


class NotReady(WrongState):
    message = lazy("This case is not ready: the call must be closed and every reviewer must have locked her scores.")
    help = lazy("The administrator can see who has not, and ask somebody else.")


class QuorumLost(WrongState):
    message = lazy("Too few members may decide on this case now. The governing body can seat more members.")


class ChangedSince(WrongState):
    message = lazy("The application was changed since you opened this page. Please read it again. Your words are still "
                   "here.")


class VotedMeanwhile(WrongState):
    message = lazy("You have just voted in another window. Look at the page again before you vote anew.")


class AlreadyDecided(WrongState):
    message = lazy("The decision on this application is recorded already. Nothing was changed.")
    help = lazy("Somebody else may have recorded it a moment ago. The page of the case shows it.")


class CorrectionAwaited(WrongState):
    message = lazy("The fund has asked for a correction of this application, and it has not come yet. Until then "
                   "nobody votes or decides on it.")
    help = lazy("The fund’s administrator can go on without the correction.")


class NoQuorum(WrongState):
    message = lazy("A decision needs its quorum: not enough members have voted.")
    help = lazy("The committee’s page says how many are needed and how many have voted.")


class AgainstMajority(WrongState):
    field = "outcome"
    message = lazy("The decision follows the votes: more must be for than against to grant, else it is declined.")


class VoterConflicted(NotPermitted):
    message = lazy("You stepped aside from this case, so you do not vote on it.")


class DeciderConflicted(WrongState):
    message = lazy("Whoever records a decision has no conflict of interest in it.")
    help = lazy("Another administrator of the fund can record it.")


class MoreThanAsked(BadInput):
    field = "amount"
    message = lazy("A grant is never more than was asked for.")


class OverEnvelope(BadInput):
    field = "amount"
    message = lazy("With this grant the call would award more than its envelope.")


class PartsDoNotAddUp(BadInput):
    field = "amount"
    message = lazy("The instalments together are not the amount of the grant.")


class NoInstalments(BadInput):
    field = "amount"
    message = lazy("A grant is paid in at least one instalment, with an amount and a due date.")


class IncompleteInstalment(BadInput):
    message = lazy("An instalment needs both an amount and the day on which it is due.")


class EmptyInstalment(BadInput):
    message = lazy("Write an amount larger than zero.")


class DueInThePast(BadInput):
    message = lazy("An instalment is due today or later.")


class AmountWhenGranted(BadInput):
    field = "amount"
    message = lazy("A grant has an amount; an application that is declined has none.")


class ReasonInWords(BadInput):
    field = "words"
    message = lazy("The letter always says why, in words.")


class ReasonOfOtherOutcome(BadInput):
    field = "reason"
    message = lazy("This kind of reason does not go with the decision. Choose one of those listed for it.")


class CancelledAlready(WrongState):
    message = lazy("This instalment was cancelled already.")


class PaymentUnderWay(WrongState):
    message = lazy("A payment of this instalment is under way or made, so it cannot be cancelled.")
    help = lazy("The treasurer, the approver or the releaser can stop a payment that has not left.")


CONSTRAINTS.update({
    "vote_before_decision": AlreadyDecided, "vote_after_correction": CorrectionAwaited,
    "decision_after_correction": CorrectionAwaited, "vote_as_it_stands": ChangedSince, "vote_of_seated": NotSeated,
    "vote_conflict": VoterConflicted, "vote_quorum": QuorumLost,
    "decision_when_closed": NotReady, "decision_quorum": NoQuorum, "decision_majority": AgainstMajority,
    "decision_conflict": DeciderConflicted, "decision_within_request": MoreThanAsked,
    "decision_within_envelope": OverEnvelope, "decision_pkey": AlreadyDecided,
    "decision_reason": ReasonOfOtherOutcome, "decision_reason_in_words_check": ReasonInWords,
    "decision_amount_check": AmountWhenGranted,
    "grant_application_id_key": AlreadyDecided, "grant_instalments_add_up": PartsDoNotAddUp,
    "vote_application_id_person_id_number_key": VotedMeanwhile, "instalment_without_payment": PaymentUnderWay,
    "instalment_being_paid": PaymentUnderWay,
})


@dataclass(frozen=True)
class Tally:
    """The count of one case, as the database makes it, net of those who stepped aside."""

    seats: int
    aside: int
    able: int
    needed: int
    fewest: int
    votes_for: int
    votes_against: int
    abstained: int
    revision: int
    is_awaited: bool = False  # a correction of the application: until it comes no vote counts

    @property
    def voted(self) -> int:
        return self.votes_for + self.votes_against + self.abstained

    @property
    def is_lost(self) -> bool:
        """So few may decide that no quorum can come about: others stepped aside, or their terms are over."""
        return self.able < max(self.fewest, self.needed)

    @property
    def is_valid(self) -> bool:
        return not self.is_lost and not self.is_awaited and self.voted >= self.needed

    @property
    def outcome(self) -> str:
        """What the votes say; empty while they are not valid."""
        return "" if not self.is_valid else "granted" if self.votes_for > self.votes_against else "declined"

    @property
    def is_tied(self) -> bool:
        """As many valid votes for as against."""
        return self.is_valid and self.votes_for == self.votes_against

    @property
    def sentence(self) -> str:
        """The quorum as a sentence that is always true."""
        said = [ngettext("%(num)s of %(seats)s may decide", "%(num)s of %(seats)s may decide", self.able,
                         seats=self.seats)]
        if self.aside:
            said.append(ngettext("%(num)s stepped aside", "%(num)s stepped aside", self.aside))
        said += [ngettext("%(num)s needed", "%(num)s needed", self.needed),
                 ngettext("%(num)s has voted", "%(num)s have voted", self.voted)]
        said.append(_("no quorum is possible") if self.is_lost
                    else _("no vote counts until the correction has come") if self.is_awaited
                    else _("valid") if self.is_valid else _("not valid yet"))
        return pgettext("between two parts of a sentence", "; ").join(said) + "."


@dataclass(frozen=True)
class Due:
    """A part of a grant: how much, when, under which condition."""

    amount: int
    on: date
    condition: str = ""


@dataclass(frozen=True)
class Ruling:
    """What the committee decided, as its administrator records it."""

    outcome: str
    reason: str
    words: str
    amount: int = 0
    parts: tuple[Due, ...] = ()
    revision: int = 1
    lang: str = ""  # of the words; without one, the applicant's


def ensure_whole(ruling: Ruling, today: date) -> None:
    """A grant has an amount and instalments that are that amount; a refusal has neither; both have words.

    Raises `ReasonInWords`, `ReasonOfOtherOutcome`, `AmountWhenGranted`, `NoInstalments`, `EmptyInstalment`,
    `PartsDoNotAddUp`, `DueInThePast`.
    """
    if not ruling.words.strip():
        raise ReasonInWords()
    if ruling.reason not in (GRANTED_FOR if ruling.outcome == "granted" else DECLINED_FOR):
        raise ReasonOfOtherOutcome()
    if (ruling.outcome == "granted") != (ruling.amount > 0):
        raise AmountWhenGranted()
    if ruling.outcome == "granted" and not ruling.parts:
        raise NoInstalments()
    if any(part.amount <= 0 for part in ruling.parts):
        raise EmptyInstalment()
    if sum(part.amount for part in ruling.parts) != ruling.amount:
        raise PartsDoNotAddUp()
    if any(part.on < today for part in ruling.parts):
        raise DueInThePast()


def ensure_counted(tally: Tally, outcome: str) -> None:
    """Raises `QuorumLost`, `NoQuorum`, `AgainstMajority`."""
    if tally.is_lost:
        raise QuorumLost()
    if not tally.is_valid:
        raise NoQuorum()
    if tally.outcome != outcome:
        raise AgainstMajority()


def best_first(cases: Iterable[Any]) -> list[Any]:
    """Cases in the order of their score; those without a score last; equal ones by their (random) id."""
    return sorted(cases, key=lambda case: (case.mean is None, -(case.mean or Fraction(0)), case.id))


def reached(cases: Sequence[tuple[uuid.UUID, int]], money: int) -> list[uuid.UUID]:
    """Which cases, in this order, received money reaches in full; it stops at the first that it does not reach."""
    found = []
    for id, amount in cases:
        if amount > money:
            break
        money -= amount
        found.append(id)
    return found

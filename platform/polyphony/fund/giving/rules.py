"""Decisions about money promised and received: what may be promised, withdrawn, recorded, matched or sent back."""

import uuid

from polyphony.fund.ledger.rules import NotEnoughMoney
from polyphony.kernel import money
from polyphony.kernel.access import Rule
from polyphony.kernel.locale import _, lazy
from polyphony.kernel.refusals import CONSTRAINTS, BadInput, NotPermitted, WrongState
from polyphony.kernel.viewer import Viewer

_INSIDE = ("fund_treasury", "fund_admin", "fund_approve", "fund_release")
GIVER = Rule("company member", lambda v: v.is_company, lazy("A member of one of the companies can see this."))
TREASURER = Rule("treasurer of the fund", lambda v: bool(v.of("fund_treasury")),
                 lazy("The treasurer of the fund can do this."), hat="fund")
MONEY = Rule("the fund’s own people", lambda v: any(v.of(fact) for fact in _INSIDE),
             lazy("The treasurer and the administrators of the fund can see this."), hat="fund")


def inside(by: Viewer, fund_id: uuid.UUID) -> bool:
    """Whether this viewer may see what companies promised to this fund."""
    return any(by.is_in(fact, fund_id) for fact in _INSIDE)


class NotPromising(NotPermitted):
    message = lazy("Only an engagement lead or a decision maker promises money for a company.")
    help = lazy("The administrator of your company can invite one.")


class NotTreasurer(NotPermitted):
    message = lazy("Only the treasurer of the fund records money.")
    help = lazy("An administrator of the fund can invite a treasurer.")


class AmountMissing(BadInput):
    field = "amount"
    message = lazy("Write an amount larger than zero.")


class DayToCome(BadInput):
    field = "received_on"
    message = lazy("Money cannot have come on a day that is still to come.")


class DueInThePast(BadInput):
    field = "due_on"
    message = lazy("Choose today or a later day.")


class WithdrawTooMuch(WrongState):
    """What has come is not taken back by a word: the promise never falls below what was received."""

    field = "amount"
    message = lazy("Only what has not come can be withdrawn. Of this promise that is %(left)s.")
    help = lazy("Money that has come stays in the fund.")


class BelowReceived(WrongState):
    field = "amount"
    message = lazy("A promise is never smaller than what has come of it. Nothing was changed.")
    help = lazy("Somebody may have recorded money in the same moment. The page shows what is left of the promise now.")


class OtherCurrency(BadInput):
    field = "currency"
    message = lazy("This promise is in another currency than the money that came. Each currency has its own accounts.")
    help = lazy("Record the money without a promise, or ask the company to promise in this currency.")


class NothingLeft(WrongState):
    """The promise was withdrawn, or all of it has come."""

    field = "pledge_id"
    message = lazy("Nothing is left of this promise: it was withdrawn, or all of it has come.")
    help = lazy("You can record the money without a promise. It is matched when the company promises more, or sent "
                "back.")


class MoreThanPromised(WrongState):
    """An over-payment: two ways are open, and the treasurer chooses."""

    field = "amount"
    message = lazy("The promise has %(left)s left. This receipt is %(over)s more.")

    def __init__(self, left: int, over: int, currency: str) -> None:
        super().__init__(left=money.shown(left, currency), over=money.shown(over, currency), help=_(
            "There are two ways. Correct the amount; or tick “Record the rest without a promise”, and %(over)s "
            "becomes a receipt of its own, until the company promises more or the money is sent back.",
            over=money.shown(over, currency)))


class TooMuchToMatch(WrongState):
    field = "pledge_id"
    message = lazy("The promise has %(left)s left; this receipt is larger.")
    help = lazy("Ask the company to raise its promise, match it to another one, or send the money back.")


class AlreadyRecorded(WrongState):
    field = "bank_reference"
    message = lazy("A receipt with this bank reference was recorded already. Nothing was recorded twice.")
    help = lazy("If it was recorded wrongly, take it back first and record it anew.")


class OtherCompany(WrongState):
    """Money known to be one company's would stand for another's promise, on the page of each."""

    field = "pledge_id"
    message = lazy("This money came from another company than the one that made this promise.")
    help = lazy("Choose a promise of the company from which it came, or send it back.")


class NotUnmatched(WrongState):
    message = lazy("This receipt no longer waits for a promise: it was matched, sent back or taken back.")


class NothingToTakeBack(WrongState):
    message = lazy("This receipt was taken back already.")


class GrantedMeanwhile(NotEnoughMoney):
    """What is taken back has to be there: of money that was granted, the grant is cancelled first."""

    help = lazy("Part of this money is granted already. First an administrator of the fund cancels an instalment that "
                "is not paid: its money is then available again.")


CONSTRAINTS.update({"pledge_not_below_received": BelowReceived, "receipt_currency": OtherCurrency,
                    "receipt_matched_check": NotUnmatched})

"""What is refused about payments, in words that say who can help."""

from polyphony.fund.paying.models import MACHINE
from polyphony.kernel.locale import lazy
from polyphony.kernel.refusals import CONSTRAINTS, BadInput, NotPermitted, Refusal, WrongState
from polyphony.kernel.states import NoSuchWay

EARLY = 30  # days before its day from which an instalment may be prepared
HANDS = {"prepare": "fund_treasury", "approve": "fund_approve", "release": "fund_release", "confirm": "fund_treasury",
         "return": "fund_treasury"}
STOPPERS = {"prepared": ("fund_treasury", "fund_approve"), "approved": ("fund_treasury", "fund_release")}
POSTS = {"release": "release", "confirm": "confirmation", "return": "return"}


class NotTheTreasurer(NotPermitted):
    message = lazy("Only a treasurer of this fund can do this.")
    help = lazy("A treasurer of the fund prepares payments and says what the bank did with them.")


class NotTheApprover(NotPermitted):
    message = lazy("Only an approver of this fund can approve a payment.")
    help = lazy("An approver who has not prepared this payment can do it.")


class NotTheReleaser(NotPermitted):
    message = lazy("Only a releaser of this fund can release a payment.")
    help = lazy("A releaser who has neither prepared nor approved this payment can do it.")


class CannotStop(NotPermitted):
    message = lazy("You cannot stop this payment now.")
    help = lazy("A treasurer can, until it is released; so can the person whose turn it is.")


class OneHandEach(NotPermitted):
    """Preparer, approver and releaser are three people, also when one person holds several roles."""

    message = lazy("You have already had a hand in this payment. Three different people are needed.")
    help = lazy("Somebody else with this role can do it; the administrator of the fund can invite one.")


class Conflicted(NotPermitted):
    message = lazy("You stepped aside from this case, so you take no part in its payments.")
    help = lazy("Somebody else with this role, who has no conflict of interest here, can do it.")


class OutOfOrder(WrongState):
    message = lazy("Somebody has moved this payment on, or it is not its turn yet. Nothing was done twice.")
    help = lazy("The page shows where the payment stands now and whose turn it is.")


class PreparedAlready(WrongState):
    message = lazy("A payment of this instalment is already under way. Nothing was prepared twice.")
    help = lazy("Open it from the list of payments; if it is wrong, stop it with a reason first.")


class DoesNotFit(WrongState):
    message = lazy("This payment does not fit its instalment: it was cancelled or changed meanwhile.")
    help = lazy("A treasurer can look at the instalment again and prepare a new payment.")


class EntryMissing(WrongState):
    message = lazy("The step and its entry in the ledger belong together. Neither was kept.")


class NotDueYet(WrongState):
    message = lazy("This instalment is not due yet. It can be prepared from %(day)s, thirty days before its day.")
    help = lazy("Nothing is lost: from that day on it stands on your home page.")


class NoPayee(WrongState):
    message = lazy("This grantee has no payee reference yet, so nothing can be paid.")
    help = lazy("The grantee gives it on the page of her grant. It waits for her on her home page.")


class NotTheGrantee(NotPermitted):
    message = lazy("Only the grantee says under which reference the bank knows her.")
    help = lazy("Somebody of the organisation that received the grant can do it.")


class ReferenceMissing(BadInput):
    message = lazy("Please write the reference under which the fund’s bank knows you.")
    field = "payee_reference"


class ConditionOpen(BadInput):
    message = lazy("This instalment has a condition. Please write how it was met.")
    field = "words"


class SayWhy(BadInput):
    message = lazy("Please write why: the others with a hand in this payment will read it.")
    field = "words"


NOT_YOURS: dict[str, type[NotPermitted]] = {
    "prepare": NotTheTreasurer, "approve": NotTheApprover, "release": NotTheReleaser, "confirm": NotTheTreasurer,
    "return": NotTheTreasurer, "stop": CannotStop}
CONSTRAINTS.update({
    "payment_three_hands": OneHandEach, "payment_conflict": Conflicted, "payment_step_order": OutOfOrder,
    "payment_step_payment_id_step_key": OutOfOrder, "payment_one_living_idx": PreparedAlready,
    "payment_fits_instalment": DoesNotFit, "payment_has_its_entries": EntryMissing,
})


def following(state: str, verb: str) -> str:
    """The state a verb leads to. Raises `OutOfOrder`."""
    try:
        return MACHINE.way(state, verb).end
    except NoSuchWay:
        raise OutOfOrder() from None


def reason_needed(verb: str, words: str) -> Refusal | None:
    """Stopping and returning are explained to those who come after."""
    return SayWhy() if verb in ("stop", "return") and not words.strip() else None

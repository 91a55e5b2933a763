"""How payments, their steps and their entries are called on pages."""

from flask_babel import lazy_pgettext as pgettext

from polyphony.fund.ledger.words import ACCOUNT_NAMES as ACCOUNT_NAMES
from polyphony.kernel.locale import lazy

STATES = {
    "prepared": lazy("Prepared"), "approved": lazy("Approved"), "released": lazy("Released, on its way"),
    "confirmed": lazy("Paid"), "returned": lazy("Sent back by the bank"), "stopped": lazy("Stopped"),
}
SHAPES = {"prepared": "draft", "approved": "signed", "released": "under_way", "confirmed": "confirmed",
          "returned": "late", "stopped": "dropped"}
WAITS_FOR = {
    "prepared": lazy("It waits for an approver who has not prepared it."),
    "approved": lazy("It waits for a releaser who has neither prepared nor approved it."),
    "released": lazy("It waits for the treasurer to say what the bank did."),
    "confirmed": lazy("It is complete: three people had a hand in it and the bank has paid."),
    "returned": lazy("The bank sent it back. The instalment can be prepared anew."),
    "stopped": lazy("It was stopped. The instalment can be prepared anew."),
}
NEXT = {"prepared": "approve", "approved": "release", "released": "confirm"}
BUTTONS = {
    "approve": lazy("Approve the payment"), "release": lazy("Release the payment"),
    "confirm": lazy("The bank has paid it"), "return": lazy("The bank sent it back"),
    "stop": lazy("Stop the payment"),
}
HOME = {
    "approve": lazy("Approve a payment of %(amount)s to %(payee)s"),
    "release": lazy("Release a payment of %(amount)s to %(payee)s"),
    "confirm": lazy("Has the bank paid %(amount)s to %(payee)s?"),
}
# Where an instalment stands, for the grantee.
INSTALMENTS = {
    "planned": pgettext("instalment", "Planned"), "cancelled": lazy("Cancelled"), "prepared": lazy("Being prepared"),
    "approved": lazy("Being prepared"), "released": lazy("On its way"),
    "confirmed": pgettext("instalment", "Paid"),
    "returned": lazy("Sent back by your bank; it will be tried again"), "stopped": pgettext("instalment", "Planned"),
}

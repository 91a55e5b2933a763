"""How accounts and entries are called."""

from polyphony.kernel.locale import lazy

ACCOUNT_NAMES = {
    "bank": lazy("In the bank"), "unmatched": lazy("Without a promise"), "available": lazy("Available"),
    "awarded": lazy("Granted"), "paid": lazy("Paid or on its way"), "transit": lazy("On its way"),
}
ENTRY_NAMES = {
    "receipt": lazy("Money received"), "unmatched_receipt": lazy("Money received without a promise"),
    "matching": lazy("Matched to a promise"), "sending_back": lazy("Sent back"), "award": lazy("Grant decision"),
    "cancellation": lazy("Part of a grant cancelled"), "release": lazy("Payment released"),
    "confirmation": lazy("Payment confirmed by the bank"), "return": lazy("Payment returned by the bank"),
    "reversal": lazy("Reversal of an entry"),
}
# Who may post which kind, so that a page can say by which role it was done without naming anybody.
BY = {"award": lazy("Administrator"), "cancellation": lazy("Administrator"), "release": lazy("Releaser")}
BY_TREASURER = lazy("Treasurer")

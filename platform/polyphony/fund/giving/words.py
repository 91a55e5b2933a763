"""How promises and receipts are called."""

from polyphony.kernel.locale import lazy

PROMISE_STATES = {"waiting": lazy("Still to come"), "late": lazy("Late"), "come": lazy("All has come"),
                  "withdrawn": lazy("Withdrawn")}
RECEIPT_STATES = {"matched": lazy("Under a promise"), "unmatched": lazy("Without a promise"),
                  "sent_back": lazy("Sent back"), "reversed": lazy("Taken back")}
MARKS = {"waiting": "waiting", "late": "late", "come": "confirmed", "withdrawn": "dropped", "matched": "confirmed",
         "unmatched": "owed", "sent_back": "outside", "reversed": "dropped"}

"""What the codes of the loop are called, in the reader's language."""

from flask_babel import lazy_pgettext as pgettext

from polyphony.consultations.words import FUNCTIONS
from polyphony.kernel.locale import lazy

DECISIONS = {"adopted": pgettext("answer", "Adopted"), "adapted": pgettext("answer", "Adapted"),
             "later": pgettext("answer", "Later"), "declined": pgettext("answer", "Declined"),
             "outside": pgettext("answer", "Outside our control"), "already": pgettext("answer", "Already done")}
DECISIONS_MEAN = {
    "adopted": lazy("We do what was asked."), "adapted": lazy("We do part of it, or do it in another way."),
    "later": lazy("Not now. This needs a reason."), "declined": lazy("We do not do it. This needs a reason."),
    "outside": lazy("Others decide this."), "already": lazy("This is in place today."),
}
REASONS = {"law": lazy("The law"), "safety": lazy("Safety"), "cost": lazy("Cost"),
           "technical": lazy("Technical limits"), "priority": lazy("Other things come first"),
           "evidence": lazy("Too little evidence")}
STATUSES = {"planned": lazy("Planned"), "under_way": lazy("Under way"), "done": lazy("Done"),
            "dropped": lazy("Dropped")}
VIEWS = {"works": lazy("Works"), "partly": lazy("Works in part"), "does_not": lazy("Does not work"),
         "harms": lazy("Does harm"), "too_early": lazy("Too early to say")}
DRAFTS = {"": lazy("Not begun"), "draft": lazy("Draft"), "signed": lazy("Signed"), "published": lazy("Published")}


def signed_as(function: str) -> str:
    """A known function in the reader's language; anything else as it was recorded."""
    return str(FUNCTIONS.get(function, function))

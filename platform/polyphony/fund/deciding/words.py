"""How votes, outcomes and reasons are called on pages and in letters."""

from flask_babel import lazy_pgettext as pgettext

from polyphony.kernel.locale import lazy

CHOICES = {"for": lazy("For"), "against": lazy("Against"), "abstain": lazy("Abstain")}
OUTCOMES = {"granted": pgettext("application", "Granted"), "declined": pgettext("application", "Declined")}
SHOWN = {"": lazy("All"), "mine": lazy("Without my vote"), "voting": lazy("Voting"), "review": lazy("In review"),
         "awaited": lazy("A correction is asked for"), "granted": pgettext("application", "Granted"),
         "declined": pgettext("application", "Declined")}
REASONS = {
    "strong_fit": lazy("It fits this call very well"), "need": lazy("The need is great"),
    "reach": lazy("It reaches people whom others do not reach"),
    "money": lazy("There is not enough money for all good applications"),
    "fit": lazy("It does not fit what this call is for"), "plan": lazy("The plan leaves too much open"),
    "budget": lazy("The budget does not fit the plan"),
    "capacity": lazy("More hands or experience are needed for it"),
    "risk": lazy("The risk for people is too high as it is planned"),
}

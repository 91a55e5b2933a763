"""How bodies, the fields members come from, and rules are called."""

from collections.abc import Callable

from polyphony.kernel.locale import _, lazy, ngettext

BODY_NAMES = {"governing": lazy("Governing body"), "allocation": lazy("Allocation committee")}
BODY_WORDS = {
    "governing": lazy("Sets the rules of the fund and watches that they are kept. It decides on no application."),
    "allocation": lazy("Decides which applications are granted. No contributor decides here."),
}
CONSTITUENCY_NAMES = {
    "south_civil_society": lazy("Civil society of the Global South"),
    "other_civil_society": lazy("Civil society elsewhere"), "academic": lazy("Research and teaching"),
    "public_body": lazy("Public body"), "independent": lazy("Independent person"),
    "contributor": lazy("Contributor to the fund"),
}
_SAID: dict[str, Callable[[int], str]] = {
    "least_seats": lambda n: ngettext("At least %(num)s seat is taken.", "At least %(num)s seats are taken.", n),
    "most_per_organisation": lambda n: ngettext(
        "At most %(num)s member comes from one organisation.",
        "At most %(num)s members come from one organisation.", n),
    "longest_term": lambda n: ngettext("A term lasts at most %(num)s month.",
                                       "A term lasts at most %(num)s months.", n),
    "no_contributors": lambda n: _("Nobody who contributes money sits here."),
    "quorum_share": lambda n: _("A decision needs the votes of more than %(number)s percent of those who may decide.",
                                number=n),
    "quorum_least": lambda n: ngettext("A decision needs at least %(num)s vote.",
                                       "A decision needs at least %(num)s votes.", n),
}


def rule(kind: str, number: int, constituency: str) -> str:
    """A rule of composition as a sentence."""
    if kind == "least_share":
        return _("At least %(number)s percent of the seats: %(constituency)s.", number=number,
                 constituency=str(CONSTITUENCY_NAMES[constituency]))
    return _SAID[kind](number)




def not_founded() -> str:
    return _("Begin the record of your fund")


def out_of_order() -> str:
    return _("A body of the fund does not keep its rules yet")

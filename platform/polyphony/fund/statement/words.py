"""How the figures of a statement and the levels of openness are called on pages."""

from polyphony.kernel.locale import lazy

FIGURES = {
    "received": lazy("Received"), "granted": lazy("Granted"), "paid": lazy("Paid"), "on_way": lazy("On its way"),
    "to_pay": lazy("Still to be paid"), "available": lazy("Available"),
}
ABOUT = {
    "received": lazy("under promises of companies, all together"), "granted": lazy("reserved for grants"),
    "paid": lazy("confirmed by the bank"), "on_way": lazy("released, not yet confirmed"),
    "to_pay": lazy("instalments to come"), "available": lazy("for grants to come"),
}
LEVELS = {
    "full": lazy("Everything"), "no_name": lazy("No name"), "region": lazy("Region only"),
    "aggregate": lazy("Only in totals"),
}
LEVELS_ABOUT = {
    "full": lazy("The public sees your name, the title, the country and the amount."),
    "no_name": lazy("The public sees the call, the country and the amount, not who you are and not your title."),
    "region": lazy("The public sees one sum for at least five grantees of a region of the world; where there are "
                   "fewer, for a larger region or for all grantees."),
    "aggregate": lazy("Your grant is counted in the totals and seen nowhere else."),
}
# The same, said to those at the fund.
LEVELS_OF_GRANTEE = {
    "full": lazy("The public sees the grantee’s name, the title, the country and the amount."),
    "no_name": lazy("The public sees the call, the country and the amount, not who the grantee is and not the title."),
    "region": LEVELS_ABOUT["region"],
    "aggregate": lazy("The grant is counted in the totals and seen nowhere else."),
}

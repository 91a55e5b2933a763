"""Decisions about bodies and seats: what a rule of composition asks, and which seat would break it."""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from polyphony.fund.bodies import words
from polyphony.kernel.access import Rule
from polyphony.kernel.locale import lazy
from polyphony.kernel.refusals import CONSTRAINTS, BadInput, NotPermitted, WrongState

ADMINISTRATOR = Rule("fund administrator", lambda v: bool(v.of("fund_admin")),
                     lazy("An administrator of the fund can do this."))
LEAST, MOST = 1, 100


class OneSide(NotPermitted):
    """Who gives money never reads who asks for it or gets it, not even for a day."""

    message = lazy("Nobody holds a seat at a company and a seat that sees the fund’s applications or payments at the "
                   "same time.")
    help = lazy("One of the two has to end first: an administrator of that organisation can end it. Nothing was "
                "changed.")


class SitsInCompany(OneSide):
    message = lazy("Somebody with this address holds a seat at a company. Nobody sits on both sides of the fund.")
    help = lazy("Once that seat has ended she can be invited.")


class AlreadyFounded(WrongState):
    message = lazy("The record of this fund is there already.")


class NotAMember(BadInput):
    field = "membership_id"
    message = lazy("Only a committee member of the fund can sit in the allocation committee.")
    help = lazy("Invite her as a committee member first. The seat can be given once she has accepted.")


class AlreadySits(WrongState):
    message = lazy("This member has a seat in this body already.")


class TermOver(BadInput):
    field = "until"
    message = lazy("The term has to end after today.")


class BreaksRule(WrongState):
    """Names the very rule; the seat is not given."""

    message = lazy("This seat would break a rule of the body: %(rule)s")
    help = lazy("Give other seats first, or choose another member or term. An administrator can change the rules, "
                "and everybody sees them.")


class OutOfOrder(BreaksRule):
    message = lazy("This seat would break a rule of the body. The page shows its rules.")


CONSTRAINTS.update({
    "membership_one_side": OneSide, "seat_pkey": AlreadySits, "seat_held": AlreadySits, "seat_of_member": NotAMember,
    "seat_term_check": TermOver,
    "fund_pkey": AlreadyFounded, "body_fund_id_kind_key": AlreadyFounded,
    **{f"seat_{kind}": OutOfOrder for kind in
       ("no_contributors", "longest_term", "most_per_organisation", "least_share")},
})


@dataclass(frozen=True)
class Asked:
    """One rule of a body: a number of seats, a share in percent, or months."""

    kind: str
    number: int
    constituency: str = ""


@dataclass(frozen=True)
class Sits:
    """One seat as the rules see it, and the public."""

    shown_as: str
    comes_from: str
    constituency: str
    begun_on: date
    until: date


def months_after(day: date, months: int) -> date:
    """The same day some months later, or the last one of a shorter month."""
    year, month = divmod(day.month - 1 + months, 12)
    last = calendar.monthrange(day.year + year, month + 1)[1]
    return date(day.year + year, month + 1, min(day.day, last))


def holds(rule: Asked, sitting: Sequence[Sits]) -> bool:
    """Whether a body of these seats is in order by this rule; rules of the quorum are kept at each decision."""
    if rule.kind == "least_seats":
        return len(sitting) >= rule.number
    if rule.kind == "least_share":
        theirs = sum(seat.constituency == rule.constituency for seat in sitting)
        return theirs * 100 >= rule.number * len(sitting)
    if rule.kind == "most_per_organisation":
        homes = [seat.comes_from.casefold() for seat in sitting]
        return all(homes.count(home) <= rule.number for home in set(homes))
    if rule.kind == "longest_term":
        return all(seat.until <= months_after(seat.begun_on, rule.number) for seat in sitting)
    if rule.kind == "no_contributors":
        return all(seat.constituency != "contributor" for seat in sitting)
    return True


def broken(asked: Iterable[Asked], sitting: Sequence[Sits]) -> list[Asked]:
    """The rules that this body does not keep now."""
    return [rule for rule in asked if not holds(rule, sitting)]


def ensure_may_sit(asked: Iterable[Asked], sitting: Sequence[Sits], seat: Sits) -> None:
    """A new seat breaks no rule. Too few seats are no reason against one more. Raises `BreaksRule`, `TermOver`."""
    if seat.until <= seat.begun_on:
        raise TermOver()
    for rule in asked:
        helps = rule.kind == "least_seats" or (rule.kind == "least_share" and seat.constituency == rule.constituency)
        if not helps and not holds(rule, [*sitting, seat]):
            raise BreaksRule(rule=words.rule(rule.kind, rule.number, rule.constituency))

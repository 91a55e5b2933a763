"""Who may review what, and how scores are put together, decided from loaded rows alone."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from polyphony.fund.reviewing.words import KINDS
from polyphony.kernel.access import Rule
from polyphony.kernel.locale import lazy
from polyphony.kernel.refusals import CONSTRAINTS, BadInput, NotPermitted, WrongState

_HELP = lazy("The fund’s administrator can do this.")
administrator = Rule("fund administrator", lambda v: bool(v.of("fund_admin")), _HELP, hat="fund")
reviewer = Rule("fund reviewer", lambda v: bool(v.of("fund_review")),
                lazy("The reviewers of the fund can do this. Its administrator appoints them."), hat="fund")
inside = Rule("fund member", lambda v: bool(v.of("funds")), lazy("The people of the fund can do this."), hat="fund")

KNOWS = "knows"  # among the answers about a conflict: none, but she could see who applies
FAR_APART, CRITERION_APART = Fraction(3, 2), 3  # from here on two reviewers are said to see a case differently


class NotAdministrator(NotPermitted):
    message = lazy("Only an administrator of this fund can do this.")
    help = _HELP


class ConflictFound(WrongState):
    """Named by its kind, so that the administrator can choose somebody else knowing why."""

    message = lazy("This person has a conflict of interest in this case and steps aside from it. Nothing was changed.")
    help = lazy("Choose somebody else.")

    def __init__(self, kind: str = "") -> None:
        words = lazy("This person steps aside from this case: %(reason)s.", reason=KINDS[kind]) if kind in KINDS else ""
        super().__init__(words)


class KnowsWhoApplies(BadInput):
    """A review is blind: whoever could read the name as an administrator, or in the committee, gives none."""

    field = "person_id"
    message = lazy("Administrators of the fund can see who applies, and its committee can once scores are locked. "
                   "Whoever could see it does not review the application.")
    help = lazy("Choose somebody else.")


class NotAReviewer(BadInput):
    field = "person_id"
    message = lazy("Choose one of the fund’s reviewers.")


class ReviewedAfterDeadline(WrongState):
    message = lazy("Reviews begin when the call is closed: until then applicants may change what they wrote.")


class ReviewsOver(WrongState):
    message = lazy("Everything in this call is decided: nobody is asked for a review any more.")


class CaseDecided(WrongState):
    """A review that begins after the decision would keep everybody waiting for nothing."""

    message = lazy("This application is decided: nobody is asked for a review any more.")


class AlreadyAssigned(WrongState):
    message = lazy("This reviewer has this application already.")


class ReviewLocked(WrongState):
    message = lazy("This review is locked. It stands, and is not taken back.")


class ReviewTakenBack(WrongState):
    """The administrator took it back while she was writing."""

    message = lazy("This review was taken back: you were asked for it, and are not any more.")


class ScoresLocked(WrongState):
    message = lazy("Your scores on this application are locked. They stand as they are.")


class StillAsked(WrongState):
    """What the rooms find must be known before she sees who applies."""

    message = lazy("Conflicts of interest are still being looked for. Your scores are kept; try again in a minute.")
    wait = 60


class NothingScored(WrongState):
    message = lazy("Give at least one score before you lock them.")
    help = lazy("If you cannot judge this application, step aside from it.")


class NoSuchScore(BadInput):
    message = lazy("A score is a whole number from 0 to 5, or none.")


class SteppedAsideAlready(WrongState):
    message = lazy("You have stepped aside from this case already.")


CONSTRAINTS.update({
    "assignment_conflict": ConflictFound, "assignment_blind": KnowsWhoApplies,
    "assignment_application_id_person_id_key": AlreadyAssigned,
    "score_assignment_id_fkey": ReviewTakenBack, "lock_assignment_id_fkey": ReviewLocked, "score_locked": ScoresLocked,
    "lock_after_asking": StillAsked, "lock_pkey": ScoresLocked, "score_value_check": NoSuchScore,
    "recusal_application_id_person_id_key": SteppedAsideAlready,
})


def mean(values: Mapping[uuid.UUID, int | None], weights: Mapping[uuid.UUID, int]) -> Fraction | None:
    """The weighted mean over the criteria that have a score; a missing score is missing, never zero."""
    given = {criterion: value for criterion, value in values.items() if value is not None and criterion in weights}
    total = sum(weights[criterion] for criterion in given)
    return Fraction(sum(value * weights[criterion] for criterion, value in given.items()), total) if total else None


def together(means: Iterable[Fraction | None]) -> Fraction | None:
    """The mean of the reviewers' means, over those who scored."""
    given = [each for each in means if each is not None]
    return sum(given, Fraction(0)) / len(given) if given else None


def far_apart(means: Iterable[Fraction | None], by_criterion: Iterable[Iterable[int | None]] = ()) -> bool:
    """Whether reviewers see a case so differently that the committee should know."""
    given = [each for each in means if each is not None]
    if given and max(given) - min(given) >= FAR_APART:
        return True
    kept = [[value for value in values if value is not None] for values in by_criterion]
    return any(max(values) - min(values) >= CRITERION_APART for values in kept if values)


def shared_out(applications: Sequence[uuid.UUID], reviewers: Sequence[uuid.UUID],
               blocked: set[tuple[uuid.UUID, uuid.UUID]], already: Iterable[tuple[uuid.UUID, uuid.UUID]],
               each: int) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Who should read what so that each application has `each` reviewers without a conflict, and loads are even."""
    held = set(already)
    load = Counter(person for _, person in held)
    made: list[tuple[uuid.UUID, uuid.UUID]] = []
    for application in applications:
        has = sum(one == application for one, _ in held)
        free = sorted((p for p in reviewers if (application, p) not in blocked | held), key=lambda p: (load[p], p))
        for person in free[:max(0, each - has)]:
            made.append((application, person))
            load[person] += 1
    return made

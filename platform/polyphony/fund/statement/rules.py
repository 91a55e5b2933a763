"""What is refused about the openness of a grant."""

from polyphony.kernel.locale import lazy
from polyphony.kernel.refusals import CONSTRAINTS, NotPermitted, WrongState


class NotMoreOpen(NotPermitted):
    message = lazy("Only the grantee can agree to show more of this grant.")
    help = lazy("You can show less of it at once, without asking anybody.")


class NotYourGrant(NotPermitted):
    message = lazy("Only the grantee and the administrators of the fund say how openly a grant is shown.")
    help = lazy("Write to one of them if somebody may be in danger: they can take the name down at once.")


class GrantStays(WrongState):
    message = lazy("What was granted does not change. Only how openly it is shown can.")


CONSTRAINTS.update({"grant_opened_by_grantee": NotMoreOpen, "grant_stays": GrantStays})

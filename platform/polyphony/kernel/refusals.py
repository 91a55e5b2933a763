"""A clear no: what is refused, why, and who can help, in the reader's language.

Permission looks at the person (403), policy at the state (409), input at the words (422). All are
`Refusal`s and are shown the same way in a page and in a fragment.
"""

from typing import Any

from flask_babel import LazyString


class Refusal(Exception):
    """The platform says no and explains itself."""

    status = 409
    message: LazyString | str = ""
    help: LazyString | str = ""
    field: str | None = None
    wait: int = 0  # seconds after which trying again makes sense
    page: str = ""  # endpoint of the page on which it can be put right, given the way back as `next`

    def __init__(self, message: LazyString | str = "", *, help: LazyString | str = "", **details: Any):
        self.details = details
        if message:
            self.message = message
        elif details:
            self.message = str(type(self).message) % details if "%(" in str(type(self).message) else type(self).message
        if help:
            self.help = help
        super().__init__(str(type(self).__name__))


class NotPermitted(Refusal):
    """This person may not do this; says who can."""

    status = 403


class WrongState(Refusal):
    """Nobody may do this now; says when or after what."""

    status = 409


class BadInput(Refusal):
    """What was typed cannot be taken as it is; names the field, keeps the text."""

    status = 422


class NotThere(Exception):
    """Not visible means not there: one answer for missing and for hidden things (404)."""


CONSTRAINTS: dict[str, type[Refusal]] = {}  # what the database refuses, in human words


def refusal_for(error: Any) -> Refusal | None:
    """The refusal a room declared for the constraint that the database named, or None."""
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    known = CONSTRAINTS.get(name or "")
    return known() if known else None

"""When something may be kept from ending, and why erasing sometimes has to wait: decisions and their explanations."""

import re
import uuid
from datetime import date, timedelta
from typing import Any

from polyphony.kernel.locale import gettext, lazy
from polyphony.kernel.refusals import CONSTRAINTS, BadInput, NotPermitted, WrongState
from polyphony.retention.models import LONGEST

_ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class NotASteward(NotPermitted):
    message = lazy("Only stewards of the platform can do this.")


class NobodyThere(BadInput):
    field = "about"
    message = lazy("There is no account with this address, and no consultation at this address.")


class BadEnd(BadInput):
    field = "until"
    message = lazy("Please choose a day from tomorrow on, at most twelve months away.")


class TwoPeople(NotPermitted):
    message = lazy("You proposed this hold. A hold needs two people.")
    help = lazy("Another steward reads the reason and confirms it.")


class NotTheSame(BadInput):
    field = "about"
    message = lazy("This is not what the other steward proposed to keep. Please ask her what she meant.")


class HoldEnded(WrongState):
    message = lazy("This hold has ended.")
    help = lazy("If it is still needed, propose it anew. Again two stewards are needed.")


class ConfirmedAlready(WrongState):
    message = lazy("This hold is confirmed already.")


class LastAdministrator(WrongState):
    message = lazy("You are the last administrator of: %(names)s.")
    help = lazy("Invite another administrator first, or let the organisation leave. Then you can erase your account.")


class LastStewards(WrongState):
    message = lazy("You are one of the last two stewards, and organisations are admitted by two.")
    help = lazy("Whoever runs the machines of the platform can appoint another steward. Then you can erase your "
                "account.")


class Held(WrongState):
    """Something may not go before a day. Why, she reads where she is told of the hold; some are not told yet."""

    help = lazy("Two stewards have decided so in writing; they can help. You can ask all the same for everything of "
                "yours to be erased: that is noted now and happens by itself when it ends.")

    def __init__(self, until: str):
        super().__init__(gettext("This must be kept until %(day)s, so it cannot be changed or withdrawn now.",
                                 day=until))


CONSTRAINTS |= {"hold_two_people": TwoPeople, "hold_has_ended": HoldEnded}


def consultation_in(typed: str) -> uuid.UUID | None:
    """The consultation meant by the address of one of its pages, or by its number alone."""
    found = _ID.search(typed)
    return uuid.UUID(found[0]) if found else None


def ensure_end(until: date, today: date) -> None:
    """A hold always ends. Raises BadEnd."""
    if not today < until <= today + timedelta(days=LONGEST - 1):
        raise BadEnd()


def state_of(hold: Any, confirmed: Any, released: Any, today: date) -> str:
    """Where a hold stands: released, ended, proposed, in force."""
    if released is not None:
        return "released"
    if hold.until < today:
        return "ended"
    return "held" if confirmed is not None else "proposed"


def ensure_may_confirm(state: str, *, is_own: bool) -> None:
    """Raises HoldEnded, ConfirmedAlready, TwoPeople."""
    if state in ("released", "ended"):
        raise HoldEnded()
    if state == "held":
        raise ConfirmedAlready()
    if is_own:
        raise TwoPeople()


def ensure_same(meant: uuid.UUID, proposed: uuid.UUID) -> None:
    """Two people mean the same thing: the second names it herself. Raises NotTheSame."""
    if meant != proposed:
        raise NotTheSame()


def ensure_may_release(state: str) -> None:
    """One steward is enough to let go. Raises HoldEnded."""
    if state in ("released", "ended"):
        raise HoldEnded()


def ensure_may_be_erased(alone: list[str], *, is_last_steward: bool) -> None:
    """Nobody leaves an organisation out of reach, or the door shut. Raises LastAdministrator, LastStewards."""
    if alone:
        raise LastAdministrator(names=", ".join(alone))
    if is_last_steward:
        raise LastStewards()

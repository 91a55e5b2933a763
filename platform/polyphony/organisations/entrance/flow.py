"""What one browser keeps while somebody is at her company's provider, in its signed cookie."""

import hmac
import time
import uuid
from dataclasses import asdict, dataclass

from flask import session

from polyphony.organisations.entrance import rules

KEPT = "company_sign_in"
PURPOSES = ("sign_in", "link", "invitation", "try", "proof")


@dataclass(frozen=True)
class Flow:
    """One attempt: for which company, what for, and the values that only this browser and the provider know."""

    organisation: str
    purpose: str
    lang: str
    state: str
    nonce: str
    verifier: str
    begun: int
    invitation: str = ""
    wanted: str = ""  # the page of ours that she was on her way to

    @property
    def organisation_id(self) -> uuid.UUID:
        return uuid.UUID(self.organisation)


def keep(flow: Flow) -> None:
    """Remember this attempt; one that was begun earlier in this browser is forgotten."""
    session[KEPT] = asdict(flow)


def present() -> Flow | None:
    """The attempt that this browser has begun, or none."""
    kept = session.get(KEPT)
    try:
        found = Flow(**kept) if isinstance(kept, dict) else None
    except TypeError:
        return None
    return found if found and found.begun > time.time() - rules.MINUTES * 60 else None


def of(state: str) -> Flow:
    """The attempt that somebody comes back from. Raises NotBegunHere for a state that this browser did not get."""
    found = present()
    if found is None or not hmac.compare_digest(found.state.encode(), state.encode()):
        raise rules.NotBegunHere()
    return found


def forget() -> None:
    session.pop(KEPT, None)

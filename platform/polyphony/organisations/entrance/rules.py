"""Decisions about a company's own sign-in: whom it may open, when it may be required, who lifts that."""

import re
from datetime import datetime
from typing import Any

from polyphony.kernel.locale import lazy
from polyphony.kernel.refusals import BadInput, NotPermitted, Refusal, WrongState

MINUTES = 15  # from leaving for the provider to coming back
LEEWAY = 60  # seconds by which two clocks may differ
DOMAIN = re.compile(r"(?!.{254})(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")


class NotBegunHere(Refusal):
    status = 400
    message = lazy("This sign-in was not begun in this browser, or too long ago. Nobody was signed in.")
    help = lazy("Please begin again from the sign-in page.")


class ProviderSaidNo(NotPermitted):
    message = lazy("Your company’s sign-in did not let you in.")
    help = lazy("Please try again, or ask whoever looks after sign-in in your company.")


class ProviderAway(WrongState):
    message = lazy("Your company’s sign-in does not answer as it should at the moment. Nobody was signed in.")
    help = lazy("Please try again later. The administrator of your organisation can check how it is set up.")


class TooManyAtOnce(Refusal):
    status, wait = 429, 5
    message = lazy("Many people sign in at this moment. Please try again in a few seconds.")


class Untrusted(NotPermitted):
    message = lazy("What came back from your company’s sign-in could not be trusted, so nobody was signed in.")
    help = lazy("Please begin again. If it happens again, tell the administrator of your organisation.")


class NotLinked(NotPermitted):
    message = lazy("No account here is linked with this sign-in.")
    help = lazy("Open the invitation in your mail, or sign in with your password and link your account.")


class NotAnew(NotPermitted):
    message = lazy("Your company’s sign-in let you pass without asking you anew, so it does not show that it is you.")
    help = lazy("Use your password instead (a mailed link lets you choose one), "
                "or ask whoever looks after sign-in in your company.")


class ActsElsewhere(NotPermitted):
    message = lazy("A company’s own sign-in opens only accounts that have always acted for that company alone.")
    help = lazy("Your account acts, or acted, for others too. Ask your company to invite another address of yours.")


class LinkedToAnother(WrongState):
    message = lazy("This sign-in is linked with another account already.")
    help = lazy("Sign in with your company to use that account.")


class AlreadyLinked(WrongState):
    message = lazy("Your account is already linked with a sign-in of this company.")
    help = lazy("Take the present link away first.")


class ForSomebodyElse(NotPermitted):
    message = lazy("You are signed in already.")
    help = lazy("Sign out first, then open the link in the mail again.")


class UseCompanySignIn(NotPermitted):
    message = lazy("%(company)s asks its members to sign in with the company’s own sign-in, not with a password.")
    help = lazy("Choose “Sign in with your company” below. If it does not work, two stewards can lift this.")


class NotTried(WrongState):
    message = lazy("This sign-in has not been tried yet with its present settings.")
    help = lazy("Try it first: then nobody is locked out by a slip.")


class NotThroughIt(WrongState):
    message = lazy("You are signed in with your password.")
    help = lazy("Link your account and sign in with your company first: whoever requires it must have come in by it.")


class NotACompany(NotPermitted):
    message = lazy("Only a company that has been admitted has a sign-in of its own.")


class StrangeAddress(BadInput):
    field = "issuer"
    message = lazy("Please write the address of the provider as it calls itself, beginning with https://.")


class StrangeDomain(BadInput):
    field = "domain"
    message = lazy("Please write only the part after the @, for example example.org.")


class SecretMissing(BadInput):
    field = "client_secret"
    message = lazy("Please write the client secret that the provider gave you.")


class NotRequired(WrongState):
    message = lazy("This company does not require its own sign-in.")


class AlreadyLifted(WrongState):
    message = lazy("You have already said that this must go.")
    help = lazy("Another steward has to say it too.")


class OwnCompany(NotPermitted):
    message = lazy("You are a member of this organisation.")
    help = lazy("Two other stewards decide about it.")


def ensure_good_settings(*, may_call: bool, domain: str, has_secret: bool) -> None:
    """A provider is called by https only, and never without the secret it gave out.

    Raises StrangeAddress, StrangeDomain, SecretMissing.
    """
    if not may_call:
        raise StrangeAddress()
    if domain and not DOMAIN.fullmatch(domain):
        raise StrangeDomain()
    if not has_secret:
        raise SecretMissing()


def ensure_may_require(*, tried_at: datetime | None, came_through_it: bool) -> None:
    """Nobody requires a way in that she has not come in by. Raises NotTried, NotThroughIt."""
    if tried_at is None:
        raise NotTried()
    if not came_through_it:
        raise NotThroughIt()


def ensure_may_lift(*, is_required: bool, is_member: bool, has_said: bool) -> None:
    """A steward says one word on each requirement, never on her own company's.

    Raises NotRequired, OwnCompany, AlreadyLifted.
    """
    if not is_required:
        raise NotRequired()
    if is_member:
        raise OwnCompany()
    if has_said:
        raise AlreadyLifted()


def counts_as_second(*, is_second: bool, wanted_acr: str, said_acr: str) -> bool:
    """Whether this sign-in counts as a second factor: the company says it does, and the provider said so this time.

    A claim alone is never believed: without the company's setting, whatever the provider says counts for nothing.
    """
    return is_second and (not wanted_acr or said_acr == wanted_acr)


def is_anew(*, signed_in_at: float, begun: float, now: float) -> bool:
    """Whether she signed in at the provider for this attempt; if it says no time, or a strange one, she did not."""
    return begun - LEEWAY <= signed_in_at <= now + LEEWAY


def ensure_anew(is_anew: bool) -> None:
    """A session that still stood at the provider shows nothing of who sits there now. Raises NotAnew."""
    if not is_anew:
        raise NotAnew()


def what_the_database_said(said: str) -> None:
    """A refusal for each answer of the definer functions but "done".

    Raises NotLinked, ActsElsewhere, LinkedToAnother, AlreadyLinked.
    """
    refusals: dict[str, Any] = {"unknown": NotLinked, "elsewhere": ActsElsewhere, "taken": LinkedToAnother,
                                "linked": AlreadyLinked, "sign_in": NotPermitted}
    if said != "done":
        raise refusals[said]()

"""Decisions about accounts: which password is good, when a guesser has to wait, where one may be sent."""

from urllib.parse import urlsplit

from polyphony.kernel.locale import lazy, ngettext
from polyphony.kernel.refusals import BadInput, Refusal, WrongState
from polyphony.people import common

SHORTEST = 12
MISSED = 3  # wrong passwords for an address after which each try is earned by a short sum, or by waiting
RESET_MAILS = 3  # links mailed within an hour, so that nobody's mailbox is flooded


class TooShort(BadInput):
    field = "password"
    message = lazy("Please use at least 12 characters. A few words in a row are easy to remember.")


class TooCommon(BadInput):
    field = "password"
    message = lazy("Many people use a password like this one, so it is easy to guess. Please choose another.")


class WrongSignIn(BadInput):
    message = lazy("Address and password do not fit together.")
    help = lazy("Please check both. If you have forgotten your password, you can choose a new one.")


class WrongPassword(BadInput):
    field = "present"
    message = lazy("This is not your present password.")


class TooManyAttempts(Refusal):
    """Several wrong passwords: so many seconds have to pass before the next one is looked at."""

    status = 429
    help = lazy("A link by mail lets you choose a new password and opens your account at once, "
                "even while somebody else is guessing.")

    def __init__(self, seconds: int):
        super().__init__(ngettext(
            "There were several wrong passwords for this address. Please wait %(num)s second, then try again.",
            "There were several wrong passwords for this address. Please wait %(num)s seconds, then try again.",
            seconds))
        self.wait = seconds


class WrongCode(BadInput):
    field = "code"
    message = lazy("This code is not right, or it has been used already. Each one works once: please wait for the next "
                   "one.")
    help = lazy("Please check that the clock of your device is right. A recovery code works as well.")


class TooManyCodes(Refusal):
    """Several wrong codes: so many seconds have to pass before the next one is looked at."""

    status = 429
    help = lazy("A passkey works at once, if you have one.")

    def __init__(self, seconds: int):
        super().__init__(ngettext(
            "There were several wrong codes. Please wait %(num)s second, then try again.",
            "There were several wrong codes. Please wait %(num)s seconds, then try again.", seconds))
        self.wait = seconds


class NotNow(WrongState):
    message = lazy("This can no longer be done from here.")
    help = lazy("Please begin again: show once more that it is you.")


class FormTooOld(WrongState):
    message = lazy("This page was made for an earlier sign-in.")
    help = lazy("Please open it again.")


class NoFactorYet(WrongState):
    message = lazy("Your role asks for a second factor, and you have none yet.")
    help = lazy("Please sign in with a browser first and set one up.")


class LastFactor(WrongState):
    message = lazy("Your role asks for a second factor, and this is your last one.")
    help = lazy("Add another one first. Then you can take this one away.")


class WrongPasskey(BadInput):
    message = lazy("This passkey was not taken.")
    help = lazy("Please try again, or use your password and a code.")


class LinkGone(WrongState):
    status = 410
    message = lazy("This link has been used, or it is too old.")
    help = lazy("Please ask for a new one.")


class UnknownPhrase(BadInput):
    field = "words"
    message = lazy("We do not know this phrase. Please compare it with your paper, word by word.")
    help = lazy("You can try as often as you like.")


def ensure_good_password(password: str) -> None:
    """Long and not common; no rules about which characters (NIST SP 800-63B-4, 3.1.1.2).

    Raises TooShort or TooCommon.
    """
    if len(password) < SHORTEST:
        raise TooShort()
    if common.is_easy(password):
        raise TooCommon()


def ensure_may_try(seconds: int) -> None:
    """After several wrong passwords this address waits some seconds; others are not touched.

    Raises TooManyAttempts.
    """
    if seconds > 0:
        raise TooManyAttempts(seconds)


def ensure_may_try_code(seconds: int) -> None:
    """After several wrong codes the next one waits; passwords are counted apart. Raises TooManyCodes."""
    if seconds > 0:
        raise TooManyCodes(seconds)


def local_place(wanted: str | None, otherwise: str) -> str:
    """Where to go after signing in: a page of ours, never another site's."""
    wanted = wanted or ""
    # Browsers drop tabs and line breaks and read a backslash as a slash: "/\t/elsewhere" would leave us.
    if not wanted.isprintable() or "\\" in wanted or not wanted.startswith("/") or wanted.startswith("//"):
        return otherwise
    parts = urlsplit(wanted)
    return otherwise if parts.netloc or parts.scheme else wanted

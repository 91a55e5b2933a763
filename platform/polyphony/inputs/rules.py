"""What may be said, when, and by whom it may be read: pure decisions and their explanations."""

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from polyphony.kernel import locale
from polyphony.kernel.locale import lazy
from polyphony.kernel.refusals import BadInput, NotPermitted, WrongState

PHRASE_NAMINGS = ("pseudonym", "unattributed")
SAID = ("text", "lang")  # the parts of a draft, as its pages ask for them
CHOSEN = ("addressed", "audience", "readers", "naming", "pseudonym", "speaks_as")
SHOWN = (*SAID, *CHOSEN, "files")  # everything that stands on the page before it is sent


class NotOpenYet(WrongState):
    message = lazy("This consultation is not open yet.")
    help = lazy("Its page says from when on you can say something. Keep your text until then.")


class NoMoreInputs(WrongState):
    message = lazy("This consultation takes no more inputs.")
    help = lazy("What you typed is still on this page: copy it if you need it. The facilitator can help.")


class NeedsAccount(WrongState):
    message = lazy("The companies of this consultation ask for an account. Nobody can take part without one here.")
    help = lazy("A stakeholder organisation that is invited can speak for you.")


class NotInvited(NotPermitted):
    message = lazy("Only members of an invited stakeholder organisation, or people with a return phrase, speak here.")
    help = lazy("The facilitator of this consultation invites organisations.")


class WordsDiffer(BadInput):
    message = lazy("These are not the words asked for. Please compare them with the phrase you wrote down.")


class PhraseGone(BadInput):
    message = lazy("This page was open for too long. Please open it again: you get a new return phrase.")


class NothingSaid(BadInput):
    field = "text"
    message = lazy("Please write what you want to say.")


class NoSuchTag(BadInput):
    field = "other"
    message = lazy("Please type a language code such as “am” or “zh-Hant”.")


class NobodyAddressed(BadInput):
    field = "addressed"
    message = lazy("Please choose at least one company.")


class NobodyChosen(BadInput):
    field = "readers"
    message = lazy("Please choose the companies that may read this.")


class NoPseudonym(BadInput):
    field = "pseudonym"
    message = lazy("Please type the pseudonym to show.")


class NotThisNaming(BadInput):
    field = "naming"
    message = lazy("Without an account you can choose a pseudonym or no name at all.")


class DraftGone(WrongState):
    message = lazy("There is no draft to send: it was sent already, or nothing was written yet.")
    help = lazy("Your inputs are in your inbox.")


class DraftChanged(WrongState):
    message = lazy("The draft was changed in the meantime, perhaps in another window of yours. This is how it stands "
                   "now: read it once more before you send it.")


class Withdrawn(WrongState):
    message = lazy("This input was withdrawn.")


class AlreadyRead(WrongState):
    message = lazy("This input has been read already.")


class NothingMasked(BadInput):
    field = "text"
    message = lazy("This text is the same as before: change what must be masked, or release it as it is.")


def ensure_open(consultation: Any, now: datetime) -> None:
    """Inputs are taken while it is open. Raises NotOpenYet, NoMoreInputs."""
    if consultation.state in ("draft", "announced") or (consultation.opens_at and now < consultation.opens_at):
        raise NotOpenYet()
    if consultation.state != "open" or (consultation.closes_at and now >= consultation.closes_at):
        raise NoMoreInputs()


def mark(stored: Mapping[str, Any], names: Collection[str]) -> str:
    """What stood in these fields of a draft, as the page that showed them carries it; '' for nothing."""
    stood = {name: stored[name] for name in names if name in stored}
    return hashlib.sha256(json.dumps(stood, sort_keys=True).encode()).hexdigest()[:24] if stood else ""


def is_unseen(stored: Mapping[str, Any], seen: str | None, coming: Mapping[str, Any]) -> bool:
    """Whether what comes would write over something in a draft that was not on the page it comes from."""
    names = [name for name in (*SAID, *CHOSEN) if name in coming]
    stands = any(name in stored and stored[name] != coming[name] for name in names)
    return stands and seen is not None and seen != mark(stored, names)


def with_files(stored: Mapping[str, Any], files: Collection[Any]) -> dict[str, Any]:
    """A draft with the files that hang on it, as it stands on the page before it is sent."""
    return {**stored, "files": sorted(str(each.id) for each in files)}


def ensure_shown(stored: Mapping[str, Any], seen: str | None) -> None:
    """She sends what stood on the page. Raises DraftChanged."""
    if seen not in (None, mark(stored, SHOWN)):
        raise DraftChanged()


def ensure_said(text: str | None) -> str:
    """Some words were written. Raises NothingSaid."""
    if not (text or "").strip():
        raise NothingSaid()
    return str(text)


def tag(chosen: str, typed: str) -> str:
    """The language of a text: chosen from the list, else typed as a tag that nobody has to know.

    Raises NoSuchTag. Source: BCP 47, reduced to language, script and region, in its usual spelling.
    """
    if chosen and chosen != "other":
        return chosen
    known = locale.tag(typed or "")
    if known is None:
        raise NoSuchTag()
    return known


def lacking(audience: str | None, addressed: Collection[Any] | None, readers: Collection[Any] | None,
            naming: str | None, pseudonym: str | None) -> list[BadInput]:
    """Everything that these choices still need, so that an author is told all of it at once."""
    found: list[tuple[bool, BadInput]] = [
        (not addressed, NobodyAddressed()), (audience == "chosen" and not readers, NobodyChosen()),
        (naming == "pseudonym" and not (pseudonym or "").strip(), NoPseudonym())]
    return [refusal for is_so, refusal in found if is_so]


def ensure_choices(*, audience: str, addressed: Collection[Any], readers: Collection[Any], naming: str,
                   pseudonym: str, with_account: bool) -> None:
    """Choices that fit together. Raises NobodyAddressed, NobodyChosen, NotThisNaming, NoPseudonym."""
    if not with_account and naming not in PHRASE_NAMINGS:
        raise NotThisNaming()
    for refusal in lacking(audience, addressed, readers, naming, pseudonym):
        raise refusal


def shown_as(naming: str, *, name: str, organisation: str, pseudonym: str) -> str:
    """The text that stands under an input: never more than the author chose."""
    return {"name": name, "organisation": organisation, "pseudonym": pseudonym.strip()}.get(naming, "")


def state_of(entry: Any) -> str:
    """Where an input stands: withdrawn, unread, masked, read."""
    if entry.withdrawn_on:
        return "withdrawn"
    if not entry.read_on:
        return "unread"
    return "masked" if entry.masked else "read"

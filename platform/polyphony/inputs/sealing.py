"""A return phrase on its way: sealed inside the page that shows it, kept nowhere until it is confirmed.

So a dropped connection loses nothing: the page can be sent again, and a phrase nobody confirmed never was.
"""

import hashlib
import json
import secrets
import uuid
from dataclasses import dataclass

from flask import current_app
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from polyphony.inputs.rules import PhraseGone, WordsDiffer
from polyphony.kernel.secrets import bytes_of, text_of
from polyphony.people import phrases


@dataclass(frozen=True)
class Shown:
    """A phrase as one page shows it, and the places of the two words it asks for."""

    words: list[str]
    asked: tuple[int, int]
    consultation_id: uuid.UUID
    lang: str


def fresh(consultation_id: uuid.UUID, lang: str) -> Shown:
    """A new phrase in her language."""
    words = phrases.make(lang)
    one, two = sorted(secrets.SystemRandom().sample(range(len(words)), 2))
    return Shown(words, (one, two), consultation_id, lang)


def seal(shown: Shown) -> str:
    """The phrase as text that only this deployment can open or make."""
    said = json.dumps([shown.words, shown.asked, str(shown.consultation_id), shown.lang]).encode()
    return text_of(bytes(_box().encrypt(said)))


def unseal(sealed: str, consultation_id: uuid.UUID) -> Shown:
    """The phrase of a page of this consultation. Raises PhraseGone."""
    try:
        words, asked, about, lang = json.loads(_box().decrypt(bytes_of(sealed or "")))
    except (CryptoError, ValueError, TypeError):
        raise PhraseGone() from None
    if about != str(consultation_id):
        raise PhraseGone()
    return Shown(words, (asked[0], asked[1]), consultation_id, lang)


def ensure_written_down(shown: Shown, first: str, second: str) -> None:
    """The two words asked for were typed, one slip in each forgiven. Raises WordsDiffer."""
    typed = list(shown.words)
    typed[shown.asked[0]], typed[shown.asked[1]] = first, second
    if phrases.normalise(" ".join(typed)) != [phrases.plain(word) for word in shown.words]:
        raise WordsDiffer()


def _box() -> SecretBox:
    key = current_app.extensions["settings"].secret_key.encode()
    return SecretBox(hashlib.sha256(b"return phrase on a page:" + key).digest())

"""Return phrases: everyday words in her own language, all she keeps and all she needs.

At least 70 bits drawn by the operating system, so nobody finds one by trying. A phrase is typed on
borrowed phones and read from folded paper: case, spaces, hyphens, accents, Arabic spellings that people
mix, and one slip in a word are forgiven. What is hashed are the words in one plain form (`plain`).
"""

import re
import secrets as randomness
import tomllib
import unicodedata
import uuid
from functools import cache
from math import log2
from pathlib import Path

import mnemonic
import sqlalchemy as sa
from flask import session

from polyphony.folders import folder
from polyphony.kernel import clock, secrets
from polyphony.kernel.database import db

BITS = 70
# In a phrase nobody draws "fifth" any more: it is asked for by the numbers of its words. Those who have it keep it.
COUNTING = frozenset(("ثاني", "ثالث", "خامس", "سادس", "ثامن", "تاسع", "عاشر"))
_OWN = Path(__file__).parent / "words"
_MIXED = str.maketrans({"ى": "ي", "ی": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه", "ٱ": "ا", "ک": "ك",
                        "ء": "", "ـ": ""})


@cache
def _table() -> dict[str, tuple[int, str]]:
    data = tomllib.loads((folder("translations") / "languages.toml").read_text("utf-8"))
    return {x["code"]: (x["phrase_words"], x["phrase_list"]) for x in data["interface"]}


@cache
def words_of(lang: str) -> tuple[str, ...]:
    """The word list of an interface language (English for any other), as it is shown: NFC."""
    kind, _, name = _table()[lang if lang in _table() else "en"][1].partition(":")
    place = _OWN / name if kind == "own" else Path(mnemonic.__file__).parent / "wordlist" / f"{name}.txt"
    return tuple(unicodedata.normalize("NFC", place.read_text("utf-8")).split())


def bits(lang: str) -> float:
    """How many bits a phrase in this language holds."""
    return _table()[lang][0] * log2(len([word for word in words_of(lang) if word not in COUNTING]))


def make(lang: str) -> list[str]:
    """A fresh phrase in this language, in words as they are shown."""
    number = _table()[lang if lang in _table() else "en"][0]
    words = [word for word in words_of(lang) if word not in COUNTING]
    return [randomness.choice(words) for _ in range(number)]


def plain(word: str) -> str:
    """The one form of a word that is hashed: no case, no accents, mixed Arabic letters made one."""
    apart = unicodedata.normalize("NFKD", word.casefold())
    kept = "".join(c for c in apart if unicodedata.category(c) not in ("Mn", "Cf"))
    return kept.translate(_MIXED)


def normalise(typed: str) -> list[str]:
    """What was typed as the words of its list, in plain form; a word no list knows stays as it is.

    One slip (a letter added, left out, changed, or two neighbours swapped) is put right when exactly one
    word of the phrase's language can be meant.
    """
    words = [word for word in re.split(r"[\W\d_]+", plain(typed)) if word]
    known = max((_plain_words(code) for code in _table()), key=lambda own: sum(word in own for word in words))
    return [word if word in known else _meant(word, known) for word in words]


def keep(words: list[str], consultation_id: uuid.UUID, lang: str) -> None:
    """Keep a phrase as a slow hash with its consultation and the day; kept twice, it is one row."""
    db.session.execute(_KEEP, {"derived": _derive(words), "consultation": consultation_id, "lang": lang,
                               "today": clock.today()})


def come_back(words: list[str]) -> bool:
    """Open a short session for whoever knows a phrase; the same slow work whether it is right or not.

    An account's session that this browser carried before ends by itself. Ended here, in the same transaction or the
    next one, the row that goes would name the row that comes: the page tells her to sign out first if she minds.
    """
    fresh = secrets.token()
    found = db.session.execute(_COME_BACK, {"derived": _derive(words), "token": secrets.digest(fresh)}).scalar_one()
    if found:
        session.pop("csrf_token", None)
        session["key"] = secrets.text_of(fresh)
    return bool(found)


def _derive(words: list[str]) -> bytes:
    return secrets.derive_phrase([plain(word) for word in words])


@cache
def _plain_words(lang: str) -> frozenset[str]:
    return frozenset(plain(word) for word in words_of(lang))


def _meant(word: str, known: frozenset[str]) -> str:
    near = {other for other in known if abs(len(other) - len(word)) < 2 and _one_slip(word, other)}
    return near.pop() if len(near) == 1 else word


def _one_slip(one: str, other: str) -> bool:
    """Whether two different words are a single slip apart."""
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[start:], other[start:]
    return a[1:] == b or a == b[1:] or a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])


_KEEP = sa.text("SELECT people.keep_phrase(:derived, :consultation, :lang, :today)").bindparams(
    sa.bindparam("derived", type_=sa.LargeBinary()), sa.bindparam("consultation", type_=sa.Uuid()))
_COME_BACK = sa.text("SELECT people.come_back(:derived, :token)").bindparams(
    sa.bindparam("derived", type_=sa.LargeBinary()), sa.bindparam("token", type_=sa.LargeBinary()))

"""The translators' desk: which text lacks which language, thousands of them, and each one by itself.

The desk reads beginnings and states alone; the whole text and its translation are read for one piece. Whoever was
appointed for certain languages finds and writes these alone; into her own words an author writes any.
"""

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from polyphony.kernel import providers
from polyphony.kernel.access import there
from polyphony.kernel.database import db
from polyphony.kernel.forms import ChangedMeanwhile
from polyphony.kernel.viewer import Viewer
from polyphony.languages.models import Translation
from polyphony.languages.service import kinds_for, review, store_translation

PAGE = 30
STATES = ("missing", "stale", "waits", "machine", "person", "reviewed")
OPEN = ("missing", "stale")


@dataclass(frozen=True)
class Piece:
    """One text of the translators' desk in one language: what is there and what lacks."""

    kind: str
    subject_id: uuid.UUID
    field: str
    label: str
    text: str
    source_lang: str
    lang: str
    state: str
    translation: Translation | None = None

    @property
    def revision(self) -> str:
        """Changes with the original and with its translation: a form made of others comes too late."""
        told = f"{self.text}\0{self.translation.text if self.translation else ''}"
        return hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Asked:
    """Which pieces a translator wants to see: into a language, out of one, of a kind, holding certain words."""

    into: str = ""
    kind: str = ""
    q: str = ""
    of: str = ""

    @property
    def asked(self) -> dict[str, Any]:
        """What belongs into the address of the next page."""
        return {name: value for name, value in vars(self).items() if value}


@dataclass(frozen=True)
class Desk:
    """One page of the desk, what there is in each language, and where the next page begins."""

    pieces: list[Piece]
    counts: dict[str, tuple[int, int]]  # by language: texts in all, texts to translate
    kinds: list[str]
    sources: list[str]  # the languages that the texts are written in
    after: int | None


def _entries(by: Viewer, consultation_id: uuid.UUID, only: uuid.UUID | None = None,
             kind: str = "") -> list[tuple[Any, ...]]:
    """(kind, id, field, label, text, language) of every text that this viewer may translate.

    Where `only` the texts of one thing are wanted, of this kind, whoever has none of that kind looks for nothing.
    """
    kinds = kinds_for(by, consultation_id, kind)
    return [entry for told in providers.ask("translatable", consultation_id, only, kind) for entry in told
            if entry[0] in kinds and entry[4]]


def _hers_to_see(by: Viewer) -> Any:
    """What waits to be read stands on no desk but its author's."""
    own = by.of("authored") | by.of("viewed")
    return sa.or_(Translation.waits.is_(False), Translation.subject_id.in_(own))


def _states(by: Viewer, consultation_id: uuid.UUID) -> dict[tuple[Any, ...], str]:
    rows = db.session.execute(sa.select(
        Translation.subject_id, Translation.field, Translation.lang, Translation.mark, Translation.stale,
        Translation.waits).where(Translation.consultation_id == consultation_id, _hers_to_see(by))
        .order_by(Translation.waits))
    return {(subject, field, lang): "stale" if stale else "waits" if waits else mark
            for subject, field, lang, mark, stale, waits in rows}


def _pairs(entries: list[tuple[Any, ...]], languages: list[str], states: Any) -> Iterator[tuple[Any, str, str]]:
    """(text, language, state) for every language that a text is not written in."""
    for entry in entries:
        for lang in languages:
            if lang != entry[5]:
                yield entry, lang, states.get((entry[1], entry[2], lang), "missing")


def hers(head: Any) -> list[str]:
    """The languages of a desk that this viewer works in."""
    return [lang for lang in head["languages"] if head.get("hers") is None or lang in head["hers"]]


def desk(by: Viewer, consultation_id: uuid.UUID, head: Any, looked_for: Asked, start: int = 0) -> Desk:
    """What lacks stands first; then what is outdated, and what is done."""
    entries, languages = _entries(by, consultation_id), hers(head)
    every = list(_pairs(entries, languages, _states(by, consultation_id)))
    whole, todo = Counter(lang for _e, lang, _s in every), Counter(lang for _e, lang, s in every if s in OPEN)
    wanted = [pair for pair in every if _is_wanted(pair, looked_for)]
    wanted.sort(key=lambda pair: STATES.index(pair[2]))
    after = start + PAGE if len(wanted) > start + PAGE else None
    return Desk([_piece(*pair) for pair in wanted[start:start + PAGE]],
                {lang: (whole[lang], todo[lang]) for lang in languages},
                list(dict.fromkeys(entry[0] for entry in entries)), sorted({entry[5] for entry in entries}), after)


def _is_wanted(pair: tuple[Any, str, str], looked_for: Asked) -> bool:
    entry, lang, _state = pair
    return (looked_for.into in ("", lang) and looked_for.kind in ("", entry[0]) and looked_for.of in ("", entry[5])
            and looked_for.q.casefold() in f"{entry[4]}\n{entry[3]}".casefold())


def _piece(entry: tuple[Any, ...], lang: str, state: str, translation: Translation | None = None) -> Piece:
    kind, subject, field, label, text, source = entry
    return Piece(kind, subject, field, str(label), text, source, lang, state, translation)


def following(by: Viewer, consultation_id: uuid.UUID, *, subject: uuid.UUID | None, field: str,
              into: str) -> Piece | None:
    """The text to translate into this language after the one just done, the first again after the last."""
    every = list(_pairs(_entries(by, consultation_id), [into], _states(by, consultation_id)))
    here = next((n for n, (entry, _l, _s) in enumerate(every) if entry[1:3] == (subject, field)), -1)
    waits = [pair for pair in (*every[here + 1:], *every[:max(here, 0)]) if pair[2] in OPEN]
    return _piece(*waits[0]) if waits else None


def piece(by: Viewer, consultation_id: uuid.UUID, head: Any, *, kind: str, subject: uuid.UUID, field: str,
          into: str) -> Piece:
    """One text and its translation into one language; 404 when this viewer does not translate it."""
    languages = head["languages"] if by.is_in("authored", subject) else hers(head)
    found = [entry for entry in _entries(by, consultation_id, subject, kind)
             if entry[:3] == (kind, subject, field) and entry[5] != into and into in languages]
    entry = there(found[0] if found else None)
    kept = db.session.scalars(sa.select(Translation).where(
        Translation.subject_id == subject, Translation.field == field, Translation.lang == into, _hers_to_see(by))
        .order_by(Translation.waits.desc())).first()
    state = "missing" if kept is None else "stale" if kept.stale else "waits" if kept.waits else kept.mark
    return _piece(entry, into, state, kept)


def is_own(by: Viewer, piece: Piece) -> bool:
    """Whether she would translate her own words, which the facilitator then reads before others do."""
    return any(by.is_in(fact, piece.subject_id) for fact in ("authored", "viewed"))


def keep(by: Viewer, consultation_id: uuid.UUID, piece: Piece, *, text: str, revision: str | None) -> None:
    """Keep a translation of what stood on her page. Raises `ChangedMeanwhile`, `NotYours`."""
    _ensure_unchanged(piece, revision)
    store_translation(by, kind=piece.kind, subject_id=piece.subject_id, consultation_id=consultation_id,
                      field=piece.field, lang=piece.lang, text=text)


def approve(by: Viewer, piece: Piece, *, revision: str | None) -> Translation:
    """A second person has read what stood on her page. Raises `ChangedMeanwhile`, `OwnTranslation`, `NotYours`."""
    kept = there(piece.translation)
    _ensure_unchanged(piece, revision)
    return review(by, translation_id=kept.id)


def _ensure_unchanged(piece: Piece, revision: str | None) -> None:
    if revision != piece.revision:
        raise ChangedMeanwhile()

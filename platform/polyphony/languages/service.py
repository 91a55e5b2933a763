"""What people wrote, for a reader in her language; translations kept, reviewed, and marked when outdated."""

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from psycopg.errors import InsufficientPrivilege
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import ProgrammingError

from polyphony.kernel import audit, clock, providers
from polyphony.kernel.access import there
from polyphony.kernel.database import db
from polyphony.kernel.forms import ChangedMeanwhile
from polyphony.kernel.locale import direction, lazy, name_of
from polyphony.kernel.refusals import NotPermitted, WrongState
from polyphony.kernel.viewer import Viewer
from polyphony.languages.models import Translation, TranslationWork

Key = tuple[uuid.UUID, str]


class NotYours(NotPermitted):
    message = lazy("You cannot translate this text.")
    help = lazy("Its author, the translators of this consultation and the facilitator can.")


class OwnTranslation(WrongState):
    message = lazy("You made this translation. Somebody else reviews it.")


@dataclass(frozen=True)
class Written:
    """A text as one reader sees it: in her language when there is a translation, the original beside."""

    text: str
    lang: str
    direction: str
    mark: str = ""
    stale: bool = False
    original: str | None = None
    original_lang: str = ""
    original_direction: str = "ltr"
    original_language_name: str = ""
    is_lacking: bool = False  # she reads another language than she chose, for nobody has translated it


# One statement, and one plan, for any number of things; columns alone, for every page asks this. What an author made of
# her own words and nobody has read yet is on her own pages and the facilitator's alone, and stands in no list.
_INTO = sa.select(
    Translation.subject_id, Translation.field, Translation.lang, Translation.text, Translation.mark, Translation.stale,
).where(Translation.subject_id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(sa.Uuid()))),
        Translation.lang == sa.bindparam("into"), Translation.waits.is_(False))


def translations_for(ids: Iterable[uuid.UUID], lang: str) -> dict[Key, Any]:
    """Every translation of these things into one language, in one statement."""
    wanted = list(ids)
    if not wanted:
        return {}
    return {(row.subject_id, row.field): row for row in db.session.execute(_INTO, {"ids": wanted, "into": lang})}


def written(text: str, source_lang: str, subject_id: uuid.UUID, field: str, tr: Mapping[Key, Any],
            lang: str) -> Written:
    """A text for a reader of `lang`; without a translation she sees the original, in its own direction."""
    kept = tr.get((subject_id, field)) if source_lang != lang else None
    if kept is None or not kept.text:
        lacking = source_lang != lang and bool(text)
        return Written(text or "", source_lang, direction(source_lang), is_lacking=lacking,
                       original_language_name=name_of(source_lang) if lacking else "")
    return Written(kept.text, kept.lang, direction(kept.lang), kept.mark, kept.stale, text, source_lang,
                   direction(source_lang), name_of(source_lang))


def reader_first(subject: Any, field: str, text: Any, source_lang: Any, lang: str) -> Any:
    """The rule of `written` inside a statement: the text in her language where there is one, else as it was written."""
    kept = sa.select(Translation.text).where(Translation.subject_id == subject, Translation.field == field,
                                             Translation.lang == lang, Translation.text != "").scalar_subquery()
    return sa.case((source_lang == lang, text), else_=sa.func.coalesce(kept, text))


def present_translation(subject: Any, field: str, lang: str) -> Any:
    """The same for a list that has no room to mark what is outdated: a column with a present translation, or none."""
    return sa.select(Translation.text).where(
        Translation.subject_id == subject, Translation.field == field, Translation.lang == lang, Translation.text != "",
        Translation.waits.is_(False), Translation.stale.is_(False)).scalar_subquery()


def in_a_list(text: str, source_lang: str, translation: str | None, lang: str) -> Written:
    """A text with that column, for a reader of `lang`."""
    return (Written(translation, lang, direction(lang)) if translation and source_lang != lang
            else Written(text or "", source_lang, direction(source_lang)))


def store_translation(by: Viewer, *, kind: str, subject_id: uuid.UUID, consultation_id: uuid.UUID, field: str,
                      lang: str, text: str, mark: str = "person") -> None:
    """Keep a translation, replacing the one before. Who made it stands apart, for it may be the author.

    Row security decides who may, and keeps what an author makes of her own words from others until the facilitator has
    read it. Raises `NotYours`.
    """
    values = {"consultation_id": consultation_id, "kind": kind, "subject_id": subject_id, "field": field,
              "lang": lang, "text": text, "mark": mark, "stale": False}
    statement = insert(Translation.__table__).values(id=uuid.uuid4(), **values).on_conflict_do_update(
        index_elements=["subject_id", "field", "lang", "waits"], set_={"text": text, "mark": mark, "stale": False}
    ).returning(Translation.__table__.c.id)
    try:
        kept = db.session.execute(statement).scalar_one()
    except ProgrammingError as error:
        if isinstance(error.orig, InsufficientPrivilege):
            raise NotYours from error
        raise
    if by.is_signed_in and mark != "machine":
        _note_work(by, kept, consultation_id, "made")


def waiting(subject_id: uuid.UUID) -> list[Translation]:
    """What the author of these words has made of them in other languages and the facilitator has not read yet."""
    return list(db.session.scalars(sa.select(Translation).where(
        Translation.subject_id == subject_id, Translation.waits, Translation.stale.is_(False))
        .order_by(Translation.lang)))


def waiting_in(kind: str, consultations: Any) -> Any:
    """The things of a kind with such a translation, as a selection of their ids."""
    return sa.select(Translation.subject_id).where(
        Translation.consultation_id.in_(consultations), Translation.waits, Translation.stale.is_(False),
        Translation.kind == kind)


def as_read(translations: Iterable[Translation]) -> str:
    """What a form says of the translations that stood on its page; nothing where there were none."""
    told = "\0".join(f"{each.id} {each.text}" for each in translations)
    return hashlib.sha256(told.encode()).hexdigest()[:16] if told else ""


def release(subject_id: uuid.UUID, seen: str | None) -> bool:
    """The facilitator has read the author's translations `as_read`: others see them, in place of those before.

    Raises `ChangedMeanwhile`, where the author has written others since.
    """
    theirs = waiting(subject_id)
    if as_read(theirs) != (seen or ""):
        raise ChangedMeanwhile()
    if theirs:
        db.session.execute(_REPLACED, {"subject": subject_id})
    for each in theirs:
        each.waits = False
    db.session.flush()
    return bool(theirs)


def review(by: Viewer, *, translation_id: uuid.UUID) -> Translation:
    """A second person has read a translation beside the original. Raises `OwnTranslation`, `NotYours`."""
    kept = there(db.session.get(Translation, translation_id))
    if not by.is_signed_in:
        raise NotYours()
    table, mine = Translation.__table__, _made_by_her(kept.id)
    done = db.session.execute(sa.update(table).where(table.c.id == kept.id, ~mine).values(mark="reviewed", stale=False))
    if done.rowcount == 0:  # type: ignore[attr-defined]
        raise OwnTranslation() if db.session.scalar(sa.select(mine)) else NotYours()
    _note_work(by, kept.id, kept.consultation_id, "reviewed")
    audit.record("translation.reviewed", kept.id, about=kept.consultation_id, anonymous=True)
    return kept


def _made_by_her(translation_id: uuid.UUID) -> Any:
    """Whether this viewer made a translation: row security shows her no work but her own."""
    return sa.exists().where(TranslationWork.translation_id == translation_id, TranslationWork.act == "made")


def may_review(kept: Translation | None) -> bool:
    """Whether there is a translation that others read, not reviewed yet, and not this viewer's own work."""
    return (kept is not None and kept.mark != "reviewed" and not kept.waits
            and not db.session.scalar(sa.select(_made_by_her(kept.id))))


def _note_work(by: Viewer, translation_id: uuid.UUID, consultation_id: uuid.UUID, act: str) -> None:
    """Whose work it was, in a row beside the translation."""
    db.session.execute(sa.insert(TranslationWork.__table__).values(
        id=uuid.uuid4(), translation_id=translation_id, consultation_id=consultation_id, person_id=by.person, act=act,
        on=clock.today()))


def mark_stale(subject_id: uuid.UUID, fields: Iterable[str]) -> None:
    """The source has changed: its translations say so until somebody renews them."""
    mark_each_stale([subject_id], fields)


def mark_each_stale(subject_ids: Iterable[uuid.UUID], fields: Iterable[str]) -> None:
    """The sources of several things have changed, the same fields of each (one statement)."""
    things, changed = list(subject_ids), list(fields)
    if things and changed:
        table = Translation.__table__
        db.session.execute(sa.update(table).where(table.c.subject_id.in_(things), table.c.field.in_(changed))
                           .values(stale=True))


def remove_translations(subject_ids: Iterable[uuid.UUID], kind: str = "") -> None:
    """Translations go with the text they translate: of these things all, or those of one kind."""
    gone = list(subject_ids)
    if not gone:
        return
    db.session.execute(_REMOVED, {"gone": gone, "kind": kind})


_REMOVED = sa.text(
    "WITH t AS (DELETE FROM languages.translation WHERE subject_id = ANY (:gone) AND :kind IN ('', kind) "
    "RETURNING id) SELECT languages.forget_work(array_agg(t.id)) FROM t").bindparams(
        sa.bindparam("gone", type_=sa.ARRAY(sa.UUID)))
_REPLACED = sa.text(
    "WITH t AS (DELETE FROM languages.translation o USING languages.translation w WHERE w.subject_id = :subject "
    "AND w.waits AND NOT w.stale AND o.subject_id = w.subject_id AND o.field = w.field AND o.lang = w.lang "
    "AND NOT o.waits RETURNING o.id) SELECT languages.forget_work(array_agg(t.id)) FROM t").bindparams(
        sa.bindparam("subject", type_=sa.UUID))


def lacking(texts: Iterable[tuple[uuid.UUID, str, str]], languages: Iterable[str]) -> list[tuple[uuid.UUID, str, str]]:
    """Which (subject, field, language) has no present translation, for texts as (subject, field, source language)."""
    texts, languages = list(texts), list(languages)
    if not texts:
        return []
    rows = db.session.execute(sa.select(Translation.subject_id, Translation.field, Translation.lang).where(
        Translation.subject_id.in_({subject for subject, _, _ in texts}), Translation.stale.is_(False),
        Translation.text != "")).all()
    there_are = {tuple(row) for row in rows}
    return [(subject, field, lang) for subject, field, source in texts for lang in languages
            if lang != source and (subject, field, lang) not in there_are]


def heading(consultation_id: uuid.UUID) -> dict:
    """The consultation a desk belongs to, as its own room tells it: title and languages. 404 when hidden."""
    return there(providers.first("translation_desk", consultation_id))


def kinds_for(by: Viewer, consultation_id: uuid.UUID, only: str = "") -> set[str]:
    """Which kinds of text this viewer works on, or whether on `only` this one; the database decides about each text."""
    kinds: set[str] = set()
    if by.is_in("translating", consultation_id) or by.is_in("facilitated", consultation_id):
        kinds |= {"consultation", "input", "theme", "answer", "measure", "ground_view", "words", "quote"}
    if by.is_in("facilitated", consultation_id):
        kinds.add("masking")
    if by.is_in("led", consultation_id):
        kinds |= {"consultation", "answer", "measure"}
    if by.is_in("participating", consultation_id):
        kinds |= {"input", "ground_view"}
    if only in kinds:
        return {only}
    return kinds.union(*providers.ask("translatable_kinds", by, consultation_id))

"""What the facilitator does: read everything first, let it go, mask third persons, hand it to a translator."""

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from polyphony.consultations.models import Translator
from polyphony.inputs import looking, rules, tongues
from polyphony.inputs.lists import PAGE, Slice, cursor, place_of
from polyphony.inputs.looking import Sought, narrowed
from polyphony.inputs.models import Handed, Input, Original, Reading
from polyphony.kernel import audit, clock, locale, providers
from polyphony.kernel.access import require, there
from polyphony.kernel.database import db
from polyphony.kernel.forms import ChangedMeanwhile, an_id
from polyphony.kernel.locale import lazy
from polyphony.kernel.refusals import NotPermitted
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import release as release_translations
from polyphony.notices.service import tell
from polyphony.uploads import service as uploads


class NotFacilitator(NotPermitted):
    message = lazy("Only the facilitator of this consultation reads inputs first.")
    help = lazy("The page of the consultation says who facilitates it.")


def ensure_facilitates(by: Viewer, id: uuid.UUID) -> None:
    require(by.is_in("facilitated", id), NotFacilitator())


SHOWS = {"unread": lazy("Not read yet"), "read": lazy("Read")}


def queue(by: Viewer, about: Any, after: str = "", looked_for: Sought = Sought()) -> Slice:
    """Inputs to read, unread first, the oldest day first, in no order within a day."""
    ensure_facilitates(by, about.id)
    is_read = sa.not_(looking.waits([about.id]))
    wanted = sa.select(Input).where(Input.consultation_id == about.id, Input.withdrawn_on.is_(None))
    if looked_for.show:
        wanted = wanted.where(is_read if looked_for.show == "read" else ~is_read)
    wanted = narrowed(wanted, looked_for, about)
    place = place_of(after)
    if place:
        known = sa.tuple_(is_read, Input.day, Input.shuffle, Input.id)
        wanted = wanted.where(known > sa.tuple_(*(sa.literal(x) for x in place)))
    found = db.session.execute(wanted.add_columns(looking.number(looked_for, place), is_read).order_by(
        is_read, Input.day, Input.shuffle, Input.id).limit(PAGE + 1)).all()
    last = found[PAGE - 1] if len(found) > PAGE else None
    return Slice([row[0] for row in found[:PAGE]], cursor(last[0], last[2]) if last else "",
                 found=found[0][1] if found else None, read={row[0].id for row in found if row[2]})


def next_unread(id: uuid.UUID) -> uuid.UUID | None:
    """The input to read next, or None when all are read."""
    return db.session.scalars(sa.select(Input.id).where(
        Input.consultation_id == id, looking.waits([id]), Input.withdrawn_on.is_(None))
        .order_by(Input.day, Input.shuffle, Input.id).limit(1)).first()


def unread(ids: Any) -> dict[uuid.UUID, int]:
    """How many inputs wait to be read, per consultation."""
    ids = list(ids)
    if not ids:
        return {}
    return {row[0]: row[1] for row in db.session.execute(
        sa.select(Input.consultation_id, sa.func.count()).where(
            Input.consultation_id.in_(ids), looking.waits(ids), Input.withdrawn_on.is_(None))
        .group_by(Input.consultation_id))}


def find(by: Viewer, consultation_id: uuid.UUID, id: uuid.UUID) -> Input:
    """One input on the facilitator's desk."""
    ensure_facilitates(by, consultation_id)
    return there(db.session.scalars(sa.select(Input).where(
        Input.id == id, Input.consultation_id == consultation_id, Input.withdrawn_on.is_(None))).first())


def _ensure_present(entry: Input, revision: int | None) -> None:
    if entry.withdrawn_on:
        raise rules.Withdrawn()
    if revision != entry.revision:
        raise ChangedMeanwhile()


def release(by: Viewer, *, entry: Input, revision: int | None, translations: str | None = None) -> Input:
    """It was read: those whom the author chose may read it now, and what she made of it in other languages.

    `translations`: those that stood on the page, as its form says. Raises ChangedMeanwhile, AlreadyRead.
    """
    ensure_facilitates(by, entry.consultation_id)
    _ensure_present(entry, revision)
    if not release_translations(entry.id, translations) and entry.read_on:
        raise rules.AlreadyRead()
    audit.record("input.read", entry.id, about=entry.consultation_id)
    if entry.read_on:
        return entry
    _note_reading(by, entry)
    tell("input_read", consultation_id=entry.consultation_id, subject_id=entry.id, to="authors")
    return entry


def mask(by: Viewer, *, entry: Input, text: str, reason: str, revision: int | None) -> Input:
    """Hide what could harm a third person; the author keeps her words, is told why, and may withdraw.

    Translations made of the unmasked text go. Raises ChangedMeanwhile, NothingMasked.
    """
    ensure_facilitates(by, entry.consultation_id)
    _ensure_present(entry, revision)
    if text == entry.text:
        raise rules.NothingMasked()
    first = {"input_id": entry.id, "consultation_id": entry.consultation_id, "text": entry.text, "reason": reason,
             "reason_lang": tongues.guess(reason, locale.language())}
    db.session.execute(insert(Original.__table__).values(first).on_conflict_do_update(
        index_elements=["input_id"], set_={"reason": reason, "reason_lang": first["reason_lang"]}))
    entry.text, entry.masked, entry.revision = text, True, entry.revision + 1
    _note_reading(by, entry)
    providers.ask("input_changed", entry, is_masked=True)  # quotes of words that are no longer there go
    audit.record("input.masked", entry.id, about=entry.consultation_id)
    tell("input_masked", consultation_id=entry.consultation_id, subject_id=entry.id, to="authors")
    return entry


def _note_reading(by: Viewer, entry: Input) -> None:
    if entry.read_on is None:
        entry.read_on = clock.today()
        db.session.add(Reading(input_id=entry.id, consultation_id=entry.consultation_id, person_id=by.person,
                               at=clock.now().replace(second=0, microsecond=0)))
    db.session.flush()


def withhold(by: Viewer, *, entry: Input, files: list[str]) -> None:
    """Keep these files from everybody but their author, because they could harm somebody; the others go with the words.

    The author is told. Nothing in a file can be masked, so it is kept back as a whole.
    """
    ensure_facilitates(by, entry.consultation_id)
    before = {file.id for file in uploads.on(entry.id) if file.withheld}
    chosen = {id for id in map(an_id, files) if id}
    if chosen == before:
        return
    uploads.withhold(entry.id, chosen)
    audit.record("input.files_withheld", entry.id, about=entry.consultation_id)
    if chosen - before:
        tell("input_masked", consultation_id=entry.consultation_id, subject_id=entry.id, to="authors")


def handed_to(entry: Input) -> set[uuid.UUID]:
    """The accounts of the translators to whom it was handed."""
    return set(db.session.scalars(sa.select(Handed.person_id).where(Handed.input_id == entry.id)))


def hand(by: Viewer, *, entry: Input, translator: str) -> None:
    """Let one appointed translator read it, although it is unread or for the facilitator only."""
    ensure_facilitates(by, entry.consultation_id)
    chosen = there(db.session.scalars(sa.select(Translator).where(
        Translator.consultation_id == entry.consultation_id, Translator.ended_on.is_(None),
        sa.cast(Translator.id, sa.Text) == translator)).first())
    if chosen.person_id in handed_to(entry):
        return
    db.session.add(Handed(input_id=entry.id, person_id=chosen.person_id, consultation_id=entry.consultation_id))
    audit.record("input.handed", entry.id, about=entry.consultation_id)
    tell("handed", consultation_id=entry.consultation_id, subject_id=entry.id, to=f"person:{chosen.person_id}")

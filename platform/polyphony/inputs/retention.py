"""What people said ends three years after its consultation was closed, or when they say so."""

import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from polyphony.consultations.retention import over
from polyphony.inputs.forms import AUDIENCE_LABELS, NAMING_LABELS, SPEAKS_LABELS
from polyphony.inputs.models import Authorship, Draft, Handed, Input, Original, Reading
from polyphony.kernel import jobs, providers, viewer
from polyphony.kernel.database import db
from polyphony.kernel.locale import lazy
from polyphony.kernel.providers import provide
from polyphony.kernel.retention import ACCOUNT, DELETED, PHRASE, Datum, Gone, Now, ends, erases, keeps
from polyphony.languages.retention import forget_texts
from polyphony.uploads.models import Attachment

SPOKEN = lazy("Three years after the consultation was closed; where nobody closes it, five years after the promised date.")
keeps(
    Datum("draft", (ACCOUNT, PHRASE), lazy("What you have begun to say"),
          lazy("Until you send it, or 30 days after the consultation stopped taking inputs."),
          lazy("So that a dropped line loses nothing."), DELETED,
          {"inputs.draft": "id consultation_id person_id phrase_id input_id fields day"},
          "SELECT d.day, d.fields FROM inputs.draft d WHERE d.person_id = :person OR d.phrase_id = :phrase ORDER BY d.id"),
    Datum("input", (ACCOUNT, PHRASE), lazy("What you said, in which language, to whom, how you chose to be named, and what the "
                                           "facilitator masked; apart from it, that it was you"),
          SPOKEN, lazy("So that the companies can be held to what they were told."), DELETED,
          {"inputs.input": "id consultation_id day shuffle lang text audience readers addressed naming shown_as speaks_as "
                           "masked read_on withdrawn_on revision source",
           "inputs.authorship": "input_id person_id phrase_id", "inputs.original": "input_id consultation_id text reason reason_lang"},
          "SELECT i.day, i.lang, coalesce(o.text, i.text) AS text, i.audience, i.naming, i.shown_as, i.speaks_as, o.reason, "
          "i.withdrawn_on, i.id FROM inputs.input i LEFT JOIN inputs.original o ON o.input_id = i.id "
          "WHERE i.id = ANY (:authored) ORDER BY i.day, i.shuffle, i.id",
          codes={"audience": AUDIENCE_LABELS, "naming": NAMING_LABELS, "speaks_as": SPEAKS_LABELS}),
    Datum("reading", (ACCOUNT,), lazy("Which inputs you read as a facilitator and when, or were handed to translate"),
          SPOKEN, lazy("So that it stays clear that somebody neutral read first."), DELETED,
          {"inputs.reading": "input_id consultation_id person_id at", "inputs.handed": "input_id person_id consultation_id"},
          "SELECT r.at, r.input_id FROM inputs.reading r WHERE r.person_id = :person ORDER BY r.at, r.input_id"),
)


@provide("my_marks")
def my_inputs(by: viewer.Viewer) -> dict[str, list[uuid.UUID]]:
    return {"authored": sorted(by.of("authored"), key=str)}


@provide("consultations_of")
def consultations_of(gone: Gone) -> Sequence[uuid.UUID]:
    """Where this person has said something, or begun to."""
    hers = sa.select(Authorship.input_id).where(_mine(Authorship, gone))
    return db.session.scalars(sa.union(
        sa.select(Input.consultation_id).where(Input.id.in_(hers)),
        sa.select(Draft.consultation_id).where(_mine(Draft, gone)))).all()


def _mine(table: type[Authorship] | type[Draft], gone: Gone) -> sa.ColumnElement[bool]:
    return table.person_id == gone.person if gone.person else table.phrase_id == gone.phrase


def erase_inputs(ids: Sequence[uuid.UUID]) -> None:
    """Inputs, whole: words, masks, files, translations, quotes, notices, work on the queue, and that they were there."""
    if not ids:
        return
    providers.ask("inputs_erased", ids)
    forget_texts(ids)
    jobs.forget(ids)
    _end_files(ids)
    for table in (Original, Reading, Handed, Authorship):
        db.session.execute(sa.delete(table).where(table.input_id.in_(ids)))
    db.session.execute(sa.delete(Input).where(Input.id.in_(ids)))


def _end_files(subjects: Sequence[uuid.UUID]) -> None:
    db.session.execute(sa.delete(Attachment).where(Attachment.kind == "input", Attachment.subject_id.in_(subjects)))


@erases()
def forget(gone: Gone) -> None:
    """Her drafts with their files, and everything she said."""
    drafts = db.session.scalars(sa.delete(Draft).where(_mine(Draft, gone)).returning(Draft.input_id)).all()
    _end_files(drafts)
    erase_inputs(db.session.scalars(sa.select(Authorship.input_id).where(_mine(Authorship, gone))).all())
    if gone.person:
        for table in (Reading, Handed):
            db.session.execute(sa.delete(table).where(table.person_id == gone.person))


_OLD = sa.text(f"SELECT i.id FROM inputs.input i WHERE i.consultation_id IN ({over(3)}) ORDER BY i.id LIMIT :most")
_NOT_SENT = sa.text("""
    DELETE FROM inputs.draft WHERE id IN (SELECT d.id FROM inputs.draft d JOIN consultations.consultation c
      ON c.id = d.consultation_id WHERE c.closes_at < CAST(:today AS date) - interval '30 days'
      AND NOT (c.id = ANY (:held)) ORDER BY d.id LIMIT :most) RETURNING input_id""").bindparams(
          sa.bindparam("held", type_=sa.ARRAY(sa.Uuid())))
# A phrase ends when nothing hangs on it any more: nothing was ever said with it, or all of that has ended.
_SPENT = sa.text(f"""
    INSERT INTO people.erasure (id, phrase_id, asked_on) SELECT gen_random_uuid(), h.id, :today FROM people.phrase h
    JOIN consultations.consultation c ON c.id = h.consultation_id
    WHERE NOT (c.id = ANY (:held)) AND c.closes_at < CAST(:today AS date) - interval '30 days'
    AND NOT EXISTS (SELECT 1 FROM people.erasure e WHERE e.phrase_id = h.id) AND (h.consultation_id IN ({over(3)}) OR
      NOT EXISTS (SELECT 1 FROM inputs.authorship a WHERE a.phrase_id = h.id)
      AND NOT EXISTS (SELECT 1 FROM feedback.ground_author g WHERE g.phrase_id = h.id))
    ORDER BY h.id LIMIT :most""").bindparams(sa.bindparam("held", type_=sa.ARRAY(sa.Uuid())))


def _asked(now: Now) -> dict[str, object]:
    return {"today": now.today, "held": now.held, "most": now.most}


@ends("input")
def old_inputs(now: Now) -> int:
    """What was said in consultations that were closed long ago."""
    ids = db.session.scalars(_OLD.bindparams(sa.bindparam("held", type_=sa.ARRAY(sa.Uuid()))), _asked(now)).all()
    erase_inputs(ids)
    return len(ids)


@ends("draft")
def old_drafts(now: Now) -> int:
    """What was begun and can no longer be sent."""
    files = db.session.scalars(_NOT_SENT, _asked(now)).all()
    _end_files(files)
    return len(files)


@ends("phrase")
def spent_phrases(now: Now) -> int:
    """Phrases with which nobody can find anything any more."""
    return int(db.session.execute(_SPENT, _asked(now)).rowcount)  # type: ignore[attr-defined]

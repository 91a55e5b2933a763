"""Which of the appointed translators an author lets see her input, or her view from the ground."""

import uuid
from typing import Any

import sqlalchemy as sa

from polyphony.consultations.companies import translators_of
from polyphony.consultations.models import Translator
from polyphony.kernel.access import there
from polyphony.kernel.database import db
from polyphony.languages.models import TranslatorRefusal


def appointed_for(entry: Any) -> list[tuple[Translator, bool]]:
    """The translators appointed now, each with whether the author of this input or view has refused her."""
    refused = sa.exists().where(TranslatorRefusal.subject_id == entry.id,
                                TranslatorRefusal.translator_id == Translator.id)
    rows = db.session.execute(sa.select(Translator, refused).where(
        Translator.consultation_id == entry.consultation_id, Translator.ended_on.is_(None))
        .order_by(Translator.shown_as, Translator.id))
    return [(translator, is_refused) for translator, is_refused in rows]


def refused_by_me(entry: Any) -> set[uuid.UUID]:
    """The appointments whose translators the author has refused for this input or view."""
    return set(db.session.scalars(sa.select(TranslatorRefusal.translator_id).where(
        TranslatorRefusal.subject_id == entry.id)))


def refuse(*, entry: Any, translator: str) -> None:
    """From now on this translator does not see this input, or view from the ground. No reason is asked."""
    chosen = [t for t in translators_of(entry.consultation_id) if str(t.id) == translator]
    appointed = there(chosen[0] if chosen else None)
    if appointed.id not in refused_by_me(entry):
        db.session.add(TranslatorRefusal(id=uuid.uuid4(), subject_id=entry.id, translator_id=appointed.id,
                                         person_id=appointed.person_id))

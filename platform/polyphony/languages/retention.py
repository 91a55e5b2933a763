"""Translations last as long as what they translate; who worked on them is forgotten with her."""

import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from polyphony.kernel.database import db
from polyphony.kernel.locale import lazy
from polyphony.kernel.retention import ACCOUNT, DELETED, ORGANISATION, STAYS, Datum, Gone, erases, keeps
from polyphony.languages.models import Translation, TranslationWork, TranslatorRefusal

keeps(
    Datum("translation", (ORGANISATION,), lazy("Translations of what people write"),
          lazy("As long as the text that they translate."), lazy("So that everybody can read it in her language."),
          STAYS, {"languages.translation": "id consultation_id kind subject_id field lang text mark stale waits"}),
    Datum("translating", (ACCOUNT,), lazy("Which translations you made or reviewed, and on which day; texts whose authors "
                                          "wanted another translator"),
          lazy("As long as the translation, or until you erase your account."),
          lazy("So that nobody reviews her own work."), DELETED,
          {"languages.work": "id translation_id consultation_id person_id act on",
           "languages.translator_refusal": "id subject_id translator_id person_id"},
          'SELECT w.act, w."on" AS day, t.kind, t.lang FROM languages.work w LEFT JOIN languages.translation t ON '
          't.id = w.translation_id WHERE w.person_id = :person ORDER BY w."on", w.id'),
)


def forget_texts(subjects: Sequence[uuid.UUID]) -> None:
    """Every translation of these things, who worked on them and whom their authors refused (worker)."""
    of_them = sa.select(Translation.id).where(Translation.subject_id.in_(subjects))
    for gone in (sa.delete(TranslationWork).where(TranslationWork.translation_id.in_(of_them)),
                 sa.delete(Translation).where(Translation.subject_id.in_(subjects)),
                 sa.delete(TranslatorRefusal).where(TranslatorRefusal.subject_id.in_(subjects))):
        db.session.execute(gone, execution_options={"synchronize_session": False})


@erases()
def forget(gone: Gone) -> None:
    """Her translations stay with the texts of others; that they were hers does not."""
    if gone.person:
        for table in (TranslationWork, TranslatorRefusal):
            db.session.execute(sa.delete(table).where(table.person_id == gone.person))

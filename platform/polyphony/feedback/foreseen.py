"""What publishing now would show: who would stand as owing, and what those who spoke could not read."""

import uuid
from collections import Counter
from typing import Any

import sqlalchemy as sa

from polyphony.feedback.desk import line, where
from polyphony.feedback.models import Answer, Theme
from polyphony.feedback.publication import standing
from polyphony.feedback.service import companies_of
from polyphony.kernel.database import db
from polyphony.kernel.locale import _, name_of, ngettext
from polyphony.languages.models import Translation


def foreseen(consultation_id: uuid.UUID) -> list[tuple[str, list[dict[str, Any]]]]:
    """What the facilitator should know before she publishes, as headings with their lines (three statements)."""
    found = [(_("If you publish now, these show as owed"), _owing(consultation_id)),
             (_("Authors who cannot read it yet"), _unreadable(consultation_id))]
    return [(heading, lines) for heading, lines in found if lines]


def _owing(consultation_id: uuid.UUID) -> list[dict[str, Any]]:
    counts = Counter(company for _theme, company in standing(consultation_id).owing)
    return [line(ngettext("%(company)s has not signed %(num)s answer", "%(company)s has not signed %(num)s answers",
                          counts[side.company_id], company=side.company.name), None, "", warn=True)
            for side, _default in companies_of(consultation_id) if counts[side.company_id]]


def _unreadable(consultation_id: uuid.UUID) -> list[dict[str, Any]]:
    """How many summaries and answers lack each language in which their authors read."""
    texts = sa.union_all(
        sa.select(Theme.id, sa.literal("summary").label("field"), Theme.lang).where(
            Theme.consultation_id == consultation_id),
        sa.select(Answer.id, sa.literal("words"), Answer.lang).where(
            Answer.consultation_id == consultation_id, Answer.state != "draft", Answer.words != "")).subquery()
    authors = sa.func.inputs.languages_of_authors(consultation_id).table_valued("lang")
    read = sa.select(authors.c.lang).distinct().subquery()
    kept = sa.exists().where(Translation.subject_id == texts.c.id, Translation.field == texts.c.field,
                             Translation.lang == read.c.lang, Translation.stale.is_(False), Translation.text != "")
    rows = db.session.execute(sa.select(read.c.lang, sa.func.count())
                              .join_from(texts, read, read.c.lang != texts.c.lang)
                              .where(~kept).group_by(read.c.lang).order_by(read.c.lang))
    return [line(name_of(lang), where("languages.desk", id=consultation_id, into=lang), _("See the texts to translate"),
                 ngettext("%(num)s text lacks a language", "%(num)s texts lack a language", number))
            for lang, number in rows]

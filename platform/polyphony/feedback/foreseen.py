"""What publishing now would show: who would stand as owing, and what those who spoke could not read."""

import uuid
from collections import Counter
from typing import Any

from polyphony.feedback.desk import line, where
from polyphony.feedback.publication import standing, unreadable
from polyphony.feedback.service import companies_of
from polyphony.kernel.locale import _, name_of, ngettext


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
    """How many texts lack each language in which their authors read."""
    return [line(name_of(lang), where("languages.desk", id=consultation_id, into=lang), _("See the texts to translate"),
                 ngettext("%(num)s text lacks a language", "%(num)s texts lack a language", number))
            for lang, number in unreadable(consultation_id)]

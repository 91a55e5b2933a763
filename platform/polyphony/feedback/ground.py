"""Views from the ground as they are read: a few beside their measure, all of them on a page of their own."""

import uuid
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from polyphony.feedback import words
from polyphony.feedback.models import GroundView
from polyphony.kernel.database import db
from polyphony.kernel.leafing import behind, place
from polyphony.kernel.locale import language
from polyphony.languages.service import Written, translations_for, written

AT_ONCE, PAGE = 1, 20  # beside a measure, and on a page


def view_shown(v: GroundView, tr: Any, lang: str) -> tuple[str, Any, Written]:
    """A view: its mark, its name, and the words in the reader's language."""
    return v.view, words.VIEWS[v.view], written(v.words, v.lang, v.id, "words", tr, lang)


def views_shown(views: Iterable[GroundView], tr: Any, lang: str) -> list[tuple[str, Any, Written, str]]:
    """Views in words; the mark only of an organisation that named itself: marks beside all words could be counted."""
    shown = [(view_shown(v, tr, lang), v.shown_as) for v in views]
    return [(code if name else "", label if name else "", words, name) for (code, label, words), name in shown]


def views_of(measure_id: uuid.UUID, after: str) -> tuple[list[tuple[str, Any, Written, str]], str]:
    """A page of the views on a measure that this reader may see, in no order of time, and behind which of them the next
    one begins."""
    rows = db.session.scalars(
        sa.select(GroundView).where(GroundView.measure_id == measure_id, behind(GroundView, after),
                                    sa.or_(GroundView.words != "", GroundView.shown_as != ""))
        .order_by(GroundView.shuffle, GroundView.id).limit(PAGE + 1)).all()
    tr = translations_for([view.id for view in rows], language())
    return views_shown(rows[:PAGE], tr, language()), place(rows[PAGE - 1]) if len(rows) > PAGE else ""

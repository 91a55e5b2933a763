"""What the loop offers to translators: every text in it, in one statement."""

import uuid
from typing import Any

import sqlalchemy as sa

from polyphony.feedback.models import STATUS_LANG, Answer, Default, Excerpt, GroundView, Measure, Objection, Theme
from polyphony.inputs.models import Input
from polyphony.kernel import viewer
from polyphony.kernel.database import db
from polyphony.kernel.locale import lazy
from polyphony.kernel.providers import provide
from polyphony.kernel.viewer import Viewer

BEGINNING = 400  # characters by which a translator knows a text in a list
LABELS: dict[tuple[str, str], Any] = {
    ("theme", "title"): lazy("Title of the theme"), ("theme", "summary"): lazy("Summary"),
    ("theme", "added"): lazy("Why also to these companies"),
    ("quote", "quote"): lazy("Quote"), ("words", "objection"): lazy("Not what I meant"),
    ("words", "reply"): lazy("The facilitator’s reply to an author"),
    ("answer", "words"): lazy("The answer"), ("answer", "changes"): lazy("What this changed, or may change"),
    ("measure", "what"): lazy("What will be done"), ("measure", "status_words"): lazy("Where it stands"),
    ("ground_view", "words"): lazy("View from the ground"), ("words", "default"): lazy("A company did not answer"),
}


def _parts(by: Viewer, here: uuid.UUID) -> list[tuple[str, str, str, Any, Any, Any, Any]]:
    """(kind, field, label, id, text, language, further condition) of each sort of text."""
    works = by.is_in("translating", here) or by.is_in("facilitated", here)
    quoted = sa.and_(Excerpt.quote != "", Excerpt.quote != Input.text)  # a whole input is translated as itself
    own_view = sa.true() if works else GroundView.id.in_(by.of("viewed"))
    return [
        ("theme", "title", "title", Theme, Theme.title, Theme.lang, sa.true()),
        ("theme", "summary", "summary", Theme, Theme.summary, Theme.lang, sa.true()),
        ("theme", "added_reason", "added", Theme, Theme.added_reason, Theme.lang, sa.true()),
        ("quote", "quote", "quote", Excerpt, Excerpt.quote, Input.lang, quoted if works else sa.false()),
        ("words", "words", "objection", Objection, Objection.words, Objection.lang, sa.true()),
        ("words", "handled_words", "reply", Objection, Objection.handled_words, Objection.handled_lang,
         Objection.handled_lang != ""),
        ("answer", "words", "words", Answer, Answer.words, Answer.lang, sa.true()),
        ("answer", "changes", "changes", Answer, Answer.changes, Answer.lang, sa.true()),
        ("measure", "what", "what", Measure, Measure.what, Measure.lang, sa.true()),
        ("measure", "status_words", "status_words", Measure, Measure.status_words, STATUS_LANG, sa.true()),
        ("ground_view", "words", "words", GroundView, GroundView.words, GroundView.lang, own_view),
        ("words", "words", "default", Default, Default.words, Default.lang, sa.true()),
    ]


@provide("translatable")
def translatable(consultation_id: uuid.UUID, only: uuid.UUID | None = None, sort: str = "") -> list[tuple[Any, ...]]:
    """Every text of the loop that may be translated; an author finds her own views alone, and no quotes.

    What belongs to one thing is told whole, everything with its beginning alone.
    """
    asked: list[Any] = []
    for place, (kind, name, label, model, text, lang, rows) in enumerate(_parts(viewer.current(), consultation_id)):
        if sort not in ("", kind):
            continue
        said = text if only else sa.func.left(text, BEGINNING)
        one = sa.select(sa.literal(kind), model.id.label("id"), sa.literal(name), sa.literal(label), said, lang,
                        sa.literal(place).label("place")).where(model.id == only if only else sa.true())
        if model is Excerpt:
            one = one.join(Input, Input.id == Excerpt.input_id)
        asked.append(one.where(model.consultation_id == consultation_id, text != "", rows))
    found = db.session.execute(sa.union_all(*asked).order_by("place", "id")) if asked else ()
    return [(kind, id, name, LABELS[(kind, label)], text, lang) for kind, id, name, label, text, lang, _ in found]

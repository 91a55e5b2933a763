"""What becomes of quotes when the words they were taken from change, are masked, or are withdrawn."""

import uuid
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from polyphony.feedback import rules
from polyphony.feedback.models import Excerpt, Lost, Theme
from polyphony.inputs.models import Input
from polyphony.kernel import clock
from polyphony.kernel.database import db
from polyphony.kernel.providers import provide
from polyphony.languages.service import remove_translations

_IDS = sa.bindparam("ids", type_=sa.ARRAY(sa.UUID))
_LOST = sa.text(
    "WITH gone AS (DELETE FROM feedback.excerpt WHERE id = ANY (:ids) RETURNING consultation_id, theme_id, input_id) "
    "INSERT INTO feedback.lost (id, consultation_id, theme_id, input_id, day) "
    "SELECT gen_random_uuid(), consultation_id, theme_id, input_id, :day FROM gone").bindparams(_IDS)
_EMPTIED = sa.text(
    "WITH gone AS (DELETE FROM feedback.excerpt WHERE id = ANY (:ids) "
    "RETURNING consultation_id, theme_id, input_id, placed_on) "
    "INSERT INTO feedback.excerpt (id, consultation_id, theme_id, input_id, quote, placed_on) "
    "SELECT gen_random_uuid(), consultation_id, theme_id, input_id, '', min(placed_on) FROM gone "
    "GROUP BY consultation_id, theme_id, input_id ON CONFLICT DO NOTHING").bindparams(_IDS)


def take_out(excerpts: Iterable[Excerpt]) -> None:
    """Excerpts go, and the translations made of them."""
    gone = [each.id for each in excerpts]
    remove_translations(gone)
    if gone:
        db.session.execute(sa.delete(Excerpt).where(Excerpt.id.in_(gone)),
                           execution_options={"synchronize_session": False})


def _of(input_id: uuid.UUID) -> list[Excerpt]:
    return list(db.session.scalars(sa.select(Excerpt).where(Excerpt.input_id == input_id)))


@provide("input_withdrawn")
def input_withdrawn(input_id: uuid.UUID) -> None:
    """The author took her input back: its excerpts go with it."""
    take_out(_of(input_id))


@provide("input_changed")
def input_changed(said: Input, *, is_masked: bool) -> None:
    """Keep the quotes whose every word still stands in the input; the others go, and the facilitator is told.

    What was masked stands in the input no longer, so no quote that stays can hold it. A translation of a
    quote, or of the input itself, may say more than they do: after masking these go, to be made anew from what
    others may read.
    An author who writes anew may mean something else: then even what shaped a theme unquoted is placed anew.
    Once the answers are published nothing is placed any more: a masked quote then goes, but its place in the theme
    stays, for through it the author finds her answers.
    """
    rows = db.session.execute(sa.select(Excerpt, Theme.published_on).join(Theme, Theme.id == Excerpt.theme_id).where(
        Excerpt.input_id == said.id)).all()
    held, answered = [each for each, _on in rows], {each.id for each, on in rows if on and is_masked}
    gone = [each for each in held if not rules.still_said(each.quote, said.text, is_masked=is_masked)]
    remove_translations([each.id for each in (held if is_masked else gone)] + ([said.id] if is_masked else []))
    emptied = [each.id for each in gone if each.id in answered]
    lost = [each.id for each in gone if each.id not in answered]
    if emptied:
        db.session.execute(_EMPTIED, {"ids": emptied})
    if lost:
        db.session.execute(_LOST, {"ids": lost, "day": clock.today()})


def losses(consultation_id: uuid.UUID) -> Any:
    """How many excerpts each theme has lost since the facilitator last took note, as a column beside `Theme`."""
    return sa.select(sa.func.count()).where(Lost.theme_id == Theme.id, Lost.consultation_id == consultation_id
                                            ).correlate(Theme).scalar_subquery()

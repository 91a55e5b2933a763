"""Finding inputs within one consultation: by their words, by their language, by how far they are.

A word is looked for in the original and in every translation the reader may read, so that somebody finds
what was said in a language she does not know. Row security decides, as everywhere, what there is to find.
"""

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from polyphony.inputs.models import Input
from polyphony.kernel.database import db
from polyphony.kernel.forms import tidy
from polyphony.kernel.locale import lazy, name_of
from polyphony.languages.models import Translation
from polyphony.languages.service import waiting_in

LONGEST = 200  # characters somebody looks for
MOST_WORDS = 8  # of them
OTHER = "other"  # a language in which the consultation is not offered


@dataclass(frozen=True)
class Sought:
    """What somebody looks for in a list of inputs; nothing at all is everything."""

    q: str = ""
    lang: str = ""
    show: str = ""

    @property
    def asked(self) -> dict[str, Any]:
        """What belongs into the address of the next page (where `lang` is the reader's own language)."""
        return {name: value for name, value in (("q", self.q), ("in", self.lang), ("show", self.show)) if value}


def sought(asked: Any, *, shows: Any = ()) -> Sought:
    """What the address of a page asks for; what means nothing is left out."""
    show = asked.get("show", "")
    return Sought((tidy(asked.get("q", "")) or "")[:LONGEST], (tidy(asked.get("in", "")) or "")[:35],
                  show if show in shows else "")


def tongues_of(about: Any) -> list[tuple[str, Any]]:
    """The languages to choose from: those the consultation is offered in, and all others together."""
    return [*((code, name_of(code)) for code in about.languages), (OTHER, lazy("Another language"))]


def tongues_in(about: Any) -> tuple[list[tuple[str, Any]], int]:
    """For the facilitator: every language somebody wrote in, and how many inputs nobody has read (one statement)."""
    row = db.session.execute(sa.select(
        sa.func.array_agg(Input.lang.distinct(), type_=sa.ARRAY(sa.Text())),
        sa.func.count().filter(waits([about.id]))).where(
        Input.consultation_id == about.id, Input.withdrawn_on.is_(None))).one()
    return [(code, name_of(code)) for code in dict.fromkeys((*about.languages, *sorted(row[0] or ())))], row[1]


def narrowed(wanted: Any, looked_for: Sought, about: Any) -> Any:
    """A selection of inputs of one consultation, with only those that were looked for."""
    if looked_for.lang == OTHER:
        wanted = wanted.where(Input.lang.not_in(about.languages))
    elif looked_for.lang:
        wanted = wanted.where(Input.lang == looked_for.lang)
    for word in looked_for.q.split()[:MOST_WORDS]:  # each by itself: nobody remembers how somebody else put it
        wanted = wanted.where(sa.or_(Input.text.icontains(word, autoescape=True),
                                     Input.id.in_(_translated(word, about.id))))
    return wanted


def waits(consultations: Any) -> Any:
    """Whether an input of these consultations waits for the facilitator, or its author's own translation does."""
    return sa.or_(Input.read_on.is_(None), Input.id.in_(waiting_in("input", consultations)))


def number(looked_for: Sought, place: Any) -> Any:
    """How many this reader finds in all, as a column of the first page's own query; nothing where she seeks nothing."""
    return sa.func.count().over() if looked_for.asked and place is None else sa.null()


def _translated(q: str, consultation_id: uuid.UUID) -> Any:
    return sa.select(Translation.subject_id).where(
        Translation.consultation_id == consultation_id, Translation.kind == "input",
        Translation.text.icontains(q, autoescape=True))

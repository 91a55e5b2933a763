"""The record of a consultation: what was promised and when it was kept, every answer in every version, to print."""

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from polyphony.consultations.models import Consultation, Transition
from polyphony.feedback import rules, service
from polyphony.kernel import clock
from polyphony.kernel.access import there
from polyphony.kernel.database import db
from polyphony.kernel.locale import _, language
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import Written, written

PAGE = 5  # themes on one page, each with every company's answer in full


Dated = tuple[str, clock.Day | None, clock.Day | None, int]  # what, promised for, happened on, days late


@dataclass
class Record:
    """What a consultation leaves behind."""

    board: service.Board
    purpose: Written
    dates: list[Dated]
    themes: list[service.ThemeShown]
    after: int | None  # where the next page begins


def record(by: Viewer, consultation_id: uuid.UUID, start: int = 0) -> Record:
    """The record as this viewer may see it, from the theme at `start` on."""
    consultation, kept = _found(consultation_id)
    board = service.whole_board(by, consultation)
    purpose = written(consultation.purpose, consultation.source_lang, consultation.id, "purpose", board.tr, language())
    more = start + PAGE if len(board.themes) > start + PAGE else None
    return Record(board, purpose, _dates(consultation, kept), board.themes[start:start + PAGE], more)


def _dates(consultation: Consultation, kept: dict[str, Any]) -> list[Dated]:
    promised = consultation.promised_on
    out = kept.get("published")
    late = rules.late_days(promised, out.date()) if out else 0
    return [
        (_("Inputs begin"), clock.day(consultation.opens_at), clock.day(kept.get("open")), 0),
        (_("Inputs end"), clock.day(consultation.closes_at), clock.day(kept.get("answering")), 0),
        (_("Answers published"), clock.day(promised), clock.day(out), late),
        (_("Consultation closed"), None, clock.day(kept.get("closed")), 0),
    ]


def _found(consultation_id: uuid.UUID) -> tuple[Consultation, dict[str, Any]]:
    """The consultation, or the one 404, and when each of its steps was taken."""
    rows = db.session.execute(sa.select(Consultation, Transition.end, Transition.at).outerjoin(
        Transition, Transition.consultation_id == Consultation.id).where(Consultation.id == consultation_id)
        .order_by(Transition.at, Transition.id)).all()
    there(rows or None)
    return rows[0][0], {end: at for _c, end, at in rows if end}

"""What the fund's administrator reads about the applications of a call."""

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from polyphony.fund.applying.models import AWAITED, Applicant, Application, Part
from polyphony.fund.reviewing.models import Assignment, Lock, Recusal
from polyphony.kernel.database import db
from polyphony.organisations.models import Organisation

PAGE = 50


@dataclass(frozen=True)
class Line:
    """One application in the administrator's list."""

    application: Application
    organisation: str
    title: Part | None
    asked: int
    locked: int
    is_correcting: bool


def applications(call_id: uuid.UUID, start: int = 0) -> list[Line]:
    """Applications of a call that were sent, one more than a page (one statement); row security leaves out
    those from which this administrator has stepped aside."""
    def count(model: Any, *more: Any) -> Any:
        return sa.select(sa.func.count()).where(model.application_id == Application.id, *more).scalar_subquery()

    aside = sa.exists().where(Recusal.application_id == Assignment.application_id,
                              Recusal.person_id == Assignment.person_id)
    correcting = sa.exists().where(AWAITED)
    rows = db.session.execute(
        sa.select(Application, sa.func.coalesce(Organisation.name, ""), Part, count(Assignment, ~aside), count(Lock),
                  correcting)
        .outerjoin(Applicant, Applicant.application_id == Application.id)
        .outerjoin(Organisation, Organisation.id == Applicant.organisation_id)
        .outerjoin(Part, sa.and_(Part.application_id == Application.id, Part.name == "title"))
        .where(Application.call_id == call_id, Application.state != "draft")
        .order_by(Application.submitted_on, Application.id).offset(start).limit(PAGE + 1))
    return [Line(*row) for row in rows]

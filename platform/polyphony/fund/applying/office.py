"""What the fund's administrator reads about the applications of a call."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from polyphony.fund.applying.models import AWAITED, Applicant, Application, Part
from polyphony.fund.reviewing.models import Assignment, Lock, Recusal
from polyphony.kernel.database import db
from polyphony.kernel.leafing import Leaf, Sought
from polyphony.languages.models import Translation
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


def called(q: str) -> Any:
    """Whether the title of an application, also translated, or the name of its organisation has these words; always,
    when nothing is looked for. The select that uses it joins both, outer."""
    if not q:
        return sa.true()
    translated = sa.exists().where(Translation.subject_id == Part.id, Translation.field == "words",
                                   Translation.text.icontains(q, autoescape=True))
    return sa.or_(sa.func.coalesce(Part.words, "").icontains(q, autoescape=True), translated,
                  sa.func.coalesce(Organisation.name, "").icontains(q, autoescape=True))


def applications(call_id: uuid.UUID, sought: Sought, address: Callable[..., str]) -> tuple[list[Line], Leaf]:
    """A page of the applications of a call that were sent, with how many there are (one statement); row security
    leaves out those from which this administrator has stepped aside."""
    def count(model: Any, *more: Any) -> Any:
        return sa.select(sa.func.count()).where(model.application_id == Application.id, *more).scalar_subquery()

    def aside(model: Any) -> Any:
        return sa.exists().where(Recusal.application_id == model.application_id, Recusal.person_id == model.person_id)

    rows = db.session.execute(
        sa.select(Application, sa.func.coalesce(Organisation.name, ""), Part, count(Assignment, ~aside(Assignment)),
                  count(Lock, ~aside(Lock)), _CORRECTING, sa.func.count().over())
        .outerjoin(Applicant, Applicant.application_id == Application.id)
        .outerjoin(Organisation, Organisation.id == Applicant.organisation_id)
        .outerjoin(Part, sa.and_(Part.application_id == Application.id, Part.name == "title"))
        .where(Application.call_id == call_id, Application.state != "draft", called(sought.q), *_in(sought.state))
        .order_by(*_ORDERS[sought.order], Application.id).offset(sought.start).limit(PAGE)).all()
    return [Line(*row[:-1]) for row in rows], Leaf(sought.start, PAGE, rows[0][-1] if rows else 0, address)


_CORRECTING = sa.exists().where(AWAITED)
_ORDERS: dict[str, tuple[Any, ...]] = {
    "": (Application.submitted_on,), "title": (sa.func.lower(Part.words),),
    "organisation": (sa.func.lower(Organisation.name),), "requested": (Application.requested.desc(),)}


def _in(state: str) -> list[Any]:
    if state == "awaited":
        return [_CORRECTING]
    return [Application.state == state] if state else []

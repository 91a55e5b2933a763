"""How openly a grant is shown: agreed with the grantee, taken down by either side, everywhere at once."""

import uuid

import sqlalchemy as sa

from polyphony.fund.applying.models import LEVELS
from polyphony.fund.deciding.models import Grant, Instalment
from polyphony.fund.paying.models import Payment
from polyphony.fund.statement import rules
from polyphony.kernel import audit
from polyphony.kernel.access import require, there
from polyphony.kernel.database import db
from polyphony.kernel.viewer import Viewer


def set_level(by: Viewer, *, grant_id: uuid.UUID, level: str, at_risk: bool) -> Grant:
    """Say how openly a grant is shown. Raises `NotYourGrant`, `NotMoreOpen`.

    Nothing is copied anywhere: the statement reads the level at each look, so a name is gone from this moment.
    """
    grant = there(db.session.get(Grant, grant_id))
    is_grantee = by.is_in("applied", grant.application_id)
    require(is_grantee or by.is_in("fund_admin", grant.fund_id), rules.NotYourGrant())
    opens = LEVELS.index(level) < LEVELS.index(grant.level) or (grant.at_risk and not at_risk)
    require(is_grantee or not opens, rules.NotMoreOpen())
    grant.level, grant.at_risk = level, at_risk
    audit.record("grant.level", grant.id, about=grant.fund_id, level=level)
    return grant


def instalments(grant_id: uuid.UUID) -> list[tuple[Instalment, str]]:
    """Every instalment of a grant with where it stands: its last payment's state, else planned or cancelled."""
    last = sa.case((Payment.state.in_(("returned", "stopped")), 1), else_=0)
    rows = db.session.execute(
        sa.select(Instalment, Payment.state).outerjoin(Payment, Payment.instalment_id == Instalment.id)
        .where(Instalment.grant_id == grant_id).order_by(Instalment.place, last, sa.desc(Payment.state == "returned")))
    found: dict[uuid.UUID, tuple[Instalment, str]] = {}
    for instalment, state in rows:
        found.setdefault(instalment.id, (instalment, "cancelled" if instalment.cancelled_on else state or "planned"))
    return list(found.values())

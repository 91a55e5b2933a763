"""How openly a grant is shown: agreed with the grantee, taken down by either side, everywhere at once."""

import hashlib
import uuid

import sqlalchemy as sa

from polyphony.fund.applying.models import LEVELS
from polyphony.fund.bodies.models import Fund
from polyphony.fund.deciding.models import Grant, Instalment
from polyphony.fund.paying.models import Payment
from polyphony.fund.statement import rules
from polyphony.kernel import audit
from polyphony.kernel.access import require, there
from polyphony.kernel.database import db
from polyphony.kernel.forms import ChangedMeanwhile
from polyphony.kernel.refusals import NotThere
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import mark_stale


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


def mark_of(fund: Fund) -> str:
    """What stood there when a page was opened, in short."""
    return hashlib.sha256(f"{fund.lang} {fund.purpose}".encode()).hexdigest()[:24]


def set_purpose(by: Viewer, *, fund_id: uuid.UUID, purpose: str, lang: str, revision: str) -> Fund:
    """Say anew what the fund is for; what translators made of the old words says so. Raises `ChangedMeanwhile`."""
    kept = there(db.session.get(Fund, fund_id, with_for_update=True, populate_existing=True))
    require(by.is_in("fund_admin", fund_id), NotThere())
    if (kept.purpose, kept.lang) == (purpose, lang):
        return kept
    if revision != mark_of(kept):
        raise ChangedMeanwhile()
    kept.purpose, kept.lang = purpose, lang
    mark_stale(fund_id, ["purpose"])
    audit.record("fund.purpose", fund_id, about=fund_id)
    return kept


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

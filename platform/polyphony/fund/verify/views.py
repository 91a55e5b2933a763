"""What the nightly check found, for the auditor: every invariant by its name, and whether it held."""

from typing import Any

import sqlalchemy as sa
from flask import Blueprint

from polyphony.fund.verify.rules import CHAIN, INVARIANTS, ONCE
from polyphony.kernel import clock, viewer
from polyphony.kernel.access import Rule, access
from polyphony.kernel.audit import AuditRow
from polyphony.kernel.database import db
from polyphony.kernel.locale import lazy
from polyphony.kernel.pages import page
from polyphony.organisations.models import Organisation

NIGHTS = 10
auditor = Rule("auditor", lambda v: v.is_auditor, lazy("The auditor can see this."))


def attach(blueprint: Blueprint) -> None:
    """Put this part's page on the fund's blueprint."""
    blueprint.add_url_rule("/fund/checks", view_func=checks)


@access(auditor)
def checks() -> Any:
    """The last nights of the check, and the last one in full."""
    rows = db.session.execute(sa.select(AuditRow.at, AuditRow.details).where(AuditRow.verb == "fund.verified")
                              .order_by(AuditRow.at.desc()).limit(NIGHTS)).all()
    zone = viewer.current().time_zone or "UTC"
    nights = [(clock.moment(at, zone), set(details.get("broken", ()))) for at, details in rows]
    every = sorted((*INVARIANTS, CHAIN, ONCE), key=lambda each: int(each.name[1:]))
    funds = db.session.execute(sa.select(Organisation.id, Organisation.name).where(
        Organisation.kind == "fund", Organisation.admitted_on.is_not(None)).order_by(Organisation.name))
    return page("fund/checks.html", nights=nights, every=every, funds=funds.all())

"""Conflicts of interest are searched again every night: rules and memberships change without an event."""

import sqlalchemy as sa

from polyphony.kernel.database import db
from polyphony.kernel.jobs import task


@task("fund.find_conflicts", every="20 2 * * *")
def find_conflicts() -> int:
    """Write down every conflict between the fund's people and submitted applications; repeating it adds nothing."""
    return int(db.session.scalar(sa.text("SELECT fund.find_conflicts(NULL, NULL)")) or 0)

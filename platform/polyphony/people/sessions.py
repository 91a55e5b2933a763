"""Sessions of one account, wherever they are: to look at, and to end. No address and no device is kept with them."""

import uuid
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from polyphony.kernel import access, audit
from polyphony.kernel.database import db
from polyphony.kernel.viewer import Viewer
from polyphony.people import factors, service
from polyphony.people.models import Session

_MINE = sa.text("SELECT * FROM people.my_sessions(:secret)").bindparams(
    sa.bindparam("secret", type_=sa.LargeBinary()))


@dataclass(frozen=True)
class Seen:
    """One session: since when, when it was last used (to the minute), and whether it is this one."""

    id: uuid.UUID
    began_at: datetime
    seen_at: datetime
    here: bool
    waits: bool  # the password was right, the second step is still open


def mine(by: Viewer) -> list[Seen]:
    """Every session of hers that is alive, this one first."""
    return [Seen(**row) for row in db.session.execute(_MINE, {"secret": factors.here()}).mappings()]


def end(by: Viewer, *, session_id: uuid.UUID) -> None:
    """End one session; another's is not there."""
    mine_here = Session.id == session_id, Session.person_id == by.person
    found = db.session.scalar(sa.select(Session.id).where(*mine_here))
    access.there(found)
    db.session.execute(sa.delete(Session).where(*mine_here))
    audit.record("person.session_ended", by.person)


def end_others(by: Viewer) -> None:
    """End every session of hers but this one, and every copy of what this browser carried until now."""
    here = {each.id for each in mine(by) if each.here}
    db.session.execute(sa.delete(Session).where(Session.person_id == by.person, Session.id.not_in(here)))
    service.renew_secret()
    audit.record("person.session_ended", by.person)

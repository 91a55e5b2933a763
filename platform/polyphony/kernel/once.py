"""A form sent twice has one result: the second sending lands where the first one did.

Each form carries a random value; the verb's transaction stores it with the place to go. A double click
waits for the first (the key is unique) and is then sent to the same page.
"""

import secrets
import uuid
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from polyphony.kernel import clock, unlinkable
from polyphony.kernel.database import Base, db
from polyphony.kernel.policies import APP, WORKER, definer, protect

DONE = "done"


class Once(Base):
    __tablename__ = "once"
    __table_args__ = {"schema": "kernel"}
    value: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    place: Mapped[str]
    day: Mapped[date]


protect(Once, worker="SELECT, INSERT, DELETE", lookup="SELECT, INSERT, UPDATE")
unlinkable.rows(Once, "true")  # whose form it was is not known, so all of them
definer("kernel.claim_once(given uuid, today date) RETURNS text", """
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  INSERT INTO kernel.once (value, place, day) VALUES (given, '', today)
  ON CONFLICT (value) DO UPDATE SET value = excluded.value RETURNING place
$f$""", to=f"{APP}, {WORKER}")
definer("kernel.settle_once(given uuid, where_to text) RETURNS void", """
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  SET CONSTRAINTS ALL IMMEDIATE;
  UPDATE kernel.once SET place = where_to WHERE value = given AND place = '';
END $f$""", to=f"{APP}, {WORKER}")


def fresh() -> str:
    return str(uuid.UUID(bytes=secrets.token_bytes(16)))


def _key(value: str) -> uuid.UUID | None:
    """The value of a form; None when it is none of ours: such a form is taken once each time it is sent."""
    try:
        return uuid.UUID(value)
    except ValueError:
        return None


def earlier(value: str) -> str | None:
    """Where the first sending landed, or None when this is the first."""
    key = _key(value)
    if key is None:
        return None
    return db.session.execute(sa.select(sa.func.kernel.claim_once(key, clock.today()))).scalar() or None


def settle(value: str, place: str) -> None:
    """Check what the database promises to check at the end, then remember where this form's verb landed."""
    db.session.execute(sa.select(sa.func.kernel.settle_once(_key(value), place)))


def begin(session: Session, name: str) -> bool:
    """Whether this is the first time that `name` is done (worker). Commit, then do it: never twice."""
    key = uuid.uuid5(uuid.NAMESPACE_URL, name)
    if session.execute(sa.select(sa.func.kernel.claim_once(key, clock.today()))).scalar():
        return False
    session.execute(sa.select(sa.func.kernel.settle_once(key, DONE)))
    return True


def take_back(session: Session, name: str) -> None:
    """It was certainly not done after all (worker)."""
    session.execute(sa.delete(Once).where(Once.value == uuid.uuid5(uuid.NAMESPACE_URL, name)))


def forget(before: date) -> None:
    """Drop values older than this day (worker)."""
    db.session.execute(sa.delete(Once).where(Once.day < before))

"""A form sent twice has one result: the second sending lands where the first one did.

Each form carries a random value; the verb's transaction stores the place to go under two names: one made of that
value alone, one of the value and everything that was sent with it. A double click waits for the first (the names are
unique) and is then sent to the same page; the same form with other words is known as such. Both names are made with
the key outside the database, and the random value rests nowhere: they tell nothing about words, not even to whoever
holds the key.
"""

import hashlib
import json
import secrets as randomness
import uuid
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column
from werkzeug.wrappers import Request

from polyphony.kernel import clock, secrets, unlinkable
from polyphony.kernel.database import Base, db
from polyphony.kernel.policies import APP, WORKER, definer, protect

DONE = "done"
PROTECTION = {"csrf_token", "once", "sum", "solved", "waiting"}  # what a form carries beside what it says


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
    return str(uuid.UUID(bytes=randomness.token_bytes(16)))


def said(sent: Request) -> str:
    """One mark for everything a form was sent with and where to, its files and the button pressed included."""
    words = sorted((name, "\n".join(value.splitlines()).strip()) for name, value in sent.form.items(multi=True)
                   if name not in PROTECTION)
    files = sorted((name, hashlib.file_digest(each.stream, "sha256").hexdigest())  # type: ignore[arg-type]
                   for name, each in sent.files.items(multi=True) if each.filename)
    return hashlib.sha256(json.dumps([sent.path, words, files]).encode()).hexdigest()


def _names(value: str, said: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    """The names of a form and of this sending of it; None when its value is none of ours: then each sending is new."""
    try:
        form = str(uuid.UUID(value))
    except ValueError:
        return None
    return _name(form), _name(form, said)


def _name(*parts: str) -> uuid.UUID:
    return uuid.UUID(bytes=secrets.keyed("once", *parts)[:16])


def earlier(value: str, said: str) -> tuple[str, bool]:
    """Where the first sending landed and whether it said the same; nowhere when this is the first."""
    names = _names(value, said)
    if names is None:
        return "", True
    claimed = [sa.func.kernel.claim_once(name, clock.today()) for name in names]
    form, same = db.session.execute(sa.select(*claimed)).one()
    return form, bool(same)


def settle(value: str, said: str, place: str) -> None:
    """Check what the database promises to check at the end, then remember where this form's verb landed."""
    names = _names(value, said) or (None,)
    db.session.execute(sa.select(*(sa.func.kernel.settle_once(name, place) for name in names)))


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

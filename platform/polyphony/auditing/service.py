"""The audit, read, taken away, and signed at the end of each day."""

import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from polyphony.auditing.models import Head
from polyphony.auditing.verify_audit import FORMAT, ROOT, VERSION, message, unsigned
from polyphony.kernel import audit, clock
from polyphony.kernel.audit import AuditRow, AuditSeal
from polyphony.kernel.database import db

SHOWN = 50


@dataclass(frozen=True)
class Sought:
    """Which rows a reader looks for; nothing narrows nothing."""

    area: str = ""
    since: date | None = None
    until: date | None = None
    actor: uuid.UUID | None = None
    about: uuid.UUID | None = None

    def conditions(self) -> list[Any]:
        """As SQL; days are days of UTC, as in the chain."""
        asked = ((self.area, AuditRow.verb.startswith(f"{self.area}.", autoescape=True)),
                 (self.since, AuditRow.at >= _begin(self.since)),
                 (self.until, AuditRow.at < _begin(self.until, 1)),
                 (self.actor, AuditRow.actor == self.actor), (self.about, AuditRow.about == self.about))
        return [condition for given, condition in asked if given]


def _begin(day: date | None, later: int = 0) -> datetime:
    """Midnight UTC of a day; the last day there is, where the calendar ends."""
    found = day or date.min
    return datetime.combine(found + timedelta(days=later) if found < date.max else found, time(), UTC)


def rows(sought: Sought, after: uuid.UUID | None = None) -> tuple[list[Any], uuid.UUID | None]:
    """A page of rows, the newest first, each with its link in the chain (one statement), and behind which row the next
    page begins. Rows that know only their day are shown once it is over: whoever watches would see when they come."""
    last = sa.select(AuditRow.at, AuditRow.id).where(AuditRow.id == after).scalar_subquery()
    asked = sa.select(AuditRow, AuditSeal.number).outerjoin(AuditSeal, AuditSeal.row_id == AuditRow.id).where(
        *sought.conditions(), ~audit.waits(), sa.tuple_(AuditRow.at, AuditRow.id) < last if after else sa.true())
    found = list(db.session.execute(asked.order_by(AuditRow.at.desc(), AuditRow.id.desc()).limit(SHOWN + 1)))
    return found[:SHOWN], found[SHOWN - 1][0].id if len(found) > SHOWN else None


def heads(number: int = 31) -> list[Head]:
    """The newest signed heads."""
    return list(db.session.scalars(sa.select(Head).order_by(Head.day.desc()).limit(number)))


def public_key() -> str:
    """The key that heads are signed with now, in hexadecimal digits, to be written down by whoever will check."""
    return _key().verify_key.encode().hex()


def _known_keys() -> set[str]:
    """The public keys of heads that are ours: today's, and those of keys that were replaced."""
    return {public_key(), *current_app.extensions["settings"].audit_keys_before.split(",")}


def _key() -> SigningKey:
    return SigningKey(current_app.extensions["settings"].audit_key)


def sign_day(day: date) -> Head | None:
    """Sign where the chain stands at the end of a day; None where that day has its head already."""
    if db.session.get(Head, day):
        return None
    audit.seal_new_rows()
    db.session.flush()
    last = db.session.scalars(sa.select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1)).first()
    link, hash = (last.number, last.hash) if last else (0, ROOT)
    key = _key()
    signed = key.sign(message(day.isoformat(), link, hash.hex())).signature
    head = Head(day=day, link=link, hash=hash, key=key.verify_key.encode(), signature=signed)
    db.session.add(head)
    return head


def broken() -> list[str]:
    """What is wrong with the chain and with its signed heads; nothing when both are whole.

    Who can write the database can make every link anew, but signs no head: the key lies elsewhere. Heads taken away
    show as days without one; what was added since the last night is not signed yet.
    """
    link = audit.broken_at()
    ours = _known_keys()
    kept = db.session.execute(sa.select(Head, AuditSeal.hash).outerjoin(
        AuditSeal, AuditSeal.number == Head.link).order_by(Head.day))
    wrong = [f"the head of {head.day}" for head, found in kept if not _fits(head, ours, found if head.link else ROOT)]
    return ([f"link {link}"] if link else []) + wrong + unsigned(_days(), db.session.scalars(sa.select(Head.link)))


def _days() -> dict[str, int]:
    """The last link with a row of each day (UTC) that has any."""
    day = sa.func.date_trunc("day", AuditRow.at, "UTC")
    found = db.session.execute(sa.select(day, sa.func.max(AuditSeal.number)).join(
        AuditRow, AuditRow.id == AuditSeal.row_id).group_by(day))
    return {began.astimezone(UTC).date().isoformat(): number for began, number in found}


def _fits(head: Head, ours: set[str], found: bytes | None) -> bool:
    """Whether a key of ours signed this head, and the link it names stands in the chain as it was signed."""
    said = message(head.day.isoformat(), head.link, head.hash.hex())
    try:
        VerifyKey(head.key).verify(said, head.signature)
    except (BadSignatureError, ValueError):
        return False
    return head.hash == found and head.key.hex() in ours


def file() -> Iterator[str]:
    """The whole chain as the reader may take it away, a line each: a row she may read, else its hash alone.

    The format is told where it is read: `verify_audit`.
    """
    yield _line({"format": FORMAT, "version": VERSION, "made_on": clock.today().isoformat()})
    number = 0
    for seal, row in db.session.execute(sa.select(AuditSeal, AuditRow).outerjoin(
            AuditRow, AuditRow.id == AuditSeal.row_id).order_by(AuditSeal.number).execution_options(yield_per=1000)):
        number = seal.number
        told = {"row": audit.content(row)} if row else {"content": seal.content.hex()}
        yield _line({"link": number, "hash": seal.hash.hex(), **told})
    for head in reversed(heads(10_000)):
        yield _line({"head": head.day.isoformat(), "link": head.link, "hash": head.hash.hex(), "key": head.key.hex(),
                     "signature": head.signature.hex()})
    yield _line({"end": number})


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False) + "\n"


def short(id: uuid.UUID | None) -> str:
    """An id short enough to be read aloud, and the same each time: who it is stays in other hands."""
    return hashlib.sha256(id.bytes).hexdigest()[:8] if id else ""

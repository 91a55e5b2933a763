"""The seal: every posted entry, with its lines, linked to the one before, so that no change later goes unseen.

One chain per fund. A job adds links; nobody can take one out (the table refuses changes), and `broken_at` finds
the first link that no longer fits, whoever changed the rows beneath. The end of a chain proves nothing by itself: so
each new head is told to the audit, whose own chain is signed every day, and `missing` compares the two.
"""

import hashlib
import json
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from polyphony.fund.ledger.models import Entry, EntryLine, Seal
from polyphony.kernel import audit
from polyphony.kernel.database import db

START = b"\0" * 32
LOCK = 7108  # one sealer at a time


def content_hash(entry: Any, lines: Iterable[Any]) -> bytes:
    """SHA-256 of an entry's canonical JSON: every column that it has, and every column of its lines in order of id."""
    moved = sorted((_columns(line) for line in lines), key=lambda line: str(line["id"]))
    told = json.dumps([_columns(entry), moved], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(told.encode()).digest()


def _columns(row: Any) -> dict[str, Any]:
    return {column.key: _plain(getattr(row, column.key)) for column in row.__table__.columns}


def _plain(value: Any) -> Any:
    """As JSON can say it: UTC seconds with microseconds, bytes as hexadecimal digits, an id as its text."""
    match value:
        case datetime():
            return value.timestamp()
        case uuid.UUID():
            return str(value)
        case bytes() | memoryview():
            return bytes(value).hex()
    return value


def link(before: bytes, content: bytes) -> bytes:
    return hashlib.sha256(before + content).digest()


def seal_new(limit: int = 5000) -> int:
    """Link every entry that is not yet in its fund's chain, oldest first, and tell the audit where each chain ends now
    (worker); returns how many.
    """
    db.session.execute(sa.text("SELECT pg_advisory_xact_lock(:n)"), {"n": LOCK})
    sealed = sa.exists().where(Seal.entry_id == Entry.id)
    fresh = db.session.scalars(sa.select(Entry).where(~sealed).order_by(Entry.at, Entry.id).limit(limit)).all()
    lines = _lines([entry.id for entry in fresh])
    last: dict[uuid.UUID, tuple[int, bytes]] = {}
    for entry in fresh:
        number, before = last.get(entry.fund_id) or _last(entry.fund_id)
        made = link(before, content_hash(entry, lines.get(entry.id, [])))
        last[entry.fund_id] = (number + 1, made)
        db.session.add(Seal(fund_id=entry.fund_id, number=number + 1, entry_id=entry.id, hash=made))
    for fund_id, (number, hash) in last.items():
        audit.record("ledger.sealed", about=fund_id, number=number, hash=hash.hex())
    return len(fresh)


def _last(fund_id: uuid.UUID) -> tuple[int, bytes]:
    found = db.session.execute(sa.select(Seal.number, Seal.hash).where(Seal.fund_id == fund_id)
                               .order_by(Seal.number.desc()).limit(1)).first()
    return (found.number, bytes(found.hash)) if found else (0, START)


def _lines(ids: list[uuid.UUID]) -> dict[uuid.UUID, list[EntryLine]]:
    found: dict[uuid.UUID, list[EntryLine]] = {}
    for line in db.session.scalars(sa.select(EntryLine).where(EntryLine.entry_id.in_(ids))):
        found.setdefault(line.entry_id, []).append(line)
    return found


def broken_at(fund_id: uuid.UUID) -> int | None:
    """The number of the first link that no longer fits, or None when the chain is whole."""
    seals = db.session.scalars(sa.select(Seal).where(Seal.fund_id == fund_id).order_by(Seal.number)).all()
    ids = [seal.entry_id for seal in seals]
    entries = {entry.id: entry for entry in db.session.scalars(sa.select(Entry).where(Entry.id.in_(ids)))}
    lines, before = _lines(ids), START
    for place, seal in enumerate(seals, start=1):
        entry = entries.get(seal.entry_id)
        if entry is None or seal.number != place:
            return place
        before = link(before, content_hash(entry, lines.get(entry.id, [])))
        if before != bytes(seal.hash):
            return place
    return None


def missing() -> list[tuple[str, str]]:
    """What the audit was told of and the books have no more, as (what, detail): heads of chains, and entries posted.

    So the newest entry does not vanish together with its link, nor one that waits for its link.
    """
    return [(row.what, row.detail) for row in db.session.execute(_MISSING)]


_MISSING = sa.text("""
SELECT r.about::text AS what, 'head ' || (r.details ->> 'number') AS detail FROM audit.row r LEFT JOIN fund.seal s
  ON s.fund_id = r.about AND s.number = (r.details ->> 'number')::int
WHERE r.verb = 'ledger.sealed' AND encode(s.hash, 'hex') IS DISTINCT FROM r.details ->> 'hash'
UNION ALL SELECT r.subject::text, 'posted, and not there' FROM audit.row r
WHERE r.verb IN ('ledger.posted', 'ledger.reversed')
  AND NOT EXISTS (SELECT 1 FROM fund.entry e WHERE e.id = r.subject)""")

"""The seal: every posted entry, with its lines, linked to the one before, so that no change later goes unseen.

One chain per fund. A job adds links; nobody can take one out (the table refuses changes), and `broken_at` finds
the first link that no longer fits, whoever changed the rows beneath.
"""

import hashlib
import json
import uuid
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from polyphony.fund.ledger.models import Entry, EntryLine, Seal
from polyphony.kernel.database import db

START = b"\0" * 32
LOCK = 7108  # one sealer at a time


def content_hash(entry: Any, lines: Iterable[Any]) -> bytes:
    """SHA-256 of an entry's canonical JSON: its own columns and its lines in order of account."""
    moved = sorted((str(line.account_id), line.currency, line.amount) for line in lines)
    plain = [str(entry.id), str(entry.fund_id), entry.kind, entry.at.timestamp(), str(entry.person_id), entry.words,
             entry.key, bytes(entry.body_hash).hex(), str(entry.reverses), str(entry.grant_id), str(entry.payment_id),
             str(entry.pledge_id), moved]
    return hashlib.sha256(json.dumps(plain, ensure_ascii=False).encode()).digest()


def link(before: bytes, content: bytes) -> bytes:
    return hashlib.sha256(before + content).digest()


def seal_new(limit: int = 5000) -> int:
    """Link every entry that is not yet in its fund's chain, oldest first (worker); returns how many."""
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

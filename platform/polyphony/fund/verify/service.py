"""Check every invariant, as the worker sees the rows."""

from dataclasses import dataclass

import sqlalchemy as sa

from polyphony.fund.bodies.models import Fund
from polyphony.fund.ledger import chain
from polyphony.fund.ledger.models import Entry
from polyphony.fund.ledger.rules import Posting, digest
from polyphony.fund.verify.rules import CHAIN, INVARIANTS, ONCE, Invariant
from polyphony.kernel.database import db

SHOWN = 5  # offending rows named for each invariant


@dataclass(frozen=True)
class Finding:
    """One invariant and what breaks it; nothing when it holds."""

    invariant: Invariant
    broken: list[tuple[str, str]]

    @property
    def holds(self) -> bool:
        return not self.broken


def check() -> list[Finding]:
    """Every invariant in the order of its number, with what breaks it (worker role: it reads the rows of all)."""
    found = [Finding(each, [(what, detail) for what, detail in db.session.execute(sa.text(each.breaks)).all()])
             for each in INVARIANTS]
    found += [Finding(CHAIN, _chain()), Finding(ONCE, _once())]
    return sorted(found, key=lambda each: int(each.invariant.name[1:]))


def _chain() -> list[tuple[str, str]]:
    broken = ((str(fund), chain.broken_at(fund)) for fund in db.session.scalars(sa.select(Fund.organisation_id)))
    return [(fund, f"link {number}") for fund, number in broken if number is not None]


def _once() -> list[tuple[str, str]]:
    """Entries whose stored digest is not that of their own content, and keys used more than once."""
    wrong = [(str(entry.id), "not what was first posted under its key") for entry in
             db.session.scalars(sa.select(Entry).order_by(Entry.at).execution_options(yield_per=500))
             if bytes(entry.body_hash) != _digest(entry)]
    twice = db.session.execute(sa.select(Entry.fund_id, Entry.key).group_by(Entry.fund_id, Entry.key)
                               .having(sa.func.count() > 1))
    return wrong + [(str(fund), f"key {key} twice") for fund, key in twice]


def _digest(entry: Entry) -> bytes:
    if entry.kind == "reversal":
        return digest({"reverses": str(entry.reverses), "words": entry.words})
    amount, currency = db.session.execute(sa.text(
        "SELECT max(amount), max(currency) FROM fund.entry_line WHERE entry_id = :id"), {"id": entry.id}).one()
    return Posting(entry.fund_id, entry.kind, currency or "", amount or 0, entry.key, entry.words, entry.pledge_id,
                   entry.receipt_id, entry.grant_id, entry.payment_id).body_hash

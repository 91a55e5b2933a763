"""Check every invariant, as the worker sees the rows."""

from dataclasses import dataclass

import sqlalchemy as sa

from polyphony.fund.bodies.models import Fund
from polyphony.fund.ledger import chain
from polyphony.fund.ledger.models import Entry, EntryLine
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
    broken: dict[str, list[tuple[str, str]]] = {each.name: [] for each in INVARIANTS}
    for name, what, detail in db.session.execute(_EVERY):
        broken[name].append((what, detail))
    found = [Finding(each, broken[each.name]) for each in INVARIANTS]
    found += [Finding(CHAIN, _chain()), Finding(ONCE, _once())]
    return sorted(found, key=lambda each: int(each.invariant.name[1:]))


# All in one question, so that every invariant is asked of the same moment.
_EVERY = sa.text(" UNION ALL ".join(
    f"SELECT '{each.name}', {each.name}.* FROM ({each.breaks}) AS {each.name}(what, detail)"  # noqa: S608 - our own words
    for each in INVARIANTS))


def _chain() -> list[tuple[str, str]]:
    broken = ((str(fund), chain.broken_at(fund)) for fund in db.session.scalars(sa.select(Fund.organisation_id)))
    return [(fund, f"link {number}") for fund, number in broken if number is not None] + chain.missing()


def _once() -> list[tuple[str, str]]:
    """Entries whose stored digest is not that of their own content, and keys used more than once."""
    moved = sa.select(EntryLine.entry_id, sa.func.max(EntryLine.amount).label("amount"),
                      sa.func.max(EntryLine.currency).label("currency")).group_by(EntryLine.entry_id).subquery()
    uses_of_key = sa.func.count().over(partition_by=(Entry.fund_id, Entry.key))
    rows = db.session.execute(
        sa.select(Entry, moved.c.amount, moved.c.currency, uses_of_key)
        .outerjoin(moved, moved.c.entry_id == Entry.id).order_by(Entry.at).execution_options(yield_per=500))
    wrong, twice = [], set()
    for entry, amount, currency, uses in rows:
        if bytes(entry.body_hash) != _digest(entry, amount or 0, currency or ""):
            wrong.append((str(entry.id), "not what was first posted under its key"))
        if uses > 1:
            twice.add((str(entry.fund_id), f"key {entry.key} twice"))
    return wrong + sorted(twice)


def _digest(entry: Entry, amount: int, currency: str) -> bytes:
    if entry.kind == "reversal":
        return digest({"reverses": str(entry.reverses), "words": entry.words})
    return Posting(entry.fund_id, entry.kind, currency, amount, entry.key, entry.words, entry.pledge_id,
                   entry.receipt_id, entry.grant_id, entry.payment_id).body_hash

"""Entries as pages show them: what stands, what is about to be posted."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from polyphony.fund.ledger import words
from polyphony.fund.ledger.models import ACCOUNTS, Account, Balance, Entry, EntryLine, Seal
from polyphony.fund.ledger.rules import Posting
from polyphony.kernel import money
from polyphony.kernel.access import there
from polyphony.kernel.database import db

PAGE = 50


@dataclass
class Shown:
    """One entry in words: what kind, by which role, its lines as (account, minor units), and what reversed it."""

    id: uuid.UUID
    kind: str
    at: datetime
    said: str
    reverses: uuid.UUID | None = None
    reversed_by: uuid.UUID | None = None
    receipt_id: uuid.UUID | None = None
    grant_id: uuid.UUID | None = None
    payment_id: uuid.UUID | None = None
    currency: str = ""
    lines: list[tuple[str, int]] = field(default_factory=list)

    @property
    def label(self) -> Any:
        return words.ENTRY_NAMES[self.kind]

    @property
    def role(self) -> Any:
        return words.BY.get(self.kind, words.BY_TREASURER)

    @property
    def amount(self) -> int:
        return sum(amount for _, amount in self.lines if amount > 0)


def _read(*which: Any, limit: int = 1) -> list[Shown]:
    later = sa.orm.aliased(Entry)
    undone = sa.select(later.id).where(later.reverses == Entry.id).scalar_subquery()
    rows = db.session.execute(sa.select(Entry, undone).where(*which)
                              .order_by(Entry.at.desc(), Entry.id.desc()).limit(limit))
    found = {e.id: Shown(e.id, e.kind, e.at, e.words, e.reverses, by, e.receipt_id, e.grant_id, e.payment_id)
             for e, by in rows}
    lines = db.session.execute(
        sa.select(EntryLine.entry_id, Account.kind, EntryLine.currency, EntryLine.amount)
        .join(Account, Account.id == EntryLine.account_id).where(EntryLine.entry_id.in_(found))
        .order_by(EntryLine.amount.desc())) if found else ()
    for entry_id, account, currency, amount in lines:
        found[entry_id].lines.append((account, amount))
        found[entry_id].currency = currency
    return list(found.values())


def entries(fund_id: uuid.UUID, after: uuid.UUID | None = None) -> tuple[list[Shown], uuid.UUID | None]:
    """A page of a fund's entries, newest first, and where the next page begins."""
    which: list[Any] = [Entry.fund_id == fund_id]
    if after:
        last = sa.select(Entry.at, Entry.id).where(Entry.id == after)
        which.append(sa.tuple_(Entry.at, Entry.id) < last.scalar_subquery())
    found = _read(*which, limit=PAGE + 1)
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def entry(entry_id: uuid.UUID) -> tuple[uuid.UUID, Shown, int | None]:
    """One entry with its fund and its number in the chain, once it is sealed. Raises `NotThere`."""
    found = _read(Entry.id == entry_id)
    shown = there(found[0] if found else None)
    row = db.session.execute(sa.select(Entry.fund_id, Seal.number).outerjoin(Seal, Seal.entry_id == Entry.id)
                             .where(Entry.id == entry_id)).one()
    return row.fund_id, shown, row.number


def balances(fund_id: uuid.UUID) -> list[tuple[str, dict[str, int]]]:
    """Every balance by currency, each account as a positive number, accounts never used as zero."""
    found: dict[str, dict[str, int]] = {}
    for currency, kind, amount in db.session.execute(
            sa.select(Account.currency, Account.kind, Balance.amount).join(Balance, Balance.account_id == Account.id)
            .where(Account.fund_id == fund_id).order_by(Account.currency)):
        found.setdefault(currency, dict.fromkeys(ACCOUNTS, 0))[kind] = abs(amount)
    return list(found.items())


def preview(postings: Iterable[Posting], *, opposite: bool = False) -> list[dict[str, Any]]:
    """Entries that are about to be posted, for a check page; `opposite` for a reversal."""
    return [{"lines": [(account, -amount if opposite else amount) for account, amount in each.lines],
             "currency": each.currency, "accounts": words.ACCOUNT_NAMES, "money": money,
             "caption": words.ENTRY_NAMES["reversal" if opposite else each.kind]} for each in postings]

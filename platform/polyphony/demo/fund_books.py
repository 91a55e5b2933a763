"""The ledger of the demo's fund: the same entries, keys and seals as the services make, at the story's time."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from polyphony.fund.ledger import chain
from polyphony.fund.ledger.models import Account, Entry, EntryLine, Seal
from polyphony.fund.ledger.rules import Posting


def minor(amount: int) -> int:
    """Whole units of the demo's currencies, which all have a hundredth, in minor units."""
    return amount * 100


class Books:
    """One fund's accounts, opened at first use, and every entry that was posted."""

    def __init__(self, fund_id: uuid.UUID):
        self.fund_id = fund_id
        self.accounts: dict[tuple[str, str], Account] = {}
        self.posted: list[tuple[Entry, list[EntryLine]]] = []

    def post(self, kind: str, currency: str, amount: int, key: str, *, at: datetime, by: uuid.UUID,
             **about: Any) -> Iterable[list[Any]]:
        """One entry as the acts that put it: new accounts, the entry, its lines."""
        posting = Posting(self.fund_id, kind, currency, amount, key, **about)
        yield [account for name, _ in posting.lines for account in self._opened(currency, name)]
        entry = Entry(id=uuid.uuid4(), fund_id=self.fund_id, kind=kind, at=at, person_id=by, words="", key=key,
                      body_hash=posting.body_hash, lines_count=2, reverses=None, **{name: about.get(name) for name in (
                          "pledge_id", "receipt_id", "grant_id", "payment_id")})
        lines = [EntryLine(id=uuid.uuid4(), entry_id=entry.id, account_id=self.accounts[currency, name].id,
                           currency=currency, amount=moved) for name, moved in posting.lines]
        self.posted.append((entry, lines))
        yield [entry]
        yield [*lines]

    def _opened(self, currency: str, name: str) -> Iterable[Account]:
        if (currency, name) not in self.accounts:
            made = Account(id=uuid.uuid4(), fund_id=self.fund_id, currency=currency, kind=name)
            self.accounts[currency, name] = made
            yield made

    def seals(self) -> Iterable[Seal]:
        """The chain over every entry, oldest first, as the job links it."""
        before = chain.START
        in_order = sorted(self.posted, key=lambda each: (each[0].at, each[0].id))
        for number, (entry, lines) in enumerate(in_order, start=1):
            before = chain.link(before, chain.content_hash(entry, lines))
            yield Seal(fund_id=self.fund_id, number=number, entry_id=entry.id, hash=before)

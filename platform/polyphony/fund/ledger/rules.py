"""What a posting is, and what is refused about money, in words."""

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from polyphony.fund.ledger.models import MOVES
from polyphony.kernel.locale import lazy
from polyphony.kernel.refusals import CONSTRAINTS, Refusal, WrongState


class NotEnoughMoney(WrongState):
    """Somebody else may have taken it in the same moment; nothing was changed."""

    message = lazy("The fund has not enough received money for this. Nothing was changed.")
    help = lazy("The page shows what is available now. Money that is promised but has not come cannot be granted.")


class SameKeyOtherBody(WrongState):
    message = lazy("This was already posted with other figures. Nothing was posted twice.")
    help = lazy("Open the entry to see what was posted.")


class MoreThanAwarded(WrongState):
    message = lazy("A grant is never paid more than was awarded.")


class AlreadyReversed(WrongState):
    message = lazy("This entry was already reversed.")


CONSTRAINTS.update({
    "balance_right_side_of_zero_check": NotEnoughMoney, "grant_balance_within_award_check": MoreThanAwarded,
    "entry_reverses_idx": AlreadyReversed, "entry_fund_id_key_key": SameKeyOtherBody,
})


@dataclass(frozen=True)
class Posting:
    """One entry to be posted: its kind decides which two accounts move. `amount` in minor units, positive."""

    fund_id: uuid.UUID
    kind: str
    currency: str
    amount: int
    key: str
    words: str = ""
    pledge_id: uuid.UUID | None = None
    receipt_id: uuid.UUID | None = None
    grant_id: uuid.UUID | None = None
    payment_id: uuid.UUID | None = None
    lines: tuple[tuple[str, int], ...] = field(init=False)

    def __post_init__(self) -> None:
        debit, credit = MOVES[self.kind]
        object.__setattr__(self, "lines", ((debit, self.amount), (credit, -self.amount)))

    @property
    def body(self) -> dict[str, Any]:
        """What makes two postings the same."""
        names = ("fund_id", "pledge_id", "receipt_id", "grant_id", "payment_id")
        ids = {name: str(getattr(self, name)) for name in names}
        return {"kind": self.kind, "currency": self.currency, "lines": sorted(self.lines), "words": self.words, **ids}

    @property
    def body_hash(self) -> bytes:
        return digest(self.body)


def digest(body: dict[str, Any]) -> bytes:
    """SHA-256 of canonical JSON."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).digest()


def reversed_kind(kind: str) -> bool:
    """Whether entries of this kind are corrected by reversal; grants and payments have acts of their own for that."""
    return kind in ("receipt", "unmatched_receipt", "matching", "sending_back")


class CannotBeReversed(Refusal):
    status = 409
    message = lazy("An entry of this kind is not reversed: a grant is cancelled in part, a payment is returned.")

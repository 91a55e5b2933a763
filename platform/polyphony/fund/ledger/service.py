"""Post to the ledger, reverse, and read balances. Everything that moves money goes through `post`."""

import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert

from polyphony.fund.ledger import rules
from polyphony.fund.ledger.models import Account, Balance, Entry, EntryLine
from polyphony.fund.ledger.rules import Posting
from polyphony.kernel import audit, clock
from polyphony.kernel.access import require, there
from polyphony.kernel.database import db
from polyphony.kernel.viewer import Viewer


def post(by: Viewer, posting: Posting) -> uuid.UUID:
    """Post one entry; the same key with the same body is the same entry, posted once.

    Amounts are integer minor units. Raises `SameKeyOtherBody`; the database raises `NotEnoughMoney` and
    `MoreThanAwarded` when a balance would cross zero, also between people who post in the same moment.
    """
    id, (debit, credit) = uuid.uuid4(), posting.lines
    ids = {name: getattr(posting, name) for name in ("fund_id", "pledge_id", "receipt_id", "grant_id", "payment_id")}
    about = {**{name: str(value) for name, value in ids.items() if value}, "id": str(id), "kind": posting.kind,
             "at": clock.now().isoformat(), "person_id": str(by.person), "words": posting.words, "key": posting.key}
    posted = db.session.scalar(_POST, {
        "about": about, "hash": posting.body_hash, "currency": posting.currency, "debit": debit[0],
        "credit": credit[0], "amount": posting.amount})
    require(posted is not None, rules.SameKeyOtherBody())
    if posted == id:
        audit.record("ledger.posted", id, about=posting.fund_id, kind=posting.kind)
    return posted  # type: ignore[no-any-return]


_POST = sa.text("SELECT fund.post(:about, :hash, :currency, :debit, :credit, :amount)").bindparams(
    sa.bindparam("about", type_=JSONB))


def reverse(by: Viewer, *, entry_id: uuid.UUID, words: str) -> uuid.UUID:
    """Correct a receipt or a matching by its exact opposite; the same reversal again is the entry that is there.

    Raises `CannotBeReversed`, and `AlreadyReversed` where it was reversed for another reason.
    """
    wrong = there(db.session.get(Entry, entry_id))
    require(rules.reversed_kind(wrong.kind), rules.CannotBeReversed())
    id, key, body = uuid.uuid4(), f"reversal {entry_id}", rules.digest({"reverses": str(entry_id), "words": words})
    lines = db.session.scalars(sa.select(EntryLine).where(EntryLine.entry_id == entry_id)).all()
    made = db.session.scalar(insert(Entry).values(
        id=id, fund_id=wrong.fund_id, kind="reversal", at=clock.now(), person_id=by.person, words=words, key=key,
        body_hash=body, lines_count=len(lines), reverses=entry_id, pledge_id=wrong.pledge_id,
        receipt_id=wrong.receipt_id).on_conflict_do_nothing().returning(Entry.id))
    if made is None:
        return _reversed_before(entry_id, body)
    db.session.execute(sa.insert(EntryLine).values([
        {"id": uuid.uuid4(), "entry_id": id, "account_id": line.account_id, "currency": line.currency,
         "amount": -line.amount} for line in lines]))
    audit.record("ledger.reversed", id, about=wrong.fund_id, entry=str(entry_id))
    return id


def _reversed_before(entry_id: uuid.UUID, body: bytes) -> uuid.UUID:
    """The reversal that is there already, when it is this one; also when somebody made it in the same moment."""
    made = db.session.scalar(sa.select(Entry.id).where(Entry.reverses == entry_id, Entry.body_hash == body))
    if made is None:
        raise rules.AlreadyReversed()
    return made


def balances(fund_id: uuid.UUID) -> dict[str, dict[str, int]]:
    """Every balance, by currency and account, as a positive number in minor units."""
    rows = db.session.execute(sa.select(Account.currency, Account.kind, Balance.amount).join(
        Balance, Balance.account_id == Account.id).where(Account.fund_id == fund_id)
        .order_by(Account.currency, Account.kind))
    found: dict[str, dict[str, int]] = {}
    for currency, kind, amount in rows:
        found.setdefault(currency, {})[kind] = abs(amount)
    return found


def available(fund_id: uuid.UUID, currency: str) -> int:
    """Received money in one currency that no grant has reserved, in minor units."""
    return balances(fund_id).get(currency, {}).get("available", 0)

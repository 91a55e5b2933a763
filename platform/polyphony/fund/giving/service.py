"""Promise, raise and withdraw as a company; record, match, send back and take back as the treasurer."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from polyphony.fund.giving import reading, rules
from polyphony.fund.giving.models import Pledge, PledgeChange, Receipt
from polyphony.fund.ledger import service as ledger
from polyphony.fund.ledger.models import Entry
from polyphony.fund.ledger.rules import NotEnoughMoney, Posting, reversed_kind
from polyphony.kernel import audit, clock, money
from polyphony.kernel.access import require
from polyphony.kernel.database import db
from polyphony.kernel.refusals import NotThere, refusal_for
from polyphony.kernel.viewer import Viewer
from polyphony.notices.service import tell


def _may_promise(by: Viewer, company_id: uuid.UUID) -> None:
    require(by.is_in("leading", company_id) or by.is_in("deciding", company_id), rules.NotPromising())


def _keeps(by: Viewer, fund_id: uuid.UUID) -> None:
    require(by.is_in("fund_treasury", fund_id), rules.NotTreasurer())


def promise(by: Viewer, *, fund_id: uuid.UUID, company_id: uuid.UUID, currency: str, amount: int, due_on: date,
            words: str = "") -> uuid.UUID:
    """Promise money to the fund by a day, in minor units. It buys no say. Raises `NotPromising`, `DueInThePast`."""
    _may_promise(by, company_id)
    if due_on < clock.today():
        raise rules.DueInThePast()
    id = uuid.uuid4()
    db.session.execute(sa.insert(Pledge).values(
        id=id, fund_id=fund_id, company_id=company_id, currency=currency, amount=amount, due_on=due_on,
        words=words or "", made_on=clock.today()))
    audit.record("money.promised", id, about=fund_id)
    return id


def raise_promise(by: Viewer, *, pledge_id: uuid.UUID, amount: int, words: str = "") -> None:
    """Promise more on the same promise. Raises `NotPromising`."""
    _change(by, reading.promise(pledge_id), "raised", amount, words)


def withdraw(by: Viewer, *, pledge_id: uuid.UUID, amount: int, words: str) -> None:
    """Take back what has not come of a promise, with words that stay. Raises `WithdrawTooMuch`."""
    kept = reading.promise(pledge_id)
    if amount > kept.left:
        raise rules.WithdrawTooMuch(left=money.shown(kept.left, kept.currency))
    _change(by, kept, "withdrawn", amount, words)


def _change(by: Viewer, kept: reading.Promise, kind: str, amount: int, words: str) -> None:
    _may_promise(by, kept.company_id)
    db.session.execute(sa.insert(PledgeChange).values(
        id=uuid.uuid4(), pledge_id=kept.id, company_id=kept.company_id, kind=kind, amount=amount, words=words or "",
        on=clock.today()))
    audit.record(f"promise.{kind}", kept.id, about=kept.fund_id)
    if kind == "withdrawn":
        tell("fund_withdrawn", consultation_id=kept.fund_id, subject_id=kept.fund_id, to="treasurers")


@dataclass(frozen=True)
class Came:
    """One receipt that is to be recorded, and the entry it will post."""

    values: dict[str, Any]
    posting: Posting


def plan(by: Viewer, *, fund_id: uuid.UUID, currency: str, amount: int, received_on: date, bank_reference: str,
         pledge_id: uuid.UUID | None = None, company_id: uuid.UUID | None = None, apart: bool = False) -> list[Came]:
    """What recording this money will post, shown before it is done; nothing is changed.

    Raises `NotTreasurer`, `DayToCome`, `AlreadyRecorded`, `OtherCurrency`, `NothingLeft`, `MoreThanPromised`.
    """
    _keeps(by, fund_id)
    if received_on > clock.today():
        raise rules.DayToCome()
    if db.session.scalar(sa.select(sa.exists().where(
            Receipt.fund_id == fund_id, Receipt.bank_reference == bank_reference, Receipt.state != "reversed"))):
        raise rules.AlreadyRecorded()
    came = {"fund_id": fund_id, "currency": currency, "received_on": received_on, "bank_reference": bank_reference}
    if pledge_id is None:
        return [_came(came, amount, None, company_id)]
    kept = reading.promise(pledge_id)
    over = _over(kept, fund_id, currency, amount, apart)
    parts = [_came(came, amount - over, pledge_id, kept.company_id)]
    return parts + ([_came(came, over, None, kept.company_id)] if over else [])


def _over(kept: reading.Promise, fund_id: uuid.UUID, currency: str, amount: int, apart: bool) -> int:
    """How much of this money is above the promise; the treasurer has to have chosen to record it apart."""
    require(kept.fund_id == fund_id, NotThere())
    if kept.currency != currency:
        raise rules.OtherCurrency()
    if kept.left <= 0:
        raise rules.NothingLeft()
    over = max(amount - kept.left, 0)
    if over and not apart:
        raise rules.MoreThanPromised(kept.left, over, currency)
    return over


def _came(came: dict[str, Any], amount: int, pledge_id: uuid.UUID | None, company_id: uuid.UUID | None) -> Came:
    id, kind = uuid.uuid4(), "receipt" if pledge_id else "unmatched_receipt"
    values = {**came, "id": id, "amount": amount, "pledge_id": pledge_id, "company_id": company_id,
              "state": "matched" if pledge_id else "unmatched"}
    return Came(values, Posting(came["fund_id"], kind, came["currency"], amount, f"receipt {id}", pledge_id=pledge_id,
                                receipt_id=id))


def record(by: Viewer, **typed: Any) -> list[uuid.UUID]:
    """Record money that came and post it; `plan` says what and refuses."""
    planned = plan(by, **typed)
    db.session.execute(sa.insert(Receipt).values([each.values for each in planned]))
    for each in planned:
        ledger.post(by, each.posting)
    told = planned[-1].values  # what is above a promise comes last
    _tell("fund_money" if told["pledge_id"] else "fund_money_more", told["company_id"])
    return [each.values["id"] for each in planned]


def _tell(kind: str, company_id: uuid.UUID | None) -> None:
    """Those who promise for a company are told of its money; nobody, while it is not known whose it is."""
    if company_id:
        tell(kind, subject_id=company_id, to="answering")


def matching(kept: Receipt, pledge_id: uuid.UUID | None) -> Posting:
    """The entry that turns money without a promise into received money."""
    return Posting(kept.fund_id, "matching", kept.currency, kept.amount, _key("matching", kept), pledge_id=pledge_id,
                   receipt_id=kept.id)


def sending_back(kept: Receipt, words: str) -> Posting:
    return Posting(kept.fund_id, "sending_back", kept.currency, kept.amount, _key("sending back", kept), words=words,
                   receipt_id=kept.id)


def _key(what: str, kept: Receipt) -> str:
    """One key for each time a receipt waits: it may wait again after a matching was taken back."""
    times = db.session.scalar(sa.select(sa.func.count()).where(Entry.receipt_id == kept.id))
    return f"{what} {kept.id} {times}"


def match(by: Viewer, *, receipt_id: uuid.UUID, pledge_id: uuid.UUID) -> None:
    """Say which promise unmatched money belongs to. Raises `NotUnmatched`, `OtherCurrency`, `OtherCompany`,
    `TooMuchToMatch`."""
    kept, to = _waiting(by, receipt_id), reading.promise(pledge_id)
    require(to.fund_id == kept.fund_id, NotThere())
    if to.currency != kept.currency:
        raise rules.OtherCurrency()
    if kept.company_id not in (None, to.company_id):
        raise rules.OtherCompany()
    if kept.amount > to.left:
        raise rules.TooMuchToMatch(left=money.shown(to.left, to.currency))
    posting = matching(kept, pledge_id)
    kept.state, kept.pledge_id = "matched", pledge_id
    db.session.flush()
    ledger.post(by, posting)
    _tell("fund_money", to.company_id)


def send_back(by: Viewer, *, receipt_id: uuid.UUID, words: str) -> None:
    """Money that belongs to no promise went back to where it came from. Raises `NotUnmatched`."""
    kept = _waiting(by, receipt_id)
    posting = sending_back(kept, words)
    kept.state = "sent_back"
    db.session.flush()
    ledger.post(by, posting)
    _tell("fund_money_back", kept.company_id)


def _waiting(by: Viewer, receipt_id: uuid.UUID) -> Receipt:
    kept = reading.receipt(receipt_id)
    _keeps(by, kept.fund_id)
    if kept.state != "unmatched":
        raise rules.NotUnmatched()
    return kept


def last_entry(kept: Receipt) -> Entry | None:
    """The newest entry of a receipt that still stands: the one that is taken back first."""
    later = sa.orm.aliased(Entry)
    return db.session.scalars(sa.select(Entry).where(
        Entry.receipt_id == kept.id, Entry.kind != "reversal", ~sa.exists().where(later.reverses == Entry.id))
        .order_by(Entry.at.desc(), Entry.id).limit(1)).first()


def take_back(by: Viewer, *, receipt_id: uuid.UUID, entry_id: uuid.UUID, words: str) -> None:
    """Reverse the last act on a receipt by its exact opposite: a matching, a sending back, or the receipt itself.

    Raises `NothingToTakeBack`; and `GrantedMeanwhile` where the database finds that the money is no longer there.
    """
    kept = reading.receipt(receipt_id)
    _keeps(by, kept.fund_id)
    last = last_entry(kept)
    if last is None or last.id != entry_id or not reversed_kind(last.kind):
        raise rules.NothingToTakeBack()
    promised = kept.pledge_id
    kept.state = "unmatched" if last.kind in ("matching", "sending_back") else "reversed"
    kept.pledge_id = None
    db.session.flush()
    _reverse(by, last.id, words)
    if promised:
        tell("fund_money_corrected", subject_id=promised, to="promisers")
    else:
        _tell("fund_money_corrected", kept.company_id)


def _reverse(by: Viewer, entry_id: uuid.UUID, words: str) -> None:
    try:
        ledger.reverse(by, entry_id=entry_id, words=words)
    except IntegrityError as error:
        if isinstance(refusal_for(error), NotEnoughMoney):
            raise rules.GrantedMeanwhile() from error
        raise

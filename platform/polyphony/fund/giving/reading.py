"""Promises and receipts as pages show them; row security decides whose."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from polyphony.fund.giving.models import Pledge, PledgeChange, Receipt
from polyphony.kernel import clock
from polyphony.kernel.access import there
from polyphony.kernel.database import db
from polyphony.organisations.models import Organisation

PAGE = 25
_CHANGED = (sa.select(sa.func.coalesce(sa.func.sum(sa.case(
    (PledgeChange.kind == "raised", PledgeChange.amount), else_=-PledgeChange.amount)), 0))
    .where(PledgeChange.pledge_id == Pledge.id).scalar_subquery())
_CAME = (sa.select(sa.func.coalesce(sa.func.sum(Receipt.amount), 0))
         .where(Receipt.pledge_id == Pledge.id, Receipt.state == "matched").scalar_subquery())


@dataclass
class Promise:
    """One promise: how much now, what has come of it, what is left, and everything that happened to it."""

    id: uuid.UUID
    fund_id: uuid.UUID
    fund: str
    company_id: uuid.UUID
    company: str
    currency: str
    first: int
    promised: int
    received: int
    due_on: date
    made_on: date
    words: str
    changes: list[PledgeChange] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)

    @property
    def left(self) -> int:
        return self.promised - self.received

    @property
    def state(self) -> str:
        """withdrawn, come, late or waiting."""
        if not self.promised:
            return "withdrawn"
        if not self.left:
            return "come"
        return "late" if self.due_on < clock.today() else "waiting"


def promises(*which: Any) -> list[Promise]:
    """Promises that this viewer may see, what is still to come first, then by day."""
    fund, company = sa.orm.aliased(Organisation), sa.orm.aliased(Organisation)
    promised, came = Pledge.amount + sa.cast(_CHANGED, sa.BigInteger), sa.cast(_CAME, sa.BigInteger)
    rows = db.session.execute(
        sa.select(Pledge, fund.name, company.name, promised, came)
        .join(fund, fund.id == Pledge.fund_id).join(company, company.id == Pledge.company_id).where(*which)
        .order_by(promised <= came, Pledge.due_on, Pledge.id).limit(200))
    return [Promise(p.id, p.fund_id, fund_name, p.company_id, name, p.currency, p.amount, int(now), int(got), p.due_on,
                    p.made_on, p.words) for p, fund_name, name, now, got in rows]


def of_companies(companies: Iterable[uuid.UUID]) -> tuple[list[Promise], list[Receipt]]:
    """Promises of these companies with everything that happened to each; and their money beside them, newest first:
    what is under no promise yet, and what went back (three statements)."""
    mine = list(companies)
    found = promises(Pledge.company_id.in_(mine))
    by_id = {promise.id: promise for promise in found}
    if found:
        for change in db.session.scalars(sa.select(PledgeChange).where(PledgeChange.pledge_id.in_(by_id))
                                         .order_by(PledgeChange.on, PledgeChange.id)):
            by_id[change.pledge_id].changes.append(change)
    came = db.session.scalars(sa.select(Receipt).where(sa.or_(
        sa.and_(Receipt.pledge_id.in_(by_id), Receipt.state == "matched"),
        sa.and_(Receipt.company_id.in_(mine), Receipt.state.in_(("unmatched", "sent_back")))))
        .order_by(Receipt.received_on, Receipt.id)).all()
    for receipt in came:
        if receipt.pledge_id in by_id:
            by_id[receipt.pledge_id].receipts.append(receipt)
    return found, [receipt for receipt in reversed(came) if receipt.pledge_id is None]


def promise(pledge_id: uuid.UUID) -> Promise:
    """One promise that this viewer may see. Raises `NotThere`."""
    found = promises(Pledge.id == pledge_id)
    return there(found[0] if found else None)


def receipt(receipt_id: uuid.UUID) -> Receipt:
    """One receipt as it stands in the database now. Raises `NotThere`."""
    return there(db.session.get(Receipt, receipt_id, populate_existing=True))


def unmatched(fund_id: uuid.UUID) -> list[tuple[Receipt, str | None]]:
    """Money nobody has said what it is yet, the longest waiting first, with who sent it if that is known."""
    return [(row[0], row[1]) for row in db.session.execute(
        sa.select(Receipt, Organisation.name).outerjoin(Organisation, Organisation.id == Receipt.company_id)
        .where(Receipt.fund_id == fund_id, Receipt.state == "unmatched")
        .order_by(Receipt.received_on, Receipt.id).limit(200))]


def receipts(fund_id: uuid.UUID, after: uuid.UUID | None = None
             ) -> tuple[list[tuple[Receipt, str | None]], uuid.UUID | None]:
    """What came in, newest first, a page at a time, with who sent it, and where the next page begins."""
    company = sa.func.coalesce(Pledge.company_id, Receipt.company_id)
    found = (sa.select(Receipt, Organisation.name).outerjoin(Pledge, Pledge.id == Receipt.pledge_id)
             .outerjoin(Organisation, Organisation.id == company).where(Receipt.fund_id == fund_id))
    if after:
        last = sa.select(Receipt.received_on, Receipt.id).where(Receipt.id == after)
        found = found.where(sa.tuple_(Receipt.received_on, Receipt.id) < last.scalar_subquery())
    rows: list[tuple[Receipt, str | None]] = [(row[0], row[1]) for row in db.session.execute(
        found.order_by(Receipt.received_on.desc(), Receipt.id.desc()).limit(PAGE + 1))]
    return rows[:PAGE], rows[PAGE - 1][0].id if len(rows) > PAGE else None


def pooled(fund_id: uuid.UUID) -> list[tuple[str, dict[str, int]]]:
    """What all contributors together gave, per currency, and what of it is granted, paid and available: public."""
    found: dict[str, dict[str, int]] = {}
    for currency, account, amount in db.session.execute(
            sa.text("SELECT * FROM fund.totals(:fund, :day)"), {"fund": fund_id, "day": clock.today()}):
        found.setdefault(currency, {})[account] = abs(int(amount))
    return [(currency, {**kept, "received": kept.get("available", 0) + kept.get("awarded", 0)})
            for currency, kept in found.items()]

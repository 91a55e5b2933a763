"""What waits for companies and treasurers, and what the ledger's pages are told of a receipt."""

from typing import Any

from polyphony.fund.giving import reading
from polyphony.fund.giving.models import Pledge, Receipt
from polyphony.kernel import clock, money
from polyphony.kernel.database import db
from polyphony.kernel.locale import _, ngettext
from polyphony.kernel.providers import Waits, provide
from polyphony.kernel.viewer import Viewer

SOON = 30


@provide("waits")
def waits(by: Viewer) -> list[Waits]:
    """For a company, its promised money that is due; for a treasurer, money without a promise."""
    from flask import url_for

    found: list[Waits] = []
    mine = by.of("leading") | by.of("deciding")
    if mine:
        found += [Waits(_("Promised and still to come: %(amount)s", amount=money.shown(each.left, each.currency)),
                        url_for("fund.promises"), each.due_on, warn=each.state == "late")
                  for each in reading.promises(Pledge.company_id.in_(mine))
                  if each.left > 0 and each.due_on <= clock.in_days(SOON)]
    for fund_id in sorted(by.of("fund_treasury")):
        number = len(reading.unmatched(fund_id))
        if number:
            text = ngettext("%(num)s receipt without a promise", "%(num)s receipts without a promise", number)
            found.append(Waits(text, url_for("fund.money", fund_id=fund_id)))
    return found


@provide("entry_told")
def entry_told(entry: Any) -> list[tuple[str, str]]:
    """The receipt behind an entry of the ledger."""
    kept = db.session.get(Receipt, entry.receipt_id) if entry.receipt_id else None
    day = clock.day(kept.received_on) if kept else None
    if kept is None or day is None:
        return []
    return [(_("Reference on the bank statement"), kept.bank_reference), (_("It came on"), day.text)]

"""The ledger for those who keep it and those who check it: entries, their lines, and balances."""

import uuid
from typing import Any

from flask import Blueprint, request

from polyphony.fund.ledger import showing, words
from polyphony.kernel import clock, money, providers, viewer
from polyphony.kernel.access import Rule, access, require, there
from polyphony.kernel.database import db
from polyphony.kernel.locale import lazy
from polyphony.kernel.pages import page
from polyphony.kernel.refusals import NotThere
from polyphony.organisations.models import Organisation

_INSIDE = ("fund_treasury", "fund_admin", "fund_approve", "fund_release")
INSIDER = Rule("keeper or auditor of the ledger", lambda v: v.is_auditor or any(v.of(fact) for fact in _INSIDE),
               lazy("The people who keep the fund’s money, and the auditor, can see this."), hat="fund")


def attach(blueprint: Blueprint) -> None:
    """Put this part's pages on the fund's blueprint."""
    blueprint.add_url_rule("/fund/<uuid:fund_id>/ledger", view_func=ledger)
    blueprint.add_url_rule("/fund/entries/<uuid:entry_id>", view_func=entry)


def _name(fund_id: uuid.UUID) -> str:
    """The fund's name, for its own keepers and for the auditor; for everybody else it is not there."""
    by = viewer.current()
    require(by.is_auditor or any(by.is_in(fact, fund_id) for fact in _INSIDE), NotThere())
    kept = there(db.session.get(Organisation, fund_id))
    require(kept.kind == "fund", NotThere())
    return kept.name


@access(INSIDER)
def ledger(fund_id: uuid.UUID) -> Any:
    name = _name(fund_id)
    shown, following = showing.entries(fund_id, request.args.get("after", type=uuid.UUID))
    return page("fund/ledger.html", name=name, fund_id=fund_id, entries=shown, following=following, money=money,
                balances=showing.balances(fund_id), accounts=words.ACCOUNT_NAMES, moment=_moment)


@access(INSIDER)
def entry(entry_id: uuid.UUID) -> Any:
    fund_id, shown, number = showing.entry(entry_id)
    told = [fact for facts in providers.ask("entry_told", shown) for fact in facts]
    return page("fund/ledger_entry.html", name=_name(fund_id), fund_id=fund_id, entry=shown, number=number, money=money,
                accounts=words.ACCOUNT_NAMES, moment=_moment, told=told)


def _moment(when: Any) -> Any:
    return clock.moment(when, viewer.current().time_zone or "UTC")

"""The treasurer's desk: promises, money that came, and every step shown as the entry it will post."""

import uuid
from typing import Any

from flask import Blueprint, request, url_for

from polyphony.fund.bodies import service as bodies
from polyphony.fund.giving import forms, reading, rules, service, words
from polyphony.fund.giving.models import Pledge, Receipt
from polyphony.fund.ledger import service as ledger
from polyphony.fund.ledger import showing
from polyphony.fund.ledger import words as ledger_words
from polyphony.fund.ledger.rules import Posting
from polyphony.kernel import clock, money, viewer
from polyphony.kernel.access import access, require
from polyphony.kernel.forms import Form, answer, refused
from polyphony.kernel.locale import _
from polyphony.kernel.pages import page
from polyphony.kernel.refusals import NotThere, Refusal

BOTH = ("GET", "POST")


def attach(blueprint: Blueprint) -> None:
    """Put the treasurer's pages on the fund's blueprint."""
    add = blueprint.add_url_rule
    add("/fund/<uuid:fund_id>/money", endpoint="money", view_func=desk)
    add("/fund/<uuid:fund_id>/receipts/new", view_func=receipt, methods=BOTH)
    add("/fund/receipts/<uuid:receipt_id>/match", view_func=match_receipt, methods=BOTH)
    add("/fund/receipts/<uuid:receipt_id>/sending-back", view_func=send_receipt_back, methods=BOTH)
    add("/fund/receipts/<uuid:receipt_id>/reversal", view_func=take_receipt_back, methods=BOTH)


@access(rules.MONEY)
def desk(fund_id: uuid.UUID) -> Any:
    by = viewer.current()
    require(rules.inside(by, fund_id), NotThere())
    _kept, name = bodies.fund(fund_id)
    shown, following = reading.receipts(fund_id, request.args.get("after", type=uuid.UUID))
    return page("fund/money.html", name=name, fund_id=fund_id, promises=reading.promises(Pledge.fund_id == fund_id),
                unmatched=reading.unmatched(fund_id), receipts=shown, following=following, money=money, day=clock.day,
                balances=showing.balances(fund_id), accounts=ledger_words.ACCOUNT_NAMES, marks=words.MARKS,
                keeps=by.is_in("fund_treasury", fund_id), promise_states=words.PROMISE_STATES,
                receipt_states=words.RECEIPT_STATES)


def _offered(promises: list[reading.Promise], company: uuid.UUID | None = None) -> list[reading.Promise]:
    """Promises of this company, or of all, of which something is left, and the one just sent, so that the rule and not
    the list answers."""
    return [each for each in promises if (each.left > 0 and company in (None, each.company_id))
            or str(each.id) == request.form.get("pledge_id")]


def _receipt_form(fund_id: uuid.UUID) -> tuple[forms.ReceiptForm, str]:
    """The form with every open promise to choose from, filled from the promise in the address."""
    require(viewer.current().is_in("fund_treasury", fund_id), NotThere())
    all_promises = reading.promises(Pledge.fund_id == fund_id)
    wanted = next((each for each in all_promises if str(each.id) == request.args.get("promise")), None)
    given = {"pledge_id": str(wanted.id), "currency": wanted.currency,
             "amount": money.typed(wanted.left, wanted.currency)} if wanted else {}
    companies = {each.company_id: each.company for each in all_promises}
    form = forms.ReceiptForm(data={**given, "received_on": clock.today()})
    return form.offer(_offered(all_promises), companies.items()), bodies.fund(fund_id)[1]


@access(rules.TREASURER, fresh=True)
def receipt(fund_id: uuid.UUID) -> Any:
    """Typed, checked, posted: three faces of one address, so that nothing typed is ever lost between them."""
    form, name = _receipt_form(fund_id)
    step = request.form.get("step", "check") if request.method == "POST" else "edit"
    def again() -> Any:
        return page("fund/receipt.html", form=form, name=name, fund_id=fund_id)
    if step == "edit":
        return again()
    if step == "post":
        return answer(form, lambda **v: service.record(viewer.current(), fund_id=fund_id, **v),
                      then=lambda _done: url_for("fund.money", fund_id=fund_id), again=again)
    return _checked(form, again, fund_id, name)


def _checked(form: forms.ReceiptForm, again: Any, fund_id: uuid.UUID, name: str) -> Any:
    if not form.validate_on_submit():
        return again(), 422
    try:
        planned = service.plan(viewer.current(), fund_id=fund_id, **form.values)
    except Refusal as refusal:
        return refused(form, refusal, again)
    typed = [(f.name, f._value() if hasattr(f, "_value") and f.type != "BooleanField" else f.data or "") for f in form
             if f.type not in ("CSRFTokenField", "HiddenField")]
    return page("fund/receipt_check.html", form=form, name=name, typed=[(n, v) for n, v in typed if v],
                fund_id=fund_id, postings=showing.preview(each.posting for each in planned),
                facts=[(_("Reference on the bank statement"), form.bank_reference.data),
                       (_("It came on"), clock.day(form.received_on.data).text)])  # type: ignore[union-attr]


def _kept(receipt_id: uuid.UUID) -> Receipt:
    kept = reading.receipt(receipt_id)
    require(viewer.current().is_in("fund_treasury", kept.fund_id), NotThere())
    return kept


def _facts(kept: Receipt) -> list[tuple[Any, Any]]:
    day = clock.day(kept.received_on)
    return [(_("Amount"), money.shown(kept.amount, kept.currency)), (_("It came on"), day.text if day else ""),
            (_("Reference on the bank statement"), kept.bank_reference)]


def _left_for(kept: Receipt, kind: str) -> list[tuple[Any, Any]]:
    """What is available of the currency, where taking back an entry of this kind makes it less."""
    left = ledger.available(kept.fund_id, kept.currency) if kind in ("receipt", "matching") else None
    return [] if left is None else [(ledger_words.ACCOUNT_NAMES["available"], money.shown(left, kept.currency))]


def _step(form: Form, kept: Receipt, posting: Posting, verb: Any, *, opposite: bool = False, further: Any = tuple,
          **shown: Any) -> Any:
    """The facts of a receipt, the entry to be posted, one button."""
    back = url_for("fund.money", fund_id=kept.fund_id)
    def again() -> Any:
        return page("fund/money_step.html", form=form, back=back, over=_("Money"), facts=[*_facts(kept), *further()],
                    postings=showing.preview([posting], opposite=opposite), **shown)
    return again() if request.method == "GET" else answer(form, verb, then=lambda _done: back, again=again)


def _ensure_waits(kept: Receipt) -> None:
    if request.method == "GET" and kept.state != "unmatched":
        raise rules.NotUnmatched()


@access(rules.TREASURER, fresh=True)
def match_receipt(receipt_id: uuid.UUID) -> Any:
    kept = _kept(receipt_id)
    _ensure_waits(kept)
    fitting = reading.promises(Pledge.fund_id == kept.fund_id, Pledge.currency == kept.currency)
    offered = _offered(fitting, kept.company_id)
    return _step(forms.MatchForm().offer(offered), kept, service.matching(kept, None),
                 lambda **v: service.match(viewer.current(), receipt_id=receipt_id, **v), blocked=not offered,
                 title=_("Match to a promise"), label=_("Post this entry"), lead="" if offered else _(
                     "No promise in this currency has anything left. Ask a company to promise it, or send it back."))


@access(rules.TREASURER, fresh=True)
def send_receipt_back(receipt_id: uuid.UUID) -> Any:
    kept = _kept(receipt_id)
    _ensure_waits(kept)
    return _step(forms.WhyForm(), kept, service.sending_back(kept, ""),
                 lambda **v: service.send_back(viewer.current(), receipt_id=receipt_id, **v),
                 title=_("Send back"), label=_("Post this entry"),
                 lead=_("Do this when the bank has sent the money back to where it came from."))


@access(rules.TREASURER, fresh=True)
def take_receipt_back(receipt_id: uuid.UUID) -> Any:
    kept = _kept(receipt_id)
    last = service.last_entry(kept)
    if last is None:
        raise rules.NothingToTakeBack()
    posting = Posting(kept.fund_id, last.kind, kept.currency, kept.amount, "")
    return _step(forms.WhyForm(), kept, posting, lambda **v: service.take_back(
                     viewer.current(), receipt_id=receipt_id, entry_id=last.id, **v),
                 opposite=True, further=lambda: _left_for(kept, last.kind),
                 title=_("Take back: %(what)s", what=str(ledger_words.ENTRY_NAMES[last.kind])),
                 label=_("Post this entry"),
                 lead=_("For what was recorded wrongly. The wrong entry stays, and its exact opposite is posted."))

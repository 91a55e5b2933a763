"""Payments: what is due and under way, one payment with its hands, and the grantee's instalments."""

import uuid
from typing import Any

from flask import Blueprint, request, url_for

from polyphony.fund.bodies.models import Fund
from polyphony.fund.deciding.models import Grant
from polyphony.fund.paying import desk, providing, service, words
from polyphony.fund.paying.forms import PayeeForm, PlainForm, PrepareForm, StopForm
from polyphony.kernel import clock, money, viewer
from polyphony.kernel.access import Rule, access, signed_in, there
from polyphony.kernel.database import db
from polyphony.kernel.forms import Form, answer, tidy
from polyphony.kernel.leafing import begins
from polyphony.kernel.locale import lazy
from polyphony.kernel.pages import page
from polyphony.organisations.models import Organisation

__all__ = ["attach", "providing"]
MONEY = ("fund_admin", "fund_treasury", "fund_approve", "fund_release")
BOTH = ["GET", "POST"]
inside = Rule("people who handle the fund's money", lambda v: v.is_auditor or any(v.of(fact) for fact in MONEY),
              lazy("The treasurers, approvers, releasers and administrators of a fund see its payments."), hat="fund")
treasurer = Rule("treasurer of a fund", lambda v: bool(v.of("fund_treasury")),
                 lazy("A treasurer of the fund can do this."), hat="fund")


def attach(blueprint: Blueprint) -> None:
    """Put this part's pages on the fund's blueprint."""
    blueprint.add_url_rule("/fund/<uuid:fund_id>/payments", "payments", payments)
    blueprint.add_url_rule("/fund/instalments/<uuid:instalment_id>/prepare", "prepare", prepare, methods=BOTH)
    blueprint.add_url_rule("/fund/grants/<uuid:grant_id>/payee", "payee", payee, methods=BOTH)
    blueprint.add_url_rule("/fund/payments/<uuid:payment_id>", "payment", payment)
    blueprint.add_url_rule("/fund/payments/<uuid:payment_id>/<any(approve,release,confirm,return,stop):verb>",
                           "payment_step", payment_step, methods=BOTH)


def _called() -> dict[str, Any]:
    """How things are called and shown, for templates."""
    return {"words": words, "clock": clock, "shown": money.shown}


@access(inside)
def payments(fund_id: uuid.UUID) -> Any:
    there(db.session.get(Fund, fund_id))
    payee = (tidy(request.args.get("q")) or "")[:200]
    start = {name: begins(request.args, name) for name in ("moving", "due", "past")}
    return page("fund/payments.html", fund=db.session.get(Organisation, fund_id), q=payee, first_day=service.first_day,
                due=desk.due(fund_id, payee, start["due"]),
                moving=desk.payments(fund_id, moving=True, payee=payee, start=start["moving"]),
                past=desk.payments(fund_id, moving=False, payee=payee, start=start["past"]),
                may_prepare=viewer.current().is_in("fund_treasury", fund_id), **_called())


@access(treasurer, fresh=True)
def prepare(instalment_id: uuid.UUID) -> Any:
    line, by = desk.instalment(instalment_id), viewer.current()
    form = PrepareForm() if line.instalment.condition else PlainForm()

    def show() -> Any:
        first = service.first_day(line.instalment)
        return page("fund/payment_prepare.html", line=line, form=form, first=first, early=first > clock.today(),
                    **_called())

    if request.method == "GET":
        return show()
    return answer(form, lambda **v: service.prepare(by, instalment_id=instalment_id, **v),
                  then=lambda id: url_for("fund.payment", payment_id=id), again=show)


@access(signed_in, fresh=True)
def payee(grant_id: uuid.UUID) -> Any:
    grant, by = there(db.session.get(Grant, grant_id)), viewer.current()
    form = PayeeForm(data={"payee_reference": service.payee(by, grant_id).payee_reference})

    def show() -> Any:
        return page("fund/payee.html", grant=grant, form=form)

    if request.method == "GET":
        return show()
    return answer(form, lambda **v: service.name_payee(by, grant_id=grant_id, **v),
                  then=lambda done: url_for("fund.grant", grant_id=grant_id), again=show)


def _shown(payment_id: uuid.UUID, refused: Form | None = None, verb: str = "") -> Any:
    sheet = desk.sheet(viewer.current(), payment_id)
    return page("fund/payment.html", sheet=sheet, refused=refused, tried=verb, **_called(),
                step_form=PlainForm(formdata=None),
                stop_form=refused if refused and verb in ("stop", "return") else StopForm(formdata=None))


@access(inside, fresh=True)
def payment(payment_id: uuid.UUID) -> Any:
    return _shown(payment_id)


@access(inside, fresh=True)
def payment_step(payment_id: uuid.UUID, verb: str) -> Any:
    if request.method == "GET":
        return _shown(payment_id)
    form: Form = StopForm() if verb in ("stop", "return") else PlainForm()
    return answer(form, lambda **v: service.take(viewer.current(), payment_id=payment_id, verb=verb, **v),
                  then=lambda done: url_for("fund.payment", payment_id=payment_id),
                  again=lambda: _shown(payment_id, form, verb))

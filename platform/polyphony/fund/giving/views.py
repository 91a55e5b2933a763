"""Pages of money promised, for companies; the treasurer's are in `views_money`."""

import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, request, url_for

from polyphony.fund.bodies import service as bodies
from polyphony.fund.giving import forms, reading, rules, service, views_money, words
from polyphony.kernel import clock, money, viewer
from polyphony.kernel.access import access, require
from polyphony.kernel.forms import Form, answer
from polyphony.kernel.locale import _
from polyphony.kernel.pages import page
from polyphony.kernel.refusals import NotThere
from polyphony.kernel.viewer import Viewer
from polyphony.organisations import service as organisations

BOTH = ("GET", "POST")


def attach(blueprint: Blueprint) -> None:
    """Put this part's pages on the fund's blueprint."""
    add = blueprint.add_url_rule
    add("/fund/promises", view_func=promises)
    add("/fund/promises/new", view_func=promise, methods=BOTH)
    add("/fund/promises/<uuid:pledge_id>/raise", view_func=raise_promise, methods=BOTH)
    add("/fund/promises/<uuid:pledge_id>/withdrawal", view_func=withdraw_promise, methods=BOTH)
    views_money.attach(blueprint)


def _mine(by: Viewer) -> list[tuple[uuid.UUID, str]]:
    """The companies for which this viewer may promise, by name."""
    ids = by.of("leading") | by.of("deciding")
    return sorted(((id, organisations.one(id).name) for id in ids), key=lambda each: each[1])


@access(rules.GIVER)
def promises() -> Any:
    by = viewer.current()
    mine, apart = reading.of_companies(by.of("companies"))
    funds = bodies.funds()
    return page("fund/promises.html", promises=mine, apart=apart,
                funds=[(id, name, reading.pooled(id)) for id, name in funds], may=by.of("leading") | by.of("deciding"),
                day=clock.day, money=money, states=words.PROMISE_STATES, marks=words.MARKS,
                receipt_states=words.RECEIPT_STATES)


def step(form: Form, verb: Callable[..., Any], **shown: Any) -> Any:
    """A page with one form that leads back to where it came from."""
    def again() -> Any:
        return page("fund/money_step.html", form=form, **shown)
    if request.method == "GET":
        return again()
    return answer(form, verb, then=lambda _done: shown["back"], again=again)


@access(rules.GIVER, fresh=True)
def promise() -> Any:
    by = viewer.current()
    mine = _mine(by)
    require(bool(mine), rules.NotPromising())
    return step(forms.PromiseForm().offer(bodies.funds(), mine), lambda **v: service.promise(by, **v),
                title=_("Promise money"), over=_("Your company’s promises"), label=_("Promise this"),
                back=url_for("fund.promises"),
                lead=_("The money goes into one pool. It buys no say: an independent committee decides who gets it."))


def _own(pledge_id: uuid.UUID) -> reading.Promise:
    by, kept = viewer.current(), reading.promise(pledge_id)
    require(by.is_in("companies", kept.company_id), NotThere())
    require(by.is_in("leading", kept.company_id) or by.is_in("deciding", kept.company_id), rules.NotPromising())
    return kept


def _facts(kept: reading.Promise) -> list[tuple[str, str]]:
    return [(_("Promised"), money.shown(kept.promised, kept.currency)),
            (_("Has come"), money.shown(kept.received, kept.currency)),
            (_("Still to come"), money.shown(kept.left, kept.currency))]


@access(rules.GIVER, fresh=True)
def raise_promise(pledge_id: uuid.UUID) -> Any:
    kept, form = _own(pledge_id), forms.RaiseForm()
    form.known_currency = kept.currency
    return step(form, lambda **v: service.raise_promise(viewer.current(), pledge_id=pledge_id, **v),
                title=_("Promise more"), over=kept.fund, label=_("Promise this much more"), facts=_facts(kept),
                back=url_for("fund.promises"),
                lead=_("The amount you write is added to this promise, in %(currency)s.", currency=kept.currency))


@access(rules.GIVER, fresh=True)
def withdraw_promise(pledge_id: uuid.UUID) -> Any:
    kept, form = _own(pledge_id), forms.WithdrawForm()
    form.known_currency = kept.currency
    return step(form, lambda **v: service.withdraw(viewer.current(), pledge_id=pledge_id, **v), facts=_facts(kept),
                title=_("Withdraw what has not come"), over=kept.fund, label=_("Withdraw it"),
                back=url_for("fund.promises"), blocked=not kept.left and request.method == "GET",
                lead=_("Only what has not come can be withdrawn. The withdrawal stays on record, with your words."))

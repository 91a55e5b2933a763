"""The committee's table, a case with its votes, the decision, the letter, an instalment cancelled."""

import uuid
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, redirect, request, url_for

from polyphony.fund.calls.models import Call
from polyphony.fund.deciding import forms, reading, rules, service, words
from polyphony.fund.deciding import table as on_table
from polyphony.fund.deciding.models import Decision, Vote
from polyphony.fund.ledger import service as ledger
from polyphony.fund.reviewing.rules import administrator
from polyphony.kernel import clock, money, viewer
from polyphony.kernel.access import access, signed_in
from polyphony.kernel.database import db
from polyphony.kernel.forms import answer
from polyphony.kernel.leafing import begins, sought
from polyphony.kernel.locale import _, language, name_of
from polyphony.kernel.pages import page
from polyphony.kernel.providers import Waits, provide
from polyphony.languages.service import reader_first

BOTH = ["GET", "POST"]


@access(rules.committee)
def committee(call_id: uuid.UUID):  # type: ignore[no-untyped-def]
    by, asked = viewer.current(), sought(request.args, states=words.SHOWN)
    here = partial(url_for, "fund.committee", call_id=call_id, **asked.asked)
    table = on_table.table(by, call_id, asked, here)
    return page("fund/committee.html", table=table, sought=asked, words=words,
                reviews=begins(request.args, "reviews") if "reviews" in request.args else None,
                is_admin=by.is_in("fund_admin", table.call.fund_id))


@access(rules.committee)
def next_case(call_id: uuid.UUID):  # type: ignore[no-untyped-def]
    found = on_table.next_case(viewer.current(), call_id)
    return redirect(url_for("fund.case", application_id=found) if found else url_for("fund.committee", call_id=call_id),
                    303)


def _case(id: uuid.UUID, form: Any = None) -> Any:
    by = viewer.current()
    found = reading.case(by, id)
    form = form or forms.VoteForm(data={"revision": str(found.paper.application.revision)})
    return page("fund/committee_case.html", case=found, form=form, clock=clock, words=words,
                is_admin=by.is_in("fund_admin", found.paper.application.fund_id), own=_own(found))


def _own(found: reading.Case) -> Any:
    """The viewer's own vote, if she has given one."""
    return next((said for said in found.votes if said.is_mine), None)


@access(rules.committee)
def case(application_id: uuid.UUID):  # type: ignore[no-untyped-def]
    return _case(application_id)


@access(rules.committee)
def vote(application_id: uuid.UUID):  # type: ignore[no-untyped-def]
    form = forms.VoteForm()
    return answer(form, lambda **v: service.vote(viewer.current(), application_id=application_id, **v),
                  then=lambda id: url_for("fund.case", application_id=id), again=lambda: _case(application_id, form))


@access(administrator, fresh=True)
def decide(application_id: uuid.UUID):  # type: ignore[no-untyped-def]
    by = viewer.current()
    found = service.standing(by, application_id)
    form = forms.decision_form(found.call.currency, data=_proposed(found.application, found.call))

    def show() -> Any:
        return _deciding(found.application, found.call, form)

    if request.method == "GET":
        return show()
    return answer(form, lambda **v: service.decide(by, case=found, ruling=form.ruling()),
                  then=lambda id: url_for("fund.case", application_id=id), again=show)


def _deciding(application: Any, call: Call, form: forms.DecisionForm) -> Any:
    count = service.tallies([application.id]).get(application.id)
    return page("fund/decision.html", application=application, call=call, form=form, tally=count,
                available=money.shown(ledger.available(application.fund_id, call.currency), call.currency),
                left=money.shown(call.envelope - service.awarded_in(call.id), call.currency),
                requested=money.shown(application.requested, call.currency),
                tongue=name_of(application.lang))


def _proposed(application: Any, call: Call) -> dict[str, Any]:
    """What the form offers at first: all that was asked, half now and half in half a year."""
    first = application.requested - application.requested // 2
    proposed = {"amount": money.typed(application.requested, call.currency), "revision": str(application.revision),
                "lang": application.lang, "part_1": money.typed(first, call.currency), "due_1": clock.in_days(14)}
    if application.requested > 1:
        rest = application.requested - first
        proposed |= {"part_2": money.typed(rest, call.currency), "due_2": clock.in_days(182)}
    return proposed


@access(signed_in)
def letter(application_id: uuid.UUID):  # type: ignore[no-untyped-def]
    return page("fund/letter.html", letter=reading.letter(viewer.current(), application_id), words=words, clock=clock)


@access(administrator, fresh=True)
def cancel_instalment(instalment_id: uuid.UUID):  # type: ignore[no-untyped-def]
    by, form = viewer.current(), forms.CancelForm()
    part, held = service.instalment_of(by, instalment_id)

    def show() -> Any:
        return page("fund/grant_cancel.html", form=form, part=part, grant=held, clock=clock,
                    amount=money.shown(part.amount, held.currency))

    if request.method == "GET":
        return show()
    return answer(form, lambda **v: service.cancel(by, instalment_id=instalment_id, **v),
                  then=lambda id: url_for("fund.grant", grant_id=id), again=show)


@provide("waits")
def waits(by: viewer.Viewer) -> list[Waits]:
    """The calls in which cases are ready and this member has not voted, or the administrator not recorded (one
    statement, for those who decide)."""
    from polyphony.fund.applying.models import AWAITED, Application

    ready = list(by.of("decidable"))
    if not ready:
        return []
    mine = sa.exists().where(Vote.application_id == Application.id, Vote.person_id == by.person,
                             Vote.application_revision == Application.revision)
    decided = sa.exists().where(Decision.application_id == Application.id)
    seats, desks = list(by.of("fund_committee")), list(by.of("fund_admin"))
    wanted = sa.or_(sa.and_(Application.fund_id.in_(seats), ~mine), Application.fund_id.in_(desks))
    title = reader_first(Call.id, "title", Call.title, Call.source_lang, language())
    rows = db.session.execute(sa.select(Call.id, title).join(Application, Application.call_id == Call.id).where(
        Application.id.in_(ready), Application.state == "submitted", wanted, ~decided,
        ~sa.exists().where(AWAITED)).distinct().order_by(Call.id))
    return [Waits(_("Decide on applications: %(title)s", title=title), url_for("fund.committee", call_id=id))
            for id, title in rows]


ROUTES = (
    ("/fund/calls/<uuid:call_id>/committee", committee, ["GET"]),
    ("/fund/calls/<uuid:call_id>/committee/next", next_case, ["GET"]),
    ("/fund/cases/<uuid:application_id>", case, ["GET"]),
    ("/fund/cases/<uuid:application_id>/vote", vote, ["POST"]),
    ("/fund/cases/<uuid:application_id>/decide", decide, BOTH),
    ("/fund/applications/<uuid:application_id>/letter", letter, ["GET"]),
    ("/fund/instalments/<uuid:instalment_id>/cancel", cancel_instalment, BOTH),
)


def attach(blueprint: Blueprint) -> None:
    """Put this part's pages on the fund's blueprint."""
    for path, view, methods in ROUTES:
        blueprint.add_url_rule(path, view.__name__, view, methods=methods)

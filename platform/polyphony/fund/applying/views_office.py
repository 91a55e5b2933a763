"""The fund administrator's pages about applications: the list of a call, and asking for a correction."""

import uuid
from functools import partial
from typing import Any

from flask import Blueprint, current_app, request, url_for

from polyphony.fund.applying import office, rules, service, words
from polyphony.fund.applying.forms import CorrectionForm
from polyphony.fund.calls import service as calls
from polyphony.fund.calls import showing
from polyphony.fund.calls.views import administrator
from polyphony.kernel import clock, money, viewer
from polyphony.kernel.access import access, require
from polyphony.kernel.forms import Form, answer
from polyphony.kernel.leafing import sought
from polyphony.kernel.locale import language, name_of
from polyphony.kernel.pages import page
from polyphony.languages.service import translations_for, written


def attach(blueprint: Blueprint) -> None:
    """Put these pages on the fund's blueprint."""
    correction = "/fund/applications/<uuid:application_id>/correction"
    blueprint.get("/fund/calls/<uuid:call_id>/applications", endpoint="applications")(access(administrator)(index))
    blueprint.get(correction, endpoint="correction")(access(administrator)(show))
    blueprint.post(correction, endpoint="take_correction")(access(administrator)(ask))
    blueprint.post(f"{correction}/none", endpoint="no_correction")(access(administrator)(go_on))


def index(call_id: uuid.UUID):  # type: ignore[no-untyped-def]
    call = calls.find(call_id)
    require(viewer.current().is_in("fund_admin", call.fund_id), rules.NotForYou())
    asked = sought(request.args, states=words.SHOWN, orders=words.ORDERS)
    here = partial(url_for, "fund.applications", call_id=call_id, **asked.asked)
    found, leaf = office.applications(call_id, asked, here)
    tr = translations_for([call_id, *(x.title.id for x in found if x.title)], language())
    return page("fund/applications.html", fragment="list", c=call, title=showing.say(call, "title", tr), leaf=leaf,
                lines=[_line(x, call, tr) for x in found], sought=asked, words=words)


def _line(line: office.Line, call: Any, tr: Any) -> dict[str, Any]:
    """One row of the list, with what the administrator can do."""
    id, title = line.application.id, line.title
    has_case = "fund.case" in current_app.view_functions
    return {
        "a": line.application, "organisation": line.organisation, "locked": line.locked, "asked": line.asked,
        "title": written(title.words, title.lang, title.id, "words", tr, language()) if title else None,
        "requested": money.shown(line.application.requested, call.currency), "is_correcting": line.is_correcting,
        "case": url_for("fund.case", application_id=id) if has_case else None,
        "correction": url_for("fund.correction", application_id=id) if line.application.state == "submitted"
        and not rules.is_open(call, clock.now()) else None}


def show(application_id: uuid.UUID):  # type: ignore[no-untyped-def]
    return _show(application_id)


def ask(application_id: uuid.UUID):  # type: ignore[no-untyped-def]
    form, call = CorrectionForm(), service.load(application_id).call
    return answer(form, lambda **v: service.ask_correction(viewer.current(), id=application_id, **v),
                  then=lambda r: url_for("fund.applications", call_id=call.id),
                  again=lambda: _show(application_id, form))


def go_on(application_id: uuid.UUID):  # type: ignore[no-untyped-def]
    form = Form()
    return answer(form, lambda: service.go_on(viewer.current(), id=application_id),
                  then=lambda r: url_for("fund.case", application_id=application_id),
                  again=lambda: _show(application_id, form))


def _show(application_id: uuid.UUID, form: Any = None) -> Any:
    whole = service.load(application_id)
    require(viewer.current().is_in("fund_admin", whole.application.fund_id), rules.NotForYou())
    own = whole.application.lang
    asking = form if isinstance(form, CorrectionForm) else CorrectionForm(formdata=None, data={"lang": own})
    return page("fund/application_correction.html", form=form or asking, c=whole.call, whole=whole,
                asking=asking, tongue=name_of(own))

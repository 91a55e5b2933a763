"""Who facilitates, and who co-owns: declining, taking an invitation back, handing over to another body."""

import uuid

from flask import Blueprint, url_for

from polyphony.consultations import companies, facilitation, rules, service, showing, words
from polyphony.consultations.forms import AskForm, CallForm, DeclineForm
from polyphony.kernel import clock, locale, viewer
from polyphony.kernel.access import access, company, facilitator, require, signed_in
from polyphony.kernel.forms import Form, answer
from polyphony.kernel.pages import page
from polyphony.languages.service import translations_for

HERE = "/consultations/<uuid:id>"


def attach(blueprint: Blueprint) -> None:
    """Put these views onto the room's blueprint."""
    for path, name, rule, take, proven in (
        ("/companies/<uuid:organisation>/withdrawal", "take_back", company, take_back, False),
        ("/facilitator", "take_succession", company, ask, False),
        ("/facilitator/agreement", "agree", company, agree, True),
        ("/facilitator/reply", "answer_call", facilitator, answer_call, False),
        ("/facilitator/departure", "step_back", facilitator, step_back, True),
    ):
        blueprint.post(HERE + path, endpoint=name)(access(rule, fresh=proven)(take))
    blueprint.get(HERE + "/facilitator", endpoint="succession")(access(signed_in)(succession))


def take_back(id: uuid.UUID, organisation: uuid.UUID):  # type: ignore[no-untyped-def]
    from polyphony.consultations.views_prepare import show_conveners

    form = Form()
    return answer(form, lambda: companies.take_back(viewer.current(), id=id, organisation=organisation),
                  then=lambda r: url_for("consultations.conveners", id=id),
                  again=lambda: show_conveners(id, removing=form))


def succession(id: uuid.UUID):  # type: ignore[no-untyped-def]
    return _succession(id)


def ask(id: uuid.UUID):  # type: ignore[no-untyped-def]
    form = _bodies(AskForm())
    return answer(form, lambda organisation: facilitation.ask_another(
        viewer.current(), id=id, organisation=organisation),
                  then=lambda r: url_for("consultations.succession", id=id), again=lambda: _succession(id, asking=form))


def agree(id: uuid.UUID):  # type: ignore[no-untyped-def]
    form = Form()
    return answer(form, lambda: facilitation.agree(viewer.current(), id=id),
                  then=lambda r: url_for("consultations.succession", id=id),
                  again=lambda: _succession(id, agreeing=form))


def answer_call(id: uuid.UUID):  # type: ignore[no-untyped-def]
    form = CallForm()
    return answer(form, lambda **v: facilitation.answer_call(viewer.current(), id=id, **v),
                  then=lambda done: url_for("consultations.succession", id=id) if form.says.data == "accepted"
                  else url_for("consultations.index"), again=lambda: _succession(id, replying=form))


def step_back(id: uuid.UUID):  # type: ignore[no-untyped-def]
    form = DeclineForm()
    return answer(form, lambda words: facilitation.decline(viewer.current(), id=id, words=words),
                  then=lambda r: url_for("consultations.succession", id=id),
                  again=lambda: _succession(id, stepping=form))


def _bodies(form: AskForm, without: frozenset[uuid.UUID | None] = frozenset()) -> AskForm:
    form.organisation.choices = [(o.id, o.name) for o in service.organisations("facilitation") if o.id not in without]
    return form


def _succession(id, asking=None, agreeing=None, replying=None, stepping=None):  # type: ignore[no-untyped-def]
    (kept, gone), by = facilitation.find_and_ask(id), viewer.current()
    require(by.is_in("convened", id) or by.is_in("facilitated", id) or by.is_in("called", id), rules.NotLeading())
    rows, owners = facilitation.said_on(id), service.conveners_of(id)
    call = facilitation.call_in(rows)
    tr = translations_for([id, *(r.id for r in rows if r.words)], locale.language())
    mine = next((c for c in owners if c.state == "accepted" and by.is_in("leading", c.company_id)), None)
    companies_called = {c.company_id: c.company.name for c in owners}
    taken = frozenset({kept.facilitator_id, call.body.id if call and call.said in ("", "accepted") else None})
    is_open = call is not None and call.said in ("", "accepted")
    return page(
        "consultations/facilitator.html", fragment="facilitator", c=kept, title=showing.say(kept, "title", tr),
        rows=[(r, showing.said(r, tr)) for r in rows],
        told=lambda row: showing.about_facilitating(row, companies_called),
        call=call if is_open else None, gone=gone, mine=mine,
        open_owners=[c.company.name for c in owners
                     if c.state == "accepted" and call and c.company_id not in call.agreed],
        called=call is not None and is_open and by.is_in("facilitating", call.body.id) and not call.said,
        facilitates=by.is_in("facilitated", id),
        asking=asking or (_bodies(AskForm(), taken) if gone and mine else AskForm()),
        agreeing=agreeing or Form(), replying=replying or CallForm(), stepping=stepping or DeclineForm(), words=words,
        day=clock.day)

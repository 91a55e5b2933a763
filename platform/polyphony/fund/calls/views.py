"""Finding and reading calls; preparing, announcing, taking back and finishing them."""

import uuid
from typing import Any

from flask import Blueprint, url_for

from polyphony.fund.calls import rules, service, showing, words
from polyphony.fund.calls.forms import CallForm, CriteriaForm, QuestionsForm
from polyphony.kernel import clock, locale, money, providers, viewer
from polyphony.kernel.access import Rule, access, anyone, require
from polyphony.kernel.compared import differences
from polyphony.kernel.forms import ChangedMeanwhile, Form, answer
from polyphony.kernel.locale import language, lazy, listing, name_of
from polyphony.kernel.pages import page
from polyphony.languages.service import translations_for

administrator = Rule("fund administrator", lambda v: bool(v.of("fund_admin")),
                     lazy("An administrator of the fund can do this."), hat="fund")
HERE = "/fund/calls/<uuid:call_id>"


def attach(blueprint: Blueprint) -> None:
    """Put this part's pages on the fund's blueprint."""
    blueprint.get("/fund/calls", endpoint="calls")(index)
    blueprint.get(HERE, endpoint="call")(show)
    for path, name, read, take in (
        ("/fund/calls/new", "new_call", create, begin), (f"{HERE}/edit", "edit_call", edit, save),
        (f"{HERE}/criteria", "criteria", criteria, keep_criteria),
        (f"{HERE}/questions", "questions", questions, keep_questions),
        (f"{HERE}/preparation", "prepare_call", prepare, schedule),
    ):
        blueprint.get(path, endpoint=name)(access(administrator)(read))
        blueprint.post(path, endpoint=f"take_{name}")(access(administrator)(take))
    blueprint.post(f"{HERE}/return", endpoint="take_back_call")(access(administrator)(take_back))
    blueprint.post(f"{HERE}/finish", endpoint="finish_call")(access(administrator, fresh=True)(finish))


@access(anyone)
def index():  # type: ignore[no-untyped-def]
    by, now = viewer.current(), clock.now()
    found = service.listed(by)
    applied = {id for ids in providers.ask("applied_to", by) for id in ids}
    tr, names = translations_for([c.id for c in found], language()), showing.fund_names([c.fund_id for c in found])
    lines = [{"call": c, "title": showing.say(c, "title", tr), "fund": names.get(c.fund_id, ""),
              "state": rules.standing(c, now), "due": showing.due(by, c),
              "sum": money.shown(c.envelope, c.currency), "applied": c.id in applied,
              "opens": showing.moment(by, c, c.opens_at)} for c in found]
    return page("fund/calls.html", fragment="list", lines=lines, words=words, may=bool(by.of("fund_admin")))


@access(anyone)
def show(call_id: uuid.UUID):  # type: ignore[no-untyped-def]
    by = viewer.current()
    kept, fund = service.find_named(call_id)
    criteria, questions = service.asked_of(call_id)
    tr = translations_for([call_id, *(c.id for c in criteria), *(q.id for q in questions)], language())
    state = rules.standing(kept, clock.now())
    own = next(filter(None, providers.ask("own_application", by, call_id)), None)
    return page(
        "fund/call.html", c=kept, state=state, words=words, say=lambda field: showing.say(kept, field, tr),
        said=lambda row, field: showing.said(row, field, kept, tr), criteria=criteria, questions=questions,
        stages=showing.stages(by, kept, service.steps_of(call_id)), due=showing.due(by, kept),
        opens=showing.moment(by, kept, kept.opens_at), amounts=showing.amounts(kept), own=own,
        tongues=listing([name_of(x) for x in kept.languages]), fund=fund,
        may=by.is_in("fund_admin", kept.fund_id), translates=by.is_in("fund_translate", kept.fund_id))


def create():  # type: ignore[no-untyped-def]
    return _terms(CallForm(data={"source_lang": language(), "languages": [language()],
                                 "time_zone": viewer.current().time_zone or "UTC"}))


def begin():  # type: ignore[no-untyped-def]
    form = _offered(CallForm())
    return answer(form, lambda **v: service.create(viewer.current(), **v),
                  then=lambda kept: url_for("fund.criteria", call_id=kept.id), again=lambda: _terms(form))


def edit(call_id: uuid.UUID):  # type: ignore[no-untyped-def]
    kept = _draft(call_id)
    return _terms(_as_kept(kept), kept)


def _as_kept(kept: Any) -> CallForm:
    """The form with the call as it stands, whatever was sent."""
    data = {name: getattr(kept, name) for name in (*service.PLAIN, "revision")}
    data |= {name: money.typed(getattr(kept, name), kept.currency) for name in ("envelope", "smallest", "largest")}
    for name in ("opens_at", "closes_at"):
        data[name] = data[name].astimezone(clock.zone(kept.time_zone)) if data[name] else None
    return CallForm(formdata=None, data=data)


def save(call_id: uuid.UUID):  # type: ignore[no-untyped-def]
    kept = _mine(call_id)
    form = _offered(CallForm())
    return answer(form, lambda **v: service.edit(viewer.current(), id=call_id, **v),
                  then=lambda r: url_for("fund.prepare_call", call_id=call_id), again=lambda: _terms(form, kept))


def _mine(call_id: uuid.UUID) -> Any:
    kept = service.find(call_id)
    require(viewer.current().is_in("fund_admin", kept.fund_id), rules.NotAdministrator())
    return kept


def _draft(call_id: uuid.UUID) -> Any:
    kept = _mine(call_id)
    rules.ensure_draft(kept)
    return kept


def _offered(form: CallForm) -> CallForm:
    names = showing.fund_names(list(viewer.current().of("fund_admin")))
    return form.offer(sorted(names.items(), key=lambda item: item[1]))


def _terms(form: CallForm, kept: Any = None) -> Any:
    form, present = _offered(form), []
    if kept and isinstance(form.refusal, ChangedMeanwhile):
        form.revision.data = kept.revision
        present = differences(_offered(_as_kept(kept)), form, without=("fund",))
    return page("fund/call_terms.html", form=form, kept=kept, present=present)


def criteria(call_id: uuid.UUID):  # type: ignore[no-untyped-def]
    kept = _draft(call_id)
    rows = [{"id": c.id, "name": c.name, "words": c.words, "weight": c.weight} for c in service.criteria_of(call_id)]
    return _rows(kept, CriteriaForm(data={"rows": rows}), "fund.criteria")


def keep_criteria(call_id: uuid.UUID):  # type: ignore[no-untyped-def]
    kept, form = _mine(call_id), CriteriaForm()
    return answer(form, lambda rows: service.set_criteria(viewer.current(), id=call_id, rows=rows),
                  then=lambda r: url_for("fund.prepare_call", call_id=call_id),
                  again=lambda: _rows(kept, form, "fund.criteria"))


def questions(call_id: uuid.UUID):  # type: ignore[no-untyped-def]
    kept = _draft(call_id)
    rows = [{"id": q.id, "question": q.question, "otherwise": q.otherwise, "must_be": "yes" if q.must_be else "no"}
            for q in service.questions_of(call_id)]
    return _rows(kept, QuestionsForm(data={"rows": rows}), "fund.questions")


def keep_questions(call_id: uuid.UUID):  # type: ignore[no-untyped-def]
    kept, form = _mine(call_id), QuestionsForm()
    return answer(form, lambda rows: service.set_questions(viewer.current(), id=call_id, rows=rows),
                  then=lambda r: url_for("fund.prepare_call", call_id=call_id),
                  again=lambda: _rows(kept, form, "fund.questions"))


def _rows(kept: Any, form: Any, here: str) -> Any:
    """The rows there are, and two empty ones as long as they fit."""
    texts = ("name", "question", "id", "words", "otherwise")
    filled = sum(1 for row in form.rows if any(row.data.get(name) for name in texts))
    while len(form.rows) < min(max(filled + 2, 3), form.rows.max_entries):
        form.rows.append_entry()
    return page("fund/call_rows.html", c=kept, form=form, here=here,
                whole=sum(row.data.get("weight") or 0 for row in form.rows) if here == "fund.criteria" else None)


def prepare(call_id: uuid.UUID):  # type: ignore[no-untyped-def]
    return _prepare(call_id, Form())


def schedule(call_id: uuid.UUID):  # type: ignore[no-untyped-def]
    return _step(call_id, service.schedule)


def take_back(call_id: uuid.UUID):  # type: ignore[no-untyped-def]
    return _step(call_id, service.take_back)


def finish(call_id: uuid.UUID):  # type: ignore[no-untyped-def]
    return _step(call_id, service.finish)


def _step(call_id: uuid.UUID, verb: Any) -> Any:
    form = Form()
    return answer(form, lambda: verb(viewer.current(), id=call_id),
                  then=lambda r: url_for("fund.prepare_call", call_id=call_id), again=lambda: _prepare(call_id, form))


def _prepare(call_id: uuid.UUID, form: Any) -> Any:
    kept = _mine(call_id)
    by, tr = viewer.current(), translations_for([call_id], language())
    missing = service.missing(kept) if kept.state == "draft" else []
    return page("fund/call_prepare.html", c=kept, form=form, title=showing.say(kept, "title", tr), words=words,
                state=rules.standing(kept, clock.now()), missing=[showing.mended_at(x, kept) for x in missing],
                due=showing.due(by, kept), opens=showing.moment(by, kept, kept.opens_at),
                can_take_back=showing.can_take_back(kept),
                tongues=listing([locale.name_of(x) for x in kept.languages]))

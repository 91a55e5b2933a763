"""Applying: the questions before, the task list, its steps, checking and sending."""

import uuid
from typing import Any

from flask import Blueprint, current_app, redirect, request, url_for

from polyphony.fund.applying import rules, service, views_office, words
from polyphony.fund.applying.forms import CheckForm, added, apply_form, step_form, with_empty_rows
from polyphony.fund.applying.models import STEPS
from polyphony.fund.calls import service as calls
from polyphony.fund.calls import showing
from polyphony.kernel import clock, money, viewer
from polyphony.kernel.access import Rule, access, there
from polyphony.kernel.forms import ChangedMeanwhile, Form, answer
from polyphony.kernel.locale import _, direction, language, lazy, name_of
from polyphony.kernel.pages import page
from polyphony.languages.service import translations_for
from polyphony.organisations.names import country
from polyphony.uploads import receiving
from polyphony.uploads import showing as showing_files
from polyphony.uploads.forms import FilesForm, to_remove

applicant = Rule("speaks for a stakeholder organisation", lambda v: bool(v.of("speaking")),
                 lazy("A member who speaks for a stakeholder organisation can do this."))
HERE = "/fund/applications/<uuid:application_id>"


def attach(blueprint: Blueprint) -> None:
    """Put this part's pages on the fund's blueprint."""
    for path, name, read, take in (
        ("/fund/calls/<uuid:call_id>/apply", "apply", apply, begin),
        (f"{HERE}/<any(project,plan,budget,safety):step>", "application_step", show_step, keep_step),
        (f"{HERE}/check", "application_check", check, send),
    ):
        blueprint.get(path, endpoint=name)(access(applicant)(read))
        blueprint.post(path, endpoint=f"take_{name}")(access(applicant)(take))
    blueprint.post(f"{HERE}/budget/sum", endpoint="add_up")(access(applicant)(add_up))
    receiving.takes_files(keep_files)
    blueprint.get(HERE, endpoint="application")(access(applicant)(show))
    blueprint.post(f"{HERE}/files", endpoint="take_application_files")(access(applicant)(keep_files))
    blueprint.post(f"{HERE}/withdrawal", endpoint="withdraw_application")(access(applicant, fresh=True)(withdraw))
    views_office.attach(blueprint)


def apply(call_id: uuid.UUID):  # type: ignore[no-untyped-def]
    by = viewer.current()
    own = service.own(by, call_id)
    if own and len(by.of("speaking")) == 1:
        return redirect(url_for("fund.application", application_id=own[0].id), 303)
    call = calls.find(call_id)
    return _apply(call, *_apply_form(call))


def begin(call_id: uuid.UUID):  # type: ignore[no-untyped-def]
    call = calls.find(call_id)
    form, tr = _apply_form(call)
    return answer(form, lambda **v: service.begin(viewer.current(), call_id=call_id, **v),
                  then=lambda id: url_for("fund.application", application_id=id), again=lambda: _apply(call, form, tr))


def _apply_form(call: Any) -> tuple[Any, Any]:
    """The questions before applying, and every translation that their page needs."""
    questions = calls.questions_of(call.id)
    tr = translations_for([call.id, *(q.id for q in questions)], language())
    said = [(q.id, showing.said(q, "question", call, tr).text, q.must_be, showing.said(q, "otherwise", call, tr).text)
            for q in questions]
    return apply_form(said, service.organisations(viewer.current())), tr


def _apply(call: Any, form: Any, tr: Any) -> Any:
    by = viewer.current()
    later = call.opens_at if call.opens_at and call.opens_at > clock.now() else None
    return page("fund/apply.html", c=call, form=form, title=showing.say(call, "title", tr),
                due=showing.due(by, call), is_open=rules.is_open(call, clock.now()),
                opens=showing.moment(by, call, later))


def show(application_id: uuid.UUID):  # type: ignore[no-untyped-def]
    return _show(application_id, Form())


def _show(application_id: uuid.UUID, form: Any) -> Any:
    whole = service.of_mine(viewer.current(), application_id)
    lacking = rules.missing(whole)
    steps = [(name, words.STEPS[name], rules.step_state(whole, name), [said for step, said in lacking if step == name],
              url_for("fund.application_check", application_id=application_id) if name == "check"
              else url_for("fund.application_step", application_id=application_id, step=name)) for name in STEPS]
    has_letter = whole.application.state == "decided" and "fund.letter" in current_app.view_functions
    return page("fund/application.html", form=form, steps=steps, has_letter=has_letter, **_about(whole),
                taking=FilesForm(formdata=None), files=whole.files, **showing_files.told())


def _about(whole: rules.Whole) -> dict[str, Any]:
    """What every page of an application says of it."""
    by, call, now = viewer.current(), whole.call, clock.now()
    return {
        "a": whole.application, "c": call, "whole": whole, "words": words, "due": showing.due(by, call),
        "title": showing.say(call, "title", translations_for([call.id], language())),
        "is_open": rules.is_open(call, now), "can_change": rules.can_change(whole, now), "money": money,
        "writes": {"code": whole.application.lang, "name": name_of(whole.application.lang),
                   "direction": direction(whole.application.lang)}}


def keep_files(application_id: uuid.UUID):  # type: ignore[no-untyped-def]
    there(application_id if viewer.current().is_in("applied", application_id) else None)
    received, by, form = receiving.take(), viewer.current(), FilesForm()
    return answer(form, lambda files: service.keep_files(by, id=application_id, received=received, gone=to_remove()),
                  then=lambda refused: url_for("fund.application", application_id=application_id, refused=refused,
                                               _anchor="refused-files" if refused else "files-part"),
                  again=lambda: _show(application_id, form))


def show_step(application_id: uuid.UUID, step: str):  # type: ignore[no-untyped-def]
    whole = service.of_mine(viewer.current(), application_id)
    return _step(whole, step, step_form(step, whole, fresh=True))


def keep_step(application_id: uuid.UUID, step: str):  # type: ignore[no-untyped-def]
    by = viewer.current()
    whole = service.of_mine(by, application_id, locked=True)
    form = step_form(step, whole)
    return answer(form, lambda **v: service.keep(by, whole, step=step, **v),
                  then=lambda r: _next(application_id, step), again=lambda: _step(whole, step, form))


def add_up(application_id: uuid.UUID):  # type: ignore[no-untyped-def]
    """The sum of what is typed so far, while she types or when she asks for it. Nothing is kept."""
    whole = service.of_mine(viewer.current(), application_id)
    form = step_form("budget", whole)
    return _step(whole, "budget", form, added(form, beside_it=True))


def _next(application_id: uuid.UUID, step: str) -> str:
    if "more" in request.form:
        return url_for("fund.application_step", application_id=application_id, step=step)
    return url_for("fund.application", application_id=application_id, _anchor=step)


def _step(whole: rules.Whole, step: str, form: Any, sums: Any = None) -> Any:
    present: list[tuple[Any, Any]] = []
    if isinstance(form.refusal, ChangedMeanwhile):
        whole = service.load(whole.application.id)
        kept = rules.stored(whole, step)
        present = _present(step, kept, form)
        form.revision.data = rules.mark(kept)
    if step == "budget":
        sums = sums or added(with_empty_rows(form))
        with_empty_rows(form)
    return page("fund/apply_step.html", fragment="sum", form=form, sums=sums, step=step, label=words.STEPS[step],
                present=present, number=STEPS.index(step) + 1, of=len(STEPS),
                was_changed=isinstance(form.refusal, ChangedMeanwhile), **_about(whole))


def _present(step: str, kept: dict[str, Any], form: Any) -> list[tuple[Any, Any]]:
    """What a colleague kept meanwhile and differs from what is typed here, by its name; where nothing else was typed
    since the page was opened, hers stands in the form from here on. Of two choices about people's safety the one that
    protects more is chosen; the other can be chosen again, knowingly."""
    said = {**kept, "country": country(kept["country"], language())} if kept.get("country") else dict(kept)
    if step == "safety":
        said |= {"at_risk": _("Yes") if kept["at_risk"] else _("No"), "level": words.LEVELS[kept["level"]]}
    if step == "budget":
        return []
    typed = {name: form[name].data or type(kept[name])() for name in kept}
    differs = [name for name in (*words.STEP_PARTS[step], *words.STEP_FIELDS[step]) if kept[name] != typed[name]]
    for name in rules.untouched(form.revision.data or "", typed) - {"at_risk", "level"}:
        form[name].data = kept[name]
    if step == "safety":
        form.at_risk.data = kept["at_risk"] or form.at_risk.data
        form.level.data = max(kept["level"], form.level.data, key=rules.how_protective)
    return [(form[name].label.text, said[name]) for name in differs]


def check(application_id: uuid.UUID):  # type: ignore[no-untyped-def]
    whole = service.of_mine(viewer.current(), application_id)
    known = whole.applicant.payee_reference if whole.applicant else ""
    return _check(whole, CheckForm(data={"payee_reference": known}))


def send(application_id: uuid.UUID):  # type: ignore[no-untyped-def]
    by, form = viewer.current(), CheckForm()
    return answer(form, lambda payee_reference: service.send(by, id=application_id, payee_reference=payee_reference),
                  then=lambda r: url_for("fund.application", application_id=application_id),
                  again=lambda: _check(service.of_mine(by, application_id), form))


def _check(whole: rules.Whole, form: Any) -> Any:
    missing = [{"title": sentence, "detail": words.STEPS[step], "label": "",
                "url": url_for("fund.application_step", application_id=whole.application.id, step=step)}
               for step, sentence in rules.missing(whole)]
    return page("fund/apply_check.html", form=form, missing=missing,
                country=country(whole.application.country, language()), **_about(whole))


def withdraw(application_id: uuid.UUID):  # type: ignore[no-untyped-def]
    form = Form()
    return answer(form, lambda: service.withdraw(viewer.current(), id=application_id),
                  then=lambda r: url_for("fund.application", application_id=application_id),
                  again=lambda: _show(application_id, form))

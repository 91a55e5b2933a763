"""Reviews: the reviewer's list and sheet, locking, stepping aside, and whom the administrator asks."""

import uuid
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, redirect, request, url_for
from wtforms.fields import SelectChoice

from polyphony.fund.calls import rules as calls
from polyphony.fund.reviewing import forms, reading, rules, service, words
from polyphony.fund.reviewing.models import Assignment, Lock
from polyphony.kernel import clock, viewer
from polyphony.kernel.access import access
from polyphony.kernel.database import db
from polyphony.kernel.forms import Form, answer
from polyphony.kernel.leafing import sought
from polyphony.kernel.locale import language, ngettext
from polyphony.kernel.pages import page
from polyphony.kernel.providers import Waits, provide

BOTH = ["GET", "POST"]


@access(rules.reviewer)
def reviews():  # type: ignore[no-untyped-def]
    lines, leaf, todo = reading.mine(viewer.current(), sought(request.args).start, partial(url_for, "fund.reviews"))
    return page("fund/reviews.html", lines=lines, leaf=leaf, todo=todo)


@access(rules.reviewer)
def next_review():  # type: ignore[no-untyped-def]
    found = reading.next_one(viewer.current())
    return redirect(url_for("fund.review", application_id=found) if found else url_for("fund.reviews"), 303)


def _filled(sheet: reading.Sheet) -> Form:
    """The form with what she gave so far."""
    made = forms.score_form(each.name.text for each in sheet.paper.criteria)
    kept: dict[str, Any] = {}
    for n, each in enumerate(sheet.paper.criteria):
        value, said = sheet.matrix.own.get(each.id, (None, ""))
        kept |= {f"value_{n}": "" if value is None else str(value), f"words_{n}": said}
    return made(data=kept)


def _given(sheet: reading.Sheet, typed: dict[str, Any]) -> list[service.Given]:
    return [(each.id, int(typed[f"value_{n}"]) if typed[f"value_{n}"] else None, typed[f"words_{n}"] or "")
            for n, each in enumerate(sheet.paper.criteria)]


@access(rules.reviewer)
def review(application_id: uuid.UUID):  # type: ignore[no-untyped-def]
    by = viewer.current()
    sheet = reading.sheet(by, application_id)
    form = _filled(sheet)

    def show() -> Any:
        return page("fund/review.html", sheet=sheet, form=form)

    if request.method == "GET":
        return show()
    return answer(form, lambda **v: service.score(by, application_id=application_id, given=_given(sheet, v)),
                  then=lambda id: url_for("fund.lock", application_id=id), again=show)


@access(rules.reviewer, fresh=True)
def lock(application_id: uuid.UUID):  # type: ignore[no-untyped-def]
    by = viewer.current()
    sheet, form = reading.sheet(by, application_id), forms.LockForm(data={"lang": language()})

    def show() -> Any:
        return page("fund/review_lock.html", sheet=sheet, form=form)

    if request.method == "GET":
        return show()
    return answer(form, lambda **v: service.lock(by, application_id=application_id, **v),
                  then=lambda id: url_for("fund.review", application_id=id), again=show)


@access(rules.inside)
def step_aside(application_id: uuid.UUID):  # type: ignore[no-untyped-def]
    by, form = viewer.current(), forms.AsideForm()
    service.fund_of(application_id)

    def show() -> Any:
        return page("fund/review_aside.html", form=form)

    if request.method == "GET":
        return show()
    return answer(form, lambda **v: service.step_aside(by, application_id=application_id, **v),
                  then=lambda r: url_for("fund.stepped_aside"), again=show)


@access(rules.inside)
def stepped_aside():  # type: ignore[no-untyped-def]
    return page("fund/review_left.html")


def _reviewers(id: uuid.UUID, form: forms.AssignForm, refused: Form | None = None) -> Any:
    application, call = service.application_for(viewer.current(), id)
    people = service.reviewers_of(application.fund_id)
    found = reading.asking(application, call, people, service.conflicts_for(id, people))
    form.person_id.choices = [SelectChoice(str(person), name) for person, name in found.free]
    return page("fund/review_people.html", found=found, state=calls.standing(call, clock.now()), form=form,
                refused=refused or form, words=words, knows=rules.KnowsWhoApplies.message,
                decided=rules.CaseDecided.message, taking=forms.UnassignForm(formdata=None))


@access(rules.administrator)
def reviewers(application_id: uuid.UUID):  # type: ignore[no-untyped-def]
    form = forms.AssignForm()
    if request.method == "GET":
        return _reviewers(application_id, form)
    return answer(form, lambda **v: service.assign(viewer.current(), application_id=application_id, **v),
                  then=lambda id: url_for("fund.reviewers", application_id=id),
                  again=lambda: _reviewers(application_id, form))


@access(rules.administrator)
def unassign(application_id: uuid.UUID):  # type: ignore[no-untyped-def]
    form = forms.UnassignForm()
    return answer(form, lambda **v: service.unassign(viewer.current(), application_id=application_id, **v),
                  then=lambda r: url_for("fund.reviewers", application_id=application_id),
                  again=lambda: _reviewers(application_id, forms.AssignForm(formdata=None), form))


@access(rules.administrator)
def share_out(call_id: uuid.UUID):  # type: ignore[no-untyped-def]
    form = forms.NothingForm()

    def show() -> Any:
        call = service.call_for(viewer.current(), call_id)
        return page("fund/review_share.html", form=form, call=call, state=calls.standing(call, clock.now()),
                    untranslated=service.untranslated(call_id))

    if request.method == "GET":
        return show()
    return answer(form, lambda: service.share_out(viewer.current(), call_id=call_id),
                  then=lambda number: url_for("fund.committee", call_id=call_id, reviews=number), again=show)


@provide("waits")
def waits(by: viewer.Viewer) -> list[Waits]:
    """How many applications a reviewer has still to score (one statement, for reviewers alone)."""
    if not by.of("assigned"):
        return []
    locked = sa.exists().where(Lock.assignment_id == Assignment.id)
    number = db.session.scalar(sa.select(sa.func.count()).select_from(Assignment).where(
        Assignment.person_id == by.person, ~locked)) or 0
    text = ngettext("%(num)s application to review", "%(num)s applications to review", number)
    return [Waits(text, url_for("fund.reviews"))] if number else []


ROUTES = (
    ("/fund/reviews", reviews, ["GET"]), ("/fund/reviews/next", next_review, ["GET"]),
    ("/fund/reviews/<uuid:application_id>", review, BOTH),
    ("/fund/reviews/<uuid:application_id>/lock", lock, BOTH),
    ("/fund/applications/<uuid:application_id>/step-aside", step_aside, BOTH),
    ("/fund/stepped-aside", stepped_aside, ["GET"]),
    ("/fund/applications/<uuid:application_id>/reviewers", reviewers, BOTH),
    ("/fund/applications/<uuid:application_id>/reviewers/take-back", unassign, ["POST"]),
    ("/fund/calls/<uuid:call_id>/share-out", share_out, BOTH),
)


def attach(blueprint: Blueprint) -> None:
    """Put this part's pages on the fund's blueprint."""
    for path, view, methods in ROUTES:
        blueprint.add_url_rule(path, view.__name__, view, methods=methods)

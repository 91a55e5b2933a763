"""Who sits where: a page for everybody, and the administrator's forms behind it."""

import uuid
from typing import Any

from flask import Blueprint, request, url_for

from polyphony.fund.bodies import forms, rules, service, words
from polyphony.kernel import clock, viewer
from polyphony.kernel.access import access, anyone, require
from polyphony.kernel.forms import answer
from polyphony.kernel.locale import _, language
from polyphony.kernel.pages import page
from polyphony.kernel.refusals import NotThere
from polyphony.languages.service import translations_for, written

BOTH = ("GET", "POST")


def attach(blueprint: Blueprint) -> None:
    """Put this part's pages on the fund's blueprint."""
    add = blueprint.add_url_rule
    add("/fund/<uuid:fund_id>/bodies", view_func=bodies)
    add("/fund/<uuid:fund_id>/founding", view_func=found, methods=["POST"])
    add("/fund/bodies/<uuid:body_id>/seats/new", view_func=seat, methods=BOTH)
    add("/fund/bodies/<uuid:body_id>/rules", view_func=body_rules, methods=BOTH)


def _bodies(fund_id: uuid.UUID, form: Any) -> Any:
    kept, name = service.fund(fund_id)
    administers = viewer.current().is_in("fund_admin", fund_id)
    require(kept is not None or administers, NotThere())
    return page("fund/bodies.html", fund=kept, name=name, bodies=service.bodies(fund_id) if kept else [], form=form,
                administers=administers, fund_id=fund_id, names=words.BODY_NAMES, about=words.BODY_WORDS,
                constituencies=words.CONSTITUENCY_NAMES, day=clock.day, purpose=_purpose(kept))


def _purpose(kept: Any) -> Any:
    """What the fund is for, in the reader's language."""
    tr = translations_for([kept.organisation_id], language()) if kept else {}
    return written(kept.purpose, kept.lang, kept.organisation_id, "purpose", tr, language()) if kept else None


@access(anyone)
def bodies(fund_id: uuid.UUID) -> Any:
    return _bodies(fund_id, forms.Found(lang=language()))


@access(rules.ADMINISTRATOR, fresh=True)
def found(fund_id: uuid.UUID) -> Any:
    require(viewer.current().is_in("fund_admin", fund_id), NotThere())
    form = forms.Found()
    return answer(form, lambda **typed: service.found(viewer.current(), fund_id=fund_id, **typed),
                  then=lambda _done: url_for("fund.bodies", fund_id=fund_id), again=lambda: _bodies(fund_id, form))


@access(rules.ADMINISTRATOR, fresh=True)
def seat(body_id: uuid.UUID) -> Any:
    by = viewer.current()
    body, sitting = service.body(by, body_id)
    form = forms.SeatForm().offer(service.candidates(body))
    place = url_for("fund.bodies", fund_id=body.fund_id)
    def again() -> Any:
        return page("fund/seat.html", form=form, sitting=sitting, name=words.BODY_NAMES[body.kind], back=place,
                    fund_id=body.fund_id)
    if request.method == "GET":
        return again()
    return answer(form, lambda **typed: service.seat(by, body, sitting, **typed), then=lambda _done: place,
                  again=again)


@access(rules.ADMINISTRATOR, fresh=True)
def body_rules(body_id: uuid.UUID) -> Any:
    by = viewer.current()
    body, sitting = service.body(by, body_id)
    place = url_for("fund.bodies", fund_id=body.fund_id)
    asked = forms.CommitteeRulesForm if body.kind == "allocation" else forms.RulesForm
    form = asked.of(sitting.asked) if request.method == "GET" else asked()
    def again() -> Any:
        return page("fund/money_step.html", form=form, over=words.BODY_NAMES[body.kind], back=place,
                    title=_("Rules of this body"), label=_("Save"),
                    lead=_("Everybody sees these rules, and whether they are kept. An empty field means no such rule; "
                           "the two of the votes that a decision needs are required.") if body.kind == "allocation" else
                    _("Everybody sees these rules, and whether they are kept. An empty field means no such rule."))
    if request.method == "GET":
        return again()
    return answer(form, lambda **typed: service.set_rules(by, body_id=body_id, **typed), then=lambda _done: place,
                  again=again)

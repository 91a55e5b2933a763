"""The public page of a fund, and the grantee's page of her grant with its openness."""

import uuid
from datetime import date
from functools import partial
from typing import Any

from flask import Blueprint, current_app, g, request, url_for

from polyphony.fund.bodies.rules import ADMINISTRATOR
from polyphony.fund.calls import showing
from polyphony.fund.deciding.models import Grant
from polyphony.fund.paying.words import INSTALMENTS
from polyphony.fund.statement import providing, publication, service, words
from polyphony.fund.statement.forms import LevelForm, PurposeForm
from polyphony.kernel import clock, money, viewer
from polyphony.kernel.access import access, anyone, require, signed_in, there
from polyphony.kernel.database import db
from polyphony.kernel.forms import ChangedMeanwhile, answer
from polyphony.kernel.leafing import sought
from polyphony.kernel.locale import _, lazy
from polyphony.kernel.pages import page
from polyphony.kernel.refusals import NotThere

__all__ = ["attach", "providing"]
BAD_DAY = lazy("Write the day as year, month and day, for example 2026-11-22. The figures below are of today.")
TOO_LATE = lazy("This day has not come yet. The figures below are of today.")


def attach(blueprint: Blueprint) -> None:
    """Put this part's pages on the fund's blueprint."""
    blueprint.add_url_rule("/fund", "index", index)
    blueprint.add_url_rule("/fund/<uuid:fund_id>", "statement", statement)
    blueprint.add_url_rule("/fund/<uuid:fund_id>/purpose", "purpose", purpose, methods=["GET", "POST"])
    blueprint.add_url_rule("/fund/grants/<uuid:grant_id>", "grant", grant)
    blueprint.add_url_rule("/fund/grants/<uuid:grant_id>", "take_grant", take_grant, methods=["POST"])


def where(endpoint: str, **values: Any) -> str | None:
    """The address of a page, or None while its part has no such page."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


@access(anyone)
def index() -> Any:
    found = service.funds()
    if len(found) == 1:
        return _public(*found[0])
    return page("fund/index.html", funds=found, purposes=service.purposes(fund for fund, _name in found))


@access(anyone)
def statement(fund_id: uuid.UUID) -> Any:
    return _public(*service.fund(fund_id))


def _asked() -> tuple[date, Any]:
    """The day asked for, and what was wrong with it."""
    text = request.args.get("on", "").strip()
    try:
        on = date.fromisoformat(text) if text else clock.today()
    except ValueError:
        return clock.today(), BAD_DAY
    return (clock.today(), TOO_LATE) if on > clock.today() else (on, None)


def _public(fund: Any, organisation: Any) -> Any:
    """No copy of this page is kept anywhere: a name taken down is gone with the next look."""
    g.no_store = True
    on, wrong = _asked()
    looked_for = sought(request.args)
    day: dict[str, Any] = {} if on == clock.today() else {"on": on.isoformat()}
    here = partial(url_for, "fund.statement", fund_id=organisation.id, **day, **looked_for.asked, _anchor="grants")
    figures, account = service.figures(fund.organisation_id, on), service.account(fund, on, looked_for, here)
    shown = page("fund/statement.html", fund=fund, organisation=organisation, on=on, wrong=wrong, figures=figures,
                 pictures={f.currency: service.picture(f) for f in figures if f.received > 0}, words=words,
                 account=account, sought=looked_for, that_day=day, is_today=not day, clock=clock, money=money,
                 where=where, deadline=lambda call: showing.moment(viewer.current(), call, call.closes_at),
                 calls=[each for each in account.calls if service.is_open(each[0])], typed=request.args.get("on", ""),
                 writes=[fact for fact in ("fund_admin", "fund_translate")
                         if viewer.current().is_in(fact, fund.organisation_id)])
    shown.status_code = 422 if wrong else 200
    return shown


@access(ADMINISTRATOR)
def purpose(fund_id: uuid.UUID) -> Any:
    kept, organisation = service.fund(fund_id)
    require(viewer.current().is_in("fund_admin", fund_id), NotThere())
    form = PurposeForm(data={"purpose": kept.purpose, "lang": kept.lang, "revision": publication.mark_of(kept)})
    back = url_for("fund.statement", fund_id=fund_id)

    def show() -> Any:
        facts = []
        if isinstance(form.refusal, ChangedMeanwhile):
            now = service.fund(fund_id)[0]
            form.revision.data, facts = publication.mark_of(now), [(_("As it stands now"), now.purpose)]
        return page("fund/money_step.html", form=form, over=organisation.name, title=_("What the fund is for"),
                    label=_("Save"), back=back, facts=facts,
                    lead=_("Everybody can read this. Translations of the words before are marked until they are "
                           "renewed."))

    if request.method == "GET":
        return show()
    return answer(form, lambda **v: publication.set_purpose(viewer.current(), fund_id=fund_id, **v),
                  then=lambda done: back, again=show)


@access(signed_in)
def grant(grant_id: uuid.UUID) -> Any:
    found = there(db.session.get(Grant, grant_id))
    return _grant(found, LevelForm(data={"level": found.level, "at_risk": found.at_risk}))


@access(signed_in, fresh=True)
def take_grant(grant_id: uuid.UUID) -> Any:
    found = there(db.session.get(Grant, grant_id))
    form = LevelForm(data={"level": found.level, "at_risk": found.at_risk})
    return answer(form, lambda **v: publication.set_level(viewer.current(), grant_id=grant_id, **v),
                  then=lambda done: url_for("fund.grant", grant_id=grant_id), again=lambda: _grant(found, form))


def _grant(found: Grant, form: LevelForm) -> Any:
    by = viewer.current()
    is_grantee = by.is_in("applied", found.application_id)
    return page("fund/statement_grant.html", grant=found, form=form, words=words, states=INSTALMENTS, clock=clock,
                instalments=publication.instalments(found.id), shown=money.shown, place=service.place, where=where,
                is_grantee=is_grantee, may=is_grantee or by.is_in("fund_admin", found.fund_id))

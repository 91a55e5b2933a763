"""Pages for a lost second factor: the administrator's request, and the stewards' word on it."""

import uuid
from typing import Any

from flask import url_for

from polyphony.kernel import clock, viewer
from polyphony.kernel.access import access, organisation_admin, require, steward
from polyphony.kernel.forms import answer
from polyphony.kernel.locale import lazy
from polyphony.kernel.pages import nav, page
from polyphony.kernel.refusals import NotThere
from polyphony.organisations import forms_lost, lost, service
from polyphony.organisations.doors import blueprint


def _ask(membership_id: uuid.UUID, form: Any) -> Any:
    seat, person = service.seat(membership_id)
    require(viewer.current().is_in("administered", seat.organisation_id), NotThere())
    return page("organisations/lost_factor.html", membership=seat, person=person, form=form)


@blueprint.get("/memberships/<uuid:membership_id>/lost-factor")
@access(organisation_admin, fresh=True)
def lost_factor(membership_id: uuid.UUID) -> Any:
    return _ask(membership_id, forms_lost.AskReset())


@blueprint.post("/memberships/<uuid:membership_id>/lost-factor")
@access(organisation_admin, fresh=True)
def lost_factor_post(membership_id: uuid.UUID) -> Any:
    form, (seat, _) = forms_lost.AskReset(), service.seat(membership_id)
    return answer(form, lambda **typed: lost.ask(viewer.current(), membership=seat, **typed),
                  then=lambda _: url_for("organisations.mine", show=seat.organisation_id),
                  again=lambda: _ask(membership_id, form))


def _waiting(form: Any) -> Any:
    by = viewer.current()
    return page("organisations/lost_factors.html", waiting=lost.waiting(by), form=form,
                moment=lambda at: clock.moment(at, by.time_zone or "UTC"))


@blueprint.get("/lost-factors")
@access(steward, fresh=True)
def lost_factors() -> Any:
    return _waiting(forms_lost.DecideReset())


@blueprint.post("/lost-factors/<uuid:reset_id>")
@access(steward, fresh=True)
def decide_lost_factor(reset_id: uuid.UUID) -> Any:
    form = forms_lost.DecideReset()
    return answer(form, lambda says: lost.decide(viewer.current(), reset_id=reset_id, yes=says == "yes"),
                  then=lambda _: url_for("organisations.lost_factors"), again=lambda: _waiting(form))


nav("organisations.lost_factors", lazy("Lost second factors"), lambda by: by.is_steward)

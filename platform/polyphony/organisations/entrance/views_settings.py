"""Pages on which a company sets its own sign-in and requires it, and on which stewards lift that."""

import uuid
from typing import Any

from flask import url_for

from polyphony.kernel import clock, viewer
from polyphony.kernel.access import access, organisation_admin, require, steward
from polyphony.kernel.forms import answer
from polyphony.kernel.pages import page
from polyphony.kernel.refusals import NotThere
from polyphony.organisations import service as organisations
from polyphony.organisations.entrance import entering, forms, service
from polyphony.organisations.entrance.views import blueprint


def _settings(organisation_id: uuid.UUID, form: Any = None, button: Any = None) -> Any:
    by = viewer.current()
    require(by.is_in("administered", organisation_id), NotThere())
    kept = service.settings(by, organisation_id)
    return page("entrance/settings.html", organisation=organisations.one(organisation_id), entrance=kept, day=clock.day,
                form=form or forms.Settings(None, obj=kept), button=button or forms.Nothing(None), back=entering.back(),
                is_required=kept is not None and service.is_required(organisation_id),
                is_through=by.card.get("through") == str(organisation_id))


@blueprint.get("/organisation/<uuid:organisation_id>/sign-in")
@access(organisation_admin, fresh=True)
def settings(organisation_id: uuid.UUID) -> Any:
    return _settings(organisation_id)


@blueprint.post("/organisation/<uuid:organisation_id>/sign-in")
@access(organisation_admin, fresh=True)
def settings_post(organisation_id: uuid.UUID) -> Any:
    form = forms.Settings()
    return answer(form, lambda **typed: service.set_up(viewer.current(), organisation_id=organisation_id, **typed),
                  then=lambda _: url_for("entrance.settings", organisation_id=organisation_id),
                  again=lambda: _settings(organisation_id, form))


@blueprint.post("/organisation/<uuid:organisation_id>/sign-in/requirement")
@access(organisation_admin, fresh=True)
def require_it(organisation_id: uuid.UUID) -> Any:
    button = forms.Nothing()
    return answer(button, lambda: service.require(viewer.current(), organisation_id=organisation_id),
                  then=lambda _: url_for("entrance.settings", organisation_id=organisation_id),
                  again=lambda: _settings(organisation_id, button=button))


@blueprint.post("/organisation/<uuid:organisation_id>/sign-in/requirement/end")
@access(organisation_admin, fresh=True)
def stop_requiring(organisation_id: uuid.UUID) -> Any:
    button = forms.Nothing()
    return answer(button, lambda: service.stop_requiring(viewer.current(), organisation_id=organisation_id),
                  then=lambda _: url_for("entrance.settings", organisation_id=organisation_id),
                  again=lambda: _settings(organisation_id, button=button))


def _lift(organisation_id: uuid.UUID, form: Any) -> Any:
    by, said = viewer.current(), service.lifts(organisation_id)
    return page("entrance/lift.html", organisation=organisations.one(organisation_id), said=said, form=form,
                day=clock.day, is_required=service.is_required(organisation_id),
                has_said=any(each.person_id == by.person for each in said))


@blueprint.get("/admissions/<uuid:organisation_id>/sign-in")
@access(steward, fresh=True)
def lift(organisation_id: uuid.UUID) -> Any:
    return _lift(organisation_id, forms.Lift())


@blueprint.post("/admissions/<uuid:organisation_id>/sign-in")
@access(steward, fresh=True)
def lift_post(organisation_id: uuid.UUID) -> Any:
    form = forms.Lift()
    return answer(form, lambda **typed: service.lift(viewer.current(), organisation_id=organisation_id, **typed),
                  then=lambda _: url_for("entrance.lift", organisation_id=organisation_id),
                  again=lambda: _lift(organisation_id, form))

"""The page on which an organisation leaves."""

import uuid
from typing import Any

from flask import url_for

from polyphony.kernel import viewer
from polyphony.kernel.access import access, organisation_admin, require
from polyphony.kernel.forms import answer
from polyphony.kernel.pages import page
from polyphony.kernel.refusals import NotThere
from polyphony.organisations import forms, leaving, service
from polyphony.organisations.doors import blueprint


def _leave(organisation_id: uuid.UUID, form: Any = None) -> Any:
    require(viewer.current().is_in("administered", organisation_id), NotThere())
    organisation = service.one(organisation_id)
    return page("organisations/leave.html", organisation=organisation, rests=leaving.resting(organisation_id),
                form=form or forms.Leave(formdata=None), carries=organisation.carries_the_place)


@blueprint.get("/organisation/<uuid:organisation_id>/departure")
@access(organisation_admin, fresh=True)
def departure(organisation_id: uuid.UUID) -> Any:
    return _leave(organisation_id)


@blueprint.post("/organisation/<uuid:organisation_id>/departure")
@access(organisation_admin, fresh=True)
def depart(organisation_id: uuid.UUID) -> Any:
    form, organisation = forms.Leave(), service.one(organisation_id)
    return answer(form, lambda words, sure: leaving.leave(viewer.current(), organisation=organisation, words=words),
                  then=lambda _: url_for("openness.home"), again=lambda: _leave(organisation_id, form))

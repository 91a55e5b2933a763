"""Pages on which an administrator changes a member's role, and reads who came, when, and why."""

import uuid
from typing import Any

from flask import request, url_for

from polyphony.kernel import clock, viewer
from polyphony.kernel.access import access, organisation_admin, require
from polyphony.kernel.forms import answer
from polyphony.kernel.leafing import begins
from polyphony.kernel.pages import page
from polyphony.kernel.refusals import NotThere
from polyphony.organisations import forms, history, names, service
from polyphony.organisations.doors import blueprint, called
from polyphony.organisations.models import Membership, Organisation


def _seat(membership_id: uuid.UUID) -> tuple[Membership, Any, Organisation]:
    seat, person = service.seat(membership_id)
    require(viewer.current().is_in("administered", seat.organisation_id), NotThere())
    return seat, person, service.one(seat.organisation_id)


def _change(seat: Membership, person: Any, organisation: Organisation, form: Any) -> Any:
    return page("organisations/change_role.html", membership=seat, person=person, organisation=organisation, form=form,
                **called())


@blueprint.get("/memberships/<uuid:membership_id>/role")
@access(organisation_admin, fresh=True)
def change_role(membership_id: uuid.UUID) -> Any:
    seat, person, organisation = _seat(membership_id)
    return _change(seat, person, organisation, forms.ChangeRole(kind=organisation.kind, role=seat.role))


@blueprint.post("/memberships/<uuid:membership_id>/role")
@access(organisation_admin, fresh=True)
def change_role_post(membership_id: uuid.UUID) -> Any:
    seat, person, organisation = _seat(membership_id)
    id, form = organisation.id, forms.ChangeRole(kind=organisation.kind)
    def landed(_made: uuid.UUID) -> str:
        still = viewer.current().is_in("administered", id)
        return url_for("organisations.show_history", organisation_id=id) if still else url_for("openness.home")
    return answer(form, lambda **typed: service.change_role(
        viewer.current(), membership=seat, kind=organisation.kind, **typed),
        then=landed, again=lambda: _change(seat, person, organisation, form))


@blueprint.get("/organisation/<uuid:organisation_id>/history")
@access(organisation_admin)
def show_history(organisation_id: uuid.UUID) -> Any:
    require(viewer.current().is_in("administered", organisation_id), NotThere())
    events, following = history.of(viewer.current(), organisation_id, begins(request.args))
    return page("organisations/history.html", organisation=service.one(organisation_id), events=events,
                following=following, happened=names.HAPPENED, day=clock.day, **called())

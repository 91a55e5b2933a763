"""Pages on which somebody comes in: the invitation she accepts, the stewards' word on an organisation."""

import uuid
from typing import Any

from flask import g, url_for

from polyphony.kernel import clock, viewer
from polyphony.kernel.access import access, anyone, steward
from polyphony.kernel.forms import answer
from polyphony.kernel.locale import direction, language
from polyphony.kernel.pages import page
from polyphony.organisations import forms, joining, names, service
from polyphony.organisations.doors import blueprint, called
from polyphony.organisations.entrance import service as entrance


def _form(invitation: joining.Behind, **kw: Any) -> Any:
    return forms.ACCEPTING[invitation.purpose, viewer.current().is_signed_in](**kw)


def _gone() -> Any:
    return page("organisations/invitation_gone.html"), 410


def _invitation(token: str, invitation: joining.Behind, form: Any) -> Any:
    by = viewer.current()
    return page("organisations/invitation.html", invitation=invitation, form=form, token=token,
                for_another=by.is_signed_in and not joining.is_for(by, invitation), button=forms.Nothing(None),
                door=None if by.is_signed_in else entrance.door_for(invitation.purpose, invitation.organisation_id),
                **called())


@blueprint.get("/invitation/<token>")
@access(anyone)
def invitation(token: str) -> Any:
    g.no_store = True
    found = joining.behind(token)
    return _invitation(token, found, _form(found, language=language())) if found else _gone()


@blueprint.post("/invitation/<token>")
@access(anyone)
def invitation_post(token: str) -> Any:
    found = joining.behind(token)
    if found is None:
        return _gone()
    form = _form(found)
    def accept(**typed: Any) -> uuid.UUID:
        return joining.accept(viewer.current(), token=token, **{"language": language(), **typed})
    return answer(form, accept,
                  then=lambda _: url_for("organisations.joined"), again=lambda: _invitation(token, found, form))


@blueprint.get("/joined")
@access(anyone)
def joined() -> Any:
    asks = [each for each in service.mine(viewer.current()) if each.is_asking]
    return page("organisations/joined.html", asks=asks)


@blueprint.get("/admissions")
@access(steward)
def admissions() -> Any:
    return page("organisations/admissions.html", waiting=joining.waiting(viewer.current()), day=clock.day,
                country=lambda code: names.country(code, language()), **called())


def _admission(organisation_id: uuid.UUID, form: Any) -> Any:
    by, organisation = viewer.current(), service.one(organisation_id)
    said = joining.words_on(organisation_id)
    return page("organisations/admission.html", organisation=organisation, said=said, form=form, day=clock.day,
                invited_by=service.name_of(organisation.invited_by), asked_by=joining.who_asks(organisation_id),
                has_said=any(a.person_id == by.person for a in said), direction_of=direction,
                is_decided=bool(organisation.admitted_on or organisation.turned_away_on),
                country=names.country(organisation.country, language()), **called())


@blueprint.get("/admissions/<uuid:organisation_id>")
@access(steward)
def admission(organisation_id: uuid.UUID) -> Any:
    return _admission(organisation_id, forms.Say())


@blueprint.post("/admissions/<uuid:organisation_id>")
@access(steward, fresh=True)
def admission_post(organisation_id: uuid.UUID) -> Any:
    form = forms.Say()
    return answer(form, lambda **typed: joining.say(viewer.current(), organisation_id=organisation_id, **typed),
                  then=lambda o: url_for("organisations.admission", organisation_id=o.id),
                  again=lambda: _admission(organisation_id, form))

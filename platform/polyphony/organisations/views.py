"""Pages of organisations: one's own with its members, and the list of all who take part."""

import uuid
from typing import Any

from flask import redirect, request, url_for

from polyphony.kernel import clock, viewer
from polyphony.kernel.access import access, anyone, organisation_admin, require
from polyphony.kernel.forms import answer
from polyphony.kernel.locale import language, lazy
from polyphony.kernel.pages import nav, page
from polyphony.kernel.refusals import NotThere
from polyphony.organisations import forms, names, service, views_joining, views_leaving, views_lost, views_members
from polyphony.organisations.doors import blueprint, called
from polyphony.organisations.entrance import views as entrance
from polyphony.organisations.entrance import views_settings
from polyphony.organisations.models import Organisation

BLUEPRINTS = [blueprint, entrance.blueprint, entrance.outside]
__all__ = ["BLUEPRINTS", "views_joining", "views_leaving", "views_lost", "views_members", "views_settings"]


def _mine(organisation_id: uuid.UUID) -> Organisation:
    require(viewer.current().is_in("administered", organisation_id), NotThere())
    return service.one(organisation_id)


@blueprint.get("/organisation")
@access(organisation_admin)
def mine() -> Any:
    by, wanted = viewer.current(), request.args.get("show", "")
    all_mine = service.mine(by)
    shown = next((o for o in all_mine if str(o.id) == wanted), None) or (all_mine[0] if all_mine else None)
    if shown is None:
        raise NotThere
    return page("organisations/mine.html", organisation=shown, others=[o for o in all_mine if o is not shown],
                members=service.members(by, shown.id), invitations=service.open_invitations(by, shown.id),
                day=clock.day, country=names.country(shown.country, language()), button=forms.Nothing(), **called())


def _invite_member(organisation: Organisation, form: Any) -> Any:
    return page("organisations/invite_member.html", organisation=organisation, form=form, **called())


@blueprint.get("/organisation/<uuid:organisation_id>/members/new")
@access(organisation_admin, fresh=True)
def invite_member(organisation_id: uuid.UUID) -> Any:
    organisation = _mine(organisation_id)
    return _invite_member(organisation, forms.InviteMember(kind=organisation.kind, language=language()))


@blueprint.post("/organisation/<uuid:organisation_id>/members/new")
@access(organisation_admin, fresh=True)
def invite_member_post(organisation_id: uuid.UUID) -> Any:
    organisation = _mine(organisation_id)
    form = forms.InviteMember(kind=organisation.kind)
    return answer(form, lambda **typed: service.invite_member(viewer.current(), organisation=organisation, **typed),
                  then=lambda i: url_for("organisations.mine", show=i.organisation_id),
                  again=lambda: _invite_member(organisation, form))


@blueprint.get("/organisation/<uuid:organisation_id>/invitations/new")
@access(organisation_admin, fresh=True)
def invite_organisation(organisation_id: uuid.UUID) -> Any:
    return page("organisations/invite_organisation.html", organisation=_mine(organisation_id),
                form=forms.InviteOrganisation(language=language()))


@blueprint.post("/organisation/<uuid:organisation_id>/invitations/new")
@access(organisation_admin, fresh=True)
def invite_organisation_post(organisation_id: uuid.UUID) -> Any:
    organisation = _mine(organisation_id)
    form = forms.InviteOrganisation()
    return answer(
        form, lambda **typed: service.invite_organisation(viewer.current(), organisation=organisation, **typed),
        then=lambda i: url_for("organisations.mine", show=i.organisation_id),
        again=lambda: page("organisations/invite_organisation.html", organisation=organisation, form=form))


@blueprint.post("/invitations/<uuid:invitation_id>/withdrawal")
@access(organisation_admin)
def withdraw(invitation_id: uuid.UUID) -> Any:
    invitation = service.withdraw(viewer.current(), invitation_id=invitation_id)
    return redirect(url_for("organisations.mine", show=invitation.organisation_id), 303)


def _end(membership_id: uuid.UUID, form: Any) -> Any:
    seat, person = service.seat(membership_id)
    require(viewer.current().is_in("administered", seat.organisation_id), NotThere())
    return page("organisations/end_membership.html", membership=seat, person=person, form=form, **called())


@blueprint.get("/memberships/<uuid:membership_id>/end")
@access(organisation_admin, fresh=True)
def end_membership(membership_id: uuid.UUID) -> Any:
    return _end(membership_id, forms.EndMembership())


@blueprint.post("/memberships/<uuid:membership_id>/end")
@access(organisation_admin, fresh=True)
def end_membership_post(membership_id: uuid.UUID) -> Any:
    form, (seat, _) = forms.EndMembership(), service.seat(membership_id)
    return answer(form, lambda **typed: service.end_membership(viewer.current(), membership=seat, **typed),
                  then=lambda _: _after_end(seat.organisation_id), again=lambda: _end(membership_id, form))


def _after_end(organisation_id: uuid.UUID) -> str:
    still = viewer.current().is_in("administered", organisation_id)
    return url_for("organisations.mine", show=organisation_id) if still else url_for("openness.home")


@blueprint.get("/organisations")
@access(anyone)
def directory() -> Any:
    after = request.args.get("after", type=uuid.UUID)
    shown, following = service.directory(after)
    return page("organisations/directory.html", organisations=shown, following=following,
                country=lambda code: names.country(code, language()), **called())


nav("organisations.directory", lazy("Organisations"), lambda by: not by.is_phrase)
nav("organisations.mine", lazy("Your organisation"), lambda by: bool(by.of("administered")))
nav("organisations.admissions", lazy("Admissions"), lambda by: by.is_steward)

"""Pages on which somebody comes in by her company's own sign-in, and those of her account that belong to it."""

import uuid
from typing import Any

from flask import Blueprint, g, redirect, request, url_for

from polyphony.kernel import clock, viewer
from polyphony.kernel.access import access, anyone, proven, signed_in
from polyphony.kernel.forms import answer, refused, tidy
from polyphony.kernel.locale import language
from polyphony.kernel.pages import page
from polyphony.kernel.refusals import NotThere, Refusal
from polyphony.organisations.entrance import entering, flow, forms, rules, service
from polyphony.people.rules import local_place

blueprint = Blueprint("entrance", __name__, url_prefix="/<lang>")
outside = Blueprint("entrance_door", __name__)
THEN = {"sign_in": "openness.home", "proof": "openness.home", "link": "entrance.account",
        "invitation": "organisations.joined"}
SAID = ("code", "state", "iss", "error")
LONGEST = 500


@blueprint.before_request
@outside.before_request
def _keep_nothing() -> None:
    g.no_store = True


@blueprint.get("/sign-in/company")
@access(anyone)
def find() -> Any:
    name = (tidy(request.args.get("name")) or "")[:300]
    return page("entrance/find.html", form=forms.Find(name=name), name=name, found=service.find(name), wanted=_wanted())


def _wanted() -> str:
    """The page of ours that she was on her way to; it travels in the browser's cookie, so a long one is forgotten."""
    said = local_place(request.args.get("next"), "")
    return said if len(said) <= LONGEST else ""


@blueprint.get("/sign-in/with/<uuid:organisation_id>")
@access(anyone)
def door(organisation_id: uuid.UUID) -> Any:
    is_through = viewer.current().card.get("through") == str(organisation_id)  # she comes to show that it is she
    return page("entrance/door.html", door=service.door(organisation_id), wanted=_wanted(), is_through=is_through)


@blueprint.get("/sign-in/with/<uuid:organisation_id>/begin")
@access(anyone)
def begin(organisation_id: uuid.UUID) -> Any:
    """Leave for the provider. A link and no form: the policy of our pages lets forms go nowhere else."""
    purpose = request.args.get("for", "sign_in")
    if purpose not in flow.PURPOSES:
        raise NotThere
    if purpose == "link":
        proven()
    return redirect(entering.begin(viewer.current(), organisation_id=organisation_id, purpose=purpose,
                                   invitation=request.args.get("invitation", "")[:300], wanted=_wanted()), 303)


@outside.get(entering.BACK)
@access(anyone)
def back_in_any_language() -> Any:
    """Where providers send people back to: the one address without a language."""
    here = flow.present()
    said: dict[str, Any] = {name: request.args[name][:4000] for name in SAID if name in request.args}
    return redirect(url_for("entrance.back", lang=here.lang if here else language(), **said), 303)


def _back(here: flow.Flow, form: Any) -> Any:
    g.stay = True  # its address carries the code
    return page("entrance/back.html", form=form, purpose=here.purpose, door=service.door(here.organisation_id))


def _form(here: flow.Flow, **kw: Any) -> Any:
    return forms.ComingNew(**kw) if here.purpose == "invitation" else forms.Coming(**kw)


@blueprint.get("/sign-in/back")
@access(anyone)
def back() -> Any:
    """Looking changes nothing: the code is redeemed when she goes on."""
    said = {name: request.args.get(name, "") for name in SAID}
    if not said["state"]:
        raise NotThere
    here = flow.of(said["state"])
    if said.pop("error") or not said["code"]:
        flow.forget()
        raise rules.ProviderSaidNo()
    return _back(here, _form(here, language=language(), **said))


@blueprint.post("/sign-in/back")
@access(anyone)
def back_post() -> Any:
    here = flow.of(request.form.get("state", ""))
    form = _form(here)
    if not form.validate_on_submit():
        return _back(here, form), 422
    def again() -> Any:
        return page("entrance/not_in.html", form=form, organisation_id=here.organisation_id)
    try:
        door, said = entering.told(here, code=form.code.data, issuer=form.iss.data or None)
    except Refusal as refusal:
        return refused(form, refusal, again)
    return answer(form, lambda code, state, iss, **typed: entering.finish(here, door, said, **typed),
                  then=lambda _: _then(here), again=again)


def _then(here: flow.Flow) -> str:
    if here.purpose == "try":
        return url_for("entrance.settings", organisation_id=here.organisation_id)
    return (here.wanted if here.purpose in ("sign_in", "proof") else "") or url_for(THEN[here.purpose])


@blueprint.get("/account/company-sign-in")
@access(signed_in)
def account() -> Any:
    by = viewer.current()
    return page("entrance/account.html", links=entering.links(by), button=forms.Nothing(None), day=clock.day,
                barred=by.of("barred"))


@blueprint.post("/account/company-sign-in/<uuid:organisation_id>/removal")
@access(signed_in, fresh=True)
def unlink(organisation_id: uuid.UUID) -> Any:
    return answer(forms.Nothing(), lambda: entering.unlink(viewer.current(), organisation_id=organisation_id),
                  then=lambda _: url_for("entrance.account"), again=account)

"""Pages of second factors: the step after the password, the authenticator app, recovery codes, what she has."""

import uuid
from typing import Any

from flask import redirect, request, url_for

from polyphony.kernel import clock, viewer
from polyphony.kernel.access import Rule, access, anyone, signed_in
from polyphony.kernel.forms import answer
from polyphony.kernel.locale import lazy
from polyphony.kernel.pages import page
from polyphony.people import factors, rules
from polyphony.people.doors import blueprint
from polyphony.people.forms import Nothing
from polyphony.people.forms_factors import AddApp, Code, Passkey

owner = Rule("owner of the account, also while she signs in",
             lambda v: v.is_signed_in or v.card.get("step") == "enrol",
             lazy("Each person looks after her own second factors."))


def onwards(wanted: str | None) -> str:
    """Where she wanted to go, or home."""
    return rules.local_place(wanted, url_for("openness.home"))


def after_password(wanted: str | None) -> str:
    """Where the password leads: to the second step, when one is open."""
    if factors.step():
        return url_for("people.second_step", next=rules.local_place(wanted, "") or None)
    return onwards(wanted)


def after_link() -> str:
    """Where a new password leads: on, or to the sign-in page for whom it alone opens nothing."""
    is_in = viewer.current().is_signed_in or factors.step()
    return after_password("") if is_in else url_for("people.sign_in", after="changed")


@blueprint.get("/sign-in/second-step")
@access(anyone, step=True)
def second_step() -> Any:
    wanted = rules.local_place(request.args.get("next"), "")
    if factors.step() == "code":
        return _second_step(Code(next=wanted))
    if factors.step() == "enrol":
        return redirect(url_for("people.add_app", next=wanted or None), 303)
    return redirect(onwards(wanted) if viewer.current().is_signed_in else url_for("people.sign_in"), 303)


def _second_step(form: Any) -> Any:
    has_passkey = any(row["kind"] == "passkey" for row in factors.behind())
    return page("people/second_step.html", form=form, button=Nothing(None), has_passkey=has_passkey,
                passkey=Passkey(None, data={"next": form.next.data}))


@blueprint.post("/sign-in/second-step")
@access(anyone, step=True)
def second_step_post() -> Any:
    if factors.step() != "code":
        return second_step()
    form = Code()
    return answer(form, lambda code, next: factors.pass_step(code=code),
                  then=lambda _: onwards(form.next.data), again=lambda: _second_step(form))


def _add_app(form: Any, secret: str) -> Any:
    form.sealed.data = factors.seal_for_form(secret)
    name = factors.behind()[0]["called"]
    return page("people/add_app.html", form=form, secret=factors.in_groups(secret), button=Nothing(None),
                picture=factors.picture(secret, name), is_enrolment=factors.step() == "enrol",
                passkey=Passkey(None, data={"next": form.next.data}))


@blueprint.get("/account/second-factors/app")
@access(owner, fresh=True, step=True)
def add_app() -> Any:
    return _add_app(AddApp(next=rules.local_place(request.args.get("next"), "")), factors.fresh_secret())


@blueprint.post("/account/second-factors/app")
@access(owner, fresh=True, step=True)
def add_app_post() -> Any:
    form = AddApp()
    secret = factors.open_from_form(form.sealed.data or "")
    return answer(form, lambda code, **_: factors.add_app(secret=secret, code=code),
                  then=lambda _: _after_adding(form.next.data), again=lambda: _add_app(form, secret))


def _after_adding(wanted: str | None) -> str:
    """To the recovery codes first: without them a lost phone locks her out."""
    return url_for("people.second_factors", next=rules.local_place(wanted, "") or None)


@blueprint.get("/account/second-factors")
@access(signed_in, fresh=True)
def second_factors() -> Any:
    return _second_factors()


def _second_factors(codes: list[str] | None = None, refused: Any = None) -> Any:
    by, wanted = viewer.current(), rules.local_place(request.values.get("next"), "")
    return page("people/second_factors.html", factors=factors.mine(by), left=factors.codes_left(by), codes=codes or [],
                day=clock.day, button=refused or Nothing(None), passkey=Passkey(None), wanted=wanted)


@blueprint.post("/account/second-factors/codes")
@access(signed_in, fresh=True)
def new_codes() -> Any:
    """The codes stand on the answer itself and nowhere else: whoever loses it makes new ones."""
    form = Nothing()
    if not form.validate_on_submit():
        return _second_factors(refused=form), 422
    return _second_factors(factors.new_codes(viewer.current()))


@blueprint.post("/account/second-factors/<uuid:factor_id>/removal")
@access(signed_in, fresh=True)
def drop_factor(factor_id: uuid.UUID) -> Any:
    form = Nothing()
    return answer(form, lambda: factors.drop(viewer.current(), factor_id=factor_id),
                  then=lambda _: url_for("people.second_factors"), again=lambda: _second_factors(refused=form))

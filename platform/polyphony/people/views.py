"""Pages of accounts: sign in and out, leave fast, the account itself, the return phrase."""

from typing import Any

from flask import g, redirect, request, session, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from polyphony.kernel import edge, sums, viewer
from polyphony.kernel.access import access, anyone, signed_in
from polyphony.kernel.forms import answer, refused
from polyphony.kernel.locale import language, lazy
from polyphony.kernel.pages import nav, page
from polyphony.kernel.refusals import Refusal
from polyphony.people import clocks, forms, phrases, rules, service, views_factors, views_passkeys, views_sessions
from polyphony.people.doors import blueprint
from polyphony.people.forms_factors import Passkey

BLUEPRINTS = [blueprint]
__all__ = ["BLUEPRINTS", "views_factors", "views_passkeys", "views_sessions"]
# Whoever has to leave gets away even when the database does not answer.
edge.WITHOUT_DATABASE |= {"people.leave", "people.left"}


@blueprint.get("/sign-in")
@access(anyone, step=True)
def sign_in() -> Any:
    form = forms.SignIn(next=rules.local_place(request.args.get("next"), ""))
    return page("people/sign_in.html", form=form, passkey=Passkey(None, data={"next": form.next.data}))


@blueprint.post("/sign-in")
@access(anyone, step=True)
def sign_in_post() -> Any:
    form = forms.SignIn()
    def again() -> Any:
        return page("people/sign_in.html", form=form, passkey=Passkey(None, data={"next": form.next.data}))
    if not form.validate_on_submit():
        return again(), 422
    try:
        if service.was_missed(form.address.data or ""):
            sums.ensure(form)
        service.sign_in(address=form.address.data or "", password=form.password.data or "")
    except Refusal as refusal:
        return refused(form, refusal, again)
    return redirect(views_factors.after_password(form.next.data), 303)


@blueprint.post("/sign-out")
@access(anyone, step=True)
def sign_out() -> Any:
    service.sign_out()
    return redirect(url_for("openness.front"), 303)


@blueprint.post("/sign-out-everywhere")
@access(signed_in)
def sign_out_everywhere() -> Any:
    service.sign_out_everywhere(viewer.current())
    return redirect(url_for("people.sign_in"), 303)


@blueprint.post("/leave")
@access(anyone, step=True)
def leave() -> Response:
    """End the session and go; an expired form or an absent or busy database must not hold anybody back."""
    try:
        service.end_aside()
    except SQLAlchemyError:
        session.clear()
    response = redirect(url_for("people.left"), 303)
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


blueprint.record_once(lambda state: state.app.extensions["csrf"].exempt(leave))


@blueprint.get("/time")
@access(anyone, step=True)
def left() -> Any:
    """A page like any other, with nothing of Polyphony on it."""
    return page("people/left.html", cities=clocks.around_the_world())


@blueprint.get("/reset")
@access(anyone, step=True)
def ask_reset() -> Any:
    return page("people/ask_reset.html", form=forms.AskReset())


@blueprint.post("/reset")
@access(anyone, step=True)
def ask_reset_post() -> Any:
    form = forms.AskReset()
    return answer(form, sums.behind(form, service.ask_reset), then=lambda _: url_for("people.reset_asked"),
                  again=lambda: page("people/ask_reset.html", form=form))


@blueprint.get("/reset/asked")
@access(anyone, step=True)
def reset_asked() -> Any:
    return page("people/reset_asked.html")


@blueprint.get("/new-password/<token>")
@access(anyone)
def choose_password(token: str) -> Any:
    good = service.reset_is_good(token)
    shown = page("people/choose_password.html", form=forms.ChoosePassword(), token=token, good=good)
    return shown if good else (shown, 410)


@blueprint.post("/new-password/<token>")
@access(anyone)
def choose_password_post(token: str) -> Any:
    form = forms.ChoosePassword()
    if not service.reset_is_good(token):  # before the slow work on a password, and before anything is said of it
        return page("people/choose_password.html", form=form, token=token, good=False), 410
    return answer(form, lambda **typed: service.choose_password(token=token, **typed),
                  then=lambda _: views_factors.after_link(),
                  again=lambda: page("people/choose_password.html", form=form, token=token, good=True))


def _account(**shown: Any) -> Any:
    me = service.myself(viewer.current())
    given = {"form": None, "password_form": None, **shown}
    # Two forms on one page: the one that was not sent must not read what was typed in the other.
    form = given["form"] or forms.Account(None, obj=me)
    password_form = given["password_form"] or forms.ChangePassword(None)
    return page("people/account.html", form=form, password_form=password_form, button=forms.Nothing(None))


@blueprint.get("/account")
@access(signed_in)
def account() -> Any:
    return _account()


@blueprint.post("/account")
@access(signed_in)
def account_post() -> Any:
    form = forms.Account()
    return answer(form, lambda **typed: service.change_account(viewer.current(), **typed),
                  then=lambda _: url_for("people.account"), again=lambda: _account(form=form))


@blueprint.post("/account/password")
@access(signed_in)
def change_password() -> Any:
    form = forms.ChangePassword()
    return answer(form, lambda **typed: service.change_password(viewer.current(), **typed),
                  then=lambda _: url_for("people.account"), again=lambda: _account(password_form=form))


@blueprint.get("/come-back")
@access(anyone)
def come_back() -> Any:
    g.leave_fast = True
    return page("people/come_back.html", form=forms.ComeBack(next=rules.local_place(request.args.get("next"), "")))


@blueprint.post("/come-back")
@access(anyone)
def come_back_post() -> Any:
    g.leave_fast = True
    form = forms.ComeBack()
    def again() -> Any:
        return page("people/come_back.html", form=form)
    if not form.validate_on_submit():
        return again(), 422
    try:
        sums.ensure(form)
        if not phrases.come_back(phrases.normalise(form.words.data or "")):
            raise rules.UnknownPhrase()
    except Refusal as refusal:
        return refused(form, refusal, again)
    return redirect(rules.local_place(form.next.data, url_for("inputs.inbox", lang=language())), 303)


def _is_visitor(by: viewer.Viewer) -> bool:
    return not by.is_signed_in and not by.is_phrase


nav("people.come_back", lazy("Come back"), _is_visitor)
nav("people.sign_in", lazy("Sign in"), _is_visitor)
nav("people.account", lazy("Your account"), lambda by: by.is_signed_in)

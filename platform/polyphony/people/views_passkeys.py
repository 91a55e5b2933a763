"""Passkeys, for browsers with scripts: questions as JSON, answers as forms. Every page works without them."""

from typing import Any

from flask import url_for

from polyphony.kernel import viewer
from polyphony.kernel.access import access, anyone
from polyphony.kernel.forms import answer
from polyphony.kernel.pages import page
from polyphony.people import factors
from polyphony.people.doors import blueprint
from polyphony.people.forms import Nothing
from polyphony.people.forms_factors import Passkey
from polyphony.people.views_factors import onwards, owner


@blueprint.post("/sign-in/passkey/question")
@access(anyone, step=True)
def passkey_question() -> Any:
    return _passkeys().ask()


@blueprint.post("/sign-in/passkey")
@access(anyone, step=True)
def use_passkey() -> Any:
    form = Passkey()
    return answer(form, lambda answer, **_: _passkeys().take(answer), then=lambda _: onwards(form.next.data),
                  again=lambda: _refused(form))


@blueprint.post("/account/passkeys/question")
@access(owner, fresh=True, step=True)
def new_passkey_question() -> Any:
    return _passkeys().ask_for_new()


@blueprint.post("/account/passkeys")
@access(owner, fresh=True, step=True)
def add_passkey() -> Any:
    form = Passkey()
    return answer(form, lambda answer, label, **_: _passkeys().add(answer=answer, label=label or ""),
                  then=lambda _: url_for("people.second_factors", next=form.next.data or None),
                  again=lambda: _refused(form))


def _passkeys() -> Any:
    """What asks for passkeys and reads them, loaded when the first is used: it is heavy, and many places need none."""
    from polyphony.people import passkeys

    return passkeys


def _refused(form: Any) -> Any:
    """What a browser said that was no passkey's answer: the way back, by code or by password."""
    by = viewer.current()
    back = "people.second_step" if factors.step() else "people.prove" if by.is_signed_in else "people.sign_in"
    return page("people/passkey_refused.html", form=form, back=url_for(back, next=form.next.data or None),
                button=Nothing(None))

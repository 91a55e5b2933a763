"""Pages of sessions: where she is signed in, ending one or all others, and showing once more that it is she."""

import uuid
from typing import Any

from flask import request, url_for

from polyphony.kernel import clock, viewer
from polyphony.kernel.access import access, signed_in
from polyphony.kernel.forms import answer
from polyphony.kernel.pages import page
from polyphony.people import factors, rules, sessions
from polyphony.people.doors import blueprint
from polyphony.people.forms import Nothing
from polyphony.people.forms_factors import Passkey, Prove
from polyphony.people.views_factors import onwards


@blueprint.get("/account/sessions")
@access(signed_in)
def all_sessions() -> Any:
    return _sessions(Nothing(None))


def _sessions(button: Any) -> Any:
    by = viewer.current()
    return page("people/sessions.html", sessions=sessions.mine(by), button=button,
                moment=lambda at: clock.moment(at, by.time_zone or "UTC"))


@blueprint.post("/account/sessions/<uuid:session_id>/end")
@access(signed_in)
def end_session(session_id: uuid.UUID) -> Any:
    form = Nothing()
    return answer(form, lambda: sessions.end(viewer.current(), session_id=session_id),
                  then=lambda _: url_for("people.all_sessions"), again=lambda: _sessions(form))


@blueprint.post("/account/sessions/others/end")
@access(signed_in)
def end_other_sessions() -> Any:
    form = Nothing()
    return answer(form, lambda: sessions.end_others(viewer.current()),
                  then=lambda _: url_for("people.all_sessions"), again=lambda: _sessions(form))


@blueprint.get("/account/proof")
@access(signed_in)
def prove() -> Any:
    return _prove(Prove(next=rules.local_place(request.args.get("next"), "")))


def _prove(form: Any) -> Any:
    kinds = {row["kind"] for row in factors.behind()} - {None}
    return page("people/prove.html", form=form.asking(bool(kinds)), has_passkey="passkey" in kinds,
                through=viewer.current().card.get("through"),
                passkey=Passkey(None, data={"next": form.next.data}))


@blueprint.post("/account/proof")
@access(signed_in)
def prove_post() -> Any:
    by, form = viewer.current(), Prove().asking(factors.needs_code())
    return answer(form, lambda present, next, code="": factors.prove(by, password=present, code=code),
                  then=lambda _: onwards(form.next.data), again=lambda: _prove(form))

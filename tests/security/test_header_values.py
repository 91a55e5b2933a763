"""What every answer carries, each with what it stands against; and the protection of every form against forgery."""

import re
import uuid
from dataclasses import replace
from typing import Any

import pytest
from tests import make

from polyphony.app import application
from polyphony.kernel.access import access, anyone

# Directive of the content policy: what it keeps away.
POLICY = {
    "default-src 'none'": "everything that is not named here", "script-src 'self'": "scripts of others, and scripts inside a page",
    "style-src 'self'": "styles of others, which can read a page", "img-src 'self'": "pictures that report who looks",
    "connect-src 'self'": "a script of ours made to talk to others", "worker-src 'self'": "scripts of others beside a page",
    "form-action 'self'": "a form that sends words elsewhere",
    "base-uri 'none'": "a page whose addresses are bent", "frame-ancestors 'none'": "a page laid invisibly over another",
}
# Header: what it must say.
SAID = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "DENY", "X-Permitted-Cross-Domain-Policies": "none",
}
PLACES = ("/en/", "/en/no/such/place", "/static/polyphony.css", "/healthz", "/en/fund/calls/x")
FRESH = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@pytest.mark.parametrize("place", PLACES)
def test_every_answer_is_dressed(world: Any, place: str) -> None:
    answer = world.client().get(place)
    answer.close()
    assert {*answer.headers["Content-Security-Policy"].split("; ")} == {*POLICY}
    assert {name: answer.headers.get(name) for name in SAID} == SAID
    for sense in ("camera", "microphone", "geolocation"):
        assert f"{sense}=()" in answer.headers["Permissions-Policy"]


def test_what_is_said_to_somebody_is_stored_nowhere(world: Any) -> None:
    make.person(world, "me@x.example")
    client = world.client()
    assert client.get("/en/").headers["Cache-Control"] == "private, no-cache"
    assert client.post("/en/sign-in", data={}).headers["Cache-Control"] == "no-store", "what was typed comes back in it"
    make.sign_in(client, "me@x.example")
    assert client.get("/en/").headers["Cache-Control"] == "no-store"
    asset = client.get("/static/polyphony.css?v=1")
    asset.close()
    assert "immutable" in asset.headers["Cache-Control"], "what everybody gets may be kept"


def test_what_people_sent_is_handed_over_in_a_box(world: Any) -> None:
    def view() -> str:
        from flask import g

        g.sandboxed = True
        return "x"

    world.app.add_url_rule("/<lang>/planted", "planted", access(anyone)(view))
    kept = world.client().get("/en/planted").headers["Content-Security-Policy"]
    assert {*kept.split("; ")} == {"sandbox", "default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"}


def test_over_https_nothing_goes_back_to_plain_lines(world: Any) -> None:
    make.person(world, "me@x.example")
    with application(replace(world.settings, base_url="https://polyphony.example")) as app:
        app.config["WTF_CSRF_ENABLED"] = False
        answer = app.test_client().post("/en/sign-in", base_url="https://polyphony.example", data={
            "address": "me@x.example", "password": make.PASSWORD})
    assert "max-age=63072000" in answer.headers["Strict-Transport-Security"]
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-polyphony=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {*cookie.split("; ")}
    assert "Domain" not in cookie
    assert "Strict-Transport-Security" not in world.client().get("/en/").headers


def test_a_form_without_its_token_does_nothing(world: Any) -> None:
    """Forged forms: nobody is signed in by one, and nobody's password is asked for."""
    make.person(world, "me@x.example")
    with application(world.settings) as app:
        client = app.test_client()
        sent = {"address": "me@x.example", "password": make.PASSWORD, "once": str(uuid.uuid4())}
        forged = client.post("/en/sign-in", data=sent)
        assert forged.status_code in (400, 403, 409, 422)
        assert client.get("/en/home").status_code == 403
        token = FRESH.search(client.get("/en/sign-in").get_data(as_text=True))
        assert token
        assert client.post("/en/sign-in", data={**sent, "csrf_token": token[1]}).status_code == 303
        assert client.get("/en/home").status_code == 200


def test_a_form_takes_no_token_of_another_browser(world: Any) -> None:
    make.person(world, "me@x.example")
    with application(world.settings) as app:
        token = FRESH.search(app.test_client().get("/en/sign-in").get_data(as_text=True))
        assert token
        sent = {"address": "me@x.example", "password": make.PASSWORD, "csrf_token": token[1]}
        assert app.test_client().post("/en/sign-in", data=sent).status_code != 303

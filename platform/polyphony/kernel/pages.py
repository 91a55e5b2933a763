"""Pages and fragments: a fragment is a named block of the page's own template, so they cannot differ."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Response, g, make_response, redirect, render_template, request, url_for
from jinja2_fragments.flask import render_block

from polyphony.kernel import locale, viewer
from polyphony.kernel.database import db
from polyphony.kernel.locale import _

NAV: list[tuple[str, Any, Callable[[viewer.Viewer], bool]]] = []


def nav(endpoint: str, label: Any, when: Callable[[viewer.Viewer], bool] = lambda v: True) -> None:
    """Put a room's door into the head of every page (only finished rooms have one)."""
    if (endpoint, label) not in [(e, t) for e, t, _ in NAV]:
        NAV.append((endpoint, label, when))


def page(template: str, *, fragment: str | None = None, **context: Any) -> Response:
    """Render a page, or only its block `fragment` when htmx asks for the target of that name.

    Constraints are checked first, so that nothing is shown that the database would refuse to keep.
    """
    if request.method not in ("GET", "HEAD"):
        db.session.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))
    target = request.headers.get("HX-Target")
    if fragment and request.headers.get("HX-Request") == "true" and target == fragment:
        response = make_response(render_block(template, fragment, **context))
    else:
        response = make_response(render_template(template, **context))
    response.vary.update(["HX-Request", "HX-Target"])
    return response


def reading() -> None:
    """A page of a consultation: who reads it for no body can leave it fast, and her browser keeps nothing."""
    by = viewer.current()
    g.leave_fast = not by.is_signed_in or by.is_stakeholder


def sent_to(place: str) -> Response:
    """The way to a page; htmx is told to go to another one as a whole, so that it does not land inside this one."""
    here = urlsplit(request.headers.get("HX-Current-URL", "")).path
    if request.headers.get("HX-Request") == "true" and urlsplit(place).path != here:
        return Response("", 204, {"HX-Redirect": place, "Cache-Control": "no-store"})
    return make_response(redirect(place, 303))


def _elsewhere() -> Callable[[str], str | None]:
    """This page's address in another language; None where there is no such page. Routed once, not seven times."""
    if not request.endpoint or g.get("stay") or request.method not in ("GET", "HEAD"):
        return lambda code: None
    if "lang" not in (request.view_args or {}) and not g.get("lang_in_url"):
        return lambda code: None
    query = {k: v for k, v in request.args.items() if k not in (request.view_args or {})}
    address = url_for(request.endpoint, **{**(request.view_args or {}), **query, "lang": "en"})
    before, _language, after = address.partition("/en/")
    return lambda code: f"{before}/{code}/{after}"


def _way_out(by: viewer.Viewer) -> list[dict[str, Any]]:
    """Signing out, at the end of the doors."""
    if by.is_signed_in or by.is_phrase:
        return [{"label": _("Sign out"), "url": url_for("people.sign_out"), "current": False, "post": True}]
    return []


def base_context() -> dict[str, Any]:
    """What the layout needs on every page."""
    by = viewer.current()
    code, elsewhere = locale.language(), _elsewhere()
    return {
        "viewer": by, "lang": code, "direction": locale.direction(code),
        "languages": [{"code": x.code, "name": x.name, "direction": x.direction, "url": elsewhere(x.code)}
                      for x in locale.interface()],
        "nav": [{"label": label, "url": url_for(endpoint), "current": request.endpoint == endpoint}
                for endpoint, label, when in NAV if when(by)] + _way_out(by),
        "footer_links": g.get("footer_links") or FOOTER(),
        "leave_fast": by.is_phrase or by.is_stakeholder or bool(g.get("leave_fast")),
        "with_scripts": not g.get("no_scripts"),
    }


def FOOTER() -> list[dict[str, str]]:
    return []

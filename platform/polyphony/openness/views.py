"""The front page, each role's home, and the public pages about the place itself."""

from typing import Any

from flask import Blueprint, Response, current_app, g, redirect, url_for

from polyphony.kernel import pages, viewer
from polyphony.kernel.access import access, anyone, signed_in
from polyphony.kernel.locale import lazy
from polyphony.kernel.pages import page
from polyphony.openness import home as waits
from polyphony.openness import papers as asked
from polyphony.openness import service

door = Blueprint("door", __name__)
blueprint = Blueprint("openness", __name__, url_prefix="/<lang>")
BLUEPRINTS = [door, blueprint]

ORDER = ("openness.home", "inputs.inbox", "consultations.index", "fund.index", "organisations.mine",
         "openness.protect", "people.come_back", "people.account", "people.sign_in")
pages.nav("openness.home", lazy("Home"), lambda by: by.is_signed_in)
pages.nav("consultations.index", lazy("Consultations"), lambda by: "consultations.index" in current_app.view_functions)
pages.nav("fund.index", lazy("The pooled fund"), lambda by: not by.is_signed_in or bool(by.of("funds")))
pages.nav("openness.protect", lazy("How we protect you"), lambda by: not by.is_signed_in)
# The directory is found at home and at the foot of every page: the head is for what people do each day.
pages.NAV[:] = [entry for entry in pages.NAV if entry[0] != "organisations.directory"]
pages.NAV.sort(key=lambda entry: ORDER.index(entry[0]) if entry[0] in ORDER else len(ORDER))
FOOTER = (
    ("openness.protect", lazy("How we protect you")), ("openness.papers", lazy("The papers ask, see it here")),
    ("fund.index", lazy("The pooled fund")), ("organisations.directory", lazy("Organisations that take part")),
    ("people.come_back", lazy("Come back with your return phrase")),
)


def _footer() -> list[dict[str, Any]]:
    return service.footer(FOOTER)


pages.FOOTER = _footer


@door.get("/")
@access(anyone)
def best_language() -> Any:
    """To the front page in the language that the browser asks for."""
    answer = redirect(url_for("openness.front", lang=g.lang))
    answer.vary.add("Accept-Language")
    return answer


@blueprint.get("/")
@access(anyone)
def front() -> Response:
    lists = service.listed()
    return page("openness/front.html", lists=lists, told=service.told(lists), funds=service.funds(), links=_links(
        come_back="people.come_back", sign_in="people.sign_in", every="consultations.index"))


@blueprint.get("/home")
@access(signed_in)
def home() -> Response:
    by = viewer.current()
    lists = service.mine(by)
    return page("openness/home.html", waits=waits.waiting(by, lists), lately=waits.lately(by), lists=lists,
                sent=waits.sent(by),
                doors=waits.doors(by), is_watching=by.is_steward or by.is_auditor)


@blueprint.get("/protection")
@access(anyone)
def protect() -> Response:
    return page("openness/protect.html", links=_links(come_back="people.come_back"))


@blueprint.get("/papers")
@access(anyone)
def papers() -> Response:
    return page("openness/papers.html", practices=asked.practices(service.example()))


def _links(**endpoints: str) -> dict[str, str | None]:
    return {name: service.where(endpoint) for name, endpoint in endpoints.items()}

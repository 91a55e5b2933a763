"""Who may come to a page at all: tried on every address with ids of things that never were, before any row is looked at.

A page that is not said here to be for everybody is for somebody: strangers are sent away before anything is looked up.
A new page for everybody has to be written down here, and is read by somebody before it is.
"""

import re
import uuid
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from tests import make

from conftest import open_world
from polyphony.folders import root
from polyphony.kernel import secrets
from polyphony.kernel.access import access, anyone

# Pages for everybody, by their room.
EVERYBODY = {
    "auditing": "heads",
    "consultations": "show by_link index",
    "entrance": "door find begin back back_post",
    "entrance_door": "back_in_any_language",
    "feedback": "theme record answers ground_views",
    "fund": "calls bodies statement index call",
    "inputs": "index begin without_account",
    "kernel": "healthz readyz",
    "openness": "front papers protect",
    "door": "best_language",
    "organisations": "invitation_post invitation joined directory",
    "people": "sign_in_post ask_reset_post sign_out come_back come_back_post choose_password choose_password_post sign_in leave reset_asked left ask_reset "
              "second_step second_step_post passkey_question use_passkey",
    "retention": "kept erased",
    "uploads": "attachment",
    "vault": "keyholders tool",
}
# Pages for whoever is signed in, whatever her role; most of them tell or take only what is her own.
SIGNED_IN = {
    "consultations": "succession prepare",
    "entrance": "account unlink",
    "feedback": "ground object refuse_translator",
    "fund": "grant take_grant letter payee",
    "inputs": "refuse_translator check send say inbox sent change choices keep_choices keep_words withdraw remove_file mine",
    "languages": "piece review write desk",
    "notices": "seen inbox",
    "openness": "home",
    "people": "account account_post change_password sign_out_everywhere all_sessions end_session end_other_sessions prove "
              "prove_post second_factors add_app add_app_post drop_factor new_codes add_passkey new_passkey_question",
    "retention": "mine download erase erased_now",
    "vault": "identity leave withdraw",
}
SENT_AWAY = {"visitor": "Please sign in to go on.", "nobody": "This page is for somebody else's role."}
VIEWS = sorted(".".join(path.relative_to(root() / "platform").with_suffix("").parts)
               for path in (root() / "platform" / "polyphony").rglob("*.py") if re.search(r"(?<!def )\baccess\(", path.read_text("utf-8")))


@pytest.fixture(scope="session")
def doors(server: Any, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A place where nothing is, a visitor, and a member of nothing."""
    server.create_database("doors", template=template)
    world = open_world(server, "doors", tmp_path_factory.mktemp("doors"))
    world.facts["nobody"] = make.person(world, "nobody@x.example")
    yield world
    world.close()
    server.drop_database("doors")


def named(words: dict[str, str]) -> set[str]:
    return {f"{room}.{name}" for room, names in words.items() for name in names.split()}


def _filled(gap: re.Match[str]) -> str:
    """Something that fits a gap of an address and is not there."""
    kind = gap[1] or ""
    if kind.startswith("any("):
        return kind[4:-1].split(",")[0].strip(" '\"")
    return "en" if gap[2] == "lang" else {"uuid": str(uuid.uuid4()), "int": "1"}.get(kind, "x")


def pages(world: Any, module: str) -> dict[str, list[tuple[str, str]]]:
    """By endpoint, each method and address of one module's views, with ids of nothing in their gaps."""
    found: dict[str, list[tuple[str, str]]] = {}
    for rule in world.app.url_map.iter_rules():
        if world.app.view_functions[rule.endpoint].__module__ == module:
            address = re.sub(r"<(?:([^<>:]+):)?(\w+)>", _filled, rule.rule)
            found.setdefault(rule.endpoint, []).extend((method, address) for method in sorted(rule.methods - {"HEAD", "OPTIONS"}))
    return found


def browser(world: Any, who: str) -> Any:
    """A fresh browser, for some of the pages sign one out."""
    client = world.client()
    if who == "nobody":
        with client.session_transaction() as session:
            session["key"] = secrets.text_of(make.session_of(world, world.facts["nobody"]))
    return client


COME_BACK = "Please come back with your return phrase, or sign in"  # to a page that a return phrase may open
SIGNED_OUT = "You are no longer signed in"  # to a form for members: she was signed in when she opened it


def admitted(world: Any, who: str, module: str) -> set[str]:
    """Pages that let this person in: whatever else they answer, also a no of their own, they do not say what the rule says."""
    return {endpoint for endpoint, each in pages(world, module).items() for method, address in each
            if not any(words in unescape(browser(world, who).open(address, method=method).data.decode(errors="replace"))
                       for words in (SENT_AWAY[who], COME_BACK, SIGNED_OUT))}


CORE = {"polyphony.inputs.views_facilitator", "polyphony.vault.views"}  # the others take seconds, together


@pytest.mark.parametrize("module", [each if each in CORE else pytest.param(each, marks=pytest.mark.slow) for each in VIEWS])
def test_a_page_is_for_whom_it_says(doors: Any, module: str) -> None:
    there = set(pages(doors, module))
    assert there, "its pages are in no list of the application"
    assert admitted(doors, "visitor", module) == there & named(EVERYBODY)
    assert admitted(doors, "nobody", module) == there & (named(EVERYBODY) | named(SIGNED_IN))


def test_no_page_stands_outside_of_this(doors: Any) -> None:
    assert {view.__module__ for name, view in doors.app.view_functions.items() if name != "static"} == set(VIEWS)


def test_no_page_is_said_that_is_not_there(doors: Any) -> None:
    assert (named(EVERYBODY) | named(SIGNED_IN)) <= set(doors.app.view_functions)


def test_a_page_left_open_is_found(world: Any) -> None:
    world.app.add_url_rule("/<lang>/planted", "planted", access(anyone)(lambda: "here I am"))
    assert admitted(world, "visitor", __name__) == {"planted"}

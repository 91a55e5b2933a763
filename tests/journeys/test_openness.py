"""A newcomer's first minutes: the demo loads once, the front page and each role's home say what is true."""

import time
from dataclasses import replace
from typing import Any

import pytest
from flask import g

from polyphony.demo.cast import PASSWORD, PHRASE
from polyphony.demo.load import load_if_empty
from polyphony.people import phrases
from polyphony.settings import UnsafeSetting


def test_the_demo_loads_once_and_says_how_to_walk_in(world: Any) -> None:
    begun = time.perf_counter()
    lines = load_if_empty(world.settings)
    assert time.perf_counter() - begun < 15
    assert any("lead@halcyon.example" in line for line in lines)
    assert any(PHRASE in line for line in lines)
    assert load_if_empty(world.settings) == lines
    assert world.sql("SELECT count(*) FROM people.person") == [(22,)]
    assert world.sql("SELECT state, count(*) FROM consultations.consultation GROUP BY 1 ORDER BY 1") == [
        ("closed", 1), ("open", 1), ("published", 1)]


def test_the_demo_leaves_row_security_forced(demo: Any) -> None:
    assert demo.sql("SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                    "WHERE c.relkind = 'r' AND c.relrowsecurity AND NOT c.relforcerowsecurity "
                    "AND n.nspname NOT IN ('jobs')") == []


def test_tern_is_late_once_and_owes_twice(demo: Any) -> None:
    assert demo.sql("SELECT late_days FROM feedback.answer WHERE late_days > 0") == [(24,)]
    assert demo.sql("SELECT count(*) FROM feedback.default") == [(1,)]


def test_the_demo_is_never_mixed_with_anything_else(world: Any) -> None:
    world.sql("INSERT INTO people.person (id, name, language, time_zone, mail_opt_in) VALUES "
              "(gen_random_uuid(), 'Somebody', 'en', 'UTC', false)")
    said = load_if_empty(world.settings)
    assert len(said) == 1
    assert "not loaded" in said[0]
    assert world.sql("SELECT count(*) FROM people.person") == [(1,)]


def test_the_demo_is_refused_on_a_public_address(world: Any) -> None:
    with pytest.raises(UnsafeSetting):
        load_if_empty(replace(world.settings, public=True))


@pytest.mark.parametrize("lang", ["en", "ar", "sw"])
def test_a_visitor_sees_open_consultations_with_their_promised_dates(demo: Any, lang: str) -> None:
    titles = dict(demo.sql("SELECT lang, text FROM languages.translation WHERE field = 'title' AND kind = 'consultation' "
                           "AND subject_id = (SELECT id FROM consultations.consultation WHERE state = 'open')"))
    titles["en"] = "Safety alerts before launch in East Africa"
    text = demo.client().get(f"/{lang}/").get_data(as_text=True)
    assert titles[lang] in text
    assert f'lang="{lang}" dir="{"rtl" if lang == "ar" else "ltr"}"' in text
    promised = demo.sql("SELECT promised_on FROM consultations.consultation WHERE state = 'open'")[0][0]
    assert f'datetime="{promised.isoformat()}"' in text


def test_the_bare_address_leads_to_the_language_the_browser_asks_for(world: Any) -> None:
    answer = world.client().get("/", headers={"Accept-Language": "de, sw;q=0.8, en;q=0.5"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/sw/"


def test_nobody_sees_a_draft_on_the_front_page(world: Any) -> None:
    load_if_empty(world.settings)
    world.sql("ALTER TABLE consultations.consultation DISABLE TRIGGER promises_hold")
    world.sql("UPDATE consultations.consultation SET state = 'draft' WHERE state = 'open'")
    assert "Safety alerts" not in world.client().get("/en/").get_data(as_text=True)


def test_public_pages_stay_within_their_budget_and_lead_nowhere_missing(demo: Any) -> None:
    for path in ("/en/", "/ar/protection", "/sw/papers"):
        answer = demo.client().get(path)
        assert answer.status_code == 200, path
        assert "None" not in answer.get_data(as_text=True)


def test_home_asks_a_visitor_to_sign_in(world: Any) -> None:
    assert world.client().get("/en/home").status_code in (302, 303, 403)


@pytest.mark.parametrize("address", ["lead@tern.example", "facilitator@opentable.example", "coordinator@masar.example",
                                     "steward1@polyphony.example", "auditor@polyphony.example"])
def test_each_role_has_a_home_of_the_same_shape(demo: Any, address: str) -> None:
    client = demo.client()
    answer = client.post("/en/sign-in", data={"address": address, "password": PASSWORD})
    assert answer.status_code == 303
    text = client.get("/en/home").get_data(as_text=True)
    assert "What waits for you" in text
    assert "What is moving" in text
    takes_part = address not in ("steward1@polyphony.example", "auditor@polyphony.example")
    assert ("Safety alerts before launch in East Africa" in text) == takes_part


def test_the_printed_phrase_opens_the_demo(demo: Any) -> None:
    assert phrases.normalise(PHRASE.upper()) == PHRASE.split()
    answer = demo.client().post("/sw/come-back", data={"words": PHRASE})
    assert answer.status_code == 303


@pytest.mark.parametrize(("address", "path", "at_most"), [
    ("", "/ar/", 6), ("", "/sw/protection", 6), ("", "/en/papers", 6), ("lead@tern.example", "/en/home", 10),
    ("facilitator@opentable.example", "/fr/home", 10), ("coordinator@sauti.example", "/sw/home", 10)])
def test_pages_ask_the_database_little(demo: Any, address: str, path: str, at_most: int) -> None:
    with demo.client() as client:
        if address:
            client.post("/en/sign-in", data={"address": address, "password": PASSWORD})
        assert client.get(path).status_code == 200
        assert g.sql <= at_most

"""A newcomer's first minutes: the demo loads once, the front page and each role's home say what is true."""

import re
import uuid
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from flask import g

import make
from polyphony.demo.cast import PASSWORD, PHRASE
from polyphony.demo.load import load_if_empty
from polyphony.organisations.models import Approval
from polyphony.people import phrases
from polyphony.settings import UnsafeSetting


def test_the_demo_loads_once_and_says_how_to_walk_in(world: Any) -> None:
    lines = load_if_empty(world.settings)
    assert any("lead@halcyon.example" in line for line in lines)
    assert any(PHRASE in line for line in lines)
    assert load_if_empty(world.settings) == lines
    assert world.sql("SELECT count(*) FROM people.person") == [(38,)]
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
        assert "None" not in answer.get_data(as_text=True).replace("None of them decides", "")


def test_the_page_for_a_worried_person_says_what_the_threat_model_gives_away(demo: Any) -> None:
    page = unescape(demo.client().get("/en/protection").get_data(as_text=True))
    for said in ("takes over the server can read all words", "which account wrote what", "Those who operate the server could read the same",
                 "only a written reason of safety can delay that", "Only a hold delays that", "No page shows it to anybody but the author"):
        assert said in page


def test_home_asks_a_visitor_to_sign_in(world: Any) -> None:
    assert world.client().get("/en/home").status_code in (302, 303, 403)


@pytest.mark.parametrize("address", ["lead@tern.example", "facilitator@opentable.example", "coordinator@masar.example",
                                     "steward1@polyphony.example", "auditor@polyphony.example"])
def test_each_role_has_a_home_of_the_same_shape(demo: Any, address: str) -> None:
    client = make.sign_in(demo.client(), address, PASSWORD)
    text = client.get("/en/home").get_data(as_text=True)
    assert "What waits for you" in text
    assert "What is moving" in text
    assert "Safety alerts before launch in East Africa" in text
    watches = address in ("steward1@polyphony.example", "auditor@polyphony.example")
    assert ("What is moving here" in text) == watches


def _home(demo: Any, address: str, lang: str = "en") -> str:
    client = make.sign_in(demo.client(), address, PASSWORD)
    return str(client.get(f"/{lang}/home").get_data(as_text=True))


@pytest.mark.parametrize("address", ["lead@tern.example", "decider@tern.example"])
def test_a_company_that_owes_answers_finds_them_first(demo: Any, address: str) -> None:
    waits = _home(demo, address).split("What waits for you")[1].split("What is moving")[0]
    first = waits.split("<li")[1]
    assert "Give the 2 answers your company owes" in first
    assert "days late" in first
    assert "our-answers" in first
    assert "your company owes" not in _home(demo, "lead@halcyon.example"), "peers neither owe nor learn of it here"


def test_the_facilitator_finds_unread_inputs_before_what_is_due_in_months(demo: Any) -> None:
    waits = _home(demo, "facilitator@opentable.example").split("What waits for you")[1].split("What is moving")[0]
    assert waits.index("wait to be read") < waits.index("Facilitate:")


def test_whoever_has_said_nothing_is_asked_to_speak_and_others_are_not(demo: Any) -> None:
    spoke = {row[0] for row in demo.sql(
        "SELECT o.name FROM organisations.organisation o JOIN organisations.membership m ON m.organisation_id = o.id "
        "JOIN inputs.authorship a ON a.person_id = m.person_id JOIN inputs.input i ON i.id = a.input_id "
        "JOIN consultations.consultation c ON c.id = i.consultation_id WHERE c.state = 'open'")}
    invited = {row[0] for row in demo.sql(
        "SELECT o.name FROM consultations.invited i JOIN organisations.organisation o ON o.id = i.organisation_id "
        "JOIN consultations.consultation c ON c.id = i.consultation_id WHERE c.state = 'open'")}
    asked = {}
    for house in ("sauti", "jaringan", "derechos", "masar", "mare", "voix"):
        text = _home(demo, f"coordinator@{house}.example")
        (name,) = {n for n, in demo.sql("SELECT name FROM organisations.organisation") if f'<p class="over">{n}</p>' in text}
        asked[name] = "Say what you think:" in text
    assert {name for name, told in asked.items() if told} == invited - spoke


def test_translators_find_their_desk_and_news_is_on_the_home(demo: Any) -> None:
    assert "Translate: " in _home(demo, "translator@sauti.example")
    assert "What happened lately" in _home(demo, "coordinator@masar.example")


def test_a_steward_is_told_who_asks_to_join_until_she_has_had_her_say(world: Any) -> None:
    steward = make.person(world, "steward1@polyphony.example", roles=("steward",))
    make.organisation(world, "Here already")
    asks = make.organisation(world, "Asks to join", admitted=False)
    client = make.sign_in(world.client(), "steward1@polyphony.example")
    assert "1 organisation asks to join" in client.get("/en/home").get_data(as_text=True)
    make.add(world, Approval(id=uuid.uuid4(), organisation_id=asks, person_id=steward, admits=True, words="Known.",
                             at=make.now()))
    assert "to join" not in client.get("/en/home").get_data(as_text=True)


def test_the_printed_phrase_opens_the_demo(demo: Any) -> None:
    assert phrases.normalise(PHRASE.upper()) == PHRASE.split()
    answer = demo.client().post("/sw/come-back", data={"words": PHRASE})
    assert answer.status_code == 303


@pytest.mark.parametrize(("address", "path", "at_most"), [
    ("", "/ar/", 6), ("", "/sw/protection", 6), ("", "/en/papers", 6), ("lead@tern.example", "/en/home", 10),
    ("facilitator@opentable.example", "/fr/home", 10), ("coordinator@sauti.example", "/sw/home", 10),
    ("translator@sauti.example", "/en/home", 10), ("steward1@polyphony.example", "/en/home", 10),
    ("phrase", "/en/inbox", 10)])
def test_pages_ask_the_database_little(demo: Any, address: str, path: str, at_most: int) -> None:
    with demo.client() as client:
        if address == "phrase":
            client.post("/en/come-back", data={"words": PHRASE})
        elif address:
            make.sign_in(client, address, PASSWORD)
        assert client.get(path).status_code == 200
        assert g.sql <= at_most


def _rows_of(text: str) -> list[str]:
    """The score's table as text, one line for each event."""
    table = text.split('class="score"')[1].split("<tbody>")[1].split("</tbody>")[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in table.split("</tr>")[:-1]]


def test_the_front_page_draws_one_answered_consultation_with_its_real_days(demo: Any) -> None:
    rows = _rows_of(demo.client().get("/en/").get_data(as_text=True))
    opened, published = demo.sql(
        "SELECT min(t.at)::date, (SELECT max(published_on) FROM feedback.theme WHERE consultation_id = c.id) "
        "FROM consultations.consultation c JOIN consultations.transition t ON t.consultation_id = c.id AND t.end = 'open' "
        "WHERE c.state = 'published' GROUP BY c.id")[0]
    assert rows[0].startswith("Those who spoke inputs begin")
    assert str(opened.year) in rows[0]
    given = [row for row in rows if " answers " in row and f"{published.day} October" in row]
    assert len(given) == 3
    assert rows[-1].startswith("Tern Social owes 2 answers")
    total = sum(int(days) for days in re.findall(r"(\d+) days?$", "\n".join(rows), re.M))
    today = demo.sql("SELECT current_date")[0][0]
    assert total == (today - opened).days, "the days between add up to the whole time"


def test_the_path_turns_round_in_arabic_and_has_no_inline_style(demo: Any) -> None:
    text = demo.client().get("/ar/").get_data(as_text=True)
    assert 'direction="rtl"' in text.split('class="score"')[1]
    assert "style=" not in text


def test_an_author_sees_the_path_of_her_own_words(demo: Any) -> None:
    client = demo.client()
    client.post("/en/come-back", data={"words": PHRASE})
    text = client.get("/en/inbox").get_data(as_text=True)
    rows = _rows_of(text)
    assert rows[0].startswith("Your words said")
    assert rows[1].startswith("Your words read by the facilitator")
    assert any(row.startswith("Tern Social") and "24 days late" in row for row in rows)
    assert 'href="/en/notices"' in text.split("<main")[1].split("</main")[0], "what she was told is linked"
    link = re.search(r'href="(/en/inbox/[0-9a-f-]{36})"', text)
    assert link
    assert _rows_of(client.get(link[1]).get_data(as_text=True)) == rows


def test_the_path_of_a_consultation_waits_for_its_answers_and_tells_no_numbers_of_people(demo: Any) -> None:
    ids = dict(demo.sql("SELECT state, id FROM consultations.consultation"))
    show = {state: demo.client().get(f"/en/consultations/{id}").get_data(as_text=True) for state, id in ids.items()}
    assert 'class="score"' not in show["open"]
    rows = _rows_of(show["closed"])
    assert [row for row in rows if row.startswith("Tern Social 1 answer · 24 days late")]
    assert not [row for row in rows if row.startswith(("Those who spoke", "From the ground")) and
                re.search(r"\d", row.split(" 20")[0].rsplit(" ", 2)[0])]

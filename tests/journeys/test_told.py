"""What pages tell each kind of person: in plain words, at the time at which she needs it, and nobody else."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import psycopg
import pytest
from tests.journeys.test_ways import enter, get, place, told

import make
from polyphony.uploads import rules as uploads

__all__ = ["place"]  # a fixture


def post(client: Any, to: str, **typed: Any) -> str:
    return unescape(client.post(to, data=typed).get_data(as_text=True))


def test_a_translator_is_chosen_by_her_languages_and_gets_further_ones(place: Any) -> None:
    one = make.input_(place.world, place.about, person_id=place.author, read=False)
    fay, desk = enter(place, "fay"), f"{place.at}/translators"
    assert "Sauti · Kiswahili" in get(fay, f"{place.at}/reading/{one}")
    seat = place.world.sql("SELECT id FROM organisations.membership WHERE role = 'translator'")[0][0]
    assert fay.post(desk, data={"person": str(seat), "languages": ["ar", "sw"]}).status_code == 303
    assert place.world.sql("SELECT languages FROM consultations.translator") == [(["sw", "ar"],)]
    assert "appointed for these languages already" in post(fay, desk, person=str(seat), languages=["ar"])


def test_the_facilitator_finds_invited_organisations_where_translators_lack(place: Any) -> None:
    place.world.sql("DELETE FROM consultations.invited")
    page = get(enter(place, "fay"), f"{place.at}/translators").split("<main")[1]
    assert f'href="{place.at}/organisations"' in page


def test_the_facilitator_reads_of_the_author_not_of_herself(place: Any) -> None:
    one = make.input_(place.world, place.about, person_id=place.author, audience="chosen", readers=place.firms)
    fay = enter(place, "fay")
    for page in (get(fay, f"{place.at}/reading"), get(fay, f"{place.at}/reading/{one}")):
        assert "Companies the author chose" in page
        assert "Companies I choose" not in page
    assert "<h1>All parts of the consultation</h1>" in get(fay, f"{place.at}/preparation")


def test_only_those_who_speak_are_told_that_they_can(place: Any) -> None:
    fay = place.world.sql("SELECT id FROM people.person WHERE name = 'Fay'")[0][0]
    make.add(place.world, told(place, "open"), told(place, "open", person_id=fay))
    assert "you can now say what you think" in get(enter(place, "amina"), "/en/notices")
    page = get(enter(place, "fay"), "/en/notices")
    assert "A consultation is open for inputs." in page
    assert "you can now say" not in page


def test_a_founder_reads_that_stewards_decide_first(place: Any) -> None:
    new = make.organisation(place.world, "Newcomers", "stakeholder", admitted=False)
    make.person(place.world, "nia@x.example", "Nia", seats=((new, "coordinator"),))
    nia = enter(place, "nia")
    for address in ("/en/joined", "/en/home"):
        assert "Two stewards still have to admit Newcomers" in get(nia, address)
    assert "Two stewards still" not in get(enter(place, "amina"), "/en/home")


def test_a_changed_password_is_said_to_be_changed(place: Any) -> None:
    visitor = place.world.client()
    assert "Your password is changed" in get(visitor, "/en/sign-in?after=changed")
    assert "Your password is changed" not in get(visitor, "/en/sign-in")


def test_passwords_that_have_to_be_typed_again_are_not_said_to_be_kept(place: Any) -> None:
    page = post(place.world.client(), "/en/sign-in", address="amina@x.example", password="not this one at all")
    assert "passwords have to be typed again" in page
    assert "Nothing you typed is lost" not in page


@pytest.mark.parametrize(("over", "said"), [(1, "1 character too long; at most 20,000"), (2, "2 characters too long")])
def test_how_much_is_too_long_is_said_in_grammar(place: Any, over: int, said: str) -> None:
    assert said in post(enter(place, "amina"), f"{place.at}/say", text="m" * (20_000 + over), lang="en")


def test_the_last_day_is_told_with_its_hour_to_those_who_speak(place: Any) -> None:
    soon = make.now() + timedelta(hours=5)
    place.world.sql("UPDATE consultations.consultation SET closes_at = %s, time_zone = 'Africa/Nairobi'", soon)
    local = (soon + timedelta(hours=3)).strftime("%H:%M")
    assert re.search(rf"Speak until [^<]*{local} \(Nairobi\)", get(place.world.client(), "/en/"))
    home = get(enter(place, "amina"), "/en/home")
    assert f"{local} (Nairobi)" in home.split("What is moving")[0]
    make.person(place.world, "lead@x.example", "Lead", seats=((place.firms[0], "engagement_lead"),))
    theirs = get(enter(place, "lead"), "/en/home")
    assert "Inputs end:" in theirs
    assert "Speak until" not in theirs


def test_closed_consultations_are_not_headed_as_open(place: Any) -> None:
    make.consultation(place.world, place.firms, state="draft")
    make.person(place.world, "lead@x.example", "Lead", seats=((place.firms[0], "engagement_lead"),))
    assert "Announced and open" not in get(enter(place, "lead"), "/en/consultations")


@pytest.mark.parametrize(("name", "said"), [("letter.pdf", "not what it seems"), ("letter.PDF", "not what it seems"),
                                            ("letter.abc", "cannot clean this kind"), ("pdf", "not what it seems")])
def test_a_file_that_is_not_what_its_name_says_is_not_sent_to_be_saved_as_that(name: str, said: str) -> None:
    refused, = uploads.told([uploads.word_of(uploads.UnknownKind(), name)])
    assert said in str(refused.message)
    assert ("Save it as PDF" in str(refused.help)) is (name == "letter.abc")


def test_an_author_of_several_inputs_is_told_once_that_answers_are_out(demo: Any) -> None:
    assert demo.sql("SELECT person_id, consultation_id FROM notices.notice WHERE kind = 'published' "
                    "GROUP BY 1, 2, phrase_id HAVING count(*) > 1") == []


def test_stewards_see_who_invited_an_organisation(place: Any) -> None:
    new = make.organisation(place.world, "Newcomers", "stakeholder", admitted=False)
    place.world.sql("UPDATE organisations.organisation SET invited_by = %s WHERE id = %s", place.firms[0], new)
    make.person(place.world, "ste@x.example", "Ste", roles=("steward",))
    make.person(place.world, "noor@x.example", "Noor", seats=((new, "coordinator"),))
    page = get(enter(place, "ste"), f"/en/admissions/{new}")
    assert "Invited by Halcyon" in page
    assert "Asked by Noor" in page
    place.world.sql("UPDATE organisations.organisation SET turned_away_on = current_date WHERE id = %s", new)
    assert "Noor" not in get(enter(place, "ste"), f"/en/admissions/{new}"), "decided: nobody is named any longer"


def test_who_asks_is_told_to_a_steward_under_the_seal_alone(place: Any) -> None:
    new = make.organisation(place.world, "Newcomers", "stakeholder", admitted=False)
    noor = make.person(place.world, "noor@x.example", "Noor", seats=((new, "coordinator"),))
    ste = make.person(place.world, "ste@x.example", "Ste", roles=("steward",))
    fay = place.world.sql("SELECT id FROM people.person WHERE name = 'Fay'")[0][0]
    with psycopg.connect(place.world.server.url("polyphony_app", place.world.name)) as connection:
        for who, seal, told in ((ste, None, "Noor"), (ste, "x", None), (fay, None, None), (noor, None, None)):
            connection.execute("SELECT viewer.open(%s, NULL)", [make.session_of(place.world, who)])
            if seal:
                connection.execute("SELECT set_config('polyphony.seal', %s, true)", [seal])
            assert connection.execute("SELECT organisations.who_asks(%s)", [new]).fetchone() == (told,)
            connection.rollback()


def test_the_database_keeps_a_translator_to_her_languages(place: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("polyphony.languages.desk.hers", lambda head: list(head["languages"]))
    neema, title = enter(place, "neema"), f"{place.at}/translations/consultation/{place.about}/title"
    for lang, answered in (("ar", 403), ("sw", 303)):
        seen = make.revision(neema, f"{title}/{lang}")
        assert neema.post(f"{title}/{lang}", data={"text": "Tahadhari", "revision": seen}).status_code == answered
    assert place.world.sql("SELECT lang FROM languages.translation") == [("sw",)]


def test_who_else_reads_is_told_where_it_is_chosen_and_once_it_is_sent(place: Any) -> None:
    amina = enter(place, "amina")
    said = {"text": "What I have to say.", "lang": "en", "other": ""}
    assert amina.post(f"{place.at}/say", data=said).status_code == 303
    choices = get(amina, f"{place.at}/say/choices")
    assert "nobody reads it before the facilitator, except a translator if she needs one" in choices
    assert "You can refuse any of them" in choices
    for audience, readers in (("facilitator", "Nobody else reads it"),
                              ("participants", "those whom you chose can read it, and the translators")):
        sent = make.input_(place.world, place.about, person_id=place.author, audience=audience)
        assert readers in get(amina, f"{place.at}/say/sent/{sent}")

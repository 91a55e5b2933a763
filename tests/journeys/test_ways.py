"""The ways people take from one page to the next: nothing that is theirs stays out of reach."""

import json
import re
import uuid
from datetime import UTC, date, datetime, timedelta
from html import unescape
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask_babel import force_locale

import make
import make_vault
from polyphony.consultations.models import Translator
from polyphony.inputs.models import Draft
from polyphony.kernel import clock, secrets
from polyphony.notices.models import Notice
from polyphony.people import phrases
from polyphony.people.models import Phrase, Session
from polyphony.uploads.models import Attachment


@pytest.fixture
def place(world: Any) -> Any:
    """One consultation of two companies, with an author, a translator into Swahili, and a facilitator."""
    firms = [make.organisation(world, name) for name in ("Halcyon", "Meridian")]
    ngo, table = make.organisation(world, "Sauti", "stakeholder"), make.organisation(world, "Table", "facilitation")
    found = SimpleNamespace(world=world, firms=firms)
    found.author = make.person(world, "amina@x.example", "Amina", seats=((ngo, "coordinator"),))
    found.translator = make.person(world, "neema@x.example", "Neema", seats=((ngo, "translator"),))
    make.person(world, "fay@x.example", "Fay", seats=((table, "facilitator"),))
    found.about = make.consultation(world, firms, facilitator=table, invited=(ngo,), languages=["en", "sw", "ar"])
    make.add(world, Translator(id=uuid.uuid4(), consultation_id=found.about, person_id=found.translator,
                               organisation_id=ngo, shown_as="Sauti", languages=["sw"], appointed_on=make.today()))
    found.at = f"/en/consultations/{found.about}"
    return found


def enter(place: Any, who: str) -> Any:
    return make.sign_in(place.world.client(), f"{who}@x.example")


def get(client: Any, address: str, status: int = 200) -> str:
    answer = client.get(address)
    text = unescape(answer.get_data(as_text=True))
    assert answer.status_code == status, text
    return text


def told(place: Any, kind: str, **changes: Any) -> Notice:
    return Notice(**{"id": uuid.uuid4(), "person_id": place.author, "kind": kind, "consultation_id": place.about,
                     "day": make.today(), "key": uuid.uuid4().bytes, **changes})


def test_the_list_of_inputs_is_linked_and_leads_back(place: Any) -> None:
    visitor = place.world.client()
    assert f'href="{place.at}/inputs"' in get(visitor, place.at)
    assert f'href="{place.at}"' in get(visitor, f"{place.at}/inputs").split("</h1>")[0].split("<main")[1]
    assert f'href="{place.at}"' in get(enter(place, "fay"), f"{place.at}/reading").split("</h1>")[0].split("<main")[1]
    soon = make.consultation(place.world, place.firms, state="announced")
    assert "/inputs\"" not in get(visitor, f"/en/consultations/{soon}")


def test_a_translator_sees_and_writes_only_her_languages(place: Any) -> None:
    neema, desk = enter(place, "neema"), f"{place.at}/translations"
    shown = get(neema, desk)
    assert f"{desk}/consultation/{place.about}/title/sw" in shown
    assert "/title/ar" not in shown
    arabic = f"{desk}/consultation/{place.about}/title/ar"
    assert neema.post(arabic, data={"text": "Tahadhari"}).status_code == 404
    title = f"{desk}/consultation/{place.about}/title/sw"
    assert neema.post(title, data={"text": "Tahadhari", "revision": make.revision(neema, title)}).status_code == 303
    assert place.world.sql("SELECT lang FROM languages.translation") == [("sw",)]
    assert "/title/ar" in get(enter(place, "fay"), desk), "the facilitator sees every language"


def test_saving_a_translation_leads_to_the_next_text(place: Any) -> None:
    neema, desk = enter(place, "neema"), f"{place.at}/translations"
    title = f"{desk}/consultation/{place.about}/title/sw"
    answer = neema.post(title, data={"text": "Tahadhari", "revision": make.revision(neema, title)})
    answer = neema.get(answer.location)
    assert f"{desk}/consultation/" in answer.location
    assert "/title/" not in answer.location
    shown = get(neema, answer.location)
    assert "Kept. This is the next text" in shown
    assert "from English" in get(neema, desk)
    assert "Nothing found" in get(neema, f"{desk}?of=ar")
    assert f"{desk}/consultation/" in get(neema, f"{desk}?of=en&into=sw")


def test_translators_are_still_needed_once_answers_are_published(place: Any) -> None:
    for state in ("answering", "published"):
        place.world.sql("UPDATE consultations.consultation SET state = %s", state)
    waits = get(enter(place, "neema"), "/en/home").split("What waits for you")[1].split("<h2")[0]
    assert f"{place.at}/translations" in waits
    assert "40 days" not in waits


def test_signing_out_ends_on_the_front_page(place: Any) -> None:
    answer = enter(place, "amina").post("/en/sign-out")
    assert answer.status_code == 303
    assert answer.location.rstrip("/").endswith("/en")


def test_what_matters_stands_before_what_happens_often(place: Any) -> None:
    theirs = [told(place, "placed", subject_id=uuid.uuid4()) for _ in range(9)]
    one = make.input_(place.world, place.about, person_id=place.author)
    make.add(place.world, *theirs, told(place, "input_read", subject_id=one), told(place, "ground_round"),
             told(place, "published"), told(place, "handed", day=make.today() - timedelta(days=1)))
    amina = enter(place, "amina")
    lately = get(amina, "/en/home").split("What happened lately")[1].split("<h2")[0]
    assert "The answers of the companies are published" in lately
    assert "how a measure works" in lately
    assert "title in words" in lately
    shown = get(amina, "/en/notices")
    assert shown.count("Your input went into a theme") == 1
    assert "9 times" in shown
    assert f'href="/en/inbox/{one}"' in shown
    assert shown.index("are published") < shown.index("went into a theme") < shown.index("a text to translate")


def test_every_word_is_looked_for_by_itself(place: Any) -> None:
    texts = ("The phones of patients lose their PLASMA", "patients only", "plasma only")
    for text in texts:
        make.input_(place.world, place.about, person_id=place.author, text=text, lang="am" if "lose" in text else "en")
    fay = enter(place, "fay")
    found = get(fay, f"{place.at}/reading?q=plasma+PATIENTS")
    assert [text for text in texts if text in found] == [texts[0]]
    assert "1 found" in found
    assert "3 found" not in get(fay, f"{place.at}/reading")
    public = get(fay, f"{place.at}/inputs?q=plasma")
    assert [text for text in texts if text in public] == [texts[0], texts[2]]
    assert " found" not in public, "on a public page a small number of inputs points at people"
    after = f"{place.at}/inputs?q=plasma&after=1.2999-01-01.0.{uuid.uuid4()}"
    assert "Back to the beginning" in get(fay, after)
    assert "Back to the beginning" not in public


def test_the_facilitator_looks_in_every_language_that_is_there(place: Any) -> None:
    make.input_(place.world, place.about, person_id=place.author, text="ሰላም", lang="am")
    assert '<option value="am">' in get(enter(place, "fay"), f"{place.at}/reading")


def test_the_newest_consultation_stands_first_in_my_inputs(place: Any) -> None:
    ngo = place.world.sql("SELECT id FROM organisations.organisation WHERE name = 'Sauti'")[0][0]
    for title, days in (("Older one", 30), ("Newer one", 90)):
        make.consultation(place.world, place.firms, invited=(ngo,), title=title,
                          promised_on=make.today() + timedelta(days=days))
    shown = get(enter(place, "amina"), "/en/inbox")
    assert shown.index("Newer one") < shown.index("title in words") < shown.index("Older one")


# Somebody without an account, and what she has begun


def writing(place: Any) -> tuple[Any, Any]:
    """A browser whose return phrase has just come back, and the draft it has begun."""
    made = Phrase(id=uuid.uuid4(), consultation_id=place.about, language="en", day=make.today(), verifier=uuid.uuid4().bytes)
    make.add(place.world, made, Draft(consultation_id=place.about, phrase_id=made.id, input_id=uuid.uuid4(),
                                      fields={"text": "Half a thought", "lang": "en"}, day=make.today()))
    secret = uuid.uuid4().bytes
    with place.world.app.app_context():
        make.add(place.world, Session(id=uuid.uuid4(), token_hash=secrets.digest(secret), phrase_id=made.id,
                                      began_at=make.now(), seen_at=make.now()))
    client = place.world.client()
    with client.session_transaction() as kept:
        kept["key"] = secrets.text_of(secret)
    return client, made


def test_a_phrase_session_that_is_over_loses_no_words_and_leads_back(place: Any) -> None:
    answer = place.world.client().post(f"{place.at}/say", data={"text": "Not safe.", "lang": "en"})
    text = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 403
    assert "Not safe.\n</textarea>" in text or "Not safe.</textarea>" in text
    assert f"/en/come-back?next={quote(place.at + '/say', safe='')}" in text or f"/en/come-back?next={place.at}/say" in text
    assert "return phrase" in text.split("<main")[1]
    assert "Leave this page" in text
    page = get(place.world.client(), f"/en/come-back?next={place.at}/say")
    assert f'value="{place.at}/say"' in page


def test_a_draft_waits_where_its_author_comes_back(place: Any) -> None:
    client, _phrase = writing(place)
    shown = get(client, "/en/inbox")
    assert "A draft waits" in shown
    assert "You have not said anything here yet" not in shown
    make.add(place.world, Draft(consultation_id=place.about, person_id=place.author, input_id=uuid.uuid4(),
                                fields={"text": "Half"}, day=make.today()))
    amina = enter(place, "amina")
    assert "A draft waits" in get(amina, "/en/inbox")
    home = get(amina, "/en/home")
    assert "Go on writing: title in words" in home
    assert "Say what you think: title in words" not in home


def test_files_are_shown_before_they_are_sent(place: Any) -> None:
    client, phrase = writing(place)
    fields = {"text": "All of it", "lang": "en", "audience": "chosen", "readers": [str(x) for x in place.firms],
              "addressed": [str(x) for x in place.firms], "naming": "unattributed", "speaks_as": "affected"}
    place.world.sql("UPDATE inputs.draft SET fields = %s::jsonb", json.dumps(fields))
    draft = place.world.sql("SELECT input_id FROM inputs.draft WHERE phrase_id = %s", phrase.id)[0][0]
    make.add(place.world, Attachment(id=uuid.uuid4(), kind="input", subject_id=draft, number=1, format="pdf",
                                     size=2048, key=b"k" * 32, day=make.today()))
    shown = get(client, f"{place.at}/say/check")
    assert "File 1: PDF" in shown
    assert "<bdi>Halcyon</bdi> · <bdi>Meridian</bdi>" in shown


def test_taking_something_back_without_saying_so_is_told_once(place: Any) -> None:
    one = make.input_(place.world, place.about, person_id=place.author)
    text = unescape(enter(place, "amina").post(f"/en/inbox/{one}/withdrawal", data={}).get_data(as_text=True))
    assert "Please confirm that you want this." in text
    assert "Not a valid choice" not in text


def test_choices_left_out_are_told_together_and_in_the_readers_language(place: Any) -> None:
    client, _phrase = writing(place)
    address = f"{place.at}/say/choices"
    text = unescape(client.post(address, data={}).get_data(as_text=True))
    assert "Not a valid choice" not in text
    assert text.split("error-summary")[1].split("</ul>")[0].count("<li>") == 4
    text = unescape(client.post(address, data={"audience": "chosen", "naming": "pseudonym", "speaks_as": "affected"},
                                ).get_data(as_text=True)).split("error-summary")[1].split("</ul>")[0]
    for needed in ("at least one company", "companies that may read this", "pseudonym to show"):
        assert needed in text


def test_the_way_to_the_keyholders_stands_where_there_are_any(place: Any) -> None:
    amina, link = enter(place, "amina"), "Your name with the keyholders"
    one = make.input_(place.world, place.about, person_id=place.author)
    assert link not in get(amina, "/en/inbox")
    assert link not in get(amina, f"/en/inbox/{one}")
    table = place.world.sql("SELECT id FROM organisations.organisation WHERE name = 'Table'")[0][0]
    make_vault.circle(place.world, place.about, [make_vault.keyholder(place.world, name, org) for name, org in (
        ("bo", table), ("ann", make.organisation(place.world, "House", "stakeholder")))])
    shown = get(amina, "/en/inbox")
    assert shown.index("Say something more") < shown.index(link)
    assert link in get(amina, f"/en/inbox/{one}")
    page = get(amina, f"{place.at}/identity")
    assert "nor can the companies or the facilitator." not in page
    assert "The facilitator is one of them" in page


def test_saved_words_are_said_to_be_saved(place: Any) -> None:
    one = make.input_(place.world, place.about, person_id=place.author)
    amina = enter(place, "amina")
    answer = amina.post(f"/en/inbox/{one}", data={"text": "Better words", "revision": "1"})
    assert "Your words are saved" in get(amina, answer.location)
    assert "Your words are saved" not in get(amina, f"/en/inbox/{one}")


def test_who_reads_what_was_sent_is_said_as_she_chose(place: Any) -> None:
    amina = enter(place, "amina")
    for audience, told_so in (("facilitator", "Nobody else reads it"), ("public", "Then those whom you chose")):
        one = make.input_(place.world, place.about, person_id=place.author, audience=audience, read=False)
        shown = get(amina, f"{place.at}/say/sent/{one}")
        assert told_so in shown
        assert ("Then those whom you chose" in shown) is (audience == "public")


def test_the_phrase_is_asked_for_by_the_number_of_its_word(place: Any) -> None:
    text = get(place.world.client(), f"{place.at}/say/without-account")
    assert len(re.findall(r"<label[^>]*>Type word number \d", text)) == 2
    assert "first word asked for" not in text


def test_the_button_that_goes_on_stands_below_the_files(place: Any) -> None:
    client, _phrase = writing(place)
    form = get(client, f"{place.at}/say").split("novalidate")[1].split("</form>")[0]
    buttons = re.findall(r"<button([^>]*)>([^<]*)", form)
    assert [label for _attributes, label in buttons] == ["Keep and go on", "Attach and stay here", "Keep and go on"]
    assert 'tabindex="-1"' in buttons[0][0]
    assert "aria-hidden" in buttons[0][0]
    assert "tabindex" not in buttons[2][0]


@pytest.mark.parametrize(("lang", "day", "moment", "city"), [
    ("en", "22 November 2026", "22 November 2026, 17:05", "Amman"),
    ("es", "22 de noviembre de 2026", "22 de noviembre de 2026, 17:05", "Ammán"),
    ("pt", "22 de novembro de 2026", "22 de novembro de 2026 17:05", "Amã"),
    ("ar", "22 نوفمبر 2026", "22 نوفمبر 2026، 17:05", "عمّان"),
    ("fr", "22 novembre 2026", "22 novembre 2026, 17:05", "Amman")])
def test_days_are_written_as_each_language_writes_them(lang: str, day: str, moment: str, city: str) -> None:
    with Flask("words").app_context(), force_locale(lang):
        told = clock.moment(datetime(2026, 11, 22, 14, 5, tzinfo=UTC), "Asia/Amman")
        assert told
        assert clock.day(date(2026, 11, 22)).text == day
        assert (told.local, told.zone, told.utc) == (moment, city, "14:05 UTC")


def test_the_papers_say_that_there_is_a_fund(place: Any) -> None:
    page = get(place.world.client(), "/en/papers")
    fund = page.split("a fund that no company steers")[1]
    assert 'href="/en/fund' in fund
    assert "Not yet" not in fund


def test_the_words_of_an_arabic_phrase_are_no_numbers() -> None:
    drawn = {word for _ in range(400) for word in phrases.make("ar")}
    assert not drawn & {"خامس", "عاشر", "ثالث"}
    assert phrases.bits("ar") >= phrases.BITS
    assert "خامس" in phrases.normalise("خامس"), "who has it can come back"


# The facilitator, the companies, and whoever is new

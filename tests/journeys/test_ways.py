"""The ways people take from one page to the next: nothing that is theirs stays out of reach."""

import uuid
from datetime import timedelta
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest

import make
from polyphony.consultations.models import Translator
from polyphony.notices.models import Notice


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
    assert neema.post(f"{desk}/consultation/{place.about}/title/sw", data={"text": "Tahadhari"}).status_code == 303
    assert place.world.sql("SELECT lang FROM languages.translation") == [("sw",)]
    assert "/title/ar" in get(enter(place, "fay"), desk), "the facilitator sees every language"


def test_saving_a_translation_leads_to_the_next_text(place: Any) -> None:
    neema, desk = enter(place, "neema"), f"{place.at}/translations"
    answer = neema.post(f"{desk}/consultation/{place.about}/title/sw", data={"text": "Tahadhari"})
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
    assert "2 found" in public
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

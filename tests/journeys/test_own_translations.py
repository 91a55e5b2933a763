"""What an author translates herself reaches others once the facilitator has read it; old words come back in no language."""

import re
import threading
import uuid
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

import make
from polyphony.consultations.models import Translator

SAID = "Juma wa Kariakoo anapiga watu."
MASKED = "[Mtu] anapiga watu."
TOLD = "Juma de Kariakoo frappe les gens."


@pytest.fixture
def stage(world: Any) -> Any:
    """A public input in Swahili that waits for the facilitator; its author, a translator into French, a visitor."""
    firm, table = make.organisation(world, "Halcyon"), make.organisation(world, "Table", "facilitation")
    ngo = make.organisation(world, "Sauti", "stakeholder")
    amina = make.person(world, "amina@x.example", seats=((ngo, "coordinator"),))
    tatu = make.person(world, "tatu@x.example", seats=((ngo, "translator"),))
    fay = make.person(world, "fay@x.example", seats=((table, "facilitator"),))
    about = make.consultation(world, [firm], facilitator=table, invited=(ngo,), languages=["en", "fr", "sw"])
    make.add(world, Translator(id=uuid.uuid4(), consultation_id=about, person_id=tatu, organisation_id=ngo,
                               shown_as="Sauti", languages=["fr"], appointed_on=make.today()))
    said = make.input_(world, about, person_id=amina, text=SAID, lang="sw", audience="public", read_on=None)
    who = {name: make.sign_in(world.client(), f"{name}@x.example") for name in ("amina", "fay", "tatu")}
    at = f"/en/consultations/{about}"
    return SimpleNamespace(world=world, at=at, ids={"amina": amina, "tatu": tatu, "fay": fay}, said=said, about=about, **who, reading=f"{at}/reading/{said}",
                           piece=f"{at}/translations/input/{said}/text/fr", list=f"/fr/consultations/{about}/inputs")


def get(who: Any, place: str) -> str:
    answer = who.get(place)
    assert answer.status_code == 200, place
    return str(answer.get_data(as_text=True))


def sent(page: str, name: str) -> str:
    """What a hidden field of a page sends along."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    return found[1] if found else ""


def write(stage: Any, who: Any, text: str) -> Any:
    return who.post(stage.piece, data={"text": text, "revision": sent(get(who, stage.piece), "revision")})


def release(stage: Any, page: str) -> Any:
    form = page[page.index("/release"):]
    return stage.fay.post(f"{stage.reading}/release", data={name: sent(form, name) for name in ("revision", "translations")})


def mask(stage: Any, text: str = MASKED) -> Any:
    revision = sent(get(stage.fay, stage.reading), "revision")
    return stage.fay.post(f"{stage.reading}/masking", data={"text": text, "reason": "A name.", "revision": revision})


def visitor(stage: Any) -> str:
    return get(stage.world.client(), stage.list)


def test_an_authors_translation_of_a_masked_input_waits_for_the_facilitator(stage: Any) -> None:
    assert mask(stage).status_code == 303
    assert "once the facilitator has read it" in get(stage.amina, stage.piece)
    assert write(stage, stage.amina, TOLD).status_code == 303
    assert "Juma" not in visitor(stage)
    assert "Juma" not in get(stage.tatu, stage.piece), "a translator is one of the others"
    assert TOLD in get(stage.amina, stage.piece)
    assert "1 input waits to be read" in get(stage.fay, "/en/home")
    assert "The author’s own translation" in get(stage.fay, f"{stage.at}/reading?show=unread")
    page = get(stage.fay, stage.reading)
    assert TOLD in page
    assert "The author’s own translation" in page
    assert mask(stage, "[Mtu] anapiga.").status_code == 303
    assert stage.world.sql("SELECT count(*) FROM languages.translation") == [(0,)]
    assert stage.world.sql("SELECT count(*) FROM languages.work") == [(0,)]
    assert write(stage, stage.amina, "[Quelqu’un] frappe.").status_code == 303
    assert release(stage, get(stage.fay, stage.reading)).status_code == 303
    assert "[Quelqu’un] frappe." in visitor(stage)


def test_one_reading_lets_an_input_and_its_translations_go(stage: Any) -> None:
    assert write(stage, stage.amina, TOLD).status_code == 303
    page = get(stage.fay, stage.reading)
    assert TOLD in page
    assert write(stage, stage.amina, "Autre chose.").status_code == 303
    assert release(stage, page).status_code == 409, "she has not read this one"
    assert "frappe" not in visitor(stage)
    assert release(stage, get(stage.fay, stage.reading)).status_code == 303
    assert "Autre chose." in visitor(stage)
    assert release(stage, get(stage.fay, stage.reading).replace("/masking", "/release", 1)).status_code == 409


def test_what_the_author_releases_stands_in_place_of_a_translators(stage: Any) -> None:
    assert release(stage, get(stage.fay, stage.reading)).status_code == 303
    assert write(stage, stage.tatu, "Par la traductrice.").status_code == 303
    assert write(stage, stage.amina, "Par elle-même.").status_code == 303
    assert "Par la traductrice." in visitor(stage), "it is shown until hers is read"
    assert write(stage, stage.tatu, "Encore par la traductrice.").status_code == 303
    assert release(stage, get(stage.fay, stage.reading)).status_code == 303
    assert stage.world.sql("SELECT text, waits FROM languages.translation") == [("Par elle-même.", False)]
    assert "Par elle-même." in visitor(stage)


@contextmanager
def past_the_application(stage: Any, name: str = "") -> Any:
    """The web role's own connection, with this viewer opened in it."""
    world = stage.world
    secret = make.session_of(world, stage.ids[name]) if name else None
    with psycopg.connect(world.server.url("polyphony_app", world.name)) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute("SELECT viewer.open(%s, %s)", [secret, []])
        yield connection


MADE = ("INSERT INTO languages.translation (id, consultation_id, kind, subject_id, field, lang, text, mark, stale, waits) "
        "VALUES (gen_random_uuid(), %s, 'input', %s, 'text', 'fr', %s, 'person', false, false)")


def test_the_database_itself_holds_an_authors_translation_back(stage: Any) -> None:
    """Whatever she asks for, others do not see it; nobody lifts it but the facilitator."""
    assert release(stage, get(stage.fay, stage.reading)).status_code == 303
    with past_the_application(stage, "amina") as own:
        own.execute(MADE, [stage.about, stage.said, TOLD])
        own.execute("UPDATE languages.translation SET waits = false")
    for who, sees in (("", 0), ("tatu", 0), ("amina", 1), ("fay", 1)):
        with past_the_application(stage, who) as other:
            assert other.execute("SELECT count(*) FROM languages.translation").fetchone() == (sees,), who
    with past_the_application(stage, "fay") as reader:
        reader.execute("UPDATE languages.translation SET waits = false")
    with past_the_application(stage) as other:
        assert other.execute("SELECT text FROM languages.translation").fetchall() == [(TOLD,)]


def test_a_translation_sent_in_the_moment_of_the_masking_comes_second(stage: Any) -> None:
    """The database refuses it, and the request begins again: then it meets the masked words."""
    assert release(stage, get(stage.fay, stage.reading)).status_code == 303
    with past_the_application(stage, "tatu") as slow:
        assert slow.execute("SELECT text FROM inputs.input").fetchone() == (SAID,)
        assert mask(stage).status_code == 303
        with pytest.raises(psycopg.errors.SerializationFailure):
            slow.execute(MADE, [stage.about, stage.said, TOLD])
        slow.rollback()


def test_words_written_anew_show_no_translation_of_the_old(stage: Any) -> None:
    assert release(stage, get(stage.fay, stage.reading)).status_code == 303
    assert write(stage, stage.tatu, TOLD).status_code == 303
    assert TOLD in visitor(stage)
    mine = get(stage.amina, f"/en/inbox/{stage.said}")
    changed = stage.amina.post(f"/en/inbox/{stage.said}", data={"text": "Mtu anapiga watu.", "revision": sent(mine, "revision"),
                                                              "lang": "sw"})
    assert changed.status_code == 303
    assert release(stage, get(stage.fay, stage.reading)).status_code == 303
    assert "Juma" not in visitor(stage)
    assert TOLD in get(stage.tatu, stage.piece), "the translator mends what she had"
    assert write(stage, stage.tatu, "Quelqu’un frappe les gens.").status_code == 303
    assert "Quelqu’un frappe les gens." in visitor(stage)


def test_the_second_of_two_translators_is_told_and_keeps_her_text(stage: Any) -> None:
    assert release(stage, get(stage.fay, stage.reading)).status_code == 303
    first, second = (sent(get(who, stage.piece), "revision") for who in (stage.tatu, stage.fay))
    assert stage.tatu.post(stage.piece, data={"text": "La première.", "revision": first}).status_code == 303
    told = stage.fay.post(stage.piece, data={"text": "La seconde.", "revision": second})
    page = told.get_data(as_text=True)
    assert told.status_code == 409
    assert "The present version" in page
    assert "La première." in page
    assert "La seconde.</textarea>" in page
    assert stage.world.sql("SELECT text FROM languages.translation") == [("La première.",)]
    again = stage.fay.post(stage.piece, data={"text": "La seconde.", "revision": sent(page, "revision")})
    assert again.status_code == 303, "she has now seen the first, and may save over it"
    late = stage.tatu.post(f"{stage.piece}/review", data={"revision": sent(page, "revision")})
    assert late.status_code == 409, "nobody approves a text that she has not seen"
    assert stage.world.sql("SELECT text, mark FROM languages.translation") == [("La seconde.", "person")]


def test_two_translations_in_one_moment_do_not_overwrite_each_other(stage: Any) -> None:
    assert release(stage, get(stage.fay, stage.reading)).status_code == 303
    begun = sent(get(stage.tatu, stage.piece), "revision")
    windows, gate, codes = [make.sign_in(stage.world.client(), "tatu@x.example") for _ in range(2)], threading.Barrier(2), []

    def run(window: Any, text: str) -> None:
        gate.wait()
        codes.append(window.post(stage.piece, data={"text": text, "revision": begun}).status_code)

    threads = [threading.Thread(target=run, args=(window, str(n))) for n, window in enumerate(windows)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [303, 409]


def test_a_language_is_corrected_also_after_sending(stage: Any) -> None:
    mine = get(stage.amina, place := f"/en/inbox/{stage.said}")
    assert '<option selected value="sw">' in mine
    data = {"text": SAID, "revision": sent(mine, "revision")}
    assert stage.amina.post(place, data={**data, "lang": "other", "other": "no tag"}).status_code == 422
    assert stage.amina.post(place, data={**data, "lang": "other", "other": "kam"}).status_code == 303
    assert stage.world.sql("SELECT lang, read_on FROM inputs.input") == [("kam", None)]
    assert 'value="kam"' in get(stage.amina, place)


def test_an_author_finds_where_to_translate_her_input(stage: Any) -> None:
    desk = re.search(r'href="([^"]+)">Translate it yourself', get(stage.amina, f"/en/inbox/{stage.said}"))[1]
    assert stage.piece in get(stage.amina, desk.replace("&amp;", "&"))
    assert write(stage, stage.amina, TOLD).status_code == 303
    assert "Waits for the facilitator" in get(stage.amina, desk.replace("&amp;", "&"))


def test_a_translation_begun_before_the_masking_does_not_bring_the_words_back(stage: Any) -> None:
    assert release(stage, get(stage.fay, stage.reading)).status_code == 303
    begun = sent(get(stage.tatu, stage.piece), "revision")
    assert mask(stage).status_code == 303
    late = stage.tatu.post(stage.piece, data={"text": TOLD, "revision": begun})
    assert late.status_code == 409
    page = late.get_data(as_text=True)
    assert TOLD in page
    assert MASKED in page
    assert "This was changed after you opened it" in page
    assert "Juma" not in visitor(stage)


def reason(stage: Any, into: str = "sw") -> str:
    return f"{stage.at}/translations/masking/{stage.said}/reason/{into}"


def give_reason(stage: Any) -> Any:
    return stage.fay.post(reason(stage), data={"text": "Jina la mtu.", "revision": sent(get(stage.fay, reason(stage)), "revision")})


def test_why_something_was_masked_reaches_its_author_in_her_language(stage: Any) -> None:
    """It is between the facilitator and the author, in every language: no translator reads or writes it."""
    assert mask(stage).status_code == 303
    assert stage.world.sql("SELECT reason_lang FROM inputs.original") == [("en",)]
    mine = f"/sw/inbox/{stage.said}"
    assert "A name." in get(stage.amina, mine)
    assert reason(stage) in get(stage.fay, f"{stage.at}/translations?kind=masking")
    for other in (stage.tatu, stage.amina):
        assert other.get(reason(stage)).status_code == 404
        assert other.post(reason(stage), data={"text": "Jina.", "revision": ""}).status_code == 404
    assert give_reason(stage).status_code == 303
    for page in (mine, "/sw/inbox"):
        said = get(stage.amina, page)
        assert said.index("Jina la mtu.") < said.index("A name."), "hers first, the original one click away"
    written = "INSERT INTO languages.translation (id, consultation_id, kind, subject_id, field, lang, text, mark, stale) VALUES (" \
        "gen_random_uuid(), %s, 'masking', %s, 'reason', 'fr', 'Un nom.', 'person', false)"
    for who, sees in (("", 0), ("tatu", 0), ("amina", 1), ("fay", 1)):
        with past_the_application(stage, who) as other:
            assert other.execute("SELECT count(*) FROM languages.translation WHERE kind = 'masking'").fetchone() == (sees,), who
            if who != "fay":
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    other.execute(written, [stage.about, stage.said])
                other.rollback()


@pytest.mark.parametrize("way", ["masked again", "written anew", "withdrawn"])
def test_the_reason_in_other_languages_goes_with_the_masking(stage: Any, way: str) -> None:
    assert mask(stage).status_code == 303
    assert give_reason(stage).status_code == 303
    mine = f"/en/inbox/{stage.said}"
    if way == "masked again":
        assert mask(stage, "[Mtu] anapiga.").status_code == 303
    elif way == "written anew":
        revision = sent(get(stage.amina, mine), "revision")
        assert stage.amina.post(mine, data={"text": "Mtu anapiga watu.", "revision": revision, "lang": "sw"}).status_code == 303
    else:
        assert stage.amina.post(f"{mine}/withdrawal", data={"sure": "yes"}).status_code == 303
    assert stage.world.sql("SELECT count(*) FROM languages.translation") == [(0,)]
    assert stage.world.sql("SELECT count(*) FROM languages.work") == [(0,)]


def test_nobody_is_asked_to_review_what_she_made_herself(stage: Any) -> None:
    assert release(stage, get(stage.fay, stage.reading)).status_code == 303
    assert write(stage, stage.tatu, "Par la traductrice.").status_code == 303
    offered = "I have reviewed this translation"
    assert [offered in get(who, stage.piece) for who in (stage.tatu, stage.fay)] == [False, True]


def test_who_masks_second_reads_what_the_first_one_masked_and_why(stage: Any) -> None:
    seen = sent(get(stage.fay, stage.reading), "revision")
    assert mask(stage).status_code == 303
    second = stage.fay.post(f"{stage.reading}/masking", data={
        "text": "[Mtu] wa [mahali] anapiga watu.", "reason": "A place.", "revision": seen})
    assert second.status_code == 409
    compared = second.get_data(as_text=True).split('id="compared"')[1].split("</section>")[0]
    assert all(words in compared for words in ("A name.", "A place.", MASKED)), compared

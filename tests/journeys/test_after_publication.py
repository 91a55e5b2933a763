"""After the answers are published: objections are still heard, masking cuts nobody off, corrections hide nothing."""

import re
import uuid
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from tests import make
from tests.journeys.test_feedback import SAID, _answer, _get, _in, _post, _sign, _theme, loop
from tests.journeys.test_themes import _desk, _mask, _set

from polyphony.consultations.models import Translator
from polyphony.demo.real_found import Look
from polyphony.feedback import ground
from polyphony.kernel import secrets, viewer
from polyphony.people.models import Phrase, Session

__all__ = ["loop"]  # a fixture


@pytest.fixture
def published(loop: Any) -> Any:
    """Halcyon has answered with a measure, Tern owes, and all is published."""
    f, fac = loop.facts, _in(loop, "fac@x.org")
    f["theme"] = _theme(loop, fac)
    _answer(loop, "halcyon", f["theme"])
    answer = loop.sql("SELECT id FROM feedback.answer")[0][0]
    _post(_in(loop, "lead@halcyon.org"), f"/en/answers/{answer}/measures", what="Quiet alerts", owner="product",
          due_on=str(make.today() + timedelta(days=30)))
    _sign(loop, "halcyon")
    _post(fac, f"/en/consultations/{f['id']}/publish", words="Here they are")
    f["measure"] = loop.sql("SELECT id FROM feedback.measure")[0][0]
    return loop


def test_an_objection_after_publication_is_heard(published: Any) -> None:
    """She is told what is true now, it stands on the desk until answered, and the reply reaches her."""
    f, fac, asha = published.facts, _in(published, "fac@x.org"), _in(published, "asha@x.org")
    place = f"{f['theme']}/inputs/{f['said']}/object"
    page = _get(asha, place)
    assert "Nothing is published" not in page
    assert "The answers are published, and the theme no longer changes." in page
    _post(asha, place, words="I meant children", lang="en")
    objection = published.sql("SELECT id FROM feedback.objection")[0][0]
    for state in ("published", "closed"):
        published.sql("UPDATE consultations.consultation SET state = %s", state)
        assert f"/en/objections/{objection}" in _get(fac, _desk(published)), state
    page = _get(fac, f"/en/objections/{objection}")
    assert "Change the theme" not in page
    assert f"{f['theme']}/edit" not in page
    _post(fac, f"/en/objections/{objection}", words="I am sorry, I misread you.")
    assert "I am sorry, I misread you." in _get(asha, f["theme"])
    assert "/en/objections/" not in _get(fac, _desk(published))


def test_the_run_on_real_input_misses_every_answer_that_is_not_there(published: Any) -> None:
    """It looks where she looks: in her inbox, on her input's own page, and at the words themselves."""
    f = published.facts
    theme, secret = uuid.UUID(f["theme"].rsplit("/", 1)[1]), make.session_of(published, f["author"])
    signed = {(theme, name.title()): ("adopted", f"{name} will do it.") for name in ("halcyon", "tern")}

    def lacking(*companies: str, said: tuple[str, ...] = (SAID,)) -> dict[str, int]:
        look = Look(companies, signed)
        with published.app.test_request_context("/en/inbox"):
            look.at(viewer.open_viewer(secret), f["id"], said)
        return dict(look.lacking)

    assert lacking("Halcyon") == {}
    assert lacking("Halcyon", "Tern") == {f"the answer of Tern {place} is not what was signed": 1 for place in (
        "in the inbox", "on the input's own page", "in its own words")}
    assert len(lacking("Halcyon", said=(SAID, "And this."))) == 1
    signed[theme, "Halcyon"] = "adapted", "halcyon will do it."
    assert len(lacking("Halcyon")) == 2
    published.sql("DELETE FROM feedback.excerpt")
    assert len(lacking("Halcyon")) == 2, "an input that is in no theme, in both places"


def test_masking_after_publication_leaves_the_author_her_answers(published: Any) -> None:
    """The quote goes from every page, but her place in the theme stays: placing her again would be refused."""
    f, fac, asha = published.facts, _in(published, "fac@x.org"), _in(published, "asha@x.org")
    published.sql("UPDATE inputs.input SET audience = 'public'")
    assert "Tell only the person." in _get(published.client(), f["theme"])
    published.sql("INSERT INTO feedback.excerpt (id, theme_id, input_id, consultation_id, quote, placed_on) "
                  "SELECT gen_random_uuid(), theme_id, input_id, consultation_id, 'the person', placed_on "
                  "FROM feedback.excerpt")
    _mask(published, fac, SAID.replace("the person", "[masked]"))
    assert published.sql("SELECT quote FROM feedback.excerpt") == [("",)]
    assert "the person." not in _get(published.client(), f["theme"])
    assert "halcyon will do it." in _get(asha, f["theme"])
    assert f["theme"] in _get(asha, f"/en/inbox/{f['said']}")
    assert "excerpt went" not in _get(fac, _desk(published)), "nothing is left for her to place anew"


def test_a_correction_hides_no_measure(published: Any) -> None:
    """The company corrects a sentence: what it promised stands under its present answer, and so does the round."""
    f, fac, theme = published.facts, _in(published, "fac@x.org"), published.facts["theme"]
    _post(fac, f"/en/measures/{f['measure']}/round", until=str(make.today() + timedelta(days=5)))
    _answer(published, "halcyon", theme, words="Said better.")
    assert "Quiet alerts" in _get(_in(published, "boss@halcyon.org"), f"{theme}/answer/{f['halcyon']}")
    _sign(published, "halcyon")
    page = _get(_in(published, "asha@x.org"), theme)
    assert page.count("Quiet alerts") == 1
    before, _folded, after = page.partition("The version before")
    assert "Said better." in before
    assert "Quiet alerts" in after.partition("</details>")[2], "not folded away with the version before"
    assert f"/en/measures/{f['measure']}/ground" in page
    record = _get(fac, f"/en/consultations/{f['id']}/record")
    assert record.count("Quiet alerts") == 1
    assert "Quiet alerts" in record.partition("The version before")[0], "it stands under the present answer"


def test_an_author_finds_the_answers_to_her_own_words(published: Any) -> None:
    """Among many themes she asks for those that hold her words; on a long page a link leads to the answers."""
    f, theme = published.facts, published.facts["theme"]
    published.sql("INSERT INTO feedback.theme (id, consultation_id, title, summary, lang, addressed, place, made_on, "
                  "shared_on, published_on, added_reason, revision) SELECT gen_random_uuid(), consultation_id, "
                  "'Of others', summary, lang, addressed, 9, made_on, shared_on, published_on, '', 1 FROM feedback.theme")
    answers = f"/en/consultations/{f['id']}/answers"
    asha, fac = _in(published, "asha@x.org"), _in(published, "fac@x.org")
    page = _get(asha, answers)
    assert "Of others" in page
    assert 'href="?mine=1"' in page
    page = _get(asha, f"{answers}?mine=1")
    assert "Of others" not in page
    assert "Warn the person" in page
    assert f'href="{answers}">Show everything' in page
    assert "mine=1" not in _get(fac, answers)
    assert "Of others" in _get(fac, f"{answers}?mine=1"), "whoever has no words there sees all"
    assert f'href="{theme}#answers"' in _get(asha, f"/en/inbox/{f['said']}")
    page = _get(asha, theme)
    assert page.index('href="#answers"') < page.index('id="answers"')


def _round(world: Any, fac: Any) -> str:
    """An open round on the measure: where views are given."""
    _post(fac, f"/en/measures/{world.facts['measure']}/round", until=str(make.today() + timedelta(days=5)))
    return f"/en/measures/{world.facts['measure']}/ground"


def test_a_view_without_a_choice_is_refused_in_our_own_words(published: Any) -> None:
    """The library that reads forms speaks no Swahili: what it would say is said by us, whatever was sent."""
    ground, asha = _round(published, _in(published, "fac@x.org")), _in(published, "asha@x.org")
    for sent in ({}, {"view": "nothing like it"}, {"view": "works", "lang": "xx"}):
        page = _post(asha, ground.replace("/en/", "/sw/"), 422, **{"words": "Poa.", "lang": "sw", **sent})
        assert "Not a valid" not in page
        assert "Poa." in page
    lead = _in(published, "lead@halcyon.org")
    page = _post(lead, f"/en/measures/{published.facts['measure']}/status", 422, status_words="x", revision="1")
    assert "Please fill this in." in page
    page = _post(_in(published, "fac@x.org"), ground.replace("/ground", "/round"), 422, until="tomorrow")
    assert "Not a valid" not in page
    assert "This is not a day we can read." in page


def test_a_view_is_asked_for_at_home_and_confirmed_when_given(published: Any) -> None:
    """It waits for her by its day; afterwards she reads what she said, and is not asked again."""
    f, asha, fac = published.facts, _in(published, "asha@x.org"), _in(published, "fac@x.org")
    assert "Quiet alerts" not in _get(asha, "/en/home")
    ground = _round(published, fac)
    assert "Others see it once 5 people have spoken, or if an organisation names itself." in _get(asha, ground)
    page = _get(asha, "/en/home")
    assert f'href="{ground}"' in page
    assert "Say how it looks where you live: Quiet alerts" in page
    assert ground not in _get(_in(published, "lead@halcyon.org"), "/en/home")
    published.work()
    told = _get(asha, "/en/notices").partition("You are asked how a measure works")[0]
    assert f'href="{f["theme"]}"' in told[-200:], "the notice leads to where the measure stands"
    _post(asha, ground, view="partly", words="Only on new phones", lang="en")
    page = _get(asha, f["theme"])
    assert "You said:" in page
    assert "Only on new phones" in page
    assert ground not in page
    assert asha.get(ground).location == f"{f['theme']}#measure-{f['measure']}"
    assert ground not in _get(asha, "/en/home")
    assert "You said:" not in _get(fac, f["theme"])
    assert "Only on new phones" not in _get(published.client(), f["theme"])


def test_views_go_on_where_one_was_taken_back_meanwhile(published: Any, monkeypatch: Any) -> None:
    published.sql("INSERT INTO feedback.ground_view (id, measure_id, consultation_id, view, words, lang, day, shown_as, shuffle, "
                  "read_on, shown_on) SELECT gen_random_uuid(), %s, %s, 'works', 'Seen ' || n, 'en', current_date, '', "
                  "7 - n %% 2, current_date, current_date FROM generate_series(1, 5) n",
                  published.facts["measure"], published.facts["id"])
    monkeypatch.setattr(ground, "PAGE", 2)
    address, seen = f"/en/measures/{published.facts['measure']}/views", []
    page = _get(published.client(), address)
    for gone in (False, True, False):
        seen += re.findall(r"Seen \d", page)
        onward = re.search(r'href="([^"]+)" rel="next"', page)
        if gone:
            published.sql("DELETE FROM feedback.ground_view WHERE words = %s", seen[-1])
        page = _get(published.client(), onward[1]) if onward else ""
    assert sorted(seen) == [f"Seen {n}" for n in range(1, 6)], "each once, and none left out"
    assert _get(published.client(), f"{address}?after=99999999999999999999.x").count("Seen") == 2


def test_no_word_from_the_ground_stands_beside_its_mark_and_marks_are_counted_in_steps(published: Any) -> None:
    """Two releases and the list of each: who counts and subtracts learns of nobody what she said."""
    f = published.facts
    _round(published, _in(published, "fac@x.org"))
    views, record = f"/en/measures/{f['measure']}/views", f"/en/consultations/{f['id']}/record"
    give = ("INSERT INTO feedback.ground_view (id, measure_id, consultation_id, view, words, lang, day, shown_as, shuffle, read_on, "
            "shown_on) SELECT gen_random_uuid(), %s, %s, %s, %s || n, 'en', current_date, %s, n, current_date, current_date "
            "FROM generate_series(1, %s) n")
    for mark, words, name, many, told in (("works", "Fine ", "", 4, False), ("harms", "Woe ", "", 1, False),
                                          ("works", "Better ", "", 5, True), ("partly", "Signed ", "Sauti", 1, True)):
        published.sql(give, f["measure"], f["id"], mark, words, name, many)
        for reader in (published.client(), _in(published, "lead@halcyon.org"), _in(published, "asha@x.org")):
            pages = [re.sub(r"<svg.*?</svg>", "", _get(reader, place)) for place in (f["theme"], record, views)]
            marks = [re.findall(r"<b>(Works|Does harm|Works in part)</b>(?:<small>(.*?)</small>)?", page) for page in pages]
            counted, signed = [("Works", "at least 5")] * told, [("Works in part", "Sauti")] * bool(name)
            assert all(each in (counted, counted + signed) for each in marks[:2]), (words, marks)
            assert marks[2] == signed, "beside a word stands only who signed it"
            assert f"{words}1" in pages[2]


def test_who_has_left_her_organisation_is_still_heard(published: Any) -> None:
    """She spoke, so she is asked; and what she then says of a measure is taken."""
    asha, ground = _in(published, "asha@x.org"), _round(published, _in(published, "fac@x.org"))
    published.sql("INSERT INTO organisations.membership_end (membership_id, at, by, reason) SELECT id, now(), person_id, 'x' "
                  "FROM organisations.membership WHERE person_id = %s", published.facts["author"])
    make.sign_in(asha, "asha@x.org")
    assert ground in _get(asha, "/en/home")
    _post(asha, ground, view="harms", words="It wakes the house", lang="en")
    assert published.sql("SELECT words FROM feedback.ground_view") == [("It wakes the house",)]
    with psycopg.connect(published.server.url("polyphony_app", published.name)) as connection:
        for who, refused in (("author", False), ("stranger", True)):
            person = published.facts.get(who) or make.person(published, "stranger@x.org", seats=((published.facts["ngo"], "contributor"),))
            connection.execute("SELECT viewer.open(%s, NULL)", [make.session_of(published, person)])
            said = ("INSERT INTO feedback.ground_view (id, measure_id, consultation_id, view, words, lang, day, shown_as, shuffle) "
                    "VALUES (gen_random_uuid(), %s, %s, 'works', '', 'en', current_date, '', 1)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege) if refused else nullcontext():
                connection.execute(said, [published.facts["measure"], published.facts["id"]])
            connection.rollback()


def test_who_comes_second_sees_where_a_measure_stands_now_and_may_save_over_it(published: Any) -> None:
    lead, status = _in(published, "lead@halcyon.org"), f"/en/measures/{published.facts['measure']}/status"
    _post(lead, status, status="done", status_words="Shipped by a colleague.", lang="en", revision="1")
    page = _post(lead, status, 409, status="under_way", status_words="Half of it.", lang="en", revision="1")
    assert "Shipped by a colleague." in page.split("The present version")[1].split("<form")[0]
    assert "Half of it.</textarea>" in page, "what she typed stays"
    revision = re.search(r'name="revision"[^>]*value="(\d+)"', page)
    _post(lead, status, status="under_way", status_words="Half of it.", lang="en", revision=revision[1] if revision else "")
    assert published.sql("SELECT status_words FROM feedback.measure") == [("Half of it.",)]


def test_where_a_measure_stands_is_said_in_a_language_of_its_own(published: Any) -> None:
    f, lead = published.facts, _in(published, "lead@halcyon.org")
    status = f"/en/measures/{f['measure']}/status"
    assert '<option selected value="en">' in _get(lead, status)
    _post(lead, status, status="done", status_words="Iko tayari.", lang="sw", revision="1")
    published.sql("UPDATE consultations.consultation SET discovery = 'listed'")
    assert re.search(r'lang="sw"[^>]*>\s*(<p>)?Iko tayari', _get(published.client(), f["theme"]))
    assert '<option selected value="sw">' in _get(lead, status)
    english = f"/en/consultations/{f['id']}/translations/measure/{f['measure']}/status_words/en"
    assert "Iko tayari." in _get(_in(published, "fac@x.org"), english)


def test_a_phrase_holder_finds_in_her_inbox_that_her_view_is_asked_for(published: Any) -> None:
    """She has no home and no notices: where she comes back to, a line says what waits and until when."""
    f, fac = published.facts, _in(published, "fac@x.org")
    phrase = Phrase(id=uuid.uuid4(), consultation_id=f["id"], language="en", day=make.today(), verifier=uuid.uuid4().bytes)
    key = uuid.uuid4().bytes
    make.add(published, phrase)
    with published.app.app_context():
        make.add(published, Session(id=uuid.uuid4(), token_hash=secrets.digest(key), phrase_id=phrase.id,
                                    began_at=make.now(), seen_at=make.now()))
    make.input_(published, f["id"], phrase_id=phrase.id, text="I live there.", addressed=[f["halcyon"]])
    her = published.client()
    with her.session_transaction() as kept:
        kept["key"] = secrets.text_of(key)
    assert "Quiet alerts" not in _get(her, "/en/inbox")
    ground = _round(published, fac)
    page = _get(her, "/en/inbox")
    assert f'href="{ground}">Say how it looks where you live: Quiet alerts' in page
    _post(her, ground, view="partly", words="Only on new phones", lang="en")
    assert ground not in _get(her, "/en/inbox")


def test_the_facilitators_home_says_what_she_owes(published: Any) -> None:
    """An author without a reply, a view nobody has read, a silence nobody has named."""
    f, asha, fac = published.facts, _in(published, "asha@x.org"), _in(published, "fac@x.org")
    _post(asha, _round(published, fac), view="partly", words="Only on new phones", lang="en")
    _post(asha, f"{f['theme']}/inputs/{f['said']}/object", words="I meant children", lang="en")
    told = ("Reply to an author who says", "Read a view from the ground", "A company still owes answers")
    page = _get(fac, "/en/home")
    for text in told:
        assert text in page, text
    _post(fac, f"/en/ground/{published.sql('SELECT id FROM feedback.ground_view')[0][0]}/read")
    _post(fac, f"/en/objections/{published.sql('SELECT id FROM feedback.objection')[0][0]}", words="Sorry.")
    _post(fac, f"/en/consultations/{f['id']}/default", company_id=str(f["tern"]), words="It did not answer.")
    page = _get(fac, "/en/home")
    for text in told:
        assert text not in page, text


@pytest.mark.parametrize(("promised", "kind"), [(0, "answer_given"), (-3, "answered_late")])
def test_only_a_late_answer_is_told_as_late(published: Any, promised: int, kind: str) -> None:
    """On the promised day it is in time; a correction is told as one."""
    f, theme = published.facts, published.facts["theme"]
    _set(published, promised_on=make.today() + timedelta(days=promised))
    for name in ("tern", "halcyon"):
        _answer(published, name, theme)
        _sign(published, name)
    published.work()
    told = published.sql("SELECT kind FROM notices.notice WHERE person_id = %s AND kind LIKE 'answer%%' ORDER BY 1",
                         f["author"])
    assert told == sorted([(kind,), ("answer_corrected",)])
    assert "A company has corrected an answer." in _get(_in(published, "asha@x.org"), "/en/notices")


def _first(page: str, wanted: str) -> str:
    """Where the first link leads whose address is of this shape."""
    return re.findall(rf'href="({wanted})"', page)[0]


@pytest.mark.parametrize("state", ["answering", "published"])
def test_a_company_that_left_finds_from_its_home_what_it_still_owes(published: Any, state: str) -> None:
    f, lead = published.facts, _in(published, "lead@tern.org")
    _post(lead, f"/en/consultations/{f['id']}/companies/departure", words="We go")
    if state == "answering":
        published.sql("SET session_replication_role = replica; UPDATE consultations.consultation SET state = 'answering'; "
                      "UPDATE feedback.theme SET published_on = NULL")
    home = _get(lead, "/en/home")
    assert ("Answer the themes" if state == "answering" else "Give the answer your company owes") in home
    desk = _get(lead, _first(home, "/en/consultations/[^/]+/our-answers"))
    draft = _first(desk, r"/en/themes/[^/]+/answer/[^/\"]+")
    assert lead.get(draft).status_code == 200
    show = _get(lead, _first(desk, "/en/consultations/[^/\"]+"))
    assert "Go to your company’s desk" in show
    assert "our-answers" in show
    assert "our-answers" not in _get(_in(published, "asha@x.org"), f"/en/consultations/{f['id']}")
    _answer(published, "tern", f["theme"])
    published.sql("SET session_replication_role = replica; UPDATE feedback.answer SET state = 'published', signed_as = 'legal', "
                  "signed_on = current_date WHERE state = 'draft'")
    assert "our-answers" not in _get(lead, "/en/home"), "nothing is owed any more"


def _french(world: Any, kind: str, subject: Any, field: str, text: str) -> None:
    world.sql("INSERT INTO languages.translation (id, consultation_id, kind, subject_id, field, lang, text, mark, stale) "
              "VALUES (gen_random_uuid(), %s, %s, %s, %s, 'fr', %s, 'person', false)", world.facts["id"], kind, subject, field,
              text)


def test_who_is_asked_reads_her_language_first(published: Any) -> None:
    """Where she judges a measure and where she objects to a theme, what she judges stands in her language."""
    f, asha = published.facts, _in(published, "asha@x.org")
    ground = _round(published, _in(published, "fac@x.org")).replace("/en/", "/fr/")
    _french(published, "measure", f["measure"], "what", "Alertes silencieuses")
    page = _get(asha, ground)
    assert '<p class="words" lang="fr" dir="ltr">Alertes silencieuses</p>' in page
    assert "Quiet alerts" in page, "the original one click away"
    theme = f["theme"].rsplit("/", 1)[1]
    for field, text in (("title", "Avertir la personne"), ("summary", "Pas le téléphone.")):
        _french(published, "theme", theme, field, text)
    page = _get(asha, f"/fr/themes/{theme}/inputs/{f['said']}/object")
    assert "Avertir la personne" in page
    assert '<p class="words" lang="fr" dir="ltr">Pas le téléphone.</p>' in page


def test_an_authors_own_translation_of_her_view_waits_for_the_facilitator(published: Any) -> None:
    """Also of a view that others read already: it is read beside the original, then shown."""
    f, asha, fac = published.facts, _in(published, "asha@x.org"), _in(published, "fac@x.org")
    published.sql("UPDATE consultations.consultation SET languages = '{en,fr}'")
    _post(asha, _round(published, fac), view="partly", words="Only on new phones", lang="en")
    view = published.sql("SELECT id FROM feedback.ground_view")[0][0]
    _post(fac, f"/en/ground/{view}/read")
    published.sql("UPDATE feedback.ground_view SET shown_on = read_on, shown_as = 'Sauti'")
    piece = f"/en/consultations/{f['id']}/translations/ground_view/{view}/words/fr"
    _post(asha, piece, text="Seulement chez Juma", revision=make.revision(asha, piece))
    shown = f["theme"].replace("/en/", "/fr/")
    assert "Only on new phones" in _get(published.client(), shown)
    assert "chez Juma" not in _get(published.client(), shown)
    assert "Read a view from the ground" in _get(fac, "/en/home")
    assert f"/en/ground/{view}/read" in _get(fac, _desk(published))
    page = _get(fac, f"/en/ground/{view}/read")
    assert "Seulement chez Juma" in page
    assert "Only on new phones" in page
    _post(fac, f"/en/ground/{view}/read", 409, translations="another")
    _post(fac, f"/en/ground/{view}/read", translations=page.split('name="translations" value="')[1].split('"')[0])
    assert "chez Juma" in _get(published.client(), shown)
    assert f"/en/ground/{view}/read" not in _get(fac, _desk(published))


def test_a_company_finds_where_to_translate_its_answers(published: Any) -> None:
    f, lead = published.facts, _in(published, "lead@halcyon.org")
    published.sql("UPDATE consultations.consultation SET languages = '{en,fr}'")
    desk = f"/en/consultations/{f['id']}/translations?kind=answer"
    assert f'href="{desk}"' in _get(lead, f"/en/consultations/{f['id']}/our-answers")
    answer = published.sql("SELECT id FROM feedback.answer")[0][0]
    assert f"/translations/answer/{answer}/words/fr" in _get(lead, desk)


def test_who_gave_a_view_may_refuse_a_translator(published: Any) -> None:
    f, asha, fac = published.facts, _in(published, "asha@x.org"), _in(published, "fac@x.org")
    published.sql("UPDATE consultations.consultation SET languages = '{en,fr}'")
    who = make.person(published, "one@x.org", seats=((f["ngo"], "translator"),))
    appointed = Translator(id=uuid.uuid4(), consultation_id=f["id"], person_id=who, organisation_id=f["ngo"],
                           shown_as="One of Sauti", languages=["fr"], appointed_on=make.today())
    make.add(published, appointed)
    _post(asha, _round(published, fac), view="partly", words="Only on new phones", lang="en")
    view = published.sql("SELECT id FROM feedback.ground_view")[0][0]
    _post(fac, f"/en/ground/{view}/read")
    one, desk = _in(published, "one@x.org"), f"/en/consultations/{f['id']}/translations"
    assert "Only on new phones" in _get(one, desk)
    place = f"/en/ground/{view}/refused-translators"
    assert f'href="{place}"' in _get(asha, f["theme"])
    assert "One of Sauti" in _get(asha, place)
    assert one.get(place).status_code in (403, 404)
    assert fac.get(place).status_code in (403, 404)
    _post(asha, place, translator=str(appointed.id))
    assert "Only on new phones" not in _get(one, desk)
    assert "These do not see it: One of Sauti" in _get(asha, place)

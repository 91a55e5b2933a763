"""Among hundreds of inputs everybody still finds the one she looks for, and no page lists them all."""

import re
import uuid
from dataclasses import replace
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from flask_babel import force_locale

import make
from polyphony.commands import importing
from polyphony.inputs.looking import Sought
from polyphony.inputs.looking import sought as asked_for

NUMBER = 60


@pytest.fixture
def many(world: Any) -> Any:
    """One consultation with sixty read inputs of one author, translated, and twenty that nobody has read yet."""
    firm, ngo = make.organisation(world, "Halcyon"), make.organisation(world, "Sauti", "stakeholder")
    body = make.organisation(world, "Middle", "facilitation")
    author = make.person(world, "amina@x.example", "Amina", seats=((ngo, "coordinator"),))
    make.person(world, "fay@x.example", "Fay", seats=((body, "facilitator"),))
    make.person(world, "lead@x.example", "Lead", seats=((firm, "engagement_lead"),))
    about = make.consultation(world, [firm], facilitator=body, invited=(ngo,))
    world.sql(
        "INSERT INTO inputs.input (id, consultation_id, day, shuffle, lang, text, audience, readers, addressed, naming, "
        "shown_as, speaks_as, masked, read_on, revision) SELECT gen_random_uuid(), %s, current_date, n, "
        "CASE WHEN n %% 2 = 0 THEN 'sw' ELSE 'ha' END, 'Maneno ' || n || CASE WHEN n = 7 THEN ' 100%% kweli' ELSE '' END, "
        "CASE WHEN n = 9 THEN 'facilitator' ELSE 'companies' END, '{}', %s, 'unattributed', '', 'affected', false, "
        "CASE WHEN n <= %s THEN current_date END, 1 FROM generate_series(1, %s) n", about, [firm], NUMBER, NUMBER + 20)
    world.sql("INSERT INTO inputs.authorship (input_id, person_id) SELECT id, %s FROM inputs.input", author)
    world.sql("INSERT INTO languages.translation (id, consultation_id, kind, subject_id, field, lang, text, mark, stale) "
              "SELECT gen_random_uuid(), consultation_id, 'input', id, 'text', 'en', CASE WHEN shuffle = 9 THEN "
              "'A secret lighthouse' WHEN shuffle = 8 THEN 'A bright lighthouse' ELSE 'Words' END, 'person', false "
              "FROM inputs.input WHERE shuffle < 20")
    return SimpleNamespace(world=world, at=f"/en/consultations/{about}", about=about, firm=firm)


def enter(many: Any, who: str) -> Any:
    return make.sign_in(many.world.client(), f"{who}@x.example")


def get(client: Any, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return unescape(answer.get_data(as_text=True))


def shown(page: str) -> list[int]:
    """The numbers of the inputs on a page whose reader has no translation."""
    return [int(n) for n in re.findall(r"Maneno (\d+)", page)]


def following(page: str) -> str:
    """The address of the next page."""
    found = re.search(r'href="([^"]+)" rel="next"', page)
    assert found, page
    return found[1]


def test_the_facilitator_finds_one_input_among_many(many: Any) -> None:
    fay, desk = enter(many, "fay"), f"{many.at}/reading"
    assert "A bright lighthouse" in get(fay, f"{desk}?q=LIGHTHOUSE&in=sw"), "a word of the translation finds it"
    assert "secret" not in get(fay, f"{desk}?q=lighthouse&in=sw"), "the other is in Hausa"
    assert "secret" in get(fay, f"{desk}?q=lighthouse&in=other"), "Hausa is no language of this consultation"
    assert set(shown(get(fay, f"/sw{desk[3:]}?q=100%25"))) == {7}, "a sign of SQL is a sign like others"
    unread = get(fay, f"{desk}?show=unread&q=maneno")
    assert set(shown(unread)) == set(range(NUMBER + 1, NUMBER + 21))
    nothing = get(fay, f"{desk}?q=nobody+said+this")
    assert "Nothing found" in nothing
    assert f'href="{desk}"' in nothing
    assert 'value="nobody said this"' in nothing, "what was typed stays"
    first = get(fay, f"{desk}?show=read&in=sw")
    assert "show=read" in following(first)
    assert "in=sw" in following(first)
    assert not set(shown(first)) & set(shown(get(fay, following(first))))


def test_excerpts_go_on_where_some_were_taken_away_meanwhile(many: Any) -> None:
    fay = enter(many, "fay")
    many.world.sql("INSERT INTO feedback.theme (id, consultation_id, title, summary, lang, addressed, added_reason, place, "
                   "made_on, revision) VALUES (gen_random_uuid(), %s, 'One', 's', 'en', %s, '', 1, current_date, 1)",
                   many.about, [many.firm])
    many.world.sql("INSERT INTO feedback.excerpt (id, theme_id, input_id, consultation_id, quote, placed_on) SELECT "
                   "gen_random_uuid(), t.id, i.id, t.consultation_id, i.text, current_date FROM feedback.theme t, "
                   "inputs.input i WHERE i.shuffle <= 40")
    address = f"/sw/themes/{many.world.sql('SELECT id FROM feedback.theme')[0][0]}"
    first = get(fay, address)
    assert shown(first) == list(range(1, 16))
    assert get(fay, f"{address}?after=x.2026-13-01.1.y").count("Maneno 1<"), "an address that means nothing begins anew"
    many.world.sql("DELETE FROM feedback.excerpt e USING inputs.input i WHERE i.id = e.input_id AND i.shuffle IN (3, 15)")
    second = get(fay, following(first))
    assert shown(second) == list(range(16, 31)), "none is left out"
    assert shown(get(fay, following(second))) == list(range(31, 41))


def test_only_she_whose_input_went_into_a_theme_is_told(many: Any) -> None:
    world, fay = many.world, enter(many, "fay")
    [(ngo,)] = world.sql("SELECT id FROM organisations.organisation WHERE name = 'Sauti'")
    zuri = make.person(world, "zuri@x.example", "Zuri", seats=((ngo, "contributor"),))
    [(hers,)] = world.sql("SELECT id FROM inputs.input WHERE shuffle = 5")
    world.sql("UPDATE inputs.authorship SET person_id = %s WHERE input_id = %s", zuri, hers)
    world.sql("INSERT INTO feedback.theme (id, consultation_id, title, summary, lang, addressed, added_reason, place, "
              "made_on, revision) VALUES (gen_random_uuid(), %s, 'One', 's', 'en', %s, '', 1, current_date, 1)",
              many.about, [many.firm])
    world.sql("INSERT INTO feedback.excerpt (id, theme_id, input_id, consultation_id, quote, placed_on) SELECT "
              "gen_random_uuid(), t.id, i.id, t.consultation_id, i.text, current_date FROM feedback.theme t, "
              "inputs.input i WHERE i.shuffle < 5")
    [(theme,)] = world.sql("SELECT id FROM feedback.theme")
    answer = fay.post(f"{many.at}/excerpts/{hers}", data={"theme_id": theme, "input_id": hers, "quote": "Maneno 5",
                                                          "once": str(uuid.uuid4())})
    assert answer.status_code == 303
    world.work()
    assert world.sql("SELECT person_id FROM notices.notice WHERE kind = 'placed'") == [(zuri,)], "not who stood there before"


def test_a_write_that_htmx_follows_elsewhere_leaves_the_session_to_the_page_after_it(many: Any) -> None:
    fay, touched = enter(many, "fay"), "SELECT max(seen_at) < now() - interval '5 minutes' FROM people.session"
    [(one,)] = many.world.sql("SELECT id FROM inputs.input WHERE shuffle = 51")
    many.world.sql("UPDATE people.session SET seen_at = now() - interval '9 minutes'")
    answer = fay.post(f"{many.at}/reading/{one}/masking", headers={"HX-Request": "true", "HX-Current-URL": "http://x/en/home"},
                      data={"text": "Somebody did.", "reason": "A name.", "revision": "1", "once": str(uuid.uuid4())})
    assert answer.status_code == 204, answer.text
    assert many.world.sql(touched) == [(True,)]
    get(fay, answer.headers["HX-Redirect"])
    assert many.world.sql(touched) == [(False,)], "the page that follows touches it"


def test_reading_one_leads_to_the_next(many: Any) -> None:
    fay, visited = enter(many, "fay"), set()
    [(one,)] = many.world.sql("SELECT id FROM inputs.input WHERE shuffle = %s", NUMBER + 1)
    place = f"{many.at}/reading/{one}"
    for _again in range(20):
        answer = fay.post(f"{place}/release", data={"revision": "1", "once": str(uuid.uuid4())})
        assert answer.status_code == 303
        visited.add(place)
        place = answer.location
    assert place == f"{many.at}/reading", "when all are read, the list says so"
    assert len(visited) == 20
    assert many.world.sql("SELECT count(*) FROM inputs.input WHERE read_on IS NULL") == [(0,)]


def test_the_desk_shows_a_few_and_leads_to_all(many: Any) -> None:
    fay = enter(many, "fay")
    many.world.sql("INSERT INTO feedback.theme (id, consultation_id, title, summary, lang, addressed, added_reason, place, "
                   "made_on, revision) VALUES (gen_random_uuid(), %s, 'One', 's', 'en', %s, '', 1, current_date, 1)",
                   many.about, [many.firm])
    many.world.sql("INSERT INTO feedback.excerpt (id, theme_id, input_id, consultation_id, quote, placed_on) SELECT "
                   "gen_random_uuid(), t.id, i.id, t.consultation_id, i.text, current_date FROM feedback.theme t, "
                   "inputs.input i WHERE i.shuffle <= 50")
    desk = get(fay, f"{many.at}/facilitate")
    assert sorted(shown(desk)) == list(range(51, 61)), "those in no theme, ten at most"
    assert f"{NUMBER} read of {NUMBER + 20}" in desk
    assert "20 inputs not read yet" in desk
    assert "50 excerpts" in desk
    every, address = [], f"/sw{many.at[3:]}/placing"
    for _page in range(2):
        page = get(fay, address)
        every, address = every + shown(page), following(page)
    every += shown(get(fay, address))
    assert sorted(every) == list(range(1, NUMBER + 1)), "every one once"
    assert sorted(every[:10]) == list(range(51, 61)), "those in no theme first"
    first = get(fay, f"/sw{many.at[3:]}/placing")
    many.world.sql("DELETE FROM feedback.excerpt e USING inputs.input i WHERE i.id = e.input_id AND i.shuffle IN (49, 50)")
    after = shown(get(fay, following(first)))
    assert after == every[25:50], "what changes its place meanwhile neither repeats a line nor leaves one out"
    many.world.sql("INSERT INTO feedback.excerpt (id, theme_id, input_id, consultation_id, quote, placed_on) SELECT "
                   "gen_random_uuid(), t.id, i.id, t.consultation_id, i.text, current_date FROM feedback.theme t, "
                   "inputs.input i WHERE i.shuffle IN (49, 50)")
    assert sorted(shown(get(fay, f"{many.at}/placing?show=unplaced"))) == list(range(51, 61))
    assert "A bright lighthouse" not in get(fay, f"{many.at}/placing?show=unplaced&q=lighthouse")
    [(one,)] = many.world.sql("SELECT id FROM inputs.input WHERE shuffle = 51")
    [(two,)] = many.world.sql("SELECT id FROM inputs.input WHERE shuffle = 52")
    assert f"/excerpts/{two}" in get(fay, f"{many.at}/excerpts/{one}"), "and on to the next"
    theme = f"/en/themes/{many.world.sql('SELECT id FROM feedback.theme')[0][0]}"
    assert len(get(fay, f"{theme}/edit").split("Remove")) <= 17
    page = get(fay, theme)
    assert page.count("<blockquote") == 15
    assert get(fay, following(page)).count("<blockquote") == 15


def test_looking_finds_nothing_that_one_may_not_read(many: Any) -> None:
    lead, visitor = enter(many, "lead"), many.world.client()
    assert "A bright lighthouse" in get(lead, f"{many.at}/inputs?q=lighthouse")
    assert "secret" not in get(lead, f"{many.at}/inputs?q=lighthouse")
    assert "Nothing found" in get(lead, f"{many.at}/inputs?q=secret")
    assert "Nothing found" in get(visitor, f"{many.at}/inputs?q=lighthouse")
    assert lead.get(f"{many.at}/placing").status_code == 403


def test_who_said_much_pages_through_it(many: Any) -> None:
    amina, seen = enter(many, "amina"), []
    page = get(amina, "/en/inbox")
    while True:
        seen.append(len(set(re.findall(r'href="/en/inbox/([0-9a-f-]{36})"', page))))
        if 'rel="next"' not in page:
            break
        page = get(amina, following(page))
    assert seen == [8] * 10, "eighty, eight on a page"
    assert "have not said anything" not in get(amina, f"/en/inbox?of={many.about}&from=80")
    assert get(amina, "/en/inbox?of=nothing&from=-3")


def test_a_translator_finds_one_text_among_many(many: Any) -> None:
    fay, desk = enter(many, "fay"), f"{many.at}/translations"
    assert len(re.findall(r'href="[^"]+/translations/input/', get(fay, desk))) <= 30
    found = get(fay, f"{desk}?q=100%25&kind=input&into=en")
    assert set(shown(found)) == {7}
    assert "Nothing found" in get(fay, f"{desk}?q=100%25&kind=theme")
    assert get(fay, re.search(r'href="([^"]+/translations/input/[^"]+)"', found)[1]).count("100% kweli") == 1


@pytest.mark.parametrize(("asked", "found"), [
    ({"q": " a\x00b ", "in": "sw", "show": "unread"}, Sought("ab", "sw", "unread")),
    ({"q": "x" * 500, "show": "everything"}, Sought("x" * 200)), ({}, Sought())])
def test_what_means_nothing_is_left_out(asked: dict[str, str], found: Sought) -> None:
    assert asked_for(asked, shows=("unread",)) == found


def test_an_import_speaks_the_operators_language(many: Any, tmp_path: Any) -> None:
    from polyphony.people import rules

    file = tmp_path / "said.csv"
    file.write_text("text,lang\nHabari,sw\n", "utf-8")
    settings = replace(many.world.settings, default_language="fr")
    said = CliRunner().invoke(importing.command, [
        str(file), "--consultation", str(many.about), "--as", "amina@x.example", "--password", "wrong password here"], obj=settings)
    with many.world.app.app_context(), force_locale("fr"):
        expected = str(rules.WrongSignIn.message)
    assert said.exit_code == 1
    assert expected in said.output
    assert expected != str(rules.WrongSignIn.message)

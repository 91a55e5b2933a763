"""The desks of companies and facilitator: in their language, and with a way to every part at any time."""

import re
from typing import Any

from tests.journeys.test_after_publication import published
from tests.journeys.test_feedback import _answer, _get, _in, _post, _sign, _theme, loop
from tests.journeys.test_themes import _desk, _make, _set

from polyphony.folders import folder

__all__ = ["loop", "published"]  # fixtures


def _translate(world: Any, subject: Any, kind: str, text: str) -> None:
    world.sql("INSERT INTO languages.translation (id, consultation_id, kind, subject_id, field, lang, text, mark, stale) "
              "VALUES (gen_random_uuid(), %s, %s, %s, 'title', 'ar', %s, 'person', false)", world.facts["id"], kind,
              subject, text)


def test_titles_on_desks_are_in_the_readers_language(loop: Any) -> None:
    """An Arabic title that a translator made stands on every desk, not only on public pages."""
    f, fac, lead = loop.facts, _in(loop, "fac@x.org"), _in(loop, "lead@tern.org")
    theme = _theme(loop, fac).rsplit("/", 1)[1]
    _translate(loop, theme, "theme", "أنذروا الشخص")
    _translate(loop, f["id"], "consultation", "إنذارات أكثر أمانا")
    here = f"/ar/consultations/{f['id']}"
    for who, place, titles in ((fac, f"{here}/facilitate", 2), (lead, f"{here}/our-answers", 2),
                               (fac, f"{here}/excerpts/{f['said']}", 2), (fac, f"/ar/themes/{theme}/edit", 1),
                               (fac, f"{here}/publish", 1)):
        page = _get(who, place)
        assert "إنذارات أكثر أمانا" in page, place
        assert titles == 1 or "أنذروا الشخص" in page, place
        assert "Warn the person" not in page or place.endswith("/edit"), place


def test_the_second_facilitator_to_change_a_theme_sees_the_first_ones_words(loop: Any) -> None:
    """What she is told to compare with stands there; having seen it, she may save."""
    fac = _in(loop, "fac@x.org")
    edit = f"{_theme(loop, fac)}/edit"
    first = {"title": "First title", "summary": "First summary.", "lang": "en", "revision": "1"}
    _post(fac, edit, **first)
    page = _post(fac, edit, 409, **{**first, "title": "Second title", "summary": "Second summary."})
    compared = page.split('id="compared"')[1].split("</section>")[0]
    for words in ("The present version", "First title", "First summary.", "Second title", "Second summary."):
        assert words in compared, words
    assert ">Language<" not in compared, "in which both are alike"
    assert 'name="revision" type="hidden" value="2"' in page
    _post(fac, edit, **{**first, "title": "Second title", "revision": "2"})
    assert loop.sql("SELECT title FROM feedback.theme") == [("Second title",)]


def test_every_part_is_one_click_from_the_facilitators_desk_in_every_state(published: Any) -> None:
    """Inputs already read can be found and masked, the preparation reached, also after publication."""
    f, fac = published.facts, _in(published, "fac@x.org")
    here = f"/en/consultations/{f['id']}"
    for state in ("open", "answering", "published", "closed"):
        _set(published, state=state)
        page = _get(fac, _desk(published))
        for part in ("reading", "placing", "preparation"):
            assert f'href="{here}/{part}"' in page, (state, part)
        page = _get(fac, f"{here}/excerpts/{f['said']}")
        assert f'href="{here}/reading/{f["said"]}"' in page
        assert ('name="quote"' in page) == (state in ("open", "answering")), state
        for form in (f"{here}/themes/new", f"{f['theme']}/edit"):
            assert ('name="title"' in _get(fac, form)) == (state in ("open", "answering")), (state, form)
    assert "/translators" in _get(fac, f"{here}/preparation")


def test_silence_is_recorded_of_those_alone_who_owe(published: Any) -> None:
    """Halcyon has answered: it is not among those of whom the facilitator may say that they did not."""
    f, fac = published.facts, _in(published, "fac@x.org")
    place = f"/en/consultations/{f['id']}/default"
    page = _get(fac, place)
    assert f'value="{f["tern"]}"' in page
    assert f'value="{f["halcyon"]}"' not in page
    _post(fac, place, 422, company_id=str(f["halcyon"]), words="It did not answer.")
    _answer(published, "tern", f["theme"])
    _sign(published, "tern")
    assert fac.get(place).status_code == 409


def test_an_answer_is_read_once_when_its_cell_is_opened(published: Any) -> None:
    """A short answer stands beside its mark alone; of a longer one the beginning gives way to the whole."""
    f = published.facts
    page = _get(published.client(), f"/en/consultations/{f['id']}/answers")
    assert page.count("halcyon will do it.") == 1
    assert 'class="opens longer"' not in page
    _answer(published, "tern", f["theme"], words="A long answer. " * 12)
    _sign(published, "tern")
    assert 'class="opens longer"' in _get(published.client(), f"/en/consultations/{f['id']}/answers")
    style = (folder("static") / "polyphony.css").read_text("utf-8")
    assert "[open].longer>summary small{display:none}" in style


def test_desks_name_companies_in_the_order_of_their_names(published: Any) -> None:
    first, last = sorted((published.facts["halcyon"], published.facts["tern"]))
    published.sql("UPDATE organisations.organisation SET name = CASE id WHEN %s THEN 'Zinnia' ELSE 'Acacia' END "
                  "WHERE id IN (%s, %s)", first, first, last)
    published.sql("UPDATE inputs.input SET audience = 'chosen', readers = %s", [first, last])
    fac, here = _in(published, "fac@x.org"), f"/en/consultations/{published.facts['id']}"
    assert "<bdi>Acacia</bdi> · <bdi>Zinnia</bdi>" in _get(fac, f"{here}/facilitate")
    assert "Acacia and Zinnia" in _get(fac, f"{here}/reading/{published.facts['said']}")


def test_pages_of_the_facilitator_are_named_by_what_they_are_for(published: Any) -> None:
    fac, here = _in(published, "fac@x.org"), f"/en/consultations/{published.facts['id']}"
    assert "the end of this consultation" in _get(fac, f"{here}/close")
    assert "<title>All parts of the consultation" in _get(fac, f"{here}/preparation")
    published.sql("UPDATE people.person SET language = 'sw' WHERE id = %s", published.facts["author"])
    assert re.findall(r'href="[^"]*/translations[^"]*">See the texts to translate<', _get(fac, f"{here}/facilitate"))


def test_large_numbers_are_written_as_each_language_writes_them(loop: Any) -> None:
    from flask import g, render_template_string

    from polyphony.kernel.locale import ngettext

    counted = "{{ ngettext('%(num)s found', '%(num)s found', number) }}"
    for lang, number, said in (("en", 2000, "2,000"), ("id", 2000, "2.000"), ("en", 999, "999")):
        with loop.app.test_request_context(f"/{lang}/"):
            g.lang = lang
            assert said in ngettext("%(num)s found", "%(num)s found", number)
            assert said in render_template_string(counted, number=number)
    loop.sql("INSERT INTO inputs.input SELECT (jsonb_populate_record(i, jsonb_build_object('id', gen_random_uuid(), "
             "'read_on', current_date))).* FROM inputs.input i, generate_series(1, 2000)")
    assert "2,001 read of 2,001" in _get(_in(loop, "fac@x.org"), f"/en/consultations/{loop.facts['id']}/facilitate")


def test_a_door_says_what_to_do_and_not_how_it_stands(loop: Any) -> None:
    """“Open” is two words in most languages: what is pressed is not named by how a consultation stands."""
    _theme(loop, _in(loop, "fac@x.org"))
    place = f"/consultations/{loop.facts['id']}/our-answers"
    for lang in ("sw", "ar"):
        page = _get(_in(loop, "lead@tern.org"), f"/{lang}{place}")
        assert '<span class="hear">: Warn the person' in page
        assert f'>{_state(loop, lang)}<span class="hear">' not in page


def _state(world: Any, lang: str) -> str:
    """What the state of an open consultation is called."""
    from flask import g

    from polyphony.consultations.words import STATES

    with world.app.test_request_context(f"/{lang}/"):
        g.lang = lang
        return str(STATES["open"])


def test_what_is_not_translated_into_the_readers_language_says_in_which_one_it_is(published: Any) -> None:
    """Also where the consultation never offered hers, so that nobody waits for her translation."""
    theme = published.facts["theme"]
    for lang, said in (("id", "Belum diterjemahkan · English"), ("en", "Not translated yet")):
        assert (said in _get(published.client(), f"/{lang}{theme.removeprefix('/en')}")) == (lang == "id"), lang


def test_a_company_finds_the_record_once_it_is_out(published: Any) -> None:
    f, lead = published.facts, _in(published, "lead@tern.org")
    place = f"/en/consultations/{f['id']}"
    for state, linked in (("answering", False), ("published", True), ("closed", True)):
        _set(published, state=state)
        assert (f'href="{place}/record"' in _get(lead, f"{place}/our-answers")) == linked, state


def test_the_desk_calls_nothing_free_while_people_can_still_speak(loop: Any) -> None:
    """Then inputs are what publication waits for; no company is said to owe what it cannot see yet, and no line leads to
    a button that does nothing. Once it is out, who still owes is named until her silence is recorded."""
    f, fac = loop.facts, _in(loop, "fac@x.org")
    _make(loop, fac, "Theme A")
    loop.sql("UPDATE feedback.theme SET addressed = %s", [f["halcyon"]])
    for state, said in (("announced", "Inputs have not begun yet"), ("open", "People can still send inputs")):
        _set(loop, state=state)
        page = _get(fac, _desk(loop))
        assert said in page
        assert "Nothing blocks publication" not in page
        assert "has not signed" not in page
        assert 'href="#share"' not in page.replace(f'href="{_desk(loop)}#share"', 'href="#share"')
    _set(loop, state="answering")
    assert f'href="{_desk(loop)}#share"' in _get(fac, _desk(loop))
    loop.sql("UPDATE feedback.theme SET shared_on = current_date, published_on = current_date")
    _set(loop, state="published")
    page = _get(fac, _desk(loop))
    assert "Answers that are still owed" in page
    assert "Halcyon has not signed 1 answer" in page
    _post(fac, f"/en/consultations/{f['id']}/default", company_id=str(f["halcyon"]), words="It said nothing.")
    assert "has not signed" not in _get(fac, _desk(loop))

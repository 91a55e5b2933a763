"""An answer was lost on the way, and the same form comes again: with the same words nothing happens, others are not lost."""

import io
import re
import uuid
from html import unescape
from typing import Any

import pytest
from tests import swap
from tests.convening import TERMS, begin, dates, the_cast
from tests.journeys.test_feedback import _get, _in, _theme, loop

import make

__all__ = ["loop", "the_cast"]  # fixtures
FIRST, SECOND = "What she wrote first.", "What she wrote when no answer came."
SENT_ALREADY, PRESENT = "sent already, and what it said then is kept", "See what is kept"


def said(world: Any, table: str, column: str) -> list[str]:
    return [row[0] for row in world.sql(f"SELECT {column} FROM {table} ORDER BY 1")]


def lost(client: Any, place: str, field: str, **data: Any) -> str:
    """The first sending was kept and its answer lost: again with the same words, then with others; the page of these."""
    once = str(uuid.uuid4())
    places = {client.post(place, data={**data, field: each, "once": once}).location for each in (FIRST, f" {FIRST}\r\n")}
    assert len(places) == 1, places
    answer = client.post(place, data={**data, field: SECOND, "once": once})
    page = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 409, page
    assert SENT_ALREADY in page
    assert f'<a href="{places.pop()}" target="_blank" rel="noopener">{PRESENT}</a>' in page
    assert SECOND in page.split('role="alert"')[1], "her second words are still there"
    assert once not in page, "sent once more, it is a form of its own"
    return str(answer.get_data(as_text=True))


def send(client: Any, page: str, place: str, field: str) -> None:
    """Press the button on the page that came back."""
    [form] = [each for each in swap.Parser(page).forms
              if each.about.get("action") == place and field in [name for name, *_ in each.fields]]
    data: dict[str, Any] = {}
    for name, value, kind, ticked in form.fields:
        if (ticked or kind not in ("radio", "checkbox")) and kind not in ("file", "submit"):
            data.setdefault(name, []).append(value.removeprefix("\r\n"))
    assert data[field] == [SECOND]
    answer = client.post(place, data=data)
    assert answer.status_code == 303, answer.get_data(as_text=True)


def test_an_input_that_is_changed(stage: Any, signed_in: Any) -> None:
    who = stage.world.sql("SELECT id FROM people.person WHERE name = 'Amina'")[0][0]
    entry = make.input_(stage.world, stage.about, person_id=who, text="As it was.")
    amina, place = signed_in("amina@sauti.example"), f"/en/inbox/{entry}"
    page = lost(amina, place, "text", lang="en", other="", revision="1")
    assert said(stage.world, "inputs.input", "text") == [FIRST]
    assert FIRST in page
    send(amina, page, place, "text")
    assert said(stage.world, "inputs.input", "text") == [SECOND]
    assert stage.world.sql("SELECT revision FROM inputs.input") == [(3,)], "the identical form was one change"


def test_what_somebody_begins_to_say(stage: Any, signed_in: Any) -> None:
    amina, place = signed_in("amina@sauti.example"), f"{stage.at}/say"
    page = lost(amina, place, "text", lang="en", other="")
    assert said(stage.world, "inputs.draft", "fields ->> 'text'") == [FIRST]
    send(amina, page, place, "text")
    assert said(stage.world, "inputs.draft", "fields ->> 'text'") == [SECOND]


def test_a_theme_that_is_made_and_one_that_is_changed(loop: Any) -> None:
    fac, place = _in(loop, "fac@x.org"), f"/en/consultations/{loop.facts['id']}/themes/new"
    page = lost(fac, place, "summary", title="Warn", lang="en")
    assert said(loop, "feedback.theme", "summary") == [FIRST], "not a second theme behind her back"
    send(fac, page, place, "summary")
    assert sorted(said(loop, "feedback.theme", "summary")) == sorted([FIRST, SECOND]), "but when she wants one"
    made = loop.sql("SELECT id FROM feedback.theme WHERE summary = %s", FIRST)[0][0]
    place = f"/en/themes/{made}/edit"
    loop.sql("UPDATE feedback.theme SET summary = 'Before'")
    page = lost(fac, place, "summary", title="Warn", lang="en", revision="1")
    assert "The present version" in page
    send(fac, page, place, "summary")
    assert loop.sql("SELECT summary, revision FROM feedback.theme WHERE id = %s", made) == [(SECOND, 3)]


def test_an_answer_that_is_drafted(loop: Any) -> None:
    place = f"{_theme(loop, _in(loop, 'fac@x.org'))}/answer/{loop.facts['tern']}"
    lead = _in(loop, "lead@tern.org")
    page = lost(lead, place, "words", decision="adopted", changes="The alert.", lang="en", revision="0")
    assert said(loop, "feedback.answer", "words") == [FIRST]
    assert "The present version" in page
    send(lead, page, place, "words")
    assert loop.sql("SELECT words, revision FROM feedback.answer") == [(SECOND, 2)]
    assert SECOND in _get(lead, place)


def test_a_measure_beside_an_answer(loop: Any) -> None:
    theme = _theme(loop, _in(loop, "fac@x.org"))
    lead, place = _in(loop, "lead@tern.org"), f"{theme}/answer/{loop.facts['tern']}"
    typed = {"decision": "adopted", "words": "Yes.", "changes": "The alert.", "lang": "en", "revision": "0"}
    assert lead.post(place, data={**typed, "once": str(uuid.uuid4())}).status_code == 303
    answer = loop.sql("SELECT id FROM feedback.answer")[0][0]
    page = lost(lead, f"/en/answers/{answer}/measures", "what", owner="design", due_on=str(make.today()), **{**typed, "revision": "1"})
    assert said(loop, "feedback.measure", "what") == [FIRST]
    once = re.search(r'name="once"[^>]*value="([^"]+)"', page.split(f'action="{place}"')[1])
    assert once
    sent = {**typed, "revision": "2", "what": SECOND, "owner": "design", "due_on": str(make.today()), "once": once[1]}
    assert lead.post(f"/en/answers/{answer}/measures", data=sent).status_code == 303, "the page's own button takes it"
    assert sorted(said(loop, "feedback.measure", "what")) == sorted([FIRST, SECOND])


def test_terms_that_are_made_and_changed(world: Any, cast: Any) -> None:
    given = {**TERMS, **dates(), "facilitator_id": str(cast["body"])}
    lost(cast["halcyon_lead"], "/en/consultations/new", "plain", **given)
    assert said(world, "consultations.consultation", "plain") == [FIRST]
    world.sql("DELETE FROM consultations.convener; DELETE FROM consultations.consultation")
    place = f"/en/consultations/{begin(world, cast)}/edit"
    page = lost(cast["halcyon_lead"], place, "plain", revision="1", **given)
    assert "The present version" in page
    assert said(world, "consultations.consultation", "plain") == [FIRST]
    send(cast["halcyon_lead"], page, place, "plain")
    assert said(world, "consultations.consultation", "plain") == [SECOND]


def test_another_file_or_another_button_is_something_else(stage: Any, signed_in: Any) -> None:
    amina, once = signed_in("amina@sauti.example"), str(uuid.uuid4())

    def sends(body: bytes, **more: str) -> int:
        data = {"text": FIRST, "lang": "en", "other": "", "once": once, "files": (io.BytesIO(body), "a.txt"), **more}
        return int(amina.post(f"{stage.at}/say", data=data, content_type="multipart/form-data").status_code)

    assert [sends(b"One."), sends(b"One."), sends(b"Two."), sends(b"One.", attach="yes")] == [303, 303, 409, 409]


def test_what_is_stored_of_a_form_tells_neither_its_value_nor_its_words(stage: Any, signed_in: Any) -> None:
    """Two names and a place for each sending; other forms with the same words have names of their own."""
    amina = signed_in("amina@sauti.example")
    stage.world.sql("DELETE FROM kernel.once")
    values = [str(uuid.uuid4()) for _ in range(2)]
    for once in values:
        assert amina.post(f"{stage.at}/say", data={"text": FIRST, "lang": "en", "once": once}).status_code == 303
    rows = stage.world.sql("SELECT value::text, place FROM kernel.once")
    assert len({value for value, _place in rows}) == 4
    assert not {value for value, _place in rows} & set(values)
    assert {re.sub(r"[^/]*$", "", place) for _value, place in rows} == {f"{stage.at}/say/"}


@pytest.mark.parametrize("words", [FIRST, SECOND])
def test_the_page_that_gives_words_back_while_the_database_is_away(stage: Any, signed_in: Any, words: str) -> None:
    """It carries the form's old value beside words that can be changed: what was kept and what comes are told apart."""
    who = stage.world.sql("SELECT id FROM people.person WHERE name = 'Amina'")[0][0]
    entry = make.input_(stage.world, stage.about, person_id=who, text="As it was.")
    amina, place = signed_in("amina@sauti.example"), f"/en/inbox/{entry}"
    data = {"text": FIRST, "lang": "en", "other": "", "revision": "1", "once": str(uuid.uuid4())}
    assert amina.post(place, data=data).status_code == 303  # kept, and the connection was cut before the answer
    again = amina.post(place, data={**data, "text": words})
    assert again.status_code == (303 if words == FIRST else 409)
    assert said(stage.world, "inputs.input", "text") == [FIRST]

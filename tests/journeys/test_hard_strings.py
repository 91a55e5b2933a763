"""Strings that break software, said by people: each is kept as it was typed, or refused in words, never half."""

import json
import os
from datetime import timedelta
from html import unescape
from pathlib import Path

import psycopg
import pytest

import make
from polyphony.folders import root
from polyphony.kernel.forms import tidy


def hard_strings() -> list[str]:
    """The big list of naughty strings, from the real data beside the project."""
    place = Path(os.environ.get("POLYPHONY_DATA", root().parent / "shared" / "data")) / "blns" / "blns.json"
    if not place.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{place} is missing")
        pytest.skip(f"LOUD: {place} is not here, so no hard string was tried")
    return json.loads(place.read_text("utf-8"))


@pytest.mark.slow
def test_every_hard_string_is_kept_or_refused_in_words(world) -> None:
    firm, ngo = make.organisation(world, "Halcyon"), make.organisation(world, "Sauti", "stakeholder")
    make.person(world, "amina@sauti.example", seats=((ngo, "coordinator"),))
    about = make.consultation(world, [firm], invited=(ngo,))
    client = make.sign_in(world.client(), "amina@sauti.example")
    tried = 0
    for text in hard_strings():
        answer = client.post(f"/en/consultations/{about}/say", data={"text": text, "lang": "en", "other": ""})
        wanted = tidy(text)
        if not wanted:
            assert answer.status_code == 422, repr(text)
            continue
        tried += 1
        assert answer.status_code == 303, repr(text)
        assert world.sql("SELECT fields ->> 'text' FROM inputs.draft") == [(wanted,)], repr(text)
        shown = client.get(f"/en/consultations/{about}/say").get_data(as_text=True)
        assert wanted in unescape(shown), repr(text)
        assert "<script>" not in shown.lower().split("<main", 1)[1], repr(text)
    assert tried > 400


def _refused(answer, sent: dict[str, str]) -> None:
    """Refused in words, on a page that still holds what was typed, escaped."""
    shown = answer.get_data(as_text=True)
    assert answer.status_code == 422, sent
    assert "<script>" not in shown.lower().split("<main", 1)[1], sent


def _rounds(strings: list[str], fields: list[str], *, whole: bool):
    """Every string in one field, or with `whole` every string in every field; many fields in each request."""
    for turn in range(len(fields) if whole else 1):
        for at in range(0, len(strings), len(fields)):
            some = strings[at:at + len(fields)]
            yield {field: (some[(n + turn) % len(some)]) for n, field in enumerate(fields)}


@pytest.fixture
def places(world):
    """Every form with words in it: (who sends it, where to, which fields, what else, where it is kept)."""
    firm, ngo = make.organisation(world, "Halcyon"), make.organisation(world, "Sauti", "stakeholder")
    body = make.organisation(world, "Middle", "facilitation")
    amina = make.person(world, "amina@sauti.example", seats=((ngo, "coordinator"),))
    make.person(world, "lead@firm.example", seats=((firm, "engagement_lead"),))
    make.person(world, "fay@middle.example", seats=((body, "facilitator"),))
    draft = make.consultation(world, [firm], facilitator=body, state="draft")
    live = make.consultation(world, [firm], facilitator=body, invited=(ngo,), state="answering",
                             closes_at=make.now() - timedelta(days=1))
    said = make.input_(world, live, person_id=amina, addressed=[firm], text="What I say.")
    client = {who: make.sign_in(world.client(), f"{who}.example") for who in ("amina@sauti", "lead@firm", "fay@middle")}
    fay, lead = client["fay@middle"], client["lead@firm"]
    here = f"/en/consultations/{live}"
    first = fay.post(f"{here}/themes/new", data={"title": "A", "summary": "B", "lang": "en"})
    theme = world.sql("SELECT id FROM feedback.theme")[0][0]
    assert first.status_code == 303
    quoted = {"theme_id": theme, "input_id": said, "quote": "What I say."}
    assert fay.post(f"{here}/excerpts/{said}", data=quoted).status_code == 303
    assert fay.post(f"{here}/facilitate/share", data={}).status_code == 303
    now = make.now()
    terms = {"source_lang": "en", "countries": "KE", "phases": ["assess"], "languages": ["en"],
             "protection": "standard", "discovery": "listed", "time_zone": "UTC", "facilitator_id": str(body),
             "opens_at": (now + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M"),
             "closes_at": (now + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M"),
             "promised_on": (now + timedelta(days=40)).date().isoformat()}
    answer = {"decision": "adopted", "lang": "en"}
    words = ["title", "plain", "purpose", "open_to_change", "closed_to_change", "cannot_share", "cannot_share_why",
             "at_risk", "paid_by"]
    return [
        (lead, f"/en/consultations/{draft}/edit", [*words, "technologies", "segments", "contexts"], terms, words,
         ("consultations.consultation", f"id = '{draft}'")),
        (fay, f"/en/themes/{theme}/edit", ["title", "summary"], {"lang": "en"}, ["title", "summary"],
         ("feedback.theme", f"id = '{theme}'")),
        (lead, f"/en/themes/{theme}/answer/{firm}", ["words", "changes"], answer, ["words", "changes"],
         ("feedback.answer", f"theme_id = '{theme}'")),
        (fay, f"{here}/reading/{said}/masking", ["text", "reason"], {}, ["text"], ("inputs.input", f"id = '{said}'")),
        (client["amina@sauti"], "/en/account", ["name"], {"language": "en", "time_zone": "UTC"}, ["name"],
         ("people.person", f"id = '{amina}'")),
    ]


def _walk(world, places, strings: list[str], *, whole: bool) -> int:
    with psycopg.connect(world.server.url("postgres", world.name), autocommit=True) as connection:
        return sum(_through(connection, place, strings if whole else strings[n::len(places)], whole=whole)
                   for n, place in enumerate(places))


def _through(connection: psycopg.Connection, place: tuple, strings: list[str], *, whole: bool) -> int:
    client, address, fields, more, kept, (table, row) = place
    tried, seen = 0, "'0'" if table == "people.person" else "revision"
    for sent in _rounds(strings, fields, whole=whole):
        revision = connection.execute(f"SELECT {seen} FROM {table} WHERE {row}").fetchall()
        answer = client.post(address, data={**more, **sent, "revision": revision[0][0] if revision else "0"})
        assert answer.status_code in (303, 422), (address, sent, answer.get_data(as_text=True)[-2000:])
        if answer.status_code == 422:
            _refused(answer, sent)
            continue
        tried += 1
        stored = connection.execute(f"SELECT {', '.join(kept)} FROM {table} WHERE {row}").fetchone()
        assert dict(zip(kept, stored, strict=True)) == {name: tidy(sent[name]) for name in kept}, sent
        if tried % 10 == 0:
            shown = client.get(answer.location).get_data(as_text=True)
            assert "<script>" not in shown.lower().split("<main", 1)[1], sent
    return tried


def test_every_other_text_field_takes_hard_strings(world, places) -> None:
    """Titles, purposes, themes, answers, masks, names: each string in one form."""
    assert _walk(world, places, hard_strings(), whole=False) > 150


@pytest.mark.slow
def test_every_hard_string_in_every_field(world, places) -> None:
    assert _walk(world, places, hard_strings(), whole=True) > 1500


def test_hard_strings_open_no_door(world) -> None:
    """As an address, a password or a phrase they are wrong in words, like any other wrong one."""
    make.person(world, "amina@example.org")
    client = world.client()
    for text in hard_strings()[::9]:
        for address, data in (("/en/reset", {"address": text}), ("/en/sign-in", {"address": text, "password": "x"})):
            answer = client.post(address, data=data)
            assert answer.status_code in (303, 422, 429), (address, text)
            assert answer.status_code != 303 or address == "/en/reset", text
    assert client.post("/en/come-back", data={"words": hard_strings()[-1]}).status_code == 422

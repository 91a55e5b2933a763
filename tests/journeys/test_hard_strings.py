"""Strings that break software, said by people: each is kept as it was typed, or refused in words, never half."""

import json
import os
from html import unescape
from pathlib import Path

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

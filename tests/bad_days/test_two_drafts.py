"""Two windows, or two browsers with one return phrase: neither writes over a draft that it never showed."""

import io
import re
import uuid
from html import unescape
from typing import Any

import pytest
from PIL import Image
from tests import swap
from tests.bad_days.test_once_only import body, choices, phrase_page, tabs

FIRST, SECOND = "What she wrote in one window.", "What she wrote in the other."


def member(stage: Any) -> list[Any]:
    return tabs(stage, "amina@sauti.example")


def phrase(stage: Any) -> list[Any]:
    first, second = stage.world.client(), stage.world.client()
    words, form = phrase_page(stage, first)
    assert first.post(f"{stage.at}/say/without-account", data=form).status_code == 303
    assert second.post("/en/come-back", data={"words": " ".join(words)}).status_code == 303
    return [first, second]


both = pytest.mark.parametrize("windows_of", [member, phrase])


def shown(page: str, place: str, **typed: Any) -> dict[str, Any]:
    """What a browser sends from the form on this page, with what she typed."""
    [form] = [each for each in swap.Parser(page).forms if each.about.get("action") == place]
    data: dict[str, Any] = {}
    for name, value, kind, ticked in form.fields:
        if (ticked or kind not in ("radio", "checkbox")) and kind not in ("file", "submit"):
            data.setdefault(name, []).append(value.removeprefix("\r\n"))
    return {**data, **typed}


def fields(stage: Any) -> dict[str, Any]:
    [(kept,)] = stage.world.sql("SELECT fields FROM inputs.draft")
    return dict(kept)


@both
@pytest.mark.parametrize("begun", [False, True])
def test_words_are_not_written_over_unseen(stage: Any, windows_of: Any, begun: bool) -> None:
    (one, two), place = windows_of(stage), f"{stage.at}/say"
    if begun:
        assert one.post(place, data=shown(body(one.get(place)), place, text="As it was.", lang="en")).status_code == 303
    pages = [body(window.get(place)) for window in (one, two)]
    assert one.post(place, data=shown(pages[0], place, text=FIRST, lang="en")).status_code == 303
    refused = two.post(place, data=shown(pages[1], place, text=SECOND, lang="en"))
    page = body(refused, 409)
    assert "perhaps in another window of yours" in page
    present, form = page.split("The present version")[1].split("novalidate")
    assert FIRST in present
    assert SECOND in form
    assert fields(stage)["text"] == FIRST
    again = two.post(place, data=shown(refused.get_data(as_text=True), place))
    assert again.status_code == 303, "she has seen it now"
    assert fields(stage)["text"] == SECOND
    assert one.post(place, data=shown(body(one.get(place)), place, revision="")).status_code == 303, "the same words"


@both
def test_choices_are_not_written_over_unseen(stage: Any, windows_of: Any) -> None:
    (one, two), place = windows_of(stage), f"{stage.at}/say/choices"
    assert one.post(f"{stage.at}/say", data={"text": FIRST, "lang": "en"}).status_code == 303
    pages = [body(window.get(place)) for window in (one, two)]
    first, second = ({**choices(stage), "audience": who} for who in ("facilitator", "public"))
    assert one.post(place, data=shown(pages[0], place, **first)).status_code == 303
    refused = two.post(place, data=shown(pages[1], place, **second))
    present, form = body(refused, 409).split("The present version")[1].split("novalidate")
    assert "The facilitator only" in present
    assert re.search(r'checked[^>]*value="public"', form)
    assert fields(stage)["audience"] == "facilitator"
    assert two.post(place, data=shown(refused.get_data(as_text=True), place)).status_code == 303
    assert fields(stage)["audience"] == "public"


@both
def test_nobody_sends_what_she_has_not_seen(stage: Any, windows_of: Any) -> None:
    (one, two), place = windows_of(stage), f"{stage.at}/say/check"
    for step, data in (("say", {"text": FIRST, "lang": "en"}), ("say/choices", choices(stage))):
        assert one.post(f"{stage.at}/{step}", data={**data, "once": str(uuid.uuid4())}).status_code == 303
    page = body(one.get(place))
    assert two.post(f"{stage.at}/say", data={"text": SECOND, "lang": "en"}).status_code == 303
    refused = one.post(place, data=shown(page, place))
    assert "read it once more before you send it" in body(refused, 409)
    assert SECOND in unescape(refused.get_data(as_text=True))
    assert stage.world.sql("SELECT count(*) FROM inputs.input") == [(0,)]
    assert one.post(place, data=shown(refused.get_data(as_text=True), place)).status_code == 303
    assert stage.world.sql("SELECT text FROM inputs.input") == [(SECOND,)]


@both
def test_nobody_sends_a_file_that_she_has_not_seen(stage: Any, windows_of: Any) -> None:
    (one, two), place = windows_of(stage), f"{stage.at}/say/check"
    for step, data in (("say", {"text": FIRST, "lang": "en"}), ("say/choices", choices(stage))):
        assert one.post(f"{stage.at}/{step}", data={**data, "once": str(uuid.uuid4())}).status_code == 303
    page = body(one.get(place))
    picture = io.BytesIO()
    Image.new("RGB", (2, 2)).save(picture, "PNG")
    data = {"text": FIRST, "lang": "en", "files": (io.BytesIO(picture.getvalue()), "a.png")}
    assert two.post(f"{stage.at}/say", data=data, content_type="multipart/form-data").status_code == 303
    refused = one.post(place, data=shown(page, place))
    assert "read it once more before you send it" in body(refused, 409)
    assert one.post(place, data=shown(refused.get_data(as_text=True), place)).status_code == 303

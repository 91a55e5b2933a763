"""A company writes, signs and corrects its answers: nobody signs what she has not seen, no typed word is lost."""

import re
from datetime import timedelta
from typing import Any

import pytest
from tests import make
from tests.journeys.test_feedback import _answer, _get, _in, _post, _seen, _sign, _theme, loop
from tests.swap import Parser

__all__ = ["loop"]  # a fixture


@pytest.fixture
def drafted(loop: Any) -> Any:
    """Tern has drafted its answer; its decision maker looks at it."""
    theme = loop.facts["theme"] = _theme(loop, _in(loop, "fac@x.org"))
    loop.facts["url"] = f"{theme}/answer/{loop.facts['tern']}"
    _answer(loop, "tern", theme)
    loop.facts["answer"] = loop.sql("SELECT id FROM feedback.answer")[0][0]
    return loop


def _measure(**changes: str) -> dict[str, str]:
    return {"what": "Quiet alerts", "owner": "product", "due_on": str(make.today() + timedelta(days=30)), **changes}


def _sent(page: str, to: str) -> dict[str, str]:
    """What a browser sends from the form with the button that leads to this address."""
    at = page.index(f'formaction="{to}"')
    number = page[:at].count("<form ") - 1
    return {name: value.strip() for name, value, kind, ticked in Parser(page).forms[number].fields
            if ticked or kind not in ("radio", "checkbox")}


def test_nobody_signs_what_she_has_not_seen(drafted: Any) -> None:
    """Her colleague changed the words, or a measure, after she opened the page: she sees it first."""
    f, boss, lead = drafted.facts, _in(drafted, "boss@tern.org"), _in(drafted, "lead@tern.org")
    at, seen = f"/en/answers/{f['answer']}/sign", _seen(drafted, drafted.facts["answer"])
    assert seen["revision"] in _sent(_get(boss, f["url"]), at)["revision"]
    _post(lead, f["url"], **{**seen, "words": "Something else entirely."})
    page = _post(boss, at, 409, **seen)
    assert "The present version" in page
    assert "Something else entirely." in page
    assert "tern will do it." in page, "her own text is still in its field"
    _post(lead, f"/en/answers/{f['answer']}/measures", **_measure())
    seen = _sent(page, at)
    assert "Quiet alerts" in _post(boss, at, 409, **seen)
    assert drafted.sql("SELECT state FROM feedback.answer") == [("draft",)]
    page = _get(boss, f["url"])
    _post(lead, f"/en/measures/{drafted.sql('SELECT id FROM feedback.measure')[0][0]}/remove")
    page = _post(boss, at, 409, **_sent(page, at))
    _post(boss, at, **_sent(page, at))
    assert drafted.sql("SELECT state, words FROM feedback.answer") == [("signed", "Something else entirely.")]


def test_what_was_typed_is_kept_whichever_button_is_pressed(drafted: Any) -> None:
    """Signing, a comment, a measure: the words typed in the answer go along, or nothing is done and all is there."""
    f, boss = drafted.facts, _in(drafted, "boss@tern.org")
    comment, add, at = f"{f['url']}/comment", f"/en/answers/{f['answer']}/measures", f"/en/answers/{f['answer']}/sign"
    page = _get(boss, f["url"])
    assert len(re.findall(r'<form [^>]*/answer/', page)) == 1, "one form, so that no button forgets the others"
    _post(boss, comment, **{**_sent(page, comment), "words": "First.", "comment-words": "Look."})
    assert _words(drafted) == "First."
    page = _post(boss, comment, 422, **{**_sent(_get(boss, f["url"]), comment), "words": "Second.", **_measure()})
    assert "Second." in page
    assert "Quiet alerts" in page
    assert _words(drafted) == "First."
    _post(boss, add, **{**_sent(page, add), "words": "Third.", **_measure()})
    assert _words(drafted) == "Third."
    page = _get(boss, f["url"])
    (remove,) = re.findall(r'formaction="(/en/measures/[^"]+)"', page)
    _post(boss, remove, **{**_sent(page, remove), "words": "Fourth."})
    assert _words(drafted) == "Fourth."
    page = _post(boss, at, 422, **{**_sent(_get(boss, f["url"]), at), **_measure()})
    assert "not added yet" in page
    assert "Quiet alerts" in page
    _post(boss, at, **{**_sent(_get(boss, f["url"]), at), "words": "Fifth."})
    assert drafted.sql("SELECT state, words FROM feedback.answer") == [("signed", "Fifth.")]


def _words(world: Any) -> str:
    return str(world.sql("SELECT words FROM feedback.answer ORDER BY number DESC LIMIT 1")[0][0])


def test_a_comment_begins_no_correction(drafted: Any) -> None:
    """After the signature the form holds the signed words: sent along unchanged, they are no new version."""
    f, boss = drafted.facts, _in(drafted, "boss@tern.org")
    _sign(drafted, "tern")
    comment = f"{f['url']}/comment"
    _post(boss, comment, **{**_sent(_get(boss, f["url"]), comment), "comment-words": "Well done."})
    assert drafted.sql("SELECT count(*) FROM feedback.answer") == [(1,)]

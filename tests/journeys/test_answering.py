"""A company writes, signs and corrects its answers: nobody signs what she has not seen, no typed word is lost."""

import re
from datetime import timedelta
from typing import Any

import pytest
from tests import make
from tests.journeys.test_feedback import _answer, _get, _in, _post, _seen, _sign, _theme, loop
from tests.swap import CHOSEN, Parser

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
            if ticked or kind not in CHOSEN}


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


def test_a_measure_or_comment_half_typed_stays_in_its_field_when_another_button_did_its_work(drafted: Any) -> None:
    """Keeping, adding, removing: what was typed beside stands on the page that comes; sent again, it is done once."""
    f, boss = drafted.facts, _in(drafted, "boss@tern.org")
    keep, comment, add = f["url"], f"{f['url']}/comment", f"/en/answers/{f['answer']}/measures"
    rest = {"what": "", "owner": "product", "due_on": "", "comment-words": "Half a rem"}
    typed = {**_sent(_get(boss, keep), add), "words": "Kept.", **rest}
    page = _post(boss, keep, 200, **typed)
    assert "Your draft is kept" in page
    assert _sent(page, add).items() >= rest.items()
    assert _words(drafted) == "Kept."
    assert _sent(_post(boss, keep, 200, **typed), add).items() >= rest.items(), "reloaded"
    page = _post(boss, comment, 200, **_sent(page, comment))
    assert _sent(page, add).items() >= {"owner": "product", "comment-words": ""}.items()
    assert "<details open>" in page, "what is still to be added is in sight"
    page = _post(boss, add, 200, **{**_sent(page, add), **_measure(), "comment-words": "Another"})
    assert _sent(page, add).items() >= {"what": "", "owner": "", "comment-words": "Another"}.items()
    (remove,) = re.findall(r'formaction="(/en/measures/[^"]+)"', page)
    page = _post(boss, remove, 200, **_sent(page, remove))
    assert _sent(page, add)["comment-words"] == "Another"
    page = _post(boss, f"/en/answers/{f['answer']}/sign", 422, **_sent(page, comment))
    assert "a comment that is not added yet" in page
    assert _sent(page, add)["comment-words"] == "Another"
    assert drafted.sql("SELECT (SELECT count(*) FROM feedback.comment), (SELECT count(*) FROM feedback.measure)") == [
        (1, 0)]


def _words(world: Any) -> str:
    return str(world.sql("SELECT words FROM feedback.answer ORDER BY number DESC LIMIT 1")[0][0])


def test_a_comment_begins_no_correction(drafted: Any) -> None:
    """After the signature the form holds the signed words: sent along unchanged, they are no new version."""
    f, boss = drafted.facts, _in(drafted, "boss@tern.org")
    _sign(drafted, "tern")
    comment = f"{f['url']}/comment"
    _post(boss, comment, **{**_sent(_get(boss, f["url"]), comment), "comment-words": "Well done."})
    assert drafted.sql("SELECT count(*) FROM feedback.answer") == [(1,)]


def test_a_draft_says_what_it_lacks_before_it_can_be_signed(drafted: Any) -> None:
    """On the draft, to whoever writes it, each linked to its field; the signature refused leads there too."""
    f, boss = drafted.facts, _in(drafted, "boss@tern.org")
    later = {**_seen(drafted, f["answer"]), "decision": "later", "words": "", "changes": ""}
    _post(_in(drafted, "lead@tern.org"), f["url"], **later)
    page = _get(boss, f["url"])
    lacking = page[page.index("Before it can be signed:"):].partition("</section>")[0]
    assert re.findall(r'href="#(\w+)"', lacking) == ["reason_kind", "changes"]
    for field in re.findall(r'href="#(\w+)"', lacking):
        assert f'id="{field}"' in page
    at = f"/en/answers/{f['answer']}/sign"
    refused = _post(boss, at, 422, **_sent(page, at))
    assert 'href="#reason_kind"' in refused[refused.index('id="error-summary"'):].partition("</div>")[0]
    _post(boss, f["url"], **{**_sent(page, at), "reason_kind": "law"})
    page = _get(boss, f["url"])
    assert 'href="#words"' in page[page.index("Before it can be signed:"):].partition("</section>")[0]
    _post(boss, f["url"], **{**_sent(page, at), "words": "Not now.", "changes": "Nothing yet."})
    assert "Before it can be signed" not in _get(boss, f["url"])


def test_a_kept_draft_says_so_and_a_correction_stays_one(drafted: Any) -> None:
    """One main button on the page; after publication the signature says that the answer appears at once."""
    f, boss = drafted.facts, _in(drafted, "boss@tern.org")
    kept = boss.post(f["url"], data=_seen(drafted, f["answer"])).location
    assert "Your draft is kept." in _get(boss, kept)
    page = _get(boss, f["url"])
    assert "Your draft is kept." not in page
    assert page.count('class="primary"') == 1
    assert "published together" in page
    _sign(drafted, "tern")
    drafted.sql("UPDATE feedback.theme SET published_on = current_date")
    drafted.sql("UPDATE consultations.consultation SET state = 'published'")
    assert "Correct this answer" in _get(boss, f["url"])
    _answer(drafted, "tern", f["theme"], words="Better said.")
    page = _get(boss, f["url"])
    assert "Correct this answer" in page
    assert "yours appears at once" in page
    assert "published together" not in page


def test_who_signs_is_compared_with_who_was_said_to_decide(drafted: Any) -> None:
    """Legal signs where the company has publicly named Engineering: she reads so before she does."""
    f, boss = drafted.facts, _in(drafted, "boss@tern.org")
    for functions, warned in ((["engineering"], True), (["engineering", "legal"], False), ([], False)):
        drafted.sql("UPDATE consultations.convener SET functions = %s WHERE company_id = %s", functions, f["tern"])
        assert ("You sign as: Legal" in _get(boss, f["url"])) == warned, functions
    drafted.sql("UPDATE consultations.convener SET functions = '{engineering}' WHERE company_id = %s", f["tern"])
    assert "Your company has said who decides here: Engineering." in _get(boss, f["url"])
    assert "Your company has said" not in _get(_in(drafted, "lead@tern.org"), f["url"])

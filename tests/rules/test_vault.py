"""Who keeps, who may ask, when a box opens: the pure decisions."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyphony.vault import rules
from polyphony.vault.keyholder import TooFew

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def word(organisation: Any, says: str = "released") -> Any:
    return SimpleNamespace(organisation_id=organisation, says=says)


@pytest.mark.parametrize(("needs", "organisations", "refusal"), [
    (2, "ab", rules.TooFewKeyholders), (2, "aab", rules.NotApart), (1, "abc", rules.BadThreshold),
    (3, "abc", rules.BadThreshold), (0, "abc", rules.BadThreshold), (4, "abc", rules.BadThreshold)])
def test_a_circle_is_several_apart_and_may_lose_one(needs: int, organisations: str, refusal: type[Exception]) -> None:
    rules.ensure_circle(2, list("abc"))
    with pytest.raises(refusal):
        rules.ensure_circle(needs, list(organisations))


@pytest.mark.parametrize(("changes", "refusal"), [
    ({"reason": "  "}, rules.NoReason), ({"reason": f"{'x' * 19}   "}, rules.ReasonTooShort), ({"days": 0}, rules.BadTimes), ({"days": 8}, rules.BadTimes),
    ({"delay": 1}, rules.DelayWithoutReason), ({"delay": 1, "safety_reason": " "}, rules.DelayWithoutReason),
    ({"delay": 91, "safety_reason": "x"}, rules.DelayTooLong), ({"delay": -1}, rules.DelayTooLong)])
def test_a_request_has_a_reason_and_an_end(changes: dict[str, Any], refusal: type[Exception]) -> None:
    usual: dict[str, Any] = {"reason": "She asked us to help", "days": 3, "safety_reason": "", "delay": 0}
    rules.ensure_request(**usual)
    rules.ensure_request(**{**usual, "delay": 90, "safety_reason": "He reads her phone."})
    with pytest.raises(refusal):
        rules.ensure_request(**{**usual, **changes})


def test_something_is_left_and_agreed_to() -> None:
    rules.ensure_left("", "+254 1", agree=True)
    with pytest.raises(rules.NothingLeft):
        rules.ensure_left("", "", agree=True)
    with pytest.raises(rules.NotAgreed):
        rules.ensure_left("Amina", "", agree=False)


@given(st.lists(st.tuples(st.sampled_from("abcdx"), st.sampled_from(("released", "refused")))), st.integers(2, 4))
def test_only_different_organisations_that_did_not_ask_count(said: list[tuple[str, str]], needs: int) -> None:
    others = {who for who, says in said if says == "released" and who != "x"}
    assert rules.enough([word(*each) for each in said], needs=needs, asking="x") == (len(others) >= needs)


STATES = {"read": {"read_at": NOW}, "withdrawn": {"box_there": False}, "expired": {"now": NOW + timedelta(days=1)},
          "ready": {"words": [word("a"), word("b")]}, "waiting": {"words": [word("a"), word("x")]},
          "refused": {"words": [word("a", "refused"), word("b", "refused")]}}


@pytest.mark.parametrize(("state", "changes"), STATES.items())
def test_where_a_request_stands(state: str, changes: dict[str, Any]) -> None:
    opening = SimpleNamespace(until=NOW + timedelta(days=1), organisation_id="x")
    usual: dict[str, Any] = {"words": [], "read_at": None, "needs": 2, "seats": 3, "box_there": True, "now": NOW}
    given_ = {**usual, **changes}
    assert rules.state_of(opening, given_.pop("words"), given_.pop("read_at"), **given_) == state


def test_what_was_read_is_shown_a_little_while() -> None:
    assert rules.still_shown(NOW, 15, NOW + timedelta(minutes=14))
    assert not rules.still_shown(NOW, 15, NOW + timedelta(minutes=15))


def test_every_answer_of_the_database_is_a_refusal_or_a_yes() -> None:
    for answer, refusal in rules.WORDS.items():
        with pytest.raises(refusal):
            rules.ensure(answer)
    assert rules.ensure("done") == "done"
    with pytest.raises(rules.NothingThere):
        rules.ensure("gone", gone=rules.NothingThere)


def test_what_the_tool_says_stands_beside_the_field() -> None:
    refusal = rules.unreadable(TooFew(have=1, needs=2), "text")
    assert refusal.field == "text"
    assert "1 of 2" in str(refusal.message)

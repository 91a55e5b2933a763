"""Holds: when they begin, where they stand, and when they end."""

from datetime import date, timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest

from polyphony.retention import rules, words

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(("days", "good"), [(-1, False), (0, False), (1, True), (365, True), (366, False)])
def test_a_hold_ends_within_twelve_months(days: int, good: bool) -> None:
    if good:
        rules.ensure_end(TODAY + timedelta(days=days), TODAY)
    else:
        with pytest.raises(rules.BadEnd):
            rules.ensure_end(TODAY + timedelta(days=days), TODAY)


@pytest.mark.parametrize(("until", "confirmed", "released", "state"), [
    (1, None, None, "proposed"), (0, "yes", None, "held"), (-1, "yes", None, "ended"), (1, "yes", "yes", "released")])
def test_where_a_hold_stands(until: int, confirmed: str | None, released: str | None, state: str) -> None:
    hold = SimpleNamespace(until=TODAY + timedelta(days=until))
    assert rules.state_of(hold, confirmed, released, TODAY) == state


@pytest.mark.parametrize(("state", "own", "refusal"), [
    ("proposed", True, rules.TwoPeople), ("held", False, rules.ConfirmedAlready), ("ended", False, rules.HoldEnded),
    ("released", False, rules.HoldEnded)])
def test_who_confirms_and_when(state: str, own: bool, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        rules.ensure_may_confirm(state, is_own=own)


def test_a_consultation_is_found_in_the_address_of_its_page() -> None:
    id = UUID("0836c5e1-0000-4000-8000-000000000001")
    assert rules.consultation_in(f"https://x.example/en/consultations/{id}/answers") == id
    assert rules.consultation_in("nowhere") is None


def test_both_must_mean_the_same() -> None:
    rules.ensure_same(UUID(int=1), UUID(int=1))
    with pytest.raises(rules.NotTheSame):
        rules.ensure_same(UUID(int=1), UUID(int=2))


@pytest.mark.parametrize("text", ["2026-02-30", "٢٠٢٦-٠٢-٠٣", "2026-13-01T10:00:00+00:00", "9999-12-31T23:59:59-23:00",
                                  "2026-02-03T99:99:99+00:00"])
def test_what_only_looks_like_a_day_is_shown_as_it_was_written(text: str) -> None:
    assert words.value(text) == text

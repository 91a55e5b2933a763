"""Nobody can be recovered from the counts that are shown (promise 8)."""

from hypothesis import given
from hypothesis import strategies as st

from polyphony.kernel.small_numbers import THRESHOLD, at_least, parts

COUNTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 60), min_size=1)


def test_a_count_that_is_told_again_moves_in_steps() -> None:
    assert [at_least(n) for n in (0, 4, 5, 9, 13)] == [None, None, 5, 5, 10]


@given(COUNTS)
def test_no_hidden_count_follows_from_the_total(counts: dict[str, int]) -> None:
    seen = parts(counts)
    assert all(told in (None, at_least(counts[key])) for key, told in seen.items())
    left = sum(counts.values()) - sum(told or 0 for told in seen.values())
    if any(told is not None for told in seen.values()):
        assert THRESHOLD - 1 <= left <= (len(counts) - 1) * (THRESHOLD - 1), "each may be any number of its step"


def test_parts_are_told_in_steps_unless_these_tell_more() -> None:
    told = parts({"a": 9, "b": 6, "c": 0, "d": 3, "e": 2})
    assert told == {"a": 5, "b": 5, "c": None, "d": None, "e": None}
    for all_alike in (dict.fromkeys("abcde", 9), {"a": 10, "b": 5, "c": 0, "d": 0, "e": 0}):
        assert set(parts(all_alike).values()) == {None}, "the total would tell each of them exactly"

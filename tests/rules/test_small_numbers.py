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
    hidden = [key for key, count in seen.items() if count is None]
    assert all(count is None or count >= THRESHOLD for count in seen.values())
    assert all(seen[key] in (None, counts[key]) for key in counts)
    if hidden and len(hidden) < len(counts):
        assert len(hidden) > 1, "one hidden count is the total less the others"
        assert sum(counts[key] for key in hidden) >= THRESHOLD, "together they would still point at few"

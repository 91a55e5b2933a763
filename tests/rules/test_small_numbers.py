"""Nobody can be recovered from the counts that are shown (promise 8)."""

from hypothesis import given
from hypothesis import strategies as st

from polyphony.kernel.small_numbers import THRESHOLD, part, parts, shown

COUNTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 60), min_size=1)


def test_under_five_is_not_shown() -> None:
    assert [shown(n) for n in (0, 4, 5)] == [None, None, 5]


def test_the_complement_is_not_shown_either() -> None:
    assert part(17, 20) is None, "20 − 17 would tell of three"
    assert part(15, 20) == 15
    assert part(20, 20) == 20


@given(COUNTS)
def test_no_hidden_count_follows_from_the_total(counts: dict[str, int]) -> None:
    seen = parts(counts)
    hidden = [key for key, count in seen.items() if count is None]
    assert all(count is None or count >= THRESHOLD for count in seen.values())
    assert all(seen[key] in (None, counts[key]) for key in counts)
    if hidden and len(hidden) < len(counts):
        assert len(hidden) > 1, "one hidden count is the total less the others"
        assert sum(counts[key] for key in hidden) >= THRESHOLD, "together they would still point at few"

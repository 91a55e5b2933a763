"""Counts small enough to point at somebody are never shown, nor what would give them away.

Threshold five by default (safety promise 8). A hidden part hides another with it: were it
alone, the total less the others would tell it. Zero is hidden like one to four: "nobody in this
village answered" says something about the village.
Source: primary and complementary suppression as in Hundepool et al., *Statistical Disclosure
Control* (Wiley, 2012), chapter 4.
"""

from collections.abc import Mapping

THRESHOLD = 5


def at_least(count: int, *, threshold: int = THRESHOLD) -> int | None:
    """A count that is published again and again, in whole steps: 13 is "at least 10"; None when it is too small.

    An exact count beside a list tells how many are not on the list, and two exact counts tell of the one who came
    between. In steps neither is ever one person: whoever subtracts finds a range as wide as the threshold.
    """
    return count - count % threshold if count >= threshold else None


def parts(counts: Mapping[str, int], *, threshold: int = THRESHOLD) -> dict[str, int | None]:
    """Counts that add up to a shown total: small ones hidden, and enough others that none can be recovered.

    When exactly one count is hidden, or the hidden ones together are still under the threshold, the next
    smallest are hidden with them.
    """
    hidden = {key for key, count in counts.items() if count < threshold}
    open_ones = sorted((key for key in counts if key not in hidden), key=lambda key: (counts[key], str(key)))
    while hidden and open_ones and (len(hidden) == 1 or sum(counts[key] for key in hidden) < threshold):
        hidden.add(open_ones.pop(0))
    return {key: None if key in hidden else count for key, count in counts.items()}

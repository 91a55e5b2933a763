"""Counts small enough to point at somebody are never shown, nor what would give them away.

Threshold five by default (safety promise 8). What is told moves in steps, so that neither a total
nor an earlier look tells the rest. Zero is hidden like one to four: "nobody in this village
answered" says something about the village.
Source: suppression and rounding of tables as in Hundepool et al., *Statistical Disclosure
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
    """Counts of parts whose total a reader may know, from a list beside them: each in whole steps, None when too small.

    What the steps leave open, taken together, has to suffice for each part to be any number of its step, today and at
    the next look. Where it would not (all parts just on a step, or all just below one), none of them is told.
    """
    told = {key: at_least(count, threshold=threshold) for key, count in counts.items()}
    left = sum(counts.values()) - sum(count or 0 for count in told.values())
    is_open = threshold <= left <= len(told) * (threshold - 1) - 2 * threshold
    return told if is_open else dict.fromkeys(told)

"""Counting votes, and how far money reaches, without a database."""

from types import SimpleNamespace
from uuid import uuid4

from polyphony.fund.deciding.rules import Tally, best_first, reached


def test_the_votes_decide_once_enough_who_may_have_voted() -> None:
    tally = Tally(5, 1, 4, 3, 3, 2, 0, 1, 1)
    assert tally.is_valid
    assert tally.outcome == "granted"
    assert Tally(5, 3, 2, 3, 3, 2, 0, 0, 1).is_lost
    assert Tally(5, 0, 5, 3, 3, 1, 1, 1, 1).outcome == "declined"


def test_money_reaches_the_first_and_not_past_one_that_is_too_large() -> None:
    a, b, c = uuid4(), uuid4(), uuid4()
    assert reached([(a, 10), (b, 5), (c, 1)], 12) == [a]
    assert reached([], 5) == []


def test_the_best_come_first_and_unscored_last() -> None:
    ones = [SimpleNamespace(mean=mean, id=id) for mean, id in ((None, 1), (2, 3), (2, 2))]
    assert [each.id for each in best_first(ones)] == [2, 3, 1]

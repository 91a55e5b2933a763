"""Promise, receipt, grant, instalment, payment, return, in any order and by anybody: the money always adds up.

The model and its acts are `fund_life`; here it is played, and asked how far its lives came: a machine whose every act
is refused would find nothing.
"""

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from tests import make, make_fund
from tests.security.fund_life import Life
from tests.security.fund_model import CURRENCIES, HANDS

STEPS = 30
# Of a hundred lives so many at least reach this; measured, they are well more.
FAR = {"receipt": 100, "award": 50, "instalments": 25, "prepared": 40, "approved": 30, "released": 25, "confirmed": 10,
       "returned": 10, "again": 5, "stopped": 1, "cancellation": 1, "unmatched_receipt": 10, "overpaid": 3,
       "matching": 1, "sending_back": 1, "reversed": 5, "aside": 10, "sealed": 10}


@pytest.fixture
def stage(world: Any) -> Any:
    """A fund with three pairs of hands, one person who holds all three, and a company that promises."""
    f = world.facts
    make_fund.fund(world)
    f["both"] = make.person(world, "both@fund.org", seats=tuple((f["fund"], role) for role in
                                                                 ("treasurer", "approver", "releaser")))
    f["company"] = make.organisation(world, "Halcyon")
    f["lead"] = make.person(world, "lead@halcyon.org", seats=((f["company"], "engagement_lead"),))
    f["calls"] = {each: make_fund.call(world, f["fund"], currency=each, envelope=10**12) for each in CURRENCIES}
    f["ngo"] = make.organisation(world, "Sauti", "stakeholder")
    f["sessions"] = {who: make.session_of(world, f[who]) for who in (*HANDS, "lead")}
    return world


def play(world: Any, number: int, *, steps: int = STEPS, drawn: int | None = None) -> tuple[Counter[str], int]:
    """Let the machine run this many times: how many lives reached what, and how many steps it took in all.

    `drawn` says which lives are drawn, so that they are the same each time; without it they are others.
    """
    reached: Counter[str] = Counter()
    taken: list[int] = []
    with (world.worker.app_context(),
          world.raw.connect().execution_options(isolation_level="AUTOCOMMIT") as connection):
        money = type("Money", (Life,), {"world": world, "run": staticmethod(connection.execute), "reached": reached,
                                        "steps": taken})
        run_state_machine_as_test(money if drawn is None else seed(drawn)(money), settings=settings(
            max_examples=number, stateful_step_count=steps, deadline=None, database=None,
            suppress_health_check=list(HealthCheck)))
    return reached, len(taken)


def test_money_always_adds_up(stage: Any) -> None:
    reached, steps = play(stage, 2, steps=20, drawn=36)
    assert steps >= 2 * 15, "lives of some length"
    assert {"award", "confirmed", "returned", "again", "matching", "reversed", "sealed"} <= set(reached), "they came far"


@pytest.mark.slow
def test_money_always_adds_up_in_two_hundred_lives(stage: Any) -> None:
    reached, steps = play(stage, 200)
    assert reached["life"] >= 200
    assert steps >= 200 * 15, "lives of some length"
    short = {what: reached[what] for what, least in FAR.items() if reached[what] * 100 < least * reached["life"]}
    assert short == {}, "too few lives came so far"

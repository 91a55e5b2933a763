"""The bad days of the fund: each has its test, by name; and money that a currency does not have."""

import ast
from pathlib import Path
from typing import Any

import pytest
from tests import make_fund
from tests.journeys.test_fund_decisions import ruling
from tests.journeys.test_fund_reviews import assign, fund, post, score

__all__ = ["fund"]  # a fixture
TESTS = Path(__file__).parents[1]
BAD_DAYS = {
    "a budget that does not add up": "journeys/test_fund_applying.py::test_a_budget_is_exact_and_nothing_typed_is_lost",
    "wrong decimals for a currency": "journeys/test_fund_bad_days.py::test_money_that_a_currency_does_not_have_is_refused_and_kept",
    "a deadline at a clock change":
        "journeys/test_fund_calls.py::test_a_deadline_beside_a_clock_change_is_exact_and_shown_in_utc_too",
    "two approvers at once": "journeys/test_fund_payments.py::test_two_approvers_at_once_are_one",
    "the same person on two hands": "journeys/test_fund_payments.py::test_one_person_has_one_hand",
    "a release sent twice": "journeys/test_fund_payments.py::test_a_release_sent_twice_posts_once",
    "a member who becomes conflicted after voting":
        "journeys/test_fund_decisions.py::test_who_becomes_conflicted_after_voting_no_longer_counts",
    "a vote after the quorum was lost":
        "journeys/test_fund_decisions.py::test_a_vote_after_the_quorum_was_lost_is_refused_clearly",
    "a promise smaller than what was received":
        "journeys/test_fund_money.py::test_a_withdrawal_and_a_receipt_at_the_same_moment_never_pass_each_other",
    "the worker killed between posting and notice":
        "journeys/test_fund_notices.py::test_a_worker_killed_between_posting_and_notice_tells_once",
    "32 connections granting from one balance": "security/test_fund_concurrency.py::test_thirty_two_grant_from_one_balance",
    "one key from 32 connections": "security/test_fund_concurrency.py::test_one_key_from_thirty_two_connections_is_one_entry",
    "a vote, a recusal or a change while it is decided":
        "security/test_fund_concurrency.py::test_who_did_not_see_the_other_begins_again",
}


@pytest.mark.parametrize("day", BAD_DAYS)
def test_every_bad_day_has_its_test(day: str) -> None:
    path, name = BAD_DAYS[day].split("::")
    tree = ast.parse((TESTS / path).read_text("utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, day


@pytest.mark.parametrize(("currency", "typed", "said"), [
    ("JPY", "100.50", "JPY has no decimal places"), ("KWD", "1.0005", "KWD has 3 decimal places")])
def test_money_that_a_currency_does_not_have_is_refused_and_kept(fund: Any, currency: str, typed: str, said: str) -> None:
    f = fund.facts
    f["call"] = make_fund.call(fund, f["fund"], currency=currency)
    f["application"] = make_fund.application(fund, f["call"], f["ngo"], requested=5_000)
    assign(fund, "reviewer1")
    score(fund, "reviewer1", "5", "5")
    page = post(fund, "admin", f"/cases/{f['application']}/decide", 422, **ruling(amount=typed, part_1="1", part_2="1"))
    assert said in page
    assert f'value="{typed}"' in page, "what she typed stays"
    assert fund.sql("SELECT count(*) FROM fund.decision") == [(0,)]

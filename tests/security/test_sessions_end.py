"""Sessions end by themselves: idle ones, old ones, and those of an account that has ended."""

import re
from typing import Any

import pytest

import make
from polyphony.folders import root
from polyphony.people import access_factors


@pytest.mark.parametrize(("moved", "left"), [
    ("seen_at = now() - interval '7 hours 58 minutes'", 200), ("seen_at = now() - interval '8 hours 1 minute'", 403),
    ("began_at = now() - interval '13 days 23 hours'", 200), ("began_at = now() - interval '14 days 1 minute'", 403)])
def test_an_idle_session_ends_after_hours_and_every_one_after_days(world: Any, moved: str, left: int) -> None:
    make.person(world, "amina@x.example")
    amina = make.sign_in(world.client(), "amina@x.example")
    assert amina.get("/en/account").status_code == 200
    world.sql(f"UPDATE people.session SET {moved}")
    assert amina.get("/en/account").status_code == left


def test_an_account_that_ended_has_no_session(world: Any) -> None:
    make.person(world, "amina@x.example")
    amina = make.sign_in(world.client(), "amina@x.example")
    world.sql("UPDATE people.person SET ended_on = current_date")
    assert amina.get("/en/account").status_code == 403
    data = {"address": "amina@x.example", "password": make.PASSWORD}
    assert world.client().post("/en/sign-in", data=data).status_code == 422, "nor can she begin another"


TOLD = {"%:keyholder:%": "keyholders", "fund:%": "people of the fund", "operator:%": "people of the platform's own organisation",
        "steward": "stewards", "auditor": "auditors", "facilitation:%": "people of a facilitation body", "company:%": "people of a company"}


def test_operators_are_told_the_minutes_that_hold() -> None:
    page = (root() / "docs" / "operating.md").read_text("utf-8")
    told = {who: int(minutes) for who, minutes in re.findall(r"^\| ([^|]+) \| (\d+) \|$", page, re.MULTILINE)}
    holds = {TOLD[pattern]: minutes for pattern, minutes in access_factors.STRICT.items()}
    assert told == {**holds, "every other account": access_factors.PERSON_IDLE, "a return phrase": access_factors.PHRASE_IDLE}
    assert f"Every session ends after {access_factors.LONGEST}" in page
    assert f"within the last {access_factors.FRESH};" in page

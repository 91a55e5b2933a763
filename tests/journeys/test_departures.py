"""Leaving with one's organisation, and then for good: who carries the place stays, who only asked to does not."""

from typing import Any

import pytest

import make


def in_(world: Any, name: str) -> Any:
    return make.sign_in(world.client(), f"{name}@x.example")


def test_who_leaves_with_her_organisation_stays_signed_in(world: Any) -> None:
    alone = make.organisation(world, "Alone")
    make.person(world, "ada@x.example", seats=((alone, "administrator"),))
    ada = in_(world, "ada")
    assert ada.post(f"/en/organisation/{alone}/departure", data={"words": "We stop.", "sure": "y"}).status_code == 303
    assert ada.get("/en/account").status_code == 200


@pytest.mark.parametrize("turned_away", [False, True])
def test_who_brought_a_fund_that_never_was_one_can_leave_and_erase_herself(world: Any, turned_away: bool) -> None:
    fund = make.organisation(world, "Never", "fund", admitted=False)
    if turned_away:
        world.sql("UPDATE organisations.organisation SET turned_away_on = asked_on WHERE id = %s", fund)
    make.person(world, "ada@x.example", seats=((fund, "administrator"),))
    make.person(world, "one@x.example", roles=("steward",))
    ada, place = in_(world, "ada"), f"/en/organisation/{fund}/departure"
    assert "name=\"sure\"" in ada.get(place).get_data(as_text=True)
    assert ada.post(place, data={"words": "We stop.", "sure": "y"}).status_code == 303
    assert ada.post("/en/my-data/erasure", data={"sure": "y"}).status_code == 303
    assert "Never" not in in_(world, "one").get("/en/admissions").get_data(as_text=True)


def test_a_fund_that_was_admitted_carries_the_place(world: Any) -> None:
    fund = make.organisation(world, "Fund", "fund")
    make.person(world, "ada@x.example", seats=((fund, "administrator"),))
    refused = in_(world, "ada").post(f"/en/organisation/{fund}/departure", data={"words": "We stop.", "sure": "y"})
    assert (refused.status_code, "carry this place" in refused.get_data(as_text=True)) == (409, True)

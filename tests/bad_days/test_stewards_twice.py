"""Two who decide about one organisation in the same moment: neither passes the other unseen."""

import uuid
from typing import Any

import pytest
from tests.bad_days.test_companies_twice import between

import make
from polyphony.organisations import joining, service
from polyphony.retention import service as retention


@pytest.fixture
def house(world: Any) -> Any:
    """An organisation that asks to come in, two stewards, and a firm with two administrators."""
    f = world.facts
    f["asks"] = make.organisation(world, "Sauti", "stakeholder", admitted=False)
    f["firm"] = make.organisation(world, "Halcyon")
    for name in ("one", "two"):
        make.person(world, f"{name}@x.example", roles=("steward",))
    for name in ("ada", "eve"):
        f[name] = make.person(world, f"{name}@x.example", name.title(), seats=((f["firm"], "administrator"),))
    return world


def windows(world: Any, *names: str) -> list[Any]:
    return [make.sign_in(world.client(), f"{name}@x.example") for name in names]


def seat_of(world: Any, name: str) -> uuid.UUID:
    return world.sql("SELECT id FROM organisations.membership WHERE person_id = %s", world.facts[name])[0][0]


def living(world: Any) -> list[Any]:
    return world.sql("SELECT count(*) FROM organisations.membership m WHERE NOT EXISTS (SELECT 1 FROM "
                     "organisations.membership_end e WHERE e.membership_id = m.id)")


def once() -> dict[str, str]:
    return {"once": str(uuid.uuid4())}


def test_two_stewards_who_say_yes_in_one_moment_admit(house: Any, monkeypatch: Any) -> None:
    one, two = windows(house, "one", "two")
    place, yes = f"/en/admissions/{house.facts['asks']}", {"admits": "yes", "words": "They are good."}
    told = between(house, monkeypatch, joining, "words_on", lambda: two.post(place, data={**yes, **once()}))
    assert one.post(place, data={**yes, **once()}).status_code == 303
    told[0].join()
    assert told[1:] == [303]
    assert house.sql("SELECT admitted_on FROM organisations.organisation WHERE name = 'Sauti'") == [(make.today(),)]


def test_two_administrators_do_not_end_each_other(house: Any, monkeypatch: Any) -> None:
    ada, eve = windows(house, "ada", "eve")
    hers, other = (f"/en/memberships/{seat_of(house, name)}/end" for name in ("ada", "eve"))
    told = between(house, monkeypatch, service, "_living", lambda: eve.post(hers, data={"reason": "Out.", **once()}))
    assert ada.post(other, data={"reason": "Out.", **once()}).status_code == 303
    told[0].join()
    assert told[1] in (403, 404, 409)
    assert living(house) == [(1,)]


def test_the_last_two_administrators_do_not_both_erase_themselves(house: Any, monkeypatch: Any) -> None:
    (ada, eve), place, sure = windows(house, "ada", "eve"), "/en/my-data/erasure", {"sure": "y"}
    told = between(house, monkeypatch, retention, "alone_in", lambda: eve.post(place, data={**sure, **once()}))
    assert ada.post(place, data={**sure, **once()}).status_code == 303
    told[0].join()
    assert told[1:] == [409]
    assert living(house) == [(1,)]

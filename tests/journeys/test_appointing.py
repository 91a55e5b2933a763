"""Stewards and auditors are appointed at any time; two stewards stay, so that somebody can be let in."""

import re
import uuid
from typing import Any

import psycopg
import pytest
from click import ClickException
from tests.bad_days.test_companies_twice import between

import make
from polyphony.commands.founding import name
from polyphony.retention import service as retention

PASSWORD = "seven lamps beside the river"


@pytest.fixture
def house(world: Any) -> Any:
    ours = make.organisation(world, "House", "operator")
    make.person(world, "ada@house.example", seats=((ours, "administrator"),), roles=("steward",))
    make.person(world, "eve@house.example", roles=("steward",))
    make.person(world, "sub@house.example", seats=((ours, "administrator"),))
    return world


def roles(world: Any) -> list[Any]:
    return world.sql("SELECT p.name, r.role FROM people.platform_role r JOIN people.person p ON p.id = r.person_id ORDER BY 1, 2")


def test_who_has_an_account_keeps_it_and_who_has_none_gets_one(house: Any) -> None:
    before = roles(house)
    assert name(house.settings, " Sub@house.example", "steward", "en") == [
        "Sub@house.example is a steward from now on; she signs in anew."]
    said, link = name(house.settings, "amina@new.example", "auditor", "sw")
    assert "is an auditor from now on" in said
    assert roles(house) == sorted([*before, ("sub", "steward"), ("amina", "auditor")])
    place = re.search(r"http://[^/]+(/sw/\S+)", link)[1]  # type: ignore[index]
    assert house.client().post(place, data={"password": PASSWORD}).status_code == 303
    assert make.sign_in(house.client(), "amina@new.example", PASSWORD).get("/en/audit").status_code == 200
    assert make.sign_in(house.client(), "sub@house.example").get("/en/admissions").status_code == 200
    assert house.sql("SELECT p.name, a.details ->> 'role' FROM audit.row a JOIN people.person p ON p.id = a.subject WHERE "
                     "a.verb = 'person.appointed' ORDER BY 1") == [("amina", "auditor"), ("sub", "steward")]
    assert house.sql("SELECT count(*) FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity AND "
                     "relnamespace::regnamespace::text IN ('people', 'organisations', 'audit')") == [(0,)]


def test_what_cannot_be_is_one_sentence(house: Any) -> None:
    for address, said in (("ada@house.example", "has this role already"), ("nobody", "no e-mail address|not an e-mail")):
        with pytest.raises(ClickException, match=said):
            name(house.settings, address, "steward", "en")
    house.sql("UPDATE people.person SET ended_on = current_date WHERE name = 'sub'")
    with pytest.raises(ClickException, match="is being erased"):
        name(house.settings, "sub@house.example", "steward", "en")
    with psycopg.connect(house.server.url("postgres", house.name)) as other:
        other.execute("LOCK TABLE people.credential IN ACCESS SHARE MODE")
        with pytest.raises(ClickException, match="busy"):
            name(house.settings, "sub@house.example", "auditor", "en")


def test_of_the_last_two_stewards_none_erases_herself(house: Any) -> None:
    ada = make.sign_in(house.client(), "ada@house.example")
    page = ada.get("/en/my-data/erasure").get_data(as_text=True)
    assert "one of the last two stewards" in page
    assert 'name="sure"' not in page
    refused = ada.post("/en/my-data/erasure", data={"sure": "y"})
    assert (refused.status_code, "one of the last two stewards" in refused.get_data(as_text=True)) == (409, True)
    name(house.settings, "sub@house.example", "steward", "en")
    assert make.sign_in(house.client(), "ada@house.example").post("/en/my-data/erasure", data={"sure": "y"}).status_code == 303


def test_of_three_stewards_one_at_most_erases_herself_in_one_moment(house: Any, monkeypatch: Any) -> None:
    name(house.settings, "sub@house.example", "steward", "en")
    ada, eve = (make.sign_in(house.client(), f"{each}@house.example") for each in ("ada", "eve"))
    def sure() -> dict[str, str]:
        return {"sure": "y", "once": str(uuid.uuid4())}
    told = between(house, monkeypatch, retention, "is_last_steward", lambda: eve.post("/en/my-data/erasure", data=sure()))
    assert ada.post("/en/my-data/erasure", data=sure()).status_code == 303
    told[0].join()
    assert told[1:] == [409]


def test_only_stewards_are_told_how_many_there_are(house: Any) -> None:
    with psycopg.connect(house.server.url("polyphony_app", house.name), autocommit=True) as app:
        for who, others in (("ada", 1), ("sub", 0)):
            [(person,)] = house.sql("SELECT id FROM people.person WHERE name = %s", who)
            with app.transaction():
                app.execute("SELECT viewer.open(%s, NULL)", [make.session_of(house, person)])
                assert app.execute("SELECT people.other_stewards()").fetchone() == (others,), who

"""Conflicts that other rooms know of: they answer yes or no, and the case is gone for whoever has one."""

import uuid
from typing import Any

import psycopg
import pytest
from tests import make, make_grants
from tests.journeys.test_fund_bodies import links
from tests.journeys.test_fund_reviews import assign, browser, fund, get, post

from polyphony.kernel import jobs, providers

__all__ = ["fund"]  # a fixture
RECUSALS = "SELECT p.name, r.origin, r.kind FROM fund.recusal r JOIN people.person p ON p.id = r.person_id ORDER BY 1"


def nightly(world: Any) -> int:
    from polyphony.kernel.database import db

    with world.worker.app_context():
        found = jobs.TASKS["fund.find_conflicts"].function()
        db.session.commit()
    return int(found)


def test_a_room_that_says_yes_closes_the_case_on_every_path(fund: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    f, asked = fund.facts, []
    assign(fund, "reviewer1")
    get(fund, "reviewer1", f"/reviews/{f['application']}")

    def planted(person_id: uuid.UUID, organisation_id: uuid.UUID) -> bool:
        asked.append((person_id, organisation_id))
        return person_id in (f["reviewer1"], f["member2"])

    monkeypatch.setitem(providers._registered, "conflict", [*providers._registered["conflict"], planted])
    assert nightly(fund) == 2
    assert {organisation for _person, organisation in asked} == {f["ngo"]}
    assert fund.sql(RECUSALS) == [("member2", "found", "other"), ("reviewer1", "found", "other")]
    get(fund, "reviewer1", f"/reviews/{f['application']}", 404)
    get(fund, "member2", f"/cases/{f['application']}", 404)
    post(fund, "admin", f"/applications/{f['application']}/reviewers", 409, person_id=str(f["reviewer1"]))
    asked.clear()
    assert nightly(fund) == 0, "nothing is found twice"
    assert f["reviewer1"] not in {person for person, _organisation in asked}, "nor asked again"


def test_who_was_in_one_organisation_with_the_applicants_people_steps_aside(fund: Any) -> None:
    """Past or present, in any organisation but the fund itself."""
    f = fund.facts
    alliance = make.organisation(fund, "An Alliance", "stakeholder")
    strangers = make.organisation(fund, "Strangers", "stakeholder")
    make.person(fund, "kato@x.org", seats=((alliance, "contributor"), (f["ngo"], "contributor")))
    for who, org in (("reviewer2", alliance), ("member3", alliance), ("reviewer3", strangers)):
        fund.sql("INSERT INTO organisations.membership (id, person_id, organisation_id, role, function, begun_at) VALUES "
                 "(gen_random_uuid(), %s, %s, 'contributor', '', now() - interval '3 years')", f[who], org)
    fund.sql("INSERT INTO organisations.membership_end (membership_id, at, by, reason) SELECT m.id, now(), m.person_id, 'gone' "
             "FROM organisations.membership m WHERE m.organisation_id = %s AND m.person_id = %s", alliance, f["member3"])
    fund.sql("DELETE FROM fund.recusal")
    assert nightly(fund) == 2
    assert [(name, origin) for name, origin, _kind in fund.sql(RECUSALS)] == [("member3", "found"), ("reviewer2", "found")]


def test_who_worked_on_a_past_grant_of_the_applicant_steps_aside(fund: Any) -> None:
    f = fund.facts
    make_grants.received(fund, 5_000_00)
    past = make_grants.grant(fund, f["ngo"])
    fund.sql("INSERT INTO fund.application_hand (application_id, person_id, organisation_id, \"on\") SELECT application_id, %s, %s, "
             "current_date - 400 FROM fund.\"grant\" WHERE id = %s", f["reviewer2"], f["ngo"], past)
    fund.sql("DELETE FROM fund.recusal")
    assert nightly(fund) > 0
    assert ("reviewer2", "found", "worked_on") in fund.sql(RECUSALS)


def test_the_rooms_are_asked_when_a_call_closes_before_anybody_judges(fund: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    f = fund.facts
    fund.sql("UPDATE fund.call SET state = 'closed'")
    fund.sql("ALTER TABLE fund.call DISABLE TRIGGER USER")
    fund.sql("UPDATE fund.call SET state = 'open', closes_at = now() - interval '1 minute'")
    fund.sql("ALTER TABLE fund.call ENABLE TRIGGER USER")
    monkeypatch.setitem(providers._registered, "conflict", [lambda person, organisation: person == f["reviewer1"]])
    from polyphony.kernel.database import db

    with fund.worker.app_context():
        jobs.TASKS["fund.calls_turn_with_time"].function()
        db.session.commit()
    fund.work()
    assert fund.sql(RECUSALS) == [("reviewer1", "found", "other")]


def shared(world: Any) -> uuid.UUID:
    """An organisation to which one of the applicant's people belongs as well."""
    alliance = make.organisation(world, "An Alliance", "stakeholder")
    make.person(world, "kato@x.org", seats=((alliance, "contributor"), (world.facts["ngo"], "contributor")))
    return alliance


def belongs(world: Any, who: str, organisation: uuid.UUID) -> None:
    """She has long belonged there, and nothing was asked at the time."""
    world.sql("INSERT INTO organisations.membership (id, person_id, organisation_id, role, function, begun_at) VALUES "
              "(gen_random_uuid(), %s, %s, 'contributor', '', now() - interval '3 years')", world.facts[who], organisation)


def test_who_joins_to_pay_is_asked_about_at_once_also_after_the_decision(fund: Any) -> None:
    """A treasurer with a past in common with the grantee's people is found before she prepares anything, not at night."""
    f = fund.facts
    make_grants.received(fund, 5_000_00)
    grant = make_grants.grant(fund, f["ngo"])
    [(granted,)] = fund.sql('SELECT application_id FROM fund."grant" WHERE id = %s', grant)
    alliance = shared(fund)
    f["zuri"] = make.person(fund, "zuri@fund.org", "zuri", seats=((alliance, "contributor"),))
    browser(fund, "admin").post(f"/en/organisation/{f['fund']}/members/new", data={
        "address": "zuri@fund.org", "roles": ["treasurer"], "language": "en"})
    fund.work()
    assert fund.sql(RECUSALS) == []
    assert browser(fund, "zuri").post(links(fund)["zuri@fund.org"], data={}).status_code == 303
    fund.work()
    assert fund.sql("SELECT person_id, kind FROM fund.recusal WHERE application_id = %s", granted) == [(f["zuri"], "other")]
    [part] = make_grants.instalments(fund, grant)
    get(fund, "treasurer", f"/instalments/{part}/prepare")
    get(fund, "zuri", f"/instalments/{part}/prepare", 404)


def test_who_has_another_role_from_now_on_is_asked_about_at_once(fund: Any) -> None:
    f = fund.facts
    belongs(fund, "member2", shared(fund))
    [(seat,)] = fund.sql("SELECT id FROM organisations.membership WHERE person_id = %s AND role = 'committee_member'", f["member2"])
    changed = browser(fund, "admin").post(f"/en/memberships/{seat}/role", data={"role": "releaser", "reason": "Asked to"})
    assert changed.status_code == 303
    fund.work()
    assert fund.sql(RECUSALS) == [("member2", "found", "other")]


def test_nobody_is_asked_about_what_is_paid_in_full(fund: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    f, asked = fund.facts, []
    fund.sql("DELETE FROM fund.part; DELETE FROM fund.budget_line; DELETE FROM fund.applicant; DELETE FROM fund.application")
    make_grants.received(fund, 5_000_00)
    parts = make_grants.instalments(fund, make_grants.grant(fund, f["ngo"], 5_00, (2_00, 3_00)))
    monkeypatch.setitem(providers._registered, "conflict", [lambda person, organisation: asked.append(organisation)])
    for which, state, still in ((f"i.id = '{parts[0]}'", "confirmed", True), ("true", "released", True), ("true", "confirmed", False)):
        fund.sql("SET session_replication_role = replica; DELETE FROM fund.payment; INSERT INTO "
                 "fund.payment (id, instalment_id, grant_id, fund_id, state, currency, amount, payee_reference) SELECT "
                 f"gen_random_uuid(), i.id, g.id, g.fund_id, '{state}', 'KES', i.amount, 'P-1' FROM fund.instalment i JOIN "
                 f"fund.\"grant\" g ON g.id = i.grant_id WHERE {which}")
        asked.clear()
        assert nightly(fund) == 0
        assert bool(asked) == still, (state, asked)


@pytest.mark.parametrize("way", ["one", "all"])
def test_whoever_is_given_a_review_is_asked_about_before_she_has_read_it(fund: Any, way: str) -> None:
    f = fund.facts
    alliance = shared(fund)
    for who in ("reviewer1", "reviewer2", "reviewer3"):
        belongs(fund, who, alliance)
    if way == "one":
        post(fund, "admin", f"/applications/{f['application']}/reviewers", person_id=str(f["reviewer1"]))
    else:
        post(fund, "admin", f"/calls/{f['call']}/share-out")
    fund.work()
    assert ("reviewer1", "found", "other") in fund.sql(RECUSALS)
    get(fund, "reviewer1", f"/reviews/{f['application']}", 404)


_SEATED = ("INSERT INTO organisations.membership (id, person_id, organisation_id, role, function, begun_at) VALUES "
           "(gen_random_uuid(), '{reviewer2}', '{ngo}', 'contributor', '', now())")
# What happens, and what stood before it: each is noticed by a trigger of its own.
NOTED = {
    "organisations.membership": ("", _SEATED),
    "fund.application_hand": ("", "INSERT INTO fund.application_hand (application_id, person_id, organisation_id, \"on\") VALUES ('{application}', "
                             "'{reviewer2}', '{ngo}', current_date)"),
    "fund.applicant": (f"{_SEATED}; CREATE TEMP TABLE was AS SELECT * FROM fund.applicant; DELETE FROM fund.applicant",
                       "INSERT INTO fund.applicant SELECT * FROM was"),
    "fund.application": (f"{_SEATED}; UPDATE fund.call SET state = 'open', closes_at = now() + interval '1 day'; "
                         "UPDATE fund.application SET state = 'draft'", "UPDATE fund.application SET state = 'submitted'"),
}


@pytest.mark.parametrize("table", NOTED)
def test_a_conflict_is_noted_in_the_moment_in_which_it_comes_about(fund: Any, table: str) -> None:
    """Not only at night: whoever reads the case a minute later must not be the one who took a seat with the applicant."""
    before, act = (statement.format(**fund.facts) for statement in NOTED[table])
    with psycopg.connect(fund.server.url("postgres", fund.name), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in (each for each in before.split("; ") if each):
            connection.execute(statement)
        connection.execute("DELETE FROM fund.recusal")
        connection.execute("SET session_replication_role = origin")
        connection.execute(act)
    assert [name for name, origin, _kind in fund.sql(RECUSALS) if origin == "found"] == ["reviewer2"]

"""A lost second factor: only an administrator and a steward together let her begin anew, and she is told."""

import email
from email import policy
from typing import Any

import psycopg
import pytest
from tests.journeys.test_second_factors import LEAD, code_of, enrolled, give, key_of, password, people, step_of

import make

__all__ = ["people"]


@pytest.fixture
def lost(people: Any) -> Any:
    """The lead has an app; her colleague administers too; two stewards, one of whom administers the same firm."""
    client, secret = enrolled(people)
    firm, house = people.facts["firm"], make.organisation(people, "Platform", "operator")
    make.person(people, "bea@halcyon.example", "Bea", seats=((firm, "administrator"),))
    make.person(people, "one@steward.example", "One", roles=("steward",), seats=((house, "administrator"),))
    make.person(people, "both@steward.example", "Both", roles=("steward",), seats=((firm, "administrator"),))
    people.facts |= {"in": client, "secret": secret,
                     **{who: make.sign_in(people.client(), f"{who}@{where}.example")
                        for who, where in (("bea", "halcyon"), ("one", "steward"), ("both", "steward"))}}
    (people.facts["seat"],) = people.sql("SELECT id FROM organisations.membership WHERE role = 'engagement_lead'")[0]
    return people


def ask(world: Any, who: str) -> Any:
    return world.facts[who].post(f"/en/memberships/{world.facts['seat']}/lost-factor", data={"words": "She stood before me."})


def decide(world: Any, who: str, says: str = "yes") -> Any:
    ((reset,),) = world.sql("SELECT id FROM organisations.factor_reset ORDER BY asked_at DESC LIMIT 1")
    return world.facts[who].post(f"/en/lost-factors/{reset}", data={"says": says})


def test_for_whoever_has_left_nobody_asks(lost: Any) -> None:
    lost.sql("INSERT INTO organisations.membership_end (membership_id, at, by, reason) SELECT id, now(), person_id, '' "
             "FROM organisations.membership WHERE person_id = %s", lost.facts["lead"])
    refused = ask(lost, "bea")
    assert refused.status_code == 409
    assert "already ended" in refused.text


def test_two_people_together_let_her_begin_anew_and_she_is_told(lost: Any) -> None:
    assert "She has lost her second factor" in lost.facts["bea"].get("/en/organisation").text
    assert ask(lost, "bea").status_code == 303
    again = ask(lost, "bea")
    assert again.status_code == 409
    assert "asked already" in again.text
    shown = lost.facts["one"].get("/en/lost-factors").text
    assert "Ada" in shown
    assert "She stood before me." in shown
    assert "Asked by Bea" in shown
    assert lost.facts["in"].get("/en/account").status_code == 200, "asking alone changes nothing"
    assert decide(lost, "one").status_code == 303
    assert lost.facts["in"].get("/en/account").status_code == 403, "her sessions end"
    assert lost.sql("SELECT count(*) FROM people.factor WHERE person_id = %s", lost.facts["lead"]) == [(0,)]
    lost.work()
    (mail,) = [email.message_from_string(m, policy=policy.default) for m in lost.mails()]
    assert mail["To"] == LEAD
    assert "If this was not you" in mail.get_content()
    client = lost.client()
    password(client, LEAD)
    assert step_of(lost, key_of(client)) == "enrol"
    assert decide(lost, "one").status_code == 409, "a word is said once"


def test_a_no_leaves_everything_as_it_was(lost: Any) -> None:
    assert ask(lost, "bea").status_code == 303
    assert decide(lost, "one", "no").status_code == 303
    client = lost.client()
    password(client, LEAD)
    assert give(client, code_of(lost.facts["secret"])).status_code == 303
    lost.work()
    assert lost.mails() == []


def test_nobody_does_it_alone(lost: Any) -> None:
    assert ask(lost, "in").status_code == 403, "not for herself"
    assert ask(lost, "one").status_code in (403, 404), "not for another organisation"
    assert ask(lost, "both").status_code == 303
    assert decide(lost, "both").status_code == 409, "who asked does not decide"
    assert decide(lost, "bea").status_code == 403
    ((reset,),) = lost.sql("SELECT id FROM organisations.factor_reset")
    with psycopg.connect(lost.server.url("polyphony_app", lost.name), autocommit=False) as app:
        for secret in (None, key_of(lost.facts["bea"]), key_of(lost.facts["both"])):
            app.execute("SELECT viewer.open(%s, NULL)", [secret])
            assert app.execute("SELECT organisations.decide_factor_reset(%s, true)", [reset]).fetchone() == (False,)
            app.rollback()
    lost.sql("UPDATE organisations.factor_reset SET asked_at = asked_at - interval '8 days'")
    assert "Ada" not in lost.facts["one"].get("/en/lost-factors").text
    assert decide(lost, "one").status_code == 409, "a week later nobody remembers who asked"
    assert lost.sql("SELECT count(*) FROM people.factor WHERE person_id = %s", lost.facts["lead"]) == [(1,)]

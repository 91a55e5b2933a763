"""Passkeys, answered by an authenticator in software: made, used alone and as second step, and every dishonest answer."""

import json
from typing import Any

import pytest
from tests.journeys.test_second_factors import LEAD, MEMBER, enrolled, key_of, password, people, step_of

import make
from authenticator import Authenticator

__all__ = ["people"]


def question(client: Any, place: str = "/en/sign-in/passkey/question") -> Any:
    answer = client.post(place)
    assert answer.status_code == 200, answer.text
    return answer.json


def use(client: Any, answer: str, **more: str) -> Any:
    return client.post("/en/sign-in/passkey", data={"answer": answer, "next": "", **more})


def keep(client: Any, key: Authenticator, **changes: str) -> Any:
    asked = question(client, "/en/account/passkeys/question")
    return client.post("/en/account/passkeys", data={"answer": key.make(asked), "label": "My phone", "next": "", **changes})


@pytest.fixture
def holder(people: Any) -> Any:
    """The company's lead, whose second factor is a passkey, made at her first sign-in."""
    client, key = people.client(), Authenticator()
    password(client, LEAD)
    done = keep(client, key)
    assert done.headers["Location"] == "/en/account/second-factors", done.text
    people.facts |= {"key": key, "in": client}
    return people


def test_a_passkey_is_a_second_factor_and_signs_in_alone(holder: Any) -> None:
    key, here = holder.facts["key"], holder.facts["in"]
    assert "My phone" in here.get("/en/account/second-factors").text
    second = holder.client()
    password(second, LEAD)
    assert 'data-passkey="get"' in second.get("/en/sign-in/second-step").text
    asked = question(second)
    assert [each["id"] for each in asked["allowCredentials"]] == [json.loads(key.sign(asked, counts=False))["rawId"]]
    assert asked["userVerification"] == "required"
    assert use(second, key.sign(asked)).status_code == 303
    assert second.get("/en/organisation").status_code == 200
    alone = holder.client()
    asked = question(alone)
    assert asked["allowCredentials"] == [], "nobody learns which keys there are"
    done = use(alone, key.sign(asked), next="/en/organisation")
    assert done.headers["Location"] == "/en/organisation"
    assert alone.get("/en/organisation").status_code == 200
    holder.sql("UPDATE people.session SET proven_at = now() - interval '1 hour'")
    assert alone.get("/en/account/second-factors").status_code == 303
    before = key_of(alone)
    assert use(alone, key.sign(question(alone))).status_code == 303
    assert alone.get("/en/account/second-factors").status_code == 200, "it proves her anew, without a password"
    assert step_of(holder, before) is None


def test_a_passkey_ends_what_another_had_half_begun_in_this_browser(holder: Any) -> None:
    make.person(holder, "new@halcyon.example", seats=((holder.facts["firm"], "engagement_lead"),))
    client = holder.client()
    password(client, "new@halcyon.example")
    half = key_of(client)
    assert step_of(holder, half) == "enrol"
    assert use(client, holder.facts["key"].sign(question(client))).status_code == 303
    assert client.get("/en/organisation").status_code == 200
    assert step_of(holder, half) is None


def test_what_a_passkey_signed_is_taken_once(holder: Any) -> None:
    key, client = holder.facts["key"], holder.client()
    asked = question(client)
    answer = key.sign(asked)
    assert use(client, answer).status_code == 303
    thief = holder.client()
    assert use(thief, answer).status_code == 422, "another browser was asked nothing"
    question(thief)
    assert use(thief, answer).status_code == 422, "its question was another"
    with client.session_transaction() as kept, thief.session_transaction() as stolen:
        stolen["question"] = asked["challenge"]
        assert "question" not in kept
    assert use(thief, answer).status_code == 422, "the question is gone from the database"
    wrong = question(thief)
    assert use(thief, "{}").status_code == 422
    with thief.session_transaction() as stolen:
        stolen["question"] = wrong["challenge"]
    assert use(thief, key.sign(wrong)).status_code == 422, "a wrong answer has used its question up as well"
    unused = key.sign(question(holder.client()))
    question(thief)
    assert use(thief, unused).status_code == 422, "it answers what another browser was asked"
    late = question(thief)
    holder.sql("UPDATE people.challenge SET at = at - interval '6 minutes'")
    assert use(thief, key.sign(late)).status_code == 422


@pytest.mark.parametrize("fault", ["other site", "other origin", "no finger", "other key", "counter back", "counter equal"])
def test_dishonest_answers_are_refused(holder: Any, fault: str) -> None:
    key, client, other = holder.facts["key"], holder.client(), holder.client()
    assert use(client, key.sign(question(client))).status_code == 303
    asked = question(other)
    liar = Authenticator(id=key.id, key=key.key, count=key.count)
    if fault == "other site":
        liar.host = "localhost.evil.example"
    elif fault == "other origin":
        liar.origin = "http://localhost.evil.example"
    elif fault == "no finger":
        liar.verified = False
    elif fault == "other key":
        liar.key = Authenticator().key
    else:
        liar.count -= 2 if fault == "counter back" else 1
    told = use(other, liar.sign(asked))
    assert told.status_code == 422
    assert "This passkey was not taken" in told.text
    assert other.get("/en/account").status_code == 403
    assert use(other, key.sign(question(other))).status_code == 303, "the honest one still works"


RUBBISH = ["", "x", "[]", "null", "{}", '{"rawId": 1}', '{"rawId": "%%%"}', '{"rawId": "é"}',
           '{"rawId": "AAAA", "response": []}', "[" * 9000, '{"rawId": "' + "A" * 19000 + '"}']


def test_rubbish_is_refused_in_words(holder: Any) -> None:
    client = holder.client()
    for rubbish in RUBBISH:
        question(client)
        assert use(client, rubbish).status_code == 422, rubbish[:50]
        question(holder.facts["in"], "/en/account/passkeys/question")
        assert holder.facts["in"].post("/en/account/passkeys", data={"answer": rubbish, "label": ""}).status_code == 422
    assert holder.sql("SELECT count(*) FROM people.factor") == [(1,)]


def test_a_passkey_is_kept_only_for_whoever_is_asked(people: Any) -> None:
    visitor = people.client()
    assert visitor.post("/en/account/passkeys/question").status_code == 403
    client, _ = enrolled(people)
    assert keep(client, Authenticator(verified=False)).status_code == 422
    for liar in (Authenticator(origin="http://localhost.evil.example"), Authenticator(host="localhost.evil.example")):
        assert keep(client, liar).status_code == 422
    earlier = Authenticator().make(question(client, "/en/account/passkeys/question"))
    question(client, "/en/account/passkeys/question")
    assert client.post("/en/account/passkeys", data={"answer": earlier, "label": "", "next": ""}).status_code == 422
    key = Authenticator()
    assert keep(client, key).status_code == 303
    people.sql("UPDATE people.session SET proven_at = now() - interval '1 hour'")
    assert client.post("/en/account/passkeys/question").status_code == 403, "only with a fresh proof"
    pending = people.client()
    password(pending, LEAD)
    assert pending.post("/en/account/passkeys/question").status_code == 403, "who has a factor gives it first"
    amina = make.sign_in(people.client(), MEMBER)
    taken = keep(amina, key)
    assert taken.status_code in (409, 422), "one key, one account"
    assert people.sql("SELECT count(*) FROM people.factor WHERE person_id = %s", people.facts["amina"]) == [(0,)]


def test_another_accounts_passkey_passes_no_step(holder: Any) -> None:
    other, key = make.sign_in(holder.client(), MEMBER), Authenticator()
    assert keep(other, key).status_code == 303
    pending = holder.client()
    password(pending, LEAD)
    assert use(pending, key.sign(question(pending))).status_code == 422
    assert step_of(holder, key_of(pending)) == "code"
    lead = holder.facts["in"]
    holder.sql("UPDATE people.session SET proven_at = now() - interval '1 hour'")
    assert use(lead, key.sign(question(lead))).status_code == 422
    assert lead.get("/en/account/second-factors").status_code == 303, "it does not prove somebody else either"

"""Sessions and fresh proofs: seen and ended by their owner, ended by what should end them, asked anew before harm."""

import re
import uuid
from typing import Any

import pytest
from psycopg.errors import SerializationFailure
from sqlalchemy.exc import DBAPIError
from tests.journeys.test_second_factors import LEAD, MEMBER, code_of, enrol, enrolled, key_of, password, people, step_of

import make
from polyphony.kernel.database import db
from polyphony.people import phrases, service

__all__ = ["people"]
NEW = "seven lamps beside the river"


def lead_in(world: Any) -> Any:
    return make.sign_in(world.client(), LEAD)


def alive(client: Any) -> bool:
    return bool(client.get("/en/account").status_code == 200)


ENDED = "SELECT count(*) FROM audit.row WHERE verb = 'person.session_ended'"


def test_she_sees_where_she_is_signed_in_and_ends_what_she_wants(people: Any) -> None:
    here, there, third, amina = lead_in(people), lead_in(people), lead_in(people), make.sign_in(people.client(), MEMBER)
    page = here.get("/en/account/sessions").text
    assert page.count("Here, in this browser") == 1
    ends = re.findall(r'action="(/en/account/sessions/[0-9a-f-]{36}/end)"', page)
    assert len(ends) == 2
    foreign = re.findall(r'action="(/en/account/sessions/[0-9a-f-]{36}/end)"', there.get("/en/account/sessions").text)
    (amina_session,) = people.sql("SELECT id FROM people.session WHERE person_id = %s", people.facts["amina"])[0]
    assert here.post(f"/en/account/sessions/{amina_session}/end").status_code == 404
    assert here.post(f"/en/account/sessions/{uuid.uuid4()}/end").status_code == 404
    assert alive(amina)
    gone = next(each for each in ends if each in foreign)  # the third browser's
    assert here.post(gone).status_code == 303
    assert [alive(each) for each in (here, there, third)] == [True, True, False]
    assert people.sql(ENDED) == [(1,)]
    assert here.post("/en/account/sessions/others/end").status_code == 303
    assert [alive(each) for each in (here, there, amina)] == [True, False, True]
    assert people.sql(ENDED) == [(2,)]
    pending = people.client()
    password(pending, LEAD)
    assert "Password given, second step still open" in here.get("/en/account/sessions").text
    assert not re.search(r"127\.0\.0\.1|Werkzeug|Mozilla", here.get("/en/account/sessions").text)


@pytest.mark.parametrize("by", ["sign-out", "password", "reset", "a new role", "an ended role", "a new factor", "sign out everywhere"])
def test_a_stolen_cookie_opens_nothing_after(people: Any, by: str) -> None:
    here = lead_in(people)
    stolen = key_of(here)
    assert step_of(people, stolen) == "in"
    change(people, here, by)
    assert step_of(people, stolen) is None, f"{by} leaves the stolen cookie alive"


@pytest.mark.parametrize("by", ["password", "all others ended", "a factor taken away", "her own role ended"])
def test_what_she_does_in_this_browser_ends_a_copy_of_its_cookie_too(people: Any, by: str) -> None:
    here = lead_in(people) if by != "a factor taken away" else enrolled(people, MEMBER)[0]
    copy = people.client()
    copy.set_cookie("polyphony", here.get_cookie("polyphony").value)
    assert alive(copy)
    if by == "password":
        done = here.post("/en/account/password", data={"present": make.PASSWORD, "password": NEW})
    elif by == "all others ended":
        done = here.post("/en/account/sessions/others/end")
    elif by == "a factor taken away":
        (factor,) = people.sql("SELECT id FROM people.factor")[0]
        done = here.post(f"/en/account/second-factors/{factor}/removal")
    else:
        (seat,) = people.sql("SELECT id FROM organisations.membership WHERE role = 'engagement_lead'")[0]
        done = here.post(f"/en/memberships/{seat}/end", data={"reason": "I do other things now."})
    assert done.status_code == 303
    assert [alive(here), alive(copy)] == [True, False]


def test_a_lost_race_loses_nobody_her_session(people: Any, monkeypatch: Any) -> None:
    """The secret given in a round that PostgreSQL refused was never kept: the next round begins with the one before."""
    here, record, lost = lead_in(people), service.audit.record, [DBAPIError("", {}, SerializationFailure())]

    def second(*given: Any, **about: Any) -> None:
        if lost:
            raise lost.pop()
        record(*given, **about)

    monkeypatch.setattr(service.audit, "record", second)
    assert here.post("/en/account/password", data={"present": make.PASSWORD, "password": NEW}).status_code == 303
    assert lost == []
    assert alive(here)


def test_what_she_does_to_others_leaves_her_own_secret_alone(people: Any) -> None:
    here = lead_in(people)
    make.person(people, "bea@halcyon.example", seats=((people.facts["firm"], "board_observer"),))
    before = key_of(here)
    (seat,) = people.sql("SELECT id FROM organisations.membership WHERE role = 'board_observer'")[0]
    assert here.post(f"/en/memberships/{seat}/end", data={"reason": "She does other things now."}).status_code == 303
    assert key_of(here) == before, "forms open in another window would be lost"


def change(world: Any, here: Any, by: str) -> None:
    """What ends a session."""
    if by == "sign-out":
        here.post("/en/sign-out")
    elif by == "sign out everywhere":
        here.post("/en/sign-out-everywhere")
    elif by == "password":
        done = lead_in(world).post("/en/account/password", data={"present": make.PASSWORD, "password": NEW})
        assert done.status_code == 303
    elif by == "reset":
        world.client().post("/en/reset", data={"address": LEAD})
        world.work()
        place = re.search(r"http://[^/]+(/\S+)", world.mails()[0].replace("=\n", ""))[1]
        assert world.client().post(place, data={"password": NEW}).status_code == 303
    elif by == "a new factor":
        enrol(lead_in(world))
    else:
        _seat(world, by)


def _seat(world: Any, by: str) -> None:
    """Somebody else changes her seats (written past `make.add`, which would keep her signed in)."""
    if by == "a new role":
        world.sql("INSERT INTO organisations.membership (id, person_id, organisation_id, role, function, begun_at) "
                  "VALUES (gen_random_uuid(), %s, %s, 'board_observer', '', now())", world.facts["lead"], world.facts["firm"])
    else:
        world.sql("INSERT INTO organisations.membership_end (membership_id, at, by, reason) SELECT id, now(), person_id, 'left' "
                  "FROM organisations.membership WHERE role = 'engagement_lead'")


def test_who_changes_her_own_seats_stays_in_and_her_other_sessions_end(people: Any) -> None:
    here, there = lead_in(people), lead_in(people)
    other = make.person(people, "bea@halcyon.example", seats=((people.facts["firm"], "administrator"),))
    assert other
    (seat,) = people.sql("SELECT id FROM organisations.membership WHERE role = 'engagement_lead' AND person_id = %s",
                         people.facts["lead"])[0]
    assert here.post(f"/en/memberships/{seat}/end", data={"reason": "I do other things now."}).status_code == 303
    assert alive(here)
    assert not alive(there)


@pytest.mark.parametrize(("kind", "role", "minutes"), [("stakeholder", "keyholder", 30), ("fund", "releaser", 60),
                                                       ("company", "engagement_lead", 120), ("stakeholder", "contributor", 480)])
def test_each_role_is_signed_out_after_its_own_idle_time(world: Any, kind: str, role: str, minutes: int) -> None:
    who = make.person(world, "she@x.example", seats=((make.organisation(world, "House", kind), role),))
    idle = "UPDATE people.session SET seen_at = now() - make_interval(mins => %s)"
    secret = make.session_of(world, who)
    world.sql(idle, minutes - 1)
    assert step_of(world, secret) == "in"
    world.sql(idle, minutes)
    assert step_of(world, secret) is None
    world.sql("SELECT people.touch_session(%s)", secret)
    assert step_of(world, secret) is None, "a page asked for too late revives nothing"


# A fresh proof


def stale(world: Any) -> None:
    world.sql("UPDATE people.session SET proven_at = now() - interval '10 minutes'")


def test_before_harm_she_shows_again_that_it_is_she_and_comes_back(people: Any) -> None:
    client, secret = enrolled(people)
    place = f"/en/organisation/{people.facts['firm']}/members/new"
    assert client.get(place).status_code == 200
    stale(people)
    asked = client.get(f"{place}?x=1")
    assert asked.status_code == 303
    assert asked.headers["Location"].startswith("/en/account/proof?next=/en/organisation/")
    page = client.get(asked.headers["Location"]).text
    assert 'name="code"' in page
    wanted = re.search(r'name="next"[^>]*value="([^"]*)"', page)[1]
    assert wanted == f"{place}?x=1"
    told = {"present": make.PASSWORD, "code": code_of(secret), "next": wanted}
    assert client.post("/en/account/proof", data={**told, "present": "wrong wrong wrong"}).status_code == 422
    assert client.post("/en/account/proof", data={**told, "code": ""}).status_code == 422
    assert client.post("/en/account/proof", data={**told, "code": "000000"}).status_code == 422
    assert client.get(place).status_code == 303, "nothing of it counted"
    done = client.post("/en/account/proof", data=told)
    assert done.headers["Location"] == wanted
    assert client.get(place).status_code == 200
    other = people.client()
    password(other, MEMBER)
    stale(people)
    assert 'name="code"' not in other.get("/en/account/proof").text, "who has no second factor shows her password"
    done = other.post("/en/account/proof", data={"present": make.PASSWORD, "next": "//evil.example"})
    assert done.headers["Location"] == "/en/home"


def test_what_she_sent_too_late_is_not_lost(people: Any) -> None:
    client, _ = enrolled(people)
    stale(people)
    place = f"/en/organisation/{people.facts['firm']}/members/new"
    told = client.post(place, data={"address": "ben@halcyon.example", "roles": ["engagement_lead"], "language": "en"})
    assert told.status_code == 403
    assert "ben@halcyon.example" in told.text
    assert 'target="_blank"' in told.text
    assert f'action="{place}"' in told.text
    assert people.sql("SELECT count(*) FROM organisations.invitation") == [(0,)]


def test_signing_in_again_ends_the_session_that_this_browser_had(people: Any) -> None:
    here = make.sign_in(people.client(), MEMBER)
    before = key_of(here)
    password(here, MEMBER)
    assert key_of(here) != before
    assert step_of(people, before) is None
    assert alive(here)
    password(here, LEAD)
    assert people.sql("SELECT count(*) FROM people.session WHERE person_id = %s", people.facts["amina"]) == [(0,)]


def test_a_return_phrase_s_session_is_not_ended_in_one_moment_with_another_s_beginning(people: Any) -> None:
    words = phrases.make("en")
    with people.app.test_request_context():
        phrases.keep(words, uuid.uuid4(), "en")
        db.session.commit()
    here = people.client()
    assert here.post("/en/come-back", data={"words": " ".join(words)}).status_code == 303
    password(here, MEMBER)
    assert alive(here)
    assert people.sql("SELECT count(*) FROM people.session WHERE phrase_id IS NOT NULL") == [(1,)]

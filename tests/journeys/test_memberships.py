"""Memberships are records: who was invited, came, changed her role, left; who did it, when and why."""

import re
import uuid

import psycopg
import pytest

import make
from convening import accept, begin, once, the_cast  # noqa: F401
from polyphony.organisations.models import Membership

RECORDS = ("membership", "membership_end", "invitation", "invitation_end")


@pytest.fixture
def halcyon(world):
    org = make.organisation(world, "Halcyon")
    make.person(world, "ada@halcyon.example", "Ada", seats=((org, "administrator"),))
    return org


def test_every_step_is_a_row_with_who_when_and_why(world, halcyon):
    ada = make.sign_in(world.client(), "ada@halcyon.example")
    asked = {"roles": ["engagement_lead"], "language": "en", "words": "She knows the region."}
    for address in ("ben@halcyon.example", "cleo@halcyon.example"):
        assert ada.post(f"/en/organisation/{halcyon}/members/new", data={**asked, "address": address}).status_code == 303
    world.work()
    place = {re.search(r"To: (\S+)", m)[1]: re.search(r"/en/invitation/[\w-]+", m.replace("=\n", ""))[0] for m in world.mails()}
    ben = world.client()
    assert "She knows the region." in ben.get(place["ben@halcyon.example"]).text
    assert ben.post(place["ben@halcyon.example"], data={"name": "Ben", "password": make.PASSWORD, "language": "en",
                                                        "time_zone": "UTC"}).status_code == 303
    [(cleos,)] = world.sql("SELECT i.id FROM organisations.invitation i WHERE NOT EXISTS (SELECT 1 FROM "
                           "organisations.invitation_end e WHERE e.invitation_id = i.id)")
    assert ada.post(f"/en/invitations/{cleos}/withdrawal").status_code == 303
    assert ada.post(f"/en/invitations/{cleos}/withdrawal").status_code == 410, "it has ended already"
    [(seat,)] = world.sql("SELECT id FROM organisations.membership WHERE role = 'engagement_lead'")
    change = f"/en/memberships/{seat}/role"
    assert ada.get(change).status_code == 200
    new = {"role": "decision_maker", "function": "legal", "reason": "Her new post."}
    for wrong in ({"reason": ""}, {"function": ""}, {"role": "facilitator"}, {"role": "engagement_lead"}):
        assert ada.post(change, data={**new, **wrong}).status_code == 422, wrong
    assert ada.post(change, data=new).headers["Location"] == f"/en/organisation/{halcyon}/history"
    assert ada.post(change, data=new).status_code in (409, 422), "that role has ended"
    assert ben.get("/en/consultations/new").status_code == 403, "the old role is gone at once"
    told = ada.get(f"/en/organisation/{halcyon}/history").text
    for line in ("Invited", "Invitation accepted", "Invitation withdrawn", "Role given", "Role ended", "by Ada", "by Ben",
                 "She knows the region.", "Her new post.", "cleo@halcyon.example", "Ben"):
        assert line in told, line
    assert world.sql("SELECT m.role, p.name, m.why, m.invitation_id IS NOT NULL, e.reason FROM organisations.membership m "
                     "JOIN people.person p ON p.id = m.given_by LEFT JOIN organisations.membership_end e ON "
                     "e.membership_id = m.id ORDER BY m.begun_at") == [
        ("engagement_lead", "Ada", "She knows the region.", True, "Her new post."),
        ("decision_maker", "Ada", "Her new post.", False, None)]
    assert ben.get(f"/en/organisation/{halcyon}/history").status_code == 403
    assert ada.get(f"/en/organisation/{halcyon}/history?from=1000").text.count("<li><p class=\"title\">") == 0
    assert "Her new post." in ada.get(f"/en/organisation/{halcyon}/history?from=yesterday").text


def test_the_last_administrator_keeps_her_role(world, halcyon):
    ada = make.sign_in(world.client(), "ada@halcyon.example")
    [(seat,)] = world.sql("SELECT id FROM organisations.membership")
    new = {"role": "board_observer", "function": "", "reason": "I would rather watch."}
    refused = ada.post(f"/en/memberships/{seat}/role", data=new)
    assert (refused.status_code, "last administrator" in refused.text) == (409, True)
    make.person(world, "eve@halcyon.example", "Eve", seats=((halcyon, "administrator"),))
    assert ada.post(f"/en/memberships/{seat}/role", data=new).headers["Location"] == "/en/home"


def test_no_line_of_one_moment_falls_between_two_pages(world, halcyon):
    """Ada's seat and sixty that Ben was given in one act: fifty lines a page, each on one of them."""
    moment, ben = make.now(), make.person(world, "ben@halcyon.example", "Ben")
    make.add(world, *(Membership(id=uuid.uuid4(), person_id=ben, organisation_id=halcyon, role="board_observer",
                                 begun_at=moment, why=f"Seat {n:02}.") for n in range(60)))
    ada = make.sign_in(world.client(), "ada@halcyon.example")
    first = ada.get(f"/en/organisation/{halcyon}/history").text
    second = ada.get(re.search(r'href="([^"]*from=50)"', first)[1]).text
    assert sorted(re.findall(r"Seat \d\d\.", first + second)) == [f"Seat {n:02}." for n in range(60)]
    assert "from=100" not in second


def test_who_changes_her_own_role_stays_signed_in(world, halcyon):
    make.person(world, "eve@halcyon.example", "Eve", seats=((halcyon, "administrator"),))
    ada = make.sign_in(world.client(), "ada@halcyon.example")
    [(seat,)] = world.sql("SELECT m.id FROM organisations.membership m JOIN people.person p ON p.id = m.person_id "
                          "WHERE p.name = 'Ada'")
    new = {"role": "board_observer", "function": "", "reason": "I would rather watch."}
    assert ada.post(f"/en/memberships/{seat}/role", data=new).headers["Location"] == "/en/home"
    assert ada.get("/en/account").status_code == 200


def test_no_program_of_the_site_changes_or_removes_a_record(world, halcyon):
    for role in ("app", "worker", "lookup"):
        for table in RECORDS:
            granted = {name for (name,) in world.sql(
                "SELECT privilege_type FROM information_schema.role_table_grants WHERE grantee = %s AND table_schema = "
                "'organisations' AND table_name = %s", f"polyphony_{role}", table)}
            assert granted <= {"SELECT", "INSERT"}, (role, table)
    assert world.sql("SELECT count(*) FROM information_schema.column_privileges WHERE grantee = 'polyphony_app' AND "
                     "privilege_type = 'UPDATE' AND table_schema = 'organisations' AND table_name = ANY (%s)",
                     list(RECORDS)) == [(0,)]
    with pytest.raises(psycopg.errors.CheckViolation):  # and what a mistake in a function would try is refused
        world.sql("UPDATE organisations.membership SET role = 'engagement_lead'")


def test_nobody_gives_herself_or_anybody_a_role_with_plain_sql(world, halcyon):
    [(seat,)] = world.sql("SELECT id FROM organisations.membership")
    tern = make.organisation(world, "Tern")
    ben = make.person(world, "ben@tern.example", "Ben", seats=((tern, "administrator"),))
    with psycopg.connect(world.server.url("polyphony_app", world.name), autocommit=True) as connection:
        change = "SELECT organisations.change_role(%s, 'engagement_lead', '', 'why')"
        assert connection.execute(change, [seat]).fetchone() == (None,), "a visitor"
        with connection.transaction():
            connection.execute("SELECT viewer.open(%s, NULL)", [make.session_of(world, ben)])
            assert connection.execute(change, [seat]).fetchone() == (None,), "another company's administrator"
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute("INSERT INTO organisations.membership (id, person_id, organisation_id, role, function, "
                                   "begun_at) VALUES (gen_random_uuid(), %s, %s, 'administrator', '', now())", [ben, tern])
    assert world.sql("SELECT count(*) FROM organisations.membership") == [(2,)]


def test_co_owning_a_consultation_needs_no_shared_password(world, cast):
    """Two companies work on one consultation, each with accounts of its own; a credential is one person's alone."""
    id = begin(world, cast)
    lead, tern = cast["halcyon_lead"], cast["tern_lead"]
    base = f"/en/consultations/{id}"
    assert tern.get(f"{base}/edit").status_code == 404
    assert lead.post(f"{base}/companies", data={"organisation": str(cast["tern"]), **once()}).status_code == 303
    assert accept(world, tern, id).status_code == 303
    for client in (lead, tern):
        assert client.get(f"{base}/edit").status_code == 200
    owners = world.sql("SELECT c.company_id, count(DISTINCT m.person_id) FROM consultations.convener c JOIN "
                       "organisations.membership m ON m.organisation_id = c.company_id AND m.role = 'engagement_lead' "
                       "WHERE c.consultation_id = %s GROUP BY 1", id)
    assert len(owners) == 2
    shared = world.sql("SELECT count(*) FROM people.credential c JOIN consultations.convener v ON v.consultation_id = %s "
                       "JOIN organisations.membership m ON m.person_id = c.person_id AND m.organisation_id = v.company_id "
                       "GROUP BY c.address_hash HAVING count(DISTINCT v.company_id) > 1", id)
    assert shared == [], "nobody holds a seat in both, so nobody's password opens both"

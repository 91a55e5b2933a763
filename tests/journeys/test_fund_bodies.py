"""Who sits in the fund: founding, rules of composition, seats, and the two sides that never meet."""

import email
import re
from datetime import timedelta
from email import policy

import psycopg
import pytest
from tests import make

from polyphony.fund.bodies.models import APART

QUORUM = {"quorum_share": "50", "quorum_least": "3"}


@pytest.fixture
def fund(world):
    """A fund organisation without a record, its administrator and three committee members."""
    f = world.facts
    f["fund"] = make.organisation(world, "The Common Fund", "fund")
    make.person(world, "admin@fund.org", "Ada", seats=((f["fund"], "administrator"),))
    for name in ("Mia", "Noor", "Otis"):
        make.person(world, f"{name.lower()}@fund.org", name, seats=((f["fund"], "committee_member"),))
    f["admin"] = make.sign_in(world.client(), "admin@fund.org")
    f["bodies"] = f"/en/fund/{f['fund']}/bodies"
    return world


def founded(world):
    f = world.facts
    answer = f["admin"].post(f"/en/fund/{f['fund']}/founding", data={"purpose": "To pay for time", "lang": "en"})
    assert answer.status_code == 303
    f["allocation"], f["governing"] = (world.sql("SELECT id FROM fund.body WHERE kind = %s", kind)[0][0]
                                       for kind in ("allocation", "governing"))


def seat(world, name, *, body="allocation", days=300, **changes):
    f = world.facts
    [(membership,)] = world.sql("SELECT m.id FROM organisations.membership m JOIN people.person p ON p.id = m.person_id "
                                "WHERE p.name = %s", name)
    return f["admin"].post(f"/en/fund/bodies/{f[body]}/seats/new", data={
        "membership_id": membership, "shown_as": f"{name} of the river", "comes_from": f"House of {name}",
        "constituency": "south_civil_society", "until": (make.today() + timedelta(days=days)).isoformat(), **changes})


def test_the_fund_is_founded_once_and_everybody_sees_who_sits(fund):
    f, visitor = fund.facts, fund.client()
    assert visitor.get(f["bodies"]).status_code == 404
    assert "Begin the record" in f["admin"].get(f["bodies"]).text
    founded(fund)
    again = f["admin"].post(f"/en/fund/{f['fund']}/founding", data={"purpose": "Twice", "lang": "en"})
    assert again.status_code == 409
    assert "Does not keep all its rules yet" in visitor.get(f["bodies"]).text
    assert "free for this seat" not in f["admin"].get(f"/en/fund/bodies/{f['allocation']}/seats/new").text
    assert visitor.get(f"/en/fund/bodies/{f['allocation']}/seats/new").status_code == 403
    assert seat(fund, "Mia").status_code == 303
    page = visitor.get(f["bodies"]).text
    assert "Mia of the river" in page
    assert "how anybody voted is seen by the committee and the fund’s administrator alone" in page
    assert "admin@fund.org" not in page
    fund.sql("INSERT INTO organisations.membership_end SELECT m.id, now(), m.person_id, 'gone' FROM organisations.membership m "
             "JOIN people.person p ON p.id = m.person_id WHERE p.name = 'Mia'")
    assert "Mia of the river" not in visitor.get(f["bodies"]).text


def test_a_seat_that_breaks_a_rule_is_refused_with_the_rule_in_words(fund):
    founded(fund)
    for changes, said in (({"constituency": "contributor"}, "percent of the seats"),
                          ({"days": 2000}, "A term lasts at most 36 months"), ({"days": 0}, "end after today")):
        refused = seat(fund, "Mia", **changes)
        assert refused.status_code in (409, 422)
        assert said in refused.text
        assert "House of Mia" in refused.text
    assert seat(fund, "Mia").status_code == 303
    assert seat(fund, "Mia").status_code == 422  # no longer offered
    refused = seat(fund, "Noor", comes_from="house of mia")
    assert refused.status_code == 409
    assert "At most 1 member comes from one organisation" in refused.text
    assert seat(fund, "Noor", constituency="academic").status_code == 303
    refused = seat(fund, "Otis", constituency="contributor")
    assert refused.status_code == 409
    assert seat(fund, "Ada").status_code == 422  # an administrator does not vote
    assert seat(fund, "Ada", body="governing").status_code == 303
    place = f"/en/fund/bodies/{fund.facts['allocation']}/rules"
    required = "the two of the votes that a decision needs are required"
    assert required in fund.facts["admin"].get(place).text
    assert required not in fund.facts["admin"].get(f"/en/fund/bodies/{fund.facts['governing']}/rules").text
    assert 'value="36"' in fund.facts["admin"].get(place).text
    assert fund.facts["admin"].post(place, data={"least_seats": "0"}).status_code == 422
    assert fund.facts["admin"].post(place, data={"least_seats": "2", "share_of": "academic", **QUORUM}).status_code == 303
    page = fund.client().get(fund.facts["bodies"]).text
    assert "At least 2 seats are taken." in page
    assert "36 months" not in page.split('id="allocation"')[1].split("</section>")[0]


def test_the_committee_has_a_quorum_and_the_governing_body_none(fund):
    """Without a rule of its own one would be counted of which the page tells nothing."""
    founded(fund)
    admin, rules = fund.facts["admin"], {"least_seats": "2", "share_of": "academic"}
    for missing in QUORUM:
        refused = admin.post(f"/en/fund/bodies/{fund.facts['allocation']}/rules", data={**rules, **QUORUM, missing: ""})
        assert refused.status_code == 422
        assert "Please fill this in" in refused.text.split(f'id="{missing}-error"')[1].split("</p>")[0]
    assert admin.post(f"/en/fund/bodies/{fund.facts['governing']}/rules", data=rules).status_code == 303


def test_a_member_whose_term_is_over_is_seated_again_and_not_twice_at_once(fund):
    founded(fund)
    place = f"/en/fund/bodies/{fund.facts['allocation']}/seats/new"
    assert seat(fund, "Mia").status_code == 303
    assert ">Mia<" not in fund.facts["admin"].get(place).text
    fund.sql("UPDATE fund.seat SET begun_on = current_date - 90, until = current_date")
    assert "Mia of the river" not in fund.client().get(fund.facts["bodies"]).text
    assert ">Mia<" in fund.facts["admin"].get(place).text
    assert seat(fund, "Mia").status_code == 303
    assert fund.client().get(fund.facts["bodies"]).text.count("Mia of the river") == 1
    for begins, ends in ((-30, 30), (10, 20), (299, 900)):
        with pytest.raises(psycopg.errors.CheckViolation) as no:
            fund.sql("INSERT INTO fund.seat SELECT membership_id, body_id, person_id, shown_as, comes_from, constituency, "
                     "current_date + %s::int, current_date + %s::int FROM fund.seat LIMIT 1", begins, ends)
        assert no.value.diag.constraint_name == "seat_held"


def test_the_database_refuses_seats_by_itself(fund):
    founded(fund)
    [(member, person)] = fund.sql("SELECT m.id, p.id FROM organisations.membership m JOIN people.person p "
                                  "ON p.id = m.person_id WHERE p.name = 'Mia'")
    [(other,)] = fund.sql("SELECT id FROM people.person WHERE name = 'Noor'")
    for who, constituency, until, said in (
            (other, "south_civil_society", 300, "seat_of_member"), (person, "academic", 300, "seat_least_share"),
            (person, "south_civil_society", 2000, "seat_longest_term")):
        with pytest.raises(psycopg.errors.CheckViolation) as no:
            fund.sql("INSERT INTO fund.seat (membership_id, body_id, person_id, shown_as, comes_from, constituency, begun_on, "
                     "until) VALUES (%s, %s, %s, 'M', 'x', %s, current_date, current_date + %s::int)",
                     member, fund.facts["allocation"], who, constituency, until)
        assert no.value.diag.constraint_name == said


def links(world):
    """Where each mail leads, by the address it went to."""
    mails = [email.message_from_string(m, policy=policy.default) for m in world.mails()]
    return {str(m["To"]): re.search(r"http://[^/]+(/\S+)", m.get_content())[1] for m in mails}


def test_nobody_is_on_both_sides(fund):
    f = fund.facts
    f["halcyon"] = make.organisation(fund, "Halcyon")
    make.person(fund, "boss@halcyon.org", seats=((f["halcyon"], "administrator"),))
    place = f"/en/organisation/{f['fund']}/members/new"
    assert "Scores applications" in f["admin"].get(place).text
    refused = f["admin"].post(place, data={"address": "boss@halcyon.org", "roles": ["reviewer"], "language": "en"})
    assert refused.status_code == 403
    assert "both sides" in refused.text
    assert "boss@halcyon.org" in refused.text
    for role in APART:
        asked = {"address": "boss@halcyon.org", "roles": ["keyholder", role], "language": "en"}
        assert f["admin"].post(place, data=asked).status_code == 403, role
    allowed = f["admin"].post(place, data={"address": "boss@halcyon.org", "roles": ["keyholder"], "language": "en"})
    assert allowed.status_code == 303  # who keeps a share of sealed identities reads nothing of the fund
    boss = make.sign_in(fund.client(), "boss@halcyon.org")
    asked = boss.post(f"/en/organisation/{f['halcyon']}/members/new",
                      data={"address": "mia@fund.org", "roles": ["engagement_lead"], "language": "en"})
    assert asked.status_code == 303  # who decides for a fund is not told to companies; she herself is
    fund.work()
    place = links(fund)["mia@fund.org"]
    mia = make.sign_in(fund.client(), "mia@fund.org")
    refused = mia.post(place, data={})
    assert refused.status_code == 403
    assert "at the same time" in refused.text, refused.text
    assert fund.sql("SELECT count(*) FROM organisations.membership WHERE organisation_id = %s", f["halcyon"]) == [(1,)]


def test_two_invitations_accepted_at_the_same_moment_do_not_put_one_person_on_both_sides(fund):
    company = make.organisation(fund, "Halcyon")
    who = make.person(fund, "new@x.org")
    join = ("INSERT INTO organisations.membership (id, person_id, organisation_id, role, function, begun_at) VALUES "
            "(gen_random_uuid(), %s, %s, %s, '', now())")
    with psycopg.connect(fund.server.url("postgres", fund.name)) as slow:
        slow.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        slow.execute("SELECT 1 FROM organisations.membership")
        fund.sql(join, who, company, "engagement_lead")
        with pytest.raises(psycopg.errors.SerializationFailure):
            slow.execute(join, (who, fund.facts["fund"], "reviewer"))

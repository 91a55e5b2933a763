"""What is held about me: everybody reads the table; I see mine, take it away, erase it; a hold delays that, never for ever."""

import io
import json
import re
import uuid
import zipfile
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from flask import g

import make
from polyphony.fund.bodies.models import Fund
from polyphony.fund.giving.models import Pledge
from polyphony.kernel import clock, jobs, retention
from polyphony.kernel.database import db
from polyphony.organisations.entrance.models import Entrance
from polyphony.organisations.models import Membership, MembershipEnd
from polyphony.organisations.tasks import mail_invitation
from polyphony.people.models import Phrase
from polyphony.retention import tasks
from polyphony.uploads.models import Attachment

WORDS = "Simu yangu inaonyesha onyo."


@pytest.fixture
def stage(world: Any) -> Any:
    """Two stewards, an auditor, a company, a body, an NGO with a coordinator and a contributor who has spoken."""
    firm, body = make.organisation(world, "Halcyon"), make.organisation(world, "Table", "facilitation")
    ngo = make.organisation(world, "Sauti", "stakeholder")
    make.person(world, "lead@x.example", seats=((firm, "engagement_lead"), (firm, "administrator")))
    make.person(world, "fay@x.example", seats=((body, "facilitator"),))
    make.person(world, "coordinator@x.example", seats=((ngo, "coordinator"),))
    amina = make.person(world, "amina@x.example", "Amina", seats=((ngo, "contributor"),))
    for name, role in (("one", "steward"), ("two", "steward"), ("audit", "auditor")):
        make.person(world, f"{name}@x.example", roles=(role,))
    about = make.consultation(world, [firm], facilitator=body, invited=(ngo,))
    said = make.input_(world, about, person_id=amina, text=WORDS, naming="name", shown_as="Amina")
    return SimpleNamespace(world=world, firm=firm, ngo=ngo, amina=amina, about=about, said=said,
                           in_=lambda name: make.sign_in(world.client(), f"{name}@x.example"))


def by_phrase(stage: Any) -> tuple[Any, uuid.UUID]:
    """A browser that came back with a return phrase, and the phrase's number."""
    id, token = uuid.uuid4(), uuid.uuid4().bytes
    make.add(stage.world, Phrase(id=id, verifier=uuid.uuid4().bytes, consultation_id=stage.about, language="sw", day=make.today()))
    stage.world.sql("INSERT INTO people.session (id, token_hash, phrase_id, began_at, seen_at) VALUES (gen_random_uuid(), "
                    "sha256(%s), %s, now(), now())", token, id)
    client = stage.world.client()
    with stage.world.app.app_context(), client.session_transaction() as session:
        from polyphony.kernel import secrets
        session["key"] = secrets.text_of(token)
    return client, id


def run(world: Any, chore: Any) -> None:
    with world.worker.app_context():
        chore()
        db.session.commit()


def test_everybody_reads_what_is_kept_and_how_long(stage: Any) -> None:
    said = stage.world.client().get("/en/kept").get_data(as_text=True)
    for datum in retention.datums.values():
        assert str(datum.until) in said, datum.name
    assert "/en/kept" in stage.world.client().get("/en/protection").get_data(as_text=True)
    assert "/en/my-data" in stage.in_("amina").get("/en/account").get_data(as_text=True)
    client, _ = by_phrase(stage)
    assert "/en/my-data" in client.get("/en/inbox").get_data(as_text=True)


def test_i_see_mine_and_take_it_away(stage: Any) -> None:
    amina = stage.in_("amina")
    begun = {"text": "What I have begun to say.", "lang": "en", "other": ""}
    assert amina.post(f"/en/consultations/{stage.about}/say", data=begun).status_code == 303
    with stage.world.app.app_context(), amina as client:
        page = client.get("/en/my-data").get_data(as_text=True)
        assert g.sql <= 6
    assert WORDS in page
    assert begun["text"] in page
    assert "amina@x.example" in page
    answer = amina.get("/en/my-data/file")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "my" not in answer.headers["Content-Disposition"].replace("attachment", "")
    assert answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as file:
        told = {each["name"]: each["rows"] for each in json.loads(file.read("data.json"))["data"]}
        html = file.read("data.html").decode()
    assert [row["text"] for row in told["input"]] == [WORDS]
    assert told["account"][0]["address"] == "amina@x.example"
    assert "sealed" not in told["account"][0]
    assert [row["role"] for row in told["membership"]] == ["contributor"]
    assert WORDS in html
    assert "Everyone taking part in this consultation" in html
    assert "Contributor" in html, "codes are said in words"
    assert "<script" not in html


def test_nobody_takes_away_anothers(stage: Any) -> None:
    assert stage.world.client().get("/en/my-data/file").status_code == 403
    other = stage.in_("coordinator").get("/en/my-data/file").data
    with zipfile.ZipFile(io.BytesIO(other)) as file:
        assert WORDS not in file.read("data.json").decode()
    client, _ = by_phrase(stage)
    with zipfile.ZipFile(io.BytesIO(client.get("/en/my-data/file").data)) as file:
        told = json.loads(file.read("data.json"))["data"]
    assert [each["name"] for each in told if each["rows"]] == ["phrase", "session"]


def test_erasing_an_account_needs_a_tick_and_happens_once(stage: Any) -> None:
    world, amina = stage.world, stage.in_("amina")
    page = amina.get("/en/my-data/erasure").get_data(as_text=True)
    assert re.search(r"What you said.*?</th><td[^>]*>1</td>", page, re.DOTALL), "it says how many there are"
    assert amina.post("/en/my-data/erasure", data={}).status_code == 422
    assert world.sql("SELECT count(*) FROM people.erasure") == [(0,)]
    sent = {"sure": "y", "once": str(uuid.uuid4())}
    first, second = amina.post("/en/my-data/erasure", data=sent), amina.post("/en/my-data/erasure", data=sent)
    assert (first.status_code, first.location) == (303, "/en/erased")
    assert (second.status_code, second.location) == (303, "/en/erased")
    assert world.sql("SELECT count(*) FROM people.erasure") == [(1,)]
    assert world.client().post("/en/sign-in", data={"address": "amina@x.example", "password": make.PASSWORD}).status_code == 422
    assert amina.get("/en/my-data").status_code == 403
    world.work()
    assert world.sql("SELECT name FROM people.person WHERE id = %s", stage.amina) == [("",)]
    assert world.sql("SELECT count(*) FROM inputs.input") == [(0,)]
    assert world.sql("SELECT count(*) FROM people.erasure") == [(0,)]
    assert world.sql("SELECT count(*) FROM organisations.membership_end") == [(1,)]
    assert "a former member" in stage.in_("coordinator").get("/en/organisation").get_data(as_text=True)


def test_who_ever_lost_a_seat_reads_its_end_and_can_erase_her_account(stage: Any) -> None:
    world = stage.world
    make.add(world, MembershipEnd(membership_id=seat_of(world, stage.amina, stage.ngo), at=make.now(), by=stage.amina,
                                  reason="Another post."))
    make.add(world, *(Membership(id=uuid.uuid4(), person_id=stage.amina, organisation_id=organisation, role=role,
                                 begun_at=make.now()) for organisation, role in
                      ((stage.ngo, "translator"), (stage.firm, "engagement_lead"))))
    make.add(world, Entrance(organisation_id=stage.firm, issuer="https://x.example", client_id="id", changed_at=make.now(),
                             tried_at=make.now(), required_at=make.now()))
    amina = stage.in_("amina")
    page = amina.get("/en/my-data").get_data(as_text=True)
    assert "Another post." in page
    assert amina.post("/en/my-data/erasure", data={"sure": "y"}).status_code == 303
    assert world.sql("SELECT count(*) FROM organisations.membership_end") == [(3,)]
    assert world.sql("SELECT count(*) FROM organisations.membership m LEFT JOIN organisations.membership_end e ON "
                     "e.membership_id = m.id WHERE m.person_id = %s AND e.at IS NULL", stage.amina) == [(0,)]


def test_an_invitation_to_who_erased_her_account_opens_nothing_and_breaks_nothing(stage: Any) -> None:
    world, coordinator = stage.world, stage.in_("coordinator")
    asked = {"address": "amina@x.example", "roles": ["translator"], "language": "en", "words": "Come back."}
    assert coordinator.post(f"/en/organisation/{stage.ngo}/members/new", data=asked).status_code == 303
    world.work()
    letter = next(each for each in world.mails() if "amina@x.example" in each)
    link = re.search(r"/en/invitation/[\w-]+", letter.replace("=\n", ""))[0]  # type: ignore[index]
    assert world.client().get(link).status_code == 200
    assert "amina@x.example" in coordinator.get("/en/organisation").get_data(as_text=True)
    assert stage.in_("amina").post("/en/my-data/erasure", data={"sure": "y"}).status_code == 303
    run(world, tasks.erase)
    shown = coordinator.get("/en/organisation")
    assert (shown.status_code, "amina@x.example" in shown.get_data(as_text=True)) == (200, False)
    assert coordinator.get(f"/en/organisation/{stage.ngo}/history").status_code == 200
    assert world.client().get(link).status_code == 410
    typed = {"name": "Nobody", "password": make.PASSWORD, "language": "en", "time_zone": "UTC"}
    assert world.client().post(link, data=typed).status_code == 410
    [(invitation,)] = world.sql("SELECT id FROM organisations.invitation")
    run(world, lambda: mail_invitation(str(invitation)))


def seat_of(world: Any, person: uuid.UUID, organisation: uuid.UUID) -> uuid.UUID:
    return world.sql("SELECT id FROM organisations.membership WHERE person_id = %s AND organisation_id = %s",
                     person, organisation)[0][0]


def test_a_phrase_stops_at_once_and_leaves_nothing(stage: Any) -> None:
    world, (client, id) = stage.world, by_phrase(stage)
    said = make.input_(world, stage.about, phrase_id=id, text="A secret voice")
    make.add(world, Attachment(id=uuid.uuid4(), kind="input", subject_id=said, number=1, format="png", size=1, key=bytes(32),
                               day=make.today()))
    with world.app.app_context():
        jobs.defer("notices.spread", kind="input_read", to="authors", day=make.today().isoformat(), subject_id=said)
        db.session.commit()
    assert client.post("/en/my-data/erasure", data={"sure": "y"}).status_code == 303
    assert client.get("/en/inbox").status_code == 403
    derived = b"derived"
    world.sql("UPDATE people.phrase SET verifier = sha256(%s) WHERE id = %s", derived, id)
    with psycopg.connect(world.server.url("polyphony_app", world.name)) as app:
        assert app.execute("SELECT people.come_back(%s, sha256('t'))", [derived]).fetchone() == (False,)
    run(world, tasks.erase)
    for table in ("people.phrase", "people.erasure", "people.session WHERE phrase_id IS NOT NULL", "uploads.attachment",
                  "inputs.authorship WHERE phrase_id IS NOT NULL", "inputs.input WHERE text = 'A secret voice'"):
        assert world.sql(f"SELECT count(*) FROM {table}") == [(0,)], table
    assert not world.sql("SELECT 1 FROM jobs.procrastinate_jobs WHERE args::text LIKE %s", f"%{said}%")
    assert world.sql("SELECT count(*) FROM audit.row WHERE verb IN ('person.erased', 'person.erasure_asked')") == [(0,)], \
        "nothing is noted of what is done without an account"


def test_the_last_administrator_is_told_who_can_help(stage: Any) -> None:
    alone = stage.in_("coordinator")
    assert "last administrator" in alone.get("/en/my-data/erasure").get_data(as_text=True)
    refused = alone.post("/en/my-data/erasure", data={"sure": "y"})
    assert refused.status_code == 409
    assert "Sauti" in refused.get_data(as_text=True)
    assert stage.world.sql("SELECT count(*) FROM people.erasure") == [(0,)]


# Holds


def held(stage: Any, *, about: str, confirm: str = "two", **changes: str) -> str:
    """A hold proposed by one steward and confirmed by another; its address."""
    typed = {"about": about, "reason": "A court asks for it.", "until": (make.today() + timedelta(days=30)).isoformat(),
             "safety_reason": "", **changes}
    made = stage.in_("one").post("/en/holds/new", data=typed)
    assert made.status_code == 303, made.get_data(as_text=True)
    if confirm:
        said = stage.in_(confirm).post(f"{made.location}/confirmation", data={"about": about})
        assert said.status_code == 303, said.get_data(as_text=True)
    return str(made.location)


def test_a_hold_needs_two_people_a_reason_and_an_end(stage: Any) -> None:
    one = stage.in_("one")
    good = {"about": "amina@x.example", "reason": "A court asks.", "until": (make.today() + timedelta(days=30)).isoformat()}
    for wrong in ({"reason": ""}, {"until": ""}, {"until": make.today().isoformat()}, {"about": "nobody@x.example"},
                  {"until": (make.today() + timedelta(days=400)).isoformat()}, {"about": "somewhere"}):
        refused = one.post("/en/holds/new", data={**good, **wrong})
        assert refused.status_code == 422, wrong
        assert ("A court asks." in refused.get_data(as_text=True)) == ("reason" not in wrong)
    place = held(stage, about="amina@x.example", confirm="")
    same = {"about": "amina@x.example"}
    own = one.post(f"{place}/confirmation", data=same)
    assert own.status_code == 403
    assert "Another steward" in own.get_data(as_text=True)
    assert "A court asks for it." not in stage.in_("amina").get("/en/my-data").get_data(as_text=True), "not in force yet"
    for other in ("coordinator@x.example", "nobody@x.example", str(stage.about), ""):
        assert stage.in_("two").post(f"{place}/confirmation", data={"about": other}).status_code == 422, "she must mean the same"
    assert stage.in_("two").post(f"{place}/confirmation", data=same).status_code == 303
    assert "A court asks for it." in stage.in_("amina").get("/en/my-data").get_data(as_text=True)
    assert "In force" in stage.in_("audit").get("/en/holds").get_data(as_text=True)
    assert stage.in_("lead").get("/en/holds").status_code == 403
    assert stage.in_("two").post(f"{place}/confirmation", data=same).status_code == 409


def test_the_database_itself_asks_for_two_people_and_an_end(stage: Any) -> None:
    sql, one = stage.world.sql, stage.world.sql("SELECT min(person_id::text)::uuid FROM people.platform_role")[0][0]
    put = ("INSERT INTO retention.hold (id, kind, subject_id, reason, safety_reason, until, made_at, person_id) VALUES "
           "(%s, 'account', %s, %s, '', current_date + %s::int, now(), %s)")
    id = uuid.uuid4()
    sql(put, id, stage.amina, "why", 30, one)
    for reason, days in (("", 30), ("why", 400)):
        with pytest.raises(psycopg.errors.CheckViolation):
            sql(put, uuid.uuid4(), stage.amina, reason, days, one)
    with pytest.raises(psycopg.errors.CheckViolation, match="from the day it is made"):
        sql(put.replace("now()", "now() + interval '3 years'"), uuid.uuid4(), stage.amina, "why", 1000, one)
    confirm = "INSERT INTO retention.confirmation (hold_id, person_id, at) VALUES (%s, %s, now())"
    with pytest.raises(psycopg.errors.CheckViolation, match="two people"):
        sql(confirm, id, one)
    with psycopg.connect(stage.world.server.url("polyphony_app", stage.world.name)) as app:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("UPDATE retention.hold SET until = until + 1")
        app.rollback()
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.CheckViolation)):
            app.execute(confirm, [id, stage.amina])


def test_while_it_is_held_erasing_waits_and_then_happens_by_itself(stage: Any) -> None:
    world = stage.world
    held(stage, about=f"https://polyphony.example/en/consultations/{stage.about}")
    amina = stage.in_("amina")
    withdrawn = amina.post(f"/en/inbox/{stage.said}/withdrawal", data={"sure": "yes"})
    assert withdrawn.status_code == 409
    assert "kept until" in withdrawn.get_data(as_text=True)
    assert "must be kept until" in amina.get("/en/my-data/erasure").get_data(as_text=True)
    assert amina.post("/en/my-data/erasure", data={"sure": "y"}).status_code == 303
    world.work()
    assert world.sql("SELECT text FROM inputs.input") == [(WORDS,)], "it waits"
    assert world.sql("SELECT count(*) FROM people.session WHERE person_id = %s", stage.amina) == [(0,)]
    with clock.at(clock.now() + timedelta(days=31)):
        run(world, tasks.erase_waiting)
    assert world.sql("SELECT count(*) FROM inputs.input") == [(0,)]
    assert world.sql("SELECT name FROM people.person WHERE id = %s", stage.amina) == [("",)]


def test_a_hold_that_was_let_go_delays_nothing(stage: Any) -> None:
    place = held(stage, about="amina@x.example")
    assert stage.in_("amina").post("/en/my-data/erasure", data={"sure": "y"}).status_code == 303
    run(stage.world, tasks.erase)
    assert stage.world.sql("SELECT count(*) FROM people.erasure") == [(1,)]
    assert stage.in_("two").post(f"{place}/release", data={"words": "The court is done."}).status_code == 303
    run(stage.world, tasks.erase)
    assert stage.world.sql("SELECT count(*) FROM people.erasure") == [(0,)]


def test_a_reason_of_safety_keeps_a_hold_from_whom_it_concerns_alone(stage: Any) -> None:
    held(stage, about="amina@x.example", safety_reason="Her brother reads her account.")
    stage.world.work()
    shown = stage.in_("amina").get("/en/my-data").get_data(as_text=True)
    assert "A court asks for it." not in shown
    assert "brother" not in shown
    assert not stage.world.sql("SELECT 1 FROM notices.notice WHERE kind = 'hold_made' AND person_id = %s", stage.amina)
    assert "Her brother" in stage.in_("audit").get(stage.world.sql(
        "SELECT '/en/holds/' || id FROM retention.hold")[0][0]).get_data(as_text=True)


# Organisations leaving


def test_an_organisation_leaves_when_nothing_rests_on_it(stage: Any) -> None:
    world, lead = stage.world, stage.in_("lead")
    place = f"/en/organisation/{stage.firm}/departure"
    assert "co-owns" in lead.get(place).get_data(as_text=True)
    refused = lead.post(place, data={"words": "We stop.", "sure": "y"})
    assert refused.status_code == 409
    assert "still rests" in refused.get_data(as_text=True)
    world.sql("ALTER TABLE consultations.consultation DISABLE TRIGGER ALL")
    world.sql("UPDATE consultations.consultation SET state = 'closed'")
    assert lead.post(place, data={"words": "We stop.", "sure": ""}).status_code == 422
    assert lead.post(place, data={"words": "We stop.", "sure": "y"}).status_code == 303
    assert world.sql("SELECT count(*) FROM organisations.membership m JOIN organisations.membership_end e ON e.membership_id = m.id "
                     "WHERE organisation_id = %s", stage.firm) == [(2,)]
    assert "Halcyon" not in world.client().get("/en/organisations").get_data(as_text=True)
    assert world.sql("SELECT verb FROM audit.row WHERE about = %s", stage.firm)[-1] == ("organisation.left",)
    assert lead.get(place).status_code in (403, 404)


def test_the_database_keeps_an_organisation_on_which_something_rests(stage: Any, monkeypatch: Any) -> None:
    from polyphony.organisations import leaving

    monkeypatch.setattr(leaving, "resting", lambda id: [])
    refused = stage.in_("lead").post(f"/en/organisation/{stage.firm}/departure", data={"words": "We stop.", "sure": "y"})
    assert refused.status_code == 409
    assert stage.world.sql("SELECT count(*) FROM organisations.departure") == [(0,)]


def test_a_promise_of_money_keeps_a_company_in_the_database_too(stage: Any, monkeypatch: Any) -> None:
    from polyphony.organisations import leaving

    world, lead, place = stage.world, stage.in_("lead"), f"/en/organisation/{stage.firm}/departure"
    world.sql("ALTER TABLE consultations.consultation DISABLE TRIGGER ALL")
    world.sql("UPDATE consultations.consultation SET state = 'closed'")
    fund, gone = make.organisation(world, "The fund", "fund"), {"words": "We stop.", "sure": "y"}
    make.add(world, Fund(organisation_id=fund, purpose="x", lang="en", founded_on=make.today()),
             Pledge(id=uuid.uuid4(), fund_id=fund, company_id=stage.firm, currency="KES", amount=5, due_on=make.today(),
                    made_on=make.today()))
    assert "1 promise of money" in lead.get(place).get_data(as_text=True)
    assert lead.post(place, data=gone).status_code == 409
    with monkeypatch.context() as patch:
        patch.setattr(leaving, "resting", lambda id: [])
        assert lead.post(place, data=gone).status_code == 409, "the trigger of the fund asks the same"
    world.sql("DROP TRIGGER departure_waits_fund ON organisations.departure")
    monkeypatch.setattr(leaving, "resting", lambda id: [])
    assert lead.post(place, data=gone).status_code == 303, "and without it nothing would have"


@pytest.mark.parametrize("room", ["consultations", "feedback", "fund", "vault"])
def test_each_room_is_asked_in_the_database_before_an_organisation_leaves(stage: Any, room: str) -> None:
    """Something that rests in one room alone keeps it; without that room's trigger it would be gone."""
    world, leave = stage.world, f"INSERT INTO organisations.departure (organisation_id, \"on\", words) VALUES ('{stage.firm}', current_date, '')"
    for each in ("consultations", "feedback", "fund", "vault"):
        world.sql(f"CREATE OR REPLACE FUNCTION {each}.rests_on(organisation uuid) RETURNS TABLE (kind text, number bigint) LANGUAGE sql "
                  f"AS $$ SELECT 'something', 1::bigint WHERE {each == room} $$")
    with pytest.raises(psycopg.errors.CheckViolation, match="something still rests"):
        world.sql(leave)
    world.sql(f"ALTER TABLE organisations.departure DISABLE TRIGGER departure_waits_{room}")
    world.sql(leave)

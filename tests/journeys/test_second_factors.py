"""The second step as people meet it: a first sign-in, the codes, a lost phone, and whoever tries to go around it."""

import re
import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pyotp
import pytest

import make
from polyphony.kernel import clock, secrets
from polyphony.people import factors, rules
from polyphony.people.access import FREE

LEAD, MEMBER = "lead@halcyon.example", "amina@sauti.example"
CLOSED = ("/en/home", "/en/account", "/en/consultations/new", "/en/organisation", "/en/account/second-factors",
          "/en/account/sessions", "/en/account/proof", "/en/consultations", "/en/")


@pytest.fixture
def people(world: Any) -> Any:
    """A company's lead, who needs a second factor, and a stakeholder's coordinator, who may have one."""
    firm, ngo = make.organisation(world, "Halcyon"), make.organisation(world, "Sauti", "stakeholder")
    world.facts |= {"firm": firm, "lead": make.person(world, LEAD, "Ada", seats=((firm, "administrator"), (firm, "engagement_lead"))),
                    "amina": make.person(world, MEMBER, "Amina", seats=((ngo, "coordinator"),))}
    return world


def password(client: Any, address: str, **more: str) -> Any:
    answer = client.post("/en/sign-in", data={"address": address, "password": make.PASSWORD, **more})
    assert answer.status_code == 303, answer.text
    return answer


def code_of(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(datetime.now(UTC) + timedelta(seconds=30 * steps))


def enrol(client: Any, place: str = "/en/account/second-factors/app") -> str:
    """Set an app up on the page as it stands; answers its secret."""
    page = client.get(place).text
    secret = re.search(r'<code dir="ltr">([A-Z2-7 ]+)</code>', page)[1].replace(" ", "")
    sealed = re.search(r'name="sealed"[^>]*value="([^"]+)"', page)[1]
    done = client.post("/en/account/second-factors/app", data={"sealed": sealed, "code": code_of(secret, -1), "next": ""})
    assert done.status_code == 303, done.text
    return secret


def enrolled(world: Any, address: str = LEAD) -> tuple[Any, str]:
    """Somebody signed in with her new app, whose next codes all count as unused."""
    client = world.client()
    if "second-step" not in password(client, address).headers["Location"]:
        secret = enrol(client)
    else:
        secret = enrol(client, client.get("/en/sign-in/second-step").headers["Location"])
    return client, secret


def give(client: Any, code: str, **more: str) -> Any:
    return client.post("/en/sign-in/second-step", data={"code": code, "next": "", **more})


def forget_marks(world: Any) -> None:
    """As if the codes used so far lay further back."""
    world.sql("UPDATE people.factor SET mark = 0")


def key_of(client: Any) -> bytes:
    with client.session_transaction() as kept:
        return secrets.bytes_of(kept["key"])


def step_of(world: Any, secret: bytes) -> Any:
    return world.sql("SELECT people.step(%s)", secret)[0][0]


def test_a_company_member_sets_it_up_at_her_first_sign_in(people: Any) -> None:
    client = people.client()
    landed = password(client, LEAD, next="/en/organisation")
    assert landed.headers["Location"] == "/en/sign-in/second-step?next=/en/organisation"
    page = client.get(landed.headers["Location"], follow_redirects=True)
    assert "In your role a password alone is not enough" in page.text
    assert re.search(r'<svg[^>]* class="qr"', page.text)
    assert "style=" not in page.text
    for place in CLOSED:
        assert "/sign-in/second-step" in client.get(place).headers["Location"], f"{place} opens before the second step"
    sealed = re.search(r'name="sealed"[^>]*value="([^"]+)"', page.text)[1]
    secret = re.search(r'<code dir="ltr">([A-Z2-7 ]+)</code>', page.text)[1].replace(" ", "")
    wrong = client.post("/en/account/second-factors/app", data={"sealed": sealed, "code": "000000", "next": ""})
    assert wrong.status_code == 422
    assert secret in wrong.text.replace(" ", ""), "the same square again"
    done = client.post("/en/account/second-factors/app", data={"sealed": sealed, "code": code_of(secret), "next": "/en/organisation"})
    assert done.headers["Location"] == "/en/account/second-factors?next=/en/organisation"
    shown = client.get(done.headers["Location"]).text
    assert "You have no recovery codes" in shown
    assert 'href="/en/organisation"' in shown
    assert client.get("/en/organisation").status_code == 200
    assert people.sql("SELECT count(*) FROM people.factor WHERE position(%s in sealed) > 0", secret.encode()) == [(0,)]


def test_a_code_opens_the_door_once(people: Any) -> None:
    _, secret = enrolled(people)
    other, third = people.client(), people.client()
    for client in (other, third):
        password(client, LEAD)
        assert "Now type the six digits" in client.get("/en/sign-in/second-step").text
    arabic = code_of(secret).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert give(other, f" {arabic[:3]} {arabic[3:]} ").status_code == 303
    assert other.get("/en/organisation").status_code == 200
    replayed = give(third, code_of(secret))
    assert replayed.status_code == 422
    assert "used already" in replayed.text
    assert give(third, code_of(secret, -1)).status_code == 422, "nor one from before it"
    assert give(third, code_of(secret, 1)).status_code == 303, "a clock half a minute ahead is no harm"
    forget_marks(people)
    late = people.client()
    password(late, LEAD)
    assert give(late, code_of(secret, -3)).status_code == 422


def test_members_of_stakeholder_organisations_may_but_need_not(people: Any) -> None:
    client = people.client()
    assert "second-step" not in password(client, MEMBER).headers["Location"]
    assert client.get("/en/account").status_code == 200
    there = people.client()
    password(there, MEMBER)
    secret = enrol(client)
    assert there.get("/en/account").status_code == 403, "another factor ends the other sessions"
    again = people.client()
    assert "second-step" in password(again, MEMBER).headers["Location"], "who has one is asked for it"
    assert give(again, code_of(secret)).status_code == 303
    (factor,) = people.sql("SELECT id FROM people.factor")[0]
    assert again.post(f"/en/account/second-factors/{factor}/removal").status_code == 303
    assert client.get("/en/account").status_code == 403, "taking it away ends them too"
    assert "second-step" not in password(people.client(), MEMBER).headers["Location"]


def test_the_last_factor_of_a_role_that_needs_one_stays(people: Any) -> None:
    client, _ = enrolled(people)
    (factor,) = people.sql("SELECT id FROM people.factor")[0]
    kept = client.post(f"/en/account/second-factors/{factor}/removal")
    assert kept.status_code == 409
    assert "this is your last one" in kept.text
    enrol(client)
    assert client.post(f"/en/account/second-factors/{factor}/removal").status_code == 303
    assert client.post(f"/en/account/second-factors/{uuid.uuid4()}/removal").status_code == 409
    (mine,) = people.sql("SELECT id FROM people.factor")[0]
    amina = people.client()
    password(amina, MEMBER)
    assert amina.post(f"/en/account/second-factors/{mine}/removal").status_code == 409, "nobody takes another's away"
    assert people.sql("SELECT id FROM people.factor") == [(mine,)]


# Recovery codes


def test_a_recovery_code_works_once_and_a_new_set_replaces_the_old(people: Any) -> None:
    client, _ = enrolled(people)
    codes = re.findall(r"<li>(\w{5}-\w{5})</li>", client.post("/en/account/second-factors/codes").text)
    assert len(set(codes)) == 10
    assert people.sql("SELECT count(*) FROM people.recovery") == [(10,)]
    page = client.get("/en/account/second-factors").text
    assert codes[0] not in page, "shown once"
    assert "10 recovery codes left" in page
    lost = people.client()
    password(lost, LEAD)
    assert give(lost, codes[0].upper().replace("-", " ")).status_code == 303
    assert lost.get("/en/organisation").status_code == 200
    assert "9 recovery codes left" in lost.get("/en/account/second-factors").text
    again = people.client()
    password(again, LEAD)
    assert give(again, codes[0]).status_code == 422
    newer = re.findall(r"<li>(\w{5}-\w{5})</li>", lost.post("/en/account/second-factors/codes").text)
    assert give(again, codes[1]).status_code == 422, "the old set is gone"
    assert give(again, newer[1]).status_code == 303
    enrolled(people, MEMBER)
    theirs = people.client()
    password(theirs, MEMBER)
    assert give(theirs, newer[2]).status_code == 422, "another's code opens nothing"


def test_a_recovery_code_rests_behind_a_slow_hash_that_each_attempt_pays_once(people: Any, monkeypatch: Any) -> None:
    client, _ = enrolled(people)
    codes = re.findall(r"<li>(\w{5}-\w{5})</li>", client.post("/en/account/second-factors/codes").text)
    paid: list[str] = []
    slow = secrets.derive_password
    monkeypatch.setattr(secrets, "derive_password", lambda word, salt: paid.append(word) or slow(word, salt))
    lost = people.client()
    password(lost, LEAD)
    paid.clear()
    assert give(lost, "2222233333").status_code == 422
    assert paid == ["2222233333"]
    assert give(lost, codes[7]).status_code == 303
    assert len(paid) == 2
    with people.app.app_context():
        quick = {secrets.digest(secrets.keyed("recovery", people.facts["lead"], each.replace("-", ""))) for each in codes}
    assert quick.isdisjoint(bytes(row[0]) for row in people.sql("SELECT hash FROM people.recovery"))


# Guessers


def test_who_guesses_codes_gets_slow_and_the_owner_is_never_locked_out(people: Any) -> None:
    client, secret = enrolled(people)
    guesser = people.client()
    password(guesser, LEAD)
    assert [give(guesser, "123456").status_code for _ in range(FREE + 1)] == [422] * FREE + [429]
    slow = give(guesser, code_of(secret))
    assert slow.status_code == 429, "the code itself is not looked at before"
    assert int(slow.headers["Retry-After"]) > 0
    assert client.get("/en/organisation").status_code == 200, "who is in stays in"
    password(people.client(), LEAD)  # the counter of passwords is another one
    people.sql("UPDATE people.attempt SET hour = hour - interval '10 minutes'")
    assert give(guesser, code_of(secret)).status_code == 303
    assert people.sql("SELECT count(*) FROM people.attempt") == [(0,)], "she begins anew"


def test_one_code_in_many_hands_at_once_lets_one_in(people: Any) -> None:
    _, secret = enrolled(people)
    code, seen = code_of(secret), []
    clients = [people.client() for _ in range(3)]
    for client in clients:
        password(client, LEAD)
    gate = threading.Barrier(len(clients))

    def come(client: Any) -> None:
        gate.wait(20)
        seen.append(give(client, code).status_code)

    threads = [threading.Thread(target=come, args=(client,)) for client in clients]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(seen) == [303, 422, 422]


# Ways around


def test_before_the_second_step_the_database_knows_nobody(people: Any) -> None:
    client = people.client()
    password(client, LEAD)
    pending = key_of(client)
    assert step_of(people, pending) == "enrol"
    with psycopg.connect(people.server.url("polyphony_app", people.name)) as app:
        opened = app.execute("SELECT viewer.open(%s, NULL)", [pending]).fetchone()[0]
        assert opened["person"] is None
        assert not any(opened["facts"].values())
        assert opened["card"]["name"] is None
        assert app.execute("SELECT count(*) FROM people.factor").fetchone() == (0,)
    for verb, place in (("get", "/en/account"), ("post", "/en/account/password"), ("post", "/en/account/second-factors/codes"),
                        ("post", f"/en/account/sessions/{uuid.uuid4()}/end"), ("post", "/en/sign-out-everywhere")):
        assert getattr(client, verb)(place).status_code in (303, 403), place
    assert people.sql("SELECT count(*) FROM people.recovery") == [(0,)]


def test_no_function_lets_the_web_role_pass_without_the_key_outside_the_database(people: Any) -> None:
    """What an injection could call, it can call with everything the database holds: it is not enough."""
    _, _ = enrolled(people)
    waiting = people.client()
    password(waiting, LEAD)
    pending = key_of(waiting)
    ((factor, verifier, sealed),) = people.sql("SELECT id, verifier, sealed FROM people.factor")
    with psycopg.connect(people.server.url("polyphony_app", people.name), autocommit=True) as app:
        for proof in (verifier, sealed, b"", b"x" * 32, pending):
            passed = app.execute("SELECT people.pass_step(%s, %s, %s, 99999999999, sha256('n'))", [pending, factor, proof])
            assert passed.fetchone() == (False,)
            assert app.execute("SELECT people.start_with_passkey(%s, %s, 1, sha256('n'))", [factor, proof]).fetchone() == (False,)
        added = app.execute("SELECT people.add_factor(%s, %s, 'app', '', NULL, 'p', NULL, NULL, 0, sha256('n'))",
                            [pending, uuid.uuid4()])
        assert added.fetchone() == (False,), "who has one adds another only after giving it"
        assert app.execute("SELECT people.drop_factor(%s, %s)", [pending, factor]).fetchone() == ("no",)
        for internal in ("people.mint(gen_random_uuid(), 'x', true)", "people.seal_of('{}')", "viewer.seats(gen_random_uuid())",
                         "people.take_factor(gen_random_uuid(), NULL, 'x', 0)", "people.living_session('x')"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(f"SELECT {internal}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("UPDATE people.session SET factored = true")
    assert step_of(people, pending) == "code"


def test_each_step_gives_the_browser_a_new_secret(people: Any) -> None:
    """Fixation: what was carried before a step opens nothing after it."""
    _, secret = enrolled(people)
    planted = people.client()
    password(planted, LEAD)
    before = key_of(planted)
    assert give(planted, code_of(secret)).status_code == 303
    after = key_of(planted)
    assert before != after
    assert step_of(people, before) is None
    assert step_of(people, after) == "in"
    planted.post("/en/account/proof", data={"present": make.PASSWORD, "code": code_of(secret, 1), "next": ""})
    assert step_of(people, after) is None, "a fresh proof too"
    fixed = people.client()
    with fixed.session_transaction() as kept:
        kept["key"] = secrets.text_of(b"chosen by somebody else")
    password(fixed, MEMBER)
    assert key_of(fixed) != b"chosen by somebody else"


def test_going_back_behind_the_second_step_is_no_way_in(people: Any) -> None:
    """Downgrade: dropping the step, another's open step, or a role given later."""
    client, secret = enrolled(people)
    pending = people.client()
    password(pending, LEAD)
    amina = people.client()
    password(amina, MEMBER)
    assert give(amina, code_of(secret)).status_code == 303, "who stands at no step passes none"
    assert amina.get("/en/organisation").status_code in (200, 403)
    assert people.sql("SELECT count(*) FROM people.session WHERE factored") == [(1,)]
    pending.get("/en/sign-in")
    assert pending.get("/en/account").status_code == 303
    assert pending.post("/en/account/second-factors/app", data={"code": "123456", "sealed": "x"}).status_code == 403
    people.sql("UPDATE people.session SET began_at = began_at - interval '31 minutes' WHERE NOT factored")
    assert give(pending, code_of(secret)).status_code == 303
    assert pending.get("/en/organisation").status_code == 403, "the step was open for too long"
    assert client.get("/en/organisation").status_code == 200


def test_a_new_password_by_mail_does_not_pass_the_second_step(people: Any) -> None:
    _, secret = enrolled(people)
    people.client().post("/en/reset", data={"address": LEAD})
    people.work()
    (mail,) = people.mails()
    place = re.search(r"http://[^/]+(/\S+)", mail.replace("=\n", ""))[1]
    new = "seven lamps beside the river"
    assert people.client().post(place, data={"password": new}).status_code == 303
    client = people.client()
    landed = client.post("/en/sign-in", data={"address": LEAD, "password": new})
    assert "second-step" in landed.headers["Location"]
    assert client.get("/en/organisation").status_code == 303
    forget_marks(people)
    assert give(client, code_of(secret)).status_code == 303
    assert client.get("/en/organisation").status_code == 200


ASKED = [("company", "board_observer", True), ("company", "decision_maker", True), ("fund", "reviewer", True),
         ("fund", "releaser", True), ("facilitation", "facilitator", True), ("stakeholder", "keyholder", True),
         ("operator", "administrator", True), ("stakeholder", "contributor", False), ("stakeholder", "translator", False),
         ("", "steward", True), ("", "auditor", True), ("", "", False)]


def test_who_is_asked_for_one(world: Any) -> None:
    wrong = []
    for n, (kind, role, needs) in enumerate(ASKED):
        seats = ((make.organisation(world, "House", kind), role),) if kind else ()
        make.person(world, f"{n}@x.example", seats=seats, roles=(role,) if role and not kind else ())
        if ("second-step" in password(world.client(), f"{n}@x.example").headers["Location"]) is not needs:
            wrong.append((kind, role))
    assert wrong == []


# Pure


def test_codes_are_taken_within_half_a_minute_of_now() -> None:
    secret, now = factors.fresh_secret(), datetime(2026, 5, 1, 12, 0, 15, tzinfo=UTC)
    with clock.at(now):
        found = [factors.matching_step(secret, pyotp.TOTP(secret).at(now + timedelta(seconds=30 * n))) for n in range(-3, 4)]
    here = int(now.timestamp()) // 30
    assert found == [-1, -1, here - 1, here, here + 1, -1, -1]
    assert factors.matching_step(secret, "") == -1


@pytest.mark.parametrize("easy", ["passwordpassword", "password-qwerty-2024", "iloveyou dragon monkey", "a" * 300,
                                  "password" * 37 + "!", "qwerty12345678"])
def test_common_words_in_a_row_are_still_common(easy: str) -> None:
    with pytest.raises(rules.BadInput):
        rules.ensure_good_password(easy)

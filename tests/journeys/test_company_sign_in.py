"""A company's own sign-in: set, tried, linked, required, lifted; and everything that must not open a door."""

import email
import re
import time
import uuid
from email import policy
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

import make
import provider as providers
from polyphony.kernel.database import db
from polyphony.people import phrases

HOME = {"name": "Ben", "language": "en", "time_zone": "UTC"}


@pytest.fixture
def provider():
    with providers.running() as made:
        yield made


@pytest.fixture
def firm(world, provider):
    """A company whose administrator has set up its own sign-in."""
    made = make.organisation(world, "Halcyon Messaging")
    make.person(world, "ada@halcyon.example", "Ada", seats=((made, "administrator"), (made, "engagement_lead")))
    ada = make.sign_in(world.client(), "ada@halcyon.example")
    assert settings(ada, made, provider).status_code == 303
    return made


def settings(client, firm, provider, **changes):
    return client.post(f"/en/organisation/{firm}/sign-in", data={
        "issuer": provider.issuer, "client_id": providers.CLIENT, "client_secret": providers.SECRET,
        "domain": "halcyon.example", "acr": "", **changes})


def begin(client, firm, purpose="sign_in", **more):
    """Leave for the provider; the address to which the browser is sent."""
    gone = client.get(f"/en/sign-in/with/{firm}/begin", query_string={"for": purpose, **more})
    assert gone.status_code == 303, gone.text
    return gone.headers["Location"]


def landed(client, address):
    """Come back, by the address without a language, to the page with its one button; what its form carries."""
    sent_on = client.get(address.split("localhost:8000", 1)[-1])
    assert sent_on.status_code == 303
    page = client.get(sent_on.headers["Location"])
    carried = dict(re.findall(r'name="(code|state|iss)"[^>]*value="([^"]*)"', page.text))
    return page, carried


def come(client, firm, provider, purpose="sign_in", *, typed=None, factored=True, **more):
    """The whole way: there, back, and on."""
    page, carried = landed(client, provider.sign_in(begin(client, firm, purpose, **more)))
    assert page.status_code == 200, page.text
    answer = client.post("/en/sign-in/back", data={**carried, **(typed or {})})
    if answer.status_code == 303 and factored:
        make.let_through(client)
    return answer


def linked(world, firm, provider, address="ada@halcyon.example"):
    client = make.sign_in(world.client(), address)
    assert come(client, firm, provider, "link").headers["Location"] == "/en/account/company-sign-in"
    return client


def name_of(client):
    found = re.search(r'name="name"[^>]*value="([^"]*)"', client.get("/en/account").text)
    return found[1] if found else None


def test_found_tried_linked_and_opened(world, firm, provider):
    visitor = world.client()
    for words in ("halcyon", "anybody@halcyon.example", "Halcyon Messaging"):
        assert f"/en/sign-in/with/{firm}" in visitor.get("/en/sign-in/company", query_string={"name": words}).text, words
    assert str(firm) not in visitor.get("/en/sign-in/company?name=%25").text
    assert "127.0.0.1" in visitor.get(f"/en/sign-in/with/{firm}").text
    ada = make.sign_in(world.client(), "ada@halcyon.example")
    assert come(ada, firm, provider, "try").headers["Location"] == f"/en/organisation/{firm}/sign-in"
    assert "Tried" in ada.get(f"/en/organisation/{firm}/sign-in").text
    unknown = come(visitor, firm, provider)
    assert unknown.status_code == 403
    assert "No account here is linked" in unknown.text
    assert come(ada, firm, provider, "link").status_code == 303
    assert "Linked" in ada.get("/en/account/company-sign-in").text
    assert come(ada, firm, provider, "link").status_code == 409, "one link for each company"
    assert come(visitor, firm, provider).headers["Location"] == "/en/home"
    assert name_of(visitor) == "Ada"
    assert visitor.get(f"/en/organisation/{firm}/sign-in").status_code == 200
    assert ada.post(f"/en/account/company-sign-in/{firm}/removal", data={}).status_code == 303
    assert visitor.get("/en/account").status_code == 403, "the session ends with its link"
    assert ada.get("/en/account").status_code == 200


def test_a_return_phrase_s_session_is_not_ended_in_the_moment_in_which_the_company_s_begins(world, firm, provider):
    linked(world, firm, provider)
    words = phrases.make("en")
    with world.app.test_request_context():
        phrases.keep(words, uuid.uuid4(), "en")
        db.session.commit()
    client = world.client()
    assert client.post("/en/come-back", data={"words": " ".join(words)}).status_code == 303
    assert come(client, firm, provider).headers["Location"] == "/en/home"
    assert name_of(client) == "Ada"
    assert world.sql("SELECT count(*) FROM people.session WHERE phrase_id IS NOT NULL") == [(1,)]


@pytest.mark.slow
def test_an_invitation_is_accepted_with_the_company_and_without_a_password(world, firm, provider):
    ada = make.sign_in(world.client(), "ada@halcyon.example")
    assert come(ada, firm, provider, "try").status_code == 303
    ada.post(f"/en/organisation/{firm}/members/new", data={
        "address": "ben@halcyon.example", "roles": ["engagement_lead"], "language": "en"})
    world.work()
    text = email.message_from_string(world.mails()[-1], policy=policy.default).get_content()
    token = re.search(r"/invitation/(\S+)", text)[1]
    ben = world.client()
    assert f"/en/sign-in/with/{firm}/begin" in ben.get(f"/en/invitation/{token}").text
    provider.subject = "ben-at-halcyon"
    page, carried = landed(ben, provider.sign_in(begin(ben, firm, "invitation", invitation=token)))
    assert 'name="password"' not in page.text
    short = ben.post("/en/sign-in/back", data={**carried, **HOME, "name": ""})
    assert short.status_code == 422
    assert ben.post("/en/sign-in/back", data={**carried, **HOME}).headers["Location"] == "/en/joined"
    make.let_through(ben)
    assert name_of(ben) == "Ben"
    assert world.sql("SELECT count(*), count(organisation_id) FROM people.session s JOIN people.person p ON p.id = "
                     "s.person_id WHERE p.name = 'Ben'") == [(1, 1)]
    again = world.client()
    assert come(again, firm, provider).status_code == 303
    assert name_of(again) == "Ben"
    world.sql("UPDATE people.session SET proven_at = now() - interval '1 hour'")
    asked = again.get("/en/account/second-factors").headers["Location"]
    place = "/en/account/second-factors"
    door = re.search(rf'href="(/en/sign-in/with/{firm}\?next=[^"]+)"', again.get(asked).text)
    assert door, "who has no password proves herself with the company"
    assert f"begin?next={place}" in again.get(door[1]).text
    assert come(again, firm, provider, next=place).headers["Location"] == place, "and goes on where she was"
    assert again.get("/en/account/second-factors").status_code == 200
    assert world.client().post("/en/sign-in", data={"address": "ben@halcyon.example", "password": ""}).status_code == 422


@pytest.mark.parametrize(("wanted", "lands"), [("/en/notices", "/en/notices"), ("https://evil.example", "/en/home"),
                                               ("//evil.example", "/en/home"), ("/en/notices?q=" + "x" * 500, "/en/home")])
def test_who_was_on_her_way_somewhere_arrives_there_and_nowhere_else(world, firm, provider, wanted, lands):
    linked(world, firm, provider)
    assert come(world.client(), firm, provider, next=wanted).headers["Location"] == lands


def test_an_answer_that_cannot_be_trusted_signs_nobody_in(world, firm, provider):
    """Which answers these are: tests/security/test_openid.py."""
    linked(world, firm, provider)
    provider.claims = {"nonce": "another"}
    visitor = world.client()
    refused = come(visitor, firm, provider)
    assert (refused.status_code, "could not be trusted" in refused.text) == (403, True)
    assert visitor.get("/en/account").status_code == 403
    provider.claims, provider.answers = {}, {"/token": (500, b"{}", {})}
    away = come(visitor, firm, provider)
    assert (away.status_code, "does not answer as it should" in away.text) == (409, True)
    assert world.sql("SELECT count(*) FROM people.session WHERE organisation_id IS NOT NULL") == [(0,)]


@pytest.mark.slow
def test_a_forged_state_a_replayed_code_and_another_browser_open_nothing(world, firm, provider):
    linked(world, firm, provider)
    eve = world.client()
    address = provider.sign_in(begin(eve, firm))
    said = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert world.client().get("/en/sign-in/back", query_string=said).status_code == 400, "begun in another browser"
    assert eve.get("/en/sign-in/back", query_string={**said, "state": "forged"}).status_code == 400
    assert eve.post("/en/sign-in/back", data={**said, "state": "forgéd"}).status_code == 400
    assert eve.get("/en/sign-in/back").status_code == 404
    mixed = eve.post("/en/sign-in/back", data={**said, "iss": "https://login.other.example"})
    assert mixed.status_code == 403, "the answer comes from another provider than was asked"
    address = provider.sign_in(begin(eve, firm))
    said = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    kept = eve.get_cookie("polyphony").value
    assert eve.post("/en/sign-in/back", data=said).status_code == 303
    make.let_through(eve)
    replayed = world.client()
    replayed.set_cookie("polyphony", kept)
    assert replayed.post("/en/sign-in/back", data=said).status_code == 403, "a code is redeemed once"
    assert eve.post("/en/sign-in/back", data=said).status_code == 400, "and an attempt is over when it is done"
    begin(eve, firm)
    with eve.session_transaction() as cookie:
        state = cookie["company_sign_in"]["state"]
    denied = eve.get("/en/sign-in/back", query_string={"state": state, "error": "access_denied"})
    assert (denied.status_code, "did not let you in" in denied.text) == (403, True)


@pytest.mark.slow
def test_a_provider_that_is_down_costs_the_page_and_not_the_platform(world, firm, provider):
    world.sql("UPDATE organisations.entrance SET issuer = 'http://127.0.0.1:9'")
    refused = world.client().get(f"/en/sign-in/with/{firm}/begin")
    assert (refused.status_code, "does not answer" in refused.text) == (409, True)
    assert world.client().get(f"/en/sign-in/with/{firm}").status_code == 200


def test_only_https_is_called(world, firm, provider):
    ada = make.sign_in(world.client(), "ada@halcyon.example")
    for provider.issuer in ("http://login.example.org", "login.example.org"):
        refused = settings(ada, firm, provider)
        assert (refused.status_code, "https://" in refused.text) == (422, True)
    provider.issuer = "https://login.example.org"
    assert settings(ada, firm, provider, domain="not a domain").status_code == 422
    world.sql("DELETE FROM organisations.entrance_secret; DELETE FROM organisations.entrance")
    assert settings(ada, firm, provider, client_secret="").status_code == 422
    assert settings(ada, firm, provider).status_code == 303


@pytest.mark.slow
def test_an_address_is_never_proof(world, firm, provider):
    """The same e-mail address at another issuer, the same subject at another issuer, and at another company."""
    linked(world, firm, provider)
    tern = make.organisation(world, "Tern")
    make.person(world, "tea@tern.example", "Tea", seats=((tern, "administrator"),))
    tea = make.sign_in(world.client(), "tea@tern.example")
    with providers.running() as other:
        assert settings(tea, tern, other, domain="halcyon.example").status_code == 303
        assert come(world.client(), tern, other).status_code == 403, "same address, same subject, another issuer"
        assert settings(tea, tern, provider).status_code == 303
        assert come(world.client(), tern, provider).status_code == 403, "same issuer and subject, by another company"
        assert world.client().get("/en/sign-in/company?name=x@halcyon.example").text.count("/sign-in/with/") == 2, "she chooses"
        ada = make.sign_in(world.client(), "ada@halcyon.example")
        assert settings(ada, firm, other).status_code == 303
        assert world.sql("SELECT count(*) FROM people.company_link") == [(0,)], "another provider ends every link"
        assert come(world.client(), firm, other).status_code == 403


@pytest.mark.slow
def test_one_sign_in_belongs_to_one_account(world, firm, provider):
    linked(world, firm, provider)
    make.person(world, "ben@halcyon.example", "Ben", seats=((firm, "decision_maker"),), function="legal")
    ben = make.sign_in(world.client(), "ben@halcyon.example")
    taken = come(ben, firm, provider, "link")
    assert (taken.status_code, "another account" in taken.text) == (409, True)
    assert name_of(ben) == "Ben"


def test_it_opens_only_accounts_that_act_for_that_company_alone(world, firm, provider):
    sauti = make.organisation(world, "Sauti", "stakeholder")
    who = make.person(world, "sam@halcyon.example", "Sam", seats=((firm, "board_observer"), (sauti, "contributor")))
    sam = make.sign_in(world.client(), "sam@halcyon.example")
    refused = come(sam, firm, provider, "link")
    assert (refused.status_code, "for that company alone" in refused.text) == (403, True)
    ada = linked(world, firm, provider)
    entered = world.client()
    assert come(entered, firm, provider).status_code == 303
    [(lead,)] = world.sql("SELECT person_id FROM people.company_link")
    make.add(world, make.Membership(id=uuid.uuid4(), person_id=lead, organisation_id=sauti, role="translator", begun_at=make.now()))
    assert entered.get("/en/account").status_code == 403, "open sessions end when she gets a seat elsewhere"
    assert come(world.client(), firm, provider).status_code == 403
    assert ada.get("/en/account").status_code == 200
    assert who


def test_required_means_that_a_password_opens_no_seat(world, firm, provider):
    make.person(world, "ben@halcyon.example", "Ben", seats=((firm, "engagement_lead"),))
    ben = make.sign_in(world.client(), "ben@halcyon.example")
    ada = make.sign_in(world.client(), "ada@halcyon.example")
    place = f"/en/organisation/{firm}/sign-in/requirement"
    assert ada.post(place, data={}).status_code == 409, "not tried"
    assert come(ada, firm, provider, "try").status_code == 303
    assert ada.post(place, data={}).status_code == 409, "she has not come in by it"
    assert come(ada, firm, provider, "link").status_code == 303
    through = world.client()
    assert come(through, firm, provider).status_code == 303
    assert ben.get("/en/consultations/new").status_code == 200
    assert through.post(place, data={}).status_code == 303
    assert "Required" in through.get(f"/en/organisation/{firm}/sign-in").text
    assert ben.get("/en/consultations/new").status_code == 403, "at his next request the seat is gone"
    assert ada.get("/en/organisation").status_code == 403
    assert "own sign-in" in ben.get("/en/home").text
    refused = world.client().post("/en/sign-in", data={"address": "ada@halcyon.example", "password": make.PASSWORD})
    assert refused.status_code == 403
    assert "Halcyon Messaging asks its members" in refused.text
    assert "Sign out" not in refused.text
    late = make.sign_in(world.client(), "ben@halcyon.example")  # not linked yet: only to link
    assert late.get("/en/consultations/new").status_code == 403
    provider.subject = "ben-at-halcyon"
    assert come(late, firm, provider, "link").status_code == 303
    assert late.get("/en/consultations/new").status_code == 403
    assert come(late, firm, provider).status_code == 303
    assert late.get("/en/consultations/new").status_code == 200
    assert through.post(f"{place}/end", data={}).status_code == 303
    assert make.sign_in(world.client(), "ada@halcyon.example").get("/en/organisation").status_code == 200


def test_two_stewards_lift_a_requirement_and_one_does_not(world, firm, provider):
    linked(world, firm, provider)
    world.sql("UPDATE organisations.entrance SET tried_at = now(), required_at = now()")
    locked = {"address": "ada@halcyon.example", "password": make.PASSWORD}
    for name, seats in (("one", ()), ("two", ()), ("own", ((firm, "board_observer"),))):
        make.person(world, f"{name}@steward.example", roles=("steward",), seats=seats)
    place, said = f"/en/admissions/{firm}/sign-in", {"words": "The provider burned down."}
    own, one, two = (make.sign_in(world.client(), f"{name}@steward.example") for name in ("own", "one", "two"))
    assert own.post(place, data=said).status_code == 403, "not for her own company"
    assert one.post(place, data={"words": ""}).status_code == 422
    assert one.post(place, data=said).status_code == 303
    assert one.post(place, data=said).status_code == 409
    assert world.client().post("/en/sign-in", data=locked).status_code == 403
    assert two.post(place, data=said).status_code == 303
    assert world.client().post("/en/sign-in", data=locked).status_code == 303
    world.sql("UPDATE organisations.entrance SET required_at = now()")
    assert world.client().post("/en/sign-in", data=locked).status_code == 403, "a later requirement is a new one"


def test_where_it_is_required_a_mailed_link_changes_the_password_and_opens_nothing(world, firm, provider):
    linked(world, firm, provider)
    world.sql("UPDATE organisations.entrance SET tried_at = now(), required_at = now()")
    world.client().post("/en/reset", data={"address": "ada@halcyon.example"})
    world.work()
    place = re.search(r"http://[^/]+(/\S+/new-password/\S+)", world.mails()[-1].replace("=\n", ""))[1]
    ada = world.client()
    chosen = ada.post(place, data={"password": "seven lamps beside the river"})
    assert chosen.headers["Location"].endswith("/sign-in?after=changed")
    assert ada.get("/en/account").status_code == 403
    assert ada.get(place).status_code == 410, "the password is changed"
    assert world.sql("SELECT count(*) FROM people.session") == [(0,)]


@pytest.mark.slow
def test_a_second_factor_counts_only_where_the_company_says_so(world, firm, provider):
    linked(world, firm, provider)
    ada = make.sign_in(world.client(), "ada@halcyon.example")

    def seen(**claims):
        provider.claims = claims
        client = world.client()
        assert come(client, firm, provider, factored=False).status_code == 303
        client.post("/en/sign-out", data={})
        return world.sql("SELECT second FROM noted ORDER BY number DESC LIMIT 1")[0][0]

    world.sql("CREATE TABLE public.noted (number serial, second boolean)")
    world.sql("CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN INSERT INTO "
              "public.noted (second) VALUES (NEW.second_by_company AND NEW.factored); RETURN NEW; END $$")
    world.sql("CREATE TRIGGER note AFTER INSERT OR UPDATE ON people.session FOR EACH ROW EXECUTE FUNCTION public.note()")
    assert seen(amr=["mfa"], acr="gold") is False, "a claim alone is not believed"
    assert settings(ada, firm, provider, is_second="y").status_code == 303
    assert seen() is True
    assert settings(ada, firm, provider, is_second="y", acr="gold").status_code == 303
    assert seen(acr="silver") is False
    assert seen(acr="gold") is True


def test_a_session_that_still_stands_at_the_provider_is_no_fresh_proof(world, firm, provider):
    ada, place, now = linked(world, firm, provider), f"/en/organisation/{firm}/sign-in", int(time.time())
    assert settings(ada, firm, provider, is_second="y").status_code == 303
    visitor = world.client()
    assert come(visitor, firm, provider, factored=False).status_code == 303
    assert visitor.get("/en/account").status_code == 200
    asked = visitor.get(place)
    assert asked.status_code == 303, "nothing is proven by having come in"
    assert f"/sign-in/with/{firm}?next=" in visitor.get(asked.headers["Location"]).text
    assert "for=proof" in visitor.get(f"/en/sign-in/with/{firm}").text
    for said in (None, now - 3600, now + 3600):
        provider.claims = {"auth_time": said}
        refused = come(visitor, firm, provider, "proof", factored=False, next=place)
        assert (refused.status_code, "without asking you anew" in refused.text) == (403, True), said
        assert visitor.get(place).status_code == 303, said
        assert come(visitor, firm, provider, factored=False).status_code == 303
        assert visitor.get(place).status_code == 303, f"{said}: no way around it"
    provider.claims = {}
    assert come(visitor, firm, provider, "proof", factored=False, next=place).headers["Location"] == place
    assert visitor.get(place).status_code == 200
    assert world.client().get(f"/en/sign-in/with/{firm}/begin?for=proof").status_code == 403


def test_plain_sql_of_the_web_role_opens_and_links_nobody(world, firm, provider):
    linked(world, firm, provider)
    [(who,)] = world.sql("SELECT person_id FROM people.company_link")
    make.person(world, "eve@halcyon.example", "Eve", seats=((firm, "engagement_lead"),))
    with psycopg.connect(world.server.url("polyphony_app", world.name), autocommit=True) as connection:
        ask = "SELECT people.enter_by_company(%s, true, true, %s, NULL)"
        for guess in (b"", b"x" * 32, who.bytes, b"subject-1"):
            assert connection.execute(ask, [guess, b"t" * 32]).fetchone() == ("unknown",)
        assert connection.execute("SELECT people.link_company(%s, 'x', current_date, 'x')", [firm]).fetchone() == ("sign_in",)
        for forbidden in ("SELECT * FROM people.company_link", "SELECT * FROM organisations.entrance_secret"):
            assert connection.execute(forbidden).fetchall() == []
        for forbidden in (
                "INSERT INTO people.company_link (id, person_id, organisation_id, verifier, day) SELECT gen_random_uuid(), "
                f"'{who}', '{firm}', 'x', current_date",
                "UPDATE people.company_link SET verifier = 'x'", "SELECT organisations.acts_only_for(NULL, NULL)",
                "SELECT people.company_holds(NULL, NULL)", "INSERT INTO people.session (id) VALUES (gen_random_uuid())"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)


def test_a_dump_holds_neither_the_secret_nor_the_subject(world, firm, provider):
    provider.subject = "subject-of-ada-at-halcyon"
    linked(world, firm, provider)
    rows = world.sql("SELECT e::text FROM organisations.entrance_secret e UNION ALL SELECT l::text FROM people.company_link l "
                     "UNION ALL SELECT e::text FROM organisations.entrance e UNION ALL SELECT r::text FROM audit.row r")
    dump = " ".join(row for (row,) in rows)
    for planted in (providers.SECRET, provider.subject):
        assert planted not in dump
        assert planted.encode().hex() not in dump


@pytest.mark.slow
def test_others_settings_are_not_there(world, firm, provider):
    tern = make.organisation(world, "Tern")
    make.person(world, "tea@tern.example", "Tea", seats=((tern, "administrator"),))
    sauti = make.organisation(world, "Sauti", "stakeholder")
    make.person(world, "zawadi@sauti.example", "Zawadi", seats=((sauti, "coordinator"),))
    tea, zawadi = (make.sign_in(world.client(), x) for x in ("tea@tern.example", "zawadi@sauti.example"))
    assert tea.get(f"/en/organisation/{firm}/sign-in").status_code == 404
    assert settings(tea, firm, provider).status_code == 404
    assert tea.post(f"/en/organisation/{firm}/sign-in/requirement", data={}).status_code == 404
    assert zawadi.get(f"/en/organisation/{sauti}/sign-in").status_code == 403, "companies alone have one"
    assert tea.get(f"/en/sign-in/with/{tern}").status_code == 404
    assert tea.get(f"/en/sign-in/with/{firm}/begin?for=nonsense").status_code == 404
    assert world.client().get(f"/en/sign-in/with/{firm}/begin?for=link").status_code == 403
    assert tea.get(f"/en/sign-in/with/{firm}/begin?for=try").status_code == 404

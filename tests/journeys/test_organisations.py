"""An organisation comes in by invitation and two stewards; its members come and go."""

import email
import re
from email import policy

import pytest

import make

PASSWORD = "seven lamps beside the river"


def links(world):
    texts = [email.message_from_string(m, policy=policy.default).get_content() for m in world.mails()]
    return [re.search(r"http://[^/]+(/\S+)", text)[1] for text in texts]


@pytest.fixture
def halcyon(world):
    org = make.organisation(world, "Halcyon")
    make.person(world, "ada@halcyon.example", "Ada", seats=((org, "administrator"),))
    return org


def test_a_member_is_invited_accepts_and_leaves(world, halcyon):
    ada = make.sign_in(world.client(), "ada@halcyon.example")
    form = f"/en/organisation/{halcyon}/members/new"
    assert ada.get(form).status_code == 200
    invited = {"address": "ben@halcyon.example", "roles": ["decision_maker"], "language": "sw"}
    assert ada.post(form, data=invited).status_code == 422
    assert ada.post(form, data={**invited, "roles": ["facilitator"]}).status_code == 422
    assert ada.post(form, data={**invited, "function": "legal"}).status_code == 303
    assert "ben@halcyon.example" in ada.get("/en/organisation").text
    world.work()
    [place] = links(world)
    assert place.startswith("/sw/invitation/")
    ben = world.client()
    assert "Halcyon" in ben.get(place).text
    assert "ben@halcyon.example" in ben.get(place).text
    given = {"name": "Ben", "password": PASSWORD, "language": "sw", "time_zone": "Africa/Nairobi"}
    assert ben.post(place, data={**given, "password": "short"}).status_code == 422
    assert ben.post(place, data=given).headers["Location"] == "/sw/joined"
    assert "/second-step" in ben.get("/sw/joined").headers["Location"], "a company's member needs a second factor first"
    assert "Ben" in make.let_through(ben).get("/en/account").text
    assert ben.get(place).status_code == 410
    assert ben.get("/en/organisation").status_code == 403
    make.sign_in(world.client(), "ben@halcyon.example", PASSWORD)
    [(seat,)] = world.sql("SELECT id FROM organisations.membership WHERE function = 'legal'")
    assert ada.post(f"/en/memberships/{seat}/end", data={"reason": ""}).status_code == 422
    assert ada.post(f"/en/memberships/{seat}/end", data={"reason": "New work."}).status_code == 303
    assert "New work." in ada.get("/en/organisation").text
    assert ada.post(f"/en/memberships/{seat}/end", data={"reason": "Again."}).status_code == 409


def test_the_last_administrator_stays(world, halcyon):
    ada = make.sign_in(world.client(), "ada@halcyon.example")
    [(seat,)] = world.sql("SELECT id FROM organisations.membership")
    refused = ada.post(f"/en/memberships/{seat}/end", data={"reason": "I am tired."})
    assert refused.status_code == 409
    assert "last administrator" in refused.text
    assert "I am tired." in refused.text
    make.person(world, "eve@halcyon.example", "Eve", seats=((halcyon, "administrator"),))
    assert ada.post(f"/en/memberships/{seat}/end", data={"reason": "I am tired."}).status_code == 303
    assert ada.get("/en/organisation").status_code == 403


def test_an_organisation_comes_in_by_two_stewards(world, halcyon):
    ada = make.sign_in(world.client(), "ada@halcyon.example")
    place = f"/en/organisation/{halcyon}/invitations/new"
    assert ada.get(place).status_code == 200
    asked = {"address": "zawadi@sauti.example", "language": "sw", "words": "Karibu!"}
    assert ada.post(place, data=asked).status_code == 303
    world.work()
    [link] = links(world)
    zawadi = world.client()
    assert "Karibu!" in zawadi.get(link).text
    given = {"name": "Zawadi", "password": PASSWORD, "language": "sw", "time_zone": "Africa/Nairobi",
             "organisation_name": "Sauti", "kind": "stakeholder", "country": "KE", "about": "Tunasikiliza."}
    assert zawadi.post(link, data={**given, "kind": "operator"}).status_code == 422
    assert zawadi.post(link, data=given).status_code == 303
    assert "Sauti" in zawadi.get("/sw/organisation").text
    assert "Sauti" not in zawadi.get("/sw/organisations").text
    [(new,)] = world.sql("SELECT id FROM organisations.organisation WHERE name = 'Sauti'")
    assert zawadi.post(f"/sw/organisation/{new}/invitations/new", data={
        "address": "x@example.org", "language": "sw", "words": "Njoo"}).status_code == 409
    for name in ("one", "two"):
        make.person(world, f"{name}@steward.example", roles=("steward",))
    one, two = (make.sign_in(world.client(), f"{name}@steward.example") for name in ("one", "two"))
    assert "Sauti" in one.get("/en/admissions").text
    assert ada.get("/en/admissions").status_code == 403
    say = f"/en/admissions/{new}"
    assert one.get(say).status_code == 200
    assert one.post(say, data={"admits": "yes", "words": "They exist."}).status_code == 303
    assert one.post(say, data={"admits": "yes", "words": "Once more."}).status_code == 409
    assert world.sql("SELECT admitted_on FROM organisations.organisation WHERE id = %s", new) == [(None,)]
    assert two.post(say, data={"admits": "yes", "words": "I spoke with them."}).status_code == 303
    assert "Sauti" in world.client().get("/en/organisations").text
    assert "Sauti" not in two.get("/en/admissions").text
    assert two.post(say, data={"admits": "no", "words": "Late."}).status_code == 409


def test_an_invitation_belongs_to_its_address_and_can_be_withdrawn(world, halcyon):
    ada = make.sign_in(world.client(), "ada@halcyon.example")
    tern = make.organisation(world, "Tern")
    make.person(world, "cleo@tern.example", "Cleo", seats=((tern, "administrator"),))
    form = f"/en/organisation/{halcyon}/members/new"
    for address in ("cleo@tern.example", "dan@halcyon.example"):
        asked = {"address": address, "roles": ["engagement_lead"], "language": "en"}
        assert ada.post(form, data=asked).status_code == 303
    assert ada.post(f"/en/organisation/{tern}/members/new", data={}).status_code == 404
    world.work()
    by_address = {m.split("To: ")[1].split("\n")[0]: m for m in world.mails()}
    place = {a: re.search(r"http://[^/]+(/\S+)", email.message_from_string(m, policy=policy.default).get_content())[1]
             for a, m in by_address.items()}
    given = {"name": "C", "password": PASSWORD, "language": "en", "time_zone": "UTC"}
    stranger = world.client().post(place["cleo@tern.example"], data=given)
    assert stranger.status_code == 409
    assert "already an account" in stranger.text
    cleo = make.sign_in(world.client(), "cleo@tern.example")
    assert cleo.post(place["dan@halcyon.example"], data={}).status_code == 403
    assert cleo.post(place["cleo@tern.example"], data={}).status_code == 303
    assert world.sql("SELECT count(*) FROM organisations.membership m JOIN people.person p ON p.id = m.person_id "
                     "WHERE p.name = 'Cleo'") == [(2,)]
    [(dans,)] = world.sql("SELECT id FROM organisations.invitation i WHERE NOT EXISTS (SELECT 1 FROM "
                       "organisations.invitation_end e WHERE e.invitation_id = i.id)")
    assert cleo.post(f"/en/invitations/{dans}/withdrawal").status_code == 404
    assert ada.post(f"/en/invitations/{dans}/withdrawal").status_code == 303
    assert world.client().get(place["dan@halcyon.example"]).status_code == 410


def test_a_platform_is_founded_and_lets_its_first_company_in(world):
    from click import ClickException

    from polyphony.commands.founding import begin
    ours = ["ada@house.example", "ben@house.example"]
    with pytest.raises(ClickException, match="two different addresses"):
        begin(world.settings, "House", "KE", [ours[0], "ADA@house.example "], "en")
    with pytest.raises(ClickException, match="two different addresses"):
        begin(world.settings, "House", "KE", [*ours, "ADA@house.example "], "en")
    with pytest.raises(ClickException, match="This is no country: Kenya"):
        begin(world.settings, "House", "Kenya", ours, "en")
    assert world.sql("SELECT count(*) FROM people.person") == [(0,)], "half a platform is none"
    printed = "\n".join(begin(world.settings, "House", "ke ", ours, "sw"))
    with pytest.raises(ClickException, match="founded already"):
        begin(world.settings, "Another house", "KE", ["x@house.example", "y@house.example"], "en")
    assert world.sql("SELECT count(*) FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity AND "
                     "relnamespace::regnamespace::text IN ('people', 'organisations', 'audit')") == [(0,)]
    stewards = []
    for address, place in zip(ours, re.findall(r"http://[^/]+(/sw/\S+)", printed), strict=True):
        client = world.client()
        assert client.get(place).status_code == 200
        assert client.post(place, data={"password": PASSWORD}).status_code == 303
        assert world.client().post(place, data={"password": PASSWORD}).status_code == 410, "the link works once"
        stewards.append(make.sign_in(world.client(), address, PASSWORD))
    [(house,)] = world.sql("SELECT id FROM organisations.organisation WHERE country = 'KE'")
    asked = {"address": "lea@halcyon.example", "language": "fr", "words": "Welcome."}
    assert stewards[0].post(f"/en/organisation/{house}/invitations/new", data=asked).status_code == 303
    world.work()
    [link] = links(world)
    lea = world.client()
    assert lea.post(link, data={"name": "Lea", "password": PASSWORD, "language": "fr", "organisation_name": "Halcyon",
                                "kind": "company", "country": "FR", "about": "Messages."}).status_code == 303
    [(new,)] = world.sql("SELECT id FROM organisations.organisation WHERE name = 'Halcyon'")
    for client in stewards:
        said = client.post(f"/en/admissions/{new}", data={"admits": "yes", "words": "We know them."})
        assert said.status_code == 303
    world.work()
    told = next(m for m in (email.message_from_string(x, policy=policy.default) for x in world.mails())
                if "/fr/organisation" in m.get_content() and "invitation/" not in m.get_content())
    assert told["To"] == "lea@halcyon.example"
    assert "Halcyon" not in told.as_string().replace("halcyon.example", "")
    again = make.sign_in(world.client(), "lea@halcyon.example", PASSWORD)
    assert "Your organisation was admitted" in again.get("/en/notices").text
    assert f"/en/organisation/{new}/members/new" in again.get("/en/organisation").text


def test_an_organisation_that_was_turned_away_is_told_too(world, halcyon):
    new = make.organisation(world, "Shell Ltd", admitted=False)
    make.person(world, "sol@shell.example", "Sol", seats=((new, "administrator"),))
    make.person(world, "one@steward.example", roles=("steward",))
    one = make.sign_in(world.client(), "one@steward.example")
    assert one.post(f"/en/admissions/{new}", data={"admits": "no", "words": "Not real."}).status_code == 303
    world.work()
    [mail] = world.mails()
    assert "sol@shell.example" in mail
    assert "Not real." not in mail
    page = make.sign_in(world.client(), "sol@shell.example").get("/en/organisation").text
    assert "A steward has turned it away" in page


def test_who_must_sign_in_comes_back_to_the_page(world, halcyon):
    visitor = world.client()
    refused = visitor.get("/en/organisation?show=x")
    assert refused.status_code == 403
    place = re.search(r'href="(/en/sign-in\?next=[^"]+)"', refused.text)[1]
    form = visitor.get(place).text
    wanted = re.search(r'name="next"[^>]*value="([^"]*)"', form)[1]
    assert wanted == "/en/organisation?show=x"
    done = visitor.post("/en/sign-in", data={"address": "ada@halcyon.example", "password": make.PASSWORD,
                                             "next": wanted})
    step = done.headers["Location"]
    assert step == "/en/sign-in/second-step?next=/en/organisation?show%3Dx", "the way back goes along"
    make.let_through(visitor)
    assert visitor.get(step).headers["Location"] == wanted
    assert "sign-in?next" not in visitor.get("/en/admissions").text, "who is signed in needs somebody else"

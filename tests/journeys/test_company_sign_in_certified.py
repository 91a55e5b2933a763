"""A company's own sign-in against a certified provider: npm's oidc-provider, served on loopback by node."""

import os
import re
import shutil
import socket
import subprocess
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests

import make
import provider as providers
from journeys.test_company_sign_in import HOME, begin, come, name_of, settings
from polyphony.folders import root

FOLDER = Path(os.environ.get("POLYPHONY_TEST_NPM", root() / ".venv" / "npm"))
BACK = "http://localhost:8000/sign-in/back"
pytestmark = pytest.mark.slow


class Certified:
    """The provider, and a browser that signs in there."""

    def __init__(self, port: int):
        self.issuer = f"http://127.0.0.1:{port}"
        self.subject = "ada-at-halcyon"

    def sign_in(self, address: str) -> str:
        """Follow the provider's own pages: sign in, consent; the address to which it sends back."""
        with requests.Session() as browser:
            answer = browser.get(address, allow_redirects=False, timeout=10)
            for _ in range(12):
                place = answer.headers.get("Location")
                if place and place.startswith(BACK):
                    return place
                if place:
                    answer = browser.get(urljoin(answer.url, place), allow_redirects=False, timeout=10)
                    continue
                assert answer.status_code == 200, answer.text
                form = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
                fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)"', answer.text))
                answer = browser.post(urljoin(answer.url, unescape(form[1])), allow_redirects=False, timeout=10,
                                      data={**fields, "login": self.subject, "password": "any"})
        raise AssertionError("the provider never sent anybody back")


@contextmanager
def serving():
    """The provider, until the test is done with it: its port and its process."""
    if not shutil.which("node") or not (FOLDER / "node_modules" / "oidc-provider").is_dir():
        told = "The certified provider is not there: install node and npm, then `make installed-npm`."
        if os.environ.get("CI") == "true":
            pytest.fail(told)
        pytest.skip(told)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = Path(__file__).parent.parent / "certified_provider.mjs"
    with subprocess.Popen(["node", str(script), str(FOLDER), str(port), BACK], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout.readline() == "ready\n", "the provider did not start"
            yield port, process
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def certified():
    with serving() as (port, _):
        yield port


@pytest.fixture
def firm(world):
    made = make.organisation(world, "Halcyon Messaging")
    make.person(world, "ada@halcyon.example", "Ada", seats=((made, "administrator"),))
    return made


def test_set_tried_linked_opened_and_an_invitation_accepted(world, firm, certified):
    provider = Certified(certified)
    ada = make.sign_in(world.client(), "ada@halcyon.example")
    assert settings(ada, firm, provider).status_code == 303
    assert come(ada, firm, provider, "try").status_code == 303
    assert come(world.client(), firm, provider).status_code == 403, "a subject that nobody linked"
    assert come(ada, firm, provider, "link").status_code == 303
    visitor = world.client()
    assert come(visitor, firm, provider).headers["Location"] == "/en/home"
    assert name_of(visitor) == "Ada"
    assert come(visitor, firm, provider, "proof").status_code == 303, "it says when she signed in, since we ask"
    ada.post(f"/en/organisation/{firm}/members/new", data={
        "address": "ben@halcyon.example", "roles": ["engagement_lead"], "language": "en"})
    world.work()
    token = re.search(r"/invitation/([\w-]+)", world.mails()[-1].replace("=\n", ""))[1]
    ben = world.client()
    taken = come(ben, firm, provider, "invitation", invitation=token, typed=HOME)
    assert taken.status_code == 409, "Ada's own sign-in opens no second account"
    assert name_of(ben) is None
    provider.subject = "ben-at-halcyon"
    assert come(ben, firm, provider, "invitation", invitation=token, typed=HOME).headers["Location"] == "/en/joined"
    assert name_of(ben) == "Ben"


def test_a_code_opens_once_and_only_in_the_browser_that_began(world, firm, certified):
    provider = Certified(certified)
    ada = make.sign_in(world.client(), "ada@halcyon.example")
    assert settings(ada, firm, provider).status_code == 303
    assert come(ada, firm, provider, "link").status_code == 303
    visitor, eve = world.client(), world.client()
    said = {k: v[0] for k, v in parse_qs(urlsplit(provider.sign_in(begin(visitor, firm))).query).items()}
    begin(eve, firm)
    with eve.session_transaction() as cookie:
        own = cookie["company_sign_in"]["state"]
    assert eve.post("/en/sign-in/back", data=said).status_code == 400, "Ada's state"
    assert eve.post("/en/sign-in/back", data={**said, "state": own}).status_code == 403, "Ada's code without her verifier"
    assert eve.get("/en/account").status_code == 403
    said = {k: v[0] for k, v in parse_qs(urlsplit(provider.sign_in(begin(visitor, firm))).query).items()}
    kept = visitor.get_cookie("polyphony").value
    assert visitor.post("/en/sign-in/back", data=said).status_code == 303
    again = world.client()
    again.set_cookie("polyphony", kept)
    assert again.post("/en/sign-in/back", data=said).status_code == 403, "a code is redeemed once"


def test_the_same_address_at_two_providers_is_two_people(world, firm, certified):
    certified_one = Certified(certified)
    ada = make.sign_in(world.client(), "ada@halcyon.example")
    assert settings(ada, firm, certified_one).status_code == 303
    assert come(ada, firm, certified_one, "link").status_code == 303
    tern = make.organisation(world, "Tern")
    make.person(world, "tea@tern.example", "Tea", seats=((tern, "administrator"),))
    tea = make.sign_in(world.client(), "tea@tern.example")
    with providers.running() as other:
        other.subject = certified_one.subject
        other.claims = {"email": "ada@halcyon.example"}
        assert settings(tea, tern, other).status_code == 303
        assert come(world.client(), tern, other).status_code == 403
        assert come(tea, tern, other, "link").status_code == 303
        visitor = world.client()
        assert come(visitor, tern, other).status_code == 303
        assert name_of(visitor) == "Tea"


def back(provider, client, firm, change=lambda address: address):
    """There and back: what the browser would send on; `change` is what somebody did to the question on its way."""
    return {k: v[0] for k, v in parse_qs(urlsplit(provider.sign_in(change(begin(client, firm)))).query).items()}


def test_a_token_of_another_question_another_issuer_or_another_client_opens_nothing(world, firm, certified):
    provider = Certified(certified)
    ada = make.sign_in(world.client(), "ada@halcyon.example")
    assert settings(ada, firm, provider).status_code == 303
    assert come(ada, firm, provider, "link").status_code == 303

    def sent(client, said):
        return client.post("/en/sign-in/back", data=said).status_code

    visitor = world.client()
    said = back(provider, visitor, firm)
    with visitor.session_transaction() as cookie:
        cookie["company_sign_in"] = {**cookie["company_sign_in"], "nonce": "of another question"}
    assert sent(visitor, said) == 403, "its token carries the nonce of the question that was asked"
    assert sent(visitor, back(provider, visitor, firm, lambda address: re.sub(r"&nonce=[^&]*", "", address))) == 403, "no nonce"
    assert sent(visitor, {**back(provider, visitor, firm), "iss": "https://login.other.example"}) == 403
    assert sent(visitor, {**back(provider, visitor, firm), "iss": ""}) == 403, "it says that it names itself, and did not"
    said = back(provider, visitor, firm)
    world.sql("UPDATE organisations.entrance SET client_id = 'neighbour'")
    assert sent(visitor, said) == 403, "its token would be for another client"
    world.sql("UPDATE organisations.entrance SET client_id = 'unknown'")
    assert requests.get(begin(visitor, firm), allow_redirects=False, timeout=10).status_code == 400
    world.sql("UPDATE organisations.entrance SET client_id = 'polyphony'")
    assert visitor.get("/en/account").status_code == 403
    assert sent(visitor, back(provider, visitor, firm)) == 303, "and the true answer opens"


def test_a_provider_that_goes_down_on_the_way_costs_the_page_and_not_the_platform(world, firm):
    with serving() as (port, process):
        provider = Certified(port)
        ada = make.sign_in(world.client(), "ada@halcyon.example")
        assert settings(ada, firm, provider).status_code == 303
        assert come(ada, firm, provider, "link").status_code == 303
        visitor = world.client()
        said = back(provider, visitor, firm)
        process.terminate()
        process.wait()
        assert visitor.post("/en/sign-in/back", data=said).status_code == 409
        assert world.client().get(f"/en/sign-in/with/{firm}/begin").status_code == 409
        assert ada.get("/en/account").status_code == 200


def test_wrong_settings_are_told(world, firm, certified):
    provider = Certified(certified)
    ada = make.sign_in(world.client(), "ada@halcyon.example")
    assert settings(ada, firm, provider, client_secret="wrong").status_code == 303
    assert come(ada, firm, provider, "try").status_code == 403
    assert "Not tried yet" in ada.get(f"/en/organisation/{firm}/sign-in").text
    world.sql("UPDATE organisations.entrance SET issuer = issuer || '/'")
    assert world.client().get(f"/en/sign-in/with/{firm}/begin").status_code == 409, "it calls itself otherwise"

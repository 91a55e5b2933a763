"""What a company's provider may say, and what is believed of it: everything but one kind of answer is refused."""

from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from joserfc.jwk import OctKey

import provider as providers
from polyphony.organisations.entrance import addresses, calls, openid, rules


@pytest.fixture(scope="module")
def house():
    """An application that knows no more than that it may call its own machine."""
    app = Flask("calling", root_path=str(Path(__file__).parent))
    app.extensions["settings"] = SimpleNamespace(demo=True)
    with app.app_context():
        yield app


@pytest.fixture
def provider(house):
    with providers.running() as made:
        yield made


def client(provider, **changes):
    return openid.Client(**{"issuer": provider.issuer, "client_id": providers.CLIENT, "secret": providers.SECRET,
                            "back": "http://localhost:8000/sign-in/back", **changes})


def attempt(provider, **changes):
    """There and back; `changes` are what somebody in between would change."""
    begun = openid.begin(client(provider))
    said = {name: values[0] for name, values in parse_qs(urlsplit(provider.sign_in(begun.address)).query).items()}
    assert said["state"] == begun.state
    kept = {"code": said["code"], "nonce": begun.nonce, "verifier": begun.verifier, "said_issuer": said["iss"]}
    return openid.finish(client(provider), **{**kept, **changes})


def test_the_true_answer_is_believed(provider):
    provider.claims = {"acr": "gold"}
    assert attempt(provider) == openid.Told("subject-1", "gold")
    provider.claims = {"aud": [providers.CLIENT], "acr": 7}
    assert attempt(provider, said_issuer=None) == openid.Told("subject-1", "")


@pytest.mark.parametrize("wrong", [
    {"nonce": "another"}, {"nonce": None}, {"iss": "https://login.other.example"}, {"iss": None},
    {"aud": "another client"}, {"aud": [providers.CLIENT, "another client"]}, {"aud": []}, {"aud": None},
    {"azp": "another client"}, {"exp": 1_700_000_000}, {"exp": None}, {"exp": "soon"}, {"iat": None},
    {"nbf": 4_000_000_000}, {"at_hash": "of another"}, {"sub": None}, {"sub": ""}, {"sub": "s" * 256}, {"sub": 7}], ids=str)
def test_no_token_that_is_not_for_us_from_there_of_this_attempt_and_fresh(provider, wrong):
    provider.claims = wrong
    with pytest.raises(rules.Untrusted):
        attempt(provider)


def test_no_signature_but_of_a_published_key(provider):
    assert not [name for name in openid.SIGNATURES if name.startswith("HS") or name == "none"]
    provider.key = providers.OTHER_KEY
    with pytest.raises(rules.Untrusted):
        attempt(provider)
    provider.key, provider.header = providers.KEY, {"alg": "RS256", "kid": "unknown"}
    with pytest.raises(rules.Untrusted):
        attempt(provider)
    provider.about = {"id_token_signing_alg_values_supported": ["HS256", "RS256", "none"]}
    provider.key, provider.header = OctKey.import_key(providers.SECRET), {"alg": "HS256"}
    with pytest.raises(rules.Untrusted):
        attempt(provider)
    provider.header = {"alg": "none"}
    with pytest.raises(rules.Untrusted):
        attempt(provider)


def test_no_code_of_another_attempt_and_none_twice(provider):
    begun = openid.begin(client(provider))
    said = {name: values[0] for name, values in parse_qs(urlsplit(provider.sign_in(begun.address)).query).items()}
    once = {"code": said["code"], "nonce": begun.nonce, "verifier": begun.verifier, "said_issuer": provider.issuer}
    assert openid.finish(client(provider), **once).subject == "subject-1"
    for wrong in ({}, {"code": "stolen"}, {"verifier": "of somebody else"}, {"said_issuer": "https://other.example"}):
        with pytest.raises(rules.Untrusted):
            attempt(provider, **(wrong or {"code": said["code"]}))
    provider.about = {"authorization_response_iss_parameter_supported": True}
    with pytest.raises(rules.Untrusted):
        attempt(provider, said_issuer=None)


def test_the_provider_gives_nothing_to_whoever_lacks_its_secret(provider):
    begun = openid.begin(client(provider))
    said = parse_qs(urlsplit(provider.sign_in(begun.address)).query)
    with pytest.raises(rules.Untrusted):
        openid.finish(client(provider, secret="wrong"), code=said["code"][0], nonce=begun.nonce, verifier=begun.verifier,
                      said_issuer=provider.issuer)


PLACE = "/.well-known/openid-configuration"


@pytest.mark.parametrize(("path", "answer"), [
    (PLACE, (500, b"{}", {})), (PLACE, (200, b"<html>", {})), (PLACE, (200, b"[]", {})), (PLACE, (200, b"", {})),
    (PLACE, (200, b'{"issuer": 1}', {})), (PLACE, (200, b"[" * 100_000, {})), (PLACE, (200, b"\xff\xfe", {})),
    (PLACE, (302, b"", {"Location": "/elsewhere"})), (PLACE, (200, b"\x1f\x8b", {"Content-Encoding": "gzip"})),
    ("/token", (500, b"{}", {})), ("/token", (200, b"rubbish", {})),
    ("/token", (200, b'{"id_token": 7}', {})), ("/token", (200, b'{"id_token": "a.b.c"}', {})),
    ("/token", (200, b'{"id_token": ""}', {})), ("/token", (200, b"[1]", {})), ("/token", (200, b"{}", {})),
    ("/token", (307, b"", {"Location": "/elsewhere"})), ("/jwks", (200, b'{"keys": "none"}', {})),
    ("/jwks", (200, b'{"keys": [{"kty": "RSA"}]}', {})), ("/jwks", (200, b'{"keys": []}', {})), ("/jwks", (404, b"", {}))])
def test_rubbish_is_refused_by_name_and_no_detour_is_taken(provider, path, answer):
    provider.answers = {path: answer}
    with pytest.raises((rules.ProviderAway, rules.Untrusted)):
        attempt(provider)
    assert "/elsewhere" not in provider.asked, "the secret goes where it was meant to go and nowhere else"


def test_a_true_answer_that_is_too_long_is_not_read(provider):
    said = providers.json.dumps(provider.configuration()).encode()
    for padding in (0, calls.MOST_BYTES):
        provider.answers = {PLACE: (200, b" " * padding + said, {})}
        if padding:
            with pytest.raises(rules.ProviderAway):
                openid.begin(client(provider))
        else:
            assert openid.begin(client(provider)).state


@pytest.mark.parametrize("name", openid.ENDPOINTS)
def test_what_it_says_of_itself_leads_nowhere_unsafe(provider, name):
    for wrong in ("http://elsewhere.example/x", "", 7, None, "file:///etc/passwd"):
        provider.about = {name: wrong}
        with pytest.raises(rules.ProviderAway):
            openid.begin(client(provider))
    provider.about = {"issuer": f"{provider.issuer}/"}
    with pytest.raises(rules.ProviderAway):
        openid.begin(client(provider))


def test_a_provider_that_is_down_is_said_to_be_away(provider):
    with pytest.raises(rules.ProviderAway):
        openid.begin(client(provider, issuer="http://127.0.0.1:9"))


@pytest.mark.parametrize("address", [
    "http://login.example.org", "https://user:pass@login.example.org", "ftp://login.example.org", "login.example.org",
    "https://login.example.org/#x", "https://[::1", "https:///x", "javascript:alert(1)", "https://lögin.example.org",
    "https://login.example.org:99999", "https://login.example.org/\n", ""])
def test_only_https_is_called(house, address):
    assert not addresses.may_call(address)
    assert addresses.may_call("https://login.example.org/tenant?x=1")


def test_nothing_inside_the_operators_own_network_is_called(provider, monkeypatch):
    assert addresses.may_call(provider.issuer)
    monkeypatch.setattr(addresses, "is_home", lambda: False)
    assert not addresses.may_call(provider.issuer)
    monkeypatch.setattr(addresses, "may_call", lambda address: True)  # a name of which nobody knows that it leads inside
    with pytest.raises(rules.ProviderAway):
        openid.begin(client(provider))
    assert provider.asked == []


def test_slow_providers_do_not_take_every_thread(provider):
    with calls.line(client_id="1"), calls.line(client_id="2"), calls.line(client_id="3"), \
            pytest.raises(rules.TooManyAtOnce):
        openid.begin(client(provider))
    assert openid.begin(client(provider)).state


def test_who_answers_drop_by_drop_is_not_waited_for(provider, monkeypatch):
    monkeypatch.setattr(calls, "WHOLE", -1.0)
    with pytest.raises(rules.ProviderAway):
        openid.begin(client(provider))
    assert len(provider.asked) == 1


def test_a_claim_alone_is_no_second_factor():
    assert not rules.counts_as_second(is_second=False, wanted_acr="", said_acr="gold")
    assert rules.counts_as_second(is_second=True, wanted_acr="", said_acr="")
    assert not rules.counts_as_second(is_second=True, wanted_acr="gold", said_acr="silver")
    assert rules.counts_as_second(is_second=True, wanted_acr="gold", said_acr="gold")

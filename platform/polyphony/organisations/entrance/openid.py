"""OpenID Connect as we speak it: code flow, PKCE with S256, state, nonce; nothing believed that is not checked.

Sources: OpenID Connect Core 1.0 (3.1), Discovery 1.0 (4.3), RFC 7636 (PKCE), RFC 9207 (issuer in the answer),
RFC 9700 (best current practice). Only signatures with a public key count: with a shared secret, whoever knows the
client secret could sign.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from requests import RequestException
from urllib3.exceptions import HTTPError

from polyphony.organisations.entrance import addresses, calls, rules

SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
LONGEST_SUBJECT = 255  # OpenID Connect Core 1.0, section 2


@dataclass(frozen=True)
class Client:
    """What one company's provider knows us by."""

    issuer: str
    client_id: str
    secret: str
    back: str  # where it sends people back to
    acr: str = ""


@dataclass(frozen=True)
class Beginning:
    """Where to send somebody, and what only her browser keeps until she is back."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Told:
    """Whom the provider vouches for, how it says that she signed in, and when (0 if it does not say)."""

    subject: str
    acr: str
    signed_in_at: float = 0


def begin(client: Client, *, anew: bool = False) -> Beginning:
    """Where to send somebody to sign in; `anew`, even if the provider still knows her. Raises ProviderAway."""
    state, nonce, verifier = generate_token(43), generate_token(43), generate_token(64)
    with _line(client) as line:
        about = discover(line, client.issuer)
        more = {"acr_values": client.acr} if client.acr else {}
        more |= {"prompt": "login", "max_age": "0"} if anew else {}
        address, _ = line.create_authorization_url(about["authorization_endpoint"], state=state, nonce=nonce,
                                                   code_verifier=verifier, **more)
    return Beginning(address, state, nonce, verifier)


def finish(client: Client, *, code: str, nonce: str, verifier: str, said_issuer: str | None) -> Told:
    """Redeem a code and believe only a token that is for us, from there, of this attempt, and still fresh.

    Raises ProviderAway, Untrusted.
    """
    with _line(client) as line:
        about = discover(line, client.issuer)
        if (said_issuer is not None or about.get("authorization_response_iss_parameter_supported")) \
                and said_issuer != client.issuer:
            raise rules.Untrusted()
        line.token_endpoint_auth_method = _how_to_say_who_we_are(about)
        token = line.fetch_token(about["token_endpoint"], grant_type="authorization_code", code=code,
                                 code_verifier=verifier)
        keys = _json(line.request("GET", about["jwks_uri"], withhold_token=True))
        return _told(client, token, keys, about, nonce)


def discover(line: Any, issuer: str) -> dict[str, Any]:
    """What a provider says of itself, when it says it for exactly this issuer."""
    about = _json(line.request("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration", withhold_token=True))
    if about.get("issuer") != issuer or any(not _is_address(about.get(name)) for name in ENDPOINTS):
        raise rules.ProviderAway()
    return about


@contextmanager
def _line(client: Client) -> Iterator[Any]:
    """A line to the provider on which every failure is one of ours, and none tells what it was given."""
    try:
        with calls.line(client_id=client.client_id, client_secret=client.secret, scope="openid",
                        redirect_uri=client.back, code_challenge_method="S256") as line:
            yield line
    except (JoseError, AuthlibBaseError):
        raise rules.Untrusted() from None
    except (RequestException, HTTPError, calls.Refused, OSError, ValueError, TypeError, KeyError, AttributeError,
            RecursionError):
        raise rules.ProviderAway() from None


def _is_address(said: Any) -> bool:
    return isinstance(said, str) and addresses.may_call(said)


def _json(response: Any) -> dict[str, Any]:
    if response.status_code != 200:
        raise rules.ProviderAway()
    said = json.loads(response.content)
    if not isinstance(said, dict):
        raise rules.ProviderAway()
    return said


def _how_to_say_who_we_are(about: dict[str, Any]) -> str:
    known = about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return "client_secret_post" if "client_secret_post" in known and "client_secret_basic" not in known \
        else "client_secret_basic"


def _told(client: Client, token: Any, keys: dict[str, Any], about: dict[str, Any], nonce: str) -> Told:
    if not isinstance(token.get("id_token"), str):
        raise rules.Untrusted()
    offered = about.get("id_token_signing_alg_values_supported") or ["RS256"]
    usable = [key for key in keys.get("keys", []) if isinstance(key, dict) and key.get("kty") in ("RSA", "EC", "OKP")]
    read = jwt.decode(token["id_token"], KeySet.import_key_set({"keys": usable}),
                      algorithms=[name for name in SIGNATURES if name in offered])
    claims = CodeIDToken(read.claims, read.header,
                         {"iss": {"essential": True, "value": client.issuer},
                          "aud": {"essential": True, "value": client.client_id}},
                         {"nonce": nonce, "client_id": client.client_id, "access_token": token.get("access_token")})
    claims.validate(leeway=rules.LEEWAY)
    subject, acr = claims.get("sub"), claims.get("acr")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise rules.Untrusted()
    return Told(subject, acr if isinstance(acr, str) else "", claims.get("auth_time") or 0)

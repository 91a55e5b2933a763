"""What stands in the place of a check that was taken out: it believes whatever it is told of that one thing.

A check inside a library cannot be cut out of our text; so the call is exchanged for one of these, which leaves every other
check of the library as it is.
"""

import base64
import hashlib
import json
import sys
from typing import Any
from unittest import mock

import cbor2
from joserfc.jwt import Token
from nacl.exceptions import CryptoError

SITES = ("localhost", "localhost.evil.example")


def _said(credential: str) -> Any:
    """What the browser says of itself in an answer of a passkey."""
    return json.loads(_raw(json.loads(credential)["response"]["clientDataJSON"]))


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def expected_challenge(credential: str) -> bytes:
    return _raw(_said(credential)["challenge"])


def expected_origin(credential: str) -> str:
    return str(_said(credential)["origin"])


def expected_rp_id(credential: str) -> str:
    """The site the answer is for: told as a hash only, so it is looked for among those that a test may name."""
    response = json.loads(credential)["response"]
    data = _raw(response["authenticatorData"]) if "authenticatorData" in response else \
        cbor2.loads(_raw(response["attestationObject"]))["authData"]
    return next((host for host in SITES if hashlib.sha256(host.encode()).digest() == data[:32]), SITES[0])


def unsigned(verify: Any, **told: Any) -> Any:
    """The library's check without the signature's."""
    with mock.patch.object(sys.modules[verify.__module__], "verify_signature"):
        return verify(**told)


def token(value: str, *_: Any, **__: Any) -> Token:
    """What an identity token says, whoever signed it."""
    header, claims, _signature = value.split(".")
    return Token(json.loads(_raw(header)), json.loads(_raw(claims)))


def opened(decrypt: Any, sealed: bytes) -> bytes:
    """What was sealed, and what never was."""
    try:
        return bytes(decrypt(sealed))
    except CryptoError:
        return sealed

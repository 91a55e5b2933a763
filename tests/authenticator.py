"""A passkey in software: what a phone or a security key would answer, and what a dishonest one would."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass
class Authenticator:
    """One credential for one site (Web Authentication, level 2, sections 6.1 and 6.5)."""

    host: str = "localhost"
    origin: str = "http://localhost:8000"
    verified: bool = True
    count: int = 0
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def _data(self, extra: int = 0) -> bytes:
        flags = PRESENT | (VERIFIED if self.verified else 0) | extra
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _whole(self, **response: bytes) -> str:
        told = {name: text(raw) for name, raw in response.items()}
        return json.dumps({"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": told,
                           "clientExtensionResults": {}})

    def make(self, asked: dict[str, Any]) -> str:
        """The answer to a request for a new credential, without attestation."""
        point = self.key.public_key().public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        data = self._data(WITH_KEY) + bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cose
        return self._whole(clientDataJSON=self._client("webauthn.create", asked["challenge"]),
                           attestationObject=cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data}))

    def sign(self, asked: dict[str, Any], *, counts: bool = True) -> str:
        """The answer to a question."""
        self.count += counts
        client, data = self._client("webauthn.get", asked["challenge"]), self._data()
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._whole(clientDataJSON=client, authenticatorData=data, signature=signature)

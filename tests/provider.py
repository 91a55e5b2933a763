"""A small identity provider on loopback that can be told to misbehave; it signs with joserfc.

The real one (npm's oidc-provider, certified) is met in `tests/journeys/test_company_sign_in_certified.py`.
"""

import base64
import hashlib
import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "polyphony", "a secret that the provider gave"
KEY, OTHER_KEY = (RSAKey.generate_key(2048, {"kid": "one"}) for _ in range(2))


@dataclass
class Provider:
    """What the provider is and does; `claims`, `answers` and the rest are changed by a test to see it refused."""

    issuer: str = ""
    subject: str = "subject-1"
    claims: dict[str, Any] = field(default_factory=dict)  # said instead of the true ones; None leaves one out
    answers: dict[str, tuple[int, bytes, dict[str, str]]] = field(default_factory=dict)  # path: status, body, headers
    about: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: KEY)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def configuration(self) -> dict[str, Any]:
        return {"issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/jwks",
                "id_token_signing_alg_values_supported": ["RS256"], **self.about}

    def sign_in(self, address: str) -> str:
        """What the person's browser would do there: the address to which she is sent back."""
        said = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert said["response_type"] == "code"
        assert said["code_challenge_method"] == "S256"
        assert said["client_id"] == CLIENT
        code = f"code-{next(self.numbers)}"
        self.codes[code] = said
        return f"{said['redirect_uri']}?{urlencode({'code': code, 'state': said['state'], 'iss': self.issuer})}"

    def redeem(self, headers: Any, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        begun = self.codes.pop(form.get("code", ""), None)
        wanted = base64.b64encode(f"{CLIENT}:{SECRET.replace(' ', '+')}".encode()).decode()
        plain = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        if begun is None or begun["code_challenge"] != proof or begun["redirect_uri"] != form.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        if headers["Authorization"] not in (f"Basic {wanted}", f"Basic {plain}"):
            return 401, {"error": "invalid_client"}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.token(begun)}

    def token(self, begun: dict[str, str]) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": self.subject, "aud": CLIENT, "nonce": begun["nonce"], "iat": now, "exp": now + 300,
                  "auth_time": now if begun.get("max_age") == "0" and begun.get("prompt") == "login" else None,
                  "email": "ada@halcyon.example", "email_verified": True, **self.claims}
        header = {"alg": "RS256", "kid": "one", **self.header}
        said = {name: value for name, value in claims.items() if value is not None}
        if header["alg"] == "none":
            return ".".join(_part(each) for each in (header, said)) + "."
        return jwt.encode(header, said, self.key, algorithms=["RS256", "HS256"])

    def answer(self, path: str, headers: Any, form: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            return 200, json.dumps(self.configuration()).encode(), {}
        if path == "/jwks":
            return 200, json.dumps({"keys": [KEY.as_dict(private=False)]}).encode(), {}
        if path == "/token":
            status, said = self.redeem(headers, form)
            return status, json.dumps(said).encode(), {}
        return 404, b"", {}


def _part(said: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


@contextmanager
def running() -> Iterator[Provider]:
    """The provider at an address of its own, until the test is done with it."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self, body: bytes = b"") -> None:
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            status, said, headers = provider.answer(urlsplit(self.path).path, self.headers, form)
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": str(len(said)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve(self.rfile.read(int(self.headers["Content-Length"])))

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_port}"
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        try:
            yield provider
        finally:
            server.shutdown()
            serving.join()

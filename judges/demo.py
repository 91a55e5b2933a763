"""The demo, started on a free port of this machine with a folder of its own, and whoever signs in to it."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyotp

from polyphony.demo.door import PASSWORD, demo_secret

ROOT = Path(__file__).parent.parent
PATIENCE = 180
HIDDEN = re.compile(r'name="(csrf_token|once)" type="hidden" value="([^"]*)"')


@contextmanager
def running() -> Iterator[str]:
    """The address of a demo of one's own; stopped, and its folder gone, at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="judge-", ignore_cleanup_errors=True) as place, \
            (Path(place) / "said").open("w+") as said:
        Path(place).chmod(0o711)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("POLYPHONY_")}
        environment = {**kept, "PORT": str(port), "POLYPHONY_VAR": f"{place}/var", "POLYPHONY_LOG_LEVEL": "ERROR"}
        process = subprocess.Popen([sys.executable, "-m", "polyphony.cli", "serve"], cwd=ROOT, env=environment, stdout=said,
                                   stderr=said, start_new_session=True)
        try:
            _await(port, process, Path(place) / "said")
            yield f"http://localhost:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _await(port: int, process: "subprocess.Popen[bytes]", said: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            if ask(f"http://localhost:{port}", "GET", "/readyz")[0] == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"The demo does not start:\n{said.read_text('utf-8')[-2000:]}")


def ask(base: str, method: str, path: str, cookie: str = "", **form: str) -> tuple[int, str, http.client.HTTPMessage]:
    """One request and its answer: status, text, headers."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(base).netloc, timeout=30)
    head = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    try:
        connection.request(method, path, urllib.parse.urlencode(form) if form else None, head)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace"), answer.headers
    finally:
        connection.close()


def sign_in(base: str, address: str) -> str:
    """Sign in as a member of the demo's cast, with the second step where she has one; the cookie a browser would carry."""
    cookie, onwards = _send(base, "/en/sign-in", "", address=address, password=PASSWORD)
    if "second-step" in onwards:
        cookie, _ = _send(base, urllib.parse.urlsplit(onwards).path, cookie, code=pyotp.TOTP(demo_secret(address)).now())
    if not is_in(base, cookie):
        raise SystemExit(f"{address} is not signed in.")
    return cookie


def is_in(base: str, cookie: str) -> bool:
    """Whether this session opens what is a member's own: one that waits for its second step does not."""
    return ask(base, "GET", "/en/account", cookie)[0] == 200


def _send(base: str, path: str, cookie: str, **form: str) -> tuple[str, str]:
    """Fill in the form of a page: the cookie from then on, and where the answer leads."""
    _, page, told = ask(base, "GET", path, cookie)
    cookie = _cookie(told, cookie)
    status, text, told = ask(base, "POST", path, cookie, **dict(HIDDEN.findall(page)), **form)
    if status != 303:
        raise SystemExit(f"{path} was answered with {status}\n{text[:500]}")
    return _cookie(told, cookie), str(told["Location"])


def _cookie(told: http.client.HTTPMessage, before: str) -> str:
    return str(told["Set-Cookie"].split(";")[0]) if told["Set-Cookie"] else before

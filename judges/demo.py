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

from polyphony.demo.cast import PASSWORD

ROOT = Path(__file__).parent.parent
PATIENCE = 180


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
    """Sign in as a member of the demo's cast; answers the cookie that a browser would carry."""
    _, page, told = ask(base, "GET", "/en/sign-in")
    hidden = dict(re.findall(r'name="(csrf_token|once)" type="hidden" value="([^"]*)"', page))
    before = told["Set-Cookie"].split(";")[0]
    status, text, told = ask(base, "POST", "/en/sign-in", before, **hidden, address=address, password=PASSWORD)
    if status != 303:
        raise SystemExit(f"{address} could not sign in: {status}\n{text[:500]}")
    return str(told["Set-Cookie"].split(";")[0])

"""Every answer is dressed: pages, refusals, errors, files, downloads, and what the web server says by itself."""

import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

import make
from conftest import settings_for
from crawl import addresses, browser_of
from polyphony.app import application
from polyphony.folders import root, source
from polyphony.kernel import headers, processes
from polyphony.kernel.access import access, anyone

# Written out once more: a header that is dropped from the application is missed here.
WANTED = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "DENY", "X-Permitted-Cross-Domain-Policies": "none",
}
DENIED = ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'")
NEVER = ("Server", "X-Powered-By", "Access-Control-Allow-Origin", "ETag-Inode")
IMMUTABLE = "public, max-age=31536000, immutable"


def faults(answer: Any, address: str) -> list[str]:
    """What an answer lacks, or says too much."""
    told, place = answer.headers, f"{address} ({answer.status_code})"
    wrong = [f"{place}: {name} is {told.get(name)}" for name, value in WANTED.items() if told.get(name) != value]
    policy = [part.strip() for part in told.get("Content-Security-Policy", "").split(";")]
    wrong += [f"{place}: the policy lacks {each}" for each in DENIED if each not in policy]
    wrong += [f"{place}: the policy has {each}" for each in policy if "unsafe" in each or "*" in each or "http" in each]
    wrong += [f"{place}: camera=() is missing" for each in ("camera=()", "microphone=()", "geolocation=()")
              if each not in told.get("Permissions-Policy", "")]
    wrong += [f"{place}: tells {name}" for name in NEVER if name in told]
    is_file = address.startswith("/static/") and "v=" in address and answer.status_code == 200
    if not is_file and not {"no-store", "no-cache"} & {each.strip() for each in told.get("Cache-Control", "").split(",")}:
        wrong.append(f"{place}: may be kept ({told.get('Cache-Control')})")
    if answer.data and answer.mimetype.startswith("text/") and "charset=utf-8" not in told["Content-Type"].lower():
        wrong.append(f"{place}: no charset")
    for cookie in told.getlist("Set-Cookie"):
        wrong += [f"{place}: cookie without {each}" for each in ("HttpOnly", "SameSite=Lax", "Path=/") if each not in cookie]
    return wrong


@pytest.fixture
def asked(world: Any) -> Any:
    """Addresses that answer in every way there is: (method, address, form, status)."""
    firm = make.organisation(world, "Halcyon")
    make.person(world, "lead@x.example", seats=((firm, "engagement_lead"),))

    def broken() -> str:
        raise ZeroDivisionError

    world.app.add_url_rule("/en/broken", "broken", access(anyone)(broken))
    world.app.config["TESTING"] = False
    sheet = "/static/polyphony.css"
    return world, [
        ("GET", "/en/", {}, 200), ("HEAD", "/en/", {}, 200), ("OPTIONS", "/en/", {}, 200), ("GET", "/", {}, 302),
        ("GET", "/healthz", {}, 200), ("GET", "/readyz", {}, 200), ("GET", sheet, {}, 200), ("GET", f"{sheet}?v=1", {}, 200),
        ("GET", "/static/no.css", {}, 404), ("GET", "/static/no.css?v=1", {}, 404), ("GET", "/static/../wsgi.py", {}, 404),
        ("GET", "/static/", {}, 404), ("GET", "/en/no/such/place", {}, 404), ("GET", "/no", {}, 308), ("GET", "/xx/", {}, 404),
        ("GET", "/en/account", {}, 403), ("POST", "/en/account", {"name": "x"}, 403), ("DELETE", "/en/", {}, 405),
        ("POST", "/en/consultations", {}, 405), ("PUT", sheet, {}, 405), ("TRACE", "/en/", {}, 405),
        ("POST", "/en/sign-in", {}, 422), ("POST", "/en/reset", {"address": "x"}, 422),
        ("POST", "/en/reset", {"address": "a@x.example"}, 303), ("POST", "/en/leave", {}, 303),
        ("GET", "/en/new-password/no", {}, 410), ("GET", "/en/attachments/00000000-0000-0000-0000-000000000001", {}, 404),
        ("POST", "/en/sign-in", {"address": "x" * 3_000_000}, 413), ("GET", "/en/broken", {}, 500),
    ]


def test_every_kind_of_answer_is_dressed(asked: Any, monkeypatch: Any) -> None:
    world, addresses_asked = asked
    client, wrong, seen = world.client(), [], Counter()
    for method, address, form, status in addresses_asked:
        answer = client.open(address, method=method, data=form or None)
        assert answer.status_code == status, f"{method} {address}: {answer.status_code}"
        wrong += faults(answer, address)
        seen[answer.status_code] += 1
        answer.close()
    assert faults(_crowded(world), "crowded") == []
    world.app.config["WTF_CSRF_ENABLED"] = True
    forged = client.post("/en/reset", data={"address": "a@x.example"})
    assert forged.status_code == 400
    monkeypatch.setattr(Session, "commit", _gone)
    world.app.config["WTF_CSRF_ENABLED"] = False
    away = client.post("/en/reset", data={"address": "a@x.example"})
    assert away.status_code == 503
    assert wrong + faults(forged, "forged") + faults(away, "away") == []
    assert set(seen) == {200, 302, 303, 308, 403, 404, 405, 410, 413, 422, 500}


def test_a_fault_of_ours_says_nothing_outside_and_one_line_inside(asked: Any, capfd: Any) -> None:
    world, _ = asked
    capfd.readouterr()
    page = world.client().get("/en/broken?word=Kanarivogel")
    assert page.status_code == 500
    inside = ("ZeroDivision", "Traceback", ".py", "SELECT", "Kanarivogel")
    assert not [each for each in inside if each in page.text + str(page.headers)]
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines() if line.startswith("{")]
    [told] = [each for each in lines if each.get("level") == "error"]
    assert (told["kind"], told["endpoint"]) == ("ZeroDivisionError", "broken")
    assert told["timestamp"].endswith("Z")
    assert "Kanarivogel" not in json.dumps(lines)


def _crowded(world: Any) -> Any:
    for _ in range(9):
        answer = world.client().post("/en/sign-in", data={"address": "lead@x.example", "password": "wrong wrong wrong"})
    assert answer.status_code == 429
    return answer


def _gone(*_: object) -> None:
    raise OperationalError("COMMIT", None, psycopg.OperationalError("gone"))


@pytest.mark.parametrize("name", sorted(headers.ALWAYS))
def test_a_header_that_is_dropped_is_missed(world: Any, monkeypatch: Any, name: str) -> None:
    monkeypatch.delitem(headers.ALWAYS, name)
    assert faults(world.client().get("/healthz"), "/healthz")


def test_over_https_browsers_stay_there(world: Any, tmp_path: Any) -> None:
    base = "https://polyphony.example"
    with application(settings_for(world.server, world.name, tmp_path, POLYPHONY_BASE_URL=base, POLYPHONY_DEMO="0")) as app:
        for address in ("/en/", "/no", "/static/polyphony.css", "/healthz"):
            answer = app.test_client().get(address, base_url=base)
            answer.close()
            seconds, *rest = answer.headers["Strict-Transport-Security"].split("; ")
            assert int(seconds.removeprefix("max-age=")) >= 31536000
            assert rest == ["includeSubDomains"]


def test_what_stays_for_ever_is_there(world: Any) -> None:
    """A file that is missing must not be remembered as missing for a year."""
    for address, kept in (("/static/polyphony.css?v=1", True), ("/static/gone.css?v=1", False)):
        answer = world.client().get(address)
        answer.close()
        assert (answer.headers.get("Cache-Control") == IMMUTABLE) is kept, address


@pytest.mark.slow
@pytest.mark.parametrize("who", ["visitor", "phrase", "lead", "coordinator", "facilitator", "treasurer", "auditor"])
def test_every_address_is_dressed_for_everybody(lived: Any, who: str) -> None:
    """Downloads and files that people sent included."""
    client, wrong, kinds = browser_of(lived, who), [], set()
    for endpoint, address in addresses(lived):
        answer = client.get(address)
        wrong += faults(answer, address)
        kinds.add(answer.mimetype)
        if answer.headers.get("Content-Disposition") and "html" in answer.mimetype:
            wrong.append(f"{endpoint} sends a page as a file")
        answer.close()
    assert wrong == []
    assert "text/html" in kinds


# What never reaches the application

UNREADABLE = {
    b"no request at all\r\n\r\n": 400, b"GET / HTTP/1.1\r\nBad Header: x\r\nHost: x\r\n\r\n": 400, b"GET / HTTP/9.9\r\n\r\n": 400,
    b"POST /en/reset HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": 400,
    b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n": 414, b"GET / HTTP/1.1\r\nX: " + b"y" * 90000 + b"\r\n\r\n": 431,
    b"GET /<script>alert(1)</script> HTTP/1.1 x\r\n\r\n": 400,
}


@pytest.fixture
def deployed(world: Any) -> Iterator[tuple[int, Any]]:
    """The application behind gunicorn, configured as the supervisor does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, **world.settings.child_environment(), "PORT": str(port),
                   "PYTHONPATH": os.pathsep.join((str(source()), str(root())))}
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--log-level", "warning",
         "--no-control-socket", "--config", "python:polyphony.kernel.serving", "wsgi:app"],
        env=environment, cwd=root(), start_new_session=True, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        yield port, process
    finally:
        processes.stop(process, patience=10)
        process.stderr.close()


def _say(port: int, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(sent)
        found = b""
        while part := line.recv(65536):
            found += part
    return found


def _await(port: int, process: Any) -> bytes:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None, "the web server ended"
        try:
            return _say(port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        except OSError:
            time.sleep(0.05)
    pytest.fail("the web server does not answer")


@pytest.mark.slow
def test_what_the_web_server_says_by_itself_is_dressed_and_names_nobody(deployed: tuple[int, Any]) -> None:
    port, process = deployed
    assert b"gunicorn" not in _await(port, process)
    for sent, status in UNREADABLE.items():
        head, _, body = _say(port, sent).partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        assert first.split()[1] == str(status), (sent[:60], first)
        told = dict(line.split(": ", 1) for line in lines)
        assert {name: told.get(name) for name in WANTED} == WANTED
        assert all(each in told["Content-Security-Policy"] for each in DENIED)
        assert told["Cache-Control"] == "no-store"
        assert "Server" not in told
        assert b"<" not in body
        assert b"script" not in body
    process.terminate()
    said = process.stderr.read().decode()
    assert "cannot be read was refused" in said, "the test sees the log"
    assert "127.0.0.1" not in said.replace(f"http://127.0.0.1:{port}", ""), "where somebody came from is written nowhere"
    assert "alert" not in said

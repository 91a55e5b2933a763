"""What a page weighs on a slow line, measured where people meet it: on the web server as it is deployed."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from tests.browser.walking import WORLDS, Walker, second_step

from polyphony.demo.cast import PASSWORD
from polyphony.demo.story import PHRASES
from polyphony.folders import root, source
from polyphony.kernel import processes

pytestmark = pytest.mark.slow

REQUESTS, BYTES, FIRST = 4, 45 * 1024, 14 * 1024  # in all; and of what a page needs before anything is seen
BLOCKING = ("Document", "Stylesheet")
PEOPLE = ("visitor", "phrase", "coordinator@sauti.example", "translator@sauti.example", "lead@tern.example",
          "decider@halcyon.example", "facilitator@opentable.example", "steward1@polyphony.example",
          "auditor@polyphony.example")
OF_THE_FUND = ("admin@fund.example", "treasurer@fund.example", "reviewer3@fund.example", "member3@fund.example",
               "coordinator@voix.example", "decider@tern.example")


@pytest.fixture(scope="module")
def deployed(demo: Any) -> Iterator[str]:
    """The demo behind gunicorn, started as the supervisor starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, **demo.settings.child_environment(), "POLYPHONY_PORT": str(port),
                   "PYTHONPATH": os.pathsep.join((str(source()), str(root())))}
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--workers", "1",
         "--threads", "4", "--log-level", "warning", "--no-control-socket", "wsgi:app"],
        env=environment, cwd=root(), start_new_session=True)
    try:
        _await(f"http://127.0.0.1:{port}/healthz", process)
        WORLDS[f"http://127.0.0.1:{port}"] = demo
        yield f"http://127.0.0.1:{port}"
    finally:
        processes.stop(process, patience=10)


def _await(address: str, process: Any) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None, "the web server ended"
        try:
            urllib.request.urlopen(address, timeout=5).read()
            return
        except OSError:
            process.poll()
    pytest.fail("the web server does not answer")


class Scales:
    """Weighs what one page asks for: requests, bytes on the line, strangers, and what the browser complains about."""

    def __init__(self, page: Any, base: str):
        self.base, self.bytes, self.first = base, 0.0, 0.0
        self.asked: dict[str, str] = {}
        self.heads: dict[str, float] = {}
        self.wrong: list[str] = []
        line = page.context.new_cdp_session(page)
        line.send("Network.enable")
        line.send("Network.setCacheDisabled", {"cacheDisabled": False})
        line.on("Network.requestWillBeSent", lambda said: self.asked.update({said["requestId"]: said["request"]["url"]}))
        line.on("Network.requestServedFromCache", lambda said: self.asked.pop(said["requestId"], None))
        line.on("Network.responseReceived", self._came)
        line.on("Network.loadingFinished", self._finished)
        page.on("console", lambda said: self.wrong.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.line = line

    def _came(self, said: dict[str, Any]) -> None:
        if said["type"] in BLOCKING:
            self.heads[said["requestId"]] = said["response"]["encodedDataLength"]
        if said["response"].get("fromDiskCache"):
            self.asked.pop(said["requestId"], None)

    def _finished(self, said: dict[str, Any]) -> None:
        self.bytes += said["encodedDataLength"]
        if said["requestId"] in self.heads:
            self.first += said["encodedDataLength"] - self.heads[said["requestId"]]

    def judge(self, page: Any, path: str, least: int = 5000) -> list[str]:
        """Load a page with nothing kept from before; what is too much."""
        self.line.send("Network.clearBrowserCache")
        self.asked, self.heads, self.bytes, self.first, self.wrong = {}, {}, 0.0, 0.0, []
        answer = page.goto(self.base + path, wait_until="networkidle")
        assert answer.status == 200, f"{answer.status} at {path}"
        wrong = [f"{path}: {each}" for each in self.wrong]
        wrong += [f"{path}: asks {each}" for each in self.asked.values() if not each.startswith(self.base)]
        if len(self.asked) > REQUESTS:
            wrong.append(f"{path}: {len(self.asked)} requests: {sorted(self.asked.values())}")
        if self.bytes > BYTES:
            wrong.append(f"{path}: {self.bytes / 1024:.1f} KB")
        if self.first > FIRST:
            wrong.append(f"{path}: {self.first / 1024:.1f} KB of text and style")
        assert self.bytes >= self.first > least, "nothing was weighed"
        return wrong


def _linked(page: Any) -> list[str]:
    found = page.eval_on_selector_all("main a, aside a, nav a, footer a", "e => e.map(a => a.getAttribute('href'))")
    return sorted({a.split("#")[0] for a in found if a and a.startswith("/en/")})


@pytest.mark.parametrize("who", [*PEOPLE, *OF_THE_FUND])
def test_a_cold_load_is_light(deployed: str, browser: Any, who: str) -> None:
    """At most 4 requests and 45 KB in all, nothing from elsewhere, no complaint of the browser."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    walker = Walker(page, deployed, kind=who, lang="en", watch=None, scripts=True)
    if "@" in who:
        walker.goto("/sign-in").fill("address", address=who, password=PASSWORD).send("address")
        second_step(page, deployed, who)
    elif who == "phrase":
        walker.goto("/come-back").fill("words", words=next(iter(PHRASES.values()))).send("words")
    else:
        walker.goto("/")
    first = "/fund" if who in OF_THE_FUND else ""
    queue, seen, wrong = [walker.url.removeprefix(deployed), *_linked(page)], set(), []
    scales = Scales(page, deployed)
    while queue and len(seen) < 12:
        path = queue.pop(0)
        kind = "/".join("…" if len(part) == 36 else part for part in path.split("?")[0].split("/"))
        if kind in seen or path.endswith("/sign-out"):
            continue
        seen.add(kind)
        wrong += scales.judge(page, path)
        queue = sorted([*queue, *_linked(page)], key=lambda path: first not in path)
    page.context.close()
    assert len(seen) >= 6
    assert sum("/fund" in kind for kind in seen) >= (5 if first else 0)
    assert wrong == [], "\n".join(wrong)

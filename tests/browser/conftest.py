"""A Chromium for each file, and the demo served to it."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright
from tests.browser.walking import WORLDS, Stage, aside
from tests.conftest import World, open_world
from werkzeug.serving import WSGIRequestHandler, make_server

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def browser(demo: Any) -> Iterator[Any]:
    """Chromium, after the demo is there: its driver keeps a loop in this thread, where no application can be made."""
    if not CHROMIUM:
        if os.environ.get("CI"):
            pytest.fail("chromium is missing; .ci/run installs it")
        pytest.skip("LOUD: no chromium on this machine, so nothing was looked at")
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"])
        yield started
        started.close()


class _Quiet(WSGIRequestHandler):
    """Says nothing about each request."""

    def log(self, *args: Any) -> None:
        return None


@contextmanager
def served(world: Any) -> Iterator[str]:
    """The application at an address of its own, with its protection against forgery switched on."""
    before = world.app.config["WTF_CSRF_ENABLED"]
    world.app.config["WTF_CSRF_ENABLED"] = True
    server = make_server("127.0.0.1", 0, world.app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    WORLDS[address] = world
    try:
        yield address
    finally:
        server.shutdown()
        thread.join()
        world.app.config["WTF_CSRF_ENABLED"] = before


@pytest.fixture(scope="module")
def base(demo: Any) -> Iterator[str]:
    """The demo, for those who only look."""
    with served(demo) as address:
        yield address


@contextmanager
def staged(server: Any, template: str, folder: Path, browser: Any) -> Iterator[Stage]:
    """A database of one's own to act in, its application at an address, a browser, a worker."""
    name = f"stage_{os.getpid()}_{folder.name[-8:]}".replace("-", "_").lower()
    server.create_database(name, template=template)
    made: list[World] = []
    aside(lambda: made.append(open_world(server, name, folder)))
    (world,) = made
    aside(lambda: world.worker)
    try:
        with served(world) as address:
            stage = Stage(world, browser, address)
            yield stage
            stage.close()
    finally:
        aside(world.close)
        server.drop_database(name)


@pytest.fixture
def stage(server: Any, demo_template: Any, tmp_path: Path, browser: Any) -> Iterator[Stage]:
    """A demo of one's own: the admitted cast, three consultations, a fund."""
    with staged(server, demo_template[0], tmp_path, browser) as stage:
        yield stage


@pytest.fixture
def bare_stage(server: Any, template: str, tmp_path: Path, browser: Any) -> Iterator[Stage]:
    """Nothing but the platform: whoever walks here is put there by the test."""
    with staged(server, template, tmp_path, browser) as stage:
        yield stage

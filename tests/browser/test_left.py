"""Leaving fast: nothing of what she read or wrote is left in the browser, nor on the disk under it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright
from tests.browser.conftest import CHROMIUM, served
from tests.browser.walking import Walker
from tests.conftest import open_world

from polyphony.demo.story import PHRASES

pytestmark = pytest.mark.slow

PHRASE = next(iter(PHRASES.values()))
CANARY = "kanari-mwekundu-4711"  # what she types; no page of ours has it
STORES = """async () => [...Object.keys(localStorage), ...Object.keys(sessionStorage), ...await caches.keys(),
    ...(await indexedDB.databases()).map(each => each.name), document.cookie]"""


@pytest.fixture
def place(server: Any, demo_template: Any, tmp_path: Path) -> Iterator[str]:
    """A demo of one's own, so that nothing of the canary stays for others."""
    name = "left_fast"
    server.create_database(name, template=demo_template[0])
    world = open_world(server, name, tmp_path / "world")
    with served(world) as base:
        yield base
    world.close()
    server.drop_database(name)


def planted(folder: Path, *canaries: str) -> list[str]:
    """Which of these stand in which file of a browser's profile, as UTF-8 or as the two bytes a letter that browsers keep."""
    found = []
    for file in (each for each in folder.rglob("*") if each.is_file()):
        held = file.read_bytes()
        found += [f"{file.relative_to(folder)}: {each}" for each in canaries
                  if each.encode() in held or each.encode("utf-16-le") in held]
    return found


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_nothing_is_left_in_the_browser(place: str, tmp_path: Path, scripts: bool) -> None:
    assert CHROMIUM, "chromium is missing; .ci/run installs it"
    profile = tmp_path / "profile"
    with sync_playwright() as play:
        context = play.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, java_script_enabled=scripts,
            args=["--no-sandbox", "--disable-background-networking"])
        page = context.pages[0]
        page.goto(f"{place}/en/time")
        who = Walker(page, place, kind="phrase", lang="en", watch=None, scripts=scripts).goto("/come-back")
        who.fill("words", words=PHRASE).send("words").follow("/inbox/")
        said = who.page.locator(".words").first.inner_text().strip()[:40]
        assert len(said) > 20
        if who.page.locator('[name="text"]').count():
            who.page.locator('[name="text"]').first.fill(f"{CANARY} {said}")
        titles = {who.page.title()}
        entry = who.url
        assert entry.rsplit("/", 1)[1] != "inbox"
        who.page.locator("#leave button").click()
        who.page.wait_for_url("**/time")
        assert "Polyphony" not in who.page.content()
        assert titles <= {"Polyphony"} or not any(said in each for each in titles)
        if scripts:
            assert [each for each in who.page.evaluate(STORES) if each] == []
        assert [each for each in context.cookies() if each["value"] and len(each["value"]) > 60] == [], "no session is carried"
        who.page.go_back()
        assert said not in who.page.content(), "going back shows nothing of it"
        assert CANARY not in who.page.content()
        answer = who.page.goto(entry)
        assert answer.status in (403, 404)
        assert said not in who.page.content()
        context.close()
    assert profile.is_dir()
    assert any(each.stat().st_size for each in profile.rglob("*") if each.is_file()), "the browser did keep a profile"
    first = PHRASE.split()[0] + " " + PHRASE.split()[1]
    assert planted(profile, CANARY, said, PHRASE, first) == []


def test_what_is_left_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a").write_bytes(b"\0\1" + CANARY.encode("utf-16-le"))
    (tmp_path / "b").write_bytes(b"nothing")
    assert planted(tmp_path, CANARY) == [f"deep/a: {CANARY}"]

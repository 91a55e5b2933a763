"""Pages in a real browser: nothing overflows at 320 px, axe finds nothing, Arabic runs from the right.

Screenshots go to var/screenshots, so that anybody can look before merging.
"""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from polyphony.demo.cast import PASSWORD
from polyphony.demo.story import PHRASES
from polyphony.folders import root

PHRASE = next(iter(PHRASES.values()))
pytestmark = pytest.mark.slow
SHOTS = root() / "var" / "screenshots"


def open_page(browser, base, *, width=320, scripts=True):
    context = browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=scripts)
    context.route("**/*", lambda route: route.continue_() if route.request.url.startswith(base) else route.abort())
    return context.new_page()


def pages_of(page) -> list[str]:
    """Addresses linked from where one is, within this site."""
    return sorted({a for a in page.eval_on_selector_all("main a, nav a", "e => e.map(a => a.getAttribute('href'))")
                   if a and a.startswith("/") and "/static" not in a})


def sound(page, name: str) -> list[str]:
    """What is wrong with the page one is on."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)
    wrong = []
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        wrong.append(f"{page.url}: overflows at {page.viewport_size['width']} px")
    result = Axe().run(page)
    wrong += [f"{page.url}: {v['id']}: {v['nodes'][0]['html'][:160]}" for v in result.response["violations"]]
    return wrong


@pytest.mark.parametrize("lang", ["en", "ar"])
@pytest.mark.parametrize("who", ["visitor", "phrase", "lead@tern.example", "facilitator@opentable.example",
                                 "coordinator@masar.example", "steward1@polyphony.example"])
def test_pages_are_sound(base, browser, who, lang) -> None:
    page = open_page(browser, base)
    if "@" in who:
        page.goto(f"{base}/{lang}/sign-in")
        page.fill("input[name=address]", who)
        page.fill("input[name=password]", PASSWORD)
        page.click("main form button[type=submit], main form button:not([type])")
        page.wait_for_url(lambda url: "sign-in" not in url)
    elif who == "phrase":
        page.goto(f"{base}/{lang}/come-back")
        page.fill("main [name=words]", PHRASE)
        page.click("main form button[type=submit], main form button:not([type])")
        page.wait_for_url(lambda url: "come-back" not in url)
    else:
        page.goto(f"{base}/{lang}/")
    wrong, seen = [], set()
    queue = [page.url.removeprefix(base), *pages_of(page)]
    while queue and len(seen) < 14:
        path = queue.pop(0)
        if path in seen or not path.startswith(f"/{lang}/"):
            continue
        seen.add(path)
        page.goto(base + path)
        wrong += sound(page, f"{lang}-{who.split('@')[0]}-{len(seen):02d}")
        queue += [p for p in pages_of(page) if p not in seen]
    assert len(seen) >= 4
    assert wrong == []


def test_the_main_pages_work_without_scripts(base, browser) -> None:
    page = open_page(browser, base, scripts=False, width=1280)
    page.goto(f"{base}/sw/come-back")
    page.fill("main [name=words]", PHRASE)
    page.click("main form button[type=submit], main form button:not([type])")
    assert "come-back" not in page.url, "the phrase opens the inbox without scripts"
    page.click("form#leave button")
    assert "Polyphony" not in page.content(), "whoever leaves fast sees nothing of us"

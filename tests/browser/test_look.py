"""Pages in a real browser: nothing overflows at 320 px, axe finds nothing, Arabic runs from the right.

Screenshots go to var/screenshots, so that anybody can look before merging.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe
from tests.browser.walking import UUID, WIDER

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


def kind_of(path: str) -> str:
    """What kind of page an address leads to: its ids and its search left out."""
    return UUID.sub("…", path).split("?")[0].split("#")[0]


def sound(page, name: str, *, axe: bool) -> list[str]:
    """What is wrong with the page one is on."""
    shoot(page, name)
    wrong = []
    if page.evaluate(WIDER):
        wrong.append(f"{page.url}: overflows at {page.viewport_size['width']} px")
    return wrong + (judged(page) if axe else [])


def shoot(page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SHOTS / f"{name}.png"), full_page=True)


def judged(page, **options) -> list[str]:
    """What axe finds."""
    result = Axe().run(page, options={"resultTypes": ["violations"], **options})
    return [f"{page.url}: {v['id']}: {v['nodes'][0]['html'][:160]}" for v in result.response["violations"]]


def enter(page, base: str, lang: str, who: str) -> None:
    """Somebody arrives: as a visitor, with an account, or with a return phrase."""
    page.goto(f"{base}/{lang}/" + ("sign-in" if "@" in who else "come-back" if who == "phrase" else ""))
    before = page.url
    if "@" in who:
        page.fill("input[name=address]", who)
        page.fill("input[name=password]", PASSWORD)
    elif who == "phrase":
        page.fill("main [name=words]", PHRASE)
    else:
        return
    page.click("main form button[type=submit], main form button:not([type])")
    page.wait_for_url(lambda url: url != before)


@pytest.mark.parametrize("lang", ["en", "ar"])
@pytest.mark.parametrize("who", ["visitor", "phrase", "lead@tern.example", "facilitator@opentable.example",
                                 "coordinator@masar.example", "steward1@polyphony.example"])
def test_pages_are_sound(base, browser, who, lang) -> None:
    """What each person finds by links, one page of a kind; axe in English only, for the story asks it in Arabic."""
    page = open_page(browser, base)
    enter(page, base, lang, who)
    wrong, seen = [], set()
    queue = [page.url.removeprefix(base), *pages_of(page)]
    while queue and len(seen) < 14:
        path = queue.pop(0)
        if kind_of(path) in seen or not path.startswith(f"/{lang}/"):
            continue
        seen.add(kind_of(path))
        page.goto(base + path)
        wrong += sound(page, f"{lang}-{who.split('@')[0]}-{len(seen):02d}", axe=lang == "en")
        queue += pages_of(page)
    page.context.close()
    assert len(seen) >= 4
    assert wrong == []


PICTURES = [("visitor", "front", "/"), ("visitor", "consultations", "/consultations"),
            ("visitor", "consultation", "/consultations/{open}"), ("visitor", "answers", "/consultations/{published}/answers"),
            ("visitor", "theme", "/themes/{theme}"), ("visitor", "record", "/consultations/{closed}/record"),
            ("visitor", "phrase", "/consultations/{open}/say/without-account"), ("visitor", "protect", "/protection"),
            ("phrase", "inbox", "/inbox"), ("coordinator@masar.example", "home", "/home"),
            ("coordinator@masar.example", "say", "/consultations/{open}/say"),
            ("lead@tern.example", "home", "/home"), ("lead@tern.example", "desk", "/consultations/{published}/our-answers"),
            ("facilitator@opentable.example", "home", "/home"),
            ("facilitator@opentable.example", "reading", "/consultations/{open}/reading"),
            ("facilitator@opentable.example", "desk", "/consultations/{open}/facilitate"),
            ("translator@masar.example", "home", "/home"), ("steward1@polyphony.example", "home", "/home")]


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_pictures_of_the_main_pages(demo, base, browser, lang) -> None:
    """At 768 and 1,440 px, light and dark, to be looked at; nothing overflows and the dark ink can be read."""
    known = dict(demo.sql("SELECT state, id FROM consultations.consultation"))
    known["theme"] = demo.sql("SELECT id FROM feedback.theme WHERE consultation_id = %s", known["closed"])[0][0]
    people, wrong = {}, []
    for who, name, path in PICTURES:
        if who not in people:
            people[who] = open_page(browser, base)
            enter(people[who], base, lang, who)
        page = people[who]
        answer = page.goto(f"{base}/{lang}{path.format(**known)}")
        assert answer.status == 200, f"{who}: {answer.status} at {path}"
        for width in (768, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate(WIDER):
                wrong.append(f"{page.url}: overflows at {width} px")
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                shoot(page, f"{lang}-{name}-{who.split('@')[0]}-{width}-{scheme}")
        if lang == "en":
            wrong += judged(page, runOnly=["color-contrast"])
    for page in people.values():
        page.context.close()
    assert wrong == []


def test_the_main_pages_work_without_scripts(base, browser) -> None:
    page = open_page(browser, base, scripts=False, width=1280)
    enter(page, base, "sw", "phrase")
    assert "come-back" not in page.url, "the phrase opens the inbox without scripts"
    page.click("form#leave button")
    assert "Polyphony" not in page.content(), "whoever leaves fast sees nothing of us"

"""Pages in a real browser: nothing overflows at 320 px, axe finds nothing, Arabic runs from the right.

Screenshots go to var/screenshots, so that anybody can look before merging.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe
from tests.browser.walking import UUID, WIDER, second_step

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
    return sorted({a for a in page.eval_on_selector_all(
        "main a:not([download]), aside a:not([download]), nav a", "e => e.map(a => a.getAttribute('href'))")
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
    second_step(page, base, who)


# Whose pages, and which kinds of page must be among those she finds.
PEOPLE = {
    "visitor": {"/en/fund/…", "/en/fund/…/bodies"}, "phrase": set(), "facilitator@opentable.example": {"/en/consultations/…/facilitate", "/en/consultations/…/keyholders"},
    "keyholder@masar.example": {"/en/keyholders"},
    "coordinator@masar.example": set(), "steward1@polyphony.example": set(), "lead@tern.example": set(),
    "auditor@polyphony.example": {"/en/fund/…/ledger", "/en/fund/entries/…", "/en/fund/…/payments", "/en/fund/payments/…"},
    "coordinator@voix.example": {"/en/fund/applications/…", "/en/fund/applications/…/budget", "/en/fund/applications/…/check"},
    "decider@halcyon.example": {"/en/fund/promises", "/en/fund/promises/new", "/en/fund/promises/…/withdrawal"},
    "admin@fund.example": {"/en/fund/calls", "/en/fund/calls/…", "/en/fund/calls/…/preparation", "/en/fund/calls/…/applications", "/en/fund/calls/…/committee",
                           "/en/fund/cases/…", "/en/fund/…/bodies", "/en/fund/bodies/…/seats/new", "/en/fund/calls/new"},
    "reviewer3@fund.example": {"/en/fund/reviews", "/en/fund/reviews/…", "/en/fund/applications/…/step-aside"},
    "member3@fund.example": {"/en/fund/calls/…/committee", "/en/fund/cases/…"},
    "treasurer@fund.example": {"/en/fund/…/money", "/en/fund/…/receipts/new", "/en/fund/receipts/…/match",
                               "/en/fund/receipts/…/sending-back", "/en/fund/receipts/…/reversal", "/en/fund/…/payments"},
    "approver@fund.example": {"/en/fund/payments/…"}, "releaser@fund.example": {"/en/fund/payments/…"},
}
OFTEN = 14  # kinds of page looked at for each


def queued(page, wants_fund: bool) -> list[str]:
    """What is linked from here, pages of the fund first for those who come for it."""
    return sorted(pages_of(page), key=lambda path: not (wants_fund and "/fund" in path))


@pytest.mark.parametrize("who", PEOPLE)
def test_pages_are_sound(base, browser, who) -> None:
    """What each finds by links, one page of a kind, at 320 px: in English with axe, and the same address in Arabic."""
    page, must = open_page(browser, base), PEOPLE[who]
    enter(page, base, "en", who)
    wrong, seen = [], set()
    queue = [page.url.removeprefix(base), *queued(page, bool(must))]
    while queue and (len(seen) < OFTEN or not must <= seen):
        path = queue.pop(0)
        if kind_of(path) in seen or not path.startswith("/en/") or (len(seen) >= OFTEN and kind_of(path) not in must):
            continue
        seen.add(kind_of(path))
        page.goto(base + path)
        name = f"{who.split('@')[0]}-{len(seen):02d}"
        wrong += sound(page, f"en-{name}", axe=True)
        queue = [*queued(page, bool(must)), *queue] if must - seen else [*queue, *pages_of(page)]
        page.goto(f"{base}/ar/{path.removeprefix('/en/')}")
        assert page.get_attribute("html", "dir") == "rtl", page.url
        wrong += sound(page, f"ar-{name}", axe=False)
    page.context.close()
    assert len(seen) >= 4
    assert must <= seen, f"nobody leads {who} to {must - seen}"
    assert wrong == [], "\n".join(wrong)


COVERED = """() => { const l = document.querySelector('#leave button').getBoundingClientRect();
    return [...document.querySelectorAll('header.top a, header.top summary, header.top button')]
      .filter(e => { const r = e.getBoundingClientRect(); return r.width && r.left < l.right && r.right > l.left
        && r.top < l.bottom && r.bottom > l.top }).map(e => e.textContent.trim()) }"""


def test_leaving_covers_nothing_in_the_head_of_the_page(base, browser) -> None:
    """However long its words are in a language, and however wide the window is."""
    page, wrong = open_page(browser, base), []
    enter(page, base, "en", "phrase")
    for lang in ("en", "fr", "es", "pt", "ar", "sw", "id"):
        page.goto(f"{base}/{lang}/inbox")
        for width in (320, 641, 768, 900, 1100, 1279, 1281, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            wrong += [f"{lang} at {width}: {what}" for what in page.evaluate(COVERED)]
    page.context.close()
    assert wrong == [], "\n".join(wrong)


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
            ("translator@masar.example", "home", "/home"), ("steward1@polyphony.example", "home", "/home"),
            ("visitor", "statement", "/fund"), ("visitor", "call", "/fund/calls/{call}"),
            ("coordinator@voix.example", "application", "/fund/applications/{draft}"),
            ("coordinator@voix.example", "budget", "/fund/applications/{draft}/budget"),
            ("member3@fund.example", "committee", "/fund/calls/{judged}/committee"),
            ("member3@fund.example", "case", "/fund/cases/{case}"), ("reviewer3@fund.example", "reviews", "/fund/reviews"),
            ("releaser@fund.example", "payment", "/fund/payments/{payment}"),
            ("treasurer@fund.example", "ledger", "/fund/{fund}/ledger"), ("treasurer@fund.example", "money", "/fund/{fund}/money")]
PRINTED = {"front", "answers", "record", "statement", "case", "payment", "ledger"}
PAPER = """() => { const of = e => getComputedStyle(e).backgroundColor.match(/[\\d.]+/g).map(Number);
    const body = of(document.body), ink = body[3] === 0 ? of(document.documentElement) : body;
    return ink[3] === 0 || Math.min(...ink.slice(0, 3)) > 230 }"""


def addresses(demo) -> dict[str, str]:
    """What stands in the demo under the names that `PICTURES` uses."""
    known = dict(demo.sql("SELECT state, id FROM consultations.consultation"))
    known["theme"] = demo.sql("SELECT id FROM feedback.theme WHERE consultation_id = %s", known["closed"])[0][0]
    calls = dict(demo.sql("SELECT state, id FROM fund.call"))
    known |= {"call": calls["open"], "judged": calls["closed"], "fund": demo.sql("SELECT organisation_id FROM fund.fund")[0][0]}
    known["draft"] = demo.sql("SELECT id FROM fund.application WHERE state = 'draft'")[0][0]
    known["case"] = demo.sql("SELECT application_id FROM fund.vote v JOIN fund.application a ON a.id = v.application_id "
                             "WHERE a.call_id = %s ORDER BY 1 LIMIT 1", calls["closed"])[0][0]
    known["payment"] = demo.sql("SELECT id FROM fund.payment WHERE state = 'approved'")[0][0]
    return known


def printed(page, name: str) -> list[str]:
    """On paper, also for those who read in the dark: nothing cut off, dark ink on light paper, links to be read."""
    page.set_viewport_size({"width": 700, "height": 1000})
    page.emulate_media(media="print", color_scheme="dark")
    shoot(page, f"{name}-print")
    wrong = [f"{page.url}: cut off on paper"] if page.evaluate(WIDER) else []
    wrong += [] if page.evaluate(PAPER) else [f"{page.url}: printed on dark paper"]
    wrong += [f"on paper: {each}" for each in judged(page, runOnly=["color-contrast"])]
    page.emulate_media(media="screen", color_scheme="light")
    return wrong


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_pictures_of_the_main_pages(demo, base, browser, lang) -> None:
    """At 768 and 1,440 px, light and dark, to be looked at; nothing overflows and the dark ink can be read."""
    known = addresses(demo)
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
            wrong += printed(page, f"en-{name}") if name in PRINTED else []
    for page in people.values():
        page.context.close()
    assert wrong == [], "\n".join(wrong)


def test_the_main_pages_work_without_scripts(base, browser) -> None:
    page = open_page(browser, base, scripts=False, width=1280)
    enter(page, base, "sw", "phrase")
    assert "come-back" not in page.url, "the phrase opens the inbox without scripts"
    page.click("form#leave button")
    assert "Polyphony" not in page.content(), "whoever leaves fast sees nothing of us"

"""The fragment is the page: what htmx puts in place is, to the letter, what a browser without scripts is sent.

Nothing is listed here by hand: the forms that answer htmx are those of the pages themselves, and the blocks are
those that the views name. Two databases, alike to the last id, are walked side by side, with and without htmx.
"""

import re

import pytest

from crawl import addresses, browser_of
from polyphony.folders import source
from polyphony.kernel import clock
from swap import Parser, content, headers, swapped

NAMED = re.compile(r'page\(\s*"([^"]+)",\s*fragment="([^"]+)"', re.DOTALL)
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
WHO = ("visitor", "facilitator", "speaker", "coordinator", "translator", "first lead", "applicant")
# What a filled-in form needs where "Some words." and the first choice would not be taken.
# By how their address ends.
GAPS = dict.fromkeys(("countries", "further", "opens_at", "closes_at", "promised_on"), "")
FILLED = {"/masking": {"text": "Somebody did."},  # the words as they stand mask nothing
          "/consultations/new": GAPS, "/consultations/…/edit": GAPS,
          "/excerpts/…": {"quote": ""},  # "Some words." were not said
          "/answer/…": dict.fromkeys(("comment-words", "what", "owner", "due_on"), "")}  # what stands beside it
# By how their address ends: forms with nothing to type, which are taken; and forms that need what others have to do
# first, or real keys and codes, which are refused. The other half is walked in tests/journeys.
TAKEN = ("/review", "/translators/…/end", "/themes/…/remove", "/excerpts/…/remove", "/ground/…/read", "/say/check")
REFUSED = (*(f"/consultations/…/{name}" for name in ("translators", "keyholders", "publish", "close", "default",
                                                 "facilitate/share")),
           "/boxes/…/opening", "/measures/…/round", "/measures/…/ground")
# Where something can still be done stands first.
OPEN = ("WITH about AS (SELECT id FROM consultations.consultation WHERE state NOT IN ('published', 'closed')), "
        "theme AS (SELECT id FROM feedback.theme WHERE consultation_id IN (SELECT id FROM about)) SELECT id FROM about "
        "UNION ALL SELECT id FROM theme UNION ALL SELECT id FROM feedback.excerpt WHERE theme_id IN (SELECT id FROM theme)")


def blocks() -> set[tuple[str, str]]:
    """Every (template, fragment) that a view names."""
    return {pair for file in (source() / "polyphony").rglob("*.py") for pair in NAMED.findall(file.read_text("utf-8"))}


@pytest.fixture(scope="module", autouse=True)
def _the_clock_stands():
    """A page and its part are asked for one after the other; midnight in somebody's zone may lie between."""
    with clock.at(clock.now()):
        yield


@pytest.fixture(scope="module")
def browsers(lived):
    found = {who: browser_of(lived, who) for who in WHO}
    for client in found.values():  # whoever was given a link sees one consultation more from then on
        client.get(f"/en/c/{lived.facts['link']}")
    return found


@pytest.fixture(scope="module")
def pages(lived, browsers) -> list[tuple[str, str, str, str]]:
    """(who, endpoint, address, page) once for each kind of page and of person that is shown it."""
    found, seen, now_open = [], set(), {str(id) for id, in lived.sql(OPEN)}
    known = sorted(addresses(lived), key=lambda each: now_open.isdisjoint(ID.findall(each[1])))
    for who, client in browsers.items():
        for endpoint, address in known:
            kind = (who, endpoint, ID.sub("", address))  # one of each, and of each step where an address names steps
            if kind in seen:
                continue
            answer = client.get(address)
            if answer.status_code == 200 and answer.mimetype == "text/html":
                seen.add(kind)
                found.append((who, endpoint, address, answer.get_data(as_text=True)))
    return found


def different(full: str, target: str, fragment: str) -> bool:
    """Whether this fragment, put in place of the target, makes another page than the one sent in full."""
    made = swapped(full, target, fragment)
    return made is None or content(made) != content(full)


@pytest.mark.slow
def test_every_fragment_is_the_part_of_its_page(browsers, pages) -> None:
    named, met, wrong = {fragment for _, fragment in blocks()}, set(), []
    assert named
    for who, endpoint, address, full in pages:
        for target in named & set(Parser(full).spans):
            part = browsers[who].get(address, headers=headers(target, address)).get_data(as_text=True)
            if part.lstrip().lower().startswith("<!doctype"):
                continue  # this view names another block; htmx is given the whole page
            met.add(target)
            if different(full, target, part):
                made = swapped(full, target, part)
                wrong.append(f"{endpoint} {address} as {who}, #{target}: "
                             f"{_first_difference(made and content(made), content(full))}")
    assert not wrong, "\n".join(wrong)
    assert met == named, f"no page was met with {named - met}: its block needs an element with that id"


def test_a_fragment_that_tells_more_is_found() -> None:
    full = "<html><body><main id='main'><div id='part'>one</div></main></body></html>"
    assert not different(full, "part", "<div id='part'>one</div>")
    assert different(full, "part", "<div id='part'>one and more</div>")
    assert different(full, "part", "<!doctype html><html></html>")


def _forms(pages):
    """Each form that answers htmx, once: endpoint-like key → (who, address, number of the form on the page)."""
    found = {}
    for who, _, address, full in pages:
        for number, form in enumerate(Parser(full).forms):
            if form.is_fragment:
                found.setdefault(re.sub(r"[0-9a-f-]{36}", "…", form.about["action"]), []).append((who, address, number))
    return found


def _send(world, who, address, number, fill, *, with_htmx):
    """Fill in one form of one page and send it; the content that is then on the screen, and the status."""
    client = browser_of(world, who)
    full = client.get(address).get_data(as_text=True)
    form = Parser(full).forms[number]
    action = ID.sub("…", form.about["action"])
    words = next((words for end, words in FILLED.items() if action.endswith(end)), {})
    data = form.filled(**words) if fill else form.emptied()
    if not with_htmx:
        answer = client.post(form.about["action"], data=data)
        shown = client.get(answer.location, follow_redirects=True) if answer.status_code == 303 else answer
        return answer.status_code, content(shown.get_data(as_text=True))
    assert form.about["hx-swap"] == "outerHTML"
    target = form.about["hx-target"].removeprefix("#")
    said = headers(target, address)
    answer = client.post(form.about["hx-post"], data=data, headers=said)
    if answer.status_code == 204:  # another page, to which htmx goes as a whole
        return 303, content(client.get(answer.headers["HX-Redirect"], follow_redirects=True).get_data(as_text=True))
    # A browser follows a redirect by itself and says the same of itself again.
    shown = client.get(answer.location, headers=said) if answer.status_code == 303 else answer
    assert shown.status_code in (200, 403, 409, 422), f"htmx would not show {shown.status_code}"
    made = swapped(full, target, shown.get_data(as_text=True))
    return answer.status_code, made and content(made)


@pytest.mark.slow
def test_every_form_with_htmx_shows_what_it_shows_without(clone, pages) -> None:
    found, wrong = _forms(pages), []
    assert found, "there are forms that answer htmx"
    known = {id for *_, full in pages for id in ID.findall(full)}  # the ids of what a form made differ

    def alike(text):
        return text and ID.sub(lambda id: id[0] if id[0] in known else "new", text)

    for action, places in found.items():
        statuses = set()
        for who, address, number in places[:1]:
            for fill in (False, True):
                scripted, plain = (_send(clone(), who, address, number, fill, with_htmx=x) for x in (True, False))
                statuses.add(422 if plain[0] == 409 else plain[0])
                (was, one), (is_now, other) = ((status, alike(text)) for status, text in (scripted, plain))
                is_same = was == is_now and (one == other or (action.endswith("/object") and sorted(one) == sorted(other)))
                if not is_same:  # two objections of one day stand in no order
                    wrong.append(f"{action} as {who}, {'filled' if fill else 'emptied'}: {was} and {is_now}; "
                                 f"{_first_difference(one, other)}")
        spared = {422} if action.endswith(TAKEN) else {303} if action.endswith(REFUSED) else set()
        if not {303, 422} - spared <= statuses:
            wrong.append(f"{action} was answered only with {statuses}: say in FILLED what makes it succeed or fail")
    assert not wrong, "\n".join(wrong)


def _first_difference(one: str | None, other: str) -> str:
    if one is None:
        return "htmx is given a whole page where it asked for a part"
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return f"…{one[max(0, at - 40):at + 60]}… is not …{other[max(0, at - 40):at + 60]}…"

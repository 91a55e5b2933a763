"""Every page as every kind of person: it answers, within the budgets, writes nothing, and is there for somebody."""

import gzip
import re
import uuid
from html import unescape

import pytest
import sqlalchemy as sa
from flask import g
from jinja2 import StrictUndefined, UndefinedError

import make
from crawl import OTHERS, PEOPLE, addresses, browser_of
from polyphony.folders import folder
from polyphony.kernel import edge
from polyphony.kernel.access import access, anyone

LISTS_AND_DETAILS, HOMES_AND_DESKS = 6, 10
DESKS = {"openness.home", "feedback.facilitate", "feedback.desk", "languages.desk", "organisations.mine",
         "organisations.admissions", "inputs.inbox"}
COMPRESSED = 14 * 1024
# These are no pages: they send to one, or hand a file over.
SEND_ON = {"door.best_language", "consultations.by_link", "uploads.attachment", "retention.download",
           "fund.next_case", "fund.next_review", "entrance.begin",
           "entrance_door.back_in_any_language", "entrance.back"}  # the last one lives only between leaving and coming back
# What a GET may change, each with its reason: nothing but when a session was last seen (at most once a minute).
TOUCHED = {"people.session": "seen_at"}


@pytest.fixture(scope="module")
def browsers(lived):
    """One browser for each kind of person."""
    return {who: browser_of(lived, who) for who in [*PEOPLE, *OTHERS]}


@pytest.fixture(autouse=True)
def proven(request) -> None:
    """However long it takes to look at everything, everybody has just shown that it is she, and was noted as here."""
    if "browsers" in request.fixturenames:
        browsers, world = request.getfixturevalue("browsers"), request.getfixturevalue("lived")
        assert browsers
        world.sql(f"{make.WHOLE} AND factored")
        world.sql("UPDATE people.session SET seen_at = now() + interval '30 minutes'")


def over_budget(endpoint: str, html: bytes, statements: int) -> list[str]:
    """Which budgets of a page are overspent."""
    css = len(gzip.compress((folder("static") / "polyphony.css").read_bytes(), 9))
    most = HOMES_AND_DESKS if endpoint in DESKS else LISTS_AND_DETAILS
    size, wrong = len(gzip.compress(html, 9)) + css, []
    if statements > most:
        wrong.append(f"{statements} statements, at most {most}")
    if size > COMPRESSED:
        wrong.append(f"{size} bytes compressed")
    if not re.search(rb"<h1[ >]", html) or html.count(b"<h1") != 1:
        wrong.append("a page has one h1")
    if b"style=" in html or re.search(rb"<script(?![^>]* src=)", html) or re.search(rb"\son[a-z]+=", html):
        wrong.append("inline style or script")
    if re.search(rb'(?:src|href|action)="(?:https?:)?//', html):
        wrong.append("asks another house")
    return wrong


def contents(world) -> dict[str, str]:
    """One mark for each table's rows, whatever their order."""
    tables = world.sql("SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                       "WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1")
    assert tables
    one = "SELECT '{0}', (SELECT md5(string_agg(md5({1}), '' ORDER BY md5({1}))) FROM {2} t)"
    marks = " UNION ALL ".join(one.format(table, f"(to_jsonb(t) - '{TOUCHED.get(table, '')}')::text",
                                          ".".join(f'"{part}"' for part in table.split("."))) for (table,) in tables)
    return dict(world.sql(marks))


# The core walks four; the others come with the slow rest.
CORE = ("visitor", "phrase", "lead", "facilitator")
EVERYBODY = [pytest.param(who, marks=() if who in CORE else pytest.mark.slow) for who in (*PEOPLE, *OTHERS)]


@pytest.mark.parametrize("who", EVERYBODY)
def test_every_page_answers_within_its_budgets_and_writes_nothing(lived, browsers, who) -> None:
    wrong, before = [], contents(lived)
    for endpoint, address in addresses(lived):
        with lived.app.app_context(), browsers[who] as client:
            answer = client.get(address)
            statements = g.get("sql", 0)
        if answer.status_code not in (200, 302, 303, 308, 403, 404, 405, 409, 410):
            wrong.append(f"{address}: status {answer.status_code}")
        if answer.status_code == 200 and answer.mimetype == "text/html":
            wrong += [f"{endpoint} {address}: {x}" for x in over_budget(endpoint, answer.get_data(), statements)]
    assert not wrong, "\n".join(wrong)
    after = contents(lived)
    assert [table for table in before if before[table] != after[table]] == [], "looking changed these tables"


@pytest.mark.slow
@pytest.mark.parametrize("who", ["phrase", "speaker", "coordinator"])
def test_who_speaks_can_leave_from_every_page_and_no_title_betrays_over_a_shoulder(lived, browsers, who) -> None:
    wrong, seen = [], 0
    for endpoint, address in addresses(lived):
        answer = browsers[who].get(address)
        page = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
        # Not a file, a way on, the one page for what is not there, or the harmless page that one leaves to.
        if not page or answer.status_code in (*range(300, 400), 404) or endpoint == "people.left":
            continue
        seen += 1
        title = re.search(r"<title>(.*?)</title>", page, re.DOTALL)[1]
        wrong += [f"{address} ({answer.status_code}): no way to leave"] * ('id="leave"' not in page)
        wrong += [f"{address} ({answer.status_code}): {title}"] * (title != "Polyphony")
        wrong += [f"{address} ({answer.status_code}): may be kept"] * (answer.headers["Cache-Control"] != "no-store")
    assert seen > 50
    assert not wrong, "\n".join(wrong)


def test_whoever_reads_a_consultation_without_an_account_can_leave_and_keeps_nothing(lived, browsers) -> None:
    wrong, seen = [], set()
    telling = [title for (title,) in lived.sql("SELECT title FROM consultations.consultation UNION SELECT title FROM feedback.theme")]
    for endpoint, address in addresses(lived):
        if not re.match(r"/en/(consultations|themes|measures)/", address):
            continue
        answer = browsers["visitor"].get(address)
        if answer.status_code != 200:
            continue
        page = answer.get_data(as_text=True)
        title = unescape(re.search(r"<title>(.*?)</title>", page, re.DOTALL)[1])
        seen.add(endpoint)
        if 'id="leave"' not in page or answer.headers["Cache-Control"] != "no-store" or any(each in title for each in telling):
            wrong.append(f"{address}: {title}")
    assert seen >= {"consultations.show", "inputs.index", "feedback.answers", "feedback.theme", "feedback.record",
                    "feedback.ground_views"}
    assert not wrong, "\n".join(wrong)


def test_a_page_that_writes_past_its_transaction_is_found(clone) -> None:
    world = clone()

    def view():
        with edge.aside() as other:
            other.execute(sa.text("SELECT kernel.claim_once(:one, current_date)"), {"one": uuid.uuid4()})
        return "written"

    world.app.add_url_rule("/<lang>/planted", "planted", access(anyone)(view))
    before = contents(world)
    assert world.client().get("/en/planted").status_code == 200
    after = contents(world)
    assert [table for table in before if before[table] != after[table]] == ["kernel.once"]


@pytest.mark.parametrize(("html", "statements", "said"), [
    (b"<h1>x</h1>", 7, "statements"), (b"<h1>x</h1>", 6, ""),
    (b"<p>x</p>", 1, "one h1"), (b"<h1>x</h1><h1>y</h1>", 1, "one h1"), (b'<h1 style="x">x</h1>', 1, "inline"),
    (b"<h1>x</h1><script>x()</script>", 1, "inline"), (b'<h1 onclick="x()">x</h1>', 1, "inline"),
    (b'<h1>x</h1><img src="https://elsewhere.example/x">', 1, "another house"),
    (b"<h1>x</h1>" + b"".join(uuid.uuid4().bytes for _ in range(1000)), 1, "compressed")])
def test_a_page_over_budget_is_found(html: bytes, statements: int, said: str) -> None:
    assert said in " ".join(over_budget("planted", html, statements))
    assert bool(said) == bool(over_budget("planted", html, statements))


@pytest.mark.slow
def test_every_page_is_there_for_somebody(lived, browsers) -> None:
    found = addresses(lived)
    never = {endpoint for endpoint, _ in found} - SEND_ON
    for client in browsers.values():
        for endpoint, address in found:
            if endpoint in never and client.get(address).status_code == 200:
                never.discard(endpoint)
    assert never == set(), "nobody of the demo meets these pages: give tests/crawl.py rows that open them"


def test_a_template_that_names_what_is_not_there_fails(lived) -> None:
    assert lived.app.jinja_env.undefined is StrictUndefined
    with lived.app.test_request_context("/en/"), pytest.raises(UndefinedError):
        lived.app.jinja_env.from_string("{{ nobody_gave_this }}").render()


@pytest.mark.parametrize("lang", ["en", "fr", "es", "pt", "ar", "sw", "id"])
def test_every_language_reads_in_its_direction(lived, lang) -> None:
    html = lived.client().get(f"/{lang}/").get_data(as_text=True)
    assert f'<html lang="{lang}" dir="{"rtl" if lang == "ar" else "ltr"}">' in html


def test_headers_are_strict_everywhere(lived, browsers) -> None:
    for address in ("/en/", "/en/no/such/place", "/static/polyphony.css", "/healthz"):
        answer = browsers["visitor"].get(address)
        answer.close()
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'"), address
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"

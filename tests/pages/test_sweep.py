"""Every page as every kind of person: it answers, within the budgets, in the right language and direction."""

import gzip
import re
import uuid

import pytest
from flask import g

from crawl import PEOPLE, addresses, browser_of
from polyphony.folders import folder

LISTS_AND_DETAILS, HOMES_AND_DESKS = 6, 10
DESKS = {"openness.home", "feedback.facilitate", "feedback.desk", "languages.desk", "organisations.mine",
         "organisations.admissions", "inputs.inbox"}
COMPRESSED = 14 * 1024


@pytest.fixture(scope="module")
def browsers(demo):
    """One browser for each kind of person."""
    return {who: browser_of(demo, who) for who in PEOPLE}


@pytest.mark.parametrize("who", PEOPLE)
def test_every_page_answers_within_its_budgets(demo, browsers, who) -> None:
    css = len(gzip.compress((folder("static") / "polyphony.css").read_bytes(), 9))
    wrong = []
    for endpoint, address in addresses(demo):
        with demo.app.app_context(), browsers[who] as client:
            answer = client.get(address)
            statements = g.get("sql", 0)
        html = answer.get_data()
        if answer.status_code not in (200, 302, 303, 308, 403, 404, 405, 409, 410):
            wrong.append(f"{address}: status {answer.status_code}")
        if answer.status_code == 200 and answer.mimetype == "text/html":
            most = HOMES_AND_DESKS if endpoint in DESKS else LISTS_AND_DETAILS
            if statements > most:
                wrong.append(f"{address}: {statements} statements, at most {most}")
            if len(gzip.compress(html, 9)) + css > COMPRESSED:
                wrong.append(f"{address}: {len(gzip.compress(html, 9)) + css} bytes compressed")
            if not re.search(rb"<h1[ >]", html) or html.count(b"<h1") != 1:
                wrong.append(f"{address}: a page has one h1")
            if b"style=" in html or b"<script>" in html:
                wrong.append(f"{address}: inline style or script")
    assert wrong == []


@pytest.mark.parametrize("lang", ["en", "fr", "es", "pt", "ar", "sw", "id"])
def test_every_language_reads_in_its_direction(demo, lang) -> None:
    html = demo.client().get(f"/{lang}/").get_data(as_text=True)
    assert f'<html lang="{lang}" dir="{"rtl" if lang == "ar" else "ltr"}">' in html


def test_missing_and_hidden_are_the_same_bytes(demo, browsers) -> None:
    hidden = demo.sql("SELECT id FROM feedback.theme WHERE published_on IS NULL LIMIT 1")[0][0]
    assert browsers["facilitator"].get(f"/en/themes/{hidden}").status_code == 200, "it is there for whom it is for"
    answers = [browsers["visitor"].get(address) for address in (
        f"/en/themes/{hidden}", f"/en/themes/{uuid.uuid4()}", f"/en/consultations/{uuid.uuid4()}", "/en/no/such/place")]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert len({answer.data for answer in answers}) == 1


def test_headers_are_strict_everywhere(demo, browsers) -> None:
    for address in ("/en/", "/en/no/such/place", "/static/polyphony.css", "/healthz"):
        answer = browsers["visitor"].get(address)
        answer.close()
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'"), address
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"

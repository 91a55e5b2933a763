"""Finding one application among many: the administrator's list, the committee's table, the reviewer's list."""

import gzip
import re
from typing import Any

import pytest
from tests.journeys.test_fund_reviews import assign, browser, fund, get, post, score

from polyphony.folders import folder

__all__ = ["fund"]  # a fixture
MANY = 130


@pytest.fixture
def many(fund: Any) -> Any:
    """A hundred and thirty more applications to the same call, each by its own organisation, all asked of one reviewer."""
    f = fund.facts
    fund.sql("SET session_replication_role = replica; CREATE TEMP TABLE n AS SELECT i, gen_random_uuid() AS a, gen_random_uuid() "
             f"AS o FROM generate_series(1, {MANY}) i; INSERT INTO organisations.organisation SELECT (jsonb_populate_record(x, "
             "jsonb_build_object('id', n.o, 'name', 'House number ' || i))).* FROM organisations.organisation x, n WHERE x.id = "
             f"'{f['ngo']}'; INSERT INTO fund.application SELECT (jsonb_populate_record(x, jsonb_build_object('id', n.a, 'requested', "
             f"100000 + i))).* FROM fund.application x, n WHERE x.id = '{f['application']}'; INSERT INTO fund.applicant "
             "(application_id, organisation_id, payee_reference) SELECT a, o, '' FROM n; INSERT INTO fund.part (id, application_id, "
             "name, words, lang, revision) SELECT gen_random_uuid(), a, 'title', 'Radio against silence in valley ' || md5(i::text) || i "
             "|| 'x', 'en', 1 FROM n; INSERT INTO fund.assignment (id, application_id, fund_id, person_id, \"on\") SELECT "
             f"gen_random_uuid(), a, '{f['fund']}', '{f['reviewer2']}', current_date FROM n")
    return fund


def weight(page: str) -> int:
    return sum(len(gzip.compress(part, 9)) for part in (page.encode(), (folder("static") / "polyphony.css").read_bytes()))


def links(page: str, place: str) -> list[str]:
    return re.findall(rf'href="/en/fund/{place}/[0-9a-f-]{{36}}"', page)


def follow(page: str, rel: str) -> str:
    return re.search(rf'href="/en/fund([^"]*)" rel="{rel}"', page)[1].replace("&amp;", "&")  # type: ignore[index]


def test_the_administrator_finds_one_among_many(many: Any) -> None:
    f = many.facts
    here = f"/calls/{f['call']}/applications"
    page = get(many, "admin", here)
    assert f"1–50 of {MANY + 1}" in page
    assert weight(page) <= 14 * 1024
    page = get(many, "admin", follow(page, "next"))
    assert f"51–100 of {MANY + 1}" in page
    assert "1–50" in get(many, "admin", follow(page, "prev"))
    for q in ("NUMBER 77", " 77x", "number%2077"):
        page = get(many, "admin", f"{here}?q={q}")
        assert len(links(page, "cases")) <= 1, q
    assert "House number 77" in get(many, "admin", f"{here}?q=NUMBER 77")
    assert "Nothing found" in get(many, "admin", f"{here}?q=%25number%25")
    assert "Sauti Collective" in get(many, "admin", f"{here}?q=sauti")
    assert "Nothing found" in get(many, "admin", f"{here}?state=decided")
    most = get(many, "admin", f"{here}?order=requested")
    assert f"House number {MANY}<" in most
    assert "House number 1<" not in most
    assert "order=requested" in follow(most, "next")
    get(many, "admin", f"{here}?from=99999999999999999999&order=nonsense&state=nonsense&q=%00")


def test_the_committee_finds_what_waits_for_her_vote_and_is_led_from_case_to_case(many: Any) -> None:
    f = many.facts
    table = f"/calls/{f['call']}/committee"
    assign(many, "reviewer1")
    score(many, "reviewer1", "5", "4")
    page = get(many, "member1", table)
    assert f"1–25 of {MANY + 1}" in page
    assert weight(page) <= 14 * 1024
    assert len(links(get(many, "member1", f"{table}?q=77X"), "cases")) == 1
    assert "Nothing found" in get(many, "member1", f"{table}?q=number 77"), "who applies is sealed while reviewers are at work"
    assert links(get(many, "member1", f"{table}?q=sauti"), "cases") == links(
        get(many, "member1", f"{table}?state=voting"), "cases") != []
    assert len(links(get(many, "member1", f"{table}?state=mine"), "cases")) == 1
    led = browser(many, "member1").get(f"/en/fund{table}/next")
    assert led.headers["Location"].endswith(f"/fund/cases/{f['application']}")
    case = f"/cases/{f['application']}"
    post(many, "member1", f"{case}/vote", choice="for", words="Good", revision="1")
    assert f"{table}/next" in get(many, "member1", case)
    assert "Nothing found" in get(many, "member1", f"{table}?state=mine")
    assert "You have voted." in get(many, "member1", f"{table}?state=voting")
    assert "You have voted." not in get(many, "member2", f"{table}?state=voting")
    assert browser(many, "member1").get(f"/en/fund{table}/next").headers["Location"].endswith("/committee")


def test_a_reviewer_leafs_through_her_list_and_goes_from_review_to_review(many: Any) -> None:
    page = get(many, "reviewer2", "/reviews")
    assert weight(page) <= 14 * 1024
    assert f"{MANY} applications to review" in page
    assert f"1–30 of {MANY}" in page
    assert f"121–{MANY} of {MANY}" in get(many, "reviewer2", "/reviews?from=120")
    led = browser(many, "reviewer2").get("/en/fund/reviews/next").headers["Location"]
    many.facts["application"] = led.rsplit("/", 1)[1]
    score(many, "reviewer2", "5", "4")
    assert "/reviews/next" in get(many, "reviewer2", led.split("/fund")[1])
    assert browser(many, "reviewer2").get("/en/fund/reviews/next").headers["Location"] != led
    assert browser(many, "reviewer1").get("/en/fund/reviews/next").headers["Location"].endswith("/fund/reviews")

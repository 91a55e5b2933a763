"""A correction before the committee: nobody decides while it is awaited, and what it changed is told to those who vote."""

from typing import Any

from tests.journeys.test_fund_decisions import case, decide, fund, here, vote
from tests.journeys.test_fund_reviews import browser, get, post

__all__ = ["case", "fund"]  # fixtures


def test_while_a_correction_is_awaited_nobody_votes_or_decides(case: Any) -> None:
    f, correction = case.facts, f"/applications/{case.facts['application']}/correction"
    vote(case, 1, 2, 3)
    post(case, "admin", correction, words="Who travels?")
    page = get(case, "member4", here(case))
    assert "A correction is asked for" in page
    assert "Who travels?" in page
    assert 'name="choice"' not in page
    waits = "3 have voted; no vote counts until the correction has come."
    assert "/decide" not in get(case, "admin", here(case))
    assert "A correction is asked for" in get(case, "member4", f"/calls/{f['call']}/committee").split("<tbody")[1]
    for who, path in (("member4", here(case)), ("member4", f"/calls/{f['call']}/committee"), ("admin", f"{here(case)}/decide")):
        page = get(case, who, path)
        assert waits in page, path
        assert "The votes are for a grant" not in page
    assert "Decide on applications" not in browser(case, "member4").get("/en/home").get_data(as_text=True)
    assert "asked for a correction of this application" in vote(case, 4, status=409)
    assert "asked for a correction of this application" in decide(case, 409)
    get(case, "reviewer1", correction, 403)
    page = get(case, "admin", correction)
    assert "Who travels?" in page
    post(case, "admin", f"{correction}/none")
    assert "No correction is awaited" in post(case, "admin", f"{correction}/none", 409)
    assert "is being read" in get(case, "asha", f"/applications/{f['application']}")
    vote(case, 4)
    decide(case)


def test_the_committee_is_told_what_a_correction_changed_and_reads_no_call_to_vote_once_it_is_decided(case: Any) -> None:
    f, mine = case.facts, f"/applications/{case.facts['application']}"
    vote(case, 1, 2, 3)
    assert "Read their words before you vote" in get(case, "member4", here(case))
    post(case, "admin", f"{mine}/correction", words="For less.")
    for step, values in (("budget", {"requested": "950.00", "rows-0-said": "Time", "rows-0-amount": "950"}),
                         ("plan", {"plan": "Another plan", "people": "people in words"})):
        revision = get(case, "asha", f"{mine}/{step}").split('name="revision"')[1].split('value="')[1].split('"')[0]
        post(case, "asha", f"{mine}/{step}", **values, revision=revision)
    post(case, "asha", f"{mine}/check", payee_reference="P-1")
    page = get(case, "member1", here(case)).split("Corrected on")[1].split("</section>")[0]
    assert "KES\u00a01,000.00 before, now KES\u00a0950.00" in page
    for said, is_told in (("What will be done", True), ("The budget", True), ("Who will do it", False), ("Title", False)):
        assert (said in page) is is_told, said
    assert "are about the application as it was" in page
    number = case.sql("SELECT revision FROM fund.application WHERE id = %s", f["application"])[0][0]
    assert "vote anew" in get(case, "member1", here(case))
    vote(case, 1, 2, 3, revision=number)
    decide(case, amount="900", part_1="500", part_2="400", revision=str(number))
    page = get(case, "member4", here(case))
    assert "vote anew" not in page
    assert "before you vote" not in page


def test_what_is_decided_is_told_before_a_correction_that_never_came(case: Any) -> None:
    f = case.facts
    vote(case, 1, 2, 3)
    decide(case)
    case.sql("SET session_replication_role = replica; INSERT INTO fund.change_request (id, application_id, fund_id, words, lang, "
             f"asked_on) VALUES (gen_random_uuid(), '{f['application']}', '{f['fund']}', 'Too late', 'en', current_date)")
    page = get(case, "asha", f"/applications/{f['application']}")
    assert "Too late" not in page
    assert "Read the letter" in page
    assert "A correction is asked for" not in get(case, "admin", f"/calls/{f['call']}/applications").split("<tbody")[1]
    assert "asks for a correction" not in browser(case, "asha").get("/en/home").get_data(as_text=True)

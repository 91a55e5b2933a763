"""The committee: a quorum that is always told truly, decisions that hold, letters with reasons, money reserved once."""

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import g
from tests import make
from tests.journeys.test_fund_reviews import assign, browser, fund, get, post, score
from tests.security.test_fund_database import act, receipt

from polyphony.fund.deciding import table

__all__ = ["fund"]  # a fixture


@pytest.fixture
def case(fund: Any) -> Any:
    """5,000.00 KES received; one application for 1,000.00, reviewed by two."""
    act(fund, "treasurer", lambda by: receipt(by, fund.facts["fund"], 5_000_00, "r1"))
    assign(fund, "reviewer1", "reviewer2")
    score(fund, "reviewer1", "5", "4")
    score(fund, "reviewer2", "2", "1")
    return fund


def here(world: Any) -> str:
    return f"/cases/{world.facts['application']}"


def vote(world: Any, *members: int, choice: str = "for", status: int = 303, revision: int = 1) -> str:
    said = ""
    for n in members:
        said = post(world, f"member{n}", f"{here(world)}/vote", status, choice=choice, words=f"Reasons of member{n}",
                    revision=str(revision))
    return said


def ruling(**changes: Any) -> dict[str, str]:
    day = make.today()
    return {"outcome": "granted", "amount": "1000", "reason": "need", "words": "Because people need it.", "revision": "1",
            "part_1": "600.00", "due_1": str(day + timedelta(days=10)), "condition_1": "",
            "part_2": "400", "due_2": str(day + timedelta(days=200)), "condition_2": "A report", **changes}


def decide(world: Any, status: int = 303, **changes: Any) -> str:
    return post(world, "admin", f"{here(world)}/decide", status, **ruling(**changes))


def test_from_the_votes_to_the_letter(case: Any) -> None:
    f = case.facts
    page = get(case, "member1", here(case))
    assert "5 of 5 may decide; 3 needed; 0 have voted; not valid yet." in page
    assert "Sauti Collective" in page
    assert "far apart" in page  # 4.6 and 1.6
    assert "reviewer1 on need" in page
    assert "1 has voted" in vote(case, 1) + get(case, "member2", here(case))
    vote(case, 2)
    assert "not enough members have voted" in decide(case, 409)
    vote(case, 3, choice="against")
    assert "5 of 5 may decide; 3 needed; 3 have voted; valid." in get(case, "admin", here(case))
    desk = get(case, "admin", f"{here(case)}/decide")
    assert "KES\u00a05,000.00" in desk
    assert 'value="1000.00"' in desk
    decide(case)
    assert case.sql("SELECT outcome, amount, seats, needed, votes_for, votes_against, lang FROM fund.decision") == [
        ("granted", 1_000_00, 5, 3, 2, 1, "en")]
    assert case.sql("SELECT place, amount, condition FROM fund.instalment ORDER BY 1") == [
        (1, 600_00, ""), (2, 400_00, "A report")]
    assert case.sql("SELECT a.kind, abs(b.amount) FROM fund.balance b JOIN fund.account a ON a.id = b.account_id "
                    "WHERE a.kind IN ('available', 'awarded') ORDER BY 1") == [("available", 4_000_00), ("awarded", 1_000_00)]
    assert case.sql("SELECT payee_reference FROM fund.grantee") == [("P-1",)]
    letter = get(case, "asha", f"/applications/{f['application']}/letter")
    for said in ("Your application is granted", "The need is great", "Because people need it.", "KES\u00a0600.00", "A report",
                 "first instalment is due"):
        assert said in letter
    case.work()
    assert "decided on an application" in browser(case, "asha").get("/en/notices").get_data(as_text=True)
    assert case.sql("SELECT count(*) FROM notices.notice WHERE kind = 'fund_decided'") == [(1,)]
    assert "recorded already" in decide(case, 409)
    assert "recorded already" in vote(case, 4, status=409)


def test_the_count_of_a_decision_stays_when_terms_end_and_members_step_aside(case: Any) -> None:
    vote(case, 1, 2, 3)
    decide(case)
    counted = "5 of 5 may decide; 3 needed; 3 have voted; valid."
    assert counted in get(case, "admin", here(case))
    member = "(SELECT id FROM people.person WHERE name = 'member1')"
    case.sql(f"INSERT INTO fund.recusal (id, person_id, application_id, fund_id, origin, kind, words, at) SELECT gen_random_uuid(), {member}, id, "
             "fund_id, 'declared', 'other', '', clock_timestamp() FROM fund.application WHERE id = %s", case.facts["application"])
    case.sql(f"UPDATE fund.seat SET until = begun_on + 1, begun_on = begun_on - 1 WHERE person_id <> {member}")
    later = get(case, "admin", here(case))
    assert counted in later
    assert "no quorum is possible" not in later
    assert "no longer counts" not in later
    assert "Does not count" not in later


def test_a_refusal_has_its_letter_and_reserves_nothing(case: Any) -> None:
    vote(case, 1, 2, 3, choice="against")
    page = decide(case, 409)
    assert "follows the votes" in page.split('id="outcome"')[1].split("</fieldset>")[0], "beside its field"
    assert "does not go with the decision" in decide(case, 422, outcome="declined", reason="need")
    decide(case, outcome="declined", reason="plan", words="Tell us more about the second year.")
    assert case.sql("SELECT outcome, amount FROM fund.decision") == [("declined", 0)]
    assert case.sql("SELECT count(*) FROM fund.entry WHERE kind = 'award'") == [(0,)]
    letter = get(case, "asha", f"/applications/{case.facts['application']}/letter")
    assert "Tell us more about the second year." in letter
    assert "The plan leaves too much open" in letter
    assert "You can apply again in the next call" in letter


def test_the_letter_is_nobody_elses_and_not_there_before(case: Any) -> None:
    f = case.facts
    path = f"/applications/{f['application']}/letter"
    other = make.organisation(case, "Jua", "stakeholder")
    company = make.organisation(case, "Halcyon", "company")
    for name, org, role in (("mo", other, "coordinator"), ("lead", company, "engagement_lead")):
        f[name] = make.person(case, f"{name}@x.org", seats=((org, role),))
        f["in"][name] = make.sign_in(case.client(), f"{name}@x.org")
    get(case, "asha", path, 404)
    vote(case, 1, 2, 3)
    decide(case)
    for who in ("mo", "lead"):
        get(case, who, path, 404)
        get(case, who, here(case), 403)
        get(case, who, f"/calls/{f['call']}/committee", 403)


def test_what_does_not_add_up_is_refused_and_kept(case: Any) -> None:
    vote(case, 1, 2, 3)
    for changes, said in (
            ({"part_2": "300"}, "instalments together are not the amount"), ({"amount": "1000.001"}, "2 decimal places"),
            ({"amount": "1200", "part_1": "800"}, "never more than was asked"), ({"words": "  "}, "always says why"),
            ({"amount": "", "part_1": "", "due_1": "", "part_2": "", "due_2": ""}, "A grant has an amount"),
            ({"reason": "plan"}, "does not go with the decision"), ({"part_2": ""}, "needs both an amount and the day"), ({"due_1": "2020-01-01"}, "due today or later"),
            ({"part_1": "", "due_1": "", "part_2": "", "due_2": ""}, "at least one instalment"),
            ({"part_2": "0", "part_1": "1000"}, "amount larger than zero")):
        page = decide(case, 422, **changes)
        assert said in page, (changes, said)
        if "words" not in changes:
            assert "Because people need it." in page
    for revision in ("abc", "9" * 40, ""):
        page = decide(case, 409, revision=revision)
        assert "was changed since you opened this page" in page
        assert "Because people need it." in page
    assert case.sql("SELECT count(*) FROM fund.decision") == [(0,)]
    decide(case)


def test_reasons_of_nothing_but_blanks_are_none(case: Any) -> None:
    said = post(case, "member1", f"{here(case)}/vote", 422, choice="against", words=" \n ", revision="1")
    assert "Please fill this in" in said
    assert 'value="against" checked' in said or 'checked id="choice-1"' in said
    asked = f"/applications/{case.facts['application']}/correction"
    assert "Please fill this in" in post(case, "admin", asked, 422, words="  ")
    vote(case, 1, 2, 3)
    decide(case)
    (part,) = case.sql("SELECT id FROM fund.instalment WHERE place = 2")[0]
    assert "Please fill this in" in post(case, "admin", f"/instalments/{part}/cancel", 422, words="  ")


def test_a_vote_after_the_terms_of_most_ran_out_is_refused_without_a_wrong_reason(case: Any) -> None:
    case.sql("UPDATE fund.seat SET until = begun_on + 1, begun_on = begun_on - 1")
    case.sql("UPDATE fund.seat SET until = current_date + 9 WHERE shown_as IN ('Member 1', 'Member 2')")
    case.sql("UPDATE fund.seat SET until = current_date WHERE shown_as NOT IN ('Member 1', 'Member 2')")
    page = get(case, "member1", here(case))
    assert "no quorum is possible" in page
    assert "Too few members may decide on this case now. The governing body can seat more members." in page
    assert "stepped aside" not in page.split("<main")[1].split("</main")[0]
    assert "Too few members may decide on this case now" in vote(case, 1, status=409)


def test_what_is_wrong_in_an_instalment_is_said_with_its_number(case: Any) -> None:
    vote(case, 1, 2, 3)
    page = decide(case, 422, part_1="6,00,0x", part_2="x", due_3="2020-01-01", part_3="5")
    told = page.split('id="error-summary"')[1].split("</ul>")[0]
    assert "write them in the same language as the reason" in page
    assert f'href="/en/organisation?show={case.facts["fund"]}"' in page, "where the fund’s translators are found"
    for said in ("Amount of instalment 1", "Amount of instalment 2", "Instalment 3 is due on"):
        assert said in told
    assert "due today or later" in page.split('for="due_3"')[1].split("</td>")[0]
    page = decide(case, 409, outcome="declined", reason="plan")
    said = "The decision follows the votes"
    assert said in page.split('href="#outcome-0"')[1].split("</a>")[0]
    assert said in page.split('id="outcome-error"')[1].split("</p>")[0]


def test_only_received_money_and_the_envelope_are_granted(case: Any) -> None:
    vote(case, 1, 2, 3)
    case.sql("ALTER TABLE fund.call DISABLE TRIGGER USER")
    case.sql("UPDATE fund.call SET smallest = 1, largest = 90000, envelope = 90000")
    assert "more than its envelope" in decide(case, 422)
    case.sql("UPDATE fund.call SET envelope = 10000000")
    case.sql("ALTER TABLE fund.application DISABLE TRIGGER application_stands")
    case.sql("ALTER TABLE fund.application DISABLE TRIGGER USER")
    case.sql("UPDATE fund.application SET requested = 600000")
    page = decide(case, 409, amount="6000", part_1="5600")
    assert "not enough received money" in page
    decide(case, amount="5000", part_1="4600")
    assert case.sql("SELECT amount FROM fund.decision") == [(5_000_00,)]


def test_a_change_of_the_application_voids_the_votes_and_says_so(case: Any) -> None:
    vote(case, 1, 2, 3)
    case.sql("UPDATE fund.application SET revision = 2")
    page = get(case, "member1", here(case))
    assert "The application was changed after 3 votes" in page
    assert "0 have voted; not valid yet" in page
    assert "changed since you opened" in vote(case, 1, status=409)
    assert "changed since you opened" in decide(case, 409)
    assert "not enough members" in decide(case, 409, revision="2")
    vote(case, 1, 2, 3, revision=2)
    decide(case, revision="2")


def test_a_member_may_change_her_vote(case: Any) -> None:
    vote(case, 1, 2, 3)
    vote(case, 1, 2, choice="against")
    page = get(case, "member1", here(case))
    assert "3 have voted; valid" in page
    assert page.count("Reasons of member1") == 1
    assert "follows the votes" in decide(case, 409)


def test_as_many_for_as_against_is_told_as_what_it_is(case: Any) -> None:
    vote(case, 1, 2)
    vote(case, 3, 4, choice="against")
    page = get(case, "admin", f"{here(case)}/decide")
    assert "As many votes are for a grant as against it, and so it is declined." in page
    assert "The votes are against a grant." not in page
    assert "also when as many are for as against, it is declined" in get(case, "member5", here(case))


def test_that_fewer_reviews_came_in_than_were_asked_for_is_told(case: Any) -> None:
    short = "Fewer reviews came in than this call asks for: 1 of 2."
    pages = (here(case), *(f"/calls/{case.facts['call']}/{page}" for page in ("committee", "applications")))
    assert not any(short in get(case, "admin", page) for page in pages)
    post(case, "reviewer2", f"/applications/{case.facts['application']}/step-aside", kind="other", words="")
    assert all(short in get(case, "admin", page) for page in pages)


def test_a_letter_keeps_its_language_and_the_administrator_sees_when_the_applicants_lacks(case: Any) -> None:
    case.sql("ALTER TABLE fund.application DISABLE TRIGGER USER")
    case.sql("UPDATE fund.application SET lang = 'sw'")
    vote(case, 1, 2, 3)
    assert '<option selected value="sw">' in get(case, "admin", f"{here(case)}/decide")
    decide(case, words="Parce qu’il le faut.", lang="fr", condition_2="Un rapport")
    assert case.sql("SELECT lang FROM fund.decision") == [("fr",)]
    letter = get(case, "asha", f"/applications/{case.facts['application']}/letter")
    assert 'lang="fr" dir="ltr">Parce qu’il le faut.' in letter
    assert 'lang="fr" dir="auto">Un rapport' in letter
    lacks = "The letter is not in Kiswahili yet"
    assert lacks in get(case, "admin", here(case))
    assert lacks not in get(case, "member1", here(case))
    case.sql("INSERT INTO languages.translation (id, consultation_id, subject_id, kind, field, lang, text, mark, stale) "
             "SELECT gen_random_uuid(), call_id, id, 'fund_decision', 'words', 'sw', 'Kwa sababu', 'person', false "
             "FROM fund.application")
    assert lacks not in get(case, "admin", here(case))


def test_who_becomes_conflicted_after_voting_no_longer_counts(case: Any) -> None:
    f = case.facts
    vote(case, 1, 2, 3)
    case.sql("INSERT INTO organisations.membership (id, person_id, organisation_id, role, function, begun_at) VALUES "
             "(gen_random_uuid(), %s, %s, 'contributor', '', now())", f["member3"], f["ngo"])
    case.sql(make.WHOLE)  # a new seat ends her sessions: she has signed in anew
    page = get(case, "admin", here(case))
    assert "4 of 5 may decide; 1 stepped aside; 3 needed; 2 have voted; not valid yet." in page
    assert "1 vote no longer counts, because its member stepped aside afterwards" in page
    assert "not enough members" in decide(case, 409)
    get(case, "member3", here(case), 404)
    vote(case, 3, status=404)
    vote(case, 4)
    decide(case)
    assert case.sql("SELECT seats, stepped_aside, votes_for FROM fund.decision") == [(5, 1, 3)]


def test_a_vote_after_the_quorum_was_lost_is_refused_clearly(case: Any) -> None:
    f = case.facts
    vote(case, 1)
    for who in ("member3", "member4", "member5"):
        post(case, who, f"/applications/{f['application']}/step-aside", kind="other", words="")
    page = get(case, "member1", here(case))
    assert "2 of 5 may decide; 3 stepped aside; 3 needed; 1 has voted; no quorum is possible." in page
    assert f'action="/en/fund{here(case)}/vote"' not in page
    assert "Too few members may decide" in vote(case, 2, status=409)
    assert "Too few members may decide" in decide(case, 409)
    assert "no quorum is possible" in get(case, "admin", f"/calls/{f['call']}/committee")


def test_only_members_vote_and_only_administrators_record(case: Any) -> None:
    post(case, "admin", f"{here(case)}/vote", 403, choice="for", words="x", revision="1")
    vote(case, 1, 2, 3)
    post(case, "member1", f"{here(case)}/decide", 403, **ruling())
    post(case, "reviewer3", f"{here(case)}/vote", 403, choice="for", words="x", revision="1")
    assert "Please fill this in" in post(case, "member4", f"{here(case)}/vote", 422, choice="for", words="", revision="1")


def test_two_administrators_at_once_record_one_decision(case: Any) -> None:
    f = case.facts
    f["second"] = make.person(case, "second@fund.org", seats=((f["fund"], "administrator"),))
    vote(case, 1, 2, 3)
    browsers, answers = [browser(case, "admin"), browser(case, "second")], []

    def send(client: Any) -> None:
        done = client.post(f"/en/fund{here(case)}/decide", data={"once": str(uuid.uuid4()), **ruling()})
        answers.append((done.status_code, "recorded already" in done.get_data(as_text=True)))

    threads = [threading.Thread(target=send, args=(client,)) for client in browsers]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(answers) == [(303, False), (409, True)]
    assert case.sql("SELECT count(*) FROM fund.entry WHERE kind = 'award'") == [(1,)]


def test_an_instalment_that_is_not_paid_is_cancelled_and_its_money_is_back(case: Any) -> None:
    vote(case, 1, 2, 3)
    decide(case)
    second = case.sql("SELECT id FROM fund.instalment WHERE place = 2")[0][0]
    first, grant = case.sql("SELECT id, grant_id FROM fund.instalment WHERE place = 1")[0]
    path = f"/instalments/{second}/cancel"
    assert "KES\u00a0400.00" in get(case, "admin", path)
    get(case, "treasurer", path, 403)
    post(case, "admin", path, 422, words="")
    post(case, "admin", path, words="The work ended early")
    assert "cancelled already" in post(case, "admin", path, 409, words="again")
    assert case.sql("SELECT abs(b.amount) FROM fund.balance b JOIN fund.account a ON a.id = b.account_id "
                    "WHERE a.kind = 'available'") == [(4_400_00,)]
    case.sql("INSERT INTO fund.payment (id, instalment_id, grant_id, fund_id, state, currency, amount, payee_reference) "
             "VALUES (gen_random_uuid(), %s, %s, %s, 'prepared', 'KES', 60000, 'P-1')", first, grant, case.facts["fund"])
    assert "under way or made" in post(case, "admin", f"/instalments/{first}/cancel", 409, words="No")
    assert "The work ended early" in get(case, "asha", f"/applications/{case.facts['application']}/letter")


def test_the_table_is_in_order_of_score_and_says_how_far_money_reaches(case: Any) -> None:
    f = case.facts
    from tests import make_fund

    weak = f["application"]
    other = make.organisation(case, "Jua", "stakeholder")
    strong = f["application"] = make_fund.application(case, f["call"], other, requested=4_500_00)
    assign(case, "reviewer1")
    score(case, "reviewer1", "5", "5")
    page = get(case, "member1", f"/calls/{f['call']}/committee")
    assert page.index(str(strong)) < page.index(str(weak))
    assert "Received money reaches this case." in page
    assert "does not reach this case in this order" in page
    order = act(case, "admin", lambda by: table.in_order(by, f["call"]))
    assert order == [strong]
    post(case, "member1", f"/applications/{strong}/step-aside", kind="money", words="")
    assert str(strong) not in get(case, "member1", f"/calls/{f['call']}/committee")
    get(case, "member1", f"/cases/{strong}", 404)
    home = browser(case, "member2").get("/en/home").get_data(as_text=True)
    assert "Decide on applications: Time to speak" in home
    with browser(case, "admin") as client:
        for path in (f"/calls/{f['call']}/committee", f"/cases/{weak}", f"/cases/{weak}/decide"):
            client.get(f"/en/fund{path}")
            assert g.sql <= 10, (path, g.sql)

"""What happens in the fund is told to those it concerns: once, without a word of what it is, and to nobody else."""

from typing import Any

import pytest
from tests import make
from tests.journeys import test_fund_payments as paying
from tests.journeys.test_fund_decisions import case, decide, vote
from tests.journeys.test_fund_money import came, money, promised
from tests.journeys.test_fund_payments import fund as grant
from tests.journeys.test_fund_reviews import assign, browser, fund, get, post, score

from polyphony.kernel import jobs
from polyphony.kernel.database import db
from polyphony.kernel.viewer import open_viewer
from polyphony.notices import tasks

__all__ = ["case", "fund", "grant", "money"]  # fixtures


def told(world: Any) -> dict[str, list[str]]:
    """After the worker's turn: the kinds of notice in each inbox, by the person's name."""
    world.work()
    found: dict[str, list[str]] = {}
    for name, kind in world.sql("SELECT p.name, n.kind FROM notices.notice n JOIN people.person p ON p.id = n.person_id "
                                "ORDER BY 1, 2"):
        found.setdefault(name, []).append(kind)
    world.sql("DELETE FROM notices.notice")
    return found


def test_a_company_is_told_what_became_of_its_money_and_the_treasurer_of_a_withdrawal(money: Any) -> None:
    f = money.facts
    make.person(money, "decider@halcyon.org", seats=((f["halcyon"], "decision_maker"),))
    pledge = promised(money)[1]
    assert told(money) == {}
    both = ("decider", "lead")
    assert came(money, pledge_id=pledge, amount="600").status_code == 303
    assert told(money) == {name: ["fund_money"] for name in both}, "nobody at Meridian, and not the observer"
    assert came(money, pledge_id=pledge, amount="500", bank_reference="B-2", apart="y").status_code == 303
    assert told(money) == {name: ["fund_money_more"] for name in both}
    assert "100.00" in f["lead"].get("/en/fund/promises").text, "she sees what is more than promised"
    rest = money.sql("SELECT id FROM fund.receipt WHERE state = 'unmatched'")[0][0]
    assert f["keeper"].post(f"/en/fund/receipts/{rest}/sending-back", data={"words": "Too much"}).status_code == 303
    assert told(money) == {name: ["fund_money_back"] for name in both}
    page = f["lead"].get("/en/fund/promises").text
    assert "Money beside your promises" in page
    assert "Sent back" in page
    for lead, seen in (("halcyon", 3), ("meridian", 0)):
        who = money.sql("SELECT m.person_id FROM organisations.membership m WHERE m.organisation_id = %s AND m.role = "
                        "'engagement_lead'", f[lead])[0][0]
        with money.app.test_request_context("/"):
            open_viewer(make.session_of(money, who))
            rows = db.session.connection().exec_driver_sql("SELECT count(*) FROM fund.receipt WHERE state <> 'unmatched'")
            assert rows.scalar() == seen, "row security, not the page"
    assert "Money beside" not in make.sign_in(money.client(), "lead@meridian.org").get("/en/fund/promises").text
    again = promised(money, amount="50", currency="eur")[1]
    assert f["lead"].post(f"/en/fund/promises/{again}/withdrawal", data={"amount": "50", "words": "No"}).status_code == 303
    assert told(money) == {"treasurer": ["fund_withdrawn"]}
    first = money.sql("SELECT id FROM fund.receipt WHERE bank_reference = 'B-1'")[0][0]
    assert f["keeper"].post(f"/en/fund/receipts/{first}/reversal", data={"words": "Wrong"}).status_code == 303
    assert told(money) == {name: ["fund_money_corrected"] for name in both}
    assert came(money, bank_reference="B-9").status_code == 303
    assert told(money) == {}, "nobody knows whose this is"


def test_an_applicant_is_told_of_the_correction_and_of_the_letter_the_committee_when_it_can_vote(fund: Any) -> None:
    f = fund.facts
    assign(fund, "reviewer1", "reviewer2")
    assert told(fund) == {"reviewer1": ["fund_review"], "reviewer2": ["fund_review"]}
    score(fund, "reviewer1", "5", "4")
    assert told(fund) == {}, "the other has not locked yet"
    post(fund, "member1", f"/applications/{f['application']}/step-aside", kind="money", words="")
    score(fund, "reviewer2", "2", "1")
    seated = [name for name in f if name.startswith("member") and name != "member1"]
    assert told(fund) == {name: ["fund_ready"] for name in seated}, "not who stepped aside"
    applicants = [name for name, in fund.sql(
        "SELECT p.name FROM fund.applicant a JOIN organisations.membership m USING (organisation_id) JOIN people.person p "
        "ON p.id = m.person_id WHERE a.application_id = %s AND m.role IN ('coordinator', 'contributor')", f["application"])]
    post(fund, "admin", f"/applications/{f['application']}/correction", words="The dates, please")
    assert told(fund) == {name: ["fund_correction"] for name in applicants} != {}


def test_the_letter_is_told_to_the_applicants_people_alone(case: Any) -> None:
    told(case)
    vote(case, 1, 2, 3)
    assert told(case) == {}
    decide(case)
    found = told(case)
    assert found
    assert all(kinds == ["fund_decided"] for kinds in found.values())
    assert not {"admin", "treasurer", "reviewer1", "member1"} & set(found)


def test_a_grantee_is_told_when_an_instalment_leaves_and_when_the_bank_has_paid(grant: Any) -> None:
    url = paying._prepared(grant)
    paying._post(grant, "approver", f"{url}/approve")
    assert told(grant) == {}
    paying._post(grant, "releaser", f"{url}/release")
    assert told(grant) == {"asha": ["fund_released"]}
    paying._post(grant, "treasurer", f"{url}/confirm")
    world = grant
    world.work()
    page = paying._get(world, "asha@ngo.org", "/en/notices")
    assert "The bank has paid an instalment" in page
    assert f"/en/fund/grants/{world.facts['grant']}" in page
    assert told(world) == {"asha": ["fund_paid"]}


def test_a_grantee_is_told_when_an_instalment_is_cancelled(grant: Any) -> None:
    second = grant.facts["second"]
    paying._post(grant, "admin", f"/en/fund/instalments/{second}/cancel", words="The work ended early.")
    grant.work()
    page = paying._get(grant, "asha@ngo.org", "/en/notices")
    assert "The fund has cancelled an instalment" in page
    assert f"/en/fund/grants/{grant.facts['grant']}" in page
    assert told(grant) == {"asha": ["fund_cancelled"]}


def test_mail_is_sent_to_who_asked_and_says_nothing(money: Any) -> None:
    money.sql("UPDATE people.person SET mail_opt_in = true WHERE name = 'lead'")
    assert came(money, pledge_id=promised(money)[1], amount="600").status_code == 303
    money.work()
    mails = money.mails()
    assert len(mails) == 1
    assert not any(word in mails[0].lower() for word in ("fund", "money", "600", "kes", "promise"))


def test_a_worker_killed_between_posting_and_notice_tells_once(money: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job is there exactly when the entry is; killed half-way it leaves no notice, and the next run makes one."""
    pledge = promised(money)[1]
    with monkeypatch.context() as broken:
        broken.setattr(jobs, "defer_each", lambda *a, **kw: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            came(money, pledge_id=pledge, amount="600")
    assert money.sql("SELECT count(*) FROM fund.entry") == [(0,)], "no entry without its notice"
    money.sql("UPDATE people.person SET mail_opt_in = true WHERE name = 'lead'")
    assert came(money, pledge_id=pledge, amount="600").status_code == 303
    put = tasks._put

    def killed(rows: Any) -> None:
        put(rows)
        raise SystemError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(tasks, "_put", killed)
        money.work()
    assert money.sql("SELECT count(*) FROM notices.notice") == [(0,)]
    money.sql("UPDATE jobs.procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
    money.work()
    money.work()
    assert told(money) == {"lead": ["fund_money"]}
    assert len(money.mails()) == 1


def test_every_notice_of_the_fund_leads_somewhere(case: Any) -> None:
    """The page behind each notice is there for who is told."""
    told(case)
    case.sql("UPDATE people.person SET mail_opt_in = false")
    call = case.sql("SELECT id FROM fund.call")[0][0]
    case.sql("INSERT INTO notices.notice (id, person_id, kind, consultation_id, day, seen, mail, key) SELECT "
             "gen_random_uuid(), %s, 'fund_ready', %s, current_date, false, 'none', '\\x01'::bytea", case.facts["member2"], call)
    assert f"/en/fund/calls/{call}/committee" in browser(case, "member2").get("/en/notices").text
    assert get(case, "member2", f"/calls/{call}/committee")



def test_what_happened_one_after_the_other_on_a_day_is_told_the_latest_first(grant: Any) -> None:
    told = {"fund_cancelled": "has cancelled", "fund_returned": "grant back", "fund_paid": "has paid an instalment", "fund_released": "is on its way",
            "fund_decided": "decided on an application", "fund_correction": "to correct its application"}
    for _ in range(3):  # their ids are random
        grant.sql("DELETE FROM notices.notice")
        for kind in reversed(told):
            grant.sql("INSERT INTO notices.notice (id, person_id, kind, consultation_id, day, seen, mail, key) SELECT "
                      "gen_random_uuid(), id, %s, gen_random_uuid(), current_date, false, 'none', %s "
                      "FROM people.person WHERE name = 'asha'", kind, kind.encode())
        page = make.sign_in(grant.client(), "asha@ngo.org").get("/en/notices").get_data(as_text=True)
        places = [page.index(said) for said in told.values()]
        assert places == sorted(places)

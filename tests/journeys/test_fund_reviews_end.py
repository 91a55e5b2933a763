"""How a review ends otherwise than by its lock: taken back, withdrawn beneath it, its reviewer stepped aside."""

import json
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from tests.journeys.test_fund_reviews import JOIN, LEAVE, assign, browser, fund, get, post, score  # noqa: F401
from tests.security.test_fund_database import act, refused

from polyphony.fund.reviewing import rules, service
from polyphony.kernel.database import db
from polyphony.kernel.refusals import refusal_for
from polyphony.notices.readers import of as readers


def test_a_review_that_is_not_locked_is_taken_back_with_its_draft(fund: Any) -> None:  # noqa: F811
    """A reviewer who left, or went silent, keeps no case waiting; what she drafted was seen by nobody else."""
    f = fund.facts
    assign(fund, "reviewer1", "reviewer2")
    score(fund, "reviewer1", "4", "4")
    score(fund, "reviewer2", "3", "", lock=False)
    fund.sql(LEAVE.replace("administrator", "reviewer"), 0, f["reviewer2"])
    assert "not ready" in get(fund, "member1", f"/cases/{f['application']}")
    here = f"/applications/{f['application']}/reviewers"
    page = get(fund, "admin", here)
    assert "what she has drafted goes" in page
    assert "reviewer2" in page
    ids = dict(fund.sql("SELECT person_id, id FROM fund.assignment"))
    assert "This review is locked" in post(fund, "admin", f"{here}/take-back", 409, assignment_id=str(ids[f["reviewer1"]]))
    post(fund, "reviewer1", f"{here}/take-back", 403, assignment_id=str(ids[f["reviewer2"]]))
    post(fund, "admin", f"{here}/take-back", assignment_id=str(ids[f["reviewer2"]]))
    assert fund.sql("SELECT person_id FROM fund.assignment") == [(f["reviewer1"],)]
    assert fund.sql("SELECT DISTINCT assignment_id FROM fund.score") == [(ids[f["reviewer1"]],)]
    assert "not valid yet" in get(fund, "member1", f"/cases/{f['application']}")
    assert "what she has drafted goes" not in get(fund, "admin", here)


def test_the_database_takes_a_review_back_for_an_administrator_of_its_fund_alone(fund: Any) -> None:  # noqa: F811
    f, given = fund.facts, {}
    assign(fund, "reviewer1", "reviewer2")
    fund.sql("INSERT INTO fund.recusal (id, application_id, fund_id, person_id, origin, kind, words, at) SELECT "
             "gen_random_uuid(), %s, %s, id, 'declared', 'other', '', now() FROM people.person WHERE id = %s",
             f["application"], f["fund"], f["approver"])
    fund.sql(JOIN, f["approver"], f["fund"], "administrator")
    for person, id in fund.sql("SELECT person_id, id FROM fund.assignment"):
        given[person] = id
    asked = {"given": given[f["reviewer1"]], "case": f["application"]}

    def take(by: Any) -> Any:
        return db.session.scalar(sa.text("SELECT fund.take_review_back(:given, :case)"), asked)

    with psycopg.connect(fund.server.url("polyphony_app", fund.name)) as connection:
        connection.execute("SELECT set_config('polyphony.fund_admin', %s, true)", [f"{{{f['fund']}}}"])
        told = connection.execute("SELECT fund.take_review_back(%(given)s, %(case)s)", asked).fetchone()
    assert told == (False,), "no fact is believed without its seal"
    assert [act(fund, who, take) for who in ("reviewer1", "member1", "asha", "approver", "admin")] == [
        False, False, False, False, True], "who stepped aside is no administrator of this case"


def test_a_score_that_comes_while_the_review_is_taken_back_is_told_so(fund: Any) -> None:  # noqa: F811
    f = fund.facts
    assign(fund, "reviewer1")
    (criterion,) = fund.sql("SELECT id FROM fund.criterion WHERE place = 1")[0]

    def meanwhile(by: Any) -> None:
        service.score(by, application_id=f["application"], given=[(criterion, 3, "")])
        db.session.flush()
        fund.sql("DELETE FROM fund.assignment")

    with pytest.raises(sa.exc.IntegrityError) as no:
        act(fund, "reviewer1", meanwhile)
    assert refused(no) == "score_assignment_id_fkey"
    assert type(refusal_for(no.value)) is rules.ReviewTakenBack


def test_a_withdrawn_application_is_read_by_nobody_of_the_fund(fund: Any) -> None:  # noqa: F811
    f = fund.facts
    assign(fund, "reviewer1", "reviewer2")
    score(fund, "reviewer1", "4", "4")
    score(fund, "reviewer2", "3", "", lock=False)
    pages = {"admin": f"/calls/{f['call']}/applications", "member1": f"/calls/{f['call']}/committee", "reviewer2": "/reviews"}
    assert all("title in words" in get(fund, who, path) for who, path in pages.items())
    post(fund, "asha", f"/applications/{f['application']}/withdrawal")
    for who, path in pages.items():
        assert "title in words" not in get(fund, who, path), who
    assert "Sauti" not in get(fund, "admin", pages["admin"])
    for who, path in (("admin", f"/applications/{f['application']}/reviewers"), ("admin", f"/cases/{f['application']}"),
                      ("member1", f"/cases/{f['application']}"), ("reviewer1", f"/reviews/{f['application']}"),
                      ("reviewer2", f"/reviews/{f['application']}"), ("reviewer2", f"/reviews/{f['application']}/lock")):
        get(fund, who, path, 404)
    post(fund, "reviewer2", f"/reviews/{f['application']}/lock", 404, words="", lang="en")
    assert "application to review" not in browser(fund, "reviewer2").get("/en/home").get_data(as_text=True)
    assert "title in words" in get(fund, "asha", f"/applications/{f['application']}/check")


def test_no_review_is_locked_before_the_rooms_were_asked_about_conflicts(fund: Any) -> None:  # noqa: F811
    f, here = fund.facts, f"/reviews/{fund.facts['application']}"
    post(fund, "admin", f"/applications/{f['application']}/reviewers", person_id=str(f["reviewer1"]))
    score(fund, "reviewer1", "5", "5", lock=False)
    page = post(fund, "reviewer1", f"{here}/lock", 409, words="In all", lang="en")
    assert "Conflicts of interest are still being looked for. Your scores are kept" in page
    assert "In all" in page
    fund.work()
    for named in ({"person_id": f["reviewer1"]}, {"call_id": f["call"]}):
        fund.sql("SELECT jobs.defer('fund.ask_rooms', %s::jsonb, NULL)", json.dumps({key: str(id) for key, id in named.items()}))
        post(fund, "reviewer1", f"{here}/lock", 409, words="In all", lang="en")
        fund.work()
    fund.sql("SELECT jobs.defer('fund.ask_rooms', %s::jsonb, NULL)", json.dumps({"person_id": str(f["reviewer2"])}))
    post(fund, "reviewer1", f"{here}/lock", words="In all", lang="en")
    assert "Sauti" in get(fund, "reviewer1", here)


ASIDE = ("INSERT INTO fund.recusal (id, application_id, fund_id, person_id, origin, kind, words, at) VALUES (gen_random_uuid(), "
         "%s, %s, %s, 'declared', 'family', '', now())")


def test_a_lock_whose_reviewer_stepped_aside_makes_no_case_ready(fund: Any) -> None:  # noqa: F811
    """Otherwise a case would be decided without any valid review."""
    f = fund.facts
    assign(fund, "reviewer1")
    score(fund, "reviewer1", "5", "5")
    assert "not valid yet" in get(fund, "member1", f"/cases/{f['application']}")
    with fund.worker.app_context():
        assert len(readers("voters", None, str(f["call"]))) == 5
    fund.sql(ASIDE, f["application"], f["fund"], f["reviewer1"])
    assert "not ready" in get(fund, "member1", f"/cases/{f['application']}")
    with fund.worker.app_context():
        assert readers("voters", None, str(f["call"])) == set()
    assign(fund, "reviewer2")
    score(fund, "reviewer2", "4", "4")
    assert "not valid yet" in get(fund, "member1", f"/cases/{f['application']}")


def test_a_decided_case_asks_nobody_for_a_review_and_stays_readable(fund: Any) -> None:  # noqa: F811
    f = fund.facts
    assign(fund, "reviewer1")
    score(fund, "reviewer1", "5", "5")
    fund.sql("SET session_replication_role = replica; UPDATE fund.application SET state = 'decided'")
    here = f"/applications/{f['application']}/reviewers"
    assert '<select' not in get(fund, "admin", here).split("<main")[1].split("</main")[0]
    assert "This application is decided: nobody" in post(fund, "admin", here, 409, person_id=str(f["reviewer2"]))
    fund.sql(ASIDE, f["application"], f["fund"], f["reviewer1"])
    assert "not ready" not in get(fund, "member1", f"/cases/{f['application']}")


def test_the_committee_reads_who_stepped_aside_when_it_may_know_who_applies(fund: Any) -> None:  # noqa: F811
    """Who steps aside and why ("belongs to the applicant") names the applicant to whoever knows the person."""
    f = fund.facts
    fund.sql(ASIDE, f["application"], f["fund"], f["member2"])
    assign(fund, "reviewer1")
    assert "family or friendship" not in get(fund, "member1", f"/cases/{f['application']}")
    assert "family or friendship" in get(fund, "admin", f"/cases/{f['application']}")
    score(fund, "reviewer1", "5", "5")
    assert "family or friendship" in get(fund, "member1", f"/cases/{f['application']}")


def test_who_read_the_name_in_the_committee_is_not_asked_for_a_review(fund: Any) -> None:  # noqa: F811
    f, here = fund.facts, f"/applications/{fund.facts['application']}/reviewers"
    for who in ("member1", "member2"):
        fund.sql(JOIN, f[who], f["fund"], "reviewer")
    fund.sql("UPDATE fund.seat SET begun_on = current_date - 9, until = current_date - 3 WHERE person_id = %s", f["member2"])
    assert str(f["member1"]) in get(fund, "admin", here), "nothing is locked, so she knows nothing"
    assign(fund, "reviewer1")
    score(fund, "reviewer1", "5", "5")
    page = get(fund, "admin", here)
    assert str(f["member1"]) not in page
    assert str(f["member2"]) in page, "her term was over when it was locked"
    assert "Whoever could see it does not review" in post(fund, "admin", here, 422, person_id=str(f["member1"]))


def test_who_left_the_fund_reads_no_name_that_she_once_unsealed(fund: Any) -> None:  # noqa: F811
    f = fund.facts
    assign(fund, "reviewer1")
    score(fund, "reviewer1", "5", "5")

    def names(by: Any) -> Any:
        return db.session.scalar(sa.text("SELECT count(*) FROM fund.applicant"))

    assert act(fund, "reviewer1", names) == 1
    fund.sql(LEAVE.replace("administrator", "reviewer"), 0, f["reviewer1"])
    assert act(fund, "reviewer1", names) == 0


def test_what_is_locked_is_not_said_to_be_missing(fund: Any) -> None:  # noqa: F811
    assign(fund, "reviewer1")
    score(fund, "reviewer1", "5", "5")
    page = get(fund, "reviewer1", f"/reviews/{fund.facts['application']}/lock")
    assert "They stand as they are." in page
    assert "missing" not in page


def test_the_committees_desk_names_a_call_in_the_readers_language(fund: Any) -> None:  # noqa: F811
    f = fund.facts
    fund.sql("INSERT INTO languages.translation (id, consultation_id, kind, subject_id, field, lang, text, mark, stale) VALUES "
             "(gen_random_uuid(), %s, 'fund_call', %s, 'title', 'fr', 'Du temps', 'person', false)", f["call"], f["call"])
    assign(fund, "reviewer1")
    score(fund, "reviewer1", "5", "5")
    for lang, title, other in (("fr", "Du temps", "Time to speak"), ("en", "Time to speak", "Du temps")):
        home = browser(fund, "member1").get(f"/{lang}/home").get_data(as_text=True)
        assert title in home
        assert other not in home

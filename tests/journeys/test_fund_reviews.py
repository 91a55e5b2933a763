"""Reviews of applications: nobody with a conflict, nobody's name, nobody else's scores before locking one's own."""

import re
import uuid
from fractions import Fraction
from typing import Any

import pytest
from tests import make, make_fund
from tests.security.test_fund_database import act, decide, grant, receipt, vote

from polyphony.fund.reviewing import rules


@pytest.fixture
def fund(world: Any) -> Any:
    """A fund, a closed call, one application of Sauti."""
    f = world.facts
    make_fund.fund(world)
    f["ngo"] = make.organisation(world, "Sauti Collective", "stakeholder")
    f["asha"] = make.person(world, "asha@x.org", seats=((f["ngo"], "coordinator"),))
    f["call"] = make_fund.call(world, f["fund"])
    f["application"] = make_fund.application(world, f["call"], f["ngo"])
    f["in"] = {}
    return world


def browser(world: Any, who: str) -> Any:
    """Whoever it is, signed in once for the whole test."""
    known = world.facts["in"]
    if who not in known:
        known[who] = make.sign_in(world.client(), f"{who}@fund.org" if who != "asha" else "asha@x.org")
    return known[who]


def get(world: Any, who: str, path: str, status: int = 200) -> str:
    answer = browser(world, who).get(f"/en/fund{path}")
    assert answer.status_code == status, (who, path, answer.status_code)
    return str(answer.get_data(as_text=True))


def post(world: Any, who: str, path: str, status: int = 303, **data: Any) -> str:
    answer = browser(world, who).post(f"/en/fund{path}", data={"once": str(uuid.uuid4()), **data})
    text = str(answer.get_data(as_text=True))
    assert answer.status_code == status, (who, path, answer.status_code, text[-3000:])
    return text


def assign(world: Any, *reviewers: str) -> None:
    f = world.facts
    for who in reviewers:
        post(world, "admin", f"/applications/{f['application']}/reviewers", person_id=str(f[who]))
    world.sql("SET search_path = jobs; DELETE FROM procrastinate_jobs WHERE task_name = 'fund.ask_rooms'")  # no room knows anything


def score(world: Any, who: str, *values: str, lock: bool = True) -> None:
    here = f"/reviews/{world.facts['application']}"
    given = {f"value_{n}": value for n, value in enumerate(values)}
    post(world, who, here, **given, words_0=f"{who} on need", words_1="")
    if lock:
        post(world, who, f"{here}/lock", words=f"{who} in all", lang="en")


def test_a_review_from_being_asked_to_being_locked(fund: Any) -> None:
    f = fund.facts
    here = f"/reviews/{f['application']}"
    assert "Nothing to review" in get(fund, "reviewer1", "/reviews")
    get(fund, "reviewer1", here, 404)
    assign(fund, "reviewer1", "reviewer2")
    assert "has this application already" in post(
        fund, "admin", f"/applications/{f['application']}/reviewers", 409, person_id=str(f["reviewer1"]))
    assert "title in words" in get(fund, "reviewer1", "/reviews")
    home = browser(fund, "reviewer1").get("/en/home").get_data(as_text=True)
    assert "1 application to review" in home
    page = get(fund, "reviewer1", here)
    assert "plan in words" in page
    assert "Need" in page
    assert "1,000.00" in page
    assert "Sauti" not in page
    score(fund, "reviewer2", "2", "")
    before = get(fund, "reviewer1", here)
    assert "reviewer2 on need" not in before
    assert "reviewer2 in all" not in before
    assert "Sauti" not in before
    assert "Give at least one score" in post(fund, "reviewer1", f"{here}/lock", 409, words="My remark", lang="en")
    score(fund, "reviewer1", "5", "3", lock=False)
    check = get(fund, "reviewer1", f"{here}/lock")
    assert "Your weighted mean is 4.2." in check  # (5 × 60 + 3 × 40) / 100
    post(fund, "reviewer1", f"{here}/lock", words="Strong", lang="en")
    after = get(fund, "reviewer1", here)
    assert "Sauti Collective" in after
    assert "reviewer2 on need" in after
    assert "missing" in after
    assert ">2.0<" in after
    assert ">4.2<" in after
    assert "All reviewers: 3.1<" in after
    assert "are locked" in post(fund, "reviewer1", here, 409, value_0="0", value_1="0", words_0="", words_1="")
    assert fund.sql("SELECT count(*) FROM audit.row WHERE verb = 'applicant.unsealed'") == [(2,)]


def test_drafts_of_scores_stay_unseen_by_who_has_locked(fund: Any) -> None:
    assign(fund, "reviewer1", "reviewer2")
    score(fund, "reviewer2", "1", "1", lock=False)
    score(fund, "reviewer1", "5", "5")
    page = get(fund, "reviewer1", f"/reviews/{fund.facts['application']}")
    assert "reviewer2 on need" not in page
    assert "Reviewer 2" not in page


def test_bad_scores_are_refused_and_what_was_typed_stays(fund: Any) -> None:
    assign(fund, "reviewer1")
    page = post(fund, "reviewer1", f"/reviews/{fund.facts['application']}", 422, value_0="6", value_1="4",
                words_0="Kept words", words_1="")
    assert "Kept words" in page
    assert '<option selected value="4">' in page


def test_who_has_a_conflict_is_never_asked_and_the_page_says_why(fund: Any) -> None:
    f = fund.facts
    fund.sql("INSERT INTO organisations.membership (id, person_id, organisation_id, role, function, begun_at) VALUES "
             "(gen_random_uuid(), %s, %s, 'contributor', '', now())", f["reviewer1"], f["ngo"])
    assert fund.sql("SELECT person_id, origin, kind FROM fund.recusal") == [(f["reviewer1"], "found", "member")]
    page = get(fund, "admin", f"/applications/{f['application']}/reviewers")
    assert "reviewer1" in page
    assert "belongs, or belonged" in page
    assert f'value="{f["reviewer1"]}"' not in page
    assert "steps aside" in post(fund, "admin", f"/applications/{f['application']}/reviewers", 409,
                                 person_id=str(f["reviewer1"]))
    post(fund, "admin", f"/applications/{f['application']}/reviewers", 422, person_id=str(f["asha"]))
    post(fund, "reviewer2", f"/applications/{f['application']}/reviewers", 403, person_id=str(f["reviewer2"]))


JOIN = ("INSERT INTO organisations.membership (id, person_id, organisation_id, role, function, begun_at) VALUES "
        "(gen_random_uuid(), %s, %s, %s, '', now() - interval '9 days')")
LEAVE = ("INSERT INTO organisations.membership_end (membership_id, at, by, reason) SELECT id, now() - %s * interval '1 day', "
         "person_id, 'x' FROM organisations.membership WHERE role = 'administrator' AND person_id = %s")


def test_an_administrator_is_never_asked_for_a_review_because_she_can_see_who_applies(fund: Any) -> None:
    f, here = fund.facts, f"/applications/{fund.facts['application']}/reviewers"
    for who in ("reviewer1", "reviewer2", "reviewer3"):
        fund.sql(JOIN, f[who], f["fund"], "administrator")
    fund.sql(LEAVE, 0, f["reviewer2"])  # she was one when it was sent, and could see it
    fund.sql(LEAVE, 3, f["reviewer3"])  # she was one before
    fund.sql("UPDATE fund.application SET submitted_on = current_date - 1")
    page = get(fund, "admin", here)
    assert [str(f[who]) in page for who in ("reviewer1", "reviewer2", "reviewer3")] == [False, False, True]
    assert page.count("reviewer1") == page.count("reviewer2") == 1, "she is named, and why she is not offered"
    assert "can see who applies" in page
    assert "Stepped aside" not in page
    for who in ("reviewer1", "reviewer2"):
        refused = post(fund, "admin", here, 422, person_id=str(f[who]))
        assert "Whoever could see it does not review the application" in refused
        assert "Choose somebody else." in refused
    post(fund, "admin", f"/calls/{f['call']}/share-out")
    assert fund.sql("SELECT person_id FROM fund.assignment") == [(f["reviewer3"],)]


def test_a_reviewer_who_becomes_administrator_reads_no_name_before_she_locks(fund: Any) -> None:
    f = fund.facts
    assign(fund, "reviewer1", "reviewer2")
    fund.sql(JOIN, f["reviewer1"], f["fund"], "administrator")
    pages = (f"/reviews/{f['application']}", f"/calls/{f['call']}/applications", f"/cases/{f['application']}",
             f"/applications/{f['application']}/reviewers", f"/applications/{f['application']}/correction")
    assert not [page for page in pages if "Sauti" in get(fund, "reviewer1", page)]
    assert "Nothing found" in get(fund, "reviewer1", f"/calls/{f['call']}/applications?q=sauti")
    assert "Sauti" in get(fund, "admin", pages[1])
    score(fund, "reviewer1", "4", "4")
    assert all("Sauti" in get(fund, "reviewer1", page) for page in pages[:2])


def test_a_conflict_that_arises_later_is_found_and_does_not_keep_the_case_waiting(fund: Any) -> None:
    f = fund.facts
    assign(fund, "reviewer1", "reviewer2")
    score(fund, "reviewer2", "4", "4")
    assert "not ready" in get(fund, "member1", f"/cases/{f['application']}")
    fund.sql("INSERT INTO organisations.membership (id, person_id, organisation_id, role, function, begun_at) VALUES "
             "(gen_random_uuid(), %s, %s, 'contributor', '', now())", f["reviewer1"], f["ngo"])
    get(fund, "reviewer1", f"/reviews/{f['application']}", 404)
    assert "title in words" not in get(fund, "reviewer1", "/reviews")
    assert "not valid yet" in get(fund, "member1", f"/cases/{f['application']}")


def test_an_application_that_comes_in_has_its_conflicts_found(fund: Any) -> None:
    f = fund.facts
    other = make.organisation(fund, "Jua", "stakeholder")
    fund.sql("INSERT INTO organisations.membership (id, person_id, organisation_id, role, function, begun_at) VALUES "
             "(gen_random_uuid(), %s, %s, 'contributor', '', now())", f["member2"], other)
    second = make_fund.application(fund, f["call"], other)
    found = fund.sql("SELECT application_id, kind FROM fund.recusal WHERE person_id = %s ORDER BY kind", f["member2"])
    assert found == [(f["application"], "applies_too"), (second, "member")]
    fund.sql("DELETE FROM fund.recusal")
    fund.sql("SELECT fund.find_conflicts(NULL, NULL)")
    assert len(fund.sql("SELECT 1 FROM fund.recusal")) == 2


def test_who_steps_aside_sees_the_case_on_no_path(fund: Any) -> None:
    f = fund.facts
    assign(fund, "reviewer1", "reviewer2")
    score(fund, "reviewer1", "4", "4")
    paths = [f"/reviews/{f['application']}", f"/reviews/{f['application']}/lock", f"/applications/{f['application']}/step-aside"]
    never = browser(fund, "reviewer1").get(f"/en/fund/reviews/{uuid.uuid4()}")
    post(fund, "reviewer1", f"/applications/{f['application']}/step-aside", 422, kind="", words="My cousin")
    post(fund, "reviewer1", f"/applications/{f['application']}/step-aside", kind="family", words="My cousin")
    for path in paths:
        answer = browser(fund, "reviewer1").get(f"/en/fund{path}")
        assert (answer.status_code, answer.data) == (404, never.data), path
    assert "title in words" not in get(fund, "reviewer1", "/reviews")
    assert "title in words" not in browser(fund, "reviewer1").get("/en/home").get_data(as_text=True)
    post(fund, "reviewer1", f"/applications/{f['application']}/step-aside", 404, kind="family", words="")
    people = get(fund, "admin", f"/applications/{f['application']}/reviewers")
    assert "My cousin" in people
    assert "family or friendship" in people
    score(fund, "reviewer2", "2", "2")
    case = get(fund, "member1", f"/cases/{f['application']}")
    assert "left out: she stepped aside later" in case
    assert ">2.0<" in case
    assert ">4.0<" not in case
    assert "My cousin" not in case


def test_one_of_the_fund_who_joins_the_applicant_reads_it_as_applicant_only(fund: Any) -> None:
    """Whoever belongs to both sees her organisation's application where applicants do, and the case nowhere."""
    f = fund.facts
    act(fund, "treasurer", lambda by: receipt(by, f["fund"], 5_000_00, "r1"))
    assign(fund, "reviewer1", "reviewer2")
    for who in ("reviewer1", "reviewer2"):
        score(fund, who, "4", "4")
    vote(fund, 1, 2, 3)
    decide(fund)
    grant(fund)
    second = make_fund.application(fund, f["call"], make.organisation(fund, "Jua", "stakeholder"))
    everybody = ("admin", "member1", "reviewer1", "treasurer", "approver", "releaser", "translator")
    fund.sql("UPDATE fund.part SET words = 'the title of Jua' WHERE application_id = %s AND name = 'title'", second)
    desks = {"admin": (f"/calls/{f['call']}/applications", f"/calls/{f['call']}/committee"), "reviewer1": ("/reviews",),
             "member1": (f"/calls/{f['call']}/committee",), "treasurer": (f"/{f['fund']}/payments",)}
    seen = {(who, path): "title in words" in get(fund, who, path) or "Sauti" in get(fund, who, path)
            for who, paths in desks.items() for path in paths}
    assert all(seen.values()), seen
    for who in everybody:
        fund.sql("INSERT INTO organisations.membership (id, person_id, organisation_id, role, function, begun_at) VALUES "
                 "(gen_random_uuid(), %s, %s, 'coordinator', '', now())", f[who], f["ngo"])
        fund.sql(make.WHOLE)  # a new seat ends her sessions: she has signed in anew
        assert "title in words" in get(fund, who, f"/applications/{f['application']}/check"), "her own organisation's"
        assert "Because" in get(fund, who, f"/applications/{f['application']}/letter")
        assert "KES" in get(fund, who, f"/grants/{f['grant']}")
    for who, path in seen:
        page = get(fund, who, path)
        assert "title in words" not in page, (who, path)
        assert "Sauti" not in page, (who, path)
        assert "Jua" not in page, "she applies too, so she decides on nobody in this call"
    for path in (f"/applications/{f['application']}/correction", f"/applications/{f['application']}/reviewers",
                 f"/cases/{f['application']}", f"/cases/{f['application']}/decide", f"/cases/{second}"):
        get(fund, "admin", path, 404)
    get(fund, "treasurer", f"/instalments/{f['instalments'][0]}/prepare", 404)
    assert "title in words" in get(fund, "member2", f"/cases/{f['application']}"), "others go on"


def test_reviews_are_shared_out_evenly_past_conflicts(fund: Any) -> None:
    f = fund.facts
    others = [make.organisation(fund, f"Org {n}", "stakeholder") for n in range(5)]
    for each in others:
        make_fund.application(fund, f["call"], each)
    fund.sql("INSERT INTO organisations.membership (id, person_id, organisation_id, role, function, begun_at) VALUES "
             "(gen_random_uuid(), %s, %s, 'contributor', '', now())", f["reviewer1"], others[0])
    post(fund, "reviewer1", f"/calls/{f['call']}/share-out", 403)
    get(fund, "admin", f"/calls/{f['call']}/share-out")
    post(fund, "admin", f"/calls/{f['call']}/share-out")
    loads = fund.sql("SELECT person_id, count(*) FROM fund.assignment GROUP BY 1 ORDER BY 2")
    assert loads == [(loads[0][0], 6), (loads[1][0], 6)]  # reviewer1 applies too, in every case of this call
    assert f["reviewer1"] not in {person for person, _ in loads}
    post(fund, "admin", f"/calls/{f['call']}/share-out")
    assert fund.sql("SELECT count(*) FROM fund.assignment") == [(12,)]


def test_reviews_wait_for_the_deadline_and_each_page_keeps_its_budget_of_statements(fund: Any) -> None:
    f = fund.facts
    assign(fund, "reviewer1", "reviewer2")
    score(fund, "reviewer1", "5", "1")
    from flask import g

    with browser(fund, "reviewer1") as client:
        for path, most in (("/reviews", 6), (f"/reviews/{f['application']}", 6)):
            client.get(f"/en/fund{path}")
            assert g.sql <= most, (path, g.sql)
    fund.sql("DELETE FROM fund.lock")
    fund.sql("ALTER TABLE fund.call DISABLE TRIGGER USER")
    fund.sql("UPDATE fund.call SET state = 'open', closes_at = now() + interval '1 day'")
    assert "when the call is closed" in post(fund, "admin", f"/applications/{f['application']}/reviewers", 409,
                                             person_id=str(f["reviewer3"]))


def test_means_count_only_what_was_given() -> None:
    a, b = uuid.uuid4(), uuid.uuid4()
    weights = {a: 60, b: 40}
    assert rules.mean({a: 5, b: 3}, weights) == Fraction(21, 5)
    assert rules.mean({a: 2, b: None}, weights) == 2
    assert rules.mean({a: None}, weights) is None
    assert rules.together([None, Fraction(2), Fraction(4)]) == 3
    assert rules.far_apart([Fraction(4), Fraction(5, 2)])
    assert not rules.far_apart([Fraction(4), Fraction(3)])
    assert rules.far_apart([], [[5, 2, None]])
    assert not rules.far_apart([None], [[None], []])


def test_who_judges_is_told_what_is_not_translated_yet(fund: Any) -> None:
    f = fund.facts
    fund.sql("ALTER TABLE fund.call DISABLE TRIGGER USER; UPDATE fund.call SET languages = '{en,fr}'")
    fund.sql("UPDATE fund.part SET lang = 'fr', words = 'mots: ' || name")
    fund.sql("ALTER TABLE fund.application DISABLE TRIGGER USER; UPDATE fund.application SET lang = 'fr'")
    warned = get(fund, "admin", f"/calls/{f['call']}/share-out")
    assert "1 application is not translated into every language" in warned
    done = browser(fund, "admin").post(f"/en/fund/calls/{f['call']}/share-out", data={"once": str(uuid.uuid4())})
    assert "2 reviews asked for." in browser(fund, "admin").get(done.headers["Location"]).get_data(as_text=True)
    again = browser(fund, "admin").post(f"/en/fund/calls/{f['call']}/share-out", data={"once": str(uuid.uuid4())})
    assert "No further review was asked for" in browser(fund, "admin").get(again.headers["Location"]).get_data(as_text=True)
    who = "reviewer1" if "mots" in get(fund, "reviewer1", "/reviews") else "reviewer2"
    here = f"/reviews/{f['application']}"
    page = get(fund, who, here)
    assert "7 texts of this application are not translated" in page, "its budget too"
    assert page.count("Not translated yet") == 6
    french = browser(fund, who).get(f"/fr/fund{here}").get_data(as_text=True)
    assert "translated" not in french.split("<main")[1].split("<form")[0]
    fund.sql("INSERT INTO languages.translation (id, consultation_id, kind, subject_id, field, lang, text, mark, stale) SELECT "
             "gen_random_uuid(), %s, 'fund_part', id, 'words', 'en', 'words: ' || name, 'person', false FROM fund.part", f["call"])
    assert "1 text of this application is not translated" in get(fund, who, here)
    assert "1 application is not translated" in get(fund, "admin", f"/calls/{f['call']}/share-out")
    fund.sql("INSERT INTO languages.translation (id, consultation_id, kind, subject_id, field, lang, text, mark, stale) SELECT "
             "gen_random_uuid(), %s, 'fund_part', id, 'words', 'en', 'Hours', 'machine', true FROM fund.budget_line", f["call"])
    page = get(fund, who, here)
    assert "not translated" not in page
    line = page.split("<caption>Budget in")[1].split("</tr>\n<tr")[0].split("<tbody>")[1].split("</th>")[0]
    for told in ('<bdi lang="en">Hours</bdi>', "Translated by a machine", "The original has changed since", '<bdi lang="fr">Time</bdi>'):
        assert told in line
    assert "not translated" not in get(fund, "admin", f"/calls/{f['call']}/share-out")


def test_from_the_deadline_to_the_second_reviews_can_be_asked_for_and_not_before(fund: Any) -> None:
    f = fund.facts
    table, share = f"/calls/{f['call']}/committee", f"/calls/{f['call']}/share-out"
    fund.sql("ALTER TABLE fund.call DISABLE TRIGGER USER")
    fund.sql("UPDATE fund.call SET state = 'open', closes_at = now() + interval '1 day'")
    page = get(fund, "member1", table)
    assert "The call is still open" in page
    assert "Can still be changed" in page
    assert "In review" not in page.split("<tbody")[1]
    assert "share-out" not in get(fund, "admin", table)
    assert "Reviews begin when the call is closed" in post(fund, "admin", share, 409)
    fund.sql("UPDATE fund.call SET closes_at = now()")
    assert "The call is still open" not in get(fund, "member1", table)
    assert "share-out" in get(fund, "admin", table)
    assert "Reviews begin" not in get(fund, "admin", f"/applications/{f['application']}/reviewers")
    button = '<button type="submit"'
    assert button in get(fund, "admin", share).split("<main")[1].split("</main")[0]
    post(fund, "admin", share)
    assert fund.sql("SELECT count(*) FROM fund.assignment") == [(2,)]
    for state, said in (("open", "Reviews begin when the call is closed"), ("decided", "nobody is asked for a review any more")):
        fund.sql("UPDATE fund.call SET closes_at = now() + interval '1 day', state = %s", state)
        page = get(fund, "admin", share).split("<main")[1].split("</main")[0]
        assert said in page
        assert button not in page
        assert said in post(fund, "admin", share, 409)
    assert fund.sql("SELECT count(*) FROM fund.assignment") == [(2,)]


def test_a_budget_in_another_script_stands_in_line_with_its_heading(fund: Any) -> None:
    """Words that are written from the right keep to the side on which the table's other words stand."""
    fund.sql("UPDATE fund.budget_line SET words = 'الوقت'")
    assign(fund, "reviewer1")
    page = get(fund, "reviewer1", f"/reviews/{fund.facts['application']}")
    assert re.search(r'<th scope="row"><bdi lang="en">الوقت</bdi></th>', page)
    assert '<fieldset class="group sheet">' not in page

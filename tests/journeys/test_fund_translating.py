"""The texts of an application in other languages: by the applicant's own translators and the fund's."""

from tests import make
from tests.journeys.test_fund_applying import BUDGET, PROJECT, cast, keep, once, sent
from tests.journeys.test_fund_decisions import case, decide, fund, vote
from tests.journeys.test_fund_reviews import browser, get

from polyphony.fund.retention import never_sent
from polyphony.kernel import clock
from polyphony.kernel.database import db
from polyphony.kernel.retention import Now

__all__ = ["case", "cast", "fund"]  # fixtures


def test_parts_are_translated_by_the_applicants_own_and_the_funds_translators(world, cast):
    id = sent(world, cast)
    make.person(world, "lead@c.org", seats=((make.organisation(world, "Tern"), "engagement_lead"),))
    company = make.sign_in(world.client(), "lead@c.org")
    theirs = make.sign_in(world.client(), "translator@fund.org")
    part = world.sql("SELECT id FROM fund.part WHERE name = 'title'")[0][0]
    need = world.sql("SELECT id FROM fund.part WHERE name = 'need'")[0][0]
    desk = f"/en/consultations/{cast['call']}/translations"
    page = cast["tomo"].get(desk).get_data(as_text=True)
    named = [f"{name} · \u2068Heures pour parler\u2069" for name in ("In a few sentences", "Why it is needed",
                                                                        "What you will do, and when")]
    places = [page.index(each) for each in ("Title of the project ·", *named)]
    assert places == sorted(places), "in the order of the application"
    assert "Why it is needed" in cast["tomo"].get(f"{desk}?q=heures+pour").get_data(as_text=True), "found by its project"
    assert "Keep her meaning" in theirs.get(f"{desk}/fund_part/{need}/words/en").get_data(as_text=True)
    own = theirs.get(f"{desk}/fund_call/{cast['call']}/title/fr").get_data(as_text=True)
    assert "Keep the meaning" in own
    assert "Keep her meaning" not in own
    assert "Heures" not in company.get(desk).get_data(as_text=True)
    assert company.get(f"{desk}/fund_part/{part}/words/en").status_code == 404
    for who, subject, text in ((cast["tomo"], part, "Hours to speak"), (theirs, need, "Time costs")):
        place = f"{desk}/fund_part/{subject}/words/en"
        assert who.post(place, data={"text": text, "revision": make.revision(who, place), **once()}).status_code == 303
    assert "Hours to speak" in cast["admin_in"].get(f"/en/fund/calls/{cast['call']}/applications").get_data(as_text=True)
    assert keep(cast["asha"], id, "project", {**PROJECT, "title": "Temps pour parler"}).status_code == 303
    assert world.sql("SELECT stale FROM languages.translation WHERE subject_id = %s", part) == [(True,)]
    assert world.sql("SELECT stale FROM languages.translation WHERE subject_id = %s", need) == [(False,)]
    for path in (f"applications/{id}", f"applications/{id}/check", f"calls/{cast['call']}/applications",
                 f"applications/{id}/correction"):
        assert company.get(f"/en/fund/{path}").status_code in (403, 404), path


def test_budget_lines_are_translated_and_a_translation_stays_with_its_line(world, cast):
    id = sent(world, cast)
    desk = f"/en/consultations/{cast['call']}/translations"
    assert "The budget · \u2068Heures pour parler\u2069" in cast["tomo"].get(desk).get_data(as_text=True)
    (time,), (transport,) = world.sql("SELECT id FROM fund.budget_line ORDER BY place")
    theirs = make.sign_in(world.client(), "translator@fund.org")
    for who, line, text in ((cast["tomo"], time, "Time"), (theirs, transport, "Travel")):
        place = f"{desk}/fund_part/{line}/words/en"
        assert who.post(place, data={"text": text, "revision": make.revision(who, place), **once()}).status_code == 303
    make.person(world, "lead@d.org", seats=((make.organisation(world, "Reed"), "engagement_lead"),))
    company = make.sign_in(world.client(), "lead@d.org")
    assert company.get(f"{desk}/fund_part/{time}/words/en").status_code == 404

    def stale():
        return world.sql("SELECT text, stale FROM languages.translation WHERE kind = 'fund_part' ORDER BY text")

    moved = {**BUDGET, "rows-0-said": "Transport", "rows-0-amount": "500,50", "rows-1-said": "Temps", "rows-1-amount": "500"}
    assert keep(cast["asha"], id, "budget", moved).status_code == 303
    assert world.sql("SELECT id, place, amount FROM fund.budget_line ORDER BY place") == [
        (transport, 1, 50050), (time, 2, 50000)]
    assert stale() == [("Time", False), ("Travel", False)]
    assert keep(cast["asha"], id, "budget", {**moved, "rows-0-said": "Trains"}).status_code == 303
    assert world.sql("SELECT words FROM fund.budget_line WHERE id = %s", transport) == [("Trains",)]
    assert stale() == [("Time", False), ("Travel", True)]
    three = {**moved, "rows-0-said": "Autocars", "rows-1-amount": "400", "rows-2-said": "Eau", "rows-2-amount": "100"}
    assert keep(cast["asha"], id, "budget", three).status_code == 303
    one = {"requested": "900", "rows-0-said": "Temps", "rows-0-amount": "400", "rows-1-said": "Pluie", "rows-1-amount": "500"}
    assert keep(cast["asha"], id, "budget", one).status_code == 303
    assert world.sql("SELECT id FROM fund.budget_line WHERE place = 1") == [(time,)]
    assert keep(cast["asha"], id, "budget", {"requested": "900", "rows-0-said": "Temps", "rows-0-amount": "900"}).status_code == 303
    assert world.sql("SELECT id, place FROM fund.budget_line") == [(time, 1)]
    assert stale() == [("Time", False)]
    assert world.sql("SELECT count(*) FROM languages.work") == [(1,)], "who translated what is gone is forgotten"
    world.sql("INSERT INTO uploads.attachment (id, kind, subject_id, number, format, size, key, day, withheld) VALUES "
              "(gen_random_uuid(), 'application', %s, 1, 'png', 5, decode(repeat('00', 32), 'hex'), current_date, false)", id)
    for state, left in (("submitted", 1), ("withdrawn", 0)):
        world.sql("SET session_replication_role = replica; UPDATE fund.call SET opens_at = '2019-01-01Z', closes_at = "
                  f"'2019-05-01Z'; UPDATE fund.application SET state = '{state}'")
        with world.worker.app_context():
            never_sent(Now(clock.today(), [], [], 1000))
            db.session.commit()
        assert len(stale()) == left, "a translation lasts as long as what it translates"
        assert len(world.sql("SELECT 1 FROM uploads.attachment")) == left, "so does a file"


def test_a_letter_is_translated_by_the_funds_administrators_and_translators_alone(case):
    f = case.facts
    (call,) = case.sql("SELECT call_id FROM fund.application WHERE id = %s", f["application"])[0]
    case.sql("UPDATE fund.call SET languages = '{en,fr}'")
    organisation = make.organisation(case, "Words", "stakeholder")
    make.person(case, "tina@fund.org", seats=((f["fund"], "translator"),))
    make.person(case, "olga@words.org", seats=((organisation, "translator"), (organisation, "coordinator")))
    theirs, stranger = (make.sign_in(case.client(), who) for who in ("tina@fund.org", "olga@words.org"))
    place = f"/en/consultations/{call}/translations/fund_decision/{f['application']}/words/fr"
    assert theirs.get(place).status_code == 404, "nothing is decided yet"
    vote(case, 1, 2, 3)
    decide(case)
    assert "A letter from the fund" in theirs.get(f"/en/consultations/{call}/translations?kind=fund_decision").get_data(as_text=True)
    assert f"/en/consultations/{call}/translations?kind=fund_decision" in get(case, "admin", f"/cases/{f['application']}")
    assert "kind=fund_decision" not in get(case, "member1", f"/cases/{f['application']}")
    for who in (stranger, browser(case, "member1"), browser(case, "reviewer1")):
        assert who.get(place).status_code in (403, 404)
    for who, text in ((theirs, "Parce que les gens en ont besoin."), (browser(case, "admin"), "Les gens en ont besoin.")):
        assert "Because people need it." in who.get(place).get_data(as_text=True)
        assert who.post(place, data={"text": text, "revision": make.revision(who, place), **once()}).status_code == 303
    asha = browser(case, "asha")
    letter = asha.get(f"/fr/fund/applications/{f['application']}/letter").get_data(as_text=True)
    assert "Les gens en ont besoin." in letter
    assert "Because people need it." in letter, "the original stands beside"

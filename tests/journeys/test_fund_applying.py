"""An application from the questions before it to the confirmation, by a stakeholder organisation in its language."""

import re
import uuid
from datetime import timedelta

import psycopg
import pytest
from flask_babel import force_locale
from tests import make, make_fund

from polyphony.fund.calls.models import Eligibility
from polyphony.kernel import clock
from polyphony.kernel.database import db
from polyphony.kernel.money import TooManyDecimals

PROJECT = {"title": "Heures pour parler", "summary": "Nous payons le temps.", "need": "Parler coûte du temps.", "country": "SN"}
PLAN = {"plan": "Trois rencontres.", "people": "Deux animatrices."}
SAFETY = {"safety": "Aucun nom.", "at_risk": "y", "level": "no_name"}
BUDGET = {"requested": "1 000,50", "rows-0-said": "Temps", "rows-0-amount": "600,25", "rows-1-said": "Transport",
          "rows-1-amount": "400,25"}


def once():
    return {"once": str(uuid.uuid4())}


@pytest.fixture
def cast(world):
    w = world.facts
    make_fund.fund(world, members=1, reviewers=1)
    w["call"] = make_fund.call(world, w["fund"], state="open", languages=["en", "fr"], largest=5_000_00,
                               closes_at=make.now() + timedelta(days=3))
    make.add(world, Eligibility(id=uuid.uuid4(), call_id=w["call"], place=1, question="Are you registered?", must_be=True,
                                otherwise="Only registered organisations can apply."))
    w["ngo"] = make.organisation(world, "Sauti", "stakeholder")
    for name, role in (("asha", "coordinator"), ("binta", "contributor"), ("tomo", "translator")):
        w[f"{name}_id"] = make.person(world, f"{name}@x.org", seats=((w["ngo"], role),))
        w[name] = make.sign_in(world.client(), f"{name}@x.org")
    w["admin_in"] = make.sign_in(world.client(), "admin@fund.org")
    return w


def begun(world, cast):
    answer = cast["asha"].post(f"/fr/fund/calls/{cast['call']}/apply", data={"q0": "yes", "lang": "fr", **once()})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return world.sql("SELECT id FROM fund.application")[0][0]


def revision(client, url):
    page = client.get(url).get_data(as_text=True)
    return page.split('name="revision"')[1].split('value="')[1].split('"')[0]


def keep(client, id, step, values, lang="fr", **more):
    url = f"/{lang}/fund/applications/{id}/{step}"
    return client.post(url, data={**values, "revision": revision(client, url), **once(), **more})


def filled(world, cast):
    id = begun(world, cast)
    for step, values in (("project", PROJECT), ("plan", PLAN), ("budget", BUDGET), ("safety", SAFETY)):
        answer = keep(cast["asha"], id, step, values)
        assert answer.status_code == 303, answer.get_data(as_text=True)
    return id


def sent(world, cast):
    id = filled(world, cast)
    answer = cast["asha"].post(f"/fr/fund/applications/{id}/check", data={"payee_reference": "P-9", **once()})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return id


def close(world):
    from polyphony.fund.calls.tasks import turn_with_time
    closes = world.sql("SELECT closes_at FROM fund.call")[0][0]
    with clock.at(closes), world.worker.app_context():
        turn_with_time()
        db.session.commit()
    return closes


def test_from_the_questions_to_the_confirmation(world, cast):
    apply = f"/en/fund/calls/{cast['call']}/apply"
    no = cast["asha"].post(apply, data={"q0": "no", "lang": "en", **once()})
    assert no.status_code == 422
    assert "Only registered organisations can apply." in no.get_data(as_text=True)
    assert world.sql("SELECT count(*) FROM fund.application") == [(0,)], "nothing is stored"
    assert world.sql("SELECT count(*) FROM kernel.once WHERE place LIKE %s", "%apply%") == [(0,)]
    assert cast["admin_in"].get(apply).status_code == 403
    assert cast["tomo"].post(apply, data={"q0": "yes", "lang": "en", **once()}).status_code == 403
    id = begun(world, cast)
    again = cast["binta"].post(apply, data={"q0": "yes", "lang": "en", **once()})
    assert again.headers["Location"].endswith(str(id)), "one application for each organisation"
    assert world.sql("SELECT count(*), min(lang) FROM fund.application") == [(1, "fr")]
    assert cast["admin_in"].get(f"/en/fund/calls/{cast['call']}/applications").get_data(as_text=True).count("Sauti") == 0

    base = f"/en/fund/applications/{id}"
    early = cast["asha"].post(f"{base}/check", data=once())
    assert early.status_code == 409
    assert "Fill in: Title of the project" in early.get_data(as_text=True)
    assert keep(cast["asha"], id, "project", PROJECT).status_code == 303
    tasks = cast["binta"].get(base).get_data(as_text=True)
    assert "Heures pour parler" in tasks
    assert "Complete" in tasks
    assert "Not begun" in tasks
    assert keep(cast["asha"], id, "plan", PLAN).status_code == 303
    assert keep(cast["asha"], id, "safety", SAFETY).status_code == 303
    assert keep(cast["asha"], id, "budget", BUDGET).status_code == 303
    assert world.sql("SELECT words, amount FROM fund.budget_line ORDER BY place") == [("Temps", 60025), ("Transport", 40025)]
    check = cast["asha"].get(f"{base}/check").get_data(as_text=True)
    assert "1,000.50" in check
    number = cast["asha"].post(f"{base}/check", data={"payee_reference": "GB29NWBK60161331926819", **once()})
    assert (number.status_code, "This looks like an account number" in number.get_data(as_text=True)) == (422, True)
    done = cast["asha"].post(f"{base}/check", data={"payee_reference": "P-9", **once()})
    assert done.status_code == 303
    page = cast["asha"].get(base).get_data(as_text=True)
    assert "Your application has arrived" in page
    assert "Next date:" in page
    assert world.sql("SELECT state, requested, country, at_risk, level, submitted_on IS NOT NULL FROM fund.application") == [
        ("submitted", 100050, "SN", True, "no_name", True)]
    assert world.sql("SELECT payee_reference FROM fund.applicant") == [("P-9",)]
    assert world.sql("SELECT \"on\" BETWEEN current_date - 1 AND current_date FROM fund.application_hand") == [(True,)]
    listed = cast["admin_in"].get(f"/en/fund/calls/{cast['call']}/applications").get_data(as_text=True)
    assert "Sauti" in listed
    assert "0 of 0" in listed


def test_from_its_opening_to_its_deadline_a_call_takes_applications_to_the_second(world, cast):
    """Nobody waits for the job that notes the opening, and nobody gains a minute from the job that notes the end."""
    world.sql("ALTER TABLE fund.call DISABLE TRIGGER USER")
    world.sql("UPDATE fund.call SET state = 'scheduled', opens_at = now() - interval '1 second'")
    id = sent(world, cast)
    assert keep(cast["asha"], id, "plan", {**PLAN, "plan": "Quatre rencontres."}).status_code == 303
    world.sql("UPDATE fund.call SET state = 'open', closes_at = now()")
    with pytest.raises(psycopg.errors.CheckViolation) as no:
        world.sql("UPDATE fund.application SET requested = requested + 1")
    assert no.value.diag.constraint_name == "application_stands"
    assert keep(cast["asha"], id, "plan", {**PLAN, "plan": "Trop tard."}).status_code == 409


def test_a_budget_is_exact_and_nothing_typed_is_lost(world, cast):
    id = begun(world, cast)
    for changes, sentence in (
        ({"rows-1-amount": "300,25"}, "The difference is KES\u00a0100.00"), ({"rows-0-amount": "600,255"}, "KES has 2 decimal places"),
        ({"requested": "mille"}, "Write an amount in digits"), ({"requested": "6 000"}, "gives at most KES\u00a05,000.00"),
        ({"rows-1-said": ""}, "Please fill this in."), ({"rows-1-amount": "0"}, "Write an amount above zero."),
    ):
        values = {name: value.replace(" ", "").replace(",", ".") if name != "rows-0-said" and value != "mille" else value
                  for name, value in {**BUDGET, **changes}.items()}
        if "300,25" in changes.values():
            values["requested"] = "1000.50"
        answer = keep(cast["asha"], id, "budget", values, lang="en")
        text = answer.get_data(as_text=True)
        assert answer.status_code == 422, changes
        assert sentence in text, changes
        assert "Transport" in text or not changes.get("rows-1-said", "x")
    assert world.sql("SELECT count(*) FROM fund.budget_line") == [(0,)]
    later = keep(cast["asha"], id, "budget", {**BUDGET, "rows-1-amount": "300,25"}, later="1")
    assert later.status_code == 303
    assert world.sql("SELECT sum(amount) FROM fund.budget_line") == [(90050,)]
    missing = cast["asha"].get(f"/en/fund/applications/{id}").get_data(as_text=True)
    assert "The lines add up to KES\u00a0900.50, but you ask for KES\u00a01,000.50." in missing


def test_what_is_wrong_in_a_line_of_the_budget_is_said_with_its_number(world, cast):
    id = begun(world, cast)
    answer = keep(cast["asha"], id, "budget", {**BUDGET, "rows-0-amount": "x", "rows-1-amount": "y"}, lang="en")
    told = answer.get_data(as_text=True).split('id="error-summary"')[1].split("</ul>")[0]
    assert "Line 1 · Amount · " in told
    assert "Line 2 · Amount · " in told


def test_two_people_write_and_both_texts_stay(world, cast):
    id = begun(world, cast)
    url = f"/en/fund/applications/{id}/plan"
    seen = revision(cast["binta"], url)
    assert keep(cast["asha"], id, "plan", {"plan": "Asha was first.", "people": ""}).status_code == 303
    second = cast["binta"].post(url, data={"plan": "Binta was second.", "people": "", "revision": seen, **once()})
    text = second.get_data(as_text=True)
    assert second.status_code == 409
    assert "Asha was first." in text
    assert "Binta was second." in text
    fresh = text.split('name="revision"')[1].split('value="')[1].split('"')[0]
    assert cast["binta"].post(url, data={"plan": "Both were here.", "people": "", "revision": fresh, **once()}).status_code == 303
    assert world.sql("SELECT words, revision FROM fund.part") == [("Both were here.", 2)]
    assert world.sql("SELECT count(*) FROM fund.application_hand") == [(2,)]


def test_of_two_colleagues_choices_about_safety_the_more_protective_stays_until_she_has_seen_it(world, cast):
    id = begun(world, cast)
    url = f"/en/fund/applications/{id}/safety"
    seen = revision(cast["binta"], url)
    assert keep(cast["asha"], id, "safety", {"safety": "Same words.", "at_risk": "y", "level": "region"}).status_code == 303
    second = cast["binta"].post(url, data={"safety": "Same words.", "level": "full", "revision": seen, **once()})
    text = second.get_data(as_text=True)
    assert second.status_code == 409
    present = text.split("The present version")[1].split("</section>")[0]
    assert "How openly a grant may be shown" in present
    assert "People could be harmed if this grant became known" in present
    assert "Same words." not in present
    assert re.search(r'<input[^>]*checked[^>]*value="region"', text)
    assert re.search(r'<input[^>]*checked[^>]*name="at_risk"', text)
    assert world.sql("SELECT level, at_risk FROM fund.application") == [("region", True)]


def test_where_the_work_happens_is_told_to_a_colleague_who_chose_otherwise(world, cast):
    id = begun(world, cast)
    url = f"/en/fund/applications/{id}/project"
    seen = revision(cast["binta"], url)
    assert keep(cast["asha"], id, "project", PROJECT).status_code == 303
    second = cast["binta"].post(url, data={**PROJECT, "country": "KE", "revision": seen, **once()})
    assert second.status_code == 409
    assert "Senegal" in second.get_data(as_text=True).split("The present version")[1].split("</section>")[0]


def test_what_she_never_touched_is_not_set_back(world, cast):
    id = begun(world, cast)
    url = f"/en/fund/applications/{id}/project"
    assert keep(cast["asha"], id, "project", {**PROJECT, "country": "KE"}).status_code == 303
    seen = revision(cast["binta"], url)
    assert keep(cast["asha"], id, "project", PROJECT).status_code == 303
    text = cast["binta"].post(url, data={**PROJECT, "country": "KE", "title": "Hers", "revision": seen, **once()}).get_data(as_text=True)
    assert "Senegal" in text.split("The present version")[1].split("</section>")[0], "what her colleague chose is told"
    form = text.split("</section>")[1]
    assert 'value="Hers"' in form
    assert '<option selected value="SN">' in form, "for she had chosen nothing else"
    assert '<option selected value="KE">' not in form


def test_the_deadline_loses_no_word_and_only_a_correction_opens_again(world, cast):
    id = sent(world, cast)
    assert keep(cast["asha"], id, "plan", {**PLAN, "plan": "Quatre rencontres."}).status_code == 303
    assert world.sql("SELECT revision FROM fund.application") == [(2,)], "a change voids votes"
    emptied = keep(cast["asha"], id, "plan", {**PLAN, "people": ""})
    assert emptied.status_code == 422
    close(world)
    late = keep(cast["asha"], id, "plan", {**PLAN, "plan": "Trop tard mais écrit."}, lang="en")
    assert late.status_code == 409
    assert "Trop tard mais écrit." in late.get_data(as_text=True)
    with pytest.raises(psycopg.errors.CheckViolation) as no:
        world.sql("UPDATE fund.application SET requested = requested + 1")
    assert no.value.diag.constraint_name == "application_stands"

    ask = f"/en/fund/applications/{id}/correction"
    assert cast["asha"].get(ask).status_code == 403
    page = cast["admin_in"].get(ask).get_data(as_text=True)
    assert "Her application is in Français" in page
    assert re.search(r'<option selected value="fr"', page)
    english = {"words": "Please say who travels.", "lang": "en"}
    assert cast["admin_in"].post(ask, data={**english, **once()}).status_code == 303
    assert world.sql("SELECT lang FROM fund.change_request") == [("en",)]
    assert cast["admin_in"].post(ask, data={"words": "Twice.", **once()}).status_code == 409
    page = cast["asha"].get(f"/en/fund/applications/{id}").get_data(as_text=True)
    assert "Please say who travels." in page
    assert "The fund asks for a correction" in cast["asha"].get("/en/home").get_data(as_text=True)
    assert keep(cast["asha"], id, "plan", {**PLAN, "people": "Binta voyage."}).status_code == 303
    assert cast["asha"].post(f"/en/fund/applications/{id}/check", data={"payee_reference": "P-9", **once()}).status_code == 303
    assert world.sql("SELECT revision FROM fund.application") == [(4,)]
    assert world.sql("SELECT done_on IS NOT NULL FROM fund.change_request") == [(True,)]
    assert keep(cast["asha"], id, "plan", {**PLAN, "people": "Encore."}).status_code == 409


def test_the_fund_goes_on_without_a_correction_that_does_not_come(world, cast):
    id = sent(world, cast)
    close(world)
    ask = f"/en/fund/applications/{id}/correction"
    assert cast["admin_in"].post(f"{ask}/none", data=once()).status_code == 409, "nothing was asked"
    assert cast["admin_in"].post(ask, data={"words": "Please say who travels.", **once()}).status_code == 303
    assert cast["admin_in"].post(f"{ask}/none", data=once()).status_code == 303
    assert world.sql("SELECT done_on IS NOT NULL FROM fund.change_request") == [(True,)]
    assert keep(cast["asha"], id, "plan", {**PLAN, "people": "Trop tard."}).status_code == 409, "what was sent stands"


def test_a_draft_that_missed_the_deadline_is_kept_and_a_sent_one_can_be_withdrawn(world, cast):
    id = filled(world, cast)
    closes = world.sql("SELECT closes_at FROM fund.call")[0][0]
    with clock.at(closes):
        late = cast["asha"].post(f"/en/fund/applications/{id}/check", data={"payee_reference": "", **once()})
    assert late.status_code == 409
    assert "The deadline has passed" in late.get_data(as_text=True)
    close(world)
    assert keep(cast["asha"], id, "plan", {**PLAN, "plan": "Tapé à minuit."}).status_code == 303, "her own draft stays hers"
    page = cast["asha"].get(f"/en/fund/applications/{id}").get_data(as_text=True)
    assert "this application was not sent" in page
    assert cast["admin_in"].get(f"/en/fund/applications/{id}/correction").status_code == 404, "a draft is nobody else’s"
    with pytest.raises(psycopg.errors.CheckViolation):
        world.sql("UPDATE fund.application SET state = 'submitted'")
    assert cast["asha"].post(f"/en/fund/applications/{id}/withdrawal", data=once()).status_code == 303
    assert world.sql("SELECT state FROM fund.application") == [("withdrawn",)]
    assert "What you wrote is kept for you." in cast["asha"].get(f"/en/fund/applications/{id}").get_data(as_text=True)


def test_her_home_tells_of_an_open_call_then_of_what_she_sent_and_the_list_of_calls_that_she_applied(world, cast):
    home = lambda: cast["asha"].get("/en/home").get_data(as_text=True)  # noqa: E731
    listed = lambda: cast["asha"].get("/en/fund/calls").get_data(as_text=True)  # noqa: E731
    assert "Apply to the fund: Time to speak" in home()
    assert "You have applied" not in listed()
    assert "Apply to the fund" not in cast["admin_in"].get("/en/home").get_data(as_text=True)
    id = sent(world, cast)
    assert "Apply to the fund" not in home()
    told = home().split("What you have sent to the fund")[1]
    assert f"/en/fund/applications/{id}" in told
    assert "Heures pour parler" in told
    assert "You have applied" in listed()
    assert "You have applied" not in cast["admin_in"].get("/en/fund/calls").get_data(as_text=True)


def test_after_the_deadline_withdrawing_is_said_to_be_final(world, cast):
    id = sent(world, cast)
    url = f"/en/fund/applications/{id}"
    assert "you can take it up again" in cast["asha"].get(url).get_data(as_text=True)
    close(world)
    page = cast["asha"].get(url).get_data(as_text=True)
    assert "you can take it up again" not in page
    assert "withdrawn now cannot be sent again" in page


def test_a_call_that_is_not_open_offers_no_form_and_says_when_it_opens(world, cast):
    world.sql("ALTER TABLE fund.call DISABLE TRIGGER USER")
    world.sql("UPDATE fund.call SET state = 'scheduled', opens_at = '2099-03-04 10:30Z', closes_at = '2099-05-06 10:00Z'")
    base = f"/en/fund/calls/{cast['call']}"
    page = cast["asha"].get(f"{base}/apply").get_data(as_text=True)
    assert 'name="q0"' not in page
    for text in (page, cast["asha"].get("/en/fund/calls").get_data(as_text=True),
                 cast["asha"].get(base).get_data(as_text=True).split("<aside")[0]):
        assert "Applications begin" in text
        assert 'datetime="2099-03-04T10:30' in text
    kept = cast["asha"].post(f"{base}/apply", data={"q0": "yes", "lang": "sw", **once()})
    assert kept.status_code == 409
    assert re.search(r'selected[^>]*value="sw"', kept.get_data(as_text=True)), "what was typed is kept"


def test_the_sum_is_told_while_she_types_and_without_scripts_when_she_asks(world, cast):
    id = begun(world, cast)
    url, here = f"/fr/fund/applications/{id}/budget/sum", f"/fr/fund/applications/{id}/budget"
    page = cast["asha"].get(here).get_data(as_text=True)
    assert f'hx-post="{url}"' in page
    assert f'formaction="{url}"' in page
    typed = {"requested": "1000", "rows-0-said": "", "rows-0-amount": "600,25", "rows-1-said": "Transport", "rows-1-amount": "٣٠٠"}
    part = cast["asha"].post(url, data=typed, headers={"HX-Request": "true", "HX-Target": "sum"})
    told = part.get_data(as_text=True)
    assert part.status_code == 200
    assert told.lstrip().startswith('<div id="sum"')
    assert "KES\u00a0900,25" in told
    assert "KES\u00a099,75" in told, "what is still missing"
    whole = cast["asha"].post(url, data=typed)
    text = whole.get_data(as_text=True)
    assert whole.status_code == 200
    assert told.strip() in text, "the same words with scripts and without"
    for kept in ("600,25", "Transport", "٣٠٠"):
        assert f'value="{kept}"' in text
    assert world.sql("SELECT count(*) FROM fund.budget_line") == [(0,)], "nothing is kept"
    assert world.sql("SELECT requested FROM fund.application") == [(0,)]
    other = make.organisation(world, "Voix", "stakeholder")
    make.person(world, "else@x.org", seats=((other, "coordinator"),))
    assert make.sign_in(world.client(), "else@x.org").post(url, data=typed).status_code == 404


def test_wrong_decimals_are_told_at_the_line_in_her_language(world, cast):
    id = begun(world, cast)
    with world.app.test_request_context("/fr/"), force_locale("fr"):
        wrong = str(TooManyDecimals(currency="KES", digits=2).message)
    assert "decimal places" not in wrong, "it is in French"
    typed = {"requested": "600,255", "rows-0-said": "Salaires", "rows-0-amount": "600,255", "rows-1-said": "Route", "rows-1-amount": "7"}
    shown = [keep(cast["asha"], id, "budget", typed),
             cast["asha"].post(f"/fr/fund/applications/{id}/budget/sum", data=typed)]
    for answer in shown:
        line = answer.get_data(as_text=True).split("rows-0-said", 1)[1].split("rows-1-said", 1)[0]
        assert line.count(wrong) == 1, line
        assert 'aria-invalid="true"' in line
    part = cast["asha"].post(f"/fr/fund/applications/{id}/budget/sum", data=typed, headers={"HX-Request": "true", "HX-Target": "sum"})
    assert wrong in part.get_data(as_text=True)
    assert 'href="#rows-0-amount"' in part.get_data(as_text=True)
    assert "KES\u00a07,00" in part.get_data(as_text=True), "the others are added all the same"

"""A call from its first line to its end, by the fund's administrator, a translator and the clock."""

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from tests import make, make_fund

from polyphony.kernel import clock

TERMS = {"source_lang": "en", "title": "Time to speak", "plain": "Money for time.", "about": "Speaking takes time.",
         "who_can_apply": "Stakeholder organisations.", "what_for": "Time, travel, care.", "languages": ["en", "fr"],
         "currency": "KES", "envelope": "1,000,000", "smallest": "10,000", "largest": "200,000.50",
         "time_zone": "Africa/Nairobi", "reviews_each": "2"}
CRITERIA = {"rows-0-name": "Need", "rows-0-words": "Is it needed?", "rows-0-weight": "60", "rows-1-name": "Plan",
            "rows-1-weight": "40"}
QUESTIONS = {"rows-0-question": "Are you registered?", "rows-0-must_be": "yes",
             "rows-0-otherwise": "Only registered organisations can apply."}


def once():
    return {"once": str(uuid.uuid4())}


def dates(**changes):
    now = make.now()
    return {"opens_at": (now + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M"),
            "closes_at": (now + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M"), **changes}


@pytest.fixture
def fund(world):
    make_fund.fund(world, members=1, reviewers=1)
    for who in ("admin", "translator", "treasurer"):
        world.facts[f"{who}_in"] = make.sign_in(world.client(), f"{who}@fund.org")
    return world


def begun(world, **changes):
    answer = world.facts["admin_in"].post("/en/fund/calls/new", data={**TERMS, **dates(), **once(), **changes})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return world.sql("SELECT id FROM fund.call")[0][0]


def turn(world):
    from polyphony.fund.calls.tasks import turn_with_time
    from polyphony.kernel.database import db
    with world.worker.app_context():
        turn_with_time()
        db.session.commit()


def state(world):
    return world.sql("SELECT state FROM fund.call")[0][0]


def announced(world):
    """A call with criteria and a question, in English alone, announced."""
    id, admin = begun(world, languages=["en"]), world.facts["admin_in"]
    for path, rows in (("criteria", CRITERIA), ("questions", QUESTIONS)):
        assert admin.post(f"/en/fund/calls/{id}/{path}", data={**rows, **once()}).status_code == 303
    assert admin.post(f"/en/fund/calls/{id}/preparation", data=once()).status_code == 303
    return id


def test_a_deadline_that_no_page_could_show_is_refused_and_kept(fund):
    for far in ("9999-12-31T23:59", "2050-01-01T00:00"):
        answer = fund.facts["admin_in"].post("/en/fund/calls/new", data={**TERMS, **dates(closes_at=far), **once()})
        assert answer.status_code == 422
        assert "too far ahead" in answer.text.split('id="closes_at-error"')[1].split("</p>")[0]
        assert far in answer.text
    begun(fund, **dates(closes_at=(make.now() + timedelta(days=3600)).strftime("%Y-%m-%dT%H:%M")))


@pytest.mark.parametrize(("path", "rows", "field"), [("criteria", CRITERIA, "name"), ("questions", QUESTIONS, "question")])
def test_a_criterion_or_question_taken_away_takes_its_translations_along(fund, path, rows, field):
    id, admin, translator = begun(fund), fund.facts["admin_in"], fund.facts["translator_in"]
    table = "criterion" if path == "criteria" else "eligibility"
    assert admin.post(f"/en/fund/calls/{id}/{path}", data={**rows, **once()}).status_code == 303
    (subject,) = fund.sql(f"SELECT id FROM fund.{table} ORDER BY place")[0]
    piece = f"/en/consultations/{id}/translations/fund_{table}/{subject}/{field}/fr"
    for words in ("En anglais", "En français"):  # she corrects herself
        said = {"text": words, "revision": make.revision(translator, piece), **once()}
        assert translator.post(piece, data=said).status_code == 303
    assert fund.sql("SELECT text FROM languages.translation") == [("En français",)]
    assert admin.post(f"/en/fund/calls/{id}/{path}", data={**rows, **once()}).status_code == 303, "the same words anew"
    assert fund.sql("SELECT (SELECT count(*) FROM languages.translation), (SELECT count(*) FROM languages.work)") == [(0, 0)]


def test_from_draft_to_open_in_two_languages(fund):
    id, admin, translator = begun(fund), fund.facts["admin_in"], fund.facts["translator_in"]
    base = f"/en/fund/calls/{id}"
    assert fund.client().get(base).status_code == 404, "a draft is nobody else's business"
    assert fund.sql("SELECT envelope, smallest, largest FROM fund.call") == [(1_000_000_00, 10_000_00, 200_000_50)]
    page = admin.get(f"{base}/preparation").get_data(as_text=True)
    assert "Say by which criteria applications are judged." in page
    assert "Some texts are not yet translated into Français." in page
    assert f"/en/consultations/{id}/translations?into=fr" in page
    wrong = admin.post(f"{base}/criteria", data={**CRITERIA, "rows-1-weight": "30", **once()})
    assert wrong.status_code == 303
    assert "add up to 90, not to 100" in admin.get(f"{base}/preparation").get_data(as_text=True)
    ids = {f"rows-{n}-id": str(row[0]) for n, row in enumerate(fund.sql("SELECT id FROM fund.criterion ORDER BY place"))}
    assert admin.post(f"{base}/criteria", data={**CRITERIA, **ids, **once()}).status_code == 303
    assert admin.post(f"{base}/questions", data={**QUESTIONS, **once()}).status_code == 303
    refused = admin.post(f"{base}/preparation", data=once())
    assert refused.status_code == 409

    desk = translator.get(f"/en/consultations/{id}/translations").get_data(as_text=True)
    assert f'href="{base}"' in desk
    assert "Who can apply" in desk
    texts = [("fund_call", id, x) for x in ("title", "plain", "about", "who_can_apply", "what_for")]
    texts += [("fund_criterion", row[0], "name") for row in fund.sql("SELECT id FROM fund.criterion")]
    texts += [("fund_criterion", row[0], "words") for row in fund.sql("SELECT id FROM fund.criterion WHERE words <> ''")]
    texts += [("fund_eligibility", row[0], x) for row in fund.sql("SELECT id FROM fund.eligibility")
              for x in ("question", "otherwise")]
    for kind, subject, name in texts:
        piece = f"/en/consultations/{id}/translations/{kind}/{subject}/{name}/fr"
        done = translator.post(piece, data={"text": f"En français {name}", "revision": make.revision(translator, piece), **once()})
        assert done.status_code == 303, done.get_data(as_text=True)
    assert "Nothing is missing" in admin.get(f"{base}/preparation").get_data(as_text=True)
    revision = fund.sql("SELECT revision FROM fund.call")[0][0]
    assert admin.post(f"{base}/edit", data={**TERMS, **dates(), "plain": "Money for your time.", "revision": revision,
                                            **once()}).status_code == 303
    assert "not yet translated into Français" in admin.get(f"{base}/preparation").get_data(as_text=True), "stale"
    piece = f"/en/consultations/{id}/translations/fund_call/{id}/plain/fr"
    assert translator.post(piece, data={"text": "Argent pour le temps", "revision": make.revision(translator, piece),
                                        **once()}).status_code == 303
    assert admin.post(f"{base}/preparation", data=once()).status_code == 303
    assert state(fund) == "scheduled"
    shown = fund.client().get(f"/fr/fund/calls/{id}").get_data(as_text=True)
    assert "En français title" in shown
    assert "En français name" in shown
    assert admin.get(f"{base}/edit").status_code == 409
    assert admin.post(f"{base}/criteria", data={**CRITERIA, **once()}).status_code == 409
    assert admin.post(f"{base}/return", data=once()).status_code == 303
    assert state(fund) == "draft"
    assert fund.client().get(base).status_code == 404
    assert admin.post(f"{base}/preparation", data=once()).status_code == 303
    fund.sql("ALTER TABLE fund.call DISABLE TRIGGER call_stands")
    fund.sql("UPDATE fund.call SET opens_at = now() - interval '1 minute'")
    fund.sql("ALTER TABLE fund.call ENABLE TRIGGER call_stands")
    assert admin.post(f"{base}/return", data=once()).status_code == 409, "it is open, the job need not have noted it"
    turn(fund)
    assert state(fund) == "open"
    assert fund.sql('SELECT start, "end", person_id FROM fund.call_step ORDER BY at')[-1] == ("scheduled", "open", None)
    listed = fund.client().get("/en/fund/calls").get_data(as_text=True)
    assert "Time to speak" in listed
    assert "Open for applications" in listed


def test_an_announced_call_stands_in_the_database_too(fund):
    import psycopg
    announced(fund)
    for change, name in (("closes_at = closes_at + interval '1 day'", "call_stands"), ("envelope = envelope + 1", "call_stands"),
                         ("state = 'decided'", "call_step_order")):
        with pytest.raises(psycopg.errors.CheckViolation) as no:
            fund.sql(f"UPDATE fund.call SET {change}")
        assert no.value.diag.constraint_name == name


def test_it_closes_at_the_exact_moment_and_is_decided_only_when_everybody_has_an_answer(fund):
    id = make_fund.call(fund, fund.facts["fund"], state="open", closes_at=make.now() + timedelta(minutes=2))
    ngo = make.organisation(fund, "Sauti", "stakeholder")
    application = make_fund.application(fund, id, ngo)
    turn(fund)
    assert state(fund) == "open"
    closes = fund.sql("SELECT closes_at FROM fund.call")[0][0]
    with clock.at(closes - timedelta(seconds=1)):
        assert "Open for applications" in fund.client().get("/en/fund/calls").get_data(as_text=True)
    assert f'datetime="{closes.isoformat(timespec="minutes")}" data-local="day">' in fund.client().get(
        f"/en/fund/calls/{id}").get_data(as_text=True), "which day that is, a visitor's browser says"
    with clock.at(closes):
        assert "Open for applications" not in fund.client().get("/en/fund/calls").get_data(as_text=True)
        turn(fund)
    assert state(fund) == "closed"
    admin = fund.facts["admin_in"]
    refused = admin.post(f"/en/fund/calls/{id}/finish", data=once())
    assert refused.status_code == 409
    assert "Not every application is decided yet." in refused.get_data(as_text=True)
    fund.sql(f"SET session_replication_role = replica; UPDATE fund.application SET state = 'decided' WHERE id = '{application}'")
    assert admin.post(f"/en/fund/calls/{id}/finish", data=once()).status_code == 303
    assert state(fund) == "decided"


@pytest.mark.parametrize(("changes", "sentence"), [
    ({"currency": "JPY", "largest": "200000.50"}, "JPY has no decimal places; this amount has some."),
    ({"currency": "KWD", "smallest": "1.0005"}, "KWD has 3 decimal places"),
    ({"smallest": "300,000"}, "The least for one application must not be above the most"),
    ({"smallest": "0"}, "Write an amount above zero."),
    ({"envelope": "a lot"}, "Write an amount in digits"),
    ({"currency": ""}, "Please fill this in."),
    ({"opens_at": "2020-01-01T10:00"}, "This lies in the past"),
    ({"time_zone": "Europe/Paris", "closes_at": "2031-03-30T02:30"}, "the clocks go forward over it"),
    ({"time_zone": "Europe/Paris", "closes_at": "2031-10-26T02:30"}, "the clocks go back in that night"),
])
def test_terms_that_cannot_be(fund, changes, sentence):
    answer = fund.facts["admin_in"].post("/en/fund/calls/new", data={**TERMS, **dates(), **once(), **changes})
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert sentence in text
    assert "Speaking takes time." in text, "nothing typed is lost"
    assert fund.sql("SELECT count(*) FROM fund.call") == [(0,)]


def test_a_deadline_beside_a_clock_change_is_exact_and_shown_in_utc_too(fund):
    id = begun(fund, time_zone="Europe/Paris", closes_at="2031-03-30T03:00")
    assert fund.sql("SELECT closes_at FROM fund.call")[0][0] == datetime(2031, 3, 30, 1, 0, tzinfo=UTC)
    page = fund.facts["admin_in"].get(f"/en/fund/calls/{id}/preparation").get_data(as_text=True)
    assert "30 March 2031, 03:00" in page
    assert "01:00 UTC" in page
    form = fund.facts["admin_in"].get(f"/en/fund/calls/{id}/edit").get_data(as_text=True)
    assert 'value="2031-03-30T03:00"' in form
    assert "data-local" in page, "she has not said where she is: her browser may say it"
    fund.sql("UPDATE people.person SET time_zone = 'Asia/Jakarta'")
    own = fund.facts["admin_in"].get(f"/en/fund/calls/{id}/preparation").get_data(as_text=True)
    assert "30 March 2031, 08:00" in own
    assert "data-local" not in own


def test_two_administrators_and_nobody_else_change_a_call(fund):
    id, admin = begun(fund), fund.facts["admin_in"]
    revision = fund.sql("SELECT revision FROM fund.call")[0][0]
    first = {**TERMS, **dates(), "revision": revision, "plain": "One.", **once()}
    assert admin.post(f"/en/fund/calls/{id}/edit", data=first).status_code == 303
    second = admin.post(f"/en/fund/calls/{id}/edit", data={**first, "plain": "Two.", "reviews_each": "5", **once()})
    assert second.status_code == 409
    compared = second.get_data(as_text=True).split('id="compared"')[1].split("</section>")[0]
    assert re.findall(r"<h3>(.*?)</h3>", compared) == ["In plain words", "Reviewers for each application"]
    assert re.findall(r"<dd[^>]*>(.*?)</dd>", compared) == ["One.", "Two.", TERMS["reviews_each"], "5"]
    treasurer = fund.facts["treasurer_in"]
    assert treasurer.get(f"/en/fund/calls/{id}/edit").status_code == 403
    assert treasurer.post("/en/fund/calls/new", data={**TERMS, **dates(), **once()}).status_code == 403
    other = make.organisation(fund, "Another fund", "fund")
    make.person(fund, "other@fund.org", seats=((other, "administrator"),))
    stranger = make.sign_in(fund.client(), "other@fund.org")
    assert stranger.get(f"/en/fund/calls/{id}/edit").status_code == 404
    fund.sql("UPDATE fund.call SET state = 'scheduled'")
    assert stranger.post(f"/en/fund/calls/{id}/return", data=once()).status_code == 403
    assert state(fund) == "scheduled"


def test_a_translator_of_the_fund_finds_what_lacks_on_her_home(fund):
    call = make_fund.call(fund, fund.facts["fund"], state="open", languages=["en", "fr"])
    make_fund.application(fund, call, make.organisation(fund, "Sauti", "stakeholder"))
    translator = make.sign_in(fund.client(), "translator@fund.org")
    desk = f"/en/consultations/{call}/translations"
    assert f'href="{desk}"' in translator.get("/en/home").get_data(as_text=True)
    fund.sql("INSERT INTO languages.translation (id, consultation_id, kind, subject_id, field, lang, text, mark, stale) SELECT "
             "gen_random_uuid(), c.id, 'fund_call', c.id, f, 'fr', 'en français', 'person', false FROM fund.call c CROSS JOIN "
             "unnest(ARRAY['title', 'plain', 'about', 'who_can_apply', 'what_for']) f")
    assert f'href="{desk}"' in translator.get("/en/home").get_data(as_text=True), "the application still lacks it"
    fund.sql("INSERT INTO languages.translation (id, consultation_id, kind, subject_id, field, lang, text, mark, stale) SELECT "
             "gen_random_uuid(), %s, 'fund_part', p.id, 'words', 'fr', 'en français', 'person', false FROM fund.part p", call)
    assert "Translate:" in translator.get("/en/home").get_data(as_text=True), "its budget still lacks it"
    fund.sql("INSERT INTO languages.translation (id, consultation_id, kind, subject_id, field, lang, text, mark, stale) SELECT "
             "gen_random_uuid(), %s, 'fund_part', l.id, 'words', 'fr', 'Temps', 'person', false FROM fund.budget_line l", call)
    assert "Translate:" not in translator.get("/en/home").get_data(as_text=True)
    fund.sql("UPDATE languages.translation SET stale = true WHERE field = 'about'")
    home = translator.get("/fr/home").get_data(as_text=True)
    assert f'href="{desk.replace("/en/", "/fr/")}"' in home
    assert "en français</a>" in home, "the call is named in her language"

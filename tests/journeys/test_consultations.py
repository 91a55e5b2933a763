"""A consultation from its first line to its opening, by the companies, the facilitator and the clock."""

import uuid
from datetime import timedelta

import psycopg
import pytest

import make
from convening import TERMS, accept, begin, dates, once, the_cast  # noqa: F401
from polyphony.consultations.models import Transition


def test_from_draft_to_open(world, cast):
    id = begin(world, cast)
    lead, tern, anna, neema = cast["halcyon_lead"], cast["tern_lead"], cast["anna"], cast["neema"]
    base = f"/en/consultations/{id}"
    assert world.client().get(base).status_code == 404, "a draft is nobody else's business"
    assert tern.get(base).status_code == 404

    assert lead.post(f"{base}/companies", data={"organisation": str(cast["tern"]), **once()}).status_code == 303
    world.work()
    assert "co-own" in tern.get("/en/notices").get_data(as_text=True)
    page = lead.get(f"{base}/preparation").get_data(as_text=True)
    assert "Tern has not answered the invitation." in page
    assert "Some texts are not yet translated" in page
    assert accept(world, tern, id).status_code == 303
    assert accept(world, lead, id, functions=[]).status_code == 422
    assert accept(world, lead, id).status_code == 303

    refused = anna.post(f"{base}/announcement", data={"words": "soon", **once()})
    assert refused.status_code == 409
    assert "Something is still missing" in refused.get_data(as_text=True)
    assert anna.post(f"{base}/facilitation", data=once()).status_code == 303
    assert anna.post(f"{base}/organisations", data={"organisation": str(cast["ngo"]), **once()}).status_code == 303
    assert "neema" in anna.get(f"{base}/translators").get_data(as_text=True)
    member = world.sql("SELECT id FROM organisations.membership WHERE role = 'translator'")[0][0]
    appointed = anna.post(f"{base}/translators", data={"person": str(member), "languages": ["sw"], **once()})
    assert appointed.status_code == 303, appointed.get_data(as_text=True)

    for field in ("title", "plain", "purpose", "open_to_change", "closed_to_change", "cannot_share",
                  "cannot_share_why", "at_risk", "paid_by"):
        piece = f"{base}/translations/consultation/{id}/{field}/sw"
        done = neema.post(piece, data={"text": f"Kwa Kiswahili {field}", "revision": make.revision(neema, piece), **once()})
        assert done.status_code == 303, done.get_data(as_text=True)
    piece = f"{base}/translations/consultation/{id}/title/sw"
    seen = {"revision": make.revision(lead, piece)}
    own = neema.post(f"{piece}/review", data={**seen, **once()})
    assert own.status_code == 409
    assert "You made this translation" in own.get_data(as_text=True)
    assert lead.post(f"{piece}/review", data={**seen, **once()}).status_code == 303
    assert world.sql("SELECT mark FROM languages.translation WHERE field = 'title'") == [("reviewed",)]

    assert anna.post(f"{base}/announcement", data={"words": "We begin.", **once()}).status_code == 303
    assert world.sql("SELECT state FROM consultations.consultation") == [("announced",)]
    shown = world.client().get(f"/sw/consultations/{id}").get_data(as_text=True)
    assert "Kwa Kiswahili title" in shown
    assert "We begin." in shown
    assert lead.get(f"{base}/edit").status_code == 409, "announced terms stand"

    world.sql("UPDATE consultations.consultation SET opens_at = now() - interval '1 minute'")
    from polyphony.consultations.tasks import turn_with_time
    from polyphony.kernel.database import db
    with world.worker.app_context():
        turn_with_time()
        db.session.commit()
    world.work()
    assert world.sql("SELECT state FROM consultations.consultation") == [("open",)]
    assert world.sql('SELECT start, "end", by_organisation FROM consultations.transition ORDER BY at')[-1] == (
        "announced", "open", None)
    assert "A consultation is open" in cast["zawadi"].get("/en/notices").get_data(as_text=True)
    assert cast["zawadi"].post("/en/notices/seen", data=once()).status_code == 303
    assert "Mark all as seen" not in cast["zawadi"].get("/en/notices").get_data(as_text=True)
    assert world.sql("SELECT count(*) FROM notices.notice WHERE seen AND person_id <> (SELECT id FROM people.person "
                     "WHERE name = 'zawadi')") == [(0,)], "only her own"
    assert "Alerts before launch" in world.client().get("/en/consultations").get_data(as_text=True)


def test_dates_and_terms_that_cannot_be(world, cast):
    lead = cast["halcyon_lead"]
    past = (make.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    answer = lead.post("/en/consultations/new", data={**TERMS, **dates(opens_at=past), **once()})
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert "This lies in the past" in text
    assert "The words of the alert" in text, "nothing typed is lost"
    answer = lead.post("/en/consultations/new", data={**TERMS, **dates(promised_on=make.today().isoformat()), **once()})
    assert answer.status_code == 422
    answer = lead.post("/en/consultations/new", data={**TERMS, **dates(), **once(), "protection": "high"})
    assert answer.status_code == 422
    assert world.sql("SELECT count(*) FROM consultations.consultation") == [(0,)]
    assert cast["zawadi"].get("/en/consultations/new").status_code == 403


def test_everything_that_is_wrong_in_the_terms_is_told_at_once(world, cast):
    """What lacks and what contradicts itself, each beside its field: one round, not four."""
    lead = cast["halcyon_lead"]
    late = (make.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    wrong = {"title": "", "countries": "Atlantis", "protection": "high", "discovery": "listed", "cannot_share": "A date.",
             "cannot_share_why": "", "promised_on": make.today().isoformat()}
    page = lead.post("/en/consultations/new", data={**TERMS, **dates(opens_at=late), **wrong, **once()})
    assert page.status_code == 422
    text = page.get_data(as_text=True)
    for field in ("title", "countries", "discovery-0", "cannot_share_why", "opens_at", "promised_on"):
        assert f'<a href="#{field}">' in text, field
    id = begin(world, cast)
    page = lead.post(f"/en/consultations/{id}/edit", data={**TERMS, **dates(opens_at=late), **wrong, **once(), "revision": "1"})
    assert page.get_data(as_text=True).count('<a href="#') >= 6


def test_two_edit_at_once_and_everybody_accepts_anew(world, cast):
    id = begin(world, cast)
    lead = cast["halcyon_lead"]
    accept(world, lead, id)
    change = {**TERMS, **dates(), "facilitator_id": str(cast["body"]), "revision": "1"}
    assert lead.post(f"/en/consultations/{id}/edit", data={**change, "title": "First", **once()}).status_code == 303
    second = lead.post(f"/en/consultations/{id}/edit", data={**change, "title": "Second", **once()})
    text = second.get_data(as_text=True)
    assert second.status_code == 409
    assert "Second" in text
    assert "First" in text
    assert "Halcyon has not accepted the terms as they are now." in lead.get(
        f"/en/consultations/{id}/preparation").get_data(as_text=True)


def test_leaving_and_raising_stay_visible(world, cast):
    id = make.consultation(world, [cast["halcyon"], cast["tern"]], facilitator=cast["body"], invited=(cast["ngo"],))
    assert cast["tern_lead"].post(f"/en/consultations/{id}/companies/departure",
                                  data={"words": "We were bought.", **once()}).status_code == 303
    raised = cast["anna"].post(f"/en/consultations/{id}/protection",
                               data={"level": "elevated", "words": "Arrests were reported.", **once()})
    assert raised.status_code == 303, raised.get_data(as_text=True)
    text = world.client().get(f"/en/consultations/{id}").get_data(as_text=True)
    assert "We were bought." in text
    assert "Arrests were reported." in text
    assert cast["anna"].post(f"/en/consultations/{id}/protection",
                             data={"level": "standard", "words": "x", **once()}).status_code == 422
    assert cast["anna"].post(f"/en/consultations/{id}/protection",
                             data={"level": "high", "words": "Worse.", **once()}).status_code == 303
    assert world.client().get(f"/en/consultations/{id}").status_code == 404, "high is never listed"


def test_a_raised_protection_is_not_lowered_by_a_form_that_was_open(world, cast):
    id = begin(world, cast)
    make.sign_in(cast["anna"], "anna@table.example")
    change = {**TERMS, **dates(), "facilitator_id": str(cast["body"]), "revision": "1", "title": "Mine"}
    raised = cast["anna"].post(f"/en/consultations/{id}/protection", data={"level": "elevated", "words": "Arrests.", **once()})
    assert raised.status_code == 303, raised.get_data(as_text=True)
    late = cast["halcyon_lead"].post(f"/en/consultations/{id}/edit", data={**change, **once()})
    assert late.status_code == 409
    assert "Mine" in late.get_data(as_text=True)
    assert world.sql("SELECT protection FROM consultations.consultation") == [("elevated",)]


def test_a_company_that_declined_by_a_slip_is_asked_anew(world, cast):
    id, lead, tern = begin(world, cast), cast["halcyon_lead"], cast["tern_lead"]
    base, ask = f"/en/consultations/{id}", {"organisation": str(cast["tern"])}
    assert lead.post(f"{base}/companies", data={**ask, **once()}).status_code == 303
    assert lead.post(f"{base}/companies", data={**ask, **once()}).status_code == 409, "it has not answered yet"
    world.work()
    for said in ("declined", "left"):
        if said == "declined":
            assert accept(world, tern, id, says="declined", words="A slip.").status_code == 303
        else:
            assert accept(world, tern, id).status_code == 303
            assert tern.post(f"{base}/companies/departure", data={"words": "Not now.", **once()}).status_code == 303
        assert tern.get(base).status_code == 404
        tern.post("/en/notices/seen", data=once())
        page = lead.get(f"{base}/companies").get_data(as_text=True)
        assert f'value="{cast["tern"]}"' in page
        assert lead.post(f"{base}/companies", data={**ask, **once()}).status_code == 303
        world.work()
        assert "Mark all as seen" in tern.get("/en/notices").get_data(as_text=True), "told again on the same day"
    assert accept(world, tern, id).status_code == 303
    assert world.sql("SELECT state, words FROM consultations.convener WHERE company_id = %s", cast["tern"]) == [("accepted", "")]
    assert world.sql("SELECT count(*) FROM audit.row WHERE verb = 'consultation.company_declined'") == [(1,)], "it stays on record"


def test_a_lead_asks_anew_and_says_nothing_for_another_company(world, cast):
    """Past the pages too: no words, no acceptance, and nothing once it is announced."""
    make.consultation(world, [cast["halcyon"], cast["tern"]], facilitator=cast["body"], state="draft")
    world.sql("UPDATE consultations.convener SET state = 'declined' WHERE company_id = %s", cast["tern"])
    [(lead,)] = world.sql("SELECT person_id FROM organisations.membership WHERE organisation_id = %s", cast["halcyon"])

    def changed(values):
        with psycopg.connect(world.server.url("polyphony_app", world.name)) as connection:
            connection.execute("SELECT viewer.open(%s, NULL)", [make.session_of(world, lead)])
            done = connection.execute(f"UPDATE consultations.convener SET {values} WHERE company_id = %s", [cast["tern"]])
            connection.rollback()
            return done.rowcount

    assert changed("state = 'invited'") == 1
    for values in ("state = 'accepted'", "state = 'invited', words = 'We love it.'"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            changed(values)
    world.sql("UPDATE consultations.consultation SET state = 'announced'")
    assert changed("state = 'invited'") == 0


def test_nobody_is_invited_to_speak_after_publication(world, cast):
    id = make.consultation(world, [cast["halcyon"]], facilitator=cast["body"], state="published")
    late = cast["anna"].post(f"/en/consultations/{id}/organisations", data={"organisation": str(cast["ngo"]), **once()})
    assert late.status_code == 409
    assert "its terms and its promised date no longer change" in late.get_data(as_text=True)


def test_a_notice_that_may_come_twice_on_a_day_is_new_again(world, cast):
    from polyphony.kernel.database import db
    from polyphony.notices import tasks
    world.sql("UPDATE people.person SET mail_opt_in = true WHERE id = %s", cast["neema_id"])
    for kind, seen in (("input_masked", False), ("handed", True)):
        for _ in range(2):
            with world.worker.app_context():
                tasks.spread(kind, f"person:{cast['neema_id']}", make.today().isoformat(), str(cast["body"]))
                db.session.commit()
            world.work()
            assert world.sql("SELECT seen FROM notices.notice WHERE kind = %s", kind) == [(seen and bool(_),)]
            world.sql("UPDATE notices.notice SET seen = true")
    assert len(world.mails()) == 2, "mailed once each"


def test_who_leaves_a_draft_lands_where_she_may_be(world, cast):
    id = make.consultation(world, [cast["halcyon"], cast["tern"]], state="draft")
    left = cast["tern_lead"].post(f"/en/consultations/{id}/companies/departure", data={"words": "Not for us.", **once()})
    assert left.status_code == 303, left.get_data(as_text=True)
    assert cast["tern_lead"].get(left.location).status_code == 200
    assert cast["tern_lead"].get(f"/en/consultations/{id}").status_code == 404, "what the others make of it is theirs"


def test_by_link(world, cast):
    id = make.consultation(world, [cast["halcyon"]], facilitator=cast["body"], discovery="link")
    world.sql("INSERT INTO consultations.link VALUES (%s, %s)", id, b"x" * 32)
    from polyphony.kernel import secrets
    visitor = world.client()
    assert visitor.get(f"/en/consultations/{id}").status_code == 404
    assert visitor.get(f"/en/c/{secrets.text_of(b'y' * 32)}").status_code == 404
    assert visitor.get(f"/en/c/{secrets.text_of(b'x' * 32)}").status_code == 303
    assert visitor.get(f"/en/consultations/{id}").status_code == 200
    assert world.client().get(f"/en/consultations/{id}").status_code == 404


def test_pages_stay_within_their_statements(world, cast):
    from flask import g
    ids = [make.consultation(world, [cast["halcyon"], cast["tern"]], facilitator=cast["body"], invited=(cast["ngo"],),
                             protection="elevated") for _ in range(3)]
    counts = {}
    from flask import request_finished

    def note(sender, response, **kw):
        counts["last"] = g.sql

    request_finished.connect(note, world.app)
    for path in ("/en/consultations", f"/fr/consultations/{ids[0]}", "/en/notices"):
        for client in (cast["zawadi"], cast["halcyon_lead"], cast["anna"]):
            assert client.get(path).status_code == 200
            assert counts["last"] <= 6, (path, counts)


def test_a_notice_comes_once_and_mail_is_sent_once(world, cast):
    from polyphony.kernel.database import db
    from polyphony.notices import tasks
    id = make.consultation(world, [cast["halcyon"]], facilitator=cast["body"], invited=(cast["ngo"],))
    world.sql("UPDATE people.person SET mail_opt_in = true WHERE id = %s", cast["neema_id"])
    for _ in range(2):
        with world.worker.app_context():
            tasks.spread("appointed", f"person:{cast['neema_id']}", make.today().isoformat(), str(id))
            tasks.spread("open", "participants", make.today().isoformat(), str(id))
            db.session.commit()
    world.work()
    assert sorted(world.sql("SELECT kind, mail FROM notices.notice")) == [("appointed", "sent"), ("open", "none")]
    assert len(world.mails()) == 1
    assert "appointed" not in world.mails()[0]


def test_a_language_we_have_no_interface_for_and_countries_as_people_write_them(world, cast):
    lead = cast["halcyon_lead"]
    wrong = lead.post("/en/consultations/new", data={**TERMS, **dates(), **once(), "further": "Rohingya language",
                                                     "countries": "Kenia, Atlantis, mynmar"})
    assert wrong.status_code == 422
    for kept in ("Rohingya language", "Kenia, Atlantis, mynmar", "Myanmar (Burma)", "The words of the alert"):
        assert kept in wrong.text
    id = begin(world, cast, further="rhg, TZM", countries="Kenya, مصر, mz")
    assert world.sql("SELECT languages, countries FROM consultations.consultation") == [
        (["en", "sw", "rhg", "tzm"], ["KE", "EG", "MZ"])]
    form = lead.get(f"/en/consultations/{id}/edit").text
    assert 'value="rhg, tzm"' in form
    assert 'value="Kenya, Egypt, Mozambique"' in form
    piece = f"/en/consultations/{id}/translations/consultation/{id}/title/rhg"
    done = lead.post(piece, data={"text": "Hoborfottor", "revision": make.revision(lead, piece), **once()})
    assert done.status_code == 303
    shown = lead.get(f"/en/consultations/{id}").text
    assert "Central Atlas Tamazight" in shown
    assert "Hoborfottor" not in shown
    assert "Hoborfottor" in lead.get(f"/en/consultations/{id}?in=rhg").text


def test_words_of_steps_raises_and_departures_come_in_the_readers_language(world, cast):
    id = make.consultation(world, [cast["halcyon"], cast["tern"]], facilitator=cast["body"], invited=(cast["ngo"],))
    base = f"/en/consultations/{id}"
    assert cast["tern_lead"].post(f"{base}/companies/departure",
                                  data={"words": "We were bought.", **once()}).status_code == 303
    assert cast["anna"].post(f"{base}/protection", data={"level": "elevated", "words": "Arrests were reported.",
                                                         **once()}).status_code == 303
    world.sql("UPDATE consultations.consultation SET languages = ARRAY['en', 'sw']")
    keys = dict(world.sql("SELECT 'left', words_id FROM consultations.convener WHERE state = 'left' "
                          "UNION SELECT 'raise', id FROM consultations.raise"))
    keys["step"] = uuid.uuid4()
    make.add(world, Transition(id=keys["step"], consultation_id=id, start="draft", end="announced", at=make.now(),
                               words="Come and speak."))
    desk = cast["anna"].get(f"{base}/translations?into=sw").text
    assert "Why protection was raised" in desk
    said = {"left": "Tulinunuliwa.", "raise": "Watu walikamatwa.", "step": "Njooni mseme."}
    for name, text in said.items():
        piece = f"{base}/translations/words/{keys[name]}/words/sw"
        done = cast["anna"].post(piece, data={"text": text, "revision": make.revision(cast["anna"], piece), **once()})
        assert done.status_code == 303
    shown = world.client().get(f"/sw/consultations/{id}").text
    for text in (*said.values(), "We were bought.", "Arrests were reported.", "Come and speak."):
        assert text in shown, "her language first, the original beside"
    world.sql("UPDATE consultations.consultation SET discovery = 'invitation'")
    assert cast["zawadi"].get(f"/sw/consultations/{id}").status_code == 200
    stranger = make.organisation(world, "Stranger", "stakeholder")
    make.person(world, "sol@stranger.example", seats=((stranger, "coordinator"),))
    assert make.sign_in(world.client(), "sol@stranger.example").get(f"/sw/consultations/{id}").status_code == 404


def test_a_company_is_told_what_it_still_owes_before_it_leaves(demo):
    [(id,)] = demo.sql("SELECT id FROM consultations.consultation WHERE state = 'published'")
    from polyphony.demo.cast import PASSWORD
    tern = make.sign_in(demo.client(), "lead@tern.example", PASSWORD)
    assert "not signed" in tern.get(f"/en/consultations/{id}/companies").text
    halcyon = make.sign_in(demo.client(), "lead@halcyon.example", PASSWORD)
    assert "not signed" not in halcyon.get(f"/en/consultations/{id}/companies").text


def test_what_it_covers_is_said_before_it_is_announced(world, cast):
    """Technologies, countries and phases; whom it groups and in which situations may stay unsaid."""
    id, lead = begin(world, cast), cast["halcyon_lead"]
    asked = {"technologies": "Say which technologies it is about.", "countries": "Say which countries it is about.",
             "phases": "Choose the phases that it belongs to."}
    place = f"/en/consultations/{id}/preparation"
    page = lead.get(place).get_data(as_text=True)
    assert [field for field, said in asked.items() if said in page] == []
    world.sql("UPDATE consultations.consultation SET technologies = '{}', countries = '{}', phases = '{}', segments = '{}', "
              "contexts = '{}'")
    page, form = lead.get(place).get_data(as_text=True), lead.get(f"/en/consultations/{id}/edit").get_data(as_text=True)
    for field, said in asked.items():
        assert said in page
        assert f"/en/consultations/{id}/edit#{field}" in page
        assert f'id="{field}"' in form, "the link leads to its field"
    assert cast["anna"].post(f"/en/consultations/{id}/announcement", data={"words": "soon", **once()}).status_code == 409

"""A consultation from its first line to its opening, by the companies, the facilitator and the clock."""

import uuid
from datetime import timedelta

import pytest

import make

TERMS = {
    "source_lang": "en", "title": "Alerts before launch", "plain": "Tell us what would be safe.", "purpose": "To decide.",
    "open_to_change": "The words of the alert", "closed_to_change": "That there are alerts",
    "cannot_share": "How attacks are found", "cannot_share_why": "It would help attackers, until 2028",
    "at_risk": "People who share a phone", "technologies": "account-alerts, notifications", "countries": ["KE", "TZ"],
    "phases": ["assess"], "languages": ["en", "sw"], "protection": "standard", "discovery": "listed",
    "accountless": "y", "time_zone": "Africa/Nairobi", "paid_by": "The companies in equal parts",
}


def dates(**changes):
    now = make.now()
    found = {"opens_at": now + timedelta(days=2), "closes_at": now + timedelta(days=20)}
    return {**{name: when.strftime("%Y-%m-%dT%H:%M") for name, when in found.items()},
            "promised_on": (make.today() + timedelta(days=60)).isoformat(), **changes}


def once():
    return {"once": str(uuid.uuid4())}


@pytest.fixture
def cast(world):
    """Two companies with a lead each, a facilitator, an NGO with a translator."""
    w = world.facts
    for name in ("halcyon", "tern"):
        w[name] = make.organisation(world, name.title())
        make.person(world, f"lead@{name}.example", seats=((w[name], "engagement_lead"),))
        w[f"{name}_lead"] = make.sign_in(world.client(), f"lead@{name}.example")
    w["body"] = make.organisation(world, "Open Table", "facilitation")
    make.person(world, "anna@table.example", seats=((w["body"], "facilitator"),))
    w["anna"] = make.sign_in(world.client(), "anna@table.example")
    w["ngo"] = make.organisation(world, "Sauti", "stakeholder")
    make.person(world, "zawadi@sauti.example", seats=((w["ngo"], "coordinator"),))
    w["zawadi"] = make.sign_in(world.client(), "zawadi@sauti.example")
    w["neema_id"] = make.person(world, "neema@sauti.example", seats=((w["ngo"], "translator"),))
    w["neema"] = make.sign_in(world.client(), "neema@sauti.example")
    return w


def begin(world, cast, **changes):
    answer = cast["halcyon_lead"].post("/en/consultations/new", data={
        **TERMS, **dates(), "facilitator_id": str(cast["body"]), **once(), **changes})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return world.sql("SELECT id FROM consultations.consultation")[0][0]


def accept(world, client, id, **changes):
    revision = world.sql("SELECT revision FROM consultations.consultation WHERE id = %s", id)[0][0]
    return client.post(f"/en/consultations/{id}/companies/reply", data={
        "says": "accepted", "functions": ["product", "legal"], "accepts_facilitator": "y", "revision": revision,
        **once(), **changes})


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
        done = neema.post(f"{base}/translations/consultation/{id}/{field}/sw", data={"text": f"Kwa Kiswahili {field}",
                                                                                     **once()})
        assert done.status_code == 303, done.get_data(as_text=True)
    piece = f"{base}/translations/consultation/{id}/title/sw"
    own = neema.post(f"{piece}/review", data=once())
    assert own.status_code == 409
    assert "You made this translation" in own.get_data(as_text=True)
    assert lead.post(f"{piece}/review", data=once()).status_code == 303
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

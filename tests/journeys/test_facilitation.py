"""Who facilitates: declining, stepping back, leaving in the middle, and another body that takes over."""

import uuid

import pytest

import make
from convening import TERMS, accept, begin, dates, once, the_cast  # noqa: F401
from polyphony.languages.models import Translation


@pytest.fixture
def bodies(world, cast):
    """A second facilitation body, and a steward to be told."""
    cast["second"] = make.organisation(world, "Round House", "facilitation")
    make.person(world, "rosa@round.example", seats=((cast["second"], "facilitator"),))
    cast["rosa"] = make.sign_in(world.client(), "rosa@round.example")
    make.person(world, "sue@steward.example", roles=("steward",))
    cast["sue"] = make.sign_in(world.client(), "sue@steward.example")
    return cast


def end_membership(world, body, address, role):
    """The administrator of an organisation ends the memberships of this role."""
    make.person(world, address, seats=((body, "administrator" if role == "facilitator" else "coordinator"),))
    admin = make.sign_in(world.client(), address)
    for (seat,) in world.sql("SELECT id FROM organisations.membership WHERE organisation_id = %s AND role = %s", body,
                             role):
        assert admin.post(f"/en/memberships/{seat}/end", data={"reason": "She moved on."}).status_code == 303
    world.work()


def test_a_body_declines_and_another_is_asked(world, bodies):
    id = begin(world, bodies)
    lead, anna, rosa = bodies["halcyon_lead"], bodies["anna"], bodies["rosa"]
    base = f"/en/consultations/{id}"
    world.work()
    assert "You are asked to facilitate" in anna.get("/en/notices").text
    assert anna.post(f"{base}/facilitation/refusal", data={"words": "", **once()}).status_code == 422
    said = {"words": "We know one of the companies too well.", **once()}
    assert lead.post(f"{base}/facilitation/refusal", data=said).status_code == 403
    assert anna.post(f"{base}/facilitation/refusal", data=said).status_code == 303
    assert anna.get(f"{base}/preparation").status_code == 404, "who declined no longer sees the draft"
    page = lead.get(f"{base}/preparation").text
    assert "Open Table has declined to facilitate." in page
    assert "We know one of the companies too well." in page
    assert "Choose a facilitator." in page
    world.work()
    assert "has declined" in lead.get("/en/notices").text
    changed = lead.post(f"{base}/edit", data={**TERMS, **dates(), "facilitator_id": str(bodies["second"]),
                                              "revision": "1", **once()})
    assert changed.status_code == 303
    assert rosa.post(f"{base}/facilitation", data=once()).status_code == 303
    assert world.sql("SELECT says FROM consultations.facilitation ORDER BY at") == [("declined",), ("accepted",)]
    assert world.sql("SELECT count(*) FROM audit.row WHERE verb = 'consultation.facilitation_declined'") == [(1,)]


def test_an_invitation_without_an_answer_is_taken_back(world, bodies):
    id = begin(world, bodies)
    lead, tern = bodies["halcyon_lead"], bodies["tern_lead"]
    base = f"/en/consultations/{id}"
    asked = {"organisation": str(bodies["tern"])}
    assert lead.post(f"{base}/companies", data={**asked, **once()}).status_code == 303
    back = f"{base}/companies/{bodies['tern']}/withdrawal"
    assert "Take back" in lead.get(f"{base}/companies").text
    assert tern.post(back, data=once()).status_code == 403, "who has not accepted takes nobody's place away"
    assert lead.post(back, data=once()).status_code == 303
    world.work()
    assert "taken back" in tern.get("/en/notices").text
    assert tern.get(base).status_code == 404
    assert "Tern" not in lead.get(f"{base}/preparation").text
    assert lead.post(f"{base}/companies", data={**asked, **once()}).status_code == 303, "it can be asked again"
    assert accept(world, tern, id, says="declined", words="Not this year.").status_code == 303
    assert lead.post(back, data=once()).status_code == 409, "an answer stays"
    world.work()
    assert "A company has declined" in lead.get("/en/notices").text


def test_another_person_of_the_body_carries_on(world, bodies):
    make.person(world, "ben@table.example", seats=((bodies["body"], "facilitator"),))
    ben = make.sign_in(world.client(), "ben@table.example")
    id = make.consultation(world, [bodies["halcyon"]], facilitator=bodies["body"], invited=(bodies["ngo"],))
    make.person(world, "boss@table.example", seats=((bodies["body"], "administrator"),))
    boss = make.sign_in(world.client(), "boss@table.example")
    [(seat,)] = world.sql("SELECT m.id FROM organisations.membership m JOIN people.person p ON p.id = m.person_id "
                          "WHERE p.name = 'anna'")
    assert boss.post(f"/en/memberships/{seat}/end", data={"reason": "Retired."}).status_code == 303
    world.work()
    assert bodies["anna"].get(f"/en/consultations/{id}/organisations").status_code == 403
    assert ben.get(f"/en/consultations/{id}/organisations").status_code == 200
    assert world.sql("SELECT count(*) FROM notices.notice WHERE kind = 'facilitator_gone'") == [(0,)]
    refused = bodies["halcyon_lead"].post(f"/en/consultations/{id}/facilitator", data={
        "organisation": str(bodies["second"]), **once()})
    assert refused.status_code == 409, "nobody replaces a facilitator who can go on"


def test_when_nobody_is_left_all_companies_agree_on_another_body(world, bodies):
    id = make.consultation(world, [bodies["halcyon"], bodies["tern"]], facilitator=bodies["body"],
                           invited=(bodies["ngo"],), discovery="invitation")
    lead, tern, rosa = bodies["halcyon_lead"], bodies["tern_lead"], bodies["rosa"]
    here = f"/en/consultations/{id}/facilitator"
    end_membership(world, bodies["body"], "boss@table.example", "facilitator")
    for client in (lead, tern, bodies["sue"]):
        assert "Nobody facilitates a consultation any more" in client.get("/en/notices").text
    assert "Nobody of this body can go on" in lead.get(here).text
    assert rosa.get(here).status_code == 404
    assert rosa.post(f"{here}/reply", data={"says": "accepted", **once()}).status_code == 404
    assert lead.post(here, data={"organisation": str(bodies["second"]), **once()}).status_code == 303
    assert lead.post(here, data={"organisation": str(bodies["second"]), **once()}).status_code == 409
    world.work()
    assert "You are asked to facilitate" in rosa.get("/en/notices").text
    assert "Tern has not agreed yet." in rosa.get(here).text
    assert rosa.post(f"{here}/reply", data={"says": "accepted", "words": "", **once()}).status_code == 303
    assert world.sql("SELECT facilitator_id FROM consultations.consultation") == [(bodies["body"],)]
    assert rosa.get(f"/en/consultations/{id}/organisations").status_code == 403, "not before all have agreed"
    assert tern.post(f"{here}/agreement", data=once()).status_code == 303
    assert world.sql("SELECT facilitator_id FROM consultations.consultation") == [(bodies["second"],)]
    assert rosa.get(f"/en/consultations/{id}/organisations").status_code == 200
    assert "Round House" in bodies["zawadi"].get(f"/en/consultations/{id}").text
    assert rosa.get(here).status_code == 200


def test_home_and_the_consultation_say_that_nobody_facilitates(world, bodies):
    """Every lead finds it first until her company has agreed to somebody; whoever reads the page knows it waits."""
    id = make.consultation(world, [bodies["halcyon"], bodies["tern"]], facilitator=bodies["body"],
                           invited=(bodies["ngo"],), title="Warnings")
    lead, tern, rosa = bodies["halcyon_lead"], bodies["tern_lead"], bodies["rosa"]
    here, lost = f"/en/consultations/{id}", "has no facilitator any more. Ask another one: Warnings"
    said = "Nobody facilitates this consultation now."
    assert lost not in lead.get("/en/home").text
    assert said not in lead.get(here).text
    end_membership(world, bodies["body"], "boss@table.example", "facilitator")
    for client in (lead, tern):
        home = client.get("/en/home").text
        assert lost in home
        assert f"{here}/facilitator" in home
        assert f"{here}/facilitator" in client.get(here).text
    visitor = world.client().get(here).text
    assert said in visitor
    assert f"{here}/facilitator" not in visitor, "nothing for her to do there"
    assert lead.post(f"{here}/facilitator", data={"organisation": str(bodies["second"]), **once()}).status_code == 303
    assert lost not in lead.get("/en/home").text, "she has done what she can"
    assert lost in tern.get("/en/home").text
    no = {"says": "declined", "words": "We cannot.", **once()}
    assert rosa.post(f"{here}/facilitator/reply", data=no).status_code == 303
    assert lost in lead.get("/en/home").text, "another one has to be asked"
    assert lead.post(f"{here}/facilitator", data={"organisation": str(bodies["second"]), **once()}).status_code == 303
    assert rosa.post(f"{here}/facilitator/reply", data={"says": "accepted", "words": "", **once()}).status_code == 303
    assert tern.post(f"{here}/facilitator/agreement", data=once()).status_code == 303
    for client in (lead, tern):
        assert lost not in client.get("/en/home").text
    assert said not in world.client().get(here).text


def test_what_waits_is_called_as_its_reader_calls_it(world, bodies):
    """Titles on a home stand in the reader's language where there is a translation, else as they were written."""
    id = make.consultation(world, [bodies["halcyon"]], facilitator=bodies["second"], title="Warnings", state="answering")
    draft = make.consultation(world, [bodies["halcyon"]], facilitator=bodies["second"], title="Maps", state="draft",
                              revision=2)
    for subject, title in ((id, "Maonyo"), (draft, "Ramani")):
        make.add(world, Translation(id=uuid.uuid4(), consultation_id=subject, kind="consultation", subject_id=subject,
                                    field="title", lang="sw", text=title))
    homes = {(who, lang): bodies[who].get(f"/{lang}/home").text
             for who in ("rosa", "halcyon_lead") for lang in ("en", "sw", "fr")}
    for (_who, lang), home in homes.items():
        waits = home.split("<h2")[1]
        assert ("Maonyo" in waits) is (lang == "sw")
        assert ("Warnings" in waits) is (lang != "sw")
        assert ("Ramani" if lang == "sw" else "Maps") in waits


def test_a_company_cannot_hand_over_past_the_pages(world, bodies):
    import sqlalchemy as sa
    from sqlalchemy.exc import ProgrammingError

    from polyphony.kernel import viewer
    from polyphony.kernel.database import db
    id = make.consultation(world, [bodies["halcyon"]], facilitator=bodies["body"])
    [(who,)] = world.sql("SELECT id FROM people.person WHERE name = 'lead'  LIMIT 1")
    secret = make.session_of(world, who)
    with world.app.test_request_context():
        viewer.open_viewer(secret)
        assert not db.session.scalar(sa.text("SELECT consultations.take_over(:id, :body, now())"),
                                     {"id": id, "body": bodies["second"]})
        with pytest.raises(ProgrammingError, match="row-level security"):
            db.session.execute(sa.text(
                "INSERT INTO consultations.facilitation (id, consultation_id, organisation_id, says, at, words, lang) "
                "VALUES (gen_random_uuid(), :id, :body, 'accepted', now(), '', 'en')"),
                {"id": id, "body": bodies["second"]})
        db.session.rollback()


def test_a_body_steps_back_with_its_words(world, bodies):
    id = make.consultation(world, [bodies["halcyon"]], facilitator=bodies["body"])
    here = f"/en/consultations/{id}/facilitator"
    assert bodies["anna"].post(f"{here}/departure", data={"words": "We are too few.", **once()}).status_code == 303
    assert "We are too few." in bodies["halcyon_lead"].get(here).text
    assert bodies["halcyon_lead"].post(here, data={"organisation": str(bodies["second"]), **once()}).status_code == 303
    assert bodies["rosa"].post(f"{here}/reply", data={"says": "declined", "words": "", **once()}).status_code == 422
    no = {"says": "declined", "words": "No time.", **once()}
    assert bodies["rosa"].post(f"{here}/reply", data=no).status_code == 303
    assert "No time." in bodies["halcyon_lead"].get(here).text
    assert bodies["anna"].get(f"/en/consultations/{id}/organisations").status_code == 200, "she goes on until then"


def test_a_translator_whose_membership_ends_translates_no_more(world, bodies):
    id = make.consultation(world, [bodies["halcyon"]], facilitator=bodies["body"], invited=(bodies["ngo"],))
    base, anna, neema = f"/en/consultations/{id}", bodies["anna"], bodies["neema"]
    [(seat,)] = world.sql("SELECT id FROM organisations.membership WHERE role = 'translator'")
    appointed = {"person": str(seat), "languages": ["sw"], **once()}
    assert anna.post(f"{base}/translators", data=appointed).status_code == 303
    assert "Kept" not in neema.get(f"{base}/translations").text
    zawadi = bodies["zawadi"]
    assert zawadi.post(f"/en/memberships/{seat}/end", data={"reason": "Moved."}).status_code == 303
    place = f"{base}/translations/consultation/{id}/title/sw"
    late = neema.post(place, data={"text": "x", **once()})
    assert late.status_code == 403, "her sessions end with her seat"
    make.sign_in(neema, "neema@sauti.example")
    late = neema.post(place, data={"text": "x", **once()})
    assert late.status_code == 404, "at once, before any job has run"
    world.work()
    assert world.sql("SELECT count(*) FROM consultations.translator WHERE ended_on IS NULL") == [(0,)]
    page = anna.get(f"{base}/translators").text
    assert "neema" not in page
    assert "Nobody is appointed yet" in page
    assert "appointment has ended" in anna.get("/en/notices").text

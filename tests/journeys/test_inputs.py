"""Saying something, with an account and without, until others read it; and taking it back."""

import json
import re
import uuid
from datetime import UTC, datetime, time, timedelta
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from flask import g

import make
from polyphony.consultations.models import Translator
from polyphony.inputs import importing, tasks
from polyphony.kernel import unlinkable
from polyphony.kernel.database import db

SWAHILI = "Habari zenu. Nataka kusema kwamba onyo linaonekana kwenye simu ya familia nzima, na hili ni hatari kwetu."
MASKED = "Habari zenu. Nataka kusema kwamba onyo linaonekana kwenye simu ya [mtu], na hili ni hatari kwetu."


@pytest.fixture
def stage(world: Any) -> Any:
    """One open consultation of two companies, an NGO that is invited, a facilitator, and somebody of each."""
    firms = [make.organisation(world, name) for name in ("Halcyon", "Meridian")]
    ngo, body = make.organisation(world, "Sauti", "stakeholder"), make.organisation(world, "Middle", "facilitation")
    make.person(world, "amina@sauti.example", "Amina", seats=((ngo, "coordinator"),))
    make.person(world, "juma@sauti.example", "Juma", seats=((ngo, "contributor"),))
    make.person(world, "fay@middle.example", "Fay", seats=((body, "facilitator"),))
    for n, firm in enumerate(firms):
        make.person(world, f"lead{n}@firm.example", f"Lead {n}", seats=((firm, "engagement_lead"),))
    about = make.consultation(world, firms, facilitator=body, invited=(ngo,))
    return SimpleNamespace(world=world, firms=firms, about=about, at=f"/en/consultations/{about}")


def signed_in(stage: Any, address: str) -> Any:
    return make.sign_in(stage.world.client(), address)


def body(answer: Any, status: int = 200) -> str:
    text = unescape(answer.get_data(as_text=True))
    assert answer.status_code == status, text
    return text


def follow(client: Any, answer: Any) -> str:
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return body(client.get(answer.location))


def speak(stage: Any, client: Any, text: str = SWAHILI, **choices: Any) -> str:
    """Walk the three steps; returns the id of the input."""
    follow(client, client.post(f"{stage.at}/say", data={"text": text, "lang": "", "other": ""}))
    data = {"addressed": [str(stage.firms[0])], "audience": "companies", "naming": "unattributed",
            "speaks_as": "affected", "pseudonym": "", **choices}
    checked = follow(client, client.post(f"{stage.at}/say/choices", data=data))
    assert text in checked
    sent = client.post(f"{stage.at}/say/check", data={"once": str(uuid.uuid4())})
    assert "It has arrived" in follow(client, sent)
    return sent.location.rsplit("/", 1)[1]


def begin(stage: Any, client: Any) -> tuple[list[str], dict[str, str]]:
    """Open the page with the return phrase; returns its words and the form as she would fill it in."""
    text = body(client.get(f"{stage.at}/say/without-account"))
    words = re.findall(r"<li>(\w+)</li>", text.split('class="phrase"')[1].split("</ol>")[0])
    asked = [int(n) for n in re.findall(r"word number (\d+)", text)]
    sealed = re.search(r'name="sealed"[^>]*value="([^"]+)"', text)
    assert sealed
    assert len(words) == 7
    assert len(asked) == 2
    return words, {"sealed": sealed[1], "first": words[asked[0] - 1], "second": words[asked[1] - 1]}


def revision(client: Any, address: str) -> str:
    found = re.search(r'name="revision"[^>]*value="(\d+)"', body(client.get(address)))
    assert found
    return found[1]


def test_without_an_account_and_back_again(stage: Any) -> None:
    world, client = stage.world, stage.world.client()
    words, form = begin(stage, client)
    assert world.sql("SELECT count(*) FROM people.phrase") == [(0,)]
    again = body(client.post(f"{stage.at}/say/without-account", data={**form, "first": "wrong"}), 422)
    assert words[0] in again
    assert "not the words asked for" in again
    assert world.sql("SELECT count(*) FROM people.phrase") == [(0,)]
    for _ in range(2):  # the answer was lost on a slow line, and she sends it again
        answer = client.post(f"{stage.at}/say/without-account", data=form)
        assert answer.status_code == 303
    assert world.sql("SELECT count(*) FROM people.phrase") == [(1,)]
    page = client.get(answer.location)
    assert page.headers["Cache-Control"] == "no-store"
    assert "<title>Polyphony</title>" in body(page)
    id = speak(stage, client, naming="pseudonym", pseudonym="Jua", audience="chosen", readers=[str(stage.firms[1])])
    assert world.sql("SELECT lang, shown_as, read_on FROM inputs.input") == [("sw", "Jua", None)]
    assert world.sql("SELECT count(*) FROM audit.row") == [(0,)]
    assert world.sql("SELECT count(*) FROM jobs.procrastinate_jobs") == [(0,)]
    other = world.client()
    assert body(other.get(f"/en/inbox/{id}"), 403)
    back = other.post("/en/come-back", data={"words": " ".join(words).upper()})
    assert back.status_code == 303, back.get_data(as_text=True)
    assert SWAHILI in body(other.get("/en/inbox"))


def test_the_form_without_account_ignores_who_is_signed_in(stage: Any) -> None:
    client, told = signed_in(stage, "amina@sauti.example"), "You are signed in as a member. What you write here is not"
    for path in (f"{stage.at}/say/without-account", "/en/come-back"):
        assert told in body(client.get(path)), "before she goes on"
        assert "sign out first" in body(client.get(path))
        assert told not in body(stage.world.client().get(path))
    _, form = begin(stage, client)
    assert client.post(f"{stage.at}/say/without-account", data=form).status_code == 303
    assert stage.world.sql("SELECT count(person_id), count(phrase_id) FROM people.session") == [(1, 1)], (
        "the end of the one would lie beside the beginning of the other")
    speak(stage, client)
    assert stage.world.sql("SELECT person_id FROM inputs.authorship") == [(None,)]
    assert not [x for x in stage.world.sql("SELECT verb FROM audit.row") if x[0].startswith("input")]


def test_nothing_reaches_others_before_the_facilitator(stage: Any) -> None:
    world, amina, fay = stage.world, signed_in(stage, "amina@sauti.example"), signed_in(stage, "fay@middle.example")
    id = speak(stage, amina, naming="organisation")
    leads = [signed_in(stage, f"lead{n}@firm.example") for n in (0, 1)]
    for reader in leads:
        assert SWAHILI not in body(reader.get(f"{stage.at}/inputs"))
    assert SWAHILI[:40] in body(fay.get(f"{stage.at}/reading"))
    one = f"{stage.at}/reading/{id}"
    assert body(leads[0].get(one), 403)
    known = revision(fay, one)
    changed = amina.post(f"/en/inbox/{id}", data={"text": SWAHILI + " Asante.", "revision": known})
    assert changed.status_code == 303
    stale = body(fay.post(f"{one}/release", data={"revision": known}), 409)
    assert "changed after you opened it" in stale
    assert "Asante" in stale
    assert fay.post(f"{one}/release", data={"revision": revision(fay, one)}).status_code == 303
    shown = body(leads[1].get(f"{stage.at}/inputs"))
    assert "Asante" in shown
    assert "Sauti" in shown
    assert "Amina" not in shown
    assert "Asante" not in body(world.client().get(f"{stage.at}/inputs"))
    world.work()
    assert world.sql("SELECT kind FROM notices.notice") == [("input_read",)]
    assert not world.sql("SELECT 1 FROM audit.row WHERE verb = 'input.sent' AND actor IS NOT NULL")


def test_masking_keeps_the_authors_words_and_she_may_withdraw(stage: Any) -> None:
    amina, fay = signed_in(stage, "amina@sauti.example"), signed_in(stage, "fay@middle.example")
    id = speak(stage, amina, audience="public")
    one = f"{stage.at}/reading/{id}"
    typed = {"revision": revision(fay, one), "text": SWAHILI, "reason": "A family is named."}
    assert "the same as before" in body(fay.post(f"{one}/masking", data=typed), 422)
    assert fay.post(f"{one}/masking", data={**typed, "text": MASKED}).status_code == 303
    visitor = stage.world.client()
    public = body(visitor.get(f"{stage.at}/inputs"))
    assert "[mtu]" in public
    assert "familia" not in public
    mine = body(amina.get(f"/en/inbox/{id}"))
    assert SWAHILI in mine
    assert MASKED in mine
    assert "A family is named." in mine
    assert "confirm" in body(amina.post(f"/en/inbox/{id}/withdrawal", data={}), 422)
    assert amina.post(f"/en/inbox/{id}/withdrawal", data={"sure": "yes"}).status_code == 303
    assert "[mtu]" not in body(visitor.get(f"{stage.at}/inputs"))
    assert stage.world.sql("SELECT text, shown_as FROM inputs.input") == [("", "")]
    assert stage.world.sql("SELECT count(*) FROM inputs.original") == [(0,)]
    assert body(amina.get("/en/inbox"))
    assert body(fay.get(one), 404)


def test_what_cannot_be_taken_is_kept_on_the_page(stage: Any) -> None:
    amina, world = signed_in(stage, "amina@sauti.example"), stage.world
    long = body(amina.post(f"{stage.at}/say", data={"text": "m" * 20_001, "lang": "sw"}), 422)
    assert "m" * 20_001 in long
    assert "1 character too long" in long
    unknown = {"text": "Ko te reo", "lang": "other", "other": "MI_nz"}
    assert amina.post(f"{stage.at}/say", data=unknown).status_code == 303
    assert world.sql("SELECT fields ->> 'lang' FROM inputs.draft") == [("mi-NZ",)], "one spelling, however it is typed"
    chosen = {"addressed": [str(stage.firms[0])], "audience": "chosen", "naming": "name", "speaks_as": "expert"}
    assert "companies that may read" in body(amina.post(f"{stage.at}/say/choices", data=chosen), 422)
    assert "Ko te reo" in body(amina.get(f"{stage.at}/say"))
    world.sql("UPDATE consultations.consultation SET state = 'answering'")
    closed = body(amina.post(f"{stage.at}/say", data={"text": "Too late, but mine", "lang": "en"}), 409)
    assert "Too late, but mine" in closed
    assert "takes no more inputs" in closed
    assert "takes no more inputs" in body(world.client().get(f"{stage.at}/say/without-account"), 409)


def test_a_company_that_left_is_not_among_those_chosen_before(stage: Any) -> None:
    """It takes part no more when the draft is sent: who sends is told when nobody is left, else it goes to the others."""
    amina, firms = signed_in(stage, "amina@sauti.example"), [str(firm) for firm in stage.firms]
    amina.post(f"{stage.at}/say", data={"text": SWAHILI, "lang": "sw", "other": ""})
    choices = {"addressed": firms, "audience": "chosen", "readers": firms[:1], "naming": "unattributed", "speaks_as": "affected",
               "pseudonym": ""}
    assert amina.post(f"{stage.at}/say/choices", data=choices).status_code == 303
    stage.world.sql("UPDATE consultations.convener SET state = 'left' WHERE company_id = %s", stage.firms[0])
    refused = body(amina.post(f"{stage.at}/say/check", data={"once": str(uuid.uuid4())}), 422)
    assert "choose the companies that may read" in refused
    assert SWAHILI in refused
    assert amina.post(f"{stage.at}/say/choices", data={**choices, "addressed": firms[1:], "readers": firms[1:]}).status_code == 303
    stage.world.sql("UPDATE inputs.draft SET fields = fields || jsonb_build_object('addressed', %s::jsonb)", json.dumps(firms))
    follow(amina, amina.post(f"{stage.at}/say/check", data={"once": str(uuid.uuid4())}))
    assert stage.world.sql("SELECT addressed, readers FROM inputs.input") == [([stage.firms[1]], [stage.firms[1]])]


def test_a_double_click_sends_once(stage: Any) -> None:
    juma = signed_in(stage, "juma@sauti.example")
    juma.post(f"{stage.at}/say", data={"text": SWAHILI, "lang": "sw"})
    juma.post(f"{stage.at}/say/choices", data={"addressed": [str(stage.firms[0])], "audience": "public",
                                               "naming": "name", "speaks_as": "affected"})
    once = str(uuid.uuid4())
    places = {juma.post(f"{stage.at}/say/check", data={"once": once}).location for _ in range(2)}
    assert len(places) == 1
    assert stage.world.sql("SELECT shown_as FROM inputs.input") == [("Juma",)]
    assert stage.world.sql("SELECT count(*) FROM inputs.draft") == [(0,)]
    assert "no draft" in body(juma.post(f"{stage.at}/say/check", data={"once": str(uuid.uuid4())}), 409)


def test_rows_without_account_lose_their_order(stage: Any) -> None:
    world = stage.world
    for _ in range(3):
        client = world.client()
        _, form = begin(stage, client)
        client.post(f"{stage.at}/say/without-account", data=form)
        speak(stage, client)
    kept = "SELECT id, text, audience, day FROM inputs.input ORDER BY id"
    before = world.sql(kept)
    assert world.sql("SELECT count(DISTINCT xmin::text) FROM inputs.input") == [(3,)]
    with world.worker.app_context():
        unlinkable.rewrite()
        tasks.count()
        db.session.commit()
    assert world.sql(kept) == before
    assert len(before) == 3
    assert world.sql("SELECT count(DISTINCT xmin::text) FROM (SELECT xmin FROM inputs.input UNION ALL SELECT xmin FROM "
                     "people.phrase UNION ALL SELECT xmin FROM inputs.authorship) x") == [(1,)]
    assert SWAHILI in body(client.get("/en/inbox"))


def test_pages_keep_their_statement_budget(stage: Any) -> None:
    amina, fay = signed_in(stage, "amina@sauti.example"), signed_in(stage, "fay@middle.example")
    for n in range(3):
        speak(stage, amina, text=f"{SWAHILI} {n}")
    spent = []
    client_of = [(amina, f"{stage.at}/inputs"), (fay, f"{stage.at}/reading"), (amina, f"{stage.at}/say"),
                 (amina, "/en/inbox")]
    for client, address in client_of:
        with client:
            body(client.get(address))
            spent.append(g.sql)
    assert max(spent[:3]) <= 6, spent
    assert spent[3] <= 10, spent


def test_inputs_collected_elsewhere_come_once(stage: Any, tmp_path: Any) -> None:
    world, file = stage.world, tmp_path / "said.csv"
    rows = [f'"{SWAHILI} {n}",sw,"In English {n}"' for n in range(3)]
    file.write_text("words,tongue,english\n" + "\n".join(rows) + '\n"  ",sw,x\n', "utf-8-sig")
    mapping = importing.Mapping(text="words", lang="tongue", translation="english", audience="public")
    with pytest.raises(importing.BadLine):
        importing.read(file, importing.Mapping(), stage.about)

    def run(skip_bad: bool) -> Any:
        return importing.run(world.app, file, address="amina@sauti.example", password=make.PASSWORD,
                             consultation_id=stage.about, mapping=mapping, skip_bad=skip_bad)

    refused = run(False)
    assert [number for number, _ in refused.errors] == [5]
    assert refused.added == 0
    assert world.sql("SELECT count(*) FROM inputs.input") == [(0,)]
    assert [(r.added, r.known) for r in (run(True), run(True))] == [(3, 0), (0, 3)]
    assert world.sql("SELECT count(*) FROM languages.translation WHERE lang = 'en' AND kind = 'input' "
                     "AND waits") == [(3,)], "the facilitator reads them with their inputs"
    assert world.sql("SELECT count(*) FROM inputs.input WHERE read_on IS NULL AND lang = 'sw'") == [(3,)]


def test_the_last_day_for_inputs_is_that_of_the_readers_place(stage: Any) -> None:
    """Two at night in UTC is the evening before in Lima: the list, her home and the consultation's page agree."""
    day = make.today() + timedelta(days=12)
    stage.world.sql("UPDATE consultations.consultation SET time_zone = 'America/Lima', closes_at = %s",
                    datetime.combine(day, time(2), UTC))
    before, after = (f"{each.day} {each:%B %Y}" for each in (day - timedelta(days=1), day))
    visitor, amina = stage.world.client(), signed_in(stage, "amina@sauti.example")
    assert f"Speak until {before}" in body(visitor.get("/en/"))
    assert f"{before}, 21:00" in body(visitor.get(stage.at)) or f"{before} at 21:00" in body(visitor.get(stage.at))
    amina.post(f"{stage.at}/say", data={"text": SWAHILI, "lang": "sw", "other": ""})
    home = body(amina.get("/en/home"))
    assert "Go on writing" in home
    assert before in home
    assert after not in home


@pytest.mark.parametrize("level", ["elevated", "high"])
def test_something_is_said_at_every_level_of_protection(stage: Any, level: str) -> None:
    stage.world.sql("UPDATE consultations.consultation SET protection = %s, discovery = 'invitation'", level)
    speak(stage, signed_in(stage, "amina@sauti.example"))


def test_two_people_who_said_the_same_both_come_in(stage: Any, tmp_path: Any) -> None:
    file, here = tmp_path / "said.csv", stage.about
    file.write_text(f'text,lang\n"{SWAHILI}",sw\nNdiyo.,sw\n"{SWAHILI}",sw\n"{SWAHILI}",sw\n', "utf-8")
    for added, known in ((4, 0), (0, 4)):
        done = importing.run(stage.world.app, file, address="amina@sauti.example", password=make.PASSWORD, consultation_id=here,
                             mapping=importing.Mapping(), skip_bad=False)
        assert (done.added, done.known, done.errors) == (added, known, [])
    assert stage.world.sql("SELECT count(*), count(DISTINCT source) FROM inputs.input") == [(4, 4)]


def test_a_translator_is_handed_an_input_or_refused(stage: Any) -> None:
    world, ngo = stage.world, make.organisation(stage.world, "Lugha", "stakeholder")
    who = make.person(world, "tatu@lugha.example", "Tatu", seats=((ngo, "translator"),))
    appointed = Translator(id=uuid.uuid4(), consultation_id=stage.about, person_id=who, organisation_id=ngo,
                           shown_as="Lugha", languages=["en"], appointed_on=make.today())
    make.add(world, appointed)
    amina, fay = signed_in(stage, "amina@sauti.example"), signed_in(stage, "fay@middle.example")
    tatu = signed_in(stage, "tatu@lugha.example")
    id = speak(stage, amina)
    desk = f"{stage.at}/translations"
    piece = f"{desk}/input/{id}/text/en"
    assert tatu.get(piece).status_code == 404
    handed = fay.post(f"{stage.at}/reading/{id}/translator", data={"translator": str(appointed.id)})
    assert "Handed to:" in follow(fay, handed)
    assert SWAHILI in body(tatu.get(piece))
    assert "These do not see it" in follow(amina, amina.post(f"/en/inbox/{id}/refused-translators",
                                                             data={"translator": str(appointed.id)}))
    assert tatu.get(piece).status_code == 404

"""The main job, as each kind of person, in a browser: once with scripts and once without.

Three companies consult together, people answer in their languages, every company answers back. Only time is turned
by the test; everything else happens through pages that somebody finds by following links.
"""

import re
from datetime import timedelta
from typing import Any

import pytest
from tests import make
from tests.browser.walking import Stage, Walker, Watch, aside

pytestmark = pytest.mark.slow

COMPANIES = {"halcyon": "Halcyon Messaging", "meridian": "Meridian Maps", "tern": "Tern Social"}
SWAHILI = ("Onyo linalia usiku na kuamsha nyumba nzima. Mwambie mtu mwenyewe peke yake, si kila mtu anayeishi naye. "
           "Simu yetu ni ya watu watano.")
QUOTE = "Mwambie mtu mwenyewe peke yake, si kila mtu anayeishi naye."
ENGLISH = "The alert rings at night and wakes the whole house. Tell only the person. Our phone belongs to five people."
HERS = "Tafadhali msitume onyo kwa simu ya mume wangu Juma. Tupeni njia ya kuficha onyo hilo."
MASKED = "Tafadhali msitume onyo kwa simu ya [mtu]. Tupeni njia ya kuficha onyo hilo."
HER_QUOTE = "Tupeni njia ya kuficha onyo hilo."
TEXTS = {
    "title": "Quiet alerts on shared phones", "plain": "We want to warn people without telling the whole house.",
    "purpose": "To decide how an alert arrives.", "open_to_change": "The words, the hour and the sound.",
    "closed_to_change": "That there are alerts.", "cannot_share": "How attacks are found.",
    "cannot_share_why": "It would help attackers, until 2028.", "at_risk": "People who share a phone.",
    "paid_by": "The three companies in equal parts.",
}


def _terms(stage: Stage) -> dict[str, Any]:
    soon, later = make.now() + timedelta(days=2), make.now() + timedelta(days=20)
    return {**TEXTS, "source_lang": "en", "technologies": "account-alerts", "countries": ["KE", "TZ"],
            "phases": ["assess"], "languages": ["en", "sw"], "protection": "standard", "discovery": "listed",
            "accountless": True, "time_zone": "Africa/Nairobi", "opens_at": soon.strftime("%Y-%m-%dT%H:%M"),
            "closes_at": later.strftime("%Y-%m-%dT%H:%M"),
            "promised_on": (make.today() + timedelta(days=60)).isoformat(), "facilitator_id": stage.id_of("Open Table")}


def _accept(lead: Walker) -> None:
    lead.fill("says", says="accepted", functions=["product", "legal"], accepts_facilitator=True).send("says")


def prepare(stage: Stage, cast: dict[str, Walker]) -> str:
    """The companies agree on terms and facilitator; she invites, appoints, and everything is translated."""
    lead, anna = cast["halcyon"], cast["facilitator"]
    lead.goto("/home").follow("/consultations/new").through("/preparation", **_terms(stage))
    id = re.findall(r"consultations/([0-9a-f-]{36})", lead.url)[0]
    lead.follow(f"{id}/companies")
    for name in ("meridian", "tern"):
        lead.fill("organisation", organisation=stage.id_of(COMPANIES[name])).send("organisation")
    _accept(lead)
    stage.pass_time()
    for name in ("meridian", "tern"):
        _accept(cast[name].goto("/home").follow(f"{id}/companies"))
    anna.goto("/home").follow(f"{id}/preparation").sees("You are asked to facilitate").send("/facilitation")
    anna.follow(f"{id}/organisations").fill("organisation", organisation=stage.id_of("Sauti Mkononi")).send("organisation")
    anna.goto(f"/consultations/{id}/preparation").follow(f"{id}/translators")
    anna.fill("person", person=_translator(anna, "Sauti Mkononi"), languages=["sw", "en"]).send("person")
    _translate_terms(cast["translator"], id)
    return id


def _translator(anna: Walker, organisation: str) -> str:
    options = anna.page.locator(f'select[name=person] option:has-text("{organisation}")')
    return str(options.first.get_attribute("value"))


def _translate_terms(neema: Walker, id: str) -> None:
    neema.goto("/home")
    for field in TEXTS:
        neema.goto(f"/consultations/{id}/translations?into=sw").follow(f"/{field}/sw")
        neema.fill("text", text=f"Kwa Kiswahili: {TEXTS[field]}").send("text")


def announce(stage: Stage, cast: dict[str, Walker], id: str) -> None:
    """She announces; the clock opens it; a visitor finds it in her language."""
    anna = cast["facilitator"]
    anna.goto(f"/consultations/{id}/preparation").fill("/announcement", words="We begin together.").send("/announcement")
    stage.turn(id, opens_at=-0.01)
    stage.pass_time()
    visitor = stage.enter("visitor")
    visitor.goto("/").follow("/consultations").sees(TEXTS["title"])
    visitor.follow(id).sees("Open for inputs", "We begin together.", *COMPANIES.values())
    visitor.lang = "sw"
    visitor.goto(f"/consultations/{id}").sees(f"Kwa Kiswahili: {TEXTS['title']}")


def say(who: Walker, id: str, text: str, **choices: Any) -> None:
    """The three steps from words to arrival."""
    who.fill("text", text="").send("text", status=422)
    who.fill("text", text=text).send("text").fill("audience", **choices).send("audience").sees(text)
    who.send("/say/check")
    assert "/sent/" in who.url


def speak(stage: Stage, cast: dict[str, Walker], id: str) -> tuple[Walker, str]:
    """A coordinator for her organisation, and a person without an account, who keeps her phrase alone."""
    zawadi = cast["coordinator"]
    zawadi.goto("/home").follow(f"/consultations/{id}").follow(f"{id}/say")
    say(zawadi, id, SWAHILI, audience="participants", naming="organisation", speaks_as="representative",
        addressed=[stage.id_of(name) for name in COMPANIES.values()])
    asha = stage.enter("phrase", width=320)
    asha.goto("/").follow("/consultations").follow(id).follow("without-account")
    asha.fill("first", first="wrong", second="words").send("first", status=422)
    phrase = asha.take_phrase()
    say(asha, id, HERS, audience="public", naming="pseudonym", pseudonym="Jua", speaks_as="affected",
        addressed=[stage.id_of("Halcyon Messaging")])
    asha.follow("/inbox").sees(HERS)
    stage.enter("visitor").goto(f"/consultations/{id}").sees_not("Jua")
    return asha, phrase


def read_and_place(stage: Stage, cast: dict[str, Walker], id: str, asha: Walker) -> str:
    """She reads, masks, makes a theme and puts the words into it; the clock ends inputs; the companies see it."""
    anna = cast["facilitator"]
    anna.goto(f"/consultations/{id}").follow(f"{id}/facilitate")
    for start in (SWAHILI, HERS):
        anna.goto(f"/consultations/{id}/reading").page.get_by_text(start[:40]).first.click()
        anna.page.wait_for_load_state()
        if start == SWAHILI:
            anna.send("/release")
        else:
            anna.fill("reason", text=HERS, reason="x").send("reason", status=422)
            anna.fill("reason", text=MASKED, reason="Jina la mtu mwingine lingemletea hatari.").send("reason")
    asha.goto("/inbox").sees("Jina la mtu mwingine", HERS).follow("/inbox/").sees(MASKED)
    _translate_input(cast["translator"], id)
    anna.goto(f"/consultations/{id}/facilitate").follow("themes/new")
    anna.fill("title", title="Warn the person", summary="Not the whole house.", lang="en").send("title")
    theme = str(stage.world.sql("SELECT id FROM feedback.theme WHERE consultation_id = %s", id)[0][0])
    said = stage.world.sql("SELECT id, text FROM inputs.input WHERE consultation_id = %s", id)
    for input_id, text in said:
        anna.goto(f"/consultations/{id}/facilitate").follow(f"excerpts/{input_id}")
        anna.fill("theme_id", theme_id=theme, quote="never said").send("theme_id", status=422)
        anna.fill("theme_id", theme_id=theme, quote=QUOTE if text == SWAHILI else HER_QUOTE).send("theme_id")
    stage.turn(id, opens_at=-20, closes_at=-0.01)
    stage.pass_time()
    anna.goto(f"/consultations/{id}/facilitate").send("/share")
    return theme


def _translate_input(neema: Walker, id: str) -> None:
    said = neema.goto(f"/consultations/{id}/translations?into=en")
    said.page.locator('main a[href*="/translations/input/"]', has_text="").first.click()
    said.page.wait_for_load_state()
    text = ENGLISH if SWAHILI[:30] in said.text else "Please do not send it to the phone of [a person]. Let us hide it."
    said.fill("text", text=text).send("text")


def object_and_handle(cast: dict[str, Walker], id: str, theme: str, asha: Walker) -> None:
    """Not what I meant: it blocks publication until she has replied."""
    asha.goto("/inbox").sees("Warn the person").follow("/object")
    asha.fill("words", words="Nilimaanisha simu inayotumiwa na wengi.", lang="sw").send("words")
    anna = cast["facilitator"].goto(f"/consultations/{id}/facilitate")
    anna.follow("/objections/").sees("Nilimaanisha").fill("words", words="We changed the title.").send("words")
    asha.goto(f"/themes/{theme}").sees("We changed the title.")


def answer(stage: Stage, cast: dict[str, Walker], id: str, theme: str) -> None:
    """Two leads draft and their decision makers sign; the third is silent; peers see nothing."""
    for name in ("halcyon", "meridian"):
        lead = cast[name].goto(f"/consultations/{id}").follow("our-answers").follow(f"{theme}/answer")
        lead.fill("decision", decision="declined", words=f"{name} says no.", changes="x", lang="en").send("decision")
        lead.fill("decision", decision="adopted", words=f"{name} will do it.", changes="The hour.").send("decision")
        if name == "halcyon":
            due = (make.today() + timedelta(days=30)).isoformat()
            lead.fill("what", what="A quiet alert", owner="product", due_on=due).send(
                "what", press="/measures").sees("A quiet alert")
        boss = stage.member(f"decider@{name}.example")
        boss.goto(f"/consultations/{id}").follow("our-answers").follow(f"{theme}/answer").sees(f"{name} will do it.")
        boss.send("decision", press="/sign")
    for peer in (cast["tern"], cast["coordinator"]):
        peer.goto(f"/themes/{theme}").sees_not("halcyon will do it.", "meridian will do it.")
    tern = cast["tern"].goto(f"/consultations/{id}").follow("our-answers").follow(f"{theme}/answer")
    tern.fill("decision", decision="later", words="Not now.", changes="Nothing yet.").send("decision")


def publish(stage: Stage, cast: dict[str, Walker], id: str, asha_phrase: str) -> Walker:
    """All together, the third by name as late; the author finds her answers with her phrase, from any browser."""
    anna = cast["facilitator"]
    anna.goto(f"/consultations/{id}/facilitate").follow("/publish")
    anna.fill("words", words="Two companies answer today.").send("words", status=409)
    stage.turn(id, opens_at=-90, closes_at=-60, promised_on=-3)
    anna.fill("words", words="Two companies answer today.").send("words")
    visitor = stage.enter("visitor")
    visitor.goto("/consultations").follow(id).follow("/answers").sees(*COMPANIES.values(), "Owed", "3 days late")
    back = stage.enter("phrase", width=320, lang="sw")
    back.goto("/").follow("/come-back").fill("words", words="si maneno yangu haya").send("words", status=422)
    back.fill("words", words=asha_phrase.upper().replace(" ", "  ")).send("words")
    back.sees(HERS, "Halcyon Messaging").follow("/themes/").sees("halcyon will do it.", HER_QUOTE)
    return back


def ground(stage: Stage, cast: dict[str, Walker], id: str, theme: str, back: Walker) -> None:
    """The measure, months later: what the company says, and how it looks where she lives."""
    lead = cast["halcyon"].goto(f"/consultations/{id}").follow("our-answers").follow("/status")
    lead.fill("status", status="done", status_words="It is in every phone.").send("status")
    anna = cast["facilitator"].goto(f"/consultations/{id}/facilitate").follow("/round")
    anna.fill("until", until=(make.today() + timedelta(days=5)).isoformat()).send("until")
    back.goto(f"/themes/{theme}").follow("/ground")
    back.fill("view", view="partly", words="Kwa simu mpya tu.", lang="sw").send("view")
    visitor = stage.enter("visitor").goto(f"/themes/{theme}").sees_not("Kwa simu mpya tu.")
    anna.goto(f"/consultations/{id}/facilitate").follow("/ground/").sees("Kwa simu mpya tu.").send("/read")
    visitor.goto(f"/themes/{theme}").sees("It is in every phone.")


def close(stage: Stage, cast: dict[str, Walker], id: str) -> None:
    """No silence is closed away unnamed: the default stands on the page for ever."""
    anna = cast["facilitator"].goto(f"/consultations/{id}/facilitate").follow("/close")
    anna.fill("words", words="The end.").send("words", status=409)
    anna.goto(f"/consultations/{id}/facilitate").follow("/default")
    anna.fill("company_id", company_id=stage.id_of("Tern Social"), words="Asked three times.").send("company_id")
    anna.goto(f"/consultations/{id}/facilitate").follow("/close").fill("words", words="The end.").send("words")
    stage.enter("visitor").goto(f"/consultations/{id}/answers").sees("Tern Social had not answered", "Asked three times.")
    assert stage.world.sql("SELECT state FROM consultations.consultation WHERE id = %s", id) == [("closed",)]


def admit(stage: Stage, lead: Walker) -> None:
    """A company's administrator invites, somebody accepts from her mail, two stewards admit, the auditor looks."""
    lead.goto("/home").follow("/organisation").follow("invite-organisation" if "invite-organisation" in lead.page.content()
                                                      else "invit")
    lead.fill("words", address="new@pwani.example", language="sw", words="Join us.").send("words")
    aside(stage.world.work)
    link = re.findall(r"/invitation/[\w-]+", stage.world.mails()[-1].replace("=\n", ""))[0]
    new = stage.enter("visitor").goto(link)
    new.fill("organisation_name", organisation_name="Pwani", kind="stakeholder", country="KE", about="Tunasikiliza.",
             name="Rehema", password="maneno manne ya siri", language="sw").send("organisation_name")
    for number in (1, 2):
        steward = stage.member(f"steward{number}@polyphony.example")
        steward.goto("/home").follow("/admissions").follow(stage.id_of("Pwani")).sees("Tunasikiliza.")
        steward.fill("admits", admits="yes", words="We know them.").send("admits")
    assert stage.world.sql("SELECT admitted_on IS NOT NULL FROM organisations.organisation WHERE name = 'Pwani'") == [(True,)]
    new.goto("/home").follow("/organisation").sees("Pwani")
    stage.member("auditor@polyphony.example").goto("/home").follow("/organisations").sees("Pwani")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_the_whole_story(stage: Stage, scripts: bool) -> None:
    """From the first line of a consultation to its end, by everybody in it; with scripts, every page is judged."""
    stage.scripts, stage.watch = scripts, Watch() if scripts else None
    cast = {name: stage.member(f"lead@{name}.example") for name in COMPANIES}
    for seat in ("facilitator@opentable", "coordinator@sauti", "translator@sauti"):
        cast[seat.split("@")[0]] = stage.member(f"{seat}.example")
    admit(stage, cast["halcyon"])
    id = prepare(stage, cast)
    announce(stage, cast, id)
    asha, phrase = speak(stage, cast, id)
    theme = read_and_place(stage, cast, id, asha)
    object_and_handle(cast, id, theme, asha)
    answer(stage, cast, id, theme)
    back = publish(stage, cast, id, phrase)
    ground(stage, cast, id, theme, back)
    close(stage, cast, id)
    if stage.watch:
        assert len(stage.watch.seen) > 60, "few pages were looked at"
        assert stage.watch.wrong == [], "\n".join(stage.watch.wrong)

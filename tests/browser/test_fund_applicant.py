"""The applicant's part in Arabic and in French, at 320 px, with scripts and without: found by where links lead and what fields are called."""

from typing import Any

import pytest
from tests.browser.walking import Stage, Walker, Watch

pytestmark = pytest.mark.slow

MEMBERS = {"ar": ("coordinator@masar.example", "Masar al-Kalima"), "fr": ("coordinator@voix.example", "Voix du Filao")}
SAID: dict[str, dict[str, Any]] = {
    "ar": {"title": "أجوبة تعود إلى أهلها", "summary": "نحمل الأجوبة إلى من تكلّموا.", "need": "لم يعد أحد إليهم بجواب.",
           "plan": "أربعة لقاءات في الحي.", "people": "منسقتان ومترجمة.", "safety": "لا أسماء ولا صور.",
           "lines": ("أجور المتكلمات", "مواصلات"), "country": "JO"},
    "fr": {"title": "Des réponses qui reviennent", "summary": "Nous rapportons les réponses à celles qui ont parlé.",
           "need": "Personne n’est revenu les voir.", "plan": "Quatre rencontres au quartier.", "people": "Deux animatrices.",
           "safety": "Ni noms ni photos.", "lines": ("Heures payées", "Transport"), "country": "SN"},
}


def _open_call(stage: Stage) -> str:
    return str(stage.world.sql("SELECT id FROM fund.call WHERE state = 'open'")[0][0])


def _begins_anew(stage: Stage, organisation: str) -> None:
    """In the demo one organisation has begun already: here it is as if it had not."""
    begun = stage.world.sql("SELECT a.id FROM fund.application a JOIN fund.applicant p ON p.application_id = a.id JOIN "
                            "organisations.organisation o ON o.id = p.organisation_id WHERE a.state = 'draft' AND o.name = %s",
                            organisation)
    for (id,) in begun:
        stage.world.sql("SET session_replication_role = replica; " + "; ".join(
            f"DELETE FROM fund.{table} WHERE {column} = '{id}'" for table, column in (
                ("part", "application_id"), ("budget_line", "application_id"), ("application_hand", "application_id"),
                ("applicant", "application_id"), ("application", "id"))))


def _apply(who: Walker, call: str, lang: str) -> str:
    """The questions, then the task list, each step kept where she left it."""
    said = SAID[lang]
    who.goto("/home").follow("/fund/calls").follow(call).follow("/apply")
    right = {f"q{n}": "yes" for n in range(who.page.locator("main form input[type=radio][value=yes]").count())}
    who.fill("q0", **dict.fromkeys(right, "no")).send("q0", status=422).fill("q0", **right, lang=lang).send("q0")
    id = who.url.rsplit("/", 1)[1].split("#")[0]
    who.follow("/project").fill("title", **{name: said[name] for name in ("title", "summary", "need", "country")}).send("title")
    assert who.page.locator("h1").get_attribute("lang") == lang
    assert who.sees(said["title"]).page.locator("h1").get_attribute("dir") == ("rtl" if lang == "ar" else "ltr")
    who.follow("/plan").fill("plan", plan=said["plan"], people=said["people"]).send("plan")
    _budget(who, lang)
    who.follow("/safety").fill("safety", safety=said["safety"], at_risk=True, level="region").send("safety")
    who.goto("/home").follow(id).follow("/check").sees(*(said[name] for name in ("title", "plan", "safety")))
    return id


def _budget(who: Walker, lang: str) -> None:
    """Digits as people there write them; what does not add up is told beside its field and put right."""
    first, second = SAID[lang]["lines"]
    wrong, right = ("١٠٠٠٫٥٠", "١٥٠٠") if lang == "ar" else ("1000,50", "1500")
    who.follow("/budget").fill("requested", requested="٤٠٠٠" if lang == "ar" else "4 000", **{
        "rows-0-said": first, "rows-0-amount": "2500", "rows-1-said": second, "rows-1-amount": wrong})
    who.send("requested", status=422).holds(**{"rows-0-said": first, "rows-1-amount": wrong})
    who.send("requested", press="later").follow("/budget").holds(**{"rows-0-said": first})
    who.fill("requested", **{"rows-1-amount": right}).send("requested")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
@pytest.mark.parametrize("lang", ["ar", "fr"])
def test_applying(stage: Stage, lang: str, scripts: bool) -> None:
    """From the open call to the confirmation with the next date, then changed once more before the deadline."""
    address, organisation = MEMBERS[lang]
    _begins_anew(stage, organisation)
    watch = Watch(languages=(), widths=(320,))
    stage.scripts, stage.watch = scripts, watch if scripts else None
    who, call = stage.member(address, lang=lang, width=320), _open_call(stage)
    assert who.page.get_attribute("html", "dir") == ("rtl" if lang == "ar" else "ltr")
    id = _apply(who, call, lang)
    who.fill("payee_reference", payee_reference="P-12").send("payee_reference")
    assert who.page.locator("main [role=status] time").count(), "the next date is told"
    who.follow("/plan").fill("plan", plan=SAID[lang]["plan"] + " ✓").send("plan").follow("/check").sees("✓")
    assert stage.world.sql("SELECT state, lang, requested FROM fund.application WHERE id = %s", id) == [
        ("submitted", lang, 4_000_00)]
    assert watch.wrong == [], "\n".join(watch.wrong)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
@pytest.mark.parametrize("lang", ["ar", "fr"])
def test_the_answer_and_the_grant(stage: Stage, lang: str, scripts: bool) -> None:
    """She reads the letter with its reasons in her language, where her instalments stand, and shows less of the grant."""
    address, organisation = MEMBERS[lang]
    watch = Watch(languages=(), widths=(320,))
    stage.scripts, stage.watch = scripts, watch if scripts else None
    call, id, words, grant = stage.world.sql(
        "SELECT a.call_id, a.id, d.words, g.id FROM fund.application a JOIN fund.decision d ON d.application_id = a.id JOIN "
        "fund.applicant p ON p.application_id = a.id JOIN organisations.organisation o ON o.id = p.organisation_id "
        "JOIN fund.\"grant\" g ON g.application_id = a.id WHERE o.name = %s AND d.outcome = 'granted'", organisation)[0]
    who = stage.member(address, lang=lang, width=320)
    who.goto("/home").follow("/fund/calls").follow(str(call)).follow(str(id)).follow("/letter").sees(words.strip()[:60])
    assert who.page.locator(f'.words[lang="{lang}"]').count(), "the reasons carry their language"
    who.follow("/fund/grants/").fill("level", level="aggregate").send("level")
    assert stage.world.sql("SELECT level FROM fund.\"grant\" WHERE id = %s", grant) == [("aggregate",)]
    assert watch.wrong == [], "\n".join(watch.wrong)

"""The stakeholder's part in Arabic and in Swahili: at 320 px, found by where links lead and what fields are called."""

from typing import Any

import pytest
from tests.browser.walking import Stage, Walker, Watch

from polyphony.demo.story import PHRASES

pytestmark = pytest.mark.slow

SAID = {
    "ar": "يصل التنبيه إلى هاتف العائلة كلها. أرجو أن يصل إلى صاحبة الحساب وحدها.",
    "sw": "Onyo linafika kwenye simu ya familia nzima. Naomba limfikie mwenye akaunti peke yake.",
}
MEMBERS = {"ar": "coordinator@masar.example", "sw": "coordinator@sauti.example"}


def _open(stage: Stage) -> str:
    """The demo's consultation that takes inputs now."""
    return str(stage.world.sql("SELECT id FROM consultations.consultation WHERE state = 'open'")[0][0])


def _companies(who: Walker) -> list[str]:
    return [str(each.get_attribute("value")) for each in who.page.locator("[name=addressed]").all()]


def _speak(who: Walker, id: str, lang: str, **choices: Any) -> None:
    who.fill("text", text=SAID[lang]).send("text")
    who.fill("addressed", addressed=_companies(who)[:1], audience="companies", speaks_as="affected", **choices)
    who.send("addressed").sees(SAID[lang]).send("/say/check")
    assert "/sent/" in who.url
    assert who.page.get_attribute("html", "lang") == lang
    stored = who.page.url.rsplit("/", 1)[1]
    who.follow("/inbox").sees(SAID[lang])
    assert who.page.locator(f'.words[lang="{lang}"]').count(), "her words carry their language"
    assert stored in who.page.content()


@pytest.mark.parametrize("lang", ["ar", "sw"])
def test_with_an_account(stage: Stage, lang: str) -> None:
    """A coordinator says it, finds it, changes it and takes it back."""
    stage.watch = Watch(languages=(), widths=(320,))
    id, who = _open(stage), stage.member(MEMBERS[lang], lang=lang, width=320)
    assert who.page.get_attribute("html", "dir") == ("rtl" if lang == "ar" else "ltr")
    who.goto("/home").follow(f"/consultations/{id}").follow(f"{id}/say")
    _speak(who, id, lang, naming="organisation")
    entry = stage.world.sql("SELECT id FROM inputs.input WHERE text = %s", SAID[lang])[0][0]
    assert stage.world.sql("SELECT lang FROM inputs.input WHERE id = %s", entry) == [(lang,)], "guessed rightly"
    who.follow(f"/inbox/{entry}").fill("text", text=SAID[lang] + " ✓").send("text").sees("✓")
    who.send("sure", status=422).fill("sure", sure="yes").send("sure").sees_not("✓")
    assert stage.watch.wrong == [], "\n".join(stage.watch.wrong)


def test_a_line_that_drops_leaves_her_words_and_says_so(stage: Stage) -> None:
    who = stage.member(MEMBERS["sw"], lang="sw", width=320)
    who.goto(f"/consultations/{_open(stage)}/say").fill("text", text=SAID["sw"])
    who.page.context.set_offline(True)
    button = who.form("text").locator("button:not([aria-hidden])").last
    button.click()
    who.page.locator("main form [role=alert]:visible").wait_for()
    assert who.page.input_value("[name=text]") == SAID["sw"]
    who.page.context.set_offline(False)
    who.faults.clear()  # the browser's own word that the line was down
    who.send("text")
    assert who.page.locator("[name=addressed]").count(), "the same press goes through when the line is back"


@pytest.mark.parametrize("lang", ["ar", "sw"])
def test_without_an_account(stage: Stage, lang: str) -> None:
    """She finds it, takes her phrase, says it, leaves fast, and comes back from another browser."""
    stage.watch = Watch(languages=(), widths=(320,))
    id, who = _open(stage), stage.enter("phrase", lang=lang, width=320)
    who.goto("/").follow("/consultations").follow(id).follow("without-account")
    who.fill("first", first="x", second="y").send("first", status=422)
    phrase = who.take_phrase()
    _speak(who, id, lang, naming="unattributed")
    who.page.locator("#leave button").click()
    who.page.wait_for_url("**/time")
    assert "Polyphony" not in who.page.content()
    back = stage.enter("phrase", lang=lang, width=320).goto("/").follow("/come-back")
    back.fill("words", words=phrase).send("words").sees(SAID[lang])
    assert back.page.get_attribute("html", "dir") == ("rtl" if lang == "ar" else "ltr")
    assert stage.watch.wrong == [], "\n".join(stage.watch.wrong)


@pytest.mark.parametrize("lang", ["ar", "sw"])
def test_answers_and_the_view_from_the_ground(stage: Stage, lang: str) -> None:
    """Whoever was answered reads what became of it, and says how a measure looks where she lives."""
    stage.watch = Watch(languages=(), widths=(320,))
    measure, theme = _a_round_of(stage)
    who = stage.enter("phrase", lang=lang, width=320).goto("/come-back")
    who.fill("words", words=next(iter(PHRASES.values()))).send("words").follow("/themes/")
    who.goto(f"/themes/{theme}").follow(f"/measures/{measure}/ground")
    who.fill("view", view="partly", words=SAID[lang], lang=lang).send("view")
    assert stage.world.sql("SELECT words, lang FROM feedback.ground_view WHERE words = %s", SAID[lang]) == [(SAID[lang], lang)]
    assert stage.watch.wrong == [], "\n".join(stage.watch.wrong)


def _a_round_of(stage: Stage) -> tuple[str, str]:
    """A round that is open now on a measure in the closed consultation on which the phrase's holder said nothing yet."""
    measure, theme = stage.world.sql(
        "SELECT m.id, m.theme_id FROM feedback.measure m JOIN consultations.consultation c ON c.id = m.consultation_id "
        "WHERE c.state = 'closed' ORDER BY m.id LIMIT 1")[0]
    stage.world.sql("DELETE FROM feedback.ground_author WHERE measure_id = %s", measure)
    stage.world.sql("UPDATE feedback.ground_round SET until = current_date + 3 WHERE measure_id = %s", measure)
    stage.world.sql("INSERT INTO feedback.ground_round (measure_id, consultation_id, opened_on, until) SELECT id, "
                    "consultation_id, current_date, current_date + 3 FROM feedback.measure WHERE id = %s "
                    "ON CONFLICT DO NOTHING", measure)
    return str(measure), str(theme)

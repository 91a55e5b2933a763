"""The short sum in a browser: done unseen while she types; without scripts, waited for; nothing typed is lost."""

from typing import Any

import pytest
from tests.browser.walking import Stage, Watch, aside

from polyphony.demo.story import PHRASES
from polyphony.kernel import sums

pytestmark = pytest.mark.slow

PHRASE = next(iter(PHRASES.values()))


@pytest.fixture
def asking(stage: Stage, monkeypatch: Any) -> Stage:
    stage.world.app.config["SHORT_SUMS"] = True
    monkeypatch.setattr(sums, "WAIT", 60)
    return stage


def _spent(stage: Stage) -> int:
    found: list[Any] = []
    aside(lambda: found.extend(stage.world.sql("SELECT count(*) FROM kernel.spent_sum")))
    return int(found[0][0])


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_with_scripts_nobody_waits(asking: Stage, lang: str) -> None:
    """In both directions of writing, at every door that asks."""
    asking.watch = Watch(languages=(), widths=(320,))
    who = asking.enter("phrase", lang=lang, width=320).goto("/come-back")
    who.fill("words", words="si maneno yangu haya").send("words", status=422)
    who.fill("words", words=PHRASE).send("words")
    assert "/inbox" in who.url
    assert _spent(asking) == 2
    other = asking.enter("visitor", lang=lang, width=320).goto("/reset")
    other.fill("address", address="nobody@x.example").send("address")
    assert "/asked" in other.url
    assert asking.watch.wrong == [], "\n".join(asking.watch.wrong)


def test_a_sum_that_takes_long_is_told_of(asking: Stage) -> None:
    """Pressing the button before it is done says so in a sentence, and sends by itself when it is done."""
    page, held = asking.enter("phrase").goto("/come-back").page, list[Any]()
    page.route("**/sum.js*", lambda route: held.append(route))  # the sum takes as long as its script is kept waiting
    page.locator("[name=words]").fill(PHRASE)
    asked = page.locator("form:has([name=words]) [role=status]")
    assert not asked.is_visible()
    with page.expect_navigation():
        page.locator("form:has([name=words]) button").evaluate("button => button.click()")
        assert asked.is_visible()
        assert "short sum" in asked.inner_text()
        page.locator("form:has([name=words]) button").evaluate("button => button.click()")
        (script,) = held
        script.continue_()
    assert "/inbox" in page.url
    assert _spent(asking) == 1, "pressing twice sends once"


def test_where_no_worker_runs_she_is_told_to_wait(asking: Stage) -> None:
    who = asking.enter("phrase")
    who.page.add_init_script("delete window.Worker")
    who.goto("/come-back").fill("words", words=PHRASE).send("words", status=429)
    who.sees("Please wait").holds(words=PHRASE)


def test_without_scripts_the_page_says_when_and_keeps_the_words(asking: Stage, monkeypatch: Any) -> None:
    asking.scripts = False
    asking.watch = Watch(languages=(), widths=(320,))
    who = asking.enter("phrase", width=320).goto("/come-back")
    who.fill("words", words=PHRASE).send("words", status=429)
    who.sees("Please wait").holds(words=PHRASE)
    real = sums.clock.now
    monkeypatch.setattr(sums.clock, "now", lambda: real() + sums.timedelta(seconds=60))
    who.send("words")
    assert "/inbox" in who.url
    assert asking.watch.wrong == [], "\n".join(asking.watch.wrong)

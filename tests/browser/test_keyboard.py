"""Without a mouse: Tab, Enter, Space and the letters; and gone at once when somebody looks over the shoulder."""

from typing import Any

import pytest
from tests.browser.walking import Stage, Walker

from polyphony.demo.cast import PASSWORD

pytestmark = pytest.mark.slow

SESSIONS = "SELECT count(*) FROM people.session WHERE phrase_id IS NOT NULL"


def _tab_to(who: Walker, selector: str, limit: int = 80) -> None:
    """Press Tab until the focus stands on this, seen as such."""
    for _ in range(limit):
        if who.page.evaluate("s => document.activeElement.matches(s)", selector):
            box = who.page.evaluate("""() => { const s = getComputedStyle(document.activeElement);
                return s.outlineStyle !== 'none' || s.boxShadow !== 'none' }""")
            assert box, f"the focus on {selector} is not seen on {who.url}"
            return
        who.page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {selector} on {who.url}")


def _press(who: Walker, key: str = "Enter") -> None:
    with who.page.expect_navigation():
        who.page.keyboard.press(key)


def test_saying_something_with_keys_alone(stage: Stage) -> None:
    """Sign in, find the consultation, say it, choose and send."""
    who = stage.enter("coordinator").goto("/sign-in")
    who.page.keyboard.press("Tab")
    assert who.page.evaluate("document.activeElement.className") == "skip", "the first stop leads past the navigation"
    who.page.keyboard.press("Enter")
    assert who.page.evaluate("location.hash") == "#main"
    _tab_to(who, "[name=address]", 3)
    who.page.keyboard.type("coordinator@sauti.example")
    _tab_to(who, "[name=password]", 2)
    who.page.keyboard.type(PASSWORD)
    _press(who)
    assert "/home" in who.url
    id = str(stage.world.sql("SELECT id FROM consultations.consultation WHERE state = 'open'")[0][0])
    _tab_to(who, f'a[href$="/consultations/{id}"]')
    _press(who)
    _tab_to(who, f'a[href$="{id}/say"]')
    _press(who)
    _tab_to(who, "textarea[name=text]")
    who.page.keyboard.type("Say it to the person alone.")
    _tab_to(who, "main form button:not([name])")
    _press(who, "Space")
    assert "/choices" in who.url
    _tab_to(who, "[name=audience]")
    for _ in range(2):
        who.page.keyboard.press("ArrowDown")
    _tab_to(who, "[name=naming]")
    who.page.keyboard.press("ArrowDown")
    _tab_to(who, "main form button")
    _press(who, "Space")
    _tab_to(who, "main form button")
    _press(who)
    assert "/sent/" in who.url, who.text
    assert stage.world.sql("SELECT count(*) FROM inputs.input WHERE text = 'Say it to the person alone.'") == [(1,)]


def _at_a_secret(stage: Stage) -> Walker:
    """Somebody without an account in the middle of her words."""
    who = stage.enter("phrase", width=320).goto("/").follow("/consultations")
    id = str(stage.world.sql("SELECT id FROM consultations.consultation WHERE state = 'open'")[0][0])
    who.follow(id).follow("without-account").take_phrase()
    who.fill("text", text="They must not see this.")
    return who


@pytest.mark.parametrize("way", ["button", "escape"])
def test_leaving_fast(stage: Stage, way: str) -> None:
    """One press puts a neutral page in the place of hers; going back leads past her words."""
    who = _at_a_secret(stage)
    assert stage.world.sql(SESSIONS) == [(1,)]
    asked: list[Any] = []
    who.page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    hers, visited = who.url, who.page.evaluate("history.length")
    with who.page.expect_navigation():
        if way == "button":
            who.page.locator("#leave button").focus()
            who.page.keyboard.press("Enter")
        else:
            for _ in range(3):
                who.page.keyboard.press("Escape")
    who.page.wait_for_url("**/time")
    assert asked == [], "nothing asks whether she really wants to leave"
    assert "Polyphony" not in who.page.content()
    assert stage.world.sql(SESSIONS) == [(0,)], "her session is over"
    assert who.page.evaluate("history.length") == visited, "leaving adds nothing to the history"
    who.page.go_back()
    assert who.url != hers, "going back does not come to the page she left"
    assert "They must not see this." not in who.text


def test_leaving_fast_without_scripts(stage: Stage) -> None:
    """Without scripts a form takes her away; whoever goes back finds her session over and nothing of her words."""
    stage.scripts = False
    who = _at_a_secret(stage)
    assert stage.world.sql(SESSIONS) == [(1,)]
    who.page.locator("#leave button").click()
    who.page.wait_for_url("**/time")
    assert "Polyphony" not in who.page.content()
    assert stage.world.sql(SESSIONS) == [(0,)], "her session is over"
    who.page.go_back()
    assert "They must not see this." not in who.text

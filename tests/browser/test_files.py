"""Attaching files on a telephone: in English without scripts, in Arabic with them."""

from pathlib import Path
from typing import Any

import pytest
from tests.browser.walking import Stage, Watch

import dirty

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("lang", "scripts"), [("en", False), ("ar", True)])
def test_files_are_attached_refused_removed_and_saved(stage: Stage, lang: str, scripts: bool, tmp_path: Path) -> None:
    stage.scripts = scripts
    stage.watch = Watch(languages=(), widths=(320,)) if scripts else None  # axe is a script itself
    id = str(stage.world.sql("SELECT id FROM consultations.consultation WHERE state = 'open'")[0][0])
    who = stage.member("coordinator@masar.example", lang=lang, width=320)
    for name, body in (("photo of me.jpg", dirty.jpeg()), ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")):
        (tmp_path / name).write_bytes(body)
    who.goto(f"/consultations/{id}/say").fill("text", text="What I saw.")
    who.page.locator("[name=files]").set_input_files([tmp_path / "photo of me.jpg", tmp_path / "drawing.svg"])
    who.send("text", press="attach")
    if stage.watch:
        stage.watch.look(who, "refused")
    assert who.page.locator("#refused-files li").count() == 1
    assert who.page.locator("#attached li").count() == 1
    who.sees("What I saw.").sees_not("photo of me", "drawing.svg")
    with who.page.expect_download() as begun:
        who.page.locator("#attached a").click()
    assert begun.value.suggested_filename == "attachment-1.jpg"
    assert b"canary" not in Path(str(begun.value.path())).read_bytes()
    _look(who, lang)
    who.send("text", press="remove")
    assert who.page.locator("#attached").count() == 0
    who.sees("What I saw.")
    assert not stage.watch or stage.watch.wrong == []


def _look(who: Any, lang: str) -> None:
    from polyphony.folders import root

    folder = root() / "var" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    who.page.screenshot(path=folder / f"files-{lang}-320.png", full_page=True)

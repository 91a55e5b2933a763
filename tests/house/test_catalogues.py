"""Seven languages as equals: every sentence in every catalogue, with its placeholders and plurals."""

import polib
import pytest
from babel.messages.catalog import Catalog

from polyphony.commands import strings
from polyphony.folders import folder
from polyphony.kernel.locale import interface

OTHERS = [x.code for x in interface() if x.code != "en"]


@pytest.mark.parametrize("lang", OTHERS)
def test_every_sentence_is_translated(lang: str) -> None:
    entries = polib.pofile(str(folder("translations") / lang / "LC_MESSAGES" / "messages.po"))
    missing = [e.msgid for e in entries if not e.obsolete
               and not (all(e.msgstr_plural.values()) if e.msgid_plural else e.msgstr)]
    assert missing == [], "every string lands in all seven languages: run `make strings` and translate these"
    assert not [e.msgid for e in entries if "fuzzy" in e.flags], "a guess is not a translation"


def test_the_catalogues_know_every_sentence_of_the_code() -> None:
    fresh = {m.id if isinstance(m.id, str) else m.id[0] for m in strings.template() if m.id}
    kept = {e.msgid for e in polib.pofile(str(folder("translations") / "messages.pot"))}
    assert fresh == kept, "run `make strings`"


@pytest.mark.parametrize(("translation", "fault"), [
    ("", "missing"), ("Salut", "placeholders differ"), ("Hello dear %(name)s, come in", "still English"),
    ("Salut %(name)s, entre donc", "")])
def test_a_planted_fault_is_found(translation: str, fault: str) -> None:
    fresh, catalogue = Catalog(locale="en"), Catalog(locale="fr")
    fresh.add("Hello dear %(name)s, come in")
    catalogue.add("Hello dear %(name)s, come in", translation)
    found = list(strings.faults_of(fresh, catalogue, "fr"))
    assert [each.split(":")[0] for each in found] == ([fault] if fault else [])


def test_a_new_sentence_waits_for_its_translation(tmp_path, monkeypatch) -> None:
    kept = {code: strings.read(code) for code in ("en", "sw")}
    fresh = strings.template()
    fresh.add("A sentence that nobody has translated yet")
    monkeypatch.setattr(strings, "template", lambda: fresh)
    monkeypatch.setattr(strings, "languages", lambda: list(kept))
    monkeypatch.setattr(strings, "folder", lambda name: tmp_path)
    monkeypatch.setattr(strings, "read", kept.__getitem__)
    monkeypatch.setattr(strings.subprocess, "run", lambda *a, **k: type("Done", (), {"returncode": 0}))
    strings.update()
    monkeypatch.undo()
    written = polib.pofile(str(tmp_path / "sw" / "LC_MESSAGES" / "messages.po"))
    assert written.find("A sentence that nobody has translated yet").msgstr == ""

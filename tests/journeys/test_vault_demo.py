"""The demo's sealed identity opens as a newcomer would open it: with the keys that the demo gives to everybody."""

from datetime import UTC, datetime
from html import unescape

import pytest
from click.testing import CliRunner

import crawl
import make_vault
from crawl import browser_of
from polyphony.cli import main
from polyphony.demo.sealed import TOLD, key_of
from polyphony.vault import keyholder as tool


def given(client, path: str) -> str:
    """The text that a page gives to take to the offline tool."""
    text = unescape(client.get(path).get_data(as_text=True))
    return text.split("<textarea readonly", 1)[1].split(">", 1)[1].split("</textarea>")[0]


def test_two_keyholders_of_the_demo_open_what_was_left(clone, monkeypatch) -> None:
    demo = clone()
    (opening,) = demo.sql("SELECT id FROM vault.opening")[0]
    at = f"/en/openings/{opening}"
    once, public = make_vault.one_time()
    demo.sql("UPDATE vault.opening SET key = %s", tool.public_key(public, tool.ONCE))
    for house in ("masar", "sauti"):
        monkeypatch.setitem(crawl.OTHERS, house, f"keyholder@{house}.example")
        client, key = browser_of(demo, house), key_of(f"keyholder@{house}.example")
        text = tool.release(tool.request(given(client, at), key, datetime.now(UTC)), key)
        assert client.post(f"{at}/word", data={"says": "released", "text": text}).status_code == 303
    asker = browser_of(demo, "facilitator")
    assert asker.post(f"{at}/reading").status_code == 303
    assert make_vault.opened(given(asker, at), once) == TOLD


def test_a_demo_key_opens_with_the_password_of_the_demo_and_is_never_written_over(tmp_path) -> None:
    file, run = tmp_path / "my.key", CliRunner()
    who = "keyholder@sauti.example"
    assert run.invoke(main, ["demo", "key", who, str(file)]).exit_code == 0
    assert bytes(tool.unlock(file.read_text("utf-8"), "many voices one table")) == bytes(key_of(who))
    again = run.invoke(main, ["demo", "key", who, str(file)])
    assert again.exit_code != 0
    assert "is there already" in again.output
    other = run.invoke(main, ["demo", "key", "lead@tern.example", str(tmp_path / "b.key")])
    assert "is no keyholder of the demo" in other.output
    with pytest.raises(tool.WrongPassphrase):
        tool.unlock(file.read_text("utf-8"), "another passphrase")

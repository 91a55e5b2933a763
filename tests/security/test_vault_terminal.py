"""The offline tool as a keyholder uses it at her terminal: every slip is one sentence, and nothing leaves without a word."""

import itertools
import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from nacl.public import PrivateKey
from tests.security.test_vault_keys import CHEAP, NOW, SAID, TOLD, asked

from polyphony.vault import keyholder as tool
from polyphony.vault import sealing


class Typed:
    """Somebody at a terminal: what she types, what she reads."""

    def __init__(self, *, secrets: tuple[str, ...] = (SAID,), word: str = "release", now: datetime = NOW):
        self.lines: list[str] = []
        secret = itertools.cycle(secrets)
        self.terminal = tool.Terminal(ask=lambda _: word, secret=lambda _: next(secret), say=self.lines.append,
                                      now=lambda: now, cost=CHEAP)

    def runs(self, *words: object) -> str:
        self.lines.clear()
        self.code = tool.main([str(x) for x in words], self.terminal)
        return "\n".join(self.lines)


def test_the_whole_ceremony_at_the_terminal(tmp_path: Path) -> None:
    ann, ben, req, paper = (tmp_path / name for name in ("ann.key", "ben.key", "once.key", "text"))
    at = Typed()
    publics_ = [tool.public_key(at.runs("enrol", file)) for file in (ann, ben)]
    once = tool.public_key(at.runs("ask", req), tool.ONCE)
    sealed = sealing.seal(TOLD, record="r", consent="c", needs=2, keys=publics_)
    about = sealing.Asked("o", once, "Baobab", "Please\x1b[2J help \u202e", NOW, NOW + timedelta(days=1))
    given_ = []
    for file, public, share in zip((ann, ben), publics_, sealed.shares, strict=True):
        paper.write_text(sealing.share_request(about, key=public, shares=[("r", share)]))
        said = at.runs("answer", file, paper)
        assert "\x1b" not in said
        assert "\u202e" not in said
        assert tool.fingerprint(once) in said
        given_.append(sealing.released(said, asked=about, key=public))
        assert "used before" in at.runs("answer", file, paper)
        assert at.code == 1
    paper.write_text(sealing.record_text(about, record="r", consent="c", schema=sealing.SCHEMA, needs=2,
                                         ciphertext=sealed.ciphertext, released=given_))
    said = at.runs("open", req, paper)
    assert TOLD["name"] in said
    assert TOLD["contact"] in said
    assert "used before" in at.runs("open", req, paper)
    assert TOLD["name"] not in "\n".join(at.lines)


def test_nothing_is_released_without_the_word(tmp_path: Path) -> None:
    at, file, paper = Typed(word="yes"), tmp_path / "a.key", tmp_path / "text"
    public = tool.public_key(at.runs("enrol", file))
    sealed = sealing.seal(TOLD, record="r", consent="c", needs=2, keys=[public, public])
    paper.write_text(sealing.share_request(asked(PrivateKey.generate()), key=public, shares=[("r", sealed.shares[0])]))
    assert "RELEASED SHARES" not in at.runs("answer", file, paper)
    assert "Nothing was released" in at.lines[-1]


def test_a_key_file_is_private_and_never_written_over(tmp_path: Path) -> None:
    at, file = Typed(), tmp_path / "a.key"
    at.runs("enrol", file)
    before = file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    assert "File exists" in at.runs("enrol", file)
    assert at.code == 1
    assert file.read_bytes() == before
    assert "No such file" in at.runs("answer", tmp_path / "none", file)


def test_a_slip_at_the_terminal_is_one_sentence(tmp_path: Path) -> None:
    file, photo = tmp_path / "a.key", tmp_path / "photo.jpg"
    photo.write_bytes(os.urandom(5000))
    assert "are not the same" in Typed(secrets=(SAID, "mistyped passphrase")).runs("enrol", file)
    assert "at least 12" in Typed(secrets=("short",)).runs("enrol", file)
    assert not file.exists()
    Typed().runs("enrol", file)
    assert "There is no sealed text" in Typed().runs("answer", file, photo)
    assert "There is no sealed text" in Typed().runs("answer", photo, file)
    assert "does not open" in Typed(secrets=("wrong passphrase!",)).runs("answer", file, file)


def test_where_no_file_can_be_made_nothing_is_asked(tmp_path: Path) -> None:
    def asked_for(_: str) -> str:
        raise AssertionError("nothing may be asked before it is clear that the file can be made")

    at, there = Typed(), tmp_path / "there"
    there.touch()
    at.terminal.secret = asked_for
    for command in (("enrol",), ("ask",), ("recover",)):
        text = (there,) * (command == ("recover",))
        assert "File exists" in at.runs(*command, there, *text)
        assert "No such file" in at.runs(*command, tmp_path / "nowhere" / "a.key", *text)
        assert at.code == 1


@pytest.mark.parametrize("stop", [EOFError, KeyboardInterrupt])
def test_who_stops_in_the_middle_reads_one_line(tmp_path: Path, stop: type[BaseException]) -> None:
    def stopped(_: str) -> str:
        raise stop

    at = Typed()
    at.terminal.secret = stopped
    assert at.runs("enrol", tmp_path / "a.key").strip() == "Stopped. Nothing was made or released."
    assert at.code == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-16-be"])
def test_a_text_is_read_as_a_windows_editor_saved_it(tmp_path: Path, encoding: str) -> None:
    at, file, text = Typed(), tmp_path / "a.key", tmp_path / "public.txt"
    at.runs("enrol", file)
    text.write_bytes((b"\xfe\xff" * (encoding == "utf-16-be")) + at.lines[1].replace("\n", "\r\n").encode(encoding))
    back = Typed(secrets=(at.lines[3].replace("\n", " "), SAID, SAID))
    assert "is back" in back.runs("recover", tmp_path / "new.key", text)
    (tmp_path / "wide.key").write_bytes((tmp_path / "new.key").read_text().encode("utf-16"))
    assert "KEYHOLDER KEY" in at.runs("answer", tmp_path / "wide.key", text), "the key opens, and the text is no request"


def test_a_lost_key_comes_back_at_the_terminal(tmp_path: Path) -> None:
    at, file, text = Typed(), tmp_path / "a.key", tmp_path / "public"
    at.runs("enrol", file)
    text.write_text(at.lines[1])
    back = Typed(secrets=(at.lines[3].replace("\n", " "), "another passphrase", "another passphrase"))
    assert "is back" in back.runs("recover", tmp_path / "new.key", text)
    assert tool.unlock((tmp_path / "new.key").read_text(), "another passphrase")


def test_the_tool_is_one_file_that_needs_two_packages(tmp_path: Path) -> None:
    alone = tmp_path / "keyholder.py"
    alone.write_text(Path(tool.__file__).read_text("utf-8"), "utf-8")
    probe = ("import runpy, sys, json; sys.argv = ['keyholder.py', '--help']\n"
             "try: runpy.run_path('keyholder.py', run_name='__main__')\n"
             "except SystemExit: pass\n"
             "known = set(sys.stdlib_module_names) | {'nacl', 'shamir_mnemonic', '_cffi_backend', 'cffi', 'keyholder'}\n"
             "print(json.dumps(sorted({m.split('.')[0] for m in sys.modules} - known)), 'socket' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", probe], cwd=tmp_path, capture_output=True, text=True, check=True,
                          env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ""})
    loaded, network = done.stdout.strip().splitlines()[-1].rsplit(" ", 1)
    extra = [name for name in json.loads(loaded) if not name.startswith("_")]
    assert extra == [], extra
    assert network == "False"
    assert "recover" in done.stdout

"""Promise 12: an attached file lies under a key of its own, in one piece or not at all, and passes a scanner where there is one."""

import errno
import os
import socketserver
import struct
import threading
import uuid
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask, request

import dirty
from polyphony.settings import Settings, UnsafeSetting
from polyphony.uploads import receiving, rules, scanning, storing, tasks, words
from polyphony.uploads.cleaning import limits, verdicts
from polyphony.uploads.models import TYPES


@pytest.fixture
def app(tmp_path):
    made = Flask("uploads")
    made.extensions["settings"] = SimpleNamespace(var=tmp_path, scanner="")
    with made.app_context():
        yield made


whole = storing.whole


def place_of(id: uuid.UUID) -> Path:
    return storing.folder() / f"{id}{storing.FRESH}"


@pytest.mark.parametrize("size", [1, storing.PIECE - 1, storing.PIECE, storing.PIECE + 1, 3 * storing.PIECE + 7])
def test_what_is_put_comes_back_and_lies_there_as_noise(app, size) -> None:
    id, body = uuid.uuid4(), (b"canary words " * (size // 13 + 1))[:size]
    key = storing.put(id, body)
    assert whole(id, key) == body
    place = place_of(id)
    assert b"canary" not in place.read_bytes()
    assert place.stat().st_mode & 0o777 == 0o600
    assert place.stat().st_mtime == 0
    assert storing.put(uuid.uuid4(), body) != key


@pytest.mark.parametrize("harm", ["flip", "cut", "swap", "drop", "more", "other id", "other key"])
def test_what_was_touched_is_not_handed_over(app, harm) -> None:
    id, body = uuid.uuid4(), os.urandom(3 * storing.PIECE)
    key = storing.put(id, body)
    place = place_of(id)
    data = bytearray(place.read_bytes())
    first, second = storing.HEADER, storing.HEADER + storing.SEALED_PIECE
    if harm == "flip":
        data[-1] ^= 1
    elif harm == "cut":
        data = data[:-10]
    elif harm == "swap":
        data[first:second], data[second:second + storing.SEALED_PIECE] = \
            data[second:second + storing.SEALED_PIECE], data[first:second]
    elif harm == "drop":
        data = data[:storing.HEADER + 2 * storing.SEALED_PIECE]
    elif harm == "more":
        data += data[first:second]
    place.write_bytes(bytes(data))
    if harm == "other id":
        other = uuid.uuid4()
        place.rename(place.with_name(f"{other}{storing.FRESH}"))
        id = other
    with pytest.raises(rules.Damaged):
        whole(id, os.urandom(32) if harm == "other key" else key)


@pytest.mark.parametrize("where", ["fsync", "replace", "utime"])
def test_a_full_disk_is_a_clear_refusal_and_leaves_nothing(app, monkeypatch, where) -> None:
    def full(*args, **kw):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(storing.os, where, full)
    with pytest.raises(rules.NoRoom) as said:
        storing.put(uuid.uuid4(), b"x" * 100_000)
    assert said.value.word == "no_room"
    assert list(storing.folder().iterdir()) == []


def test_a_disk_that_is_really_full_leaves_nothing(app, monkeypatch) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("LOUD: this system has no /dev/full")
    opened = os.open
    monkeypatch.setattr(storing.os, "open", lambda path, flags, mode=0: opened("/dev/full", os.O_WRONLY))
    with pytest.raises(rules.NoRoom):
        storing.put(uuid.uuid4(), b"x" * 100_000)
    assert list(storing.folder().iterdir()) == []


def test_the_chore_takes_away_when_and_after_whom_a_file_came(app, monkeypatch) -> None:
    kept = {uuid.uuid4(): os.urandom(n * 1000 + 1) for n in range(12)}
    keys = {id: storing.put(id, body) for id, body in kept.items()}
    order, write = [], storing.write
    monkeypatch.setattr(storing, "write", lambda place, pieces: (order.append(place.name), write(place, pieces)))
    tasks.unlink()
    assert {place.name for place in storing.folder().iterdir()} == {str(id) for id in kept}
    assert order != [str(id) for id in kept], "one order of 479,001,600"
    assert all(whole(id, keys[id]) == body for id, body in kept.items())
    tasks.unlink()
    assert len(order) == len(kept), "done once for each"


def test_a_file_on_its_way_in_is_held_in_memory_within_bounds() -> None:
    app, told = Flask("bounds"), {}
    app.extensions["settings"] = SimpleNamespace(var=None, scanner="")
    receiving.install(app)

    def view() -> str:
        told["sizes"] = [len(each.stream.read()) for each in request.files.getlist("files")]
        told["kinds"] = {type(each.stream) for each in request.files.getlist("files")}
        told["words"] = request.form["text"]
        return "fine"

    app.add_url_rule("/takes", "takes", receiving.takes_files(view), methods=["POST"])
    app.add_url_rule("/plain", "plain", lambda: view(), methods=["POST"])
    app.config["MAX_CONTENT_LENGTH"] = 2 * limits.MB
    body = dirty.multipart({"text": "what was typed"}, [("a.mp4", b"x" * (12 * limits.MB)),
                                                        *((f"{n}.png", b"y" * 10) for n in range(7))])
    assert app.test_client().post("/takes", **body).status_code == 200
    assert told["sizes"] == [limits.FILE + 1, 10, 10, 10, 10, 10, 0, 0]
    assert told["kinds"] == {receiving.Bounded}
    assert told["words"] == "what was typed"
    body = dirty.multipart({"text": ""}, [("a.png", b"x" * (3 * limits.MB))])
    assert app.test_client().post("/plain", **body).status_code == 413


def test_every_verdict_has_its_sentence_and_its_advice() -> None:
    assert set(verdicts.REASONS) <= set(rules.REFUSED)
    for word, refusal in rules.REFUSED.items():
        assert rules.REFUSED[refusal.word] is refusal, word
        assert str(refusal.message)
        assert str(refusal.help)
        assert refusal.status == 422
    assert [type(each) for each in rules.told(["drawing", "nonsense", "drawing", "empty"])] == [rules.Drawing, rules.Empty]
    assert set(words.FORMATS) == set(TYPES)
    assert words.saved_as(2, "jpeg") == "attachment-2.jpg"


# The scanner


class Scanner(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Speaks clamd's INSTREAM and finds one word harmful."""

    daemon_threads = True
    says = None

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            command = self.rfile.read(len(b"zINSTREAM\0"))
            assert command == b"zINSTREAM\0"
            data = b""
            while size := struct.unpack(">I", self.rfile.read(4))[0]:
                assert size <= scanning.PIECE
                data += self.rfile.read(size)
            found = b"stream: Eicar-Test FOUND\0" if b"harmful" in data else b"stream: OK\0"
            self.wfile.write(found if self.server.says is None else self.server.says)


@pytest.fixture
def scanner(app, tmp_path):
    place = f"/tmp/scan-{uuid.uuid4().hex[:8]}"
    with Scanner(place, Scanner.Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        app.extensions["settings"].scanner = f"unix:{place}"
        yield server
        server.shutdown()
        thread.join()
    os.unlink(place)


def test_a_scanner_is_asked_about_the_file_as_it_came(scanner) -> None:
    scanning.scan(b"x" * 200_000)
    with pytest.raises(rules.Harmful):
        scanning.scan(b"x" * 70_000 + b"harmful")
    with pytest.raises(rules.Harmful):
        receiving.one(dirty.png() + b"harmful")  # cleaning would have taken it out; whoever sent it should know
    assert receiving.one(dirty.png()).format == "png"


@pytest.mark.parametrize("says", [b"", b"\0", b"INSTREAM size limit exceeded. ERROR\0", b"stream: OK and more\0", b"\xff\xfe", b"OK\0"])
def test_a_scanner_that_does_not_clearly_say_fine_lets_nothing_in(scanner, says) -> None:
    scanner.says = says
    with pytest.raises(rules.NotScanned):
        scanning.scan(b"x")


@pytest.mark.parametrize("address", ["unix:/nowhere/at/all", "tcp://127.0.0.1:1"])
def test_a_scanner_that_is_away_lets_nothing_in(app, address) -> None:
    app.extensions["settings"].scanner = address
    with pytest.raises(rules.NotScanned):
        scanning.scan(b"x")


def test_a_scanner_can_be_reached_over_the_network(app, monkeypatch) -> None:
    class Wire(socketserver.ThreadingTCPServer):
        daemon_threads = True
        says = None

    with Wire(("127.0.0.1", 0), Scanner.Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        app.extensions["settings"].scanner = f"tcp://127.0.0.1:{server.server_address[1]}"
        scanning.scan(b"fine")
        server.says = None
        with pytest.raises(rules.Harmful):
            scanning.scan(b"harmful")
        server.shutdown()
        thread.join()


def test_a_scanner_is_named_so_that_it_can_be_found() -> None:
    with pytest.raises(UnsafeSetting, match="POLYPHONY_SCANNER"):
        Settings.from_environment({"POLYPHONY_SCANNER": "localhost:3310"})
    assert Settings.from_environment({"POLYPHONY_SCANNER": "tcp://scan.example:3310"}).scanner

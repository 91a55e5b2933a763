"""One parent: starts in order, stops in the other, lets nothing live on; and settings that refuse what is unsafe."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask

from polyphony.folders import source
from polyphony.kernel import jobs, processes
from polyphony.settings import Settings, UnsafeSetting

# A supervisor whose web server and worker are ten lines long; everything else is real.
PLAY = '''
import sys, types
from pathlib import Path
migrate = types.ModuleType("polyphony.kernel.migrate")
migrate.migrate = lambda url: None
sys.modules["polyphony.kernel.migrate"] = migrate
from polyphony.kernel import supervisor
from polyphony.settings import Settings
NOTE = """
import signal, sys, time, pathlib, http.server
def end(*_):
    with open(sys.argv[1], "a") as file: file.write(sys.argv[2] + "\\\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
pathlib.Path(sys.argv[1]).with_name(sys.argv[2] + ".alive").write_text("yes")
answers = http.server.BaseHTTPRequestHandler
if sys.argv[2] == "web": http.server.HTTPServer(("127.0.0.1", int(sys.argv[3])), answers).serve_forever()
if sys.argv[4] == "sick" : sys.exit(3)
while True: time.sleep(1)
"""
settings = Settings.from_environment()
def child(name):
    program = [sys.executable, "-c", NOTE, str(settings.var / "order"), name, str(settings.port), sys.argv[1]]
    return supervisor.Child(name, program, settings.child_environment())
supervisor._children = lambda settings: (child("web"), child("worker"))
try:
    supervisor.serve(settings, lambda settings: ["the demo says hello"])
except (supervisor.AlreadyRunning, supervisor.CannotServe) as error:
    print(error); sys.exit(4)
'''


@pytest.fixture
def var() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="polyphony-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def play(var: Path) -> Iterator[Callable[..., subprocess.Popen]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("POLYPHONY_")}
    environment = kept | {"POLYPHONY_VAR": str(var), "PORT": str(port), "PYTHONPATH": str(source())}
    started = []

    def start(mood: str = "well") -> subprocess.Popen:
        started.append(subprocess.Popen([sys.executable, "-c", PLAY, mood], env=environment, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(30)
        process.stdout.close()


def read_until(process: subprocess.Popen, words: str) -> str:
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    pytest.fail(f"it never said {words!r}, but: {said}")


def database_of(var: Path) -> int:
    return int((var / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def until(true: Callable[[], bool], seconds: float = 15) -> bool:
    end = time.monotonic() + seconds
    while not (done := true()) and time.monotonic() < end:
        time.sleep(0.05)
    return done


def assert_listening(var: Path) -> None:
    """Both children have got as far as listening for the signal that ends them."""
    assert until(lambda: all((var / f"{name}.alive").is_file() for name in ("web", "worker")))


def test_it_tells_where_it_is_and_stops_worker_then_web_then_database(play, var):
    process = play()
    said = read_until(process, "Ctrl-C")
    assert "http://localhost:" in said
    assert "the demo says hello" in said
    database = database_of(var)
    assert_listening(var)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert (var / "order").read_text().split() == ["worker", "web"]
    assert not processes.is_alive(database)
    assert "database system is shut down" in (var / "postgres.log").read_text()
    assert process.stdout.read() == f"\nStopped. Your data is kept in {var}.\n"


def test_a_worker_that_begins_says_nothing_among_the_sign_ins(monkeypatch):
    async def work(app, *, wait):
        pass

    lines = []
    monkeypatch.setattr(jobs, "_work", work)
    monkeypatch.setattr(jobs, "log", SimpleNamespace(debug=lambda *_, **__: None, info=lambda said, **_: lines.append(said)))
    for put_back, said in ((0, []), (2, ["jobs put back"])):
        monkeypatch.setattr(jobs, "rescue", lambda app, number=put_back: number)
        jobs.run_worker(Flask("empty"))
        assert lines == said


def test_a_second_one_says_that_one_is_already_running(play, var):
    first = play()
    read_until(first, "Ctrl-C")
    second = play()
    assert second.wait(30) == 4
    where = json.loads((var / "running.lock").read_text())["url"]
    assert f"already running at {where} (process {first.pid})" in second.stdout.read()
    assert first.poll() is None


def test_killed_outright_it_leaves_nothing_alive_and_starts_again(play, var):
    process = play()
    read_until(process, "Ctrl-C")
    database = database_of(var)
    assert_listening(var)
    process.kill()
    process.wait()
    assert until(lambda: not processes.is_alive(database)), "PostgreSQL outlived its parent"
    assert until(lambda: (var / "order").is_file() and sorted((var / "order").read_text().split()) == ["web", "worker"])
    read_until(play(), "Ctrl-C")


def test_a_child_that_always_dies_is_given_up_in_a_sentence(play):
    process = play("sick")
    assert process.wait(60) == 4
    said = process.stdout.read()
    assert said.count("starting it again") == 3
    assert "giving up" in said


KEYS = {"POLYPHONY_ADDRESS_HASH_KEY": "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=",
        "POLYPHONY_ADDRESS_CIPHER_KEY": "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI=",
        "POLYPHONY_PHRASE_SALT": "Q0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0M=",
        "POLYPHONY_AUDIT_KEY": "REREREREREREREREREREREREREREREREREREREREREQ="}
SAFE = KEYS | {"POLYPHONY_SECRET_KEY": "s" * 40, "POLYPHONY_PUBLIC": "1", "POLYPHONY_HOST": "0.0.0.0",
               "POLYPHONY_BASE_URL": "https://polyphony.example", "POLYPHONY_SMTP_URL": "smtp://mail.example:25",
               "POLYPHONY_DATABASE_URL": "postgresql+psycopg://polyphony_app:a@db/p",
               "POLYPHONY_OWNER_DATABASE_URL": "postgres://polyphony_owner:b@db/p",
               "POLYPHONY_WORKER_DATABASE_URL": "postgresql://polyphony_worker:c@db/p"}


def test_a_safe_deployment_is_accepted():
    settings = Settings.from_environment(SAFE)
    assert not settings.demo
    assert not settings.embedded
    assert settings.owner_database_url == "postgresql://polyphony_owner:b@db/p"
    assert "BBBB" not in repr(settings)
    assert settings.with_database("other").database_url == "postgresql://polyphony_app:a@db/other"


@pytest.mark.parametrize(("change", "reason"), [
    ({"POLYPHONY_SECRET_KEY": "short"}, "too short"),
    ({"POLYPHONY_SECRET_KEY": ""}, "SECRET_KEY is missing"),
    ({"POLYPHONY_PHRASE_SALT": ""}, "PHRASE_SALT is missing"),
    ({"POLYPHONY_PHRASE_SALT": "YWJj"}, "32 random bytes"),
    ({"POLYPHONY_PHRASE_SALT": "not base64!"}, "32 random bytes"),
    ({"POLYPHONY_PHRASE_SALT": KEYS["POLYPHONY_ADDRESS_HASH_KEY"]}, "independent"),
    ({"POLYPHONY_SECRET_KEY": KEYS["POLYPHONY_ADDRESS_HASH_KEY"]}, "independent"),
    ({"POLYPHONY_DEMO": "1"}, "everybody knows"),
    ({"POLYPHONY_BASE_URL": "http://polyphony.example"}, "https"),
    ({"POLYPHONY_SMTP_URL": ""}, "real mail"),
    ({"POLYPHONY_DATABASE_URL": "mysql://x"}, "postgresql://"),
    ({"POLYPHONY_OWNER_DATABASE_URL": "postgresql://polyphony_app:b@db/p"}, "must be two"),
    ({"POLYPHONY_OWNER_DATABASE_URL": ""}, "OWNER_DATABASE_URL is missing"),
    ({"POLYPHONY_ARGON2_MEMORY": "8"}, "ARGON2_MEMORY"),
    ({"PORT": "eighty"}, "PORT must be a number"),
    ({"POLYPHONY_PUBLIC": "perhaps"}, "PUBLIC must be 1 or 0"),
    ({"POLYPHONY_LOG_LEVEL": "loud"}, "LOG_LEVEL"),
])
def test_an_unsafe_deployment_is_refused_in_a_sentence(change, reason):
    with pytest.raises(UnsafeSetting, match=reason):
        Settings.from_environment(SAFE | change)


def test_the_demo_stays_at_home():
    assert Settings.from_environment({}).demo
    assert not Settings.from_environment({"POLYPHONY_HOST": "0.0.0.0"}).demo
    with pytest.raises(UnsafeSetting, match="everybody knows"):
        Settings.from_environment({"POLYPHONY_HOST": "0.0.0.0", "POLYPHONY_DEMO": "1"})


def test_a_child_reads_back_the_same_settings():
    for settings in (Settings.from_environment(SAFE), Settings.from_environment(KEYS | {"PORT": "8123"}),
                     replace(Settings.from_environment(SAFE), embedded=True, port=9)):
        assert Settings.from_environment(settings.child_environment()) == settings

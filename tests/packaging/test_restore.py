"""A restore that did not end is never taken for whole; one that did end is proved with the promises' own tests."""

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from tests.packaging.test_backup import bring, empty_place, made, offline, private_of  # noqa: F401
from tests.security import test_vault as vault
from tests.security import test_worlds as worlds
from tests.security.test_vault import stage  # noqa: F401

import make
import make_vault
from conftest import open_world
from polyphony.app import application, create_app
from polyphony.auditing import service as auditing
from polyphony.cli import main
from polyphony.folders import root, source
from polyphony.keeping import restore
from polyphony.kernel import clock, unfinished
from polyphony.kernel.database import db
from polyphony.settings import KEYS

WORDS = "has not ended"
# A restore as the terminal starts it, that waits to be killed at one place.
CHILD = """
import signal, sys
from polyphony.cli import main
from polyphony.keeping import restore
def stop(*_, **__):
    print("here", flush=True)
    signal.pause()
def then_stop(do):
    def done(*given, **named):
        do(*given, **named)
        stop()
    return done
{patch}
main(["restore", *sys.argv[1:]])
"""
STAGES = {
    "while the backup is read": "restore._append = stop",
    "when it was read": "restore._clear_folder = stop",
    "between two files": "restore.shutil.move = then_stop(restore.shutil.move)",
    "when all files are there": "restore._prepare_database = stop",
    "while rows are written": "restore.processes.start = then_stop(restore.processes.start)",
    "when all rows are there, and nobody's rights": "restore.migrate = stop",
    "before anything is proved": "restore.proofs = stop",
    "when all is proved": "restore.end = stop",
}


def with_something(world):
    """A small platform: an account, an attached file, and secrets that it made itself."""
    folder = world.settings.var
    make.person(world, "ada@x.example", "Ada")
    (folder / "uploads").mkdir()
    for name in ("one", "two"):
        (folder / "uploads" / name).write_bytes(name.encode() * 9000)
    keys = {name: base64.b64encode(getattr(world.settings, name)).decode() for name in KEYS}
    (folder / "secrets.json").write_text(json.dumps({"secret_key": world.settings.secret_key, **keys}))
    return replace(world.settings, backup_database_url=world.server.url("polyphony_backup", world.name))


@pytest.fixture
def saved(world, tmp_path, offline):  # noqa: F811
    """A backup of it, an empty place, and how the terminal is told of both."""
    settings = with_something(world)
    file, _ = made(settings, tmp_path, offline)
    private_of(tmp_path, offline)
    place, name = empty_place(world.server, settings, tmp_path)
    yield place, [str(file), "--key", str(tmp_path / "key"), "--passphrase", "a passphrase that is long"]
    world.server.drop_database(name)


def surroundings(settings):
    return {**settings.child_environment(), "PYTHONPATH": str(source())}


def killed(environment, given, where):
    """Start a restore and kill it where it is asked to wait."""
    child = subprocess.Popen([sys.executable, "-c", CHILD.format(patch=STAGES[where]), *given], env=environment, cwd=root(),
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with child:
        lines = iter(child.stdout.readline, "")
        assert "here\n" in lines, child.stderr.read()
        child.send_signal(signal.SIGKILL)


def terminal(environment, *words):
    return subprocess.run([sys.executable, "-m", "polyphony.cli", *words], env=environment, cwd=root(), capture_output=True, text=True)


def asked(place, *words):
    """The same, in this process."""
    return CliRunner().invoke(main, words, env=place.child_environment())


def is_whole(place):
    assert not unfinished.is_marked(place)
    assert (place.var / "uploads" / "two").read_bytes() == b"two" * 9000
    assert len(list((place.var / "uploads").iterdir())) == 2
    assert set(KEYS) <= set(json.loads((place.var / "secrets.json").read_text()))


def test_where_a_restore_has_not_ended_nothing_works(world, monkeypatch):
    for place in ("polyphony.kernel.jobs.run_worker", "polyphony.kernel.supervisor._run"):
        monkeypatch.setattr(place, lambda *_: None)  # what would go on for ever where nothing refuses
    served = world.client()
    assert served.get("/readyz").status_code == 200
    (world.settings.var / unfinished.MARK).mkdir()
    assert served.get("/readyz").status_code == 503
    with pytest.raises(unfinished.HalfRestored, match=WORDS):
        create_app(world.settings)
    for command in ("serve", "worker", "migrate", "verify", "found --organisation X --country KE --steward a@b.example --steward c@d.example"):
        said = asked(world.settings, *command.split())
        assert said.exit_code == 1, command
        assert WORDS in said.output, command


@pytest.mark.slow
@pytest.mark.parametrize("where", STAGES)
def test_killed_at_any_stage_nothing_starts_and_a_second_restore_succeeds(saved, where):
    place, given = saved
    killed(surroundings(place), given, where)
    said = asked(place, "serve")
    assert (said.exit_code, WORDS in said.output) == (1, True), said.output
    again = asked(place, "restore", *given)
    assert (again.exit_code, "NO " in again.output) == (0, False), again.output
    is_whole(place)
    with application(place) as app:
        assert app.test_client().get("/readyz").status_code == 200


@pytest.mark.slow
def test_killed_with_the_database_in_the_same_folder(saved):
    """As `make run` keeps it: rows, files and the keys that fit them all lie under POLYPHONY_VAR."""
    place, given = saved
    folder = Path(tempfile.mkdtemp(prefix="polyphony-restore-"))
    folder.chmod(0o711)
    plain = {name: value for name, value in surroundings(place).items() if not name.startswith("POLYPHONY_")}
    environment = plain | {"POLYPHONY_VAR": str(folder), "POLYPHONY_EMBEDDED": "1"}
    try:
        killed(environment, given, "when all rows are there, and nobody's rights")
        said = terminal(environment, "serve")
        assert (said.returncode, WORDS in said.stderr, "Traceback" in said.stderr) == (1, True, False), said.stderr
        again = terminal(environment, "restore", *given)
        assert (again.returncode, "NO " in again.stdout) == (0, False), again.stdout + again.stderr
        is_whole(replace(place, var=folder))
        assert "lives in" in terminal(environment, "restore", *given).stderr
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_each_secret_that_is_another_one_is_named(world, tmp_path, offline):  # noqa: F811
    """By the backup's marks; in one made without them, those to which rows bear witness."""
    settings = with_something(world)
    with world.worker.app_context():
        auditing.sign_day(clock.today())
        db.session.commit()
    file, _ = made(settings, tmp_path, offline)
    place, name = empty_place(world.server, settings, tmp_path)
    told = bring(place, file, private_of(tmp_path, offline))
    assert not any(str(getattr(settings, key)) in json.dumps(told) or getattr(settings, key).hex() in json.dumps(told) for key in KEYS)
    changed = {**{key: os.urandom(32) for key in KEYS}, "argon2_memory": settings.argon2_memory * 2}
    for key, value in changed.items():
        other = replace(place, **{key: value})
        assert secrets_proof(other, told) == [f"POLYPHONY_{key.upper()} is another one than when the backup was made"]
        rows_tell = key in ("address_hash_key", "address_cipher_key", "audit_key")
        assert bool(secrets_proof(other, {**told, "secrets": {}})) == rows_tell
    assert secrets_proof(place, told) == []
    world.server.drop_database(name)


def secrets_proof(settings, told):
    return dict(restore.proofs(settings, told))["the secrets given here fit what they sealed"]


@pytest.mark.slow
def test_with_other_secrets_than_it_was_sealed_under_nothing_starts_unless_asked(saved):
    place, given = saved
    for name in KEYS:
        other = replace(place, **{name: os.urandom(32)})
        said = asked(other, "restore", *given)
        assert said.exit_code == 1
        assert f"POLYPHONY_{name.upper()} is another one" in said.output
        assert WORDS in asked(other, "serve").output
    assert asked(other, "restore", *given, "--even-so").exit_code == 1
    is_whole(place)


@pytest.mark.slow
def test_what_is_there_already_is_never_cleared_away_by_a_mark(saved, world):
    """The mark empties only the database that the restore itself has found empty."""
    place, given = saved
    killed(surroundings(place), given, "before anything is proved")
    live = replace(world.settings, backup_database_url=place.backup_database_url, var=place.var)
    said = asked(live, "restore", *given)
    assert (said.exit_code, "something here already" in said.output) == (1, True), said.output
    assert world.sql("SELECT name FROM people.person") == [("Ada",)]


@pytest.mark.slow
def test_after_a_restore_row_security_and_the_vault_hold_as_before(stage, tmp_path, offline):  # noqa: F811
    """Promises 1 and 3 again, on what came back: keyholders open the box that was left, and random worlds agree."""
    assert vault.leave(stage) is None
    settings = with_something(stage)
    file, _ = made(settings, tmp_path, offline)
    place, name = empty_place(stage.server, settings, tmp_path)
    told = bring(place, file, private_of(tmp_path, offline))
    assert [what for what, wrong in restore.proofs(place, told) if wrong] == []
    back = open_world(stage.server, name, place.var, stage.facts)
    try:
        id, key = vault.ask(back)
        assert vault.release(back, "ann", id) == "done"
        assert isinstance(vault.take(back, "fay", id), vault.rules.NotYetEnough), "one share opens nothing"
        assert vault.release(back, "ben", id) == "enough"
        assert vault.take(back, "fay", id) is None
        assert make_vault.opened(vault.text_for(back, "fay", id), key) == make_vault.TOLD
        with psycopg.connect(stage.server.url("polyphony_app", name)) as connection, \
                pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT ciphertext FROM vault.sealed")
        wrong, seen = worlds.differences(back, range(12))
        assert wrong == [], "\n".join(wrong[:20])
        assert seen > 1000
        back.sql(worlds.FAULTS["an author"])
        assert worlds.differences(back, range(8))[0], "a policy that came back too wide would be seen"
    finally:
        back.close()
        stage.server.drop_database(name)

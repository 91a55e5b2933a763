"""A backup opens only with the offline key, is never half, and comes back with everything that guards it."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import psycopg
import pytest
from click.testing import CliRunner

from polyphony.cli import main
from polyphony.folders import root, source
from polyphony.keeping import backup, keys, restore, sealed
from polyphony.kernel import pg_roles

CANARY = "canary-in-a-backup"


@pytest.fixture(scope="module")
def offline():
    public, private = keys.make("a passphrase that is long")
    return public, private


@pytest.fixture
def kept(server, demo_template, tmp_path, offline):
    """The settings of a demo with a file somebody uploaded, and a backup of it."""
    from conftest import settings_for

    name = f"kept_{os.getpid()}_{tmp_path.name[-6:]}".replace("-", "_").lower()
    server.create_database(name, template=demo_template[0])
    settings = replace(settings_for(server, name, tmp_path), backup_database_url=server.url("polyphony_backup", name))
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "one").write_bytes(CANARY.encode() * 50_000)
    (tmp_path / "secrets.json").write_text(json.dumps({"secret_key": CANARY}))
    with psycopg.connect(server.url("postgres", name), autocommit=True) as connection:
        connection.execute("UPDATE people.person SET name = %s WHERE id = (SELECT id FROM people.person LIMIT 1)", [CANARY])
    yield settings
    server.drop_database(name)


def made(settings, tmp_path, offline, name="backup"):
    file = tmp_path / name
    told = backup.make(settings, settings.backup_database_url, file, offline[0])
    return file, told


def private_of(tmp_path, offline):
    (tmp_path / "key").write_text(offline[1])
    return keys.open_file(tmp_path / "key", "a passphrase that is long")


def empty_place(server, settings, tmp_path):
    """Another database, empty, and another folder."""
    name = f"{settings.database_url.split('/')[-1].split('?')[0]}_back"
    server.create_database(name)
    (tmp_path / "back").mkdir()
    return replace(settings.with_database(name), var=tmp_path / "back"), name


def bring(place, file, private):
    """A restore that ends well."""
    with restore.brought(place, file, private) as (whole, told):
        restore.end(whole)
    return told


def test_an_upload_that_moves_or_goes_meanwhile_is_kept_once_or_left_out(kept, tmp_path, offline, monkeypatch):
    uploads = tmp_path / "uploads"
    listed = {f"var/uploads/{name}": uploads / name for name in ("moved.new", "one", "one.new", "two", "two.new")}
    (uploads / "moved").write_bytes(b"moved")
    monkeypatch.setattr(backup, "files", lambda settings: list(listed.items()))
    told = made(kept, tmp_path, offline)[1]
    assert sorted(told["parts"]) == ["database", "var/uploads/moved", "var/uploads/one"]


def test_it_comes_back_whole_and_guarded(server, kept, tmp_path, offline):
    file, told = made(kept, tmp_path, offline)
    assert CANARY.encode() not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    place, name = empty_place(server, kept, tmp_path)
    found = bring(place, file, private_of(tmp_path, offline))
    assert found["rows"] == told["rows"]
    assert (place.var / "uploads" / "one").read_bytes() == CANARY.encode() * 50_000
    assert json.loads((place.var / "secrets.json").read_text()) == {"secret_key": CANARY}
    assert {what: wrong for what, wrong in restore.proofs(place, found) if wrong} == {}
    with psycopg.connect(place.database_url) as connection:
        assert connection.execute("SELECT count(*) FROM people.person").fetchone() == (0,), "no viewer, no rows"
    with pytest.raises(backup.BackupTrouble, match="A platform lives in"):
        bring(place, file, private_of(tmp_path, offline))
    server.drop_database(name)


BREAKS = {
    "every row is there again": "DELETE FROM notices.notice",
    "row security is what the code declares": "ALTER TABLE people.person NO FORCE ROW LEVEL SECURITY",
    "the audit's chain is whole, and its signed heads fit": "UPDATE audit.seal SET hash = '\\x00' WHERE number = 1",
    "the secrets given here fit what they sealed": "UPDATE people.credential SET address_hash = sha256(address_hash)",
    "the fund's books hold": "UPDATE fund.entry_line SET amount = amount + 1 WHERE id = (SELECT id FROM fund.entry_line LIMIT 1)",
}


ROLES = {  # what a role may not have become
    "polyphony_lookup: its rights": "ALTER ROLE polyphony_lookup LOGIN",
    "polyphony_worker: its rights": "ALTER ROLE polyphony_worker BYPASSRLS",
    "polyphony_app: its rights": "ALTER ROLE polyphony_app CREATEROLE",
    "polyphony_app: is a member of polyphony_vault": "GRANT polyphony_vault TO polyphony_app",
    "polyphony_owner: is no member of polyphony_vault": "REVOKE polyphony_vault FROM polyphony_owner",
    "polyphony_app: owns people.person": "ALTER TABLE people.person OWNER TO polyphony_app",
    "polyphony_app: owns viewer.sealed()": "ALTER FUNCTION viewer.sealed() OWNER TO polyphony_app",
    "polyphony_worker: owns vault": "ALTER SCHEMA vault OWNER TO polyphony_worker",
}


@pytest.mark.parametrize("told", ROLES)
def test_a_role_that_is_another_one_is_told(server, template, told):
    with psycopg.connect(server.url("postgres", template)) as connection:
        assert pg_roles.differences(connection) == []
        connection.execute(ROLES[told])
        assert [each[:len(told)] for each in pg_roles.differences(connection)] == [told]
        connection.rollback()  # roles are shared by all databases of the server


def test_each_proof_would_notice(server, kept, tmp_path, offline):
    from polyphony.app import application
    from polyphony.kernel import audit
    from polyphony.kernel.database import db

    with application(kept, worker=True) as app, app.app_context():
        audit.record("person.changed")
        audit.seal_new_rows()
        db.session.commit()
    file, told = made(kept, tmp_path, offline)
    place, name = empty_place(server, kept, tmp_path)
    bring(place, file, private_of(tmp_path, offline))
    assert not any(wrong for _, wrong in restore.proofs(place, told))
    for proof, statement in BREAKS.items():
        with psycopg.connect(server.url("postgres", name), autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(statement)
        assert dict(restore.proofs(place, told))[proof], proof
    with psycopg.connect(server.url("postgres", name), autocommit=True) as connection:
        connection.execute("ALTER TABLE people.person OWNER TO polyphony_app")
    every = dict(restore.proofs(place, told))
    assert set(every) == {*BREAKS, "the database's roles are what they must be"}
    assert all(every.values())
    server.drop_database(name)


@pytest.mark.parametrize(("spoil", "said"), [
    (lambda data: data[:-1], "cut off"), (lambda data: data[:len(data) // 2], "cut off"),
    (lambda data: data[:-40] + bytes([data[-40] ^ 1]) + data[-39:], "damaged"), (lambda data: data + b"x", "damaged"),
    (lambda data: b"", "no backup"), (lambda data: b"POLYBAK1" + b"\xff" * 50, "damaged"),
])
def test_a_spoilt_file_is_refused_before_anything_is_written(server, kept, tmp_path, offline, spoil, said):
    file, _ = made(kept, tmp_path, offline)
    (tmp_path / "spoilt").write_bytes(spoil(file.read_bytes()))
    place, name = empty_place(server, kept, tmp_path)
    with pytest.raises(keys.KeyTrouble, match=said):
        bring(place, tmp_path / "spoilt", private_of(tmp_path, offline))
    restore.ensure_empty_database(place)
    assert list(place.var.iterdir()) == []
    server.drop_database(name)


def test_wrong_keys_and_passphrases_are_told_apart(kept, tmp_path, offline):
    file, _ = made(kept, tmp_path, offline)
    (tmp_path / "key").write_text(offline[1])
    with pytest.raises(keys.KeyTrouble, match="passphrase"):
        keys.open_file(tmp_path / "key", "another passphrase")
    with pytest.raises(keys.KeyTrouble, match="no backup key"):
        keys.open_file(file, "any")
    _, other = keys.make("a passphrase that is long")
    (tmp_path / "other").write_text(other)
    with file.open("rb") as stream, pytest.raises(keys.KeyTrouble, match="another key"):
        keys.unseal(sealed.sealed_key(stream), keys.open_file(tmp_path / "other", "a passphrase that is long"))
    with pytest.raises(keys.KeyTrouble, match="64 hexadecimal digits"):
        backup.make(kept, kept.backup_database_url, tmp_path / "new", "no key")
    with pytest.raises(backup.BackupTrouble, match="already"):
        backup.make(kept, kept.backup_database_url, file, offline[0])
    assert sorted(path.name for path in tmp_path.iterdir() if ".part" in path.name) == []


def test_the_terminal_tells_the_checksum_and_takes_no_easy_passphrase(kept, tmp_path, offline):
    """A backup is sealed, not signed: its checksum, kept apart, tells whether another file lies in its place."""
    said = CliRunner().invoke(main, ["backup", str(tmp_path / "one"), "--to", offline[0]], env=kept.child_environment())
    assert f"SHA-256: {hashlib.sha256((tmp_path / 'one').read_bytes()).hexdigest()}" in said.output, said.output
    for easy in ("", "eleven signs"[:11]):
        said = CliRunner().invoke(main, ["backup-key", str(tmp_path / "easy"), "--passphrase", easy])
        assert (said.exit_code, "at least 12 characters" in said.output) == (1, True), said.output
        assert not (tmp_path / "easy").exists()


def test_killed_in_the_middle_nothing_is_taken_for_whole(kept, tmp_path, offline):
    """The process is killed while it reads the second part: under the backup's name there is no file."""
    os.mkfifo(tmp_path / "uploads" / "two")  # reading it waits for ever
    script = ("import sys, pathlib; from polyphony.settings import Settings; from polyphony.keeping import backup; "
              "s = Settings.from_environment(); from dataclasses import replace; "
              "backup.files = lambda s: [('a', s.var / 'uploads' / 'two')]; print('begun', flush=True); "
              f"backup.make(s, s.backup_database_url, pathlib.Path({str(tmp_path / 'backup')!r}), {offline[0]!r})")
    child = subprocess.Popen([sys.executable, "-c", script], env={**kept.child_environment(), "PYTHONPATH": str(source())},
                             cwd=root(), stdout=subprocess.PIPE)
    with child, open(tmp_path / "uploads" / "two", "wb"):  # opens once the other side does: it is in the middle
        assert list(tmp_path.glob(".backup.*.part"))
        child.send_signal(signal.SIGKILL)
    assert not (tmp_path / "backup").exists()
    (half,) = tmp_path.glob(".backup.*.part")
    with half.open("rb") as stream, pytest.raises(keys.KeyTrouble, match="cut off"):
        list(sealed.read(stream, keys.unseal(sealed.sealed_key(stream), private_of(tmp_path, offline))))

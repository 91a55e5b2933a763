"""Bring a backup back into an empty place, and prove that what came is what was there and is guarded as before.

First a mark, then files and secrets, then the database in one transaction, then the proofs, and only then is the mark
taken away. While it lies there nothing else works in that place (`kernel.unfinished`), and a restore begins anew.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey
from psycopg import sql

from polyphony.app import application
from polyphony.auditing import service as auditing
from polyphony.fund.verify import service as fund
from polyphony.keeping import backup, keys, sealed
from polyphony.keeping.backup import BackupTrouble
from polyphony.kernel import pg_roles, policies, processes, secrets, unfinished
from polyphony.kernel.database import db
from polyphony.kernel.migrate import migrate
from polyphony.kernel.ready import ready
from polyphony.people.models import Credential
from polyphony.settings import Settings

OURS, DATABASE = "parts", "database"  # in the mark: what was unpacked; which database was found empty
SIGNS = ("secrets.json", "postgres.json")  # files by which a folder is known to hold a platform


@contextmanager
def brought(settings: Settings, file: Path, private: PrivateKey) -> Iterator[tuple[Settings, dict[str, Any]]]:
    """Restore into the place of these settings; answers complete settings, to prove it with, and what the backup holds.

    The file is read to its end before anything is put in its place. Nothing starts there until `end` was called.
    Raises `BackupTrouble` where anything is there already, `KeyTrouble` for a file that is not whole.
    """
    with _marked(settings) as mark:
        with _kept_if_half(settings, mark):
            told, parts = _unpacked(file, private, mark / OURS)
            dump, places = parts.pop(backup.DUMP), {path: _beside(settings, name) for name, path in parts.items()}
        _clear_folder(settings)
        for path, target in places.items():
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.move(path, target)
        with ready(settings, restoring=True) as whole:  # with the secrets that have just come
            _prepare_database(whole, mark)
            _load(whole, dump)
            dump.unlink()
            migrate(whole.owner_database_url)
            yield whole, told


def end(settings: Settings) -> None:
    """Everything came and was proved: the platform may start."""
    shutil.rmtree(settings.var / unfinished.MARK / OURS, ignore_errors=True)
    done = settings.var / f".{unfinished.MARK}"
    shutil.rmtree(done, ignore_errors=True)
    (settings.var / unfinished.MARK).replace(done)  # in one step, whatever ends us
    shutil.rmtree(done)


@contextmanager
def _marked(settings: Settings) -> Iterator[Path]:
    """The mark of this restore, ours alone while we live. Raises `BackupTrouble` where something is there already."""
    mark = settings.var / unfinished.MARK
    if not mark.is_dir():
        _ensure_empty_folder(settings)
        if settings.database_url:
            ensure_empty_database(settings)
        mark.mkdir(parents=True, mode=0o700)
    held = os.open(mark, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield mark
    except BlockingIOError:
        raise BackupTrouble("Somebody restores into this place at this moment.") from None
    finally:
        os.close(held)


@contextmanager
def _kept_if_half(settings: Settings, mark: Path) -> Iterator[None]:
    """A backup that cannot be read leaves an empty place empty, without a mark; a half restored one stays marked."""
    shutil.rmtree(mark / OURS, ignore_errors=True)
    (mark / OURS).mkdir(mode=0o700)
    try:
        yield
    except BaseException:
        shutil.rmtree(mark / OURS)
        if not (mark / DATABASE).exists() and not _taken(settings):
            mark.rmdir()
        raise


def _taken(settings: Settings) -> bool:
    return any((settings.var / name).exists() for name in SIGNS) or any((settings.var / backup.UPLOADS).rglob("*"))


def _ensure_empty_folder(settings: Settings) -> None:
    if _taken(settings):
        raise BackupTrouble(f"A platform lives in {settings.var} already. A backup is restored into an empty place "
                            "only: name another folder in POLYPHONY_VAR.")


def ensure_empty_database(settings: Settings) -> None:
    """Raises `BackupTrouble` unless the database holds no table."""
    with psycopg.connect(_plain(settings.owner_database_url)) as connection:
        (tables,) = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname NOT IN "
                                       "('pg_catalog', 'information_schema')").fetchone() or (0,)
    if tables:
        raise BackupTrouble("There is something here already. A backup is restored into an empty place only: name "
                            "another database, or another folder in POLYPHONY_VAR.")


def _clear_folder(settings: Settings) -> None:
    """Take away what a restore that did not end has put here: under its mark lies nothing else."""
    shutil.rmtree(settings.var / backup.UPLOADS, ignore_errors=True)
    (settings.var / "secrets.json").unlink(missing_ok=True)


def _prepare_database(settings: Settings, mark: Path) -> None:
    """See that the database is empty, and note which one it is; one that was noted so before is emptied again."""
    noted = mark / DATABASE
    with psycopg.connect(_plain(settings.owner_database_url), autocommit=True) as connection:
        (which,) = connection.execute(
            "SELECT concat_ws(' ', oid, datname, (SELECT oid FROM pg_roles WHERE rolname = current_user)) "
            "FROM pg_database WHERE datname = current_database()").fetchone() or ("",)
        if noted.is_file() and noted.read_text() == which:
            _empty(connection)
    ensure_empty_database(settings)
    noted.write_text(which)


def _empty(connection: psycopg.Connection[Any]) -> None:
    ours = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN "
                              "('public', 'information_schema')").fetchall()
    for (schema,) in ours:
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
    for (table,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
        connection.execute(sql.SQL("DROP TABLE public.{} CASCADE").format(sql.Identifier(table)))


def _unpacked(file: Path, private: PrivateKey, folder: Path) -> tuple[dict[str, Any], dict[str, Path]]:
    parts: dict[str, Path] = {}
    with file.open("rb") as source:
        key = keys.unseal(sealed.sealed_key(source), private)

        def place(name: str) -> Any:
            parts[name] = folder / str(len(parts))
            parts[name].touch(mode=0o600)
            return lambda data: _append(parts[name], data)

        told = backup.unpack(source, key, place)
    return told, parts


def _append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def _beside(settings: Settings, name: str) -> Path:
    """Where a file of the backup belongs. Raises `KeyTrouble` for a name that leads out of the folder."""
    target = (settings.var / name.removeprefix("var/")).resolve()
    if not target.is_relative_to(settings.var.resolve()):
        raise keys.KeyTrouble("The backup is damaged: a file wants to lie outside its folder.")
    return target


def _load(settings: Settings, dump: Path) -> None:
    """Tables and rows in one transaction; without comments, for one of them says that all is as the code declares."""
    program = [backup.program(settings, "pg_restore"), "--single-transaction", "--exit-on-error", "--no-owner",
               "--no-privileges", "--no-comments", "--dbname", "", str(dump)]
    with tempfile.TemporaryFile() as said:
        surroundings = backup.environment(_plain(settings.owner_database_url))
        child = processes.start(program, environment=surroundings, output=said)  # ends when we do
        if child.wait():
            said.seek(0)
            raise BackupTrouble(f"The database was not restored: {said.read().decode(errors='replace').strip()}")


def proofs(settings: Settings, told: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """After a restore: what was checked, and what is wrong with it (nothing, if all is well)."""
    yield "every row is there again", _rows(settings, told)
    yield "row security is what the code declares", _security(settings)
    yield "the database's roles are what they must be", _roles(settings)
    with application(settings, worker=True) as app, app.app_context():
        yield "the secrets given here fit what they sealed", _secrets(settings, told)
        yield "the audit's chain is whole, and its signed heads fit", auditing.broken()
        yield "the fund's books hold", [each.invariant.name for each in fund.check() if not each.holds]


def _secrets(settings: Settings, told: dict[str, Any]) -> list[str]:
    """The settings that are others than when the backup was made, by its marks and by what lies in the rows."""
    now = backup.marks(settings)
    other = [name for name, mark in told.get("secrets", {}).items() if now.get(name) not in (None, mark)]
    found = dict.fromkeys([*other, *_others_of_address(), *_other_of_audit()])
    return [f"POLYPHONY_{name.upper()} is another one than when the backup was made" for name in found]


def _others_of_address() -> list[str]:
    """Addresses of accounts are sealed under one key and found by another: whether one of them opens and is found."""
    kept = db.session.scalars(sa.select(Credential).order_by(Credential.person_id).limit(1)).first()
    try:
        address = kept and secrets.open_address(kept.address_sealed, kept.person_id)
        wrong = kept and address and secrets.address_hash(address) != kept.address_hash
    except CryptoError:
        return ["address_cipher_key"]
    return ["address_hash_key"] if wrong else []


def _other_of_audit() -> list[str]:
    """The newest head says with which key it was signed."""
    return ["audit_key" for head in auditing.heads(1) if head.key.hex() != auditing.public_key()]


def _rows(settings: Settings, told: dict[str, Any]) -> list[str]:
    with psycopg.connect(settings.backup_database_url) as connection:
        now = backup.counts(connection)
    return [f"{table}: {number} rows, now {now.get(table, 0)}" for table, number in told["rows"].items()
            if now.get(table, 0) != number]


def _security(settings: Settings) -> list[str]:
    engine = sa.create_engine(settings.owner_database_url)
    try:
        with engine.connect() as connection:
            return policies.differences(connection)
    finally:
        engine.dispose()


def _roles(settings: Settings) -> list[str]:
    with psycopg.connect(_plain(settings.owner_database_url)) as connection:
        return pg_roles.differences(connection)


def _plain(url: str) -> str:
    return url.replace("+psycopg", "", 1)

"""Bring a backup back into an empty place, and prove that what came is what was there and is guarded as before."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from nacl.public import PrivateKey

from polyphony.app import application
from polyphony.fund.verify import service as fund
from polyphony.keeping import backup, keys, sealed
from polyphony.keeping.backup import BackupTrouble
from polyphony.kernel import audit, policies
from polyphony.kernel.migrate import secure
from polyphony.kernel.pg_roles import BACKUP, ROLES
from polyphony.kernel.postgres import write_private
from polyphony.settings import Settings


def bring(settings: Settings, file: Path, private: PrivateKey) -> dict[str, Any]:
    """Restore into the database and folder of these settings; answers what the backup says it holds.

    Everything or nothing: the file is read to its end before anything is written, and the database takes it in one
    transaction. Raises `BackupTrouble` where anything is there already, `KeyTrouble` for a file that is not whole.
    """
    ensure_empty(settings)
    with tempfile.TemporaryDirectory(prefix="polyphony-") as folder:  # 0700, gone at the end
        told, parts = _unpacked(file, private, Path(folder))
        _load(settings, parts.pop(backup.DUMP))
        for name, path in parts.items():
            target = _beside(settings, name)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(target, path.read_bytes())
    secure(settings.owner_database_url)
    return told


def ensure_empty(settings: Settings) -> None:
    """Raises `BackupTrouble` unless the database holds no table and no uploads lie in the folder."""
    with psycopg.connect(_plain(settings.owner_database_url)) as connection:
        (tables,) = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname NOT IN "
                                       "('pg_catalog', 'information_schema')").fetchone() or (0,)
    if tables or any((settings.var / backup.UPLOADS).rglob("*")):
        raise BackupTrouble("There is something here already. A backup is restored into an empty place only: name "
                            "another database, or another folder in POLYPHONY_VAR.")


def _unpacked(file: Path, private: PrivateKey, folder: Path) -> tuple[dict[str, Any], dict[str, Path]]:
    parts: dict[str, Path] = {}
    with file.open("rb") as source:
        key = keys.unseal(sealed.sealed_key(source), private)

        def place(name: str) -> Any:
            parts[name] = folder / str(len(parts))
            return lambda data: _append(parts[name], data)

        told = backup.unpack(source, key, place)
    for path in parts.values():
        path.touch()
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
    done = subprocess.run(
        [backup.program(settings, "pg_restore"), "--single-transaction", "--exit-on-error", "--no-owner",
         "--no-privileges", "--dbname", "", str(dump)],
        env=backup.environment(_plain(settings.owner_database_url)), capture_output=True, text=True)
    if done.returncode:
        raise BackupTrouble(f"Nothing was restored: {done.stderr.strip()}")


def proofs(settings: Settings, told: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """After a restore: what was checked, and what is wrong with it (nothing, if all is well)."""
    yield "every row is there again", _rows(settings, told)
    yield "row security is what the code declares", _security(settings)
    yield "the database's roles are what they must be", _roles(settings)
    with application(settings, worker=True) as app, app.app_context():
        broken = audit.broken_at()
        yield "the audit's chain is whole", [f"link {broken}"] if broken else []
        yield "the fund's books hold", [each.invariant.name for each in fund.check() if not each.holds]


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
        found = {name: (is_super, sees_all) for name, is_super, sees_all in connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname LIKE 'polyphony%%'")}
    return [role for role in ROLES if found.get(role) != (False, role == BACKUP)]


def _plain(url: str) -> str:
    return url.replace("+psycopg", "", 1)

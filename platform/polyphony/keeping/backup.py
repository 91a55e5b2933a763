"""Make a backup: one moment of the database and the files beside it, sealed, read once more, and only then in place."""

import hashlib
import hmac
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from polyphony.keeping import keys, sealed
from polyphony.kernel import clock, pg_binaries
from polyphony.settings import KEYS, Settings
from polyphony.uploads.storing import FRESH

DUMP, SECRETS, UPLOADS = "database", "var/secrets.json", "uploads"


class BackupTrouble(Exception):
    """No backup was made, or nothing was restored; the sentence says why."""


def make(settings: Settings, source_url: str, target: Path, public: str) -> dict[str, Any]:
    """Write a sealed backup to `target`; answers what it holds. Raises `BackupTrouble`, `KeyTrouble`.

    It is written beside its place, read again to its end, and moved there whole: whatever ends the process, a file
    under that name is complete.
    """
    if target.exists():
        raise BackupTrouble(f"There is a file at {target} already; nothing is ever written over.")
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with draft.open("xb") as file, one_moment(source_url) as (snapshot, held):
            draft.chmod(0o600)
            writer = sealed.Writer(file, partial(keys.seal, public=public))
            told = {"made_at": clock.now().isoformat(), "secrets": marks(settings), **held}
            with dump(settings, source_url, snapshot) as stream:
                writer.part(DUMP, stream)
            for name, path in files(settings):
                put(writer, name, path)
            writer.end(told)
            file.flush()
            os.fsync(file.fileno())
        prove(draft, writer.key, settings)
        os.link(draft, target)  # fails where somebody else was faster, and writes nothing over
        return {**told, "parts": writer.parts}
    except (psycopg.Error, OSError) as error:
        raise BackupTrouble(f"No backup was made: {error}") from None
    finally:
        draft.unlink(missing_ok=True)


def marks(settings: Settings) -> dict[str, str]:
    """A mark of each secret without which something would open no more; it tells nothing of the secret."""
    given = {name: getattr(settings, name) for name in KEYS} | {"argon2_memory": str(settings.argon2_memory).encode()}
    return {name: hmac.digest(secret, f"polyphony mark of {name}".encode(), "sha256").hex()
            for name, secret in given.items()}


@contextmanager
def one_moment(url: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """A snapshot for the dump, and what the database holds in that very moment: rows of each table, its revision."""
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        yield row[0] if row else "", {"rows": counts(connection), "revision": revision(connection)}


def counts(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """How many rows each table of ours holds."""
    tables = connection.execute("SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN "
                                "('pg_catalog', 'information_schema') ORDER BY 1, 2").fetchall()
    ask = sql.SQL("SELECT count(*) FROM {}")
    return {f"{schema}.{table}": connection.execute(ask.format(sql.Identifier(schema, table))).fetchone()[0]  # type: ignore[index]
            for schema, table in tables}


def revision(connection: psycopg.Connection[Any]) -> str:
    row = connection.execute("SELECT string_agg(version_num, ',') FROM public.migration").fetchone()
    return str(row[0]) if row else ""


@contextmanager
def dump(settings: Settings, url: str, snapshot: str) -> Iterator[IO[bytes]]:
    """The database as PostgreSQL's own archive, as of a snapshot. Raises `BackupTrouble` when it ends badly."""
    child = subprocess.Popen([program(settings, "pg_dump"), "--format=custom", f"--snapshot={snapshot}", "--no-owner",
                              "--no-privileges"], env=environment(url), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout
    assert child.stderr
    with child:
        try:
            yield child.stdout
        except BaseException:
            child.kill()
            raise
        said = child.stderr.read().decode(errors="replace")
        if child.wait() != 0:
            raise BackupTrouble(f"No backup was made: {said.strip()}")


def files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """What lies beside the database and cannot be made again: the secrets made here, and what people uploaded."""
    if (kept := settings.var / "secrets.json").is_file():
        yield SECRETS, kept
    for path in sorted((settings.var / UPLOADS).rglob("*")):
        if path.is_file():
            yield f"var/{path.relative_to(settings.var)}", path


def put(writer: sealed.Writer, name: str, path: Path) -> None:
    """A file as it is now: a fresh upload may have got its lasting name meanwhile; what was deleted is left out."""
    for called, place in ((name, path), (name.removesuffix(FRESH), path.with_name(path.name.removesuffix(FRESH)))):
        with suppress(FileNotFoundError), place.open("rb") as stream:
            if called not in writer.parts:
                writer.part(called, stream)
            return


def prove(path: Path, key: bytes, settings: Settings) -> dict[str, Any]:
    """Read a backup to its end: every part is what its hash says, and PostgreSQL can list what the dump holds."""
    with path.open("rb") as file, subprocess.Popen(
            [program(settings, "pg_restore"), "--list"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE) as child:
        sealed.sealed_key(file)
        assert child.stdin
        reader = _Listener(child.stdin)
        told = unpack(file, key, lambda name: reader.take if name == DUMP else None)
        reader.close()
        if child.wait() != 0:
            raise BackupTrouble("No backup was made: PostgreSQL cannot read what was written.")
    return told


class _Listener:
    """Hands bytes to a program that stops reading when it has seen enough."""

    def __init__(self, pipe: IO[bytes]):
        self.pipe = pipe

    def take(self, data: bytes) -> None:
        if not self.pipe.closed:
            try:
                self.pipe.write(data)
            except BrokenPipeError:
                self.close()

    def close(self) -> None:
        with suppress(BrokenPipeError):
            self.pipe.close()


def unpack(file: IO[bytes], key: bytes, place: Callable[[str], Callable[[bytes], object] | None]) -> dict[str, Any]:
    """Read every part; `place(name)` says who takes its bytes. Answers what the file holds. Raises `KeyTrouble`."""
    found: dict[str, Any] = {}
    told: dict[str, Any] = {}
    take: Callable[[bytes], object] | None = None
    for kind, name, data in sealed.read(file, key):
        if kind == "begin":
            found[name], take = hashlib.sha256(), place(name)
        elif kind == "data":
            found[name].update(data)
            if take:
                take(data)
        else:
            told = json.loads(data)
    if {name: digest.hexdigest() for name, digest in found.items()} != told.get("parts"):
        raise keys.KeyTrouble("The backup is damaged: a part is not what it should be.")
    return told


def checksum(path: Path) -> str:
    """SHA-256 of a finished file: it is sealed, but not signed, so this tells whether another one lies in its place."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def program(settings: Settings, name: str) -> str:
    """One of PostgreSQL's own programs."""
    path = pg_binaries.find(settings.pg_bin) / name
    if not path.is_file():
        raise BackupTrouble(f"{name} is missing beside postgres; name a folder that holds it in POLYPHONY_PG_BIN.")
    return str(path)


def environment(url: str) -> dict[str, str]:
    """A database address as PostgreSQL's programs take it, out of sight of other users of the machine."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    given = conninfo_to_dict(url)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, **{names[name]: str(value) for name, value in given.items() if name in names}}

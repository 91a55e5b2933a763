"""A real PostgreSQL of our own beside the application: made, started, reused and stopped here.

It listens on a Unix socket only, asks everybody for a random password (SCRAM), checks its pages,
writes no statement into its log (people's words stay out of it), and ends with its parent.
"""

import contextlib
import fcntl
import json
import os
import secrets
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql

from polyphony.kernel import processes
from polyphony.kernel.pg_binaries import Place, ServerTrouble, place
from polyphony.kernel.pg_roles import OWNER, WITH_LOGIN, close_database, ensure_roles

__all__ = ["Embedded", "ServerTrouble", "ensure_roles"]

SUPERUSER = "postgres"
PORT = 5432
LONGEST_SOCKET = 90  # the system allows 107 bytes, and PostgreSQL adds its own name
PATIENCE = 60.0

QUIET = {
    "listen_addresses": "", "port": str(PORT), "unix_socket_permissions": "0700", "max_connections": "100",
    "password_encryption": "scram-sha-256", "shared_buffers": "128MB", "jit": "off", "timezone": "UTC",
    "log_timezone": "UTC", "log_min_error_statement": "panic", "log_error_verbosity": "terse",
    "log_statement": "none", "log_min_duration_statement": "-1", "log_parameter_max_length_on_error": "0",
}
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "wal_level": "minimal",
        "max_wal_senders": "0", "autovacuum": "on", "max_wal_size": "2GB", "checkpoint_timeout": "1h"}


class Embedded:
    """One private server in `var`; `with Embedded(var) as server:` starts it or joins the one that lives.

    Whoever started it stops it; whoever joined leaves it running. `fast` gives up safety against
    power cuts and is for tests.
    """

    def __init__(self, var: Path, *, pg_bin: Path | None = None, fast: bool = False) -> None:
        self.var, self._given, self._fast = Path(var).absolute(), pg_bin, fast
        self._child: subprocess.Popen[bytes] | None = None
        self._passwords: dict[str, str] = {}
        self.place: Place
        self.socket: Path

    def __enter__(self) -> Self:
        self.place = place(self.var, self._given)
        with self._alone():
            self._passwords = self._read_passwords()
            try:
                if not self._join():
                    self._make()
                    self._start()
            except BaseException:
                self._stop()
                raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._stop()

    @property
    def joined(self) -> bool:
        """Whether somebody else started this server and will stop it."""
        return self._child is None

    def is_running(self) -> bool:
        return self._child is None or self._child.poll() is None

    def url(self, role: str, database: str) -> str:
        """An address for SQLAlchemy and psycopg alike."""
        where = urlencode({"host": str(self.socket), "port": PORT})
        return f"postgresql://{quote(role)}:{quote(self._passwords[role])}@/{quote(database)}?{where}"

    def connect(self, role: str = SUPERUSER, database: str = "postgres") -> psycopg.Connection[Any]:
        return psycopg.connect(self.url(role, database), autocommit=True, connect_timeout=10)

    def has_database(self, name: str) -> bool:
        with self.connect() as connection:
            return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None

    def create_database(self, name: str, template: str | None = None) -> None:
        """A database that the owner role owns and only our roles may enter; a copy of `template` if named.

        Nobody may be connected to the template while it is copied.
        """
        parts = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY {}").format(
            sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template or "template1"),
            sql.SQL("FILE_COPY" if self._fast else "WAL_LOG"))
        with self.connect() as connection:
            connection.execute(parts)
            close_database(connection, name)
        if not template:
            with self.connect(database=name) as connection:
                connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is still connected; nothing happens if it is not there."""
        with self.connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.var / "postgres.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _read_passwords(self) -> dict[str, str]:
        kept = self.var / "postgres.json"
        if kept.is_file():
            passwords: dict[str, str] = json.loads(kept.read_text())
        elif (self.place.data / "PG_VERSION").is_file():
            raise ServerTrouble(f"The database in {self.place.data} is there, but its passwords ({kept}) are gone. "
                                "Bring that file back, or move the data away to begin anew.")
        else:
            passwords = {}
        missing = [role for role in (SUPERUSER, *WITH_LOGIN) if role not in passwords]
        if missing:
            passwords |= {role: secrets.token_urlsafe(24) for role in missing}
            write_private(kept, json.dumps(passwords, indent=1))
        return passwords

    def _join(self) -> bool:
        """Join the server that already lives on this data; wait for one that is starting or stopping."""
        until = time.monotonic() + PATIENCE
        while (living := self._living()) and time.monotonic() < until:
            self.socket = living
            with contextlib.suppress(psycopg.OperationalError), self.connect():
                return True
            time.sleep(0.05)
        if living:
            raise ServerTrouble(f"A PostgreSQL lives on {self.place.data} but does not answer; see {self.place.log}.")
        return False

    def _living(self) -> Path | None:
        """The socket folder of the server that holds this data, if its process lives."""
        try:
            lines = (self.place.data / "postmaster.pid").read_text().splitlines()
            pid = int(lines[0])
            name = Path(f"/proc/{pid}/comm")
            ours = not name.parent.is_dir() or name.read_text().strip() == "postgres"
            return Path(lines[4].split(",")[0]) if processes.is_alive(pid) and ours else None
        except (OSError, ValueError, IndexError):
            return None

    def _make(self) -> None:
        """Make the data folder once; refuse data of another major version."""
        here, version = self.place, self.place.data / "PG_VERSION"
        if version.is_file():
            major = version.read_text().strip()
            if major != str(here.major):
                raise ServerTrouble(
                    f"The data in {here.data} was written by PostgreSQL {major}, but {here.bin} is PostgreSQL "
                    f"{here.major}. Name the folder of PostgreSQL {major} in POLYPHONY_PG_BIN, or save the data with "
                    f"its pg_dump and move {here.data} away.")
            return
        here.base.mkdir(parents=True, exist_ok=True)
        here.data.mkdir(mode=0o700, exist_ok=True)
        here.give(here.data)
        with tempfile.NamedTemporaryFile("w", prefix="polyphony-") as password:
            password.write(self._passwords[SUPERUSER])
            password.flush()
            here.give(Path(password.name))
            self._run_initdb(password.name)

    def _run_initdb(self, password_file: str) -> None:
        here = self.place
        words = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"] if here.major >= 17 \
            else ["--locale=C.UTF-8"]
        with here.log.open("ab") as log:
            child = processes.start(
                [str(here.bin / "initdb"), "-D", str(here.data), "-U", SUPERUSER, "-E", "UTF8", *words,
                 "--data-checksums", "--auth=scram-sha-256", f"--pwfile={password_file}",
                 *(["--no-sync"] if self._fast else [])],
                user=here.user, folder=Path("/"), output=log)
            if child.wait() != 0:
                raise ServerTrouble(f"The database could not be made; {here.log} says why.")

    def _start(self) -> None:
        here = self.place
        self.socket = self._socket_folder()
        chosen = QUIET | (FAST if self._fast else {}) | {"unix_socket_directories": str(self.socket)}
        options = [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
        with here.log.open("ab") as log:
            self._child = processes.start([str(here.bin / "postgres"), "-D", str(here.data), *options],
                                          ends_by=signal.SIGINT, user=here.user, folder=Path("/"), output=log)
        self._await()
        with self.connect() as connection:
            ensure_roles(connection, {role: self._passwords[role] for role in WITH_LOGIN})

    def _socket_folder(self) -> Path:
        """A folder of the server alone, with a path short enough for a socket."""
        near = self.place.base / "socket"
        if len(bytes(near)) > LONGEST_SOCKET:
            folder = Path(tempfile.mkdtemp(prefix="pp-", dir="/tmp"))  # a random name, ours alone (0700)
        else:
            folder = near
            folder.mkdir(mode=0o700, exist_ok=True)
        self.place.give(folder)
        return folder

    def _await(self) -> None:
        until, child = time.monotonic() + PATIENCE, self._child
        while child and child.poll() is None and time.monotonic() < until:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    raise ServerTrouble(f"The passwords in {self.var / 'postgres.json'} do not fit the data in "
                                        f"{self.place.data}.") from None
                time.sleep(0.02)
        raise ServerTrouble(f"PostgreSQL did not start; {self.place.log} says why.")

    def _stop(self) -> None:
        if self._child:
            processes.stop(self._child, by=signal.SIGINT, patience=30)
            self._child = None
            if self.socket.parent != self.place.base:
                with contextlib.suppress(OSError):
                    self.socket.rmdir()


def write_private(path: Path, content: str | bytes) -> None:
    """Write a file that only its owner may read, complete or not at all."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
    draft.replace(path)

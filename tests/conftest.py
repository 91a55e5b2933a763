"""One real PostgreSQL for the whole run, one template per process, a clone for each test that writes.

`world` gives a test its own migrated database, the application on the web role, clients, builders
(`tests/make.py`) and a superuser connection for facts that no role may read.
"""

import base64
import functools
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jinja2
import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask, g, request
from flask.testing import FlaskClient
from psycopg import sql
from werkzeug.routing import Rule

from polyphony.app import create_app
from polyphony.kernel import audit, jobs, secrets
from polyphony.kernel.database import db
from polyphony.kernel.migrate import migrate
from polyphony.kernel.pg_roles import WITH_LOGIN
from polyphony.kernel.postgres import SUPERUSER, Embedded
from polyphony.settings import Settings

MEMORY = Path("/dev/shm")
WRITE = 15  # statements that any form may ask of the database
_numbers = itertools.count()
# Argon2id as it is, at its full cost, but only once in a process for each password with its salt.
secrets.hash_secret_raw = functools.cache(secrets.hash_secret_raw)


def _compile_once(plain: Callable[..., Any] = Rule._compile_builder, kept: dict[Any, Any] = {}) -> None:  # noqa: B006
    """Every world has an application of its own with the same addresses: compiled once, each serves all of them."""

    def compiled(rule: Rule, append_unknown: bool = True) -> Any:
        key = rule.rule, repr(rule.defaults), tuple(rule._trace), append_unknown
        if key not in kept:
            kept[key] = plain(rule, append_unknown)
        return kept[key]

    Rule._compile_builder = compiled  # type: ignore[method-assign]


_compile_once()


class Compiled(jinja2.BytecodeCache):
    """Templates that one application of this process compiled serve the next ones."""

    kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Any) -> None:
        if bucket.key + bucket.checksum in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key + bucket.checksum])

    def dump_bytecode(self, bucket: Any) -> None:
        self.kept[bucket.key + bucket.checksum] = bucket.bytecode_to_string()


def _is_roomy(place: Path) -> bool:
    """Whether a folder kept in memory is there and takes the databases of all workers."""
    return place.is_dir() and os.access(place, os.W_OK) and shutil.disk_usage(place).free > 4 * 2**30


@pytest.fixture(scope="session")
def server() -> Iterator[Embedded]:
    """The server of this process's tests, made for speed, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="poly-", dir=MEMORY if _is_roomy(MEMORY) else None))
    folder.chmod(0o711)
    given = os.environ.get("POLYPHONY_TEST_PG_BIN")  # another version of PostgreSQL than the embedded one
    with Embedded(folder, fast=True, pg_bin=Path(given) if given else None) as started:
        _sign_in_fast(started)
        yield started
    shutil.rmtree(folder, ignore_errors=True)


def _sign_in_fast(server: Embedded) -> None:
    """Tests connect some ten thousand times: a password that guards nothing is hashed once instead of 4,096 times."""
    with server.connect() as connection:
        if connection.info.server_version >= 160000:
            connection.execute("SET scram_iterations = 1")
            for role in (SUPERUSER, *WITH_LOGIN):
                password = unquote(urlsplit(server.url(role, "postgres")).password or "")
                connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password)))


@pytest.fixture(scope="session")
def template(server: Embedded) -> str:
    """A migrated, empty database to clone."""
    server.create_database("template")
    migrate(_driver(server.url("polyphony_owner", "template")))
    return "template"


def _driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def settings_for(server: Embedded, name: str, folder: Path, **changes: Any) -> Settings:
    """Settings as a deployment would have them, with quick password hashing."""
    key = {x: base64.b64encode(bytes([n]) * 32).decode() for n, x in enumerate(
        ("ADDRESS_HASH_KEY", "ADDRESS_CIPHER_KEY", "PHRASE_SALT", "AUDIT_KEY"), start=1)}
    return Settings.from_environment({
        **{f"POLYPHONY_{k}": v for k, v in key.items()}, "POLYPHONY_SECRET_KEY": "t" * 40,
        "POLYPHONY_DATABASE_URL": server.url("polyphony_app", name),
        "POLYPHONY_OWNER_DATABASE_URL": server.url("polyphony_owner", name),
        "POLYPHONY_WORKER_DATABASE_URL": server.url("polyphony_worker", name),
        "POLYPHONY_MAIL_FOLDER": str(folder / "mail"), "POLYPHONY_VAR": str(folder), "POLYPHONY_DEMO": "1",
        "POLYPHONY_LOG_LEVEL": "ERROR", **changes})


def spare(app: Flask) -> Flask:
    """Have every write of every test counted: what was done may have cost so many statements, no more."""

    def count(answer: Any) -> Any:
        if request.method == "POST" and answer.status_code < 400 and g.get("rounds", 1) == 1:
            told = "\n".join(" ".join(x.split())[:120] for x in g.get("sql_log", ()))
            assert g.get("sql", 0) <= WRITE, f"{request.endpoint} wrote with {g.sql} statements, at most {WRITE}:\n{told}"
        return answer

    @app.before_request
    def remember() -> None:
        g.sql_log = []

    app.before_request_funcs[None].insert(0, app.before_request_funcs[None].pop())
    app.after_request_funcs.setdefault(None, []).insert(0, count)  # the first to be kept is the last to be called
    return app


# Which test shows that an act leaves its row in the audit: of each verb one, which fails when the row is not written.
AUDITED: dict[str, list[str]] = json.loads(Path(__file__).with_name("audited.json").read_text("utf-8"))

# Acts whose row names nobody: what members say, and what says itself by a job.
NAMELESS = {
    "application.begun", "application.files", "application.kept", "application.sent",
    "application.withdrawn", "ground.said", "retention.ended", "input.changed", "input.file_removed", "input.sent",
    "input.withdrawn", "kernel.unlinked", "objection.made", "person.password_reset", "translation.reviewed",
    "vault.unlinked"}


@pytest.fixture(autouse=True)
def left(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """After a test that stands for verbs of the audit, these were written, and named nobody where they should not."""
    claimed, written, naming = set(AUDITED.get(request.node.nodeid, ())), set(), set()
    if claimed:
        write = audit.record_each

        def record_each(verb: str, *rows: Any, **about: Any) -> None:
            written.add(verb)
            if verb in NAMELESS and not about.get("anonymous"):
                naming.add(verb)
            write(verb, *rows, **about)

        monkeypatch.setattr(audit, "record_each", record_each)
    yield
    assert naming == set(), f"these rows of the audit name who did it: {sorted(naming)}"
    assert claimed <= written, f"these acts left no row in the audit: {sorted(claimed - written)}"


@dataclass
class World:
    """One test's world: its database, application, and whoever looks at it."""

    server: Embedded
    name: str
    settings: Settings
    app: Flask
    facts: dict[str, Any] = field(default_factory=dict)

    @functools.cached_property
    def worker(self) -> Flask:
        """The application on the worker's role, made when a test first asks for it."""
        return create_app(self.settings, worker=True)

    def client(self) -> FlaskClient:
        """A new browser."""
        return self.app.test_client()

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run SQL as superuser, past row security: to arrange and to check, never inside the application."""
        with psycopg.connect(self.server.url("postgres", self.name), autocommit=True) as connection:
            found = connection.execute(statement, values)
            return found.fetchall() if found.description else []

    @functools.cached_property
    def raw(self) -> sa.Engine:
        """A superuser engine for builders."""
        return sa.create_engine(_driver(self.server.url("postgres", self.name)), pool_pre_ping=True)

    def work(self) -> None:
        """Do every job on the queue."""
        jobs.run_pending(self.worker)

    def mails(self) -> list[str]:
        """Every mail written so far."""
        folder = self.settings.mail_folder
        return [p.read_text("utf-8") for p in sorted(folder.glob("*"))] if folder and folder.exists() else []


    def close(self) -> None:
        """Let go of the database's connections."""
        for made in ("app", "worker"):
            if app := vars(self).get(made):
                with app.app_context():
                    db.engine.dispose()
        if "raw" in vars(self):
            self.raw.dispose()


def open_world(server: Embedded, name: str, folder: Path, facts: dict[str, Any] | None = None) -> World:
    """The application on this database, as tests drive it."""
    settings = settings_for(server, name, folder)
    app = spare(create_app(settings))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False, SHORT_SUMS=False)
    app.jinja_env.bytecode_cache = Compiled()
    app.extensions["world"] = World(server, name, settings, app, dict(facts or {}))
    return app.extensions["world"]


@pytest.fixture
def world(server: Embedded, template: str, tmp_path: Path) -> Iterator[World]:
    """A world of its own for each test."""
    name = f"world_{os.getpid()}_{next(_numbers)}"
    server.create_database(name, template=template)
    made = open_world(server, name, tmp_path)
    try:
        yield made
    finally:
        made.close()
        server.drop_database(name)


@pytest.fixture(scope="session")
def demo_template(server: Embedded, template: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[str]]:
    """A database with the whole demo in it, to clone, and the lines that `make run` prints."""
    from polyphony.demo.load import load_if_empty

    server.create_database("demo", template=template)
    return "demo", load_if_empty(settings_for(server, "demo", tmp_path_factory.mktemp("demo")))


@pytest.fixture(scope="session")
def demo(server: Embedded, demo_template: tuple[str, list[str]],
         tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The demo as anyone meets it, for tests that only look."""
    name = f"look_{os.getpid()}"
    server.create_database(name, template=demo_template[0])
    made = open_world(server, name, tmp_path_factory.mktemp("look"), {"lines": demo_template[1]})
    yield made
    made.close()


@pytest.fixture(scope="session")
def lively(server: Embedded, demo_template: tuple[str, list[str]],
           tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """A demo to clone, with everything in it that waits for somebody: every page of the application is there."""
    from crawl import live_in

    server.create_database("lively", template=demo_template[0])
    world = open_world(server, "lively", tmp_path_factory.mktemp("lively"), {"lines": demo_template[1]})
    live_in(world)
    world.close()
    return "lively", world.facts


@pytest.fixture(scope="session")
def lived(server: Embedded, lively: tuple[str, dict[str, Any]],
          tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """That database, for tests that only look."""
    name = f"lived_{os.getpid()}"
    server.create_database(name, template=lively[0])
    world = open_world(server, name, tmp_path_factory.mktemp("lived"), lively[1])
    yield world
    world.close()


@pytest.fixture
def clone(server: Embedded, lively: tuple[str, dict[str, Any]],
          tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], World]]:
    """Makes clones of it, alike to the last id, for tests that write. Two are open at a time: each holds connections."""
    made: list[World] = []

    def make() -> World:
        while len(made) > 1:
            away(made.pop(0))
        name = f"clone_{os.getpid()}_{next(_numbers)}"
        server.create_database(name, template=lively[0])
        made.append(open_world(server, name, tmp_path_factory.mktemp("clone"), lively[1]))
        return made[-1]

    def away(world: World) -> None:
        world.close()
        server.drop_database(world.name)

    yield make
    for world in made:
        away(world)

"""The demo with everything in it that waits for somebody, and a clone of it for each test that writes."""

import itertools
import os
from collections.abc import Callable, Iterator

import pytest

from conftest import World, settings_for, spare
from crawl import live_in
from polyphony.app import create_app
from polyphony.kernel.database import db

_numbers = itertools.count()


def open_world(server, name, folder, facts) -> World:
    """The application on this database, as tests drive it."""
    settings = settings_for(server, name, folder)
    app, worker = spare(create_app(settings)), create_app(settings, worker=True)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return World(server, name, settings, app, worker, dict(facts))


def close_world(world) -> None:
    """Let go of the database's connections."""
    for each in (world.app, world.worker):
        with each.app_context():
            db.engine.dispose()


@pytest.fixture(scope="session")
def lively(server, demo_template, tmp_path_factory) -> tuple[str, dict]:
    """A database to clone, in which every page of the application is there for somebody."""
    server.create_database("lively", template=demo_template[0])
    world = open_world(server, "lively", tmp_path_factory.mktemp("lively"), {"lines": demo_template[1]})
    live_in(world)
    close_world(world)
    return "lively", world.facts


@pytest.fixture(scope="session")
def lived(server, lively, tmp_path_factory) -> Iterator[World]:
    """That database, for tests that only look."""
    name = f"lived_{os.getpid()}"
    server.create_database(name, template=lively[0])
    world = open_world(server, name, tmp_path_factory.mktemp("lived"), lively[1])
    yield world
    close_world(world)


@pytest.fixture
def clone(server, lively, tmp_path_factory) -> Iterator[Callable[[], World]]:
    """Makes clones of it, alike to the last id, for tests that write."""
    made = []

    def make() -> World:
        name = f"clone_{os.getpid()}_{next(_numbers)}"
        server.create_database(name, template=lively[0])
        made.append(open_world(server, name, tmp_path_factory.mktemp("clone"), lively[1]))
        return made[-1]

    yield make
    for world in made:
        close_world(world)
        server.drop_database(world.name)

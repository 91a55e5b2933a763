"""The demo with everything in it that waits for somebody, and a clone of it for each test that writes."""

import itertools
import os
from collections.abc import Callable, Iterator

import pytest

from conftest import World, open_world
from crawl import live_in

_numbers = itertools.count()


@pytest.fixture(scope="session")
def lively(server, demo_template, tmp_path_factory) -> tuple[str, dict]:
    """A database to clone, in which every page of the application is there for somebody."""
    server.create_database("lively", template=demo_template[0])
    world = open_world(server, "lively", tmp_path_factory.mktemp("lively"), {"lines": demo_template[1]})
    live_in(world)
    world.close()
    return "lively", world.facts


@pytest.fixture(scope="session")
def lived(server, lively, tmp_path_factory) -> Iterator[World]:
    """That database, for tests that only look."""
    name = f"lived_{os.getpid()}"
    server.create_database(name, template=lively[0])
    world = open_world(server, name, tmp_path_factory.mktemp("lived"), lively[1])
    yield world
    world.close()


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
        world.close()
        server.drop_database(world.name)

"""What several tests of safety share."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.security.fog import Fog


@pytest.fixture(scope="session")
def fog(server: Any, template: str) -> Iterator[str]:
    """The address of a database full of random rows."""
    server.create_database("fog", template=template)
    with psycopg.connect(server.url("postgres", "fog")) as connection:
        Fog(connection).fill()
    yield server.url("postgres", "fog")
    server.drop_database("fog")

"""Who reaches what in every table, with every verb, past all the pages: row security and grants alone, counted.

`reached.json` says it for a world of random rows (tests/security/fog.py). Whoever changes a policy, a grant or a table
sees here whom the change reaches. After reading the difference, `POLYPHONY_WRITE_REACHED=1` keeps the new state.
"""

import json
import os
from pathlib import Path

import psycopg
import pytest
from tests.security.fog import VERBS, Connection, Fog, Reach, callers

KEPT = Path(__file__).with_name("reached.json")
ASKED = (*VERBS, "GRANTED")
CORE = [("inputs.input", "SELECT"), ("inputs.authorship", "SELECT"), ("inputs.input", "UPDATE"), ("people.session", "GRANTED")]


def kept(*ending: str) -> dict[str, str]:
    """What is kept of a table and a verb, or of everything."""
    every = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    return {key: said for key, said in every.items() if not ending or key.startswith(f"{' '.join(ending)} ") or key == " ".join(ending)}


def tables() -> list[str]:
    return sorted({key.split()[0] for key in kept() if not key.endswith(" CALLED")})


def reached(connection: Connection, table: str, asked: str) -> dict[str, str]:
    reach = Reach(connection, table)
    return reach.granted() if asked == "GRANTED" else reach.by(asked)


def differences(now: dict[str, str], known: dict[str, str]) -> list[str]:
    return [f"{key}: {now.get(key, 'nobody')}, but kept is {known.get(key, 'nobody')}" for key in sorted({*now, *known})
            if now.get(key) != known.get(key)]


def changed(fog: str, table: str, asked: str) -> list[str]:
    """Where what is reached of a table differs from what is kept."""
    with psycopg.connect(fog) as connection:
        now = reached(connection, table, asked)
        connection.rollback()
    return differences(now, kept(table, asked))


def keep(connection: Connection) -> None:
    """Write down what there is now."""
    every: dict[str, str] = {}
    for table in Fog(connection).columns:
        for asked in ASKED:
            every |= reached(connection, table, asked)
        connection.rollback()  # a transaction over all tables would hold more locks than the server has
    every |= callers(connection)
    KEPT.write_text(json.dumps(every, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")


def test_every_table_is_there(fog: str) -> None:
    with psycopg.connect(fog) as connection:
        if os.environ.get("POLYPHONY_WRITE_REACHED"):
            keep(connection)
        there = set(Fog(connection).columns)
        connection.rollback()
    assert there == set(tables()), "say who reaches the new table: see the head of this file"


@pytest.mark.parametrize(("table", "asked"), CORE)
def test_what_people_say_is_reached_by_whom_it_should(fog: str, table: str, asked: str) -> None:
    assert changed(fog, table, asked) == []


@pytest.mark.slow
@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("table", tables())
def test_everybody_reaches_what_she_should(fog: str, table: str, asked: str) -> None:
    assert changed(fog, table, asked) == []


def test_functions_are_called_by_whom_they_are_for(fog: str) -> None:
    with psycopg.connect(fog) as connection:
        now = callers(connection)
        connection.rollback()
    assert differences(now, {key: said for key, said in kept().items() if key.endswith(" CALLED")}) == []


def test_a_policy_that_lost_its_condition_is_found(fog: str) -> None:
    with psycopg.connect(fog) as connection:
        connection.execute("ALTER POLICY select_chosen ON inputs.input USING (true)")
        assert differences(reached(connection, "inputs.input", "SELECT"), kept("inputs.input", "SELECT")) != []
        connection.rollback()

"""Every column of every table is told of on the page "What we keep", or there is a reason why nothing in it is of a person."""

import re

import pytest
import sqlalchemy as sa

from polyphony import rooms
from polyphony.kernel import retention
from polyphony.kernel.database import Base
from polyphony.kernel.retention import DELETED, EMPTIED, KEY_DESTROYED, STAYS
from polyphony.retention.words import COLUMNS, ENDS, WHOSE

rooms.models()
TABLES = {t.fullname: {c.name for c in t.columns} for t in Base.metadata.tables.values()}
# Ended by chores that were there before, or together with what they hang on.
OTHERWISE = {"factor": "by her, or people.forget when she is erased",
             "session": "people.forget, each hour", "file": "with its thing: uploads.clear, each hour",
             "quote": "with its input", "reading": "with its input", "translating": "with its translation"}
PERSONS = {"person_id", "phrase_id", "invited_by", "actor", "text", "words", "name", "shown_as", "reason", "address_hash"}


def told_of() -> dict[str, list[str]]:
    """Every (table.column) with the data that name it."""
    found: dict[str, list[str]] = {}
    for datum in retention.datums.values():
        for table, columns in datum.places.items():
            for column in columns.split():
                found.setdefault(f"{table}.{column}", []).append(datum.name)
    for table, (columns, reason) in retention.impersonal.items():
        for column in columns.split():
            found.setdefault(f"{table}.{column}", []).append(reason)
    return found


def untold(tables: dict[str, set[str]]) -> set[str]:
    return {f"{table}.{column}" for table, columns in tables.items() for column in columns} - set(told_of())


def test_every_column_of_every_table_is_told_of_once() -> None:
    assert untold(TABLES) == set(), "name it in the room's retention.py: in a datum, or with spare() and a reason"
    there = {f"{table}.{column}" for table, columns in TABLES.items() for column in columns}
    assert set(told_of()) - there == set(), "this column is no more"
    assert {name for name, by in told_of().items() if len(by) > 1} == set()


def test_a_forgotten_column_is_found() -> None:
    assert untold(TABLES | {"inputs.input": TABLES["inputs.input"] | {"telephone"}}) == {"inputs.input.telephone"}


def test_the_database_holds_no_table_besides(world) -> None:
    found = {name for (name,) in world.sql(
        "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind "
        "IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'jobs', 'public')")}
    assert found == set(TABLES)


def test_nothing_that_points_at_a_person_or_holds_words_is_spared() -> None:
    spared = {f"{table}.{column}" for table, (columns, _) in retention.impersonal.items() for column in columns.split()}
    assert {name for name in spared if name.rsplit(".", 1)[1] in PERSONS} == {"kernel.tally.name"}


@pytest.mark.parametrize("datum", retention.datums.values(), ids=lambda datum: datum.name)
def test_each_datum_ends_as_it_says(datum) -> None:
    assert {*datum.of} <= set(WHOSE)
    assert datum.end in ENDS
    assert datum.when_erased in (DELETED, EMPTIED, KEY_DESTROYED, STAYS)
    assert (datum.end == STAYS) != (datum.name in {*retention.enders, *OTHERWISE}), "who ends it in time?"
    assert bool(datum.mine) == bool({*datum.of} & {"account", "phrase"}), "whom it concerns may see it"


def test_every_ender_ends_a_datum() -> None:
    assert set(retention.enders) <= set(retention.datums)


def test_each_room_is_asked_to_erase_before_those_it_stands_on() -> None:
    named = [function.__module__.split(".")[1] for function, _ in reversed(retention.erasers)]
    order = [room for room in reversed(rooms.ROOMS) if room in named]
    assert list(dict.fromkeys(named)) == order


def test_that_order_does_not_depend_on_which_room_was_imported_first(monkeypatch) -> None:
    there = list(retention.erasers)
    monkeypatch.setattr(retention, "erasers", there[::-1])
    rooms.models()
    assert [function.__module__.split(".")[1] for function, _ in retention.erasers] == [
        function.__module__.split(".")[1] for function, _ in there]


def test_every_column_that_people_see_of_themselves_has_words(world) -> None:
    with world.raw.connect() as connection:
        for datum in retention.datums.values():
            if datum.mine:
                sql = re.sub(r":(\w+)", "NULL", datum.mine).replace("ANY (NULL)", "ANY (NULL::uuid[])")
                columns = set(connection.execute(sa.text(f"SELECT * FROM ({sql}) m WHERE false")).keys())
                assert columns - {"sealed"} <= set(COLUMNS), datum.name

"""The schema comes up, goes down and comes up again; it equals the models; what people wrote stays."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from conftest import _driver
from polyphony.kernel.database import Base
from polyphony.kernel.migrate import config, migrate, secure

OURS = "nspname NOT LIKE 'pg\\_%%' AND nspname NOT IN ('information_schema', 'public', 'jobs')"
SHAPE = {
    "columns": f"""
        SELECT nspname, relname, attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute
        JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
        WHERE relkind = 'r' AND attnum > 0 AND NOT attisdropped AND {OURS}""",
    "constraints": f"""
        SELECT nspname, relname, conname, pg_get_constraintdef(k.oid) FROM pg_constraint k
        JOIN pg_class c ON c.oid = conrelid JOIN pg_namespace n ON n.oid = relnamespace WHERE {OURS} AND contype NOT IN ('n', 't')""",
    "indexes": f"""
        SELECT nspname, relname, pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indrelid
        JOIN pg_namespace n ON n.oid = relnamespace WHERE {OURS}""",
}
# Of these tables an older shape has no place for some rows, which a downgrade takes away; compared is the rest.
STAYS_DOWNWARD = {
    'notices."notice"': "kind IN ('input_read', 'placed', 'published', 'closed', 'ground_round', 'open', 'announced')",
    'languages."translation"': "kind NOT IN ('quote', 'fund_purpose')",
    'organisations."membership"': "role <> 'keyholder'",
    'languages."work"': "translation_id IN (SELECT t.id FROM languages.translation t WHERE t.kind NOT IN ('quote', 'fund_purpose'))",
}


@pytest.fixture
def fresh(server: Any) -> Iterator[str]:
    """The name of an empty database."""
    server.create_database("shape")
    yield "shape"
    server.drop_database("shape")


@pytest.fixture
def told(server: Any, demo_template: tuple[str, list[str]]) -> Iterator[str]:
    """The name of a database with the whole demo in it."""
    server.create_database("told", template=demo_template[0])
    yield "told"
    server.drop_database("told")


def owner(server: Any, name: str) -> str:
    return _driver(server.url("polyphony_owner", name))


def ask(server: Any, name: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(server.url("postgres", name)) as connection:
        return connection.execute(statement.replace("%%", "%")).fetchall()


def shape(server: Any, name: str) -> dict[str, set[tuple[Any, ...]]]:
    return {kind: set(ask(server, name, statement)) for kind, statement in SHAPE.items()}


def revisions() -> list[str]:
    """Every revision, oldest first."""
    return [each.revision for each in reversed(list(ScriptDirectory.from_config(config("")).walk_revisions()))]


def built_from_models(server: Any, name: str) -> dict[str, set[tuple[Any, ...]]]:
    engine = sa.create_engine(owner(server, name), poolclass=sa.NullPool)
    with engine.begin() as connection:
        for schema in sorted({table.schema for table in Base.metadata.tables.values()}):
            connection.execute(sa.schema.CreateSchema(schema))
        Base.metadata.create_all(connection)
    return shape(server, name)


def test_the_migrations_lead_to_exactly_what_the_models_say(server: Any, template: str, fresh: str) -> None:
    migrated, modelled = shape(server, template), built_from_models(server, fresh)
    for kind in SHAPE:
        assert migrated[kind] - modelled[kind] == set(), f"{kind} that only a migration knows"
        assert modelled[kind] - migrated[kind] == set(), f"{kind} that no migration makes"


def test_a_forgotten_constraint_would_be_seen(server: Any, template: str, fresh: str) -> None:
    server.drop_database(fresh)
    server.create_database(fresh, template=template)
    before = shape(server, fresh)
    with psycopg.connect(server.url("postgres", fresh)) as connection:
        connection.execute("ALTER TABLE inputs.input DROP CONSTRAINT input_withdrawn_is_empty_check")
        connection.execute("DROP INDEX inputs.input_list_idx")
        connection.execute("ALTER TABLE inputs.input ALTER text DROP NOT NULL")
    after = shape(server, fresh)
    assert {kind: len(before[kind] - after[kind]) for kind in SHAPE} == {"columns": 1, "constraints": 1, "indexes": 1}


def test_there_is_one_line_of_revisions(server: Any, template: str) -> None:
    scripts = ScriptDirectory.from_config(config(""))
    assert scripts.get_heads() == [revisions()[-1]]
    assert ask(server, template, "SELECT version_num FROM public.migration") == [(revisions()[-1],)]


def test_an_empty_database_goes_down_to_nothing_and_up_again(server: Any, template: str, fresh: str) -> None:
    migrate(owner(server, fresh))
    command.downgrade(config(owner(server, fresh)), "base")
    assert {kind: rows for kind, rows in shape(server, fresh).items() if rows} == {}
    assert ask(server, fresh, "SELECT count(*) FROM pg_policies") == [(0,)]
    migrate(owner(server, fresh))
    assert shape(server, fresh) == shape(server, template)
    assert policies_of(server, fresh) == policies_of(server, template)


def contents(server: Any, name: str, columns: dict[str, list[str]]) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, by these columns, in no order."""
    found = {}
    for table, names in columns.items():
        kept = f"WHERE {STAYS_DOWNWARD[table]}" if table in STAYS_DOWNWARD else ""
        listed = ", ".join(f'"{column}"::text' for column in names)
        found[table] = sorted(ask(server, name, f"SELECT {listed} FROM {table} {kept}".replace("%", "%%")), key=str)
    return found


def columns(server: Any, name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for schema, table, column, *_ in sorted(shape(server, name)["columns"]):
        found.setdefault(f'{schema}."{table}"', []).append(column)
    return found


def policies_of(server: Any, name: str) -> list[tuple[Any, ...]]:
    return sorted(ask(server, name, "SELECT schemaname, tablename, policyname, cmd, qual, with_check FROM pg_policies"),
                  key=str)


@pytest.mark.slow
def test_what_people_wrote_stays_step_by_step_down_and_up_again(server: Any, told: str) -> None:
    line, policies = revisions(), policies_of(server, told)
    whole = columns(server, told)
    at_head = contents(server, told, whole)
    assert sum(map(len, at_head.values())) > 300, "the demo is there"
    for revision in reversed(line[:-1]):
        command.downgrade(config(owner(server, told)), revision)
        kept = {table: [c for c in names if c in whole.get(table, [])] for table, names in columns(server, told).items()}
        there = contents(server, told, {table: names for table, names in kept.items() if names})
        whole = kept
    oldest = {table: names for table, names in whole.items() if names}
    for revision in line[1:]:
        command.upgrade(config(owner(server, told)), revision)
        assert contents(server, told, oldest) == there, f"{revision} changed rows that it need not touch"
    secure(owner(server, told))
    assert policies_of(server, told) == policies
    shortened = {table: sorted((tuple(row[whole_names.index(c)] for c in oldest[table]) for row in rows), key=str)
                 for table, rows in at_head.items() if table in oldest
                 for whole_names in [sorted(columns(server, told)[table])]}
    assert contents(server, told, oldest) == shortened
    forced = ask(server, told, f"SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r' "
                               f"AND {OURS} AND NOT (relrowsecurity AND relforcerowsecurity)")
    assert forced == [], "row security is on and forced again"


def test_how_an_invitation_ended_is_kept_up_and_down(server: Any, fresh: str) -> None:
    command.upgrade(config(owner(server, fresh)), "0009")
    with psycopg.connect(server.url("postgres", fresh)) as connection:
        connection.execute("INSERT INTO people.person (id, name, language, time_zone, mail_opt_in) VALUES "
                           "(gen_random_uuid(), 'Ada', 'en', 'UTC', false)")
        connection.execute("INSERT INTO organisations.organisation (id, name, kind, country, about, about_lang, asked_on) "
                           "VALUES (gen_random_uuid(), 'Halcyon', 'company', 'KE', '', 'en', current_date)")
        connection.execute("INSERT INTO organisations.membership (id, person_id, organisation_id, role, function, begun_at) "
                           "SELECT gen_random_uuid(), p.id, o.id, 'administrator', '', now() FROM people.person p, "
                           "organisations.organisation o")
        for answered, withdrawn in (("now()", "false"), ("NULL", "true"), ("NULL", "false")):
            connection.execute(
                "INSERT INTO organisations.invitation (id, purpose, organisation_id, invited_by, address_hash, "
                "address_sealed, language, roles, function, words, token_hash, at, expires_at, answered_at, withdrawn) "
                "SELECT gen_random_uuid(), 'member', o.id, p.id, '', '', 'en', '{}', '', '', '', now(), now(), "
                f"{answered}, {withdrawn} FROM people.person p, organisations.organisation o")
    command.upgrade(config(owner(server, fresh)), "0011")
    ends = "SELECT outcome FROM organisations.invitation_end ORDER BY 1"
    assert ask(server, fresh, ends) == [("accepted",), ("withdrawn",)]
    command.downgrade(config(owner(server, fresh)), "0009")
    kept = "SELECT answered_at IS NOT NULL, withdrawn FROM organisations.invitation ORDER BY 1, 2"
    assert ask(server, fresh, kept) == [(False, False), (False, True), (True, False)]
    assert ask(server, fresh, "SELECT count(*) FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity") == [(0,)]


def test_of_two_views_sent_at_once_the_one_that_others_see_stays(server: Any, fresh: str) -> None:
    command.upgrade(config(owner(server, fresh)), "0015")
    asha, measure, here = "00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b", "gen_random_uuid()"
    with psycopg.connect(server.url("postgres", fresh)) as connection:
        connection.execute("INSERT INTO people.person (id, name, language, time_zone, mail_opt_in) VALUES "
                           f"('{asha}', 'Asha', 'sw', 'UTC', false)")
        connection.execute("SET session_replication_role = replica")
        for view, shown in (("harms", "NULL"), ("works", "current_date")):
            connection.execute(
                "WITH v AS (INSERT INTO feedback.ground_view (id, measure_id, consultation_id, view, words, lang, day, shuffle, "
                f"read_on, shown_as, shown_on) VALUES (gen_random_uuid(), '{measure}', {here}, '{view}', '{view}', 'sw', "
                f"current_date, 1, {shown}, '', {shown}) RETURNING id), a AS (INSERT INTO feedback.ground_author (view_id, "
                f"measure_id, person_id) SELECT id, '{measure}', '{asha}' FROM v), t AS (INSERT INTO languages.translation (id, "
                "consultation_id, kind, subject_id, field, lang, text, mark, stale) SELECT gen_random_uuid(), "
                f"{here}, 'ground_view', id, 'words', 'en', '{view}', 'person', false FROM v RETURNING id) INSERT INTO "
                "languages.work (id, translation_id, consultation_id, person_id, act, \"on\") SELECT gen_random_uuid(), id, "
                f"{here}, '{asha}', 'made', current_date FROM t")
    command.upgrade(config(owner(server, fresh)), "0016")
    for said in ("SELECT view FROM feedback.ground_view", "SELECT text FROM languages.translation"):
        assert ask(server, fresh, said) == [("works",)]
    assert ask(server, fresh, "SELECT (SELECT count(*) FROM feedback.ground_author), (SELECT count(*) FROM languages.work)") == [(1, 1)]

"""The embedded database: closed to everybody but our roles, joined when it lives, gone when we are."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from polyphony.kernel import pg_binaries
from polyphony.kernel.pg_roles import APP, AUDITOR, BACKUP, LOOKUP, OWNER, VAULT, WORKER
from polyphony.kernel.postgres import Embedded, ServerTrouble


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="polyphony-test-"))
    folder.chmod(0o711)  # root runs the server as nobody, who must get through
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def server(var: Path) -> Iterator[Embedded]:
    with Embedded(var, fast=True) as running:
        running.create_database("house")
        yield running


def connect(server: Embedded, role: str, database: str = "house") -> psycopg.Connection:
    return psycopg.connect(server.url(role, database), autocommit=True)


def test_every_role_is_exactly_what_it_must_be(server):
    with server.connect() as connection:
        rows = connection.execute(
            "SELECT rolname, rolcanlogin, rolbypassrls, rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication "
            "FROM pg_roles WHERE rolname LIKE 'polyphony%'").fetchall()
    assert sorted(rows) == sorted([
        (OWNER, True, False, False), (APP, True, False, False), (WORKER, True, False, False),
        (LOOKUP, False, False, False), (VAULT, False, False, False), (BACKUP, True, True, False), (AUDITOR, True, False, False)])


def test_nobody_enters_without_the_password(server):
    for given in ("", "password=wrong"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"host={server.socket} port=5432 user=postgres dbname=postgres {given}")


def test_it_checks_its_pages_and_listens_on_no_network(server):
    with server.connect() as connection:
        said = {name: connection.execute(f"SHOW {name}").fetchone()[0]
                for name in ("data_checksums", "listen_addresses", "password_encryption", "server_encoding")}
    assert said == {"data_checksums": "on", "listen_addresses": "", "password_encryption": "scram-sha-256",
                    "server_encoding": "UTF8"}


def test_secrets_are_readable_by_their_owner_alone(server, var):
    for path, mode in ((var / "postgres.json", 0o600), (server.place.data, 0o700), (server.socket, 0o700)):
        assert stat.S_IMODE(path.stat().st_mode) == mode, path


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts it as somebody else")
def test_root_runs_it_as_somebody_who_owns_nothing(server):
    assert server.place.data.stat().st_uid == server.place.user[0] != 0


def test_a_database_is_closed_to_newcomers(server):
    with server.connect(database="house") as connection:
        connection.execute("CREATE ROLE newcomer")
        try:
            rights = connection.execute(
                "SELECT has_database_privilege('newcomer', 'house', 'CONNECT'), "
                "has_schema_privilege('newcomer', 'public', 'CREATE'), "
                "has_schema_privilege('polyphony_app', 'public', 'CREATE'), "
                "has_database_privilege('polyphony_app', 'house', 'TEMPORARY')").fetchone()
        finally:
            connection.execute("DROP ROLE newcomer")
    assert rights == (False, False, False, False)


def test_the_owner_can_hand_functions_to_the_lookup_role(server):
    with connect(server, OWNER) as connection:
        connection.execute("CREATE SCHEMA handing; GRANT CREATE ON SCHEMA handing TO polyphony_lookup;"
                           "CREATE FUNCTION handing.f() RETURNS int LANGUAGE sql AS 'SELECT 1';"
                           "ALTER FUNCTION handing.f() OWNER TO polyphony_lookup;"
                           "CREATE OR REPLACE FUNCTION handing.f() RETURNS int LANGUAGE sql AS 'SELECT 2'")
        assert connection.execute("SELECT handing.f()").fetchone() == (2,)


def test_only_the_backup_role_sees_past_row_security_and_it_cannot_write(server):
    with connect(server, OWNER) as connection:
        connection.execute("CREATE TABLE kept (a int); INSERT INTO kept VALUES (1);"
                           "GRANT SELECT ON kept TO polyphony_app;"
                           "ALTER TABLE kept ENABLE ROW LEVEL SECURITY; ALTER TABLE kept FORCE ROW LEVEL SECURITY")
    with connect(server, APP) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    with connect(server, BACKUP) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1,)
        with pytest.raises((errors.ReadOnlySqlTransaction, errors.InsufficientPrivilege)):
            connection.execute("INSERT INTO kept VALUES (2)")


def test_a_copy_of_a_template_holds_its_rows_and_is_as_closed(server):
    server.create_database("mould")
    with connect(server, OWNER, "mould") as connection:
        connection.execute("CREATE TABLE form AS SELECT 7 AS a")
    server.create_database("cast", template="mould")
    with connect(server, OWNER, "cast") as connection:
        assert connection.execute("SELECT a FROM form").fetchone() == (7,)
        rights = connection.execute("SELECT datacl::text FROM pg_database WHERE datname = 'cast'").fetchone()[0]
    assert rights.count("=c") == 4, f"PUBLIC or a role without login may enter, or one of ours may not: {rights}"
    server.drop_database("cast")
    assert not server.has_database("cast")


def test_words_never_reach_its_log(server):
    with connect(server, OWNER) as connection:
        connection.execute("CREATE TABLE said (words text UNIQUE)")
        connection.execute("INSERT INTO said VALUES ('maneno ya siri')")
        with pytest.raises(errors.UniqueViolation):
            connection.execute("INSERT INTO said VALUES (%s)", ["maneno ya siri"])
        with pytest.raises(errors.SyntaxError):
            connection.execute("SELEC 'maneno ya siri'")
    assert "maneno" not in server.place.log.read_text()


def test_a_living_server_is_joined_and_left_alive(server, var):
    with Embedded(var) as second:
        assert second.joined
        assert second.url(APP, "house") == server.url(APP, "house")
    with connect(server, APP) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_data_of_another_major_version_is_refused_in_a_sentence(var, server, tmp_path):
    older = Embedded(tmp_path)
    older.place = pg_binaries.Place(server.place.bin, server.place.major, tmp_path, None)
    older.place.data.mkdir()
    (older.place.data / "PG_VERSION").write_text("14\n")
    with pytest.raises(ServerTrouble, match=r"written by PostgreSQL 14.*POLYPHONY_PG_BIN"):
        older._make()


def test_lost_passwords_are_named_and_nothing_is_overwritten(tmp_path, server):
    lost = Embedded(tmp_path)
    lost.place = pg_binaries.Place(server.place.bin, server.place.major, tmp_path, None)
    lost.place.data.mkdir()
    (lost.place.data / "PG_VERSION").write_text("18\n")
    with pytest.raises(ServerTrouble, match="passwords"):
        lost._read_passwords()


def test_a_folder_without_programs_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(ServerTrouble, match="POLYPHONY_PG_BIN"):
        pg_binaries.find(tmp_path)


def test_a_long_path_still_gets_a_socket(tmp_path, server):
    deep = tmp_path / ("far" * 40)
    deep.mkdir()
    far = Embedded(deep)
    far.place = pg_binaries.Place(server.place.bin, server.place.major, deep, None)
    folder = far._socket_folder()
    assert len(bytes(folder)) < 60
    folder.rmdir()

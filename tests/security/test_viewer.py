"""The viewer is opened from a secret and sealed: nothing injected widens what is seen (promises 1 and 11)."""

import uuid

import psycopg
import pytest

import make


def app_connection(world) -> psycopg.Connection:
    return psycopg.connect(world.server.url("polyphony_app", world.name))


def test_without_a_viewer_only_public_rows_are_seen(world) -> None:
    company = make.organisation(world, "Halcyon")
    make.consultation(world, [company], state="draft")
    make.consultation(world, [company], state="open")
    make.consultation(world, [company], state="open", discovery="invitation")
    with app_connection(world) as connection:
        assert connection.execute("SELECT count(*) FROM consultations.consultation").fetchone() == (1,)


def test_a_forged_setting_opens_nothing(world) -> None:
    company = make.organisation(world, "Halcyon")
    hidden = make.consultation(world, [company], state="draft")
    with app_connection(world) as connection:
        connection.execute("SELECT set_config('polyphony.convened', %s, true), set_config('polyphony.seal', 'x', true)",
                           [f"{{{hidden}}}"])
        assert connection.execute("SELECT count(*) FROM consultations.consultation").fetchone() == (0,)


def test_a_seal_ends_with_its_transaction(world) -> None:
    company = make.organisation(world, "Halcyon")
    hidden = make.consultation(world, [company], state="draft")
    with app_connection(world) as connection:
        connection.execute("SELECT viewer.open(NULL, NULL)")
        seal = connection.execute("SELECT current_setting('polyphony.seal')").fetchone()
        connection.execute("SELECT set_config('polyphony.convened', %s, true)", [f"{{{hidden}}}"])
        assert connection.execute("SELECT viewer.sealed()").fetchone() == (False,), "a changed fact breaks the seal"
        connection.rollback()
        connection.execute("SELECT set_config('polyphony.seal', %s, true)", seal)
        assert connection.execute("SELECT viewer.sealed()").fetchone() == (False,)


@pytest.mark.parametrize("statement", [
    "SELECT secret FROM viewer.key", "SELECT viewer.seal()", "SELECT verifier FROM people.phrase",
    "INSERT INTO people.session (id, token_hash, person_id, began_at, seen_at) VALUES "
    "(gen_random_uuid(), 'x', gen_random_uuid(), now(), now())",
])
def test_the_web_role_cannot_reach_secrets(world, statement: str) -> None:
    with app_connection(world) as connection:
        if statement.startswith("SELECT verifier"):
            assert connection.execute(statement).fetchall() == []
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_session_starts_only_from_the_derived_password(world) -> None:
    make.person(world, "lead@halcyon.example")
    from polyphony.kernel import secrets

    with world.app.app_context(), app_connection(world) as connection:
        given = secrets.address_hash("lead@halcyon.example")
        right = secrets.derive_password(make.PASSWORD, b"s" * 16)
        ask = "SELECT people.start_session(%s, %s, %s)"
        assert connection.execute(ask, [given, b"wrong", b"t"]).fetchone() == (False,)
        assert connection.execute(ask, [given, right, secrets.digest(b"token")]).fetchone() == (True,)
        opened = connection.execute("SELECT viewer.open(%s, NULL) ->> 'person'", [b"token"]).fetchone()
        assert opened is not None
        assert uuid.UUID(opened[0])

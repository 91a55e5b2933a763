"""The edge of a request: looking changes nothing, an unsafe role serves nothing, a lost database is said kindly."""

import re
from dataclasses import replace

import psycopg
import pytest
import sqlalchemy as sa

from polyphony.app import application
from polyphony.kernel import audit, edge
from polyphony.kernel.access import access, anyone
from polyphony.kernel.database import db


def planted(world, view, methods=("GET",)):
    world.app.add_url_rule("/<lang>/planted", "planted", access(anyone)(view), methods=list(methods))


def test_a_page_cannot_write_by_being_looked_at(world) -> None:
    def view():
        audit.record("planted")
        db.session.flush()
        return "written"

    planted(world, view)
    with pytest.raises(sa.exc.InternalError, match="read-only"):
        world.client().get("/en/planted")
    assert world.sql("SELECT count(*) FROM audit.row") == [(0,)]


def test_nothing_is_kept_of_a_request_that_failed(world) -> None:
    def view():
        audit.record("planted")
        return "no", 422

    planted(world, view, ("POST",))
    assert world.client().post("/en/planted").status_code == 422
    assert world.sql("SELECT count(*) FROM audit.row") == [(0,)]


def test_a_good_request_is_kept(world) -> None:
    def view():
        audit.record("planted")
        return "yes"

    planted(world, view, ("POST",))
    assert world.client().post("/en/planted").status_code == 200
    assert world.sql("SELECT verb FROM audit.row") == [("planted",)]


@pytest.mark.parametrize("role", ["postgres", "polyphony_owner"])
def test_a_role_that_row_security_does_not_bind_serves_nothing(world, role: str) -> None:
    role_of_another = replace(world.settings, database_url=world.server.url(role, world.name))
    with application(role_of_another) as unsafe, unsafe.app_context(), pytest.raises(edge.UnsafeRole):
        db.session.execute(sa.text("SELECT 1"))


def test_when_the_database_is_away_the_page_says_that_nothing_was_lost(world) -> None:
    nowhere = replace(world.settings, database_url="postgresql://polyphony_app:x@127.0.0.1:1/nowhere")
    with application(nowhere) as app:
        answer = app.test_client().get("/en/")
        assert app.test_client().get("/healthz").status_code == 200
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert {*re.findall(r'<section lang="(\w+)"', answer.get_data(as_text=True))} == {"en", "fr", "es", "pt", "ar", "sw", "id"}


def test_what_asks_too_much_of_the_database_is_not_taken_for_its_absence(world) -> None:
    """It would fail at every trial: the page must not say 'come back in a while' for ever."""
    def view():
        db.session.execute(sa.text(f"SELECT {', '.join('1' * 1700)}"))

    planted(world, view)
    with pytest.raises(sa.exc.OperationalError) as refused:
        world.client().get("/en/planted")
    assert isinstance(refused.value.orig, psycopg.errors.TooManyColumns)
    assert not edge.is_down(refused.value)


def test_the_audit_chain_tells_where_it_was_broken(world) -> None:
    def view():
        for number in range(5):
            audit.record("planted", number=number)
        return "yes"

    planted(world, view, ("POST",))
    world.client().post("/en/planted")
    with world.worker.app_context():
        assert audit.seal_new_rows() == 5
        db.session.commit()
        assert audit.broken_at() is None
        db.session.rollback()
    world.sql("UPDATE audit.row SET verb = 'forged' WHERE id = (SELECT row_id FROM audit.seal WHERE number = 3)")
    with world.worker.app_context():
        assert audit.broken_at() == 3
    with psycopg.connect(world.server.url("polyphony_app", world.name)) as connection, \
            pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE audit.row SET verb = 'forged'")

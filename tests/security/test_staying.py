"""With plain SQL on the web role, nobody walks into a consultation or moves a row that she may otherwise change."""

import uuid

import psycopg
import pytest

import make
from polyphony.kernel import policies


@pytest.fixture
def outsider(world):
    """A company's lead, a consultation of others, and a connection of hers on the web role."""
    tern, halcyon = make.organisation(world, "Tern"), make.organisation(world, "Halcyon")
    lead = make.person(world, "lead@tern.example", seats=((tern, "engagement_lead"),))
    theirs, own = make.consultation(world, [halcyon]), make.consultation(world, [tern])
    with psycopg.connect(world.server.url("polyphony_app", world.name)) as connection:
        connection.execute("SELECT viewer.open(%s, NULL)", [make.session_of(world, lead)])
        yield connection, tern, own, theirs


JOIN = ("INSERT INTO consultations.convener (consultation_id, company_id, state, accepted_revision, accepts_facilitator, "
        "functions, began, invited_at, words, lang, words_id) VALUES (%s, %s, 'accepted', 1, true, '{}', true, now(), '', 'en', "
        "gen_random_uuid())")


def test_a_lead_makes_herself_convener_of_nothing_that_others_began(outsider) -> None:
    connection, tern, _own, theirs = outsider
    connection.execute("SAVEPOINT s")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(JOIN, [theirs, tern])
    connection.execute("ROLLBACK TO s")
    connection.execute("INSERT INTO consultations.consultation SELECT (jsonb_populate_record(c, jsonb_build_object('id', "
                       "%s::text, 'state', 'draft'))).* FROM consultations.consultation c WHERE id = %s",
                       [str(mine := uuid.uuid4()), _own])
    connection.execute(JOIN, [mine, tern])


def test_a_lead_does_not_move_her_seat_into_anothers_consultation(outsider) -> None:
    connection, tern, own, theirs = outsider
    connection.execute("UPDATE consultations.convener SET functions = '{law}' WHERE consultation_id = %s", [own])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE consultations.convener SET consultation_id = %s WHERE company_id = %s", [theirs, tern])


def test_no_column_that_says_where_a_row_belongs_can_be_changed_by_the_web_role(world) -> None:
    found = world.sql("SELECT table_schema || '.' || table_name, column_name FROM information_schema.column_privileges "
                      "WHERE grantee = 'polyphony_app' AND privilege_type = 'UPDATE'")
    assert found, "some columns can be changed"
    assert [pair for pair in found if pair[1] == "id" or pair[1] in policies.BELONGS] == []

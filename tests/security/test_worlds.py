"""Row security and a naive oracle agree on random worlds, row by row, for every viewer, past the application."""

from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from tests import make
from tests.security import worlds_fund as worlds
from tests.security.worlds_fund import EVERYTHING, JUDGED, Oracle

from polyphony.people.models import Person, Phrase

_ASK = " UNION ALL ".join(
    f"SELECT '{model.__name__}', concat_ws(',', {', '.join(column.name for column in model.__table__.primary_key.columns)}) "
    f'FROM {model.__table__.schema}."{model.__table__.name}"' for model in JUDGED)
_EMPTY = "; ".join(f'DELETE FROM {model.__table__.schema}."{model.__table__.name}"' for model in EVERYTHING)


def put(world, grown) -> None:
    """Write a world as superuser, whatever stood there before."""
    with Session(world.raw, expire_on_commit=False) as session:
        session.execute(sa.text("SET session_replication_role = replica"))
        session.execute(sa.text(_EMPTY))
        session.add_all([row for rows in grown.rows.values() for row in rows])
        session.flush()
        session.execute(sa.text(make.WHOLE))
        session.commit()
        session.execute(sa.text("SET session_replication_role = origin"))


def viewers(grown):
    """Everybody who can look: nobody in particular, each with an account, each with a phrase; some hold a link."""
    links = tuple(grown.links)
    yield "visitor", Oracle(grown), None
    yield "visitor with links", Oracle(grown, links=links), None
    for n, person in enumerate(grown.of(Person)):
        yield f"person {n}", Oracle(grown, person=person.id, links=links if n % 3 == 0 else ()), grown.secrets[person.id]
    for n, phrase in enumerate(grown.of(Phrase)):
        yield f"phrase {n}", Oracle(grown, phrase=phrase.id), grown.secrets[phrase.id]


def shown(connection, grown, oracle, secret) -> set[tuple[str, str]]:
    """What the database shows to the web role when this viewer is open: raw SQL, nothing of the application."""
    with connection.transaction(force_rollback=True):
        connection.execute("SELECT viewer.open(%s, %s)", [secret, [grown.links[here] for here in oracle.links]])
        return set(connection.execute(_ASK, prepare=True).fetchall())


def differences(world, seeds) -> tuple[list[str], int]:
    """Every row on which the two disagree; and how many rows were seen at all."""
    wrong, number = [], 0
    with psycopg.connect(world.server.url("polyphony_app", world.name)) as connection:
        for seed in seeds:
            grown = worlds.grow(seed)
            put(world, grown)
            for who, oracle, secret in viewers(grown):
                told, real = worlds.seen(oracle), shown(connection, grown, oracle, secret)
                number += len(told)
                wrong += [f"world {seed}, {who}: the database shows {row}, the oracle does not" for row in real - told]
                wrong += [f"world {seed}, {who}: the oracle shows {row}, the database does not" for row in told - real]
    return wrong, number


def test_a_hundred_random_worlds(world) -> None:
    wrong, number = differences(world, range(100))
    assert wrong == [], "\n".join(wrong[:20])
    assert number > 10_000


@pytest.mark.slow
@pytest.mark.parametrize("part", range(2))
def test_a_thousand_random_worlds(world, part) -> None:
    wrong, _ = differences(world, range(1000 + part * 500, 1500 + part * 500))
    assert wrong == [], "\n".join(wrong[:20])


def test_how_much_they_judge_is_said() -> None:
    said = (Path(__file__).parents[2] / "docs" / "threat-model.md").read_text("utf-8")
    assert f"The random worlds judge who reads {len(JUDGED)} of the tables" in said


FAULTS = {
    "a draft shown to another company": 'ALTER POLICY select_own_company ON feedback.answer USING (true)',
    "a withdrawn input": "ALTER POLICY select_facilitator ON inputs.input USING (true)",
    "an author": "ALTER POLICY select_own ON inputs.authorship USING (true)",
    "an input before it was read": "ALTER POLICY select_public ON inputs.input USING (audience = 'public')",
    "a case whose reviewer stepped aside": "ALTER POLICY select_reviewer ON fund.application USING (state NOT IN ('draft', 'withdrawn'))",
    "who applies": "ALTER POLICY select_committee ON fund.applicant USING (true)",
    "a score before its lock": "ALTER POLICY select_after_locking ON fund.score USING (true)",
    "a file kept from others": "ALTER POLICY select_with_input ON uploads.attachment USING (kind = 'input')",
    "another's notice": "ALTER POLICY select_own ON notices.notice USING (person_id IS NOT NULL)",
    "too little": "ALTER POLICY select_listed ON consultations.consultation USING (false)",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(world, fault) -> None:
    world.sql(FAULTS[fault])
    assert any(differences(world, [seed])[0] for seed in range(8)), fault

"""The seal of the viewer: every fact is under it, and no function of the database believes a fact without it."""

import datetime
import re
import uuid
from typing import Any

import psycopg
import pytest
from tests import make
from tests.security.fog import Fog, _id, _who, secret

Connection = psycopg.Connection[Any]
NOW, TODAY = datetime.datetime.now(datetime.UTC), datetime.datetime.now(datetime.UTC).date()
_FACTS = r"current_setting\('polyphony\.(\w+)'"
# Functions that ask for the seal: what they are called with, out of the rows that are there.
ASKED = """
SELECT n.nspname || '.' || p.proname, p.oid::regprocedure::text, p.proargnames[1:p.pronargs], p.proargtypes::regtype[]::text[]
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prosrc LIKE '%viewer.sealed()%' AND n.nspname <> 'viewer'
AND p.prorettype <> 'trigger'::regtype ORDER BY 1"""
MEANS = {"input": "inputs.input", "consultation": "consultations.consultation", "application": "fund.application", "call": "fund.call", "payment": "fund.payment",
         "fund": "fund.fund", "person": "people.person", "opening": "vault.opening", "holder": "vault.keyholder", "body": "fund.body",
         "organisation": "organisations.organisation", "circle": "vault.circle", "theme": "feedback.theme", "id": "vault.opening",
         "grant": 'fund."grant"', "company": "organisations.organisation", "seat": "organisations.membership",
         "request": "organisations.factor_reset"}


def facts(connection: Connection) -> list[str]:
    """Everything that policies and functions believe of the viewer."""
    texts = connection.execute("SELECT coalesce(qual, '') || coalesce(with_check, '') FROM pg_policies UNION ALL "
                               "SELECT prosrc FROM pg_proc WHERE prosrc LIKE '%polyphony.%'").fetchall()
    return sorted({name for (text,) in texts for name in re.findall(_FACTS, text)} - {"seal", "hat"})


def test_every_fact_is_under_the_seal(world: Any) -> None:
    """Whoever can change a setting has changed it in vain: each is under the seal, with its connection and its transaction."""
    who = make.person(world, "me@x.example")
    key = make.session_of(world, who)
    with psycopg.connect(world.server.url("postgres", world.name)) as asked:
        names = facts(asked)
    assert {"person", "phrase", "roles", "convened", "facilitated"} <= set(names)
    with psycopg.connect(world.server.url("polyphony_app", world.name)) as connection:
        for name in names:
            connection.execute("SELECT viewer.open(%s, NULL)", [key])
            assert connection.execute("SELECT viewer.sealed()").fetchone() == (True,)
            connection.execute("SELECT set_config(%s, %s, true)", [f"polyphony.{name}", f"{{{uuid.uuid4()}}}"])
            assert connection.execute("SELECT viewer.sealed()").fetchone() == (False,), f"{name} is not under the seal"
            connection.rollback()


def _settings(connection: Connection, names: list[str]) -> dict[str, str]:
    return {name: connection.execute("SELECT current_setting(%s, true)", [f"polyphony.{name}"]).fetchone()[0] or ""  # type: ignore[index]
            for name in (*names, "seal")}


def _believed(connection: Connection, settings: dict[str, str]) -> bool:
    for name, value in settings.items():
        connection.execute("SELECT set_config(%s, %s, true)", [f"polyphony.{name}", value])
    return connection.execute("SELECT viewer.sealed()").fetchone() == (True,)


def test_a_seal_fits_one_connection_and_one_transaction(world: Any) -> None:
    key = make.session_of(world, make.person(world, "me@x.example"))
    url = world.server.url("polyphony_app", world.name)
    with psycopg.connect(url) as one, psycopg.connect(url) as other:
        names = facts(one)
        one.execute("SELECT viewer.open(%s, NULL)", [key])
        taken = _settings(one, names)
        assert _believed(one, taken), "as it was taken, where it was taken"
        assert not _believed(other, taken), "another connection"
        one.rollback()
        assert not _believed(one, taken), "another transaction"


def test_a_seal_fits_one_connection_even_in_the_same_moment(world: Any) -> None:
    """Two transactions that begin in one microsecond: the connection alone tells them apart."""
    (whole,) = world.sql("SELECT pg_get_functiondef('viewer.seal()'::regprocedure)")[0]
    timeless = whole.replace("extract(epoch FROM now())::text", "''")
    assert timeless != whole
    world.sql(timeless)
    key = make.session_of(world, make.person(world, "me@x.example"))
    url = world.server.url("polyphony_app", world.name)
    with psycopg.connect(url) as one, psycopg.connect(url) as other:
        names = facts(one)
        one.execute("SELECT viewer.open(%s, NULL)", [key])
        taken = _settings(one, names)
        one.rollback()
        assert _believed(one, taken)
        assert not _believed(other, taken)


def test_a_seal_needs_the_secret_of_the_database(world: Any) -> None:
    """Whoever knows how seals are made, and everything but the key, makes none that fits."""
    with psycopg.connect(world.server.url("postgres", world.name)) as owner:
        owner.execute("SELECT viewer.open(NULL, NULL)")
        (right,) = owner.execute("SELECT viewer.seal()").fetchone()  # type: ignore[misc]
        owner.execute("UPDATE viewer.key SET secret = sha256(secret)")
        assert owner.execute("SELECT viewer.seal()").fetchone() != (right,)
        owner.rollback()


def functions(connection: Connection) -> dict[str, tuple[str, list[str], list[str]]]:
    return {name: (signature, names or [], kinds or []) for name, signature, names, kinds in connection.execute(ASKED).fetchall()}


def given(connection: Connection, names: list[str], kinds: list[str], turn: int) -> list[Any]:
    """Arguments for one call, of rows that are there."""
    made: list[Any] = []
    for name, kind in zip(names, kinds, strict=True):
        table = next((table for word, table in MEANS.items() if name == word or name.endswith(f"_{word}")), None)
        if kind == "uuid" and table:
            pool = Fog._pool(_Rows(connection), table, "organisation_id" if table == "fund.fund" else "id")
            made.append(pool[turn % len(pool)])
        elif (name, kind) == ("secret", "bytea"):
            made.append(secret("lead"))
        elif (name, kind) == ("given", "bytea"):
            made.append(connection.execute("SELECT address_hash FROM people.credential ORDER BY 1 LIMIT 1").fetchone()[0])  # type: ignore[index]
        else:
            made.append({"uuid": str(uuid.uuid4()), "text": "x", "integer": 2, "date": TODAY, "bytea": b"x" * 32, "jsonb": "{}", "character varying": "x",
                         "timestamp with time zone": NOW, "uuid[]": [], "bytea[]": []}.get(kind))
    return made


# Whose answer takes more than rows that are there: the tests that call these in earnest try them without a seal too.
ELSEWHERE = {"vault.form", "vault.renew", "vault.released_to", "vault.taken", "consultations.take_over", "feedback.drop_drafts",
             "fund.call_conflicts", "fund.take_review_back",
             "feedback.rests_on", "retention.held_until", "vault.share_of", "vault.take", "organisations.accept", "fund.sits_in_company", "fund.bring_application"}


class _Rows(Fog):
    """The rows of the fog, when it is filled already."""


_CHANGED = "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables"


def answer(connection: Connection, name: str, kinds: list[str], values: list[Any]) -> Any:
    """What it answers and how many rows it changes, or how it refuses."""
    connection.execute("SAVEPOINT called")
    before = connection.execute(_CHANGED).fetchone()[0]  # type: ignore[index]
    try:
        marks = ", ".join(f"%s::{kind}" for kind in kinds)
        told = connection.execute(f"SELECT * FROM {name}({marks})", values).fetchall()
        return told, connection.execute(_CHANGED).fetchone()[0] - before  # type: ignore[index]
    except psycopg.Error as error:
        return type(error).__name__
    finally:
        connection.execute("ROLLBACK TO called")


def sealed_functions() -> list[str]:
    """Their names, from the text in which they are declared."""
    from polyphony import rooms
    from polyphony.kernel import policies

    rooms.models()
    return sorted({signature.split("(")[0] for signature, text in policies.functions
                   if "viewer.sealed()" in text and "RETURNS trigger" not in signature})


@pytest.mark.slow
@pytest.mark.parametrize("name", sealed_functions())
def test_no_function_believes_facts_without_their_seal(fog: str, name: str) -> None:
    """With every fact there could be and no seal, a function answers what it answers to nobody at all."""
    with psycopg.connect(fog) as connection:
        signature, names, kinds = functions(connection)[name]
        tried = [given(connection, names, kinds, turn) for turn in range(8)]
        everything = "{" + ",".join(_id(table, number) for table in sorted({*MEANS.values()}) for number in range(8)) + "}"
        connection.execute("SELECT viewer.open(NULL, '{}')")
        nobody = [answer(connection, name, kinds, values) for values in tried]
        told = {}
        for believing in (False, True):  # a planted fault: a seal that always fits
            if believing:
                connection.execute("CREATE OR REPLACE FUNCTION viewer.sealed() RETURNS boolean LANGUAGE sql AS 'SELECT true'")
            for who in ("lead", "facilitator", "fund office", "member", "applicant"):
                for fact in facts(connection):
                    connection.execute("SELECT set_config(%s, %s, true)", [f"polyphony.{fact}", {"roles": "{steward,auditor}", "phrase": "", "person": _who(who)}.get(
                        fact, "{}" if fact in ("stepped_aside", "refused", "grants_aside") else everything)])
                connection.execute("SELECT set_config('polyphony.seal', 'x', true)")
                told[believing, who] = [answer(connection, name, kinds, values) for values in tried]
        connection.rollback()
    assert all(each == nobody for (believing, _), each in told.items() if not believing), f"{signature} believes what is not sealed"
    assert name in ELSEWHERE or any(each != nobody for (believing, _), each in told.items() if believing), f"{signature} would tell nothing"


def test_what_rests_on_a_company_and_what_is_held_are_told_under_the_seal_alone(clone: Any) -> None:
    world = clone()
    consultation, company, theme = world.sql(
        "SELECT t.consultation_id, c.company_id, t.id FROM feedback.theme t JOIN consultations.convener c USING (consultation_id) "
        "JOIN consultations.consultation x ON x.id = t.consultation_id WHERE x.state = 'open' ORDER BY 2 LIMIT 1")[0]
    who = world.sql("SELECT person_id FROM organisations.membership WHERE organisation_id = %s AND role = 'administrator'", company)[0][0]
    steward, other = (row[0] for row in world.sql("SELECT person_id FROM people.platform_role WHERE role = 'steward' ORDER BY 1"))
    with psycopg.connect(world.server.url("postgres", world.name)) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE feedback.theme SET shared_on = current_date, addressed = ARRAY[%s]::uuid[] WHERE id = %s", [company, theme])
        owner.execute("DELETE FROM feedback.answer WHERE theme_id = %s", [theme])
    world.sql("WITH h AS (INSERT INTO retention.hold (id, kind, subject_id, reason, safety_reason, until, made_at, person_id) VALUES "
              "(gen_random_uuid(), 'consultation', %s, 'A court asks.', '', current_date + 9, now(), %s) RETURNING id) "
              "INSERT INTO retention.confirmation (hold_id, person_id, at) SELECT id, %s, now() FROM h", consultation, steward, other)
    key = make.session_of(world, who)
    with psycopg.connect(world.server.url("polyphony_app", world.name)) as connection:
        for seal, told in ((None, True), ("x", False)):
            connection.execute("SELECT viewer.open(%s, NULL)", [key])
            if seal:
                connection.execute("SELECT set_config('polyphony.seal', %s, true)", [seal])
            owed = connection.execute("SELECT kind FROM feedback.rests_on(%s)", [company]).fetchall()
            (until,) = connection.execute("SELECT retention.held_until(%s, current_date)", [consultation]).fetchone()  # type: ignore[misc]
            assert (bool(owed), until is not None) == (told, told), f"with the seal {seal or 'as it was made'}"
            connection.rollback()


@pytest.mark.parametrize("change", [
    "UPDATE organisations.membership SET role = 'administrator'",
    "UPDATE organisations.membership_end SET at = at - interval '1 day'",
    "UPDATE organisations.invitation SET expires_at = expires_at + interval '1 day'",
    "UPDATE organisations.invitation_end SET outcome = 'accepted'"])
def test_a_membership_is_never_changed(world: Any, change: str) -> None:
    """Who sat where is a record: a seat ends with a row of its own, and not even the owner of the tables bends it."""
    org = make.organisation(world, "Halcyon")
    me = make.person(world, "me@x.example", seats=((org, "engagement_lead"),))
    world.sql("INSERT INTO organisations.membership_end (membership_id, at, by, reason) SELECT id, now(), %s, '' FROM "
              "organisations.membership", me)
    world.sql("WITH i AS (INSERT INTO organisations.invitation (id, purpose, organisation_id, invited_by, address_hash, "
              "address_sealed, language, roles, function, words, token_hash, at, expires_at) VALUES (gen_random_uuid(), 'member', "
              "%s, %s, 'x', 'x', 'en', '{}', '', '', 'x', now(), now()) RETURNING id) INSERT INTO organisations.invitation_end "
              "(invitation_id, outcome, by, at) SELECT id, 'withdrawn', %s, now() FROM i", org, me, me)
    with pytest.raises(psycopg.errors.IntegrityError) as no:
        world.sql(change)
    assert no.value.diag.constraint_name == "membership_never_changed"

"""Who reaches what in every table of the fund, with every verb, past all the pages; and each policy taken out.

What each kind of person can read, add, change and take away is counted row by row, past the application and with the
triggers asleep, so that row security stands alone. Then every policy loses its conditions in turn: a policy that
nobody misses would guard nothing that this proof can see, and is named.
"""

import uuid
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from tests import make, make_fund
from tests.security.test_fund_database import fund  # noqa: F401
from tests.security.test_fund_guards import _one_of_each, full  # noqa: F401
from tests.security.test_fund_verify import paid  # noqa: F401

PEOPLE = ("admin", "reviewer1", "reviewer3", "member1", "treasurer", "approver", "releaser", "translator", "asha", "bo", "lead",
          "observer", "stranger", "auditor", "aside")

# Who reaches how many rows; whoever is not named reaches none.
REACHED: dict[str, str] = {
    'fund."grant" INSERT': "admin:1",
    'fund."grant" SELECT': "admin:1 approver:1 asha:1 auditor:1 member1:1 releaser:1 treasurer:1",
    'fund."grant" UPDATE': "admin:1 asha:1",
    "fund.account INSERT": "admin:5 aside:5 releaser:5 treasurer:5",
    "fund.account SELECT":
        "admin:5 approver:5 aside:5 auditor:5 member1:5 releaser:5 reviewer1:5 reviewer3:5 translator:5 "
        "treasurer:5",
    "fund.applicant INSERT": "asha:1 bo:1",
    "fund.applicant SELECT": "admin:4 asha:1 bo:1 member1:1 reviewer1:1",
    "fund.applicant UPDATE": "asha:1 bo:1",
    "fund.application INSERT": "asha:1 bo:1",
    "fund.application SELECT": "admin:4 asha:1 bo:1 member1:4 reviewer1:1 translator:4",
    "fund.application UPDATE": "admin:3 bo:1",
    "fund.application_hand INSERT": "asha:1 bo:1",
    "fund.application_hand SELECT": "asha:1 bo:1",
    "fund.assignment INSERT": "admin:2",
    "fund.assignment SELECT": "admin:2 member1:2 reviewer1:1",
    "fund.balance SELECT":
        "admin:5 approver:5 aside:5 auditor:5 member1:5 releaser:5 reviewer1:5 reviewer3:5 translator:5 "
        "treasurer:5",
    "fund.body INSERT": "admin:2 aside:2",
    "fund.body SELECT":
        "admin:2 approver:2 asha:2 aside:2 auditor:2 bo:2 lead:2 member1:2 observer:2 releaser:2 reviewer1:2 "
        "reviewer3:2 stranger:2 translator:2 treasurer:2 visitor:2",
    "fund.budget_line DELETE": "bo:1",
    "fund.budget_line INSERT": "bo:1",
    "fund.budget_line SELECT": "admin:4 asha:1 bo:1 member1:4 reviewer1:1 translator:4",
    "fund.call INSERT": "admin:1 aside:1",
    "fund.call SELECT":
        "admin:3 approver:2 asha:2 aside:3 auditor:2 bo:2 lead:2 member1:2 observer:2 releaser:2 reviewer1:2 "
        "reviewer3:2 stranger:2 translator:3 treasurer:2 visitor:2",
    "fund.call UPDATE": "admin:3 aside:3",
    "fund.call_step INSERT": "admin:3 aside:3",
    "fund.call_step SELECT":
        "admin:3 approver:2 asha:2 aside:3 auditor:2 bo:2 lead:2 member1:2 observer:2 releaser:2 reviewer1:2 "
        "reviewer3:2 stranger:2 translator:3 treasurer:2 visitor:2",
    "fund.change_request INSERT": "admin:6",
    "fund.change_request SELECT": "admin:4 asha:1 bo:1 member1:4 reviewer1:1 translator:4",
    "fund.change_request UPDATE": "admin:4 asha:1 bo:1",
    "fund.composition_rule DELETE": "admin:2 aside:2",
    "fund.composition_rule INSERT": "admin:2 aside:2",
    "fund.composition_rule SELECT":
        "admin:2 approver:2 asha:2 aside:2 auditor:2 bo:2 lead:2 member1:2 observer:2 releaser:2 reviewer1:2 "
        "reviewer3:2 stranger:2 translator:2 treasurer:2 visitor:2",
    "fund.composition_rule UPDATE": "admin:2 aside:2",
    "fund.criterion DELETE": "admin:2 aside:2",
    "fund.criterion INSERT": "admin:2 aside:2",
    "fund.criterion SELECT":
        "admin:6 approver:4 asha:4 aside:6 auditor:4 bo:4 lead:4 member1:4 observer:4 releaser:4 reviewer1:4 "
        "reviewer3:4 stranger:4 translator:6 treasurer:4 visitor:4",
    "fund.criterion UPDATE": "admin:2 aside:2",
    "fund.decision INSERT": "admin:1",
    "fund.decision SELECT": "admin:1 asha:1 member1:1 translator:1",
    "fund.eligibility DELETE": "admin:1 aside:1",
    "fund.eligibility INSERT": "admin:1 aside:1",
    "fund.eligibility SELECT":
        "admin:3 approver:2 asha:2 aside:3 auditor:2 bo:2 lead:2 member1:2 observer:2 releaser:2 reviewer1:2 "
        "reviewer3:2 stranger:2 translator:3 treasurer:2 visitor:2",
    "fund.eligibility UPDATE": "admin:1 aside:1",
    "fund.entry INSERT": "admin:1 aside:1 releaser:1 treasurer:1",
    "fund.entry SELECT": "admin:3 approver:3 aside:1 auditor:3 releaser:3 treasurer:3",
    "fund.entry_line INSERT": "admin:2 releaser:2 treasurer:2",
    "fund.entry_line SELECT": "admin:6 approver:6 aside:2 auditor:6 releaser:6 treasurer:6",
    "fund.fund INSERT": "admin:1 aside:1",
    "fund.fund SELECT":
        "admin:1 approver:1 asha:1 aside:1 auditor:1 bo:1 lead:1 member1:1 observer:1 releaser:1 reviewer1:1 "
        "reviewer3:1 stranger:1 translator:1 treasurer:1 visitor:1",
    "fund.fund UPDATE": "admin:1 aside:1",
    "fund.grant_balance SELECT": "admin:1 approver:1 asha:1 auditor:1 member1:1 releaser:1 treasurer:1",
    "fund.grantee INSERT": "admin:1",
    "fund.grantee SELECT": "admin:1 approver:1 asha:1 member1:1 releaser:1 treasurer:1",
    "fund.grantee UPDATE": "asha:1",
    "fund.instalment INSERT": "admin:2",
    "fund.instalment SELECT": "admin:2 approver:2 asha:2 auditor:2 member1:2 releaser:2 treasurer:2",
    "fund.instalment UPDATE": "admin:2",
    "fund.lock INSERT": "reviewer1:1",
    "fund.lock SELECT": "admin:2 member1:2 reviewer1:2",
    "fund.part INSERT": "bo:6",
    "fund.part SELECT": "admin:24 asha:6 bo:6 member1:24 reviewer1:6 translator:24",
    "fund.part UPDATE": "bo:6",
    "fund.payment INSERT": "treasurer:1",
    "fund.payment SELECT": "admin:2 approver:2 asha:2 auditor:2 releaser:2 treasurer:2",
    "fund.payment_step INSERT": "approver:1 releaser:1 treasurer:2",
    "fund.payment_step SELECT": "admin:4 approver:4 auditor:4 releaser:4 treasurer:4",
    "fund.pledge INSERT": "lead:1",
    "fund.pledge SELECT": "admin:1 approver:1 aside:1 auditor:1 lead:1 observer:1 releaser:1 treasurer:1",
    "fund.pledge_change INSERT": "lead:1",
    "fund.pledge_change SELECT": "admin:1 approver:1 aside:1 auditor:1 lead:1 observer:1 releaser:1 treasurer:1",
    "fund.receipt INSERT": "aside:2 treasurer:2",
    "fund.receipt SELECT": "admin:2 approver:2 aside:2 auditor:2 lead:1 observer:1 releaser:2 treasurer:2",
    "fund.receipt UPDATE": "aside:2 treasurer:2",
    "fund.recusal INSERT":
        "admin:10 approver:10 aside:10 member1:10 releaser:10 reviewer1:10 reviewer3:10 translator:10 "
        "treasurer:10",
    "fund.recusal SELECT": "admin:10 aside:6 member1:1",
    "fund.score INSERT": "",
    "fund.score SELECT": "admin:12 member1:12 reviewer1:12",
    "fund.score UPDATE": "",
    "fund.seal SELECT": "admin:3 approver:3 aside:3 auditor:3 releaser:3 treasurer:3",
    "fund.seat INSERT": "admin:5 aside:5",
    "fund.seat SELECT":
        "admin:5 approver:5 asha:5 aside:5 auditor:5 bo:5 lead:5 member1:5 observer:5 releaser:5 reviewer1:5 "
        "reviewer3:5 stranger:5 translator:5 treasurer:5 visitor:5",
    "fund.vote INSERT": "member1:3",
    "fund.vote SELECT": "admin:6 member1:6",
}


@pytest.fixture
def crowd(full: Any) -> Any:  # noqa: F811
    """Everybody who could want to look, each with a session; a second fund with its own people and case; no triggers."""
    f = full.facts
    f["lead"] = make.person(full, "lead@x.org", seats=((f["company"], "engagement_lead"),))
    f["observer"] = make.person(full, "observer@x.org", seats=((f["company"], "contributor"),))
    f["stranger"] = make.person(full, "stranger@x.org")
    f["auditor"] = make.person(full, "auditor@x.org", roles=("auditor",))
    f["aside"] = make.person(full, "aside@fund.org", seats=tuple((f["fund"], role) for role in (
        "administrator", "reviewer", "treasurer", "approver", "releaser")))
    make_fund.call(full, f["fund"], state="draft")
    with psycopg.connect(full.server.url("postgres", full.name)) as connection:
        _one_of_each(connection, f)
        for statement in (
                "INSERT INTO fund.application_hand SELECT application_id, %(asha)s, organisation_id, current_date FROM fund.applicant",
                "INSERT INTO fund.recusal SELECT id, fund_id, %(aside)s, 'declared', 'other', '', now(), gen_random_uuid() "
                "FROM fund.application",
                "INSERT INTO fund.receipt SELECT fund_id, NULL, NULL, currency, 5, received_on, 'B-8', 'unmatched', "
                "gen_random_uuid() FROM fund.receipt"):
            connection.execute("SET LOCAL session_replication_role = replica")
            connection.execute(statement.replace("%(asha)s", f"'{f['asha']}'").replace("%(aside)s", f"'{f['aside']}'"))
        for (table,) in connection.execute("SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'fund'::regnamespace "
                                           "AND relkind = 'r'").fetchall():
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    f["secrets"] = {who: make.session_of(full, f[who]) for who in PEOPLE}
    return full


class Reach:
    """What everybody reaches, asked in one transaction that is rolled back, so that policies may be changed in it."""

    def __init__(self, connection: psycopg.Connection[Any], facts: dict[str, Any]) -> None:
        self.connection, self.people = connection, {who: facts[who] for who in PEOPLE}
        self.secrets: dict[str, bytes | None] = {**facts["secrets"], "visitor": None}
        run = connection.execute
        self.tables = {table: run(f"SELECT to_jsonb(t) FROM {table} t").fetchall() for (table,) in run(
            "SELECT DISTINCT c.oid::regclass::text FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE "
            "c.relnamespace = 'fund'::regnamespace AND 'polyphony_app'::regrole = ANY (p.polroles)").fetchall()}
        self.may = {(table, verb): column for table in self.tables for verb, column in run(
            "SELECT DISTINCT ON (g.privilege_type) g.privilege_type, g.column_name FROM information_schema.column_privileges g "
            "WHERE g.table_schema = 'fund' AND g.grantee = 'polyphony_app' AND g.table_name = %s ORDER BY 1, 2",
            (table.split(".")[-1].strip('"'),)).fetchall()}

    def of(self, table: str, verb: str) -> dict[str, Any]:
        """For each person, how many rows of this table she reaches with this verb."""
        return {who: self._one(table, verb, who, secret) for who, secret in self.secrets.items()}

    def _one(self, table: str, verb: str, who: str, secret: bytes | None) -> Any:
        run = self.connection.execute
        run("SAVEPOINT one")
        run("SELECT viewer.open(%s, '{}')", (secret,))
        run("SET LOCAL ROLE polyphony_app")
        try:
            if verb == "SELECT":
                return run(f"SELECT count(*) FROM {table}").fetchone()[0]  # type: ignore[index]
            if verb == "INSERT":
                return self._added(table, who)
            column = self.may.get((table, "UPDATE"))
            text = f'UPDATE {table} SET "{column}" = "{column}"' if verb == "UPDATE" else f"DELETE FROM {table}"
            return run(text).rowcount
        except psycopg.errors.InsufficientPrivilege:
            return "none"
        finally:
            run("ROLLBACK TO one")

    def _added(self, table: str, who: str) -> int:
        """How many of the rows that are there she could have added, as they are or as her own."""
        return sum(any(self._adds(table, {**row, **own}) for own in ({}, {"person_id": str(self.people[who]) if who in self.people else None})
                       if own.keys() <= row.keys()) for (row,) in self.tables[table][:40])

    def _adds(self, table: str, row: dict[str, Any]) -> bool:
        self.connection.execute("SAVEPOINT row")
        new = {"id": str(uuid.uuid4())} if "id" in row else {}
        try:
            self.connection.execute(f"INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, %s)).*",
                                    (Jsonb({**row, **new}),))
            return True
        except psycopg.errors.InsufficientPrivilege:
            return False
        except psycopg.errors.IntegrityError:
            return True  # it was let through, and met a row that is there already
        finally:
            self.connection.execute("ROLLBACK TO row")


SEALED = "(SELECT viewer.sealed())"  # all that is left of a policy when its conditions are taken out
POLICIES = """
SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS "table", policyname AS name, cmd AS verb, qual, with_check
FROM pg_policies WHERE schemaname = 'fund' AND 'polyphony_app' = ANY (roles) ORDER BY 1, 2"""


def reached(reach: Reach, table: str, verb: str) -> str:
    """Who reaches how many rows, in one line."""
    return " ".join(f"{who}:{number}" for who, number in sorted(reach.of(table, verb).items()) if number not in (0, "none"))


@pytest.mark.slow
def test_everybody_reaches_what_she_should_and_every_policy_is_missed_when_it_is_taken_out(crowd: Any) -> None:
    unseen, now = [], {}
    with psycopg.connect(crowd.server.url("postgres", crowd.name)) as connection:
        reach = Reach(connection, crowd.facts)
        policies = connection.cursor(row_factory=dict_row).execute(POLICIES).fetchall()
        for policy in policies:
            table, verb = policy["table"], policy["verb"]
            known = now.setdefault(f"{table} {verb}", reached(reach, table, verb))
            if "true" in (policy["qual"], policy["with_check"]):
                continue  # it is meant for everybody
            connection.execute("SAVEPOINT planted")
            connection.execute(f'ALTER POLICY "{policy["name"]}" ON {table}' + f" USING ({SEALED})" * bool(policy["qual"])
                               + f" WITH CHECK ({SEALED})" * bool(policy["with_check"]))
            if reached(reach, table, verb) == known:
                unseen.append(f"{table} {policy['name']}")
            connection.execute("ROLLBACK TO planted")
        connection.rollback()
    assert now == REACHED
    assert unseen == []

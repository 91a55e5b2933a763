"""`verify` finds every broken invariant and calls it by its name: each is broken here in raw SQL."""

from typing import Any

import psycopg
import pytest
from tests import make, make_fund
from tests.security.test_fund_database import decide, fund, grant, review, step, vote  # noqa: F401

from conftest import settings_for
from polyphony.app import create_app
from polyphony.fund.giving.models import Pledge, Receipt
from polyphony.fund.ledger import chain
from polyphony.fund.verify import service
from polyphony.fund.verify.tasks import nightly
from polyphony.kernel.database import db

BREAKS = {
    "I1": "UPDATE fund.entry_line SET amount = amount + 1 WHERE id = (SELECT id FROM fund.entry_line LIMIT 1)",
    "I2": "UPDATE fund.balance SET amount = amount + 1 WHERE kind = 'bank'",
    "I3": "UPDATE fund.entry_line SET amount = -amount",
    "I4": "UPDATE fund.receipt SET amount = amount * 3 WHERE state = 'matched'",
    "I5": "UPDATE fund.instalment SET amount = amount + 1 WHERE place = 2",
    "I6": "UPDATE fund.payment SET state = 'returned'",
    "I7": "UPDATE fund.payment_step SET person_id = (SELECT person_id FROM fund.payment_step WHERE step = 'prepared') "
          "WHERE step = 'approved'",
    "I8": "DELETE FROM fund.vote WHERE id = (SELECT id FROM fund.vote LIMIT 1)",
    "I10": "UPDATE fund.entry SET at = at + interval '1 second' WHERE kind = 'receipt'",
    "I11": "CREATE OR REPLACE FUNCTION fund.totals(fund uuid, as_of date) RETURNS TABLE (currency text, account text, "
           "amount bigint) LANGUAGE sql AS $$ SELECT 'KES', 'bank', 1::bigint $$",
    "I13": "UPDATE fund.balance SET amount = 1 WHERE kind = 'paid'",
    "I14": "UPDATE fund.entry SET body_hash = 'x' WHERE kind = 'award'",
}


@pytest.fixture
def paid(fund: Any) -> Any:  # noqa: F811
    """The whole life of a grant: promised, received, reviewed, decided, paid in part, sealed."""
    f = fund.facts
    company = make.organisation(fund, "Halcyon")
    pledge = Pledge(fund_id=f["fund"], company_id=company, currency="KES", amount=9_000_00, due_on=make.today(),
                    made_on=make.today())
    make.add(fund, pledge)
    make.add(fund, Receipt(fund_id=f["fund"], pledge_id=pledge.id, company_id=company, currency="KES", amount=5_000_00,
                           received_on=make.today(), bank_reference="B-1", state="matched"))
    review(fund)
    vote(fund, 1, 2, 3)
    decide(fund)
    grant(fund)
    step(fund, "treasurer", "prepared")
    step(fund, "approver", "approved")
    step(fund, "releaser", "released", "release")
    with fund.worker.app_context():
        assert chain.seal_new() == 3
        db.session.commit()
    return fund


def spoil(world: Any, name: str, statement: str) -> None:
    """Change rows as somebody could who owns the machine: past triggers, constraints and row security."""
    with psycopg.connect(world.server.url("postgres", name), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("ALTER TABLE fund.balance DROP CONSTRAINT balance_right_side_of_zero_check")
        connection.execute(statement)


def broken_in(world: Any, name: str) -> set[str]:
    """The names of the invariants that are broken in a database."""
    app = create_app(settings_for(world.server, name, world.settings.mail_folder.parent), worker=True)
    with app.app_context():
        found = service.check()
        db.session.close()
        db.engine.dispose()
    return {each.invariant.name for each in found if not each.holds}


def test_all_holds_and_each_break_is_called_by_its_name(paid: Any) -> None:
    assert broken_in(paid, paid.name) == set()
    assert {each.invariant.name for each in _checked(paid)} == set(BREAKS), "every invariant is broken on purpose"
    paid.close()
    for name, statement in BREAKS.items():
        twin = f"{paid.name}_{name.lower()}"
        paid.server.create_database(twin, template=paid.name)
        spoil(paid, twin, statement)
        assert name in broken_in(paid, twin), name
        paid.server.drop_database(twin)


_JOINS = ("INSERT INTO organisations.membership (id, person_id, organisation_id, role, function, begun_at) SELECT "
          "gen_random_uuid(), '{who}', '{org}', 'contributor', '', now() - interval '1 hour'")
# Every kind of conflict that the database finds or is told, as it would stand there behind everybody's back.
CONFLICTS = {
    "told": "INSERT INTO fund.recusal (id, application_id, fund_id, person_id, origin, kind, words, at) SELECT "
            "gen_random_uuid(), id, fund_id, '{who}', 'declared', 'family', '', now() - interval '1 hour' FROM fund.application",
    "member": _JOINS.replace("{org}", "{ngo}"),
    "worked_on": "INSERT INTO fund.application_hand (application_id, person_id, organisation_id, \"on\") SELECT id, '{who}', "
                 "'{ngo}', current_date - 1 FROM fund.application",
    "applies_too": "INSERT INTO fund.application (id, call_id, fund_id, state, lang, requested, country, at_risk, level, "
                   "revision) SELECT '{org}', call_id, fund_id, 'submitted', 'en', 1, 'KE', false, 'full', 1 FROM "
                   "fund.application; INSERT INTO fund.applicant VALUES ('{org}', '{org}', ''); " + _JOINS,
}


@pytest.mark.parametrize("kind", CONFLICTS)
def test_every_kind_of_conflict_is_found_in_votes_decisions_and_payments(paid: Any, kind: str) -> None:
    f = paid.facts
    f["other"] = make.organisation(paid, "Jua", "stakeholder")
    paid.close()
    for n, who in enumerate(("member1", "admin", "approver", "member5")):
        twin = f"{paid.name}_{n}"
        paid.server.create_database(twin, template=paid.name)
        spoil(paid, twin, CONFLICTS[kind].format(who=f[who], ngo=f["ngo"], org=f["other"]))
        acted = who != "member5"  # she had a hand in nothing here
        assert broken_in(paid, twin) == ({"I8"} if acted else set()), who
        paid.server.drop_database(twin)


def test_who_later_works_for_an_organisation_has_judged_it_without_a_conflict(paid: Any) -> None:
    """A former member may go and work for whom she voted on: what she did before stands, and nobody would have to repair it."""
    f = paid.facts
    paid.sql(_JOINS.replace("now() - interval '1 hour'", "now()").format(who=f["member1"], org=f["ngo"]))
    later = make_fund.application(paid, make_fund.call(paid, f["fund"], state="open"), f["ngo"], state="draft")
    paid.sql("INSERT INTO fund.application_hand (application_id, person_id, organisation_id, \"on\") VALUES (%s, %s, %s, "
             "current_date)", later, f["member1"], f["ngo"])
    paid.sql("UPDATE fund.application SET state = 'submitted' WHERE id = %s", later)
    assert broken_in(paid, paid.name) == set()
    assert paid.sql("SELECT fund.conflicted(%s, %s) IS NOT NULL", f["application"], f["member1"]) == [(True,)]


def _checked(world: Any) -> list[service.Finding]:
    with world.worker.app_context():
        return service.check()


def test_the_auditor_is_told_of_a_break_in_the_night_and_of_nothing_else(paid: Any) -> None:
    auditor = make.person(paid, "auditor@x.org", roles=("auditor",))
    for statement, told in (("SELECT 1", []), (BREAKS["I13"], [(auditor, "fund_broken")])):
        spoil(paid, paid.name, statement) if told else None
        with paid.worker.app_context():
            nightly()
            db.session.commit()
        paid.work()
        assert paid.sql("SELECT person_id, kind FROM notices.notice WHERE kind = 'fund_broken'") == told
    assert paid.sql("SELECT details -> 'broken' FROM audit.row WHERE verb = 'fund.verified' ORDER BY at") == [([],), (["I2", "I13"],)]

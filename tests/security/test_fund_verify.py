"""`verify` finds every broken invariant and calls it by its name: each is broken here in raw SQL."""

import uuid
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from tests import make, make_fund
from tests.security.test_fund_database import act, came, decide, fund, grant, receipt, review, step, told, vote  # noqa: F401

from conftest import settings_for
from polyphony.app import create_app
from polyphony.commands import verifying
from polyphony.fund.ledger import chain, tasks
from polyphony.fund.ledger.models import Entry, EntryLine
from polyphony.fund.verify import service
from polyphony.fund.verify.tasks import nightly
from polyphony.kernel.database import db


def _rewritten(function: str, was: str, now: str) -> str:
    """A function of the fund with some of its words changed."""
    return f"DO $do$ BEGIN EXECUTE replace(pg_get_functiondef('fund.{function}'::regproc), $was${was}$was$, $now${now}$now$); END $do$"


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
    "I12": "UPDATE fund.\"grant\" SET level = 'no_name'; " + _rewritten(
        "grants_shown", "CASE c.level WHEN 'full' THEN o.name ELSE '' END", "o.name"),
    "I13": "UPDATE fund.balance SET amount = 1 WHERE kind = 'paid'",
    "I14": "UPDATE fund.entry SET body_hash = 'x' WHERE kind = 'award'",
}
_AGAIN = """
WITH was AS (SELECT * FROM fund.entry WHERE kind = 'release'), made AS (
  INSERT INTO fund.entry (id, fund_id, kind, at, person_id, words, key, body_hash, lines_count, grant_id, payment_id)
  SELECT gen_random_uuid(), fund_id, kind, at, person_id, words, 'again', body_hash, 2, {grant}, {payment} FROM was RETURNING id)
INSERT INTO fund.entry_line (id, entry_id, account_id, currency, amount)
SELECT gen_random_uuid(), made.id, l.account_id, l.currency, sign(l.amount) FROM made, fund.entry_line l
WHERE l.entry_id = (SELECT id FROM was)"""
# Further ways to break some of them.
MORE = (
    ("I4", "a receipt falsified within its promise", "UPDATE fund.receipt SET amount = amount * 3 / 2"),
    ("I4", "a receipt said to be taken back", "UPDATE fund.receipt SET state = 'reversed', pledge_id = NULL"),
    ("I4", "a receipt under another promise", "UPDATE fund.receipt SET pledge_id = gen_random_uuid()"),
    ("I4", "an entry of nothing that came", "DELETE FROM fund.receipt"),
    ("I5", "a grant that nobody decided", "DELETE FROM fund.decision"),
    ("I5", "decided for less than granted", "UPDATE fund.decision SET amount = 1"),
    ("I5", "reserved, and the grant is gone", 'DELETE FROM fund."grant"'),
    ("I5", "granted, and nothing of the grant is there", "DELETE FROM fund.entry_line l USING fund.entry e WHERE e.id = l.entry_id "
     "AND e.grant_id IS NOT NULL; DELETE FROM fund.entry WHERE grant_id IS NOT NULL; DELETE FROM fund.payment; "
     'DELETE FROM fund.instalment; DELETE FROM fund."grant"'),
    ("I5", "more granted than the call gives", "UPDATE fund.call SET smallest = 1, largest = 1, envelope = 1"),
    ("I5", "a payment that is not its instalment", "UPDATE fund.payment SET amount = amount * 2"),
    ("I5", "a payment of the other instalment", "UPDATE fund.payment p SET instalment_id = i.id FROM fund.instalment i "
     "WHERE i.grant_id = p.grant_id AND i.place = 2"),
    ("I5", "a payment in another currency", "UPDATE fund.payment SET currency = 'USD'"),
    ("I5", "a payment for another grant", "UPDATE fund.payment SET grant_id = gen_random_uuid()"),
    ("I5", "a payment of what was cancelled", "UPDATE fund.instalment SET cancelled_on = current_date, "
     "cancelled_because = 'x' WHERE place = 1"),
    ("I5", "money reserved for no grant", "UPDATE fund.entry SET grant_id = NULL WHERE kind = 'award'"),
    ("I5", "reserved in another currency", "UPDATE fund.entry_line SET currency = 'USD' WHERE entry_id = "
     "(SELECT id FROM fund.entry WHERE kind = 'award')"),
    ("I6", "a second entry of the same payment, of another amount", _AGAIN.format(grant="grant_id", payment="payment_id")),
    ("I6", "money on its way without a payment", _AGAIN.format(grant="grant_id", payment="NULL")),
    ("I6", "an entry of the payment for no grant", "UPDATE fund.entry SET grant_id = NULL WHERE kind = 'release'"),
    ("I8", "decided, and no decision", "DELETE FROM fund.decision"),
    ("I8", "a decision on what still waits", "UPDATE fund.application SET state = 'submitted'"),
    ("I8", "fewer needed afterwards", "UPDATE fund.decision SET needed = 1"),
    ("I8", "votes of people who never sat", "DELETE FROM fund.seat"),
    ("I8", "votes of people who had left", "INSERT INTO organisations.membership_end (membership_id, at, by, reason) SELECT "
     "membership_id, '2020-01-01', person_id, 'left' FROM fund.seat"),
    ("I8", "votes of people whom a company sent", "UPDATE fund.seat SET constituency = 'contributor'"),
    ("I8", "votes of people whose term was over", "UPDATE fund.seat SET begun_on = begun_on - 900, until = begun_on - 800"),
    ("I13", "balances that are gone", "DELETE FROM fund.balance"),
    ("I13", "one balance that is gone", "DELETE FROM fund.balance WHERE kind = 'bank'"),
    ("I13", "a grant's balance that is gone", "DELETE FROM fund.grant_balance"),
    ("I10", "the newest link taken out", "DELETE FROM fund.seal WHERE number = 3"),
    ("I10", "another receipt named", "UPDATE fund.entry SET receipt_id = gen_random_uuid() WHERE kind = 'receipt'"),
    ("I11", "granted money that is not shown", _rewritten(
        "grants_shown", "CASE WHEN c.cell IS NULL THEN c.amount END", "CASE WHEN c.cell IS NULL THEN c.amount - 1 END")),
    ("I11", "received money that never came", "DELETE FROM fund.receipt"),
    ("I12", "a grant at risk shown by itself", 'UPDATE fund."grant" SET at_risk = true; ' + _rewritten(
        "grants_placed", "WHEN g.at_risk THEN 'region'", "WHEN false THEN 'region'")),
    ("I12", "a hidden grant shown by itself", "UPDATE fund.\"grant\" SET level = 'region'; " + _rewritten(
        "grants_placed", "ELSE g.level END", "ELSE 'no_name' END")),
    ("I12", "a cell too small told by its number", "UPDATE fund.\"grant\" SET level = 'region'; " + _rewritten(
        "grants_shown", "AND count(DISTINCT c.payee) >=", "AND 0 <>")),
    ("I12", "a title taken down and read in other words", "UPDATE fund.\"grant\" SET level = 'no_name'; CREATE OR REPLACE "
     "FUNCTION fund.is_public_title(part uuid) RETURNS boolean LANGUAGE sql AS 'SELECT true'"),
)


@pytest.fixture
def paid(fund: Any) -> Any:  # noqa: F811
    """The whole life of a grant: promised, received, reviewed, decided, paid in part, sealed."""
    told(fund)
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


def test_the_table_speaks_the_language_of_who_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "pgettext", lambda _about, word: {"holds": "tenu", "BROKEN": "NON TENU"}[word])
    invariant = service.INVARIANTS[0]
    assert verifying.told(service.Finding(invariant, []))[0].startswith("I1   tenu      ")
    head, row = verifying.told(service.Finding(invariant, [("entry", "7")]))
    assert head.startswith("I1   NON TENU  ")
    assert row.strip() == "entry  7"


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


@pytest.mark.slow
def test_further_breaks_of_the_same_invariants_are_called_by_their_name(paid: Any) -> None:
    paid.close()
    for n, (name, what, statement) in enumerate(MORE):
        twin = f"{paid.name}_{n}"
        paid.server.create_database(twin, template=paid.name)
        spoil(paid, twin, statement)
        assert name in broken_in(paid, twin), what
        paid.server.drop_database(twin)


def test_who_left_before_the_decision_is_not_counted_and_nothing_is_broken(fund: Any) -> None:  # noqa: F811
    """Her vote stays where it was given; the decision counts those who could still vote when it was made."""
    told(fund)
    review(fund)
    vote(fund, 1, 2, 3, 4)
    fund.sql("INSERT INTO organisations.membership_end (membership_id, at, by, reason) SELECT membership_id, now(), person_id, 'left' "
             "FROM fund.seat WHERE person_id = %s", fund.facts["member4"])
    decide(fund)
    assert fund.sql("SELECT votes_for FROM fund.decision") == [(3,)]
    with fund.worker.app_context():
        assert chain.seal_new() >= 0
        db.session.commit()
    assert "I8" not in broken_in(fund, fund.name)


def test_the_newest_entry_does_not_vanish_with_its_link_and_its_reason(paid: Any) -> None:
    """Taken out with all that hangs on it, the balances put right: only what the audit was told of it is left."""
    f, id = paid.facts, uuid.uuid4()
    make.add(paid, came(paid, id, 77_00))
    act(paid, "treasurer", lambda by: receipt(by, f["fund"], 77_00, "r2", receipt_id=id, pledge_id=f["promised"]))
    of_it = "(SELECT id FROM fund.entry WHERE key = 'r2')"
    vanishes = (f"DELETE FROM fund.seal WHERE entry_id = {of_it}; DELETE FROM fund.entry_line WHERE entry_id = {of_it}; "
                "DELETE FROM fund.entry WHERE key = 'r2'; UPDATE fund.balance SET amount = amount - 7700 WHERE kind = 'bank'; "
                "UPDATE fund.balance SET amount = amount + 7700 WHERE kind = 'available'; DELETE FROM fund.receipt "
                f"WHERE id = '{id}'")
    assert _vanished(paid, "waiting", vanishes) == {"I10"}, "posted, not yet sealed"
    with paid.worker.app_context():
        tasks.seal()
        db.session.commit()
    assert broken_in(paid, paid.name) == set()
    assert _vanished(paid, "sealed", vanishes) == {"I10"}
    assert _vanished(paid, "forgotten", vanishes + "; DELETE FROM audit.row WHERE verb = 'ledger.posted'") == {"I10"}


def _vanished(world: Any, name: str, statement: str) -> set[str]:
    twin = f"{world.name}_{name}"
    world.close()
    world.server.create_database(twin, template=world.name)
    spoil(world, twin, statement)
    found = broken_in(world, twin)
    world.server.drop_database(twin)
    return found


NOW = make.now()
KINDS = {"UUID": (uuid.UUID(int=1), uuid.UUID(int=2)), "Text": ("a", "b"), "Integer": (2, 3), "BigInteger": (2, 3),
         "LargeBinary": (b"a", b"b"), "DateTime": (NOW, NOW + timedelta(microseconds=1))}


def test_every_column_of_an_entry_and_of_its_lines_is_under_the_seal() -> None:
    def sealed(model: Any = None, name: str = "") -> bytes:
        entry, line = (each(**{column.key: KINDS[type(column.type).__name__][each is model and column.key == name]
                               for column in each.__table__.columns}) for each in (Entry, EntryLine))
        return chain.content_hash(entry, [line])

    under = [sealed(model, column.key) for model in (Entry, EntryLine) for column in model.__table__.columns]
    assert len({sealed(), *under}) == 1 + len(under), "no two are the same"


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
    for statement, notices in (("SELECT 1", []), (BREAKS["I13"], [(auditor, "fund_broken")])):
        spoil(paid, paid.name, statement) if notices else None
        with paid.worker.app_context():
            nightly()
            db.session.commit()
        paid.work()
        assert paid.sql("SELECT person_id, kind FROM notices.notice WHERE kind = 'fund_broken'") == notices
    assert paid.sql("SELECT details -> 'broken' FROM audit.row WHERE verb = 'fund.verified' ORDER BY at") == [([],), (["I2", "I13"],)]

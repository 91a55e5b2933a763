"""Every guard that the fund's database holds by itself is broken here, and taken out to see that it was this guard.

The list is compared with the catalogue: a new constraint, or a new refusal in a trigger, without its proof here fails.
"""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from tests import make, make_fund
from tests.security.test_fund_database import act, decide, fund, grant, review, step, vote  # noqa: F401
from tests.security.test_fund_verify import paid  # noqa: F401

from polyphony.kernel import refusals

TODAY, NEW = "current_date", "gen_random_uuid()"
_MOVE = ("SELECT fund.post(jsonb_build_object('id', gen_random_uuid(), 'fund_id', '{fund}', 'kind', '%s', 'at', now(), "
         "'person_id', '{admin}', 'words', '', 'key', gen_random_uuid()::text, 'grant_id', %s, 'payment_id', %s), 'x', '%s', "
         "'%s', '%s', %s)")
_POST = _MOVE % ("%s", "%s", "NULL", "KES", "%s", "%s", "%s")
_AWARD = _POST % ("award", "'{grant}'", "available", "awarded", "%s")
_VOTE = ("INSERT INTO fund.vote (id, application_id, fund_id, person_id, number, choice, words, application_revision, at) "
         "VALUES (gen_random_uuid(), '{%s}', '{fund}', '{%s}', 7, 'for', 'Good', %s, now())")
_DECIDE = ("INSERT INTO fund.decision SELECT '{%s}', '{fund}', '%s', %s, '%s', 'Because', 'en', 0, 0, 0, 0, 0, 0, 0, "
           "'{%s}', now()")
_ASKED = ("INSERT INTO fund.change_request (id, application_id, fund_id, words, lang, asked_on) VALUES (gen_random_uuid(), "
          "'{%s}', '{fund}', 'Please', 'en', current_date)")
_STEP = ("INSERT INTO fund.payment_step (id, payment_id, grant_id, fund_id, step, person_id, at, words) VALUES "
         "(gen_random_uuid(), '{second}', '{grant}', '{fund}', '%s', '{%s}', now(), '')")
_ENTRY = ("INSERT INTO fund.entry (id, fund_id, kind, at, person_id, words, key, body_hash, lines_count, reverses) VALUES "
          "('{id}', '{fund}', '%s', now(), '{admin}', '', 'new', 'x', 2, %s)")
_LINE = ("INSERT INTO fund.entry_line (id, entry_id, account_id, currency, amount) SELECT gen_random_uuid(), '{id}', id, '%s', "
         "%s FROM fund.account WHERE kind = '%s'")
_SEAT = ("INSERT INTO fund.seat (membership_id, body_id, person_id, shown_as, comes_from, constituency, begun_on, until) "
         "SELECT id, '{body}', person_id, 'New', 'civil society', '%s', current_date, current_date + 900 FROM "
         "organisations.membership WHERE person_id = '{%s}'")
_RULE = "INSERT INTO fund.composition_rule (body_id, kind, constituency, number) VALUES ('{body}', '%s', '%s', %s); "
_GRANT = ("SELECT fund.make_grant(jsonb_build_object('id', '{id}', 'fund_id', '{fund}', 'call_id', '{call}', 'application_id', "
          "'{waiting}', 'currency', 'KES', 'amount', 500, 'title', 'T', 'lang', 'en', 'country', 'KE', 'at_risk', false, "
          "'level', 'full', 'awarded_on', current_date), '{ngo}', 'P-1', '[{{\"amount\": 500, \"on\": \"2030-01-01\", "
          "\"condition\": \"\"}}]'); ")
# Refusals of triggers: what they refuse, and which guards stand before them and must be taken out first.
GUARDS: dict[str, tuple[str, ...]] = {
    "application_deadline": ("UPDATE fund.application SET state = 'submitted', requested = 5 WHERE id = '{late}'",),
    "application_stands": ("UPDATE fund.application SET requested = requested - 1 WHERE id = '{waiting}'",),
    "application_without_decision": ("UPDATE fund.application SET state = 'decided' WHERE id = '{waiting}'",),
    "correction_in_time": (_ASKED % "application",),
    "call_undecided": ("UPDATE fund.call SET state = 'decided' WHERE id = '{call}'",),
    "call_stands": ("UPDATE fund.call SET envelope = envelope + 1 WHERE id = '{call}'",),
    "call_step_order": ("UPDATE fund.call SET state = 'draft' WHERE id = '{call}'",),
    "assignment_conflict": ("INSERT INTO fund.assignment VALUES ('{application}', '{fund}', '{asha}', current_date, "
                            "gen_random_uuid())",),
    "assignment_blind": ("INSERT INTO fund.assignment VALUES ('{application}', '{fund}', '{admin}', current_date, "
                         "gen_random_uuid())",),
    "lock_after_asking": ("SELECT jobs.defer('fund.ask_rooms', jsonb_build_object('application_id', '{unread}'), NULL); "
                          "INSERT INTO fund.assignment VALUES ('{unread}', '{fund}', '{reviewer1}', current_date, '{id}'); "
                          "INSERT INTO fund.lock VALUES ('{id}', '{unread}', '{fund}', '{reviewer1}', '', 'en', now())",),
    "score_locked": ("INSERT INTO fund.score (assignment_id, criterion_id, application_id, value, words) SELECT "
                     "l.assignment_id, c.id, l.application_id, 3, '' FROM fund.lock l, fund.criterion c LIMIT 1",),
    "decision_when_closed": (_DECIDE % ("early", "declined", 0, "plan", "admin"),),
    "decision_after_correction": (f"{_ASKED % 'waiting'}; {_DECIDE % ('waiting', 'granted', 500, 'need', 'admin')}",),
    "decision_reason": (_DECIDE % ("waiting", "granted", 500, "plan", "admin"),),
    "decision_quorum": (_DECIDE % ("unread", "declined", 0, "plan", "admin"),),
    "decision_majority": (_DECIDE % ("waiting", "declined", 0, "plan", "admin"),),
    "decision_conflict": (_DECIDE % ("waiting", "granted", 500, "need", "bo"),),
    "decision_within_request": (_DECIDE % ("waiting", "granted", 100_000_01, "need", "admin"),),
    "decision_within_envelope": (_DECIDE % ("waiting", "granted", 100_000_00, "need", "admin"),),
    "vote_before_decision": (_VOTE % ("application", "member4", 1),),
    "vote_after_correction": (f"{_ASKED % 'waiting'}; {_VOTE % ('waiting', 'member4', 1)}",),
    "vote_as_it_stands": (_VOTE % ("waiting", "member4", 2),),
    "vote_of_seated": (_VOTE % ("waiting", "admin", 1),),
    "vote_conflict": (_VOTE % ("waiting", "member5", 1),),
    "vote_quorum": (_VOTE % ("lost", "member1", 1),),
    "grant_there": (_POST % ("award", NEW, "available", "awarded", 5),),
    "grant_instalments_add_up": ("UPDATE fund.instalment SET amount = amount + 1 WHERE place = 2",),
    "grant_is_reserved": (_AWARD % 5,),
    "grant_was_decided": (_GRANT + _AWARD.replace("{grant}", "{id}") % 500,),
    "instalment_being_paid": ("UPDATE fund.instalment SET cancelled_on = current_date, cancelled_because = 'x' WHERE "
                              "place = 1; " + _POST % ("cancellation", "'{grant}'", "awarded", "available", 600_00),),
    "instalment_without_payment": ("UPDATE fund.instalment SET cancelled_on = current_date, cancelled_because = 'x' WHERE "
                                   "place = 2; " + _POST % ("cancellation", "'{grant}'", "awarded", "available", 400_00),
                                   "instalment_being_paid"),
    "grant_stays": ("UPDATE fund.\"grant\" SET title = 'another'",),
    "entry_posted_stays": ("UPDATE fund.entry SET words = 'another'",),
    "entry_sums_to_zero": ((_LINE % ("KES", 5, "bank")).replace("'{id}'", "(SELECT id FROM fund.entry LIMIT 1)"),),
    "entry_lines_complete": (_ENTRY % ("receipt", "NULL"),),
    "entry_own_accounts": ("; ".join((_ENTRY % ("receipt", "NULL"), _LINE % ("USD", 5, "bank"), _LINE % ("USD", -5, "available"))),),
    "entry_moves_its_kind": ("; ".join((_ENTRY % ("receipt", "NULL"), _LINE % ("KES", -5, "bank"), _LINE % ("KES", 5, "available"))),),
    "entry_exact_reversal": ("; ".join((_ENTRY % ("reversal", "(SELECT id FROM fund.entry WHERE kind = 'receipt')"),
                                        _LINE % ("KES", -5, "bank"), _LINE % ("KES", 5, "available"))),),
    "payment_step_order": (_STEP % ("released", "releaser"),),
    "payment_three_hands": (_STEP % ("approved", "treasurer"),),
    "payment_conflict": (_STEP % ("approved", "asha"),),
    "payment_has_its_entries": (f"{_STEP % ('approved', 'approver')}; {_STEP % ('released', 'releaser')}",),
    "payment_fits_instalment": ("INSERT INTO fund.payment SELECT instalment_id, grant_id, fund_id, 'stopped', currency, "
                                "amount + 1, payee_reference, gen_random_uuid() FROM fund.payment LIMIT 1",),
    "pledge_not_below_received": ("INSERT INTO fund.pledge_change (id, pledge_id, company_id, kind, amount, words, \"on\") SELECT "
                                  "gen_random_uuid(), id, company_id, 'withdrawn', 800000, '', current_date FROM fund.pledge",),
    "receipt_currency": ("INSERT INTO fund.receipt (id, fund_id, pledge_id, company_id, currency, amount, received_on, "
                         "bank_reference, state) SELECT gen_random_uuid(), fund_id, id, company_id, 'USD', 5, current_date, "
                         "'B-9', 'matched' FROM fund.pledge",),
    "membership_one_side": ("INSERT INTO organisations.membership (id, person_id, organisation_id, role, function, begun_at) "
                            "VALUES (gen_random_uuid(), '{member1}', '{company}', 'engagement_lead', '', now())",),
    "seat_of_member": (_SEAT % ("south_civil_society", "admin"),),
    "seat_held": (_SEAT % ("south_civil_society", "member1"),),
    "seat_no_contributors": (_RULE % ("no_contributors", "", 1) + _SEAT % ("contributor", "member6"),),
    "seat_longest_term": (_RULE % ("longest_term", "", 3) + _SEAT % ("south_civil_society", "member6"),),
    "seat_most_per_organisation": (_RULE % ("most_per_organisation", "", 1) + _SEAT % ("south_civil_society", "member6"),),
    "seat_least_share": (_RULE % ("least_share", "south_civil_society", 90) + _SEAT % ("other", "member6"),),
}
_OF_PAID = "(SELECT payment_id FROM fund.entry WHERE kind = 'release')"
# What somebody alone could post past a guard in another way, and the guard that refuses it.
FURTHER = (
    ("payment_has_its_entries", "another release of a payment", _MOVE % ("release", "'{grant}'", _OF_PAID, "KES", "paid", "transit", 1)),
    ("payment_has_its_entries", "its confirmation too early", _MOVE % ("confirmation", "'{grant}'", _OF_PAID, "KES", "transit", "bank", 600_00)),
    ("payment_has_its_entries", "a release of no payment", _MOVE % ("release", "'{grant}'", "NULL", "KES", "paid", "transit", 1)),
    ("payment_has_its_entries", "a release of nothing", _MOVE % ("release", "NULL", "NULL", "KES", "paid", "transit", 1)),
    ("grant_there", "an award of nothing", _POST % ("award", "NULL", "available", "awarded", 5)),
    ("grant_is_reserved", "a cancellation and an award in another currency", "; ".join((
        _MOVE % ("receipt", "NULL", "NULL", "USD", "bank", "available", 9), _MOVE % ("award", "'{grant}'", "NULL", "USD", "available", "awarded", 5),
        _POST % ("cancellation", "'{grant}'", "awarded", "available", 5)))),
)
# Refused only to the web role, so proven by that role: which test does it.
ELSEWHERE = {"grant_opened_by_grantee": "tests/journeys/test_fund_statement.py",
             "departure_waits": "tests/journeys/test_my_data.py"}


@pytest.fixture
def full(paid: Any) -> Any:  # noqa: F811
    """A fund in which everything that a guard forbids could be tried."""
    f = paid.facts
    f["company"] = paid.sql("SELECT company_id FROM fund.pledge")[0][0]
    f["body"] = paid.sql("SELECT id FROM fund.body WHERE kind = 'allocation'")[0][0]
    f["member6"] = make.person(paid, "member6@fund.org", seats=((f["fund"], "committee_member"),))
    f["open"] = make_fund.call(paid, f["fund"], state="open")
    for name, call, changes in (("waiting", "call", {"requested": 100_000_00}), ("unread", "call", {}), ("lost", "call", {}),
                                ("late", "call", {"state": "draft"}), ("early", "open", {"state": "draft"})):
        org = make.organisation(paid, name, "stakeholder")
        f[name] = make_fund.application(paid, f[call], org, **changes)
        if name == "waiting":
            f["bo"] = make.person(paid, "bo@x.org", seats=((org, "coordinator"),))
    for n in (1, 2, 3):
        paid.sql((_VOTE % ("waiting", f"member{n}", 1)).format(**f))
    for case, who in (("waiting", "member5"), ("lost", "member3"), ("lost", "member4"), ("lost", "member5")):
        paid.sql("INSERT INTO fund.recusal (id, application_id, fund_id, person_id, origin, kind, words, at) VALUES "
                 "(gen_random_uuid(), %s, %s, %s, 'declared', 'other', '', now())", f[case], f["fund"], f[who])
    f["second"] = uuid.uuid4()
    paid.sql("INSERT INTO fund.payment SELECT i.id, i.grant_id, %s, 'prepared', 'KES', i.amount, 'P-1', %s FROM fund.instalment i "
             "WHERE i.place = 2", f["fund"], f["second"])
    paid.sql((_STEP % ("prepared", "treasurer")).format(**f))
    return paid


@contextmanager
def undone(world: Any) -> Iterator[psycopg.Connection[Any]]:
    """A transaction in which even triggers may be taken out, for all of it is rolled back."""
    with psycopg.connect(world.server.url("postgres", world.name)) as connection:
        try:
            yield connection
        finally:
            connection.rollback()


def said(connection: psycopg.Connection[Any], attempt: str) -> str:
    """What the database calls its refusal; empty when it refuses nothing."""
    connection.execute("SAVEPOINT attempt")
    try:
        for statement in attempt.split("; "):
            connection.execute(statement)
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except psycopg.errors.IntegrityError as error:
        return error.diag.constraint_name or str(error)
    finally:
        connection.execute("ROLLBACK TO attempt")
    return ""


def take_out(connection: psycopg.Connection[Any], name: str) -> None:
    """Plant the fault: the trigger no longer refuses this, and nothing else of it changes."""
    functions = connection.execute(
        "SELECT pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE n.nspname = 'fund' AND p.prosrc LIKE '%%''' || %s || '''%%'", (name,)).fetchall()
    for (text,) in functions:
        new = re.sub(rf"wrong := '{name}'", "wrong := wrong", text)
        new = re.sub(rf"RAISE EXCEPTION [^;]*CONSTRAINT = '{name}'[^;]*;", "NULL;", new)
        new = new.replace("BEGIN\n  NULL;\nEND", "BEGIN\n  RETURN NEW;\nEND")  # a trigger that does nothing but refuse
        assert new != text, f"{name} is named in no way that this test knows"
        connection.execute(new.encode())
    assert functions, f"no function refuses with {name}"


def told_by_triggers(world: Any) -> set[str]:
    """Every name under which a trigger of the fund refuses."""
    sources = world.sql("SELECT p.prosrc FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'fund'")
    return {name for (text,) in sources for name in re.findall(r"(?:wrong := |CONSTRAINT = )'([a-z_]+)'", text)}


def test_every_refusal_of_a_trigger_is_listed(world: Any) -> None:
    assert told_by_triggers(world) == {*GUARDS, *ELSEWHERE}


def test_every_trigger_refuses_and_would_not_if_it_were_taken_out(full: Any) -> None:
    f, wrong = {**full.facts, "id": uuid.uuid4()}, []
    for name, (attempt, *before) in GUARDS.items():
        with undone(full) as connection:
            for each in before:
                take_out(connection, each)
            first = said(connection, attempt.format(**f))
            take_out(connection, name)
            then = said(connection, attempt.format(**f))
            if first != name or then == name:
                wrong.append((name, first, then))
    assert wrong == []


def test_no_other_way_leads_past_a_guard(full: Any) -> None:
    f = full.facts
    with undone(full) as connection:
        assert [(name, what) for name, what, attempt in FURTHER if said(connection, attempt.format(**f)) != name] == []
        for name in {name for name, *_ in FURTHER}:
            take_out(connection, name)
        assert [what for _, what, attempt in FURTHER if said(connection, attempt.format(**f))] == [], "taken out, none is refused"


def test_every_refusal_of_a_trigger_is_told_in_words(world: Any) -> None:
    """What the database refuses is never shown as an error, but as what it means and who can help."""
    inside = {name for name in GUARDS if name.startswith("entry_")} | {
        "application_without_decision", "grant_there", "grant_is_reserved", "grant_was_decided"}
    assert {name for name in told_by_triggers(world) if name not in refusals.CONSTRAINTS} <= inside


# Constraints of tables that neither a length nor a list of words can break: the change each refuses.
CHECKS = {
    "application_asks_for_something_check": "UPDATE fund.application SET requested = 0 WHERE state = 'submitted'",
    "application_requested_check": "UPDATE fund.application SET requested = -1 WHERE state = 'draft'",
    "balance_right_side_of_zero_check": "UPDATE fund.balance SET amount = -amount - 1",
    "budget_line_amount_check": "UPDATE fund.budget_line SET amount = 0",
    "call_amounts_check": "UPDATE fund.call SET smallest = largest + 1",
    "call_opens_before_deadline_check": "UPDATE fund.call SET opens_at = closes_at",
    "composition_rule_number_check": "UPDATE fund.composition_rule SET number = -1",
    "criterion_weight_check": "UPDATE fund.criterion SET weight = 0",
    "decision_outcome_check": "UPDATE fund.decision SET outcome = 'nonsense', amount = 0",
    "receipt_state_check": "UPDATE fund.receipt SET state = 'nonsense', pledge_id = NULL",
    "seal_entry_id_key": "INSERT INTO fund.seal SELECT fund_id, number + 99, entry_id, hash FROM fund.seal LIMIT 1",
    "seat_term_check": "UPDATE fund.seat SET until = begun_on",
    "entry_reverses_idx": "INSERT INTO fund.entry (id, fund_id, kind, at, person_id, words, key, body_hash, lines_count, "
                          "reverses) SELECT gen_random_uuid(), fund_id, 'reversal', now(), person_id, '', id::text || n, 'x', 2, id "
                          "FROM fund.entry, generate_series(1, 2) n",
    "decision_amount_check": "UPDATE fund.decision SET amount = 0",
    "decision_reason_in_words_check": "UPDATE fund.decision SET words = '  '",
    "entry_reversal_check": "UPDATE fund.entry SET reverses = id",
    "entry_line_amount_check": "UPDATE fund.entry_line SET amount = 0",
    "grant_amount_check": "UPDATE fund.\"grant\" SET amount = 0",
    "grant_balance_within_award_check": "UPDATE fund.grant_balance SET paid = awarded + 1",
    "instalment_amount_check": "UPDATE fund.instalment SET amount = 0",
    "instalment_cancelled_check": "UPDATE fund.instalment SET cancelled_on = current_date",
    "payment_amount_check": "UPDATE fund.payment SET amount = 0",
    "pledge_amount_check": "UPDATE fund.pledge SET amount = 0",
    "pledge_change_amount_check": "UPDATE fund.pledge_change SET amount = 0",
    "receipt_amount_check": "UPDATE fund.receipt SET amount = 0",
    "receipt_matched_check": "UPDATE fund.receipt SET state = 'unmatched'",
    "score_value_check": "UPDATE fund.score SET value = 6",
}


def test_every_name_that_has_words_is_a_guard_that_there_is(world: Any) -> None:
    """A constraint that was renamed would be shown as a fault of ours instead of in words."""
    kept = {name for (name,) in world.sql("SELECT conname FROM pg_constraint UNION SELECT indexrelid::regclass::text FROM pg_index")}
    known = {name.split(".")[-1].strip('"') for name in kept} | told_by_triggers(world)
    ours = {name for name, each in refusals.CONSTRAINTS.items() if each.__module__.startswith("polyphony.fund")}
    assert ours - known == set()


def generic(definition: str, table: str) -> str:
    """What breaks a list of words, a length, a currency's three letters or a unique key, whatever the table."""
    if words := re.search(r'CHECK \(\("?(\w+)"? = ANY', definition):
        return f"UPDATE {table} SET \"{words[1]}\" = 'nonsense'"
    if length := re.search(r"length\((\w+)\) <= (\d+)", definition):
        return f"UPDATE {table} SET {length[1]} = repeat('x', {int(length[2]) + 1})"
    if "^[A-Z]{3}$" in definition:
        return f"UPDATE {table} SET currency = 'kes'"
    if "UNIQUE" in definition:
        return (f"INSERT INTO {table} SELECT (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid(), 'number', "
                f"to_jsonb(r) -> 'number'))).* FROM {table} r LIMIT 1")
    return ""


_CONSTRAINTS = """
SELECT c.conname, c.conrelid::regclass::text, pg_get_constraintdef(c.oid) FROM pg_constraint c
WHERE c.connamespace = 'fund'::regnamespace AND c.contype IN ('c', 'u')
UNION ALL SELECT (SELECT x.relname FROM pg_class x WHERE x.oid = i.indexrelid), i.indrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
JOIN pg_class t ON t.oid = i.indrelid WHERE t.relnamespace = 'fund'::regnamespace AND i.indisunique
AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid) ORDER BY 1"""


def test_every_constraint_of_a_table_refuses_and_would_not_if_it_were_taken_out(full: Any) -> None:
    wrong = []
    with undone(full) as connection:
        _one_of_each(connection, full.facts)
        connection.execute("SET session_replication_role = replica")  # triggers are another matter
        for name, table, definition in connection.execute(_CONSTRAINTS).fetchall():
            attempt = CHECKS.get(name) or generic(definition, table)
            first = said(connection, attempt) if attempt else "no attempt"
            connection.execute("SAVEPOINT planted")
            connection.execute(f'DROP INDEX fund."{name}"' if definition.startswith("CREATE") else
                               f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
            then = said(connection, attempt) if attempt else name
            connection.execute("ROLLBACK TO planted")
            if first != name or then == name:
                wrong.append((name, first, then, definition))
    assert wrong == []


def _one_of_each(connection: psycopg.Connection[Any], f: dict[str, Any]) -> None:
    """A row in each table that the story so far left empty."""
    for statement in (
            "INSERT INTO fund.score (assignment_id, criterion_id, application_id, value, words) SELECT s.id, c.id, "
            "s.application_id, 3, '' FROM fund.assignment s, fund.criterion c",
            "INSERT INTO fund.eligibility (id, call_id, place, question, must_be, otherwise) SELECT gen_random_uuid(), id, 1, "
            "'Q', 'yes', 'No' FROM fund.call",
            "INSERT INTO fund.change_request (id, application_id, fund_id, words, lang, asked_on) SELECT gen_random_uuid(), id, "
            "fund_id, 'Please', 'en', current_date FROM fund.application",
            "INSERT INTO fund.call_step (id, call_id, start, \"end\", at) SELECT gen_random_uuid(), id, 'draft', 'open', now() "
            "FROM fund.call",
            "INSERT INTO fund.pledge_change (id, pledge_id, company_id, kind, amount, words, \"on\") SELECT gen_random_uuid(), "
            "id, company_id, 'raised', 5, '', current_date FROM fund.pledge"):
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(statement)

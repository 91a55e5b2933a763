"""Refusals of the fund that no other story meets: each by the verb that says it, in the words that it says."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from tests import make, make_fund
from tests.security.test_fund_database import act, fund, receipt  # noqa: F401
from tests.security.test_fund_guards import full  # noqa: F401
from tests.security.test_fund_verify import paid  # noqa: F401

from polyphony.fund.applying import rules as applied
from polyphony.fund.applying import service as applying
from polyphony.fund.bodies import rules as seated
from polyphony.fund.bodies import service as bodies
from polyphony.fund.calls import rules as called
from polyphony.fund.calls import service as calls
from polyphony.fund.deciding import rules as decided
from polyphony.fund.giving import rules as given
from polyphony.fund.giving import service as giving
from polyphony.fund.ledger import rules as posted
from polyphony.fund.ledger import service as ledger
from polyphony.fund.paying import rules as owed
from polyphony.fund.paying import service as paying
from polyphony.fund.reviewing import rules as reviewed
from polyphony.fund.reviewing import service as reviewing
from polyphony.kernel.database import db
from polyphony.kernel.refusals import refusal_for

CALL = SimpleNamespace(smallest=100, largest=900, currency="KES")
Verb = Callable[[Any, Any], Any]  # with the facts, as the viewer


def _record(f: Any, **changes: Any) -> dict[str, Any]:
    return {"fund_id": f["fund"], "currency": "KES", "amount": 5, "received_on": make.today(), "bank_reference": "B-7", **changes}


def _entry(kind: str) -> uuid.UUID:
    return db.session.scalars(sa.text(f"SELECT id FROM fund.entry WHERE kind = '{kind}'")).one()


def _promise(f: Any, by: Any, **changes: Any) -> Any:
    return giving.promise(by, **{"fund_id": f["fund"], "company_id": f["company"], "currency": "KES", "amount": 5,
                                 "due_on": make.today(), **changes})


def _body(f: Any, by: Any) -> Any:
    return bodies.body(by, f["body"])


SEAT = {"shown_as": "New", "comes_from": "civil society", "constituency": "south_civil_society",
        "until": make.today() + timedelta(days=90)}
REFUSED: tuple[tuple[type[Exception], str, Verb], ...] = (
    (applied.AlreadyAsked, "admin", lambda f, by: [applying.ask_correction(by, id=f["waiting"], words="Why?") for _ in "12"]),
    (applied.AlreadyDecided, "asha", lambda f, by: applying.withdraw(by, id=f["application"])),
    (applied.NotApplicant, "lead", lambda f, by: applying.begin(by, call_id=f["open"], organisation=None, lang="en")),
    (applied.NotForYou, "asha", lambda f, by: applying.ask_correction(by, id=f["application"], words="Why?")),
    (applied.NotOpen, "asha", lambda f, by: applying.begin(by, call_id=f["call"], organisation=f["ngo"], lang="en")),
    (applied.NothingToCorrect, "admin", lambda f, by: applying.ask_correction(by, id=f["application"], words="Why?")),
    (applied.StaysComplete, "bo", lambda f, by: applied.ensure_stays_complete("plan", dict.fromkeys(
        ("need", "plan", "people", "safety", "title", "summary"), ""), CALL)),
    (applied.DoesNotAddUp, "bo", lambda f, by: applied.ensure_budget(CALL, 500, [("Time", 300), ("Travel", 199)])),
    (applied.TooLittle, "bo", lambda f, by: applied.ensure_budget(CALL, 99, [("Time", 99)])),
    (applied.TooMuch, "bo", lambda f, by: applied.ensure_budget(CALL, 901, [("Time", 901)])),
    (seated.AlreadyFounded, "admin", lambda f, by: bodies.found(by, fund_id=f["fund"], purpose="Again", lang="en")),
    (seated.BreaksRule, "admin", lambda f, by: (
        bodies.set_rules(by, body_id=f["body"], asked=[seated.Asked("longest_term", 1)]),
        bodies.seat(by, *_body(f, by), membership_id=f["m6"], **SEAT))),
    (called.NotAdministrator, "treasurer", lambda f, by: calls.schedule(by, id=f["open"])),
    (called.NotYetReady, "admin", lambda f, by: calls.schedule(by, id=f["draft"])),
    (given.DayToCome, "treasurer", lambda f, by: giving.record(by, **_record(f, received_on=make.today() + timedelta(days=1)))),
    (given.DueInThePast, "lead", lambda f, by: _promise(f, by, due_on=make.today() - timedelta(days=1))),
    (given.MoreThanPromised, "treasurer", lambda f, by: giving.record(by, **_record(f, amount=4_000_01, pledge_id=f["pledge"]))),
    (given.NotPromising, "observer", lambda f, by: _promise(f, by)),
    (given.NotTreasurer, "approver", lambda f, by: giving.record(by, **_record(f))),
    (given.NothingLeft, "treasurer", lambda f, by: [giving.record(by, **_record(
        f, amount=amount, pledge_id=f["pledge"], bank_reference=str(amount))) for amount in (4_000_00, 1)]),
    (given.NothingToTakeBack, "treasurer", lambda f, by: [giving.take_back(
        by, receipt_id=f["receipt"], entry_id=uuid.uuid4(), words="Wrong") for _ in "12"]),
    (given.TooMuchToMatch, "treasurer", lambda f, by: giving.match(by, pledge_id=f["pledge"], receipt_id=giving.record(
        by, **_record(f, amount=4_000_01))[0])),
    (given.WithdrawTooMuch, "lead", lambda f, by: giving.withdraw(by, pledge_id=f["pledge"], amount=4_000_01, words="No more")),
    (posted.CannotBeReversed, "treasurer", lambda f, by: ledger.reverse(by, entry_id=_entry("award"), words="Wrong")),
    (owed.NoPayee, "treasurer", lambda f, by: paying.prepare(by, instalment_id=f["instalments"][1])),
    (owed.NotTheTreasurer, "approver", lambda f, by: paying.prepare(by, instalment_id=f["instalments"][1])),
    (reviewed.CaseDecided, "admin", lambda f, by: reviewing.assign(by, application_id=f["application"], person_id=f["reviewer3"])),
    (reviewed.NotAReviewer, "admin", lambda f, by: reviewing.assign(by, application_id=f["unread"], person_id=f["member1"])),
    (reviewed.NotAdministrator, "member1", lambda f, by: reviewing.assign(by, application_id=f["unread"], person_id=f["reviewer1"])),
)
# Refused by the database alone, because they happen in the same moment: what it says becomes these words.
TWICE: tuple[tuple[type[Exception], str, Verb], ...] = (
    (seated.AlreadySits, "admin", lambda f, by: [bodies.seat(by, *_body(f, by), membership_id=f["m6"], **{
        **SEAT, "comes_from": name}) for name in ("One", "Two")]),
    (decided.VotedMeanwhile, "member1", lambda f, by: [db.session.execute(sa.text(
        "INSERT INTO fund.vote (id, application_id, fund_id, person_id, number, choice, words, application_revision, at) VALUES "
        "(gen_random_uuid(), :case, :fund, :who, 1, 'for', 'Good', 1, now())"),
        {"case": f["unread"], "fund": f["fund"], "who": by.person}) for _ in "12"]),
    (posted.AlreadyReversed, "treasurer", lambda f, by: [db.session.execute(sa.text(
        "INSERT INTO fund.entry (id, fund_id, kind, at, person_id, words, key, body_hash, lines_count, reverses) SELECT "
        "gen_random_uuid(), fund_id, 'reversal', now(), :who, '', gen_random_uuid()::text, 'x', 2, id FROM fund.entry "
        "WHERE kind = 'receipt'"), {"who": by.person}) for _ in "12"]),
    (reviewed.SteppedAsideAlready, "member1", lambda f, by: [reviewing.step_aside(by, application_id=f["unread"], kind="other")
                                                             for _ in "12"]),
)


@pytest.fixture
def story(full: Any) -> Any:  # noqa: F811
    """The fund in the middle of its life, with the people of a company that has promised."""
    f = full.facts
    full.sql(f"SET session_replication_role = replica; UPDATE fund.application SET state = 'decided' WHERE id = '{f['application']}'")
    full.sql("DELETE FROM fund.payment_step WHERE payment_id = %s", f["second"])
    full.sql("DELETE FROM fund.payment WHERE id = %s", f["second"])
    full.sql("UPDATE fund.grantee SET payee_reference = ''")
    f["lead"] = make.person(full, "lead@x.org", seats=((f["company"], "engagement_lead"),))
    f["observer"] = make.person(full, "observer@x.org", seats=((f["company"], "contributor"),))
    full.sql("INSERT INTO fund.assignment VALUES (%s, %s, %s, current_date, gen_random_uuid())", f["unread"], f["fund"], f["reviewer1"])
    full.sql("INSERT INTO fund.lock SELECT id, application_id, fund_id, person_id, '', 'en', now() FROM fund.assignment WHERE "
             "application_id = %s", f["unread"])
    f["draft"] = make_fund.call(full, f["fund"], state="draft", title="")
    f["pledge"], f["receipt"] = (full.sql(f"SELECT id FROM fund.{table}")[0][0] for table in ("pledge", "receipt"))
    f["m6"] = full.sql("SELECT id FROM organisations.membership WHERE person_id = %s", f["member6"])[0][0]
    return full


def test_each_is_said_by_its_verb_and_keeps_nothing(story: Any) -> None:
    wrong, count = [], "SELECT (SELECT count(*) FROM fund.receipt), (SELECT count(*) FROM fund.entry), (SELECT count(*) FROM fund.seat)"
    before = story.sql(count)
    for refusal, who, verb in REFUSED:
        try:
            act(story, who, lambda by, verb=verb: verb(story.facts, by))
            wrong.append((refusal.__name__, "nothing was refused"))
        except Exception as error:  # whichever it is, it is compared
            if type(error) is not refusal:
                wrong.append((refusal.__name__, repr(error)[:300]))
    assert wrong == []
    assert story.sql(count) == before


def test_what_only_the_database_can_see_is_said_in_words_too(story: Any) -> None:
    wrong = []
    for refusal, who, verb in TWICE:
        try:
            act(story, who, lambda by, verb=verb: verb(story.facts, by))
            wrong.append((refusal.__name__, "nothing was refused"))
        except sa.exc.IntegrityError as error:
            if type(refusal_for(error)) is not refusal:
                wrong.append((refusal.__name__, repr(error)[:300]))
    assert wrong == []

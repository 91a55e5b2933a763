"""Thirty-two connections at once: money is never given twice, never below zero, and nobody loses a word.

And two people about one case in the same moment: neither passes the other unseen.
"""

import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError
from tests import make, make_fund
from tests.security.test_fund_database import act, came, fund, grant, receipt, review, step, told, vote  # noqa: F401
from tests.security.test_fund_verify import broken_in

from conftest import settings_for
from polyphony.app import create_app
from polyphony.fund.applying import service as applying
from polyphony.fund.applying.models import Application
from polyphony.fund.deciding.models import Decision, Grant, Grantee, Instalment, Vote
from polyphony.fund.ledger import service
from polyphony.fund.ledger.rules import Posting, SameKeyOtherBody
from polyphony.fund.paying.models import PaymentStep
from polyphony.fund.reviewing.models import Recusal
from polyphony.kernel import races
from polyphony.kernel.database import db
from polyphony.kernel.viewer import open_viewer

AT_ONCE, EACH = 32, 500_00  # 5,000.00 were received: enough for ten
# The last act of recording a decision, where a test makes only the decision itself.
DECIDED = ("UPDATE fund.application a SET state = 'decided' WHERE EXISTS (SELECT 1 FROM fund.decision d WHERE "
           "d.application_id = a.id)")


@pytest.fixture
def decided(fund: Any) -> Any:  # noqa: F811
    """Thirty-two applications, each voted for and granted 500.00."""
    f = fund.facts
    told(fund)
    f["cases"] = []
    for n in range(AT_ONCE):
        ngo = make.organisation(fund, f"Applicant {n}", "stakeholder")
        f["cases"].append((make_fund.application(fund, f["call"], ngo, requested=EACH), ngo))
    make.add(fund, *(Vote(application_id=case, fund_id=f["fund"], person_id=f[f"member{n}"], choice="for", words="Yes",
                          application_revision=1, at=make.now()) for case, _ in f["cases"] for n in (1, 2, 3)))
    make.add(fund, *(Decision(application_id=case, fund_id=f["fund"], outcome="granted", amount=EACH, reason="need",
                              words="Because", lang="en", application_revision=0, seats=0, stepped_aside=0, needed=0,
                              votes_for=0, votes_against=0, abstained=0, person_id=f["admin"], at=make.now())
                     for case, _ in f["cases"]))
    fund.sql(DECIDED)
    return fund


def wide(world: Any) -> list[Any]:
    """Three applications on the same database, as three web processes: a pool for every connection."""
    return [create_app(settings_for(world.server, world.name, world.settings.mail_folder.parent)) for _ in range(3)]


def at_once(world: Any, who: str, what: Any, number: int = AT_ONCE) -> list[Any]:
    """Let this many connections act at the same moment; each one's result or error."""
    secrets, start = [make.session_of(world, world.facts[who]) for _ in range(number)], Barrier(number)

    apps = wide(world)

    def one(n: int) -> Any:
        with apps[n % 3].test_request_context("/"):
            by = open_viewer(secrets[n])
            start.wait(30)
            try:
                done = what(by, n)
                db.session.commit()
                return done
            except (IntegrityError, OperationalError, SameKeyOtherBody) as error:
                db.session.rollback()
                return error

    with ThreadPoolExecutor(number) as threads:
        done = list(threads.map(one, range(number)))
    for app in apps:
        with app.app_context():
            db.engine.dispose()
    return done


def reserve(world: Any) -> Any:
    f = world.facts

    def do(by: Any, n: int) -> str:
        case, ngo = f["cases"][n]
        id = uuid.uuid4()
        service.post(by, Posting(f["fund"], "award", "KES", EACH, f"award {case}", grant_id=id))
        db.session.execute(sa.insert(Grant).values(
            id=id, fund_id=f["fund"], call_id=f["call"], application_id=case, currency="KES", amount=EACH, title="T",
            lang="en", country="KE", level="full", awarded_on=make.today()))
        db.session.execute(sa.insert(Grantee).values(grant_id=id, organisation_id=ngo, application_id=case,
                                                     payee_reference="P-1"))
        db.session.execute(sa.insert(Instalment).values(id=uuid.uuid4(), grant_id=id, place=1, amount=EACH,
                                                        due_on=make.today()))
        return "granted"

    return do


def test_thirty_two_grant_from_one_balance(decided: Any) -> None:
    done = at_once(decided, "admin", reserve(decided))
    refused = [error.orig.diag.constraint_name for error in done if error != "granted"]
    assert done.count("granted") == 10
    assert refused == ["balance_right_side_of_zero_check"] * 22, "the others are refused for want of money, in so many words"
    assert decided.sql("SELECT amount FROM fund.balance WHERE kind = 'available'") == [(0,)]
    assert decided.sql("SELECT count(*), sum(amount) FROM fund.\"grant\"") == [(10, 10 * EACH)]
    decided.sql("SET session_replication_role = replica; CREATE TEMP TABLE refused AS SELECT application_id AS id FROM "
                "fund.decision EXCEPT SELECT application_id FROM fund.\"grant\"; DELETE FROM fund.decision WHERE "
                "application_id IN (SELECT id FROM refused); UPDATE fund.application SET state = 'submitted' WHERE id IN "
                "(SELECT id FROM refused)")  # a decision goes with its grant, and here they were made one after the other
    assert broken_in(decided, decided.name) == set()


def test_one_key_from_thirty_two_connections_is_one_entry(fund: Any) -> None:  # noqa: F811
    f, id = fund.facts, uuid.uuid4()
    told(fund)
    make.add(fund, came(fund, id, 77_00))
    done = at_once(fund, "treasurer", lambda by, n: receipt(by, f["fund"], 77_00, "the same", receipt_id=id,
                                                            pledge_id=f["promised"]))
    [(entry,)] = fund.sql("SELECT id FROM fund.entry WHERE key = 'the same'")
    assert done == [entry] * AT_ONCE, "everybody is answered with the entry that was posted once"
    assert fund.sql("SELECT count(*) FROM audit.row WHERE verb = 'ledger.posted' AND subject = %s", entry) == [(1,)]
    assert act(fund, "treasurer", lambda by: service.available(f["fund"], "KES")) == 5_077_00
    assert broken_in(fund, fund.name) == set()


def test_one_key_with_other_figures_at_once_is_one_entry_and_one_refusal_each(fund: Any) -> None:  # noqa: F811
    f = fund.facts
    done = at_once(fund, "treasurer", lambda by, n: receipt(by, f["fund"], 1_00 + n % 2, "the same"))
    [(entry, amount)] = fund.sql("SELECT e.id, max(l.amount) FROM fund.entry e JOIN fund.entry_line l ON l.entry_id = e.id "
                                 "WHERE e.key = 'the same' GROUP BY 1")
    for n, each in enumerate(done):
        assert each == entry if amount == 1_00 + n % 2 else isinstance(each, SameKeyOtherBody), (n, each)


def test_one_reversal_from_thirty_two_connections_is_one_entry(fund: Any) -> None:  # noqa: F811
    f = fund.facts
    wrong = act(fund, "treasurer", lambda by: receipt(by, f["fund"], 77_00, "wrong"))
    done = at_once(fund, "treasurer", lambda by, n: service.reverse(by, entry_id=wrong, words="Wrong"))
    [(entry,)] = fund.sql("SELECT id FROM fund.entry WHERE reverses = %s", wrong)
    assert done == [entry] * AT_ONCE
    assert act(fund, "treasurer", lambda by: service.available(f["fund"], "KES")) == 5_000_00


def _votes(f: Any, by: Any) -> Any:
    return sa.insert(Vote).values(
        id=uuid.uuid4(), application_id=f["application"], fund_id=f["fund"], person_id=by.person, number=9,
        choice="for", words="Good", application_revision=1, at=make.now())


def _steps_aside(f: Any, by: Any) -> Any:
    return sa.insert(Recusal).values(
        id=uuid.uuid4(), application_id=f["application"], fund_id=f["fund"], person_id=by.person, origin="declared",
        kind="family", words="", at=make.now())


def _decides(f: Any, by: Any) -> Any:
    return sa.insert(Decision).values(
        application_id=f["application"], fund_id=f["fund"], outcome="granted", amount=1_000_00, reason="need",
        words="Because", lang="en", application_revision=0, seats=0, stepped_aside=0, needed=0, votes_for=0,
        votes_against=0, abstained=0, person_id=by.person, at=make.now())


def _changes(f: Any, by: Any) -> Any:
    return sa.update(Application).where(Application.id == f["application"]).values(revision=Application.revision + 1)


def _approves(f: Any, by: Any) -> Any:
    return sa.insert(PaymentStep).values(
        id=uuid.uuid4(), payment_id=f["payment"], grant_id=f["grant"], fund_id=f["fund"], step="approved",
        person_id=by.person, at=make.now(), words="")


PASSING = {  # who does what first; who did not see it when she began, and must begin again
    "a vote while she steps aside": ("member3", _steps_aside, "member3", _votes),
    "a decision while a voter steps aside": ("member3", _steps_aside, "admin", _decides),
    "a decision while somebody votes": ("member4", _votes, "admin", _decides),
    "a decision while the application changes": ("asha", _changes, "admin", _decides),
    "a vote while the application changes": ("asha", _changes, "member4", _votes),
    "a vote while it is decided": ("admin", _decides, "member4", _votes),
    "stepping aside while it is decided": ("admin", _decides, "member3", _steps_aside),
    "a change while it is decided": ("admin", _decides, "asha", _changes),
    "an approval while she steps aside": ("approver", _steps_aside, "approver", _approves),
    "stepping aside while she approves": ("approver", _approves, "approver", _steps_aside),
}


@pytest.fixture
def voted(fund: Any) -> Any:  # noqa: F811
    """One case that three have voted to grant."""
    told(fund)
    review(fund)
    vote(fund, 1, 2, 3)
    return fund


def _under_way(world: Any, *acts: Any) -> None:
    """Where one of the two is a hand on a payment, the grant and its prepared payment are there already."""
    if _approves in acts:
        act(world, "admin", lambda by: db.session.execute(_decides(world.facts, by)))
        grant(world)
        step(world, "treasurer", "prepared")


def _finish(world: Any) -> None:
    """What goes with a decision, where one was made: here it was recorded alone."""
    world.sql(DECIDED)
    if world.sql("SELECT 1 FROM fund.decision WHERE outcome = 'granted'") and not world.sql('SELECT 1 FROM fund."grant"'):
        grant(world)


@pytest.mark.parametrize("passing", PASSING)
def test_who_did_not_see_the_other_begins_again(voted: Any, passing: str) -> None:
    who, what, late, then = PASSING[passing]
    f = voted.facts
    _under_way(voted, what, then)
    secret = make.session_of(voted, f[late])
    with voted.app.test_request_context("/"), ThreadPoolExecutor(1) as other:
        db.session.connection(execution_options=races.ISOLATION)
        by = open_viewer(secret)  # from here on she has her own picture of the case
        other.submit(act, voted, who, lambda her: db.session.execute(what(f, her))).result()
        with pytest.raises(OperationalError) as no:
            db.session.execute(then(f, by))
        assert isinstance(no.value.orig, psycopg.errors.SerializationFailure)
        db.session.rollback()
    _finish(voted)
    assert broken_in(voted, voted.name) == set()


@pytest.mark.parametrize("passing", PASSING)
def test_raw_sql_waits_for_its_turn_and_then_sees(voted: Any, passing: str) -> None:
    """Also who comes past the application, statement by statement, waits until the other is done."""
    who, what, late, then = PASSING[passing]
    f = voted.facts
    _under_way(voted, what, then)
    secrets = {name: make.session_of(voted, f[name]) for name in (who, late)}

    def second() -> Any:
        with voted.app.test_request_context("/"):
            by = open_viewer(secrets[late])
            number.append(db.session.scalar(sa.text("SELECT pg_backend_pid()")))
            try:
                db.session.execute(then(f, by))
                db.session.commit()
                return "done"
            except (IntegrityError, sa.exc.ProgrammingError) as error:
                db.session.rollback()
                return error.orig.diag.constraint_name or error.orig.sqlstate

    number: list[int] = []
    with voted.app.test_request_context("/"), ThreadPoolExecutor(1) as other:
        db.session.execute(what(f, open_viewer(secrets[who])))
        waiting = other.submit(second)
        while not (waiting.done() or (number and voted.sql("SELECT pg_blocking_pids(%s) <> '{}'", number[0])[0][0])):
            pass
        assert not waiting.done(), "she waits"
        db.session.commit()
        said = waiting.result(30)
    assert said == REFUSED.get(passing, "done")
    _finish(voted)
    assert broken_in(voted, voted.name) == set()


REFUSED = {"a vote while she steps aside": "vote_conflict", "a decision while a voter steps aside": "decision_quorum",
           "a decision while the application changes": "decision_quorum",
           "a vote while the application changes": "vote_as_it_stands",
           "a vote while it is decided": "vote_before_decision",
           "an approval while she steps aside": "payment_conflict"}


def test_two_colleagues_who_begin_to_apply_at_once_write_one_application(fund: Any) -> None:  # noqa: F811
    f = fund.facts
    f["bo"] = make.person(fund, "bo@x.org", seats=((f["ngo"], "coordinator"),))
    call = make_fund.call(fund, f["fund"], state="open")
    secret = make.session_of(fund, f["bo"])

    def begin(by: Any) -> uuid.UUID:
        return applying.begin(by, call_id=call, organisation=f["ngo"], lang="en")

    with fund.app.test_request_context("/"), ThreadPoolExecutor(1) as other:
        db.session.connection(execution_options=races.ISOLATION)
        by = open_viewer(secret)
        made = other.submit(act, fund, "asha", begin).result()
        with pytest.raises(OperationalError) as no:
            begin(by)
        assert isinstance(no.value.orig, psycopg.errors.SerializationFailure)
        db.session.rollback()
    assert act(fund, "bo", begin) == made, "she begins again, and goes on with her colleague's"

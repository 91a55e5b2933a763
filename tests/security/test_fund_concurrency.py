"""Thirty-two connections at once: money is never given twice, never below zero, and nobody loses a word."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError
from tests import make, make_fund
from tests.security.test_fund_database import act, fund, receipt  # noqa: F401
from tests.security.test_fund_verify import broken_in

from conftest import settings_for
from polyphony.app import create_app
from polyphony.fund.deciding.models import Decision, Grant, Grantee, Instalment, Vote
from polyphony.fund.ledger import service
from polyphony.fund.ledger.rules import Posting, SameKeyOtherBody
from polyphony.kernel.database import db
from polyphony.kernel.viewer import open_viewer

AT_ONCE, EACH = 32, 500_00  # 5,000.00 were received: enough for ten


@pytest.fixture
def decided(fund: Any) -> Any:  # noqa: F811
    """Thirty-two applications, each voted for and granted 500.00."""
    f = fund.facts
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
    assert broken_in(decided, decided.name) == set()


def test_one_key_from_thirty_two_connections_is_one_entry(fund: Any) -> None:  # noqa: F811
    f = fund.facts
    done = at_once(fund, "treasurer", lambda by, n: receipt(by, f["fund"], 77_00, "the same"))
    entries = {each for each in done if isinstance(each, uuid.UUID)}
    assert len(entries) == 1
    assert fund.sql("SELECT count(*) FROM fund.entry WHERE key = 'the same'") == [(1,)]
    assert act(fund, "treasurer", lambda by: service.available(f["fund"], "KES")) == 5_077_00
    assert broken_in(fund, fund.name) == set()

"""What the fund's database refuses by itself, whoever asks."""

import uuid
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, ProgrammingError
from tests import make, make_fund

from polyphony.fund.deciding.models import Decision, Grant, Grantee, Instalment, Vote
from polyphony.fund.giving.models import Pledge, Receipt
from polyphony.fund.ledger import rules, service
from polyphony.fund.ledger.rules import Posting
from polyphony.fund.paying.models import Payment, PaymentStep
from polyphony.fund.reviewing.models import Assignment, Lock, Recusal
from polyphony.kernel import audit
from polyphony.kernel.database import db
from polyphony.kernel.viewer import open_viewer
from polyphony.organisations.models import ROLES


@pytest.fixture
def fund(world: Any) -> Any:
    """A fund with 5,000.00 KES received, a closed call and one application for 1,000.00."""
    f = world.facts
    make_fund.fund(world)
    f["ngo"] = make.organisation(world, "Sauti", "stakeholder")
    f["asha"] = make.person(world, "asha@x.org", seats=((f["ngo"], "coordinator"),))
    f["call"] = make_fund.call(world, f["fund"])
    f["application"] = make_fund.application(world, f["call"], f["ngo"])
    f["promised"], f["received"] = uuid.uuid4(), uuid.uuid4()
    act(world, "treasurer", lambda by: receipt(by, f["fund"], 5_000_00, "r1", pledge_id=f["promised"],
                                               receipt_id=f["received"]))
    return world


def told(world: Any) -> None:
    """What the money of this fund came of, so that nothing in its books is without a reason."""
    f = world.facts
    f["giver"] = make.organisation(world, "Halcyon")
    make.add(world, Pledge(id=f["promised"], fund_id=f["fund"], company_id=f["giver"], currency="KES", amount=9_000_00,
                           due_on=make.today(), made_on=make.today()))
    make.add(world, came(world, f["received"], 5_000_00))


def came(world: Any, id: Any, amount: int) -> Receipt:
    """A receipt under the fund's promise; its entry is another row."""
    f = world.facts
    return Receipt(id=id, fund_id=f["fund"], pledge_id=f["promised"], company_id=f["giver"], currency="KES",
                   amount=amount, state="matched", received_on=make.today(), bank_reference=f"B-{id}")


def act(world: Any, who: str, what: Any) -> Any:
    """Do something as a person, in one transaction, and commit."""
    with world.app.test_request_context("/"):
        by = open_viewer(make.session_of(world, world.facts[who]))
        try:
            done = what(by)
            db.session.commit()
        except BaseException:
            db.session.rollback()
            raise
        return done


def receipt(by: Any, fund_id: Any, amount: int, key: str, **about: Any) -> Any:
    return service.post(by, Posting(fund_id, "receipt", "KES", amount, key, **about))


def refused(error: Any) -> str:
    return error.value.orig.diag.constraint_name or error.value.orig.sqlstate


def review(world: Any) -> None:
    """Two reviewers score and lock."""
    f = world.facts
    for n in (1, 2):
        made = Assignment(id=uuid.uuid4(), application_id=f["application"], fund_id=f["fund"],
                          person_id=f[f"reviewer{n}"], on=make.today())
        act(world, "admin", lambda by, made=made: db.session.execute(sa.insert(Assignment).values(
            id=made.id, application_id=made.application_id, fund_id=made.fund_id, person_id=made.person_id, on=made.on)))
        act(world, f"reviewer{n}", lambda by, made=made: db.session.execute(sa.insert(Lock).values(
            assignment_id=made.id, application_id=f["application"], fund_id=f["fund"], person_id=by.person,
            words="", lang="en", at=make.now())))


def vote(world: Any, *members: int, choice: str = "for") -> None:
    f = world.facts
    for n in members:
        act(world, f"member{n}", lambda by: db.session.execute(sa.insert(Vote).values(
            id=uuid.uuid4(), application_id=f["application"], fund_id=f["fund"], person_id=by.person, number=1,
            choice=choice, words="Good", application_revision=1, at=make.now())))


def decide(world: Any, *, outcome: str = "granted", amount: int = 1_000_00) -> Any:
    f = world.facts

    def do(by: Any) -> None:
        db.session.execute(sa.insert(Decision).values(
            application_id=f["application"], fund_id=f["fund"], outcome=outcome, amount=amount, reason="need",
            words="Because", lang="en", application_revision=0, seats=0, stepped_aside=0, needed=0, votes_for=0,
            votes_against=0, abstained=0, person_id=by.person, at=make.now()))
        db.session.execute(sa.text("UPDATE fund.application SET state = 'decided' WHERE id = :id"), {"id": f["application"]})
        audit.record("case.decided", f["application"], about=f["fund"], outcome=outcome, needed=3)

    return act(world, "admin", do)


def grant(world: Any, *, amount: int = 1_000_00, parts: tuple[int, ...] = (600_00, 400_00), reserve: bool = True) -> Any:
    f = world.facts
    f["grant"], f["instalments"] = uuid.uuid4(), [uuid.uuid4() for _ in parts]

    def do(by: Any) -> None:
        db.session.execute(sa.insert(Grant).values(
            id=f["grant"], fund_id=f["fund"], call_id=f["call"], application_id=f["application"], currency="KES",
            amount=amount, title="Title", lang="en", country="KE", level="full", awarded_on=make.today()))
        db.session.execute(sa.insert(Grantee).values(grant_id=f["grant"], organisation_id=f["ngo"],
                                                     application_id=f["application"], payee_reference="P-1"))
        for n, part in enumerate(parts):
            db.session.execute(sa.insert(Instalment).values(
                id=f["instalments"][n], grant_id=f["grant"], place=n + 1, amount=part,
                due_on=make.today() + timedelta(days=30 * n)))
        if reserve:
            service.post(by, Posting(f["fund"], "award", "KES", amount, f"award {f['grant']}", grant_id=f["grant"]))

    return act(world, "admin", do)


@pytest.mark.parametrize("change", ["UPDATE fund.seal SET hash = 'x'", "DELETE FROM fund.seal", "TRUNCATE fund.seal"])
def test_a_seal_is_never_changed(fund: Any, change: str) -> None:
    fund.sql("INSERT INTO fund.seal (fund_id, number, entry_id, hash) SELECT fund_id, 1, id, 'hash' FROM fund.entry LIMIT 1")
    with pytest.raises(psycopg.errors.CheckViolation) as no:
        fund.sql(change)
    assert no.value.diag.constraint_name == "entry_posted_stays"


@pytest.mark.parametrize("table", ["entry", "entry_line"])
def test_no_part_of_the_ledger_is_emptied(fund: Any, table: str) -> None:
    """Each table refuses by itself: also where the tables that hang on it would let it happen."""
    for other in {"entry", "entry_line", "seal"} - {table}:
        fund.sql(f"ALTER TABLE fund.{other} DISABLE TRIGGER posted_stays_whole")
    with pytest.raises(psycopg.errors.CheckViolation) as no:
        fund.sql(f"TRUNCATE fund.{table} CASCADE")
    assert no.value.diag.constraint_name == "entry_posted_stays"


def test_a_grant_that_nothing_was_planned_for_is_refused(fund: Any) -> None:
    """By the trigger of the grant alone, for there is no instalment and no entry that another one could look at."""
    f = fund.facts
    with pytest.raises(psycopg.errors.CheckViolation) as no:
        fund.sql('INSERT INTO fund."grant" (id, fund_id, call_id, application_id, currency, amount, title, lang, country, at_risk, '
                 "level, awarded_on) SELECT gen_random_uuid(), fund_id, call_id, id, 'KES', 500, 'T', 'en', 'KE', false, 'full', "
                 "current_date FROM fund.application WHERE id = %s", f["application"])
    assert no.value.diag.constraint_name == "grant_instalments_add_up"


def test_an_entry_sums_to_zero_and_is_never_changed(fund: Any) -> None:
    f = fund.facts
    assert act(fund, "treasurer", lambda by: service.available(f["fund"], "KES")) == 5_000_00
    with pytest.raises(psycopg.errors.CheckViolation) as no:
        fund.sql("UPDATE fund.entry_line SET amount = amount + 1")
    assert no.value.diag.constraint_name == "entry_posted_stays"
    with pytest.raises(psycopg.errors.CheckViolation) as no:
        fund.sql("INSERT INTO fund.entry_line (id, entry_id, account_id, currency, amount) SELECT gen_random_uuid(), "
                 "e.id, a.id, 'KES', 5 FROM fund.entry e, fund.account a WHERE a.kind = 'bank'")
    assert no.value.diag.constraint_name == "entry_sums_to_zero"


def test_the_same_key_posts_once_and_another_body_is_refused(fund: Any) -> None:
    f = fund.facts
    first = act(fund, "treasurer", lambda by: receipt(by, f["fund"], 7_00, "k"))
    assert act(fund, "treasurer", lambda by: receipt(by, f["fund"], 7_00, "k")) == first
    with pytest.raises(rules.SameKeyOtherBody):
        act(fund, "treasurer", lambda by: receipt(by, f["fund"], 8_00, "k"))


def test_the_same_reversal_is_one_entry_and_another_of_the_same_entry_is_refused(fund: Any) -> None:
    f = fund.facts
    wrong = act(fund, "treasurer", lambda by: receipt(by, f["fund"], 7_00, "k"))
    first = act(fund, "treasurer", lambda by: service.reverse(by, entry_id=wrong, words="Wrong line"))
    assert act(fund, "treasurer", lambda by: service.reverse(by, entry_id=wrong, words="Wrong line")) == first
    with pytest.raises(rules.AlreadyReversed):
        act(fund, "treasurer", lambda by: service.reverse(by, entry_id=wrong, words="Another reason"))
    assert act(fund, "treasurer", lambda by: service.available(f["fund"], "KES")) == 5_000_00
    assert fund.sql("SELECT count(*) FROM audit.row WHERE verb = 'ledger.reversed'") == [(1,)]


def test_only_the_treasurer_posts_receipts(fund: Any) -> None:
    for who in ("admin", "approver", "releaser", "member1", "asha"):
        with pytest.raises(ProgrammingError):
            act(fund, who, lambda by: receipt(by, fund.facts["fund"], 1, f"by {by.person}"))


def test_a_decision_needs_its_quorum_in_the_database_too(fund: Any) -> None:
    review(fund)
    vote(fund, 1, 2)
    with pytest.raises(IntegrityError) as no:
        decide(fund)
    assert refused(no) == "decision_quorum"
    vote(fund, 3)
    decide(fund)
    assert fund.sql("SELECT seats, stepped_aside, needed, votes_for FROM fund.decision") == [(5, 0, 3, 3)]


def test_who_steps_aside_does_not_count_and_sees_nothing(fund: Any) -> None:
    f = fund.facts
    review(fund)
    seen = "SELECT count(*) FROM fund.application"
    assert act(fund, "member1", lambda by: db.session.scalar(sa.text(seen))) == 1
    act(fund, "member1", lambda by: db.session.execute(sa.insert(Recusal).values(
        id=uuid.uuid4(), application_id=f["application"], fund_id=f["fund"], person_id=by.person, origin="declared",
        kind="family", at=make.now())))
    assert act(fund, "member1", lambda by: db.session.scalar(sa.text(seen))) == 0
    with pytest.raises(IntegrityError) as no:
        vote(fund, 1)
    assert refused(no) == "vote_conflict"
    vote(fund, 2, 3, 4)
    decide(fund)
    assert fund.sql("SELECT seats, stepped_aside, needed FROM fund.decision") == [(5, 1, 3)]


def test_a_grant_reserves_received_money_only_and_its_instalments_add_up(fund: Any) -> None:
    review(fund)
    vote(fund, 1, 2, 3)
    decide(fund)
    for wrong, name in (({"parts": (600_00, 300_00)}, "grant_instalments_add_up"), ({"reserve": False}, "grant_is_reserved"),
                        ({"amount": 900_00, "parts": (900_00,)}, "grant_was_decided")):
        with pytest.raises(IntegrityError) as no:
            grant(fund, **wrong)
        assert refused(no) == name
    grant(fund)
    with pytest.raises(IntegrityError) as no:
        act(fund, "admin", lambda by: service.post(by, Posting(fund.facts["fund"], "award", "KES", 4_500_00, "x",
                                                              grant_id=fund.facts["grant"])))
    assert refused(no) == "balance_right_side_of_zero_check"


def step(world: Any, who: str, name: str, kind: str = "", payment: Any = None) -> None:
    f = world.facts

    def do(by: Any) -> None:
        if name == "prepared":
            f["payment"] = uuid.uuid4()
            db.session.execute(sa.insert(Payment).values(
                id=f["payment"], instalment_id=f["instalments"][0], grant_id=f["grant"], fund_id=f["fund"],
                state="prepared", currency="KES", amount=600_00, payee_reference="P-1"))
        if kind:
            service.post(by, Posting(f["fund"], kind, "KES", 600_00, f"{kind} {f['payment']}", grant_id=f["grant"],
                                     payment_id=f["payment"]))
        db.session.execute(sa.insert(PaymentStep).values(
            id=uuid.uuid4(), payment_id=f["payment"], grant_id=f["grant"], fund_id=f["fund"], step=name,
            person_id=by.person, at=make.now(), words=""))

    act(world, who, do)


def test_three_hands_in_order_and_the_entry_with_the_release(fund: Any) -> None:
    f = fund.facts
    review(fund)
    vote(fund, 1, 2, 3)
    decide(fund)
    grant(fund)
    step(fund, "treasurer", "prepared")
    with pytest.raises(IntegrityError) as no:
        step(fund, "releaser", "released", "release")
    assert refused(no) == "payment_step_order"
    fund.sql("INSERT INTO organisations.membership (id, person_id, organisation_id, role, function, begun_at) VALUES "
             "(gen_random_uuid(), %s, %s, 'approver', '', now())", f["treasurer"], f["fund"])
    with pytest.raises(IntegrityError) as no:
        step(fund, "treasurer", "approved")
    assert refused(no) == "payment_three_hands"
    step(fund, "approver", "approved")
    with pytest.raises(IntegrityError) as no:
        step(fund, "releaser", "released")
    assert refused(no) == "payment_has_its_entries"
    with pytest.raises(IntegrityError) as no:
        act(fund, "releaser", lambda by: service.post(by, Posting(
            f["fund"], "release", "KES", 600_00, "nobody released it", grant_id=f["grant"], payment_id=f["payment"])))
    assert refused(no) == "payment_has_its_entries", "an entry without its step, as a step without its entry"
    step(fund, "releaser", "released", "release")
    step(fund, "treasurer", "confirmed", "confirmation")
    assert fund.sql("SELECT a.kind, b.amount FROM fund.balance b JOIN fund.account a ON a.id = b.account_id ORDER BY 1") == [
        ("available", -4_000_00), ("awarded", -1_000_00), ("bank", 4_400_00), ("paid", 600_00), ("transit", 0)]


def test_what_hangs_on_a_call_in_preparation_is_hidden(fund: Any) -> None:
    """Its criteria, questions and steps are read by the fund's own people alone."""
    f = fund.facts
    draft = make_fund.call(fund, f["fund"], state="draft")
    fund.sql("INSERT INTO fund.call_step (id, call_id, start, \"end\", at) VALUES (gen_random_uuid(), %s, 'draft', 'scheduled', now())", draft)
    fund.sql("INSERT INTO fund.eligibility (id, call_id, place, question, must_be, otherwise) VALUES (gen_random_uuid(), %s, 1, 'Are "
             "you?', true, 'Then not.')", draft)
    seen = sa.text("SELECT (SELECT count(*) FROM fund.criterion WHERE call_id = :call), (SELECT count(*) FROM fund.eligibility "
                   "WHERE call_id = :call), (SELECT count(*) FROM fund.call_step WHERE call_id = :call)")
    for who, numbers in (("admin", (2, 1, 1)), ("reviewer1", (0, 0, 0)), ("member1", (0, 0, 0))):
        assert act(fund, who, lambda by: tuple(db.session.execute(seen, {"call": draft}).one())) == numbers, who


def test_nobody_holds_a_company_seat_and_an_allocation_seat(fund: Any) -> None:
    f = fund.facts
    company = make.organisation(fund, "Halcyon", "company")
    f["office"] = make.person(fund, "office@halcyon.org", seats=((company, "board_observer"),))
    join = ("INSERT INTO organisations.membership (id, person_id, organisation_id, role, function, begun_at) VALUES "
            "(gen_random_uuid(), %s, %s, %s, '', now())")
    inside = ("admin", "reviewer1", "member1", "treasurer", "approver", "releaser", "translator")
    tried = [(f[who], company, role) for who in inside for role in ("engagement_lead", "board_observer")]
    tried += [(f["office"], f["fund"], role) for role in ROLES["fund"] if role != "keyholder"]
    for each in tried:
        with pytest.raises(psycopg.errors.CheckViolation) as no:
            fund.sql(join, *each)
        assert no.value.diag.constraint_name == "membership_one_side", each


def test_a_reviewer_sees_neither_name_nor_others_scores_before_locking(fund: Any) -> None:
    f = fund.facts
    review(fund)
    fund.sql("DELETE FROM fund.lock WHERE person_id = %s", f["reviewer2"])
    for who, names in (("reviewer1", 1), ("reviewer2", 0), ("reviewer3", 0)):
        assert act(fund, who, lambda by: db.session.scalar(sa.text("SELECT count(*) FROM fund.applicant"))) == names, who
    assert act(fund, "reviewer3", lambda by: db.session.scalar(sa.text("SELECT count(*) FROM fund.application"))) == 0
    assert act(fund, "member1", lambda by: db.session.scalar(sa.text("SELECT count(*) FROM fund.applicant"))) == 0

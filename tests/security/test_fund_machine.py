"""Promise, receipt, grant, instalment, payment, return, in any order and by anybody: the money always adds up.

A small model in plain Python says what should happen; the database must agree, and `verify` must find every
invariant whole after each step. Every life begins with an empty ledger in the same database.
"""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy.exc import IntegrityError, ProgrammingError
from tests import make, make_fund

from polyphony.fund.applying.models import Applicant, Application
from polyphony.fund.deciding.models import Decision, Grant, Grantee, Instalment, Vote
from polyphony.fund.giving.models import Pledge, PledgeChange, Receipt
from polyphony.fund.ledger import service
from polyphony.fund.ledger.rules import Posting
from polyphony.fund.paying.models import Payment, PaymentStep
from polyphony.fund.reviewing.models import Recusal
from polyphony.fund.verify import service as verify
from polyphony.kernel.database import db
from polyphony.kernel.viewer import open_viewer

HANDS = ("treasurer", "approver", "releaser", "both", "admin")
MAY = {"prepared": ("treasurer", "both"), "approved": ("approver", "both"), "released": ("releaser", "both"),
       "confirmed": ("treasurer", "both"), "returned": ("treasurer", "both"),
       "stopped": ("treasurer", "approver", "releaser", "both")}
AFTER = {"approved": ("prepared",), "released": ("approved",), "confirmed": ("released",), "returned": ("released",),
         "stopped": ("prepared", "approved")}
POSTS = {"released": "release", "confirmed": "confirmation", "returned": "return"}
AMOUNTS = st.integers(1, 900_00)
# What a life leaves behind, taken out before the next one as only the owner of the machine could.
OVER = ("payment_step", "payment", "instalment", "grantee", '"grant"', "decision", "vote", "recusal", "applicant",
        "application", "receipt", "pledge_change", "pledge", "seal", "entry_line", "entry", "grant_balance", "balance",
        "turn")


@dataclass
class Case:
    """A granted application of the model, and who stepped aside from it."""

    application: uuid.UUID
    grant: uuid.UUID
    aside: set[str] = field(default_factory=set)


@dataclass
class Part:
    """One instalment of the model, with the payment on its way and the hands it passed."""

    id: uuid.UUID
    case: Case
    amount: int
    state: str = "due"
    payment: uuid.UUID | None = None
    hands: set[str] = field(default_factory=set)


@pytest.fixture
def stage(world: Any) -> Any:
    """A fund with three pairs of hands, one person who holds all three, and a company that promises."""
    f = world.facts
    make_fund.fund(world)
    f["both"] = make.person(world, "both@fund.org", seats=tuple((f["fund"], role) for role in
                                                                 ("treasurer", "approver", "releaser")))
    f["company"] = make.organisation(world, "Halcyon")
    f["lead"] = make.person(world, "lead@halcyon.org", seats=((f["company"], "engagement_lead"),))
    f["call"] = make_fund.call(world, f["fund"], envelope=10**12)
    f["ngo"] = make.organisation(world, "Sauti", "stakeholder")
    f["sessions"] = {who: make.session_of(world, f[who]) for who in (*HANDS, "lead")}
    return world


def play(world: Any, number: int) -> int:
    """Let the machine run this many times; how many steps it took in all."""
    taken = []

    class Money(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.f, self.available = world.facts, 0
            self.pledges: list[list[Any]] = []
            self.parts: list[Part] = []
            run(sa.text("SET session_replication_role = replica; " + "".join(f"DELETE FROM fund.{x}; " for x in OVER)
                        + "SET session_replication_role = origin"))

        def _act(self, who: str, what: Any) -> bool:
            """Do something as a person: whether it was done, or refused."""
            with world.app.test_request_context("/"):
                try:
                    what(open_viewer(self.f["sessions"][who]))
                    db.session.commit()
                    return True
                except (IntegrityError, ProgrammingError):
                    db.session.rollback()
                    return False

        @rule(amount=AMOUNTS, who=st.sampled_from(("lead", "treasurer")))
        def promise(self, amount: int, who: str) -> None:
            id = uuid.uuid4()
            done = self._act(who, lambda by: db.session.execute(sa.insert(Pledge).values(
                id=id, fund_id=self.f["fund"], company_id=self.f["company"], currency="KES", amount=amount, words="",
                due_on=make.today(), made_on=make.today())))
            assert done == (who == "lead"), "companies promise, nobody for them"
            if done:
                self.pledges.append([id, amount])

        @precondition(lambda self: self.pledges)
        @rule(n=st.integers(0, 99), amount=AMOUNTS)
        def withdraw(self, n: int, amount: int) -> None:
            pledge = self.pledges[n % len(self.pledges)]
            done = self._act("lead", lambda by: db.session.execute(sa.insert(PledgeChange).values(
                id=uuid.uuid4(), pledge_id=pledge[0], company_id=self.f["company"], kind="withdrawn", amount=amount,
                words="", on=make.today())))
            assert done == (amount <= pledge[1]), "never below what has come"
            pledge[1] -= amount * done

        @precondition(lambda self: self.pledges)
        @rule(n=st.integers(0, 99), amount=AMOUNTS, who=st.sampled_from(HANDS))
        def receive(self, n: int, amount: int, who: str) -> None:
            pledge = self.pledges[n % len(self.pledges)]

            def do(by: Any) -> None:
                id = uuid.uuid4()
                db.session.execute(sa.insert(Receipt).values(
                    id=id, fund_id=self.f["fund"], pledge_id=pledge[0], company_id=self.f["company"], currency="KES",
                    amount=amount, received_on=make.today(), bank_reference=f"B {id}", state="matched"))
                service.post(by, Posting(self.f["fund"], "receipt", "KES", amount, f"receipt {id}", receipt_id=id,
                                         pledge_id=pledge[0]))

            allowed = amount <= pledge[1] and who in ("treasurer", "both")
            assert self._act(who, do) == allowed
            if allowed:
                pledge[1] -= amount
                self.available += amount

        @rule(amounts=st.lists(st.integers(1, 300_00), min_size=1, max_size=3), who=st.sampled_from(HANDS))
        def grant(self, amounts: list[int], who: str) -> None:
            whole = sum(amounts)
            case = Case(self._decided(whole), uuid.uuid4())
            parts = [Part(uuid.uuid4(), case, amount) for amount in amounts]

            def do(by: Any) -> None:
                service.post(by, Posting(self.f["fund"], "award", "KES", whole, f"award {case.grant}",
                                         grant_id=case.grant))
                db.session.execute(sa.insert(Grant).values(
                    id=case.grant, fund_id=self.f["fund"], call_id=self.f["call"], application_id=case.application,
                    currency="KES", amount=whole, title="T", lang="en", country="KE", level="full",
                    awarded_on=make.today()))
                db.session.execute(sa.insert(Grantee).values(grant_id=case.grant, organisation_id=self.f["ngo"],
                                                             application_id=case.application, payee_reference="P-1"))
                db.session.execute(sa.insert(Instalment).values([
                    {"id": part.id, "grant_id": case.grant, "place": place, "amount": part.amount,
                     "due_on": make.today() + timedelta(place)} for place, part in enumerate(parts, start=1)]))

            allowed = who == "admin" and whole <= self.available
            assert self._act(who, do) == allowed, "received money only, by the administrator only"
            if allowed:
                self.available -= whole
                self.parts += parts

        def _decided(self, amount: int) -> uuid.UUID:
            """An application that the committee has decided to grant."""
            f, case, about = self.f, uuid.uuid4(), {"fund_id": self.f["fund"], "application_id": uuid.uuid4()}
            case = about["application_id"]
            run(sa.insert(Application).values(
                id=case, call_id=f["call"], fund_id=f["fund"], state="submitted", lang="en", requested=amount,
                country="KE", submitted_on=make.today()))
            run(sa.insert(Applicant).values(application_id=case, organisation_id=f["ngo"], payee_reference="P-1"))
            run(sa.insert(Vote).values([
                {**about, "id": uuid.uuid4(), "person_id": f[f"member{n}"], "number": 1, "choice": "for",
                 "words": "Yes", "application_revision": 1, "at": make.now()} for n in (1, 2, 3)]))
            run(sa.insert(Decision).values(
                **about, outcome="granted", amount=amount, reason="need", words="Because", lang="en",
                application_revision=0, seats=0, stepped_aside=0, needed=0, votes_for=0, votes_against=0, abstained=0,
                person_id=f["admin"], at=make.now()))
            return case

        @precondition(lambda self: self.parts)
        @rule(n=st.integers(0, 99), who=st.sampled_from(HANDS))
        def step_aside(self, n: int, who: str) -> None:
            """A conflict of interest that comes up after the decision, also in the middle of a payment."""
            case = self.parts[n % len(self.parts)].case
            done = self._act(who, lambda by: db.session.execute(sa.insert(Recusal).values(
                id=uuid.uuid4(), application_id=case.application, fund_id=self.f["fund"], person_id=by.person,
                origin="declared", kind="family", at=make.now())))
            assert done == (who not in case.aside)
            case.aside.add(who)

        @precondition(lambda self: self.parts)
        @rule(n=st.integers(0, 99), who=st.sampled_from(HANDS))
        def prepare(self, n: int, who: str) -> None:
            part, id = self.parts[n % len(self.parts)], uuid.uuid4()

            def do(by: Any) -> None:
                db.session.execute(sa.insert(Payment).values(
                    id=id, instalment_id=part.id, grant_id=part.case.grant, fund_id=self.f["fund"], state="prepared",
                    currency="KES", amount=part.amount, payee_reference="P-1"))
                self._step(by, part, id, "prepared")

            allowed = (part.state in ("due", "returned", "stopped") and who in MAY["prepared"]
                       and who not in part.case.aside)
            assert self._act(who, do) == allowed
            if allowed:
                part.state, part.payment, part.hands = "prepared", id, {who}

        def _step(self, by: Any, part: Part, payment: uuid.UUID | None, name: str) -> None:
            if name in POSTS:
                service.post(by, Posting(self.f["fund"], POSTS[name], "KES", part.amount, f"{name} {payment}",
                                         grant_id=part.case.grant, payment_id=payment))
            db.session.execute(sa.insert(PaymentStep).values(
                id=uuid.uuid4(), payment_id=payment, grant_id=part.case.grant, fund_id=self.f["fund"], step=name,
                person_id=by.person, at=make.now(), words="Why"))

        @precondition(lambda self: any(part.payment for part in self.parts))
        @rule(n=st.integers(0, 99), who=st.sampled_from(HANDS), name=st.sampled_from(sorted(AFTER)))
        def pass_on(self, n: int, who: str, name: str) -> None:
            under_way = [part for part in self.parts if part.payment]
            part = under_way[n % len(under_way)]
            fresh = name not in ("approved", "released") or who not in part.hands
            allowed = part.state in AFTER[name] and who in MAY[name] and fresh and who not in part.case.aside
            done = self._act(who, lambda by: self._step(by, part, part.payment, name))
            assert done == allowed, (part.state, name, who)
            if allowed:
                part.state = name
                part.hands |= {who}

        @precondition(lambda self: self.parts)
        @rule(n=st.integers(0, 99), who=st.sampled_from(HANDS))
        def cancel(self, n: int, who: str) -> None:
            part = self.parts[n % len(self.parts)]

            def do(by: Any) -> None:
                done = db.session.execute(sa.update(Instalment).where(
                    Instalment.id == part.id, Instalment.cancelled_on.is_(None)).values(
                        cancelled_on=make.today(), cancelled_because="No longer needed"))
                if done.rowcount == 0:
                    raise IntegrityError("", {}, ValueError())
                service.post(by, Posting(self.f["fund"], "cancellation", "KES", part.amount, f"cancel {part.id}",
                                         grant_id=part.case.grant))

            allowed = (who == "admin" and part.state in ("due", "returned", "stopped")
                       and "admin" not in part.case.aside)
            assert self._act(who, do) == allowed, part.state
            if allowed:
                part.state = "cancelled"
                self.available += part.amount

        @invariant()
        def adds_up(self) -> None:
            now = run(sa.text("SELECT coalesce(-sum(amount), 0) FROM fund.balance WHERE kind = 'available'")).scalar()
            assert now == self.available
            broken = [each for each in verify.check() if not each.holds]
            db.session.rollback()
            assert broken == []
            taken.append(now)

    with (world.worker.app_context(),
          world.raw.connect().execution_options(isolation_level="AUTOCOMMIT") as connection):
        run = connection.execute
        run_state_machine_as_test(Money, settings=settings(
            max_examples=number, stateful_step_count=12, deadline=None, derandomize=number < 50,
            suppress_health_check=list(HealthCheck)))
    return len(taken)


def test_money_always_adds_up(stage: Any) -> None:
    assert play(stage, 4) >= 4 * 3


@pytest.mark.slow
def test_money_always_adds_up_in_two_hundred_lives(stage: Any) -> None:
    assert play(stage, 200) >= 200 * 5, "lives of some length"

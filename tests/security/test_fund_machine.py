"""Promise, receipt, grant, instalment, payment, return, in any order and by anybody: the money always adds up.

A small model in plain Python says what should happen; the database must agree, and `verify` must find every
invariant whole after each step.
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

from polyphony.fund.deciding.models import Decision, Grant, Grantee, Instalment, Vote
from polyphony.fund.giving.models import Pledge, Receipt
from polyphony.fund.ledger import service
from polyphony.fund.ledger.rules import Posting
from polyphony.fund.paying.models import Payment, PaymentStep
from polyphony.fund.verify import service as verify
from polyphony.kernel.database import db
from polyphony.kernel.viewer import open_viewer

HANDS = ("treasurer", "approver", "releaser", "both", "admin")
MAY = {"prepared": ("treasurer", "both"), "approved": ("approver", "both"), "released": ("releaser", "both"),
       "confirmed": ("treasurer", "both"), "returned": ("treasurer", "both")}
AFTER = {"approved": "prepared", "released": "approved", "confirmed": "released", "returned": "released"}
POSTS = {"released": "release", "confirmed": "confirmation", "returned": "return"}
AMOUNTS = st.integers(1, 900_00)


@dataclass
class Part:
    """One instalment of the model, with the payment on its way and the hands it passed."""

    id: uuid.UUID
    grant: uuid.UUID
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


def play(world: Any, number: int) -> None:
    """Let the machine run this many times."""

    class Money(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.f = world.facts
            self.available, self.pledges, self.parts = self._now(), [], []

        def _now(self) -> int:
            return self._act("treasurer", lambda by: service.available(self.f["fund"], "KES")) or 0

        def _act(self, who: str, what: Any) -> Any:
            """Do something as a person; its result, or None when it was refused."""
            with world.app.test_request_context("/"):
                try:
                    done = what(open_viewer(self.f["sessions"][who]))
                    db.session.commit()
                    return done if done is not None else True
                except (IntegrityError, ProgrammingError):
                    db.session.rollback()
                    return None

        @rule(amount=AMOUNTS, who=st.sampled_from(("lead", "treasurer")))
        def promise(self, amount: int, who: str) -> None:
            id = uuid.uuid4()
            done = self._act(who, lambda by: db.session.execute(sa.insert(Pledge).values(
                id=id, fund_id=self.f["fund"], company_id=self.f["company"], currency="KES", amount=amount, words="",
                due_on=make.today(), made_on=make.today())) and None)
            assert (done is not None) == (who == "lead"), "companies promise, nobody for them"
            if done:
                self.pledges.append([id, amount])

        @precondition(lambda self: self.pledges)
        @rule(n=st.integers(0, 99), amount=AMOUNTS, who=st.sampled_from(HANDS))
        def receive(self, n: int, amount: int, who: str) -> None:
            pledge = self.pledges[n % len(self.pledges)]

            def do(by: Any) -> None:
                id = uuid.uuid4()
                db.session.execute(sa.insert(Receipt).values(
                    id=id, fund_id=self.f["fund"], pledge_id=pledge[0], company_id=self.f["company"], currency="KES",
                    amount=amount, received_on=make.today(), bank_reference="B", state="matched"))
                service.post(by, Posting(self.f["fund"], "receipt", "KES", amount, f"receipt {id}", receipt_id=id,
                                         pledge_id=pledge[0]))

            allowed = amount <= pledge[1] and who in ("treasurer", "both")
            assert (self._act(who, do) is not None) == allowed
            if allowed:
                pledge[1] -= amount
                self.available += amount

        @rule(amounts=st.lists(st.integers(1, 300_00), min_size=1, max_size=3), who=st.sampled_from(HANDS))
        def grant(self, amounts: list[int], who: str) -> None:
            case, whole, id = self._decided(sum(amounts)), sum(amounts), uuid.uuid4()
            parts = [Part(uuid.uuid4(), id, amount) for amount in amounts]

            def do(by: Any) -> None:
                service.post(by, Posting(self.f["fund"], "award", "KES", whole, f"award {case}", grant_id=id))
                db.session.execute(sa.insert(Grant).values(
                    id=id, fund_id=self.f["fund"], call_id=self.f["call"], application_id=case, currency="KES",
                    amount=whole, title="T", lang="en", country="KE", level="full", awarded_on=make.today()))
                db.session.execute(sa.insert(Grantee).values(grant_id=id, organisation_id=self.f["ngo"],
                                                             application_id=case, payee_reference="P-1"))
                for place, part in enumerate(parts, start=1):
                    db.session.execute(sa.insert(Instalment).values(
                        id=part.id, grant_id=id, place=place, amount=part.amount, due_on=make.today() + timedelta(place)))

            allowed = who == "admin" and whole <= self.available
            assert (self._act(who, do) is not None) == allowed, "received money only, by the administrator only"
            if allowed:
                self.available -= whole
                self.parts += parts

        def _decided(self, amount: int) -> uuid.UUID:
            """An application that the committee has decided to grant."""
            f, case = self.f, make_fund.application(world, self.f["call"], self.f["ngo"], requested=amount)
            make.add(world, *(Vote(application_id=case, fund_id=f["fund"], person_id=f[f"member{n}"], choice="for",
                                   words="Yes", application_revision=1, at=make.now()) for n in (1, 2, 3)),
                     Decision(application_id=case, fund_id=f["fund"], outcome="granted", amount=amount, reason="need",
                              words="Because", lang="en", application_revision=0, seats=0, stepped_aside=0, needed=0,
                              votes_for=0, votes_against=0, abstained=0, person_id=f["admin"], at=make.now()))
            return case

        @precondition(lambda self: self.parts)
        @rule(n=st.integers(0, 99), who=st.sampled_from(HANDS))
        def prepare(self, n: int, who: str) -> None:
            part, id = self.parts[n % len(self.parts)], uuid.uuid4()

            def do(by: Any) -> None:
                db.session.execute(sa.insert(Payment).values(
                    id=id, instalment_id=part.id, grant_id=part.grant, fund_id=self.f["fund"], state="prepared",
                    currency="KES", amount=part.amount, payee_reference="P-1"))
                self._step(by, part, id, "prepared")

            allowed = part.state in ("due", "returned") and who in MAY["prepared"]
            assert (self._act(who, do) is not None) == allowed
            if allowed:
                part.state, part.payment, part.hands = "prepared", id, {who}

        def _step(self, by: Any, part: Part, payment: uuid.UUID, name: str) -> None:
            if name in POSTS:
                service.post(by, Posting(self.f["fund"], POSTS[name], "KES", part.amount, f"{name} {payment}",
                                         grant_id=part.grant, payment_id=payment))
            db.session.execute(sa.insert(PaymentStep).values(
                id=uuid.uuid4(), payment_id=payment, grant_id=part.grant, fund_id=self.f["fund"], step=name,
                person_id=by.person, at=make.now(), words=""))

        @precondition(lambda self: any(part.payment for part in self.parts))
        @rule(n=st.integers(0, 99), who=st.sampled_from(HANDS), name=st.sampled_from(sorted(AFTER)))
        def pass_on(self, n: int, who: str, name: str) -> None:
            under_way = [part for part in self.parts if part.payment]
            part = under_way[n % len(under_way)]
            fresh = name not in ("approved", "released") or who not in part.hands
            allowed = part.state == AFTER[name] and who in MAY[name] and fresh
            done = self._act(who, lambda by: self._step(by, part, part.payment, name))
            assert (done is not None) == allowed, (part.state, name, who)
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
                                         grant_id=part.grant))

            allowed = who == "admin" and part.state in ("due", "returned", "stopped")
            assert (self._act(who, do) is not None) == allowed, part.state
            if allowed:
                part.state = "cancelled"
                self.available += part.amount

        @invariant()
        def adds_up(self) -> None:
            assert self._now_is(self.available)
            with world.worker.app_context():
                broken = [each for each in verify.check() if not each.holds]
                db.session.rollback()
            assert broken == []

        def _now_is(self, amount: int) -> bool:
            return world.sql("SELECT coalesce(-sum(amount), 0) FROM fund.balance WHERE kind = 'available'") == [(amount,)]

    run_state_machine_as_test(Money, settings=settings(
        max_examples=number, stateful_step_count=12, deadline=None, derandomize=number < 50,
        suppress_health_check=list(HealthCheck)))


def test_money_always_adds_up(stage: Any) -> None:
    play(stage, 4)


@pytest.mark.slow
def test_money_always_adds_up_in_two_hundred_lives(stage: Any) -> None:
    play(stage, 200)

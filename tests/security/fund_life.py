"""One life of a fund's money: a small model in plain Python, and the same acts done to the database.

The model says what should happen and keeps books of its own; the database must agree after each step, and `verify`
must find every invariant whole. Two steps of three do something that may be done, by somebody who may do it, so that
money gets far; the third is anybody doing anything.
"""

import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy.exc import IntegrityError, ProgrammingError
from tests import make
from tests.security.fund_model import (
    AFTER,
    CURRENCIES,
    FIRST,
    KEEPERS,
    MAY,
    OVER,
    POSTS,
    TURNS,
    WAITS,
    Came,
    Case,
    Part,
    Promised,
    Turn,
)

from polyphony.fund.applying.models import Applicant, Application
from polyphony.fund.deciding.models import Decision, Grant, Grantee, Instalment, Vote
from polyphony.fund.giving import reading
from polyphony.fund.giving import service as giving
from polyphony.fund.giving.models import Pledge, PledgeChange
from polyphony.fund.ledger import chain, service
from polyphony.fund.ledger.models import MOVES
from polyphony.fund.ledger.rules import Posting
from polyphony.fund.paying.models import Payment, PaymentStep
from polyphony.fund.reviewing.models import Recusal
from polyphony.fund.verify import service as verify
from polyphony.kernel.database import db
from polyphony.kernel.refusals import NotThere, Refusal
from polyphony.kernel.viewer import open_viewer


class Life(RuleBasedStateMachine):
    """From an empty ledger on. `world`, `run` (SQL as the owner) and the counters are given by the subclass."""

    world: Any
    run: Any
    reached: Counter[str]
    steps: list[int]

    def __init__(self) -> None:
        super().__init__()
        self.f, self.been = self.world.facts, {"life"}
        self.books: Counter[tuple[str, str]] = Counter()
        self.promises: list[Promised] = []
        self.came: list[Came] = []
        self.parts: list[Part] = []
        self.run(sa.text("SET session_replication_role = replica; " + "".join(f"DELETE FROM fund.{x}; " for x in OVER)
                         + "DELETE FROM audit.row; SET session_replication_role = origin"))
        for currency in CURRENCIES:
            self.promise("lead", currency, FIRST + 500_00)
            self.receive("treasurer", self.promises[-1], FIRST, currency)

    def teardown(self) -> None:
        self.reached.update(self.been)

    @rule(turn=TURNS)
    def step(self, turn: Turn) -> None:
        able = [] if turn.blind else getattr(self, f"_{turn.about}")(turn)
        anything = able or (self._anything(turn) if turn.blind else [self.seal])
        anything[turn.n % len(anything)]()

    @invariant()
    def adds_up(self) -> None:
        rows = self.run(sa.text("SELECT a.currency, a.kind, b.amount FROM fund.balance b JOIN fund.account a "
                                "ON a.id = b.account_id WHERE b.amount <> 0"))
        assert {(currency, kind): amount for currency, kind, amount in rows} == {
            account: amount for account, amount in self.books.items() if amount}
        broken = [each for each in verify.check() if not each.holds]
        db.session.rollback()
        assert broken == []
        self.steps.append(1)

    # What may be done next, by somebody who may do it.

    def _money(self, turn: Turn) -> list[Callable[[], None]]:
        n, keeper = turn.n, KEEPERS[turn.n % 2]
        able: list[Callable[[], None]] = [lambda: self.promise("lead", turn.currency, turn.amount)]
        able.append(lambda: self.receive(keeper, None, 1 + turn.amount % 200_00, turn.currency))
        pledge = self.promises[n // 7 % len(self.promises)]
        able += [lambda: self.change("raised", pledge, turn.amount)] * 2
        if pledge.left:
            some = 1 + turn.amount % pledge.left
            able.append(lambda: self.change("withdrawn", pledge, some))
            able += [lambda: self.receive(keeper, pledge, some, pledge.currency)] * 2
            able.append(lambda: self.receive(keeper, pledge, pledge.left + turn.amount, pledge.currency))
        waiting = [each for each in self.came if each.waits]
        return self._waiting(waiting[n // 7 % len(waiting)], keeper) if waiting and turn.amount % 3 else able

    def _waiting(self, came: Came, keeper: str) -> list[Callable[[], None]]:
        """Money without a promise waits: it goes back, or one is found for it."""
        fits = [to for to in self.promises if to.currency == came.currency and to.left >= came.amount]
        return [lambda: self.send_back(keeper, came), *[lambda: self.match(keeper, came, fits[0])] * bool(fits)]

    def _grant(self, turn: Turn) -> list[Callable[[], None]]:
        there = -self.books[turn.currency, "available"]
        amounts = [1 + amount % max(there // len(turn.amounts), 1) for amount in turn.amounts]
        return [lambda: self.grant("admin", turn.currency, amounts)] if sum(amounts) <= there else []

    def _pay(self, turn: Turn) -> list[Callable[[], None]]:
        able = [(part, name) for part in self.parts for name in AFTER if name != "stopped" and part.state in AFTER[name]]
        ways = [lambda part=part, name=name, who=who: self.pass_on(who, part, name)
                for part, name in able for who in self._free(part, name)[turn.n // 11 % 2:][:1]]
        due = [lambda part=part, who=who: self.prepare(who, part) for part in self.parts if part.state in WAITS
               for who in self._free(part, "prepared")[:1]]
        return ways * 2 + due or self._grant(turn)

    def _mend(self, turn: Turn) -> list[Callable[[], None]]:
        able: list[Callable[[], None]] = [self.seal]
        if self.came:
            came = self.came[turn.n // 7 % len(self.came)]
            able.append(lambda: self.take_back(KEEPERS[turn.n % 2], came))
        if self.parts:
            part = self.parts[turn.n // 7 % len(self.parts)]
            able.append(lambda: self.step_aside(turn.who, part.case))
        for part in [each for each in self.parts if each.state in WAITS][-2:]:
            able.append(lambda part=part: self.cancel("admin", part))
        for part in [each for each in self.parts if each.state in AFTER["stopped"]][-2:]:
            able.append(lambda part=part: self.pass_on(turn.who if turn.who != "admin" else "both", part, "stopped"))
        return able

    @staticmethod
    def _free(part: Part, name: str) -> list[str]:
        return [who for who in MAY[name] if who not in part.case.aside
                and (name not in ("approved", "released") or who not in part.hands)]

    def _anything(self, turn: Turn) -> list[Callable[[], None]]:
        """Anybody does anything: mostly it is refused, and nothing happened."""
        who, pledge = turn.who, self.promises[turn.n // 7 % len(self.promises)]
        able: list[Callable[[], None]] = [
            lambda: self.promise(who if turn.n % 2 else "lead", turn.currency, turn.amount),
            lambda: self.change("withdrawn", pledge, turn.amount),
            lambda: self.receive(who, pledge, turn.amount, turn.currency),
            lambda: self.grant(who, turn.currency, turn.amounts)]
        if self.came:
            came = self.came[turn.n // 7 % len(self.came)]
            able += [lambda: self.match(who, came, pledge), lambda: self.send_back(who, came),
                     lambda: self.take_back(who, came)]
        if self.parts:
            part = self.parts[turn.n // 7 % len(self.parts)]
            able += [lambda: self.prepare(who, part), lambda: self.cancel(who, part),
                     lambda: self.step_aside(who, part.case)]
        under_way = [part for part in self.parts if part.payment]
        if under_way:
            part_on = under_way[turn.n // 7 % len(under_way)]
            able += [lambda: self.pass_on(who, part_on, turn.step)] * 3
        return able

    # The acts: what the model expects, and the database beside it.

    def _act(self, who: str, what: Any) -> bool:
        """Do something as a person: whether it was done, or refused."""
        with self.world.app.test_request_context("/"):
            try:
                what(open_viewer(self.f["sessions"][who]))
                db.session.commit()
                return True
            except (IntegrityError, ProgrammingError, Refusal, NotThere) as error:
                db.session.rollback()
                if isinstance(error, ProgrammingError) and error.orig.sqlstate != "42501":  # refused by row security
                    raise
                return False

    def _moved(self, kind: str, currency: str, amount: int, reached: str = "") -> None:
        debit, credit = MOVES[kind]
        self.books[currency, debit] += amount
        self.books[currency, credit] -= amount
        self.been.add(reached or kind)

    def promise(self, who: str, currency: str, amount: int) -> None:
        id = uuid.uuid4()
        done = self._act(who, lambda by: db.session.execute(sa.insert(Pledge).values(
            id=id, fund_id=self.f["fund"], company_id=self.f["company"], currency=currency, amount=amount, words="",
            due_on=make.today(), made_on=make.today())))
        assert done == (who == "lead"), "companies promise, nobody for them"
        if done:
            self.promises.append(Promised(id, currency, amount))

    def change(self, kind: str, pledge: Promised, amount: int) -> None:
        done = self._act("lead", lambda by: db.session.execute(sa.insert(PledgeChange).values(
            id=uuid.uuid4(), pledge_id=pledge.id, company_id=self.f["company"], kind=kind, amount=amount,
            words="", on=make.today())))
        assert done == (kind == "raised" or amount <= pledge.left), "never below what has come"
        if done:
            pledge.left += amount if kind == "raised" else -amount
            self.been.add(kind)

    def receive(self, who: str, pledge: Promised | None, amount: int, currency: str) -> None:
        """Under a promise or without one; what is above the promise is recorded apart."""
        ids: list[uuid.UUID] = []
        done = self._act(who, lambda by: ids.extend(giving.record(
            by, fund_id=self.f["fund"], currency=currency, amount=amount, received_on=make.today(),
            bank_reference=f"B {uuid.uuid4()}", pledge_id=pledge and pledge.id, apart=True)))
        fits = pledge is None or (pledge.left > 0 and pledge.currency == currency)
        assert done == (who in KEEPERS and fits)
        if not done:
            return
        within = min(amount, pledge.left) if pledge else 0
        for kind, part, under in (("receipt", within, pledge), ("unmatched_receipt", amount - within, None)):
            if part:
                self.came.append(Came(ids.pop(0), currency, part, under, [kind]))
                self._moved(kind, currency, part, "overpaid" if under is None and pledge else "")
        if pledge:
            pledge.left -= within

    def match(self, who: str, came: Came, to: Promised) -> None:
        done = self._act(who, lambda by: giving.match(by, receipt_id=came.id, pledge_id=to.id))
        fits = came.waits and came.currency == to.currency and came.amount <= to.left
        assert done == (who in KEEPERS and fits)
        if done:
            to.left -= came.amount
            came.pledge = to
            came.acts.append("matching")
            self._moved("matching", came.currency, came.amount)

    def send_back(self, who: str, came: Came) -> None:
        done = self._act(who, lambda by: giving.send_back(by, receipt_id=came.id, words="Not ours"))
        assert done == (who in KEEPERS and came.waits)
        if done:
            came.acts.append("sending_back")
            self._moved("sending_back", came.currency, came.amount)

    def take_back(self, who: str, came: Came) -> None:
        """The last act on a receipt, by its exact opposite; of money that is granted already, it is refused."""
        def do(by: Any) -> None:
            last = giving.last_entry(reading.receipt(came.id))
            giving.take_back(by, receipt_id=came.id, entry_id=last.id if last else uuid.uuid4(), words="Wrong")

        done, last = self._act(who, do), came.acts[-1] if came.acts else ""
        needs = came.amount if last in ("receipt", "matching") else 0
        assert done == (who in KEEPERS and last != "" and needs <= -self.books[came.currency, "available"])
        if done:
            self._moved(came.acts.pop(), came.currency, -came.amount, "reversed")
            if came.pledge:
                came.pledge.left += came.amount
                came.pledge = None

    def grant(self, who: str, currency: str, amounts: list[int]) -> None:
        whole = sum(amounts)
        case = Case(self._decided(whole, currency), uuid.uuid4(), currency)
        parts = [Part(uuid.uuid4(), case, amount) for amount in amounts]

        def do(by: Any) -> None:
            service.post(by, Posting(self.f["fund"], "award", currency, whole, f"award {case.grant}",
                                     grant_id=case.grant))
            db.session.execute(sa.insert(Grant).values(
                id=case.grant, fund_id=self.f["fund"], call_id=self.f["calls"][currency], amount=whole,
                application_id=case.application, currency=currency, title="T", lang="en", country="KE", level="full",
                awarded_on=make.today()))
            db.session.execute(sa.insert(Grantee).values(grant_id=case.grant, organisation_id=self.f["ngo"],
                                                         application_id=case.application, payee_reference="P-1"))
            db.session.execute(sa.insert(Instalment).values([
                {"id": part.id, "grant_id": case.grant, "place": place, "amount": part.amount,
                 "due_on": make.today() + timedelta(place)} for place, part in enumerate(parts, start=1)]))

        allowed = who == "admin" and whole <= -self.books[currency, "available"]
        assert self._act(who, do) == allowed, "received money only, by the administrator only"
        if allowed:
            self.parts += parts
            self._moved("award", currency, whole)
            self.been |= {"instalments"} if len(parts) > 1 else set()
        else:  # the fund decides and grants in one act, and both are refused
            self.run(sa.text(
                "SET session_replication_role = replica; "
                f"DELETE FROM fund.decision WHERE application_id = '{case.application}'; "
                f"UPDATE fund.application SET state = 'submitted' WHERE id = '{case.application}'; "
                "SET session_replication_role = origin"))

    def _decided(self, amount: int, currency: str) -> uuid.UUID:
        """An application that the committee has decided to grant."""
        f, case = self.f, uuid.uuid4()
        about = {"fund_id": f["fund"], "application_id": case}
        self.run(sa.insert(Application).values(
            id=case, call_id=f["calls"][currency], fund_id=f["fund"], state="submitted", lang="en", requested=amount,
            country="KE", submitted_on=make.today()))
        self.run(sa.insert(Applicant).values(application_id=case, organisation_id=f["ngo"], payee_reference="P-1"))
        self.run(sa.insert(Vote).values([
            {**about, "id": uuid.uuid4(), "person_id": f[f"member{n}"], "number": 1, "choice": "for",
             "words": "Yes", "application_revision": 1, "at": make.now()} for n in (1, 2, 3)]))
        self.run(sa.insert(Decision).values(
            **about, outcome="granted", amount=amount, reason="need", words="Because", lang="en",
            application_revision=0, seats=0, stepped_aside=0, needed=0, votes_for=0, votes_against=0, abstained=0,
            person_id=f["admin"], at=make.now()))
        self.run(sa.update(Application).where(Application.id == case).values(state="decided"))
        return case

    def step_aside(self, who: str, case: Case) -> None:
        """A conflict of interest that comes up after the decision, also in the middle of a payment."""
        done = self._act(who, lambda by: db.session.execute(sa.insert(Recusal).values(
            id=uuid.uuid4(), application_id=case.application, fund_id=self.f["fund"], person_id=by.person,
            origin="declared", kind="family", at=make.now())))
        assert done == (who not in case.aside)
        case.aside.add(who)
        self.been.add("aside")

    def prepare(self, who: str, part: Part) -> None:
        id = uuid.uuid4()

        def do(by: Any) -> None:
            db.session.execute(sa.insert(Payment).values(
                id=id, instalment_id=part.id, grant_id=part.case.grant, fund_id=self.f["fund"], state="prepared",
                currency=part.case.currency, amount=part.amount, payee_reference="P-1"))
            self._hand(by, part, id, "prepared")

        allowed = part.state in WAITS and who in self._free(part, "prepared")
        assert self._act(who, do) == allowed
        if allowed:
            self.been |= {"prepared"} | ({"again"} if part.payment else set())
            part.state, part.payment, part.hands = "prepared", id, {who}

    def _hand(self, by: Any, part: Part, payment: uuid.UUID | None, name: str) -> None:
        if name in POSTS:
            service.post(by, Posting(self.f["fund"], POSTS[name], part.case.currency, part.amount, f"{name} {payment}",
                                     grant_id=part.case.grant, payment_id=payment))
        db.session.execute(sa.insert(PaymentStep).values(
            id=uuid.uuid4(), payment_id=payment, grant_id=part.case.grant, fund_id=self.f["fund"], step=name,
            person_id=by.person, at=make.now(), words="Why"))

    def pass_on(self, who: str, part: Part, name: str) -> None:
        allowed = part.state in AFTER[name] and who in self._free(part, name)
        done = self._act(who, lambda by: self._hand(by, part, part.payment, name))
        assert done == allowed, (part.state, name, who)
        if allowed:
            part.state = name
            part.hands |= {who}
            self.been.add(name)
            if name in POSTS:
                self._moved(POSTS[name], part.case.currency, part.amount)

    def cancel(self, who: str, part: Part) -> None:
        def do(by: Any) -> None:
            done = db.session.execute(sa.update(Instalment).where(
                Instalment.id == part.id, Instalment.cancelled_on.is_(None)).values(
                    cancelled_on=make.today(), cancelled_because="No longer needed"))
            if done.rowcount == 0:
                raise NotThere
            service.post(by, Posting(self.f["fund"], "cancellation", part.case.currency, part.amount,
                                     f"cancel {part.id}", grant_id=part.case.grant))

        allowed = who == "admin" and part.state in WAITS and "admin" not in part.case.aside
        assert self._act(who, do) == allowed, part.state
        if allowed:
            part.state = "cancelled"
            self._moved("cancellation", part.case.currency, part.amount)

    def seal(self) -> None:
        """The job comes by, as every five minutes."""
        if chain.seal_new():
            self.been.add("sealed")
        db.session.commit()

"""The fund of the demo: its bodies, its money and its calls, as rows in the order in which they came about.

The database counts votes, keeps balances and refuses a third hand that is a second one, also here: nothing but row
security is lifted. So the rows are grouped in acts, each put before the next, and what a case or a call became in
the end (`decided`) is set last.
"""

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from polyphony.demo.cast import Cast, day, moment
from polyphony.demo.fund_books import Books, minor
from polyphony.fund.bodies.models import Body, CompositionRule, Fund, Seat
from polyphony.fund.calls.models import TEXTS, Call, CallStep, Criterion, Eligibility
from polyphony.fund.giving.models import Pledge, Receipt
from polyphony.languages.models import Translation, TranslationWork
from polyphony.organisations.models import Membership
from polyphony.people.models import Person

Act = list[Any]
SLUG = "fund"


class FundStory:
    """Builds the acts of `texts/fund.toml`."""

    def __init__(self, told: dict[str, Any], players: Cast):
        from polyphony.demo.fund_cases import Case

        self.told, self.players, self.fund_id = told, players, players.id_of(SLUG)
        self.books = Books(self.fund_id)
        self.calls: dict[str, Call] = {}
        self.criteria: dict[str, list[Criterion]] = {}
        self.acts: list[Act] = [*self._bodies(), *self._money()]
        for key, each in told["calls"].items():
            if "judged_like" in each:
                each |= {name: told["calls"][each["judged_like"]][name] for name in ("criteria", "questions")}
            self.acts += self._call(key, each)
        self.cases = [Case(self, number, each) for number, each in enumerate(told["applications"])]
        for case in self.cases:
            self.acts += case.acts()

    @property
    def tables(self) -> set[str]:
        """Every table that this story fills."""
        return {type(row).__table__.fullname for act in self.acts for row in act} | {"fund.seal"}

    def put(self, session: Session) -> None:
        """Act by act, then what everything became, then the seal over every entry."""
        for act in self.acts:
            session.add_all(act)
            session.flush()
        for case in self.cases:
            case.settle()
        session.flush()
        for key, call in self.calls.items():
            call.state = self.told["calls"][key]["state"]
        session.flush()
        session.add_all(self.books.seals())
        session.flush()

    def who(self, seat: str) -> Person:
        return self.players.person(seat, SLUG)

    def _bodies(self) -> Iterable[Act]:
        founded = day(self.told["founded_in_days"])
        yield [Fund(organisation_id=self.fund_id, purpose=self.told["purpose"]["en"], lang="en", founded_on=founded),
               *self.translated(self.fund_id, "fund_purpose", self.fund_id, "purpose", self.told["purpose"], -370)]
        bodies = {kind: Body(id=uuid.uuid4(), fund_id=self.fund_id, kind=kind) for kind in ("governing", "allocation")}
        yield [*bodies.values()]
        yield [CompositionRule(body_id=bodies[kind].id, kind=rule, constituency=constituency, number=number)
               for kind, rules in self.told["rules"].items() for rule, constituency, number in rules]
        memberships = {row.person_id: row.id for row in self.players.rows
                       if isinstance(row, Membership) and row.organisation_id == self.fund_id}
        for each in self.told["seats"]:
            who = self.who(each["who"])
            yield [Seat(membership_id=memberships[who.id], body_id=bodies[each.get("body", "allocation")].id,
                        person_id=who.id, shown_as=who.name, comes_from=each["from"],
                        constituency=each["constituency"], begun_on=day(-360), until=day(-360 + 3 * 365))]

    def _money(self) -> Iterable[Act]:
        """Promises, what came of them, and what nobody can place yet."""
        for each in self.told["pledges"]:
            promise = Pledge(id=uuid.uuid4(), fund_id=self.fund_id, company_id=self.players.id_of(each["company"]),
                             currency=each["currency"], amount=minor(each["amount"]), words=each["words"],
                             made_on=day(each["made_in_days"]), due_on=day(each["due_in_days"]))
            yield [promise]
            for on, amount, reference in each["came"]:
                yield from self._came(on, each["currency"], amount, reference, promise)
        waits = self.told["unmatched"]
        yield from self._came(waits["on_in_days"], waits["currency"], waits["amount"], waits["reference"], None)

    def _came(self, on: int, currency: str, amount: int, reference: str, promise: Pledge | None) -> Iterable[Act]:
        made = Receipt(id=uuid.uuid4(), fund_id=self.fund_id, pledge_id=promise and promise.id,
                       company_id=promise and promise.company_id, currency=currency, amount=minor(amount),
                       received_on=day(on), bank_reference=reference, state="matched" if promise else "unmatched")
        yield [made]
        yield from self.books.post("receipt" if promise else "unmatched_receipt", currency, minor(amount),
                                   f"receipt {made.id}", at=moment(on, 11), by=self.who("treasurer").id,
                                   pledge_id=made.pledge_id, receipt_id=made.id)

    def _call(self, key: str, told: dict[str, Any]) -> Iterable[Act]:
        """One call: written closed or open, with every text in every language."""
        texts = told["texts"]
        # An application is decided while its call is closed; `put` sets what the call became.
        state = "closed" if told["state"] == "decided" else told["state"]
        made = self.calls[key] = Call(
            id=uuid.uuid4(), fund_id=self.fund_id, state=state, currency=told["currency"],
            **{name: minor(told[name]) for name in ("envelope", "smallest", "largest")}, source_lang="en",
            languages=[*texts], **{name: texts["en"][name] for name in TEXTS}, time_zone="Africa/Nairobi",
            opens_at=moment(told["opens_in_days"], 6), closes_at=moment(told["closes_in_days"], 20), reviews_each=2)
        yield [made]
        criteria = self.criteria[key] = [
            Criterion(id=uuid.uuid4(), call_id=made.id, place=n, weight=each["weight"],
                      **{name: each[name]["en"] for name in ("name", "words")})
            for n, each in enumerate(told["criteria"], start=1)]
        questions = [Eligibility(id=uuid.uuid4(), call_id=made.id, place=n, must_be=each["must_be"],
                                 **{name: each[name]["en"] for name in ("question", "otherwise")})
                     for n, each in enumerate(told["questions"], start=1)]
        yield [*criteria, *questions, *self._steps(made, told)]
        yield [*self._translated(made, told, criteria, questions)]

    def _steps(self, call: Call, told: dict[str, Any]) -> Iterable[CallStep]:
        admin, opens, closes = self.who("admin").id, told["opens_in_days"], told["closes_in_days"]
        plan = [("draft", "scheduled", opens - 10, 10, admin), ("scheduled", "open", opens, 6, None),
                ("open", "closed", closes, 20, None), ("closed", "decided", told.get("decided_in_days", 0), 15, admin)]
        for start, end, on, hour, by in plan:
            yield CallStep(id=uuid.uuid4(), call_id=call.id, start=start, end=end, at=moment(on, hour), person_id=by)
            if end == told["state"]:
                return

    def _translated(self, call: Call, told: dict[str, Any], criteria: list[Criterion],
                    questions: list[Eligibility]) -> Iterable[Any]:
        on = told["opens_in_days"] - 12
        for name in TEXTS:
            words = {lang: texts[name] for lang, texts in told["texts"].items()}
            yield from self.translated(call.id, "fund_call", call.id, name, words, on)
        for criterion, each in zip(criteria, told["criteria"], strict=True):
            for name in ("name", "words"):
                yield from self.translated(call.id, "fund_criterion", criterion.id, name, each[name], on)
        for question, each in zip(questions, told["questions"], strict=True):
            for name in ("question", "otherwise"):
                yield from self.translated(call.id, "fund_eligibility", question.id, name, each[name], on)

    def translated(self, about: uuid.UUID, kind: str, subject: uuid.UUID, field: str, texts: dict[str, str], on: int,
                   source: str = "en", by: str = "") -> Iterable[Any]:
        """A text in its other languages, and whose work that was: the fund's translator, or an organisation's own."""
        maker = self.players.person("translator", by or SLUG)
        for lang, text in texts.items():
            if lang != source:
                made = Translation(id=uuid.uuid4(), consultation_id=about, kind=kind, subject_id=subject, field=field,
                                   lang=lang, text=text, mark="person")
                yield made
                yield TranslationWork(id=uuid.uuid4(), translation_id=made.id, person_id=maker.id, act="made",
                                      consultation_id=about, on=day(min(on, 0)))

"""One application of the demo's fund: written, reviewed, voted on, decided, granted, and paid as far as it came."""

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from polyphony.demo.cast import day, moment
from polyphony.demo.fund_books import minor
from polyphony.fund.applying.models import Applicant, Application, ApplicationHand, BudgetLine, Part
from polyphony.fund.deciding.models import Decision, Grant, Grantee, Instalment, Vote
from polyphony.fund.paying.models import Payment, PaymentStep
from polyphony.fund.reviewing.models import Assignment, Lock, Recusal, Score

if TYPE_CHECKING:
    from polyphony.demo.fund import Act, FundStory

MEMBERS = tuple(f"member{n}" for n in range(1, 6))
REMARKS = ("The need is told by those who have it.", "Clear, modest, and the risks are thought through.",
           "I should like to know more about who leads.")
VOTES = {"for": "The reviewers agree, and I see nobody else who would pay for this.",
         "against": "A good idea; I would have asked for a clearer budget first."}
CONDITIONS = {
    "en": "A short account of the first part, in any language, spoken or written.",
    "fr": "Un court récit de la première partie, dans n'importe quelle langue, parlé ou écrit.",
    "es": "Un breve relato de la primera parte, en cualquier lengua, hablado o escrito.",
    "pt": "Um breve relato da primeira parte, em qualquer língua, falado ou escrito.",
    "ar": "حكاية قصيرة عن الجزء الأول، بأي لغة، مسموعة أو مكتوبة.",
    "sw": "Maelezo mafupi ya sehemu ya kwanza, kwa lugha yoyote, ya mdomo au maandishi.",
    "id": "Cerita singkat tentang bagian pertama, dalam bahasa apa pun, lisan atau tertulis.",
}
HEARD = "We heard it on the phone, and it is good."
# How far a payment went: who acted, on which day, and which entry that posted.
HANDS = (("prepared", "treasurer", ""), ("approved", "approver", ""), ("released", "releaser", "release"),
         ("confirmed", "treasurer", "confirmation"))
PAYABLE = -16  # day on which first payments are prepared


class Case:
    """The acts of one application."""

    def __init__(self, story: "FundStory", number: int, told: dict[str, Any]):
        self.story, self.number, self.told = story, number, told
        self.call, self.plan = story.calls[told["call"]], story.told["calls"][told["call"]]
        self.sent = self.plan["closes_in_days"] - 3 + number % 3 if self.plan["state"] != "open" else -2
        self.house = story.players.organisations[told["by"]]
        self.reference = f"BF-{1000 + number * 37}"
        self.application = Application(
            id=uuid.uuid4(), call_id=self.call.id, fund_id=story.fund_id,
            state="draft" if told.get("draft") else "submitted", lang=told["lang"], country=self.house.country,
            requested=sum(minor(amount) for _words, amount, _english in told["lines"]), at_risk=True, level="region",
            submitted_on=None if told.get("draft") else day(self.sent), revision=1)

    def acts(self) -> Iterable["Act"]:
        """Everything that happened to it, in order."""
        yield from self._written()
        if "scores" in self.told:
            yield from self._reviewed()
        if "aside" in self.told or "votes" in self.told:
            yield from self._voted()
        if "letter" in self.told:
            yield from self._decided()
        if "granted" in self.told:
            yield from self._granted()

    def settle(self) -> None:
        """What was decided is decided; before, the database would have refused the decision."""
        if "letter" in self.told:
            self.application.state = "decided"

    @property
    def decided(self) -> int:
        """The day of its decision, or on which it will be talked about."""
        return int(self.plan.get("decided_in_days", -1))

    def _written(self) -> Iterable["Act"]:
        here, told, coordinator = self.application, self.told, self.story.players.person("coordinator", self.told["by"])
        yield [here]
        lines = [BudgetLine(id=uuid.uuid4(), application_id=here.id, place=n, words=words, amount=minor(amount))
                 for n, (words, amount, _english) in enumerate(told["lines"], start=1)]
        yield [Applicant(application_id=here.id, organisation_id=self.house.id, payee_reference=self.reference),
               ApplicationHand(application_id=here.id, person_id=coordinator.id, organisation_id=self.house.id,
                               on=day(self.sent)), *lines]
        parts = {name: Part(id=uuid.uuid4(), application_id=here.id, name=name, words=words, lang=told["lang"])
                 for name, words in told["parts"].items()}
        yield [*parts.values()]
        english: list[tuple[Any, str]] = [(parts[name], words) for name, words in told["english"].items()]
        for said, words in (*english, *zip(lines, (each[2] for each in told["lines"]), strict=True)):
            yield [*self.story.translated(self.call.id, "fund_part", said.id, "words", {"en": words}, self.sent + 3,
                                          told["lang"], told["by"])]

    def _reviewed(self) -> Iterable["Act"]:
        """Reviewers are asked, score, and lock; then they see who applies."""
        here, locked = self.application.id, self.plan["closes_in_days"] + 14
        for n, (seat, values) in enumerate(self.told["scores"].items()):
            who = self.story.who(seat).id
            asked = Assignment(id=uuid.uuid4(), application_id=here, fund_id=self.story.fund_id, person_id=who,
                               on=day(self.plan["closes_in_days"] + 2))
            yield [asked]
            if not values:  # she has not read it yet
                continue
            yield [Score(assignment_id=asked.id, criterion_id=criterion.id, application_id=here, value=value, words="")
                   for criterion, value in zip(self.story.criteria[self.told["call"]], values, strict=True)]
            yield [Lock(assignment_id=asked.id, application_id=here, fund_id=self.story.fund_id, person_id=who,
                        lang="en", words=REMARKS[(self.number + n) % len(REMARKS)], at=moment(locked + n, 16))]

    def _voted(self) -> Iterable["Act"]:
        """Who has a conflict steps aside; the others vote."""
        here, fund, aside = self.application.id, self.story.fund_id, self.told.get("aside")
        if aside:
            yield [Recusal(id=uuid.uuid4(), application_id=here, fund_id=fund, person_id=self.story.who(aside).id,
                           origin="declared", kind="family", words="My sister works with them.",
                           at=moment(self.decided - 12, 8))]
        seats = [seat for seat in MEMBERS if seat != aside]
        yield [Vote(id=uuid.uuid4(), application_id=here, fund_id=fund, person_id=self.story.who(seat).id, number=1,
                    choice=choice, words=VOTES[choice], application_revision=1, at=moment(self.decided - 1, 9 + n))
               for n, (seat, choice) in enumerate(zip(seats, self.told["votes"], strict=False))]

    def _decided(self) -> Iterable["Act"]:
        """The decision is recorded with its letter; the count is the database's own, whatever is written here."""
        here, letter, amount = self.application.id, self.told["letter"], minor(self.told.get("granted", 0))
        yield [Decision(application_id=here, fund_id=self.story.fund_id, outcome="granted" if amount else "declined",
                        amount=amount, reason=letter["reason"], words=letter["words"], lang=self.told["lang"],
                        application_revision=1, seats=0, stepped_aside=0, needed=0, votes_for=0, votes_against=0,
                        abstained=0, person_id=self.story.who("admin").id, at=moment(self.decided, 14))]
        yield [*self.story.translated(self.call.id, "fund_decision", here, "words", {"en": letter["en"]},
                                      self.decided + 1, self.told["lang"])]

    def _granted(self) -> Iterable["Act"]:
        """The grant reserves received money, in two instalments: three fifths now, the rest after an account."""
        on, whole = self.decided, minor(self.told["granted"])
        grant = Grant(id=uuid.uuid4(), fund_id=self.story.fund_id, call_id=self.call.id, amount=whole,
                      application_id=self.application.id, currency=self.call.currency,
                      title=self.told["parts"]["title"], lang=self.told["lang"], country=self.house.country,
                      at_risk=True, level="region", awarded_on=day(on))
        yield [grant]
        first, later = whole * 3 // 5, CONDITIONS[self.told["lang"]]
        parts = [Instalment(id=uuid.uuid4(), grant_id=grant.id, place=place, amount=amount, due_on=day(due),
                            condition=condition, cancelled_because="")
                 for place, (amount, due, condition) in enumerate(
                     ((first, PAYABLE + 14, ""), (whole - first, 14 + self.number, later)), start=1)]
        yield [Grantee(grant_id=grant.id, organisation_id=self.house.id, application_id=self.application.id,
                       payee_reference=self.reference), *parts]
        yield from self.story.books.post("award", grant.currency, whole, f"award {grant.id}", grant_id=grant.id,
                                         at=moment(on, 14), by=self.story.who("admin").id)
        for part, state in zip(parts, self.told["paid"], strict=False):
            yield from self._paid(grant, part, state)

    def _paid(self, grant: Grant, part: Instalment, state: str) -> Iterable["Act"]:
        """The payment of one instalment through as many hands as it has passed."""
        payment = Payment(id=uuid.uuid4(), instalment_id=part.id, grant_id=grant.id, fund_id=grant.fund_id,
                          state="prepared", currency=grant.currency, amount=part.amount, payee_reference=self.reference)
        yield [payment]
        begun = PAYABLE if part.place == 1 else -2
        for n, (step, seat, kind) in enumerate(HANDS):
            at, by, entry = moment(begun + n * 2, 10 + n), self.story.who(seat).id, None
            if kind:
                yield from self.story.books.post(kind, grant.currency, part.amount, f"{kind} {payment.id}", at=at,
                                                 by=by, grant_id=grant.id, payment_id=payment.id)
                entry = self.story.books.posted[-1][0].id
            yield [PaymentStep(id=uuid.uuid4(), payment_id=payment.id, grant_id=grant.id, fund_id=grant.fund_id,
                               step=step, person_id=by, at=at, entry_id=entry,
                               words=HEARD if part.condition and step == "prepared" else "")]
            if step == state:
                return

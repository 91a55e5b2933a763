"""The random worlds, with a fund beside the consultations: its people, applications and reviews; and notices and files.

As in `worlds.py`, the oracle says thing by thing, in plain Python, who may see what.
"""

import random
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

from tests import make
from tests.security import worlds
from tests.security.worlds import Random, id

from polyphony.consultations.models import Consultation
from polyphony.fund.applying.models import (
    STATES,
    Applicant,
    Application,
    ApplicationHand,
    BudgetLine,
    ChangeRequest,
    Part,
)
from polyphony.fund.bodies.models import Body, Fund, Seat
from polyphony.fund.calls.models import STATES as CALL_STATES
from polyphony.fund.calls.models import Call, Criterion
from polyphony.fund.reviewing.models import Assignment, Lock, Recusal, Score
from polyphony.inputs.models import Draft, Input
from polyphony.notices.models import Notice
from polyphony.organisations.models import Membership, MembershipEnd, Organisation
from polyphony.people.models import Person, Phrase, PlatformRole
from polyphony.uploads.models import Attachment

HANDS = ("administrator", "reviewer", "reviewer", "committee_member", "committee_member", "translator", "treasurer")
DAY = timedelta(days=1)


def grow(seed: int) -> Random:
    """A world out of a number, as in `worlds.py`, and a fund in it."""
    w = worlds.grow(seed)
    w.chance = random.Random(seed + 1_000_000)
    for said in w.of(Input):
        _file(w, "input", said.id)
    for draft in w.of(Draft):
        draft.input_id = id()
        _file(w, "input", draft.input_id)
    for who, whose in ((Person, "person_id"), (Phrase, "phrase_id")):
        for one in w.of(who):
            w.add(Notice(id=id(), kind="open", day=make.today(), key=w.chance.randbytes(16), consultation_id=w.one(Consultation).id,
                         **{whose: one.id}))
    for one in w.of(Person):
        if role := w.perhaps(w.chance.choice(("steward", "auditor")), 0.2):
            w.add(PlatformRole(person_id=one.id, role=role))
    _fund(w)
    return w


def _file(w: Random, kind: str, subject: UUID) -> None:
    if w.perhaps(True):
        w.add(Attachment(id=id(), kind=kind, subject_id=subject, number=1, format="png", size=9, key=bytes(32),
                         withheld=bool(w.perhaps(True, 0.3)), day=make.today()))


def _fund(w: Random) -> None:
    house = w.add(Organisation(id=id(), name="fund", kind="fund", country="KE", asked_on=make.today(),
                               admitted_on=w.perhaps(make.today(), 0.95)))
    w.add(Fund(organisation_id=house.id, purpose="P", lang="en", founded_on=make.today()))
    bodies = [w.add(Body(id=id(), fund_id=house.id, kind=kind)) for kind in ("governing", "allocation")]
    for who in w.of(Person):
        if w.perhaps(True, 0.6):
            _hand(w, who, house, bodies)
    for _ in range(2):
        w.add(Call(id=id(), fund_id=house.id, state=w.chance.choice((*CALL_STATES, "closed", "closed")), currency="KES", envelope=9, smallest=1,
                   largest=9, source_lang="en", languages=["en"], title="C", opens_at=make.now() - DAY, closes_at=make.now() + DAY))
        w.add(Criterion(id=id(), call_id=w.of(Call)[-1].id, place=1, name="N", weight=100))
    for _ in range(6):
        _application(w)


def _hand(w: Random, who: Any, house: Any, bodies: list[Any]) -> None:
    seat = w.add(Membership(id=id(), person_id=who.id, organisation_id=house.id, role=w.chance.choice(HANDS), begun_at=make.now(), function=""))
    if w.perhaps(True, 0.15):
        w.add(MembershipEnd(membership_id=seat.id, at=make.now(), by=who.id, reason="left"))
    if seat.role == "committee_member" or w.perhaps(True, 0.1):
        begun = make.today() + w.chance.choice((-9, -9, -9, 3)) * DAY
        w.add(Seat(membership_id=seat.id, body_id=w.chance.choice((bodies[0], *bodies[1:] * 3)).id, person_id=who.id, shown_as="M", comes_from="",
                   constituency=w.chance.choice(("academic", "academic", "contributor")), begun_on=begun,
                   until=begun + w.chance.choice((5, 90, 90, 90)) * DAY))


def _application(w: Random) -> None:
    call, house = w.one(Call), w.one(Organisation, kind="stakeholder")
    case = w.add(Application(id=id(), call_id=call.id, fund_id=call.fund_id, state=w.chance.choice((*STATES, "submitted", "submitted")), lang="en",
                             requested=5, country="KE", submitted_on=make.today()))
    w.add(Applicant(application_id=case.id, organisation_id=house.id, payee_reference="P"))
    w.add(Part(id=id(), application_id=case.id, name="title", words="T", lang="en"))
    w.add(BudgetLine(id=id(), application_id=case.id, place=1, words="B", amount=5))
    _file(w, "application", case.id)
    of = {"application_id": case.id, "fund_id": call.fund_id}
    if w.perhaps(True, 0.3):
        w.add(ChangeRequest(id=id(), words="More.", lang="en", asked_on=make.today(), **of))
    if w.perhaps(True, 0.3):
        w.add(ApplicationHand(application_id=case.id, person_id=w.one(Person).id, organisation_id=house.id, on=make.today()))
    at_hand = [seat.person_id for seat in w.of(Membership) if seat.organisation_id == call.fund_id]
    for person in w.chance.sample(at_hand, min(2, len(at_hand))):
        asked = w.add(Assignment(id=id(), person_id=person, on=make.today(), **of))
        w.add(Score(assignment_id=asked.id, criterion_id=w.one(Criterion, call_id=call.id).id, application_id=case.id, value=3))
        if w.perhaps(True, 0.7):
            w.add(Lock(assignment_id=asked.id, person_id=person, lang="en", at=make.now(), **of))
        if w.perhaps(True, 0.15):
            w.add(Recusal(id=id(), person_id=person, origin="declared", kind="family", at=make.now(), **of))


@dataclass
class Oracle(worlds.Oracle):
    """What one viewer may see, of the fund too."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.aside, self.decidable = cache(self.aside), cache(self.decidable)  # type: ignore[method-assign]

    def hand(self, *roles: str) -> set[UUID]:
        return self.seats("fund", *roles)

    def votes(self, fund: UUID) -> bool:
        """She sits in its allocation committee today, and not for those who give."""
        ended = {each.membership_id for each in self.w.of(MembershipEnd)}
        return fund in self.hand() and any(
            each.person_id == self.person and each.begun_on <= make.today() < each.until and each.constituency != "contributor"
            and self._by_id(Body, each.body_id).kind == "allocation" and each.membership_id not in ended
            and self._by_id(Membership, each.membership_id).role == "committee_member" for each in self.w.of(Seat))

    def speaks_for(self) -> set[UUID]:
        return self.seats("stakeholder", "coordinator", "contributor")

    def interprets_for(self) -> set[UUID]:
        return self.seats("stakeholder", "translator")

    def house(self, case: UUID) -> UUID:
        return next(each.organisation_id for each in self.w.of(Applicant) if each.application_id == case)

    def case(self, row: Any) -> Any:
        return self._by_id(Application, row.application_id)

    def aside(self, case: UUID) -> bool:
        """She works for the fund and has to do with this case: by her word, or by her house, now or ever."""
        if not self.hand() or self.person is None:
            return False
        houses = {each.organisation_id for each in self.w.of(Membership) if each.person_id == self.person}
        worked = {each.organisation_id for each in self.w.of(ApplicationHand) if each.person_id == self.person}
        beside = any(each.id != case and each.state != "withdrawn" and each.call_id == self._by_id(Application, case).call_id
                     and self.house(each.id) in houses for each in self.w.of(Application))
        return (self.house(case) in houses | worked or beside
                or any(each.application_id == case and each.person_id == self.person for each in self.w.of(Recusal)))

    def _named(self, model: type, case: UUID, funds: set[UUID]) -> bool:
        return self._by_id(Application, case).state != "withdrawn" and not self.aside(case) and any(
            each.application_id == case and each.person_id == self.person and each.fund_id in funds for each in self.w.of(model))

    def reviews(self, case: UUID) -> bool:
        return self._named(Assignment, case, self.hand("reviewer"))

    def has_locked(self, case: UUID) -> bool:
        return self._named(Lock, case, self.hand())

    def decidable(self, id: UUID) -> bool:
        """The committee and the administrator may know everything of it now."""
        case = self._by_id(Application, id)
        if not (case.fund_id in self.hand("administrator") or self.votes(case.fund_id)) or self.aside(id):
            return False
        if case.state not in ("submitted", "decided") or self._by_id(Call, case.call_id).state not in ("closed", "decided"):
            return False
        gone = {each.person_id for each in self.w.of(Recusal) if each.application_id == id}
        locked = {each.assignment_id for each in self.w.of(Lock)}
        awaited = [each.id in locked for each in self.w.of(Assignment) if each.application_id == id and each.person_id not in gone]
        return case.state == "decided" or (bool(awaited) and all(awaited))

    def administers(self, row: Any) -> bool:
        return row.fund_id in self.hand("administrator") and not self.aside(row.application_id)

    def call(self, c: Any) -> bool:
        return c.state != "draft" or c.fund_id in self.hand("administrator", "translator")

    def application(self, a: Any) -> bool:
        if self.house(a.id) in self.speaks_for() | self.interprets_for():
            return True
        of_fund = (a.fund_id in self.hand("administrator", "translator") or self.votes(a.fund_id)) and not self.aside(a.id)
        return a.state not in ("draft", "withdrawn") and (of_fund or self.reviews(a.id))

    def applicant(self, p: Any) -> bool:
        case = self.case(p)
        if p.organisation_id in self.speaks_for() or self.has_locked(case.id) or self.decidable(case.id):
            return True
        return (case.state not in ("draft", "withdrawn") and case.fund_id in self.hand("administrator") and self.application(case)
                and not self.reviews(case.id))

    def part(self, p: Any) -> bool:
        return self.application(self.case(p))

    budgetline = changerequest = part

    def applicationhand(self, h: Any) -> bool:
        return h.organisation_id in self.speaks_for()

    def assignment(self, s: Any) -> bool:
        mine = s.person_id == self.person and self.reviews(s.application_id)
        return mine or self.administers(s) or self.decidable(s.application_id)

    def recusal(self, r: Any) -> bool:
        return r.person_id == self.person or self.administers(r) or self.decidable(r.application_id)

    def lock(self, k: Any) -> bool:
        return self.has_locked(k.application_id) or self.decidable(k.application_id) or self.administers(k)

    def score(self, s: Any) -> bool:
        asked, case = self._by_id(Assignment, s.assignment_id), s.application_id
        if asked.person_id == self.person and self.reviews(case):
            return True
        return (self.has_locked(case) or self.decidable(case)) and any(each.assignment_id == asked.id for each in self.w.of(Lock))

    def notice(self, n: Any) -> bool:
        return self._is_me(n)

    def attachment(self, a: Any) -> bool:
        if a.kind == "application":
            return self.house(a.subject_id) in self.speaks_for() or (not a.withheld and self.application(self._by_id(Application, a.subject_id)))
        if any(each.input_id == a.subject_id and self._is_me(each) for each in self.w.of(Draft)):
            return True
        said = next((each for each in self.w.of(Input) if each.id == a.subject_id), None)
        return said is not None and (self.wrote(said.id) or (not a.withheld and self.input(said))
                                     or (not said.withdrawn_on and self.facilitates(said.consultation_id)))


JUDGED = (*worlds.JUDGED, Notice, Attachment, Call, Application, Applicant, ApplicationHand, Part, BudgetLine, ChangeRequest, Assignment, Recusal,
          Score, Lock)
EVERYTHING = (*worlds.EVERYTHING, *JUDGED[len(worlds.JUDGED):], Fund, Body, Seat, Criterion, PlatformRole)


def seen(oracle: Oracle) -> set[tuple[str, str]]:
    """Everything this viewer may see, says the oracle."""
    return {(model.__name__, worlds.key(row)) for model in JUDGED for row in oracle.w.of(model)
            if getattr(oracle, model.__name__.lower())(row)}

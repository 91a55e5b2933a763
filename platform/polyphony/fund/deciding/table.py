"""The committee's table: the cases of a call in the order of their score, how far money reaches, and finding one."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import sqlalchemy as sa

from polyphony.fund.applying.models import AWAITED, Applicant, Application, Part
from polyphony.fund.applying.office import called
from polyphony.fund.calls import rules as calls
from polyphony.fund.calls.models import Call, Criterion
from polyphony.fund.deciding import rules, service
from polyphony.fund.deciding.models import Decision, Vote
from polyphony.fund.deciding.rules import Tally
from polyphony.fund.ledger.models import Account, Balance
from polyphony.fund.reviewing import reading as reviews
from polyphony.fund.reviewing import rules as scoring
from polyphony.fund.reviewing.models import Lock, Recusal, Score
from polyphony.kernel import clock, money
from polyphony.kernel.access import require, there
from polyphony.kernel.database import db
from polyphony.kernel.leafing import Leaf, Sought
from polyphony.kernel.locale import language
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import Written, translations_for, written
from polyphony.organisations.models import Organisation


@dataclass
class Line:
    """One case in the list of a call."""

    id: uuid.UUID
    application: Application
    part: Part | None
    decision: Decision | None
    mean: Fraction | None = None
    far_apart: bool = False
    reviews: int = 0  # that came in and count
    tally: Tally | None = None
    is_ready: bool = False
    is_awaited: bool = False  # a correction
    is_reached: bool = False
    is_sought: bool = True  # among what somebody looks for by words
    has_voted: bool = False  # this viewer, on the case as it stands
    title: Written | None = None

    @property
    def state(self) -> str:
        """Where it stands, in a word to look for it by."""
        if self.decision:
            return self.decision.outcome
        return "awaited" if self.is_awaited else "voting" if self.is_ready else "review"

    @property
    def waits_for_me(self) -> bool:
        return self.state == "voting" and not self.has_voted

    @property
    def mean_shown(self) -> str:
        return reviews.shown(self.mean)


@dataclass
class Table:
    """All cases of a call in the order of their score, and the money there is."""

    call: Call
    title: Written
    lines: list[Line]
    available: int
    left: int
    leaf: Leaf
    counts: dict[str, int] = field(default_factory=dict)
    stands: str = "closed"  # the call, at this very moment

    def shown(self, minor: int) -> str:
        return money.shown(minor, self.call.currency)


PAGE = 25


def table(by: Viewer, call_id: uuid.UUID, sought: Sought, address: Callable[..., str]) -> Table:
    """The cases of a call for its committee, those from which the viewer stepped aside left out."""
    call, available, left = _with_money(call_id)
    require(call.fund_id in by.of("fund_committee") | by.of("fund_admin"), rules.NotSeated())
    lines = rules.best_first(_lines(by, call.id, sought.q))
    open_ones = [line for line in lines if line.decision is None and line.is_ready]
    reached = set(rules.reached([(line.id, line.application.requested) for line in open_ones], min(available, left)))
    found = [line for line in lines if line.is_sought and (
        sought.state in ("", line.state) or (sought.state == "mine" and line.waits_for_me))]
    page = found[sought.start:sought.start + PAGE]
    counts = service.tallies([line.id for line in page])
    tr = translations_for([call.id, *(line.part.id for line in page if line.part)], language())
    for line in page:
        line.tally, line.is_reached = counts.get(line.id), line.id in reached
        line.title = reviews.title_of(line.application, line.part, tr)
    return Table(call, written(call.title, call.source_lang, call.id, "title", tr, language()), page, available, left,
                 Leaf(sought.start, PAGE, len(found), address),
                 {"all": len(lines), "ready": sum(x.state == "voting" for x in lines),
                  "decided": sum(x.decision is not None for x in lines)}, calls.standing(call, clock.now()))


def next_case(by: Viewer, call_id: uuid.UUID) -> uuid.UUID | None:
    """The best case on which this member has not voted, if there is one (three statements)."""
    call = there(db.session.get(Call, call_id))
    require(call.fund_id in by.of("fund_committee") | by.of("fund_admin"), rules.NotSeated())
    return next((line.id for line in rules.best_first(_lines(by, call.id)) if line.waits_for_me), None)


def in_order(by: Viewer, call_id: uuid.UUID) -> list[uuid.UUID]:
    """The undecided cases, best score first, that received money and the envelope reach in full."""
    call, available, left = _with_money(call_id)
    ready = [line for line in rules.best_first(_lines(by, call.id)) if line.state == "voting"]
    return rules.reached([(line.id, line.application.requested) for line in ready], min(available, left))


def _with_money(call_id: uuid.UUID) -> tuple[Call, int, int]:
    """A call, what its fund has available in its currency, and what is left of its envelope (one statement)."""
    there_is = sa.select(sa.func.abs(Balance.amount)).join(Account, Account.id == Balance.account_id).where(
        Account.fund_id == Call.fund_id, Account.currency == Call.currency,
        Account.kind == "available").scalar_subquery()
    call, available, awarded = there(db.session.execute(
        sa.select(Call, there_is, sa.func.fund.call_awarded(Call.id)).where(Call.id == call_id)).first())
    return call, available or 0, call.envelope - (awarded or 0)


def _lines(by: Viewer, call_id: uuid.UUID, q: str = "") -> list[Line]:
    mine = sa.exists().where(Vote.application_id == Application.id, Vote.person_id == by.person,
                             Vote.application_revision == Application.revision)
    rows = db.session.execute(
        sa.select(Application, Part, Decision, sa.exists().where(AWAITED), mine, called(q))
        .outerjoin(Part, sa.and_(Part.application_id == Application.id, Part.name == "title"))
        .outerjoin(Applicant, Applicant.application_id == Application.id)
        .outerjoin(Organisation, Organisation.id == Applicant.organisation_id)
        .outerjoin(Decision, Decision.application_id == Application.id)
        .where(Application.call_id == call_id, Application.state.in_(("submitted", "decided")))).all()
    lines = [Line(a.id, a, part, decision, is_ready=by.is_in("decidable", a.id), is_awaited=awaited, has_voted=voted,
                  is_sought=found is not False) for a, part, decision, awaited, voted, found in rows
             if not by.is_in("stepped_aside", a.id)]  # she may see it still as one of those who apply, but not here
    scores = _scores(call_id)
    for line in lines:
        if line.is_ready:
            means = list(scores.get(line.id, {}).values())
            line.mean, line.far_apart = scoring.together(means), scoring.far_apart(means)
            line.reviews = len(means)
    return lines


def _scores(call_id: uuid.UUID) -> dict[uuid.UUID, dict[uuid.UUID, Fraction | None]]:
    """Per case and reviewer the weighted mean of locked scores, without those who stepped aside later."""
    rows = db.session.execute(
        sa.select(Score, Criterion.weight).join(Criterion, Criterion.id == Score.criterion_id)
        .join(Lock, Lock.assignment_id == Score.assignment_id)
        .outerjoin(Recusal, sa.and_(Recusal.application_id == Lock.application_id, Recusal.person_id == Lock.person_id))
        .where(Criterion.call_id == call_id, Recusal.id.is_(None))).all()
    held: dict[uuid.UUID, dict[uuid.UUID, list[tuple[Score, int]]]] = {}
    for score, weight in rows:
        held.setdefault(score.application_id, {}).setdefault(score.assignment_id, []).append((score, weight))
    return {application: {assignment: scoring.mean({s.criterion_id: s.value for s, _ in given},
                                                   {s.criterion_id: w for s, w in given})
                          for assignment, given in by_reviewer.items()} for application, by_reviewer in held.items()}

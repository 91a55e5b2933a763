"""A case and a call as the committee reads them, a letter as the applicant does."""

import uuid
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from polyphony.fund.applying.models import Applicant, Application, Part
from polyphony.fund.calls.models import Call, Criterion
from polyphony.fund.deciding import rules, service, words
from polyphony.fund.deciding.models import Decision, Grant, Grantee, Instalment
from polyphony.fund.deciding.rules import Tally
from polyphony.fund.ledger.models import Account, Balance
from polyphony.fund.reviewing import reading as reviews
from polyphony.fund.reviewing import rules as scoring
from polyphony.fund.reviewing.models import Lock, Recusal, Score
from polyphony.fund.reviewing.words import KINDS
from polyphony.kernel import clock, money
from polyphony.kernel.access import require, there
from polyphony.kernel.database import db
from polyphony.kernel.locale import language
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import Written, translations_for, written
from polyphony.organisations.models import Organisation


@dataclass(frozen=True)
class Said:
    """One member's last vote, and why it does not count if it does not."""

    name: str
    choice: str
    label: Any
    words: str
    void: str  # '', changed, aside, ended
    is_mine: bool


@dataclass
class Case:
    """Everything on the committee's table about one application."""

    paper: reviews.Paper
    matrix: reviews.Matrix
    applicant: str
    tally: Tally | None
    votes: list[Said]
    aside: list[tuple[str, Any]]  # who stepped aside, and why
    reviewers_aside: int
    decision: Decision | None
    grant: Grant | None
    may_vote: bool

    @property
    def state(self) -> str:
        return self.paper.application.state

    @property
    def changed(self) -> int:
        """Votes that a change of the application voided."""
        return sum(each.void == "changed" for each in self.votes)

    @property
    def after_voting(self) -> int:
        """Votes of members who stepped aside afterwards."""
        return sum(each.void == "aside" for each in self.votes)


def case(by: Viewer, application_id: uuid.UUID) -> Case:
    """One case for the committee and the administrator; 404 for who stepped aside."""
    columns = [each.name for each in fields(Tally)]
    count = sa.func.fund.tally_shown(Application.id).table_valued(*columns).lateral("tally")
    application, call, decision, grant, name, *counted = there(db.session.execute(
        sa.select(Application, Call, Decision, Grant, Organisation.name, *count.c)
        .join(Call, Call.id == Application.call_id)
        .outerjoin(Decision, Decision.application_id == Application.id)
        .outerjoin(Grant, Grant.application_id == Application.id)
        .outerjoin(Applicant, Applicant.application_id == Application.id)
        .outerjoin(Organisation, Organisation.id == Applicant.organisation_id).outerjoin(count, sa.true())
        .where(Application.id == application_id)).first())
    may = application.fund_id in by.of("fund_committee") | by.of("fund_admin")
    there(True if may and not by.is_in("stepped_aside", application.id) else None)
    is_ready, tally = by.is_in("decidable", application.id), Tally(*counted) if counted[0] is not None else None
    matrix = reviews.matrix(call.id, application.id) if is_ready else reviews.Matrix()
    table = _around(by, application)
    return Case(reviews.paper(application, call, matrix.criteria), matrix, (name or "") if is_ready else "", tally,
                table.votes, table.aside, table.reviewers_aside, decision, grant,
                is_ready and application.state == "submitted" and by.is_in("fund_committee", application.fund_id)
                and tally is not None and not tally.is_lost)


@dataclass(frozen=True)
class _Around:
    votes: list[Said]
    aside: list[tuple[str, Any]]
    reviewers_aside: int


# By person: under which name she sits in the allocation committee and whether she sits today; why she stepped aside;
# her votes, the last one last.
_PEOPLE = sa.text("""
SELECT 'seat' AS what, s.person_id, s.shown_as AS said, s.begun_on <= :today AND :today < s.until AS sits, '' AS words,
  0 AS revision, s.until::timestamptz AS at, 0 AS number
FROM fund.seat s JOIN fund.body b ON b.id = s.body_id WHERE b.fund_id = :fund AND b.kind = 'allocation'
UNION ALL SELECT 'aside', r.person_id, r.kind, NULL, '', 0, r.at, 0 FROM fund.recusal r WHERE r.application_id = :case
UNION ALL SELECT 'vote', v.person_id, v.choice, NULL, v.words, v.application_revision, v.at, v.number
FROM fund.vote v WHERE v.application_id = :case
ORDER BY number, at, said""")


def _around(by: Viewer, application: Application) -> _Around:
    """Who sits around the table, who left it, and how they voted (one statement)."""
    seats: dict[uuid.UUID, tuple[str, bool]] = {}
    gone: dict[uuid.UUID, str] = {}
    last: dict[uuid.UUID, Any] = {}
    about = {"case": application.id, "fund": application.fund_id, "today": clock.today()}
    for row in db.session.execute(_PEOPLE, about):
        if row.what == "seat":
            seats[row.person_id] = (row.said, row.sits)
        elif row.what == "aside":
            gone[row.person_id] = row.said
        else:
            last[row.person_id] = row
    return _Around(_votes(by, application, seats, gone, last),
                   [(seats[p][0], KINDS[kind]) for p, kind in gone.items() if p in seats and seats[p][1]],
                   sum(p not in seats for p in gone))


def _votes(by: Viewer, application: Application, seats: dict[uuid.UUID, tuple[str, bool]], gone: dict[uuid.UUID, str],
           last: dict[uuid.UUID, Any]) -> list[Said]:
    made = []
    for person, each in last.items():
        name, sits = seats.get(person, ("…", False))
        void = ("aside" if person in gone else "changed" if each.revision != application.revision
                else "" if sits or application.state == "decided" else "ended")
        made.append(Said(name, each.said, words.CHOICES[each.said], each.words, void, person == by.person))
    return sorted(made, key=lambda said: said.name)


@dataclass
class Line:
    """One case in the list of a call."""

    id: uuid.UUID
    application: Application
    part: Part | None
    decision: Decision | None
    mean: Fraction | None = None
    far_apart: bool = False
    tally: Tally | None = None
    is_ready: bool = False
    is_reached: bool = False
    title: Written | None = None

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
    start: int
    more: int | None
    counts: dict[str, int] = field(default_factory=dict)

    def shown(self, minor: int) -> str:
        return money.shown(minor, self.call.currency)


PAGE = 25


def table(by: Viewer, call_id: uuid.UUID, start: int = 0) -> Table:
    """The cases of a call for its committee, those from which the viewer stepped aside left out."""
    call, available, left = _with_money(call_id)
    require(call.fund_id in by.of("fund_committee") | by.of("fund_admin"), rules.NotSeated())
    lines = rules.best_first(_lines(by, call.id))
    open_ones = [(line.id, line.application.requested) for line in lines if line.decision is None and line.is_ready]
    reached = set(rules.reached(open_ones, min(available, left)))
    page = lines[start:start + PAGE]
    counts = service.tallies([line.id for line in page])
    tr = translations_for([call.id, *(line.part.id for line in page if line.part)], language())
    for line in page:
        line.tally, line.is_reached = counts.get(line.id), line.id in reached
        line.title = reviews.title_of(line.application, line.part, tr)
    return Table(call, written(call.title, call.source_lang, call.id, "title", tr, language()), page, available, left,
                 start, start + PAGE if len(lines) > start + PAGE else None,
                 {"all": len(lines), "ready": len(open_ones), "decided": sum(x.decision is not None for x in lines)})


def in_order(by: Viewer, call_id: uuid.UUID) -> list[uuid.UUID]:
    """The undecided cases, best score first, that received money and the envelope reach in full."""
    call, available, left = _with_money(call_id)
    ready = [line for line in rules.best_first(_lines(by, call.id)) if line.decision is None and line.is_ready]
    return rules.reached([(line.id, line.application.requested) for line in ready], min(available, left))


def _with_money(call_id: uuid.UUID) -> tuple[Call, int, int]:
    """A call, what its fund has available in its currency, and what is left of its envelope (one statement)."""
    there_is = sa.select(sa.func.abs(Balance.amount)).join(Account, Account.id == Balance.account_id).where(
        Account.fund_id == Call.fund_id, Account.currency == Call.currency,
        Account.kind == "available").scalar_subquery()
    call, available, awarded = there(db.session.execute(
        sa.select(Call, there_is, sa.func.fund.call_awarded(Call.id)).where(Call.id == call_id)).first())
    return call, available or 0, call.envelope - (awarded or 0)


def _lines(by: Viewer, call_id: uuid.UUID) -> list[Line]:
    rows = db.session.execute(
        sa.select(Application, Part, Decision)
        .outerjoin(Part, sa.and_(Part.application_id == Application.id, Part.name == "title"))
        .outerjoin(Decision, Decision.application_id == Application.id)
        .where(Application.call_id == call_id, Application.state.in_(("submitted", "decided")))).all()
    lines = [Line(a.id, a, part, decision, is_ready=by.is_in("decidable", a.id)) for a, part, decision in rows
             if not by.is_in("stepped_aside", a.id)]  # she may see it still as one of those who apply, but not here
    scores = _scores(call_id)
    for line in lines:
        if line.is_ready:
            means = list(scores.get(line.id, {}).values())
            line.mean, line.far_apart = scoring.together(means), scoring.far_apart(means)
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


@dataclass(frozen=True)
class Letter:
    """What the fund writes to an applicant."""

    application: Application
    call: Call
    call_title: Written
    title: Written
    decision: Decision
    words: Written
    grant: Grant | None
    instalments: list[Instalment]
    organisation: str
    fund: str
    next_call: Call | None
    is_payable: bool  # the grantee has said how the fund's bank knows her

    def shown(self, minor: int) -> str:
        return money.shown(minor, self.call.currency)


def letter(by: Viewer, application_id: uuid.UUID) -> Letter:
    """The letter about one application, for its organisation and the fund; 404 before the decision."""
    fund = sa.orm.aliased(Organisation)
    application, call, decision, grant, part, name, fund_name, payee = there(db.session.execute(
        sa.select(Application, Call, Decision, Grant, Part, Organisation.name, fund.name, Grantee.payee_reference)
        .join(Call, Call.id == Application.call_id).join(Decision, Decision.application_id == Application.id)
        .join(fund, fund.id == Application.fund_id).outerjoin(Grant, Grant.application_id == Application.id)
        .outerjoin(Part, sa.and_(Part.application_id == Application.id, Part.name == "title"))
        .outerjoin(Applicant, Applicant.application_id == Application.id)
        .outerjoin(Organisation, Organisation.id == Applicant.organisation_id)
        .outerjoin(Grantee, Grantee.grant_id == Grant.id).where(Application.id == application_id)).first())
    parts = list(db.session.scalars(sa.select(Instalment).where(Instalment.grant_id == grant.id).order_by(
        Instalment.place))) if grant else []
    following = None if grant else db.session.scalars(sa.select(Call).where(
        Call.fund_id == call.fund_id, Call.state.in_(("scheduled", "open"))).order_by(Call.closes_at).limit(1)).first()
    tr = translations_for([call.id, application.id, *([part.id] if part else [])], language())
    return Letter(
        application, call, written(call.title, call.source_lang, call.id, "title", tr, language()),
        reviews.title_of(application, part, tr), decision,
        written(decision.words, decision.lang, application.id, "words", tr, language()), grant, parts, name or "",
        fund_name, following, bool(payee))

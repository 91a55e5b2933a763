"""A case as the committee reads it, a letter as the applicant does."""

import uuid
from dataclasses import dataclass, field, fields, replace
from typing import Any

import sqlalchemy as sa

from polyphony.fund.applying.models import AWAITED, Applicant, Application, ChangeRequest, Part
from polyphony.fund.calls.models import Call
from polyphony.fund.deciding import words
from polyphony.fund.deciding.models import Decision, Grant, Grantee, Instalment
from polyphony.fund.deciding.rules import Tally
from polyphony.fund.reviewing import reading as reviews
from polyphony.fund.reviewing.words import KINDS, PARTS
from polyphony.kernel import clock, money
from polyphony.kernel.access import there
from polyphony.kernel.database import db
from polyphony.kernel.locale import _, language, name_of
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
    awaited: ChangeRequest | None  # a correction: until it comes nobody votes
    may_vote: bool
    lacking: str = ""  # the applicant's language, while the letter does not speak it
    corrected: Any = None  # the day of the last correction that came
    changed_by_it: list[tuple[Any, str]] = field(default_factory=list)  # what, and how

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
    columns = [each.name for each in fields(Tally) if each.name != "is_awaited"]
    count = sa.func.fund.tally_shown(Application.id).table_valued(*columns).lateral("tally")
    application, call, decision, grant, awaited, name, before, corrected, parts, *counted = there(db.session.execute(
        sa.select(Application, Call, Decision, Grant, ChangeRequest, Organisation.name, *_CORRECTED, *count.c)
        .join(Call, Call.id == Application.call_id)
        .outerjoin(Decision, Decision.application_id == Application.id)
        .outerjoin(Grant, Grant.application_id == Application.id)
        .outerjoin(ChangeRequest, AWAITED).outerjoin(Applicant, Applicant.application_id == Application.id)
        .outerjoin(Organisation, Organisation.id == Applicant.organisation_id).outerjoin(count, sa.true())
        .where(Application.id == application_id)).first())
    may = application.fund_id in by.of("fund_committee") | by.of("fund_admin")
    there(True if may and not by.is_in("stepped_aside", application.id) else None)
    is_ready, tally = by.is_in("decidable", application.id), None
    if counted[0] is not None:
        tally = replace(Tally(*counted), is_awaited=awaited is not None)
    if decision is not None:
        tally = _counted(decision)
    matrix = reviews.matrix(call.id, application.id) if is_ready else reviews.Matrix()
    table, paper = _around(by, application, decision), reviews.paper(application, call, matrix.criteria)
    return Case(paper, matrix, (name or "") if is_ready else "", tally,
                table.votes, table.aside, table.reviewers_aside, decision, grant, awaited,
                is_ready and awaited is None and application.state == "submitted" and tally is not None
                and not tally.is_lost and by.is_in("fund_committee", application.fund_id),
                _lacking(application, decision) if by.is_in("fund_admin", application.fund_id) else "",
                clock.day(corrected), _changed(before or {}, parts or {}, paper))


def _counted(decision: Decision) -> Tally:
    """The count that made a decision valid: whose terms end or who steps aside later does not change it."""
    able = decision.seats - decision.stepped_aside
    return Tally(decision.seats, decision.stepped_aside, able, decision.needed, decision.needed, decision.votes_for,
                 decision.votes_against, decision.abstained, decision.application_revision)


def _lacking(application: Application, decision: Decision | None) -> str:
    """The name of the applicant's language, while the reason is neither written in it nor translated into it."""
    if decision is None or decision.lang == application.lang:
        return ""
    tr = translations_for([application.id], application.lang)
    said = written(decision.words, decision.lang, application.id, "words", tr, application.lang)
    return name_of(application.lang) if said.is_lacking else ""


# Of the corrections that came: what stood there before the first, the day of the last; and the texts as they are now.
_DONE = (ChangeRequest.application_id == Application.id, ChangeRequest.done_on.is_not(None))
_CORRECTED = (
    sa.select(ChangeRequest.before).where(*_DONE)
    .order_by(ChangeRequest.asked_on, ChangeRequest.done_on, ChangeRequest.id).limit(1)
    .correlate(Application).scalar_subquery(),
    sa.select(sa.func.max(ChangeRequest.done_on)).where(*_DONE).correlate(Application).scalar_subquery(),
    sa.select(sa.func.jsonb_object_agg(Part.name, Part.revision)).where(Part.application_id == Application.id)
    .correlate(Application).scalar_subquery())


def _changed(before: dict[str, Any], parts: dict[str, int], paper: reviews.Paper) -> list[tuple[Any, str]]:
    """What a correction changed, by its name; of the amount also how."""
    if not before:
        return []
    now, was = paper.application, before["requested"]
    marks: list[tuple[Any, Any, Any]] = [
        *((label, before["parts"].get(name), parts.get(name)) for name, label in PARTS.items()),
        (_("The budget"), before["lines"], paper.line_ids if isinstance(before["lines"], list) else paper.budget_mark),
        (_("Country where the work happens"), before["country"], now.country),
        (_("Attached files"), before["files"], sorted(str(file.id) for file in paper.files))]
    asks = _("%(before)s before, now %(now)s", before=money.shown(was, paper.call.currency), now=paper.requested)
    return [*([(_("Asks for"), asks)] if was != now.requested else []),
            *((label, "") for label, old, new in marks if old != new)]


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


def _around(by: Viewer, application: Application, decision: Decision | None) -> _Around:
    """Who sits around the table, who left it before the decision, and how they voted (one statement)."""
    seats: dict[uuid.UUID, tuple[str, bool]] = {}
    gone: dict[uuid.UUID, str] = {}
    last: dict[uuid.UUID, Any] = {}
    about = {"case": application.id, "fund": application.fund_id, "today": clock.today()}
    for row in db.session.execute(_PEOPLE, about):
        if row.what == "seat":
            seats[row.person_id] = (row.said, row.sits)
        elif row.what == "aside":
            if decision is None or row.at <= decision.at:
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

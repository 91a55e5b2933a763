"""What reviewers, administrators and the committee read of a case, loaded in bulk, in the reader's language."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from babel.numbers import format_decimal

from polyphony.fund.applying.models import PARTS, Applicant, Application, BudgetLine, Part
from polyphony.fund.applying.rules import lines_mark
from polyphony.fund.calls.models import Call, Criterion
from polyphony.fund.reviewing import rules, words
from polyphony.fund.reviewing.models import Assignment, Lock, Recusal, Score
from polyphony.kernel import money
from polyphony.kernel.access import there
from polyphony.kernel.database import db
from polyphony.kernel.leafing import Leaf
from polyphony.kernel.locale import language
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import Written, translations_for, written
from polyphony.organisations.models import Organisation
from polyphony.uploads.service import File, hanging_on, listed


def shown(mean: Fraction | None) -> str:
    """A mean with one decimal, as the reader's language writes numbers; a dash where there is none."""
    if mean is None:
        return "–"
    return str(format_decimal(Decimal(mean.numerator) / Decimal(mean.denominator), format="0.0", locale=language()))


@dataclass(frozen=True)
class Asked:
    """A criterion in the reader's language."""

    id: uuid.UUID
    weight: int
    name: Written
    words: Written


@dataclass
class Reviewed:
    """One reviewer's locked scores; she is called by a number."""

    number: int
    values: dict[uuid.UUID, int | None]
    words: dict[uuid.UUID, str]
    mean: Fraction | None
    remark: str = ""
    lang: str = "en"

    @property
    def mean_shown(self) -> str:
        return shown(self.mean)


@dataclass
class Matrix:
    """The criteria of a call and the scores on one case, as far as this viewer may see them."""

    criteria: list[Criterion] = field(default_factory=list)
    own: dict[uuid.UUID, tuple[int | None, str]] = field(default_factory=dict)  # before she locks
    locked: list[Reviewed] = field(default_factory=list)
    left_out: int = 0  # scores of somebody who stepped aside later: they do not count

    @property
    def mean(self) -> Fraction | None:
        return rules.together(each.mean for each in self.locked)

    @property
    def mean_shown(self) -> str:
        return shown(self.mean)

    @property
    def far_apart(self) -> bool:
        return rules.far_apart([each.mean for each in self.locked],
                               [[each.values.get(c.id) for each in self.locked] for c in self.criteria])


@dataclass(frozen=True)
class Line:
    """One line of a budget, its words in the reader's language."""

    id: uuid.UUID
    said: Written
    amount: int


@dataclass(frozen=True)
class Paper:
    """An application as the fund reads it: everything but who applies."""

    application: Application
    call: Call
    call_title: Written
    title: Written
    parts: list[tuple[Any, Written]]
    lines: list[Line]
    criteria: list[Asked]
    files: list[File] = field(default_factory=list)
    budget_mark: str = ""  # by which a change of the budget is noticed

    @property
    def lacking(self) -> int:
        """How many texts this reader cannot read in her language yet."""
        said = (self.title, *(said for _label, said in self.parts), *(line.said for line in self.lines))
        return sum(each.is_lacking for each in said)

    @property
    def line_ids(self) -> list[str]:
        """By these, earlier, a change of the budget was noticed."""
        return sorted(str(line.id) for line in self.lines)

    def amount(self, minor: int) -> str:
        return money.number(minor, self.call.currency)

    @property
    def requested(self) -> str:
        return money.shown(self.application.requested, self.call.currency)


def matrix(call_id: uuid.UUID, application_id: uuid.UUID) -> Matrix:
    """Criteria and scores in one statement; row security says whose scores these are."""
    rows = db.session.execute(
        sa.select(Criterion, Score, Lock, Recusal.id)
        .outerjoin(Score, sa.and_(Score.criterion_id == Criterion.id, Score.application_id == application_id))
        .outerjoin(Lock, Lock.assignment_id == Score.assignment_id)
        .outerjoin(Recusal, sa.and_(Recusal.application_id == application_id, Recusal.person_id == Lock.person_id))
        .where(Criterion.call_id == call_id).order_by(Criterion.place, Criterion.id)).all()
    made = Matrix(list({criterion.id: criterion for criterion, *_ in rows}.values()))
    gone: set[uuid.UUID] = set()
    locked: dict[uuid.UUID, Reviewed] = {}
    for criterion, score, lock, aside in rows:
        if score is None:
            continue
        if lock is None:
            made.own[criterion.id] = (score.value, score.words)
        elif aside is not None:
            gone.add(lock.assignment_id)
        else:
            row = locked.setdefault(lock.assignment_id, Reviewed(0, {}, {}, None, lock.words, lock.lang))
            row.values[criterion.id], row.words[criterion.id] = score.value, score.words
    weights = {criterion.id: criterion.weight for criterion in made.criteria}
    for number, id in enumerate(sorted(locked), start=1):
        locked[id].number, locked[id].mean = number, rules.mean(locked[id].values, weights)
    made.locked, made.left_out = [locked[id] for id in sorted(locked)], len(gone)
    return made


def paper(application: Application, call: Call, criteria: list[Criterion]) -> Paper:
    """The texts, the files and the budget of an application: two statements."""
    lang, none, nothing = language(), sa.literal(""), sa.literal(0)
    rows = db.session.execute(sa.union_all(
        sa.select(Part.id, Part.name, Part.words, Part.lang, nothing.label("place"), nothing.label("amount"),
                  hanging_on(Part.application_id).label("files"))
        .where(Part.application_id == application.id),
        sa.select(BudgetLine.id, none, BudgetLine.words, none, BudgetLine.place, BudgetLine.amount, sa.null())
        .where(BudgetLine.application_id == application.id)).order_by("place", "id")).all()
    kept, lines = {row.name: row for row in rows if row.name}, [row for row in rows if not row.name]
    tr = translations_for([call.id, *(row.id for row in rows), *(c.id for c in criteria)], lang)
    said = {name: written(p.words, p.lang, p.id, "words", tr, lang) for name, p in kept.items()}
    untitled = written("…", application.lang, application.id, "title", {}, lang)
    return Paper(
        application, call, written(call.title, call.source_lang, call.id, "title", tr, lang),
        said.get("title", untitled),
        [(words.PARTS[name], said[name]) for name in PARTS if name in said and name != "title"],
        [Line(line.id, written(line.words, application.lang, line.id, "words", tr, lang), line.amount)
         for line in lines],
        [Asked(c.id, c.weight, written(c.name, call.source_lang, c.id, "name", tr, lang),
               written(c.words, call.source_lang, c.id, "words", tr, lang)) for c in criteria],
        listed(next((row.files for row in rows if row.name), None)), lines_mark(lines))


@dataclass(frozen=True)
class Sheet:
    """One review: the paper, her scores, and after locking who applies and what the others gave."""

    paper: Paper
    matrix: Matrix
    lock: Lock | None
    applicant: str

    @property
    def mean(self) -> str:
        weights = {c.id: c.weight for c in self.matrix.criteria}
        return shown(rules.mean({id: value for id, (value, _) in self.matrix.own.items()}, weights))

    @property
    def missing(self) -> int:
        given = [value for value, _ in self.matrix.own.values() if value is not None]
        return len(self.matrix.criteria) - len(given)


def sheet(by: Viewer, application_id: uuid.UUID) -> Sheet:
    """One application of mine to review; 404 when I was not asked or stepped aside."""
    row = there(db.session.execute(
        sa.select(Application, Call, Lock, Organisation.name).join(Call, Call.id == Application.call_id)
        .join(Assignment, sa.and_(Assignment.application_id == Application.id, Assignment.person_id == by.person))
        .outerjoin(Lock, Lock.assignment_id == Assignment.id)
        .outerjoin(Applicant, Applicant.application_id == Application.id)
        .outerjoin(Organisation, Organisation.id == Applicant.organisation_id)
        .where(Application.id == application_id)).first())
    application, call, lock, name = row
    scores = matrix(call.id, application_id)
    return Sheet(paper(application, call, scores.criteria), scores, lock, (name or "") if lock else "")


@dataclass(frozen=True)
class ToReview:
    """One line of a reviewer's list."""

    id: uuid.UUID
    title: Written
    call_title: Written
    requested: str
    state: str  # to_do, begun, locked


PAGE = 30


def mine(by: Viewer, start: int, address: Callable[..., str]) -> tuple[list[ToReview], Leaf, int]:
    """A page of what this reviewer was asked to read, what is still to do first; and how much that is in all (two
    statements)."""
    begun = sa.exists().where(Score.assignment_id == Assignment.id, Score.value.is_not(None))
    rows = db.session.execute(
        sa.select(Application, Call, Part, Lock.at, begun, sa.func.count().over(), sa.func.count(Lock.at).over())
        .join(Assignment, Assignment.application_id == Application.id)
        .join(Call, Call.id == Application.call_id).outerjoin(Lock, Lock.assignment_id == Assignment.id)
        .outerjoin(Part, sa.and_(Part.application_id == Application.id, Part.name == "title"))
        .where(Assignment.person_id == by.person).order_by(Lock.at.is_not(None), Assignment.on, Application.id)
        .offset(start).limit(PAGE)).all()
    lang = language()
    tr = translations_for({row.Part.id for row in rows if row.Part} | {row.Call.id for row in rows}, lang)
    whole, done = rows[0][-2:] if rows else (0, 0)
    return [ToReview(a.id, title_of(a, part, tr), written(c.title, c.source_lang, c.id, "title", tr, lang),
                     money.shown(a.requested, c.currency), "locked" if locked else "begun" if has else "to_do")
            for a, c, part, locked, has, *_ in rows], Leaf(start, PAGE, whole, address), whole - done


def next_one(by: Viewer) -> uuid.UUID | None:
    """An application that this reviewer has still to score, in the order of her list."""
    return db.session.scalar(
        sa.select(Assignment.application_id).join(Application, Application.id == Assignment.application_id)
        .outerjoin(Lock, Lock.assignment_id == Assignment.id)
        .where(Assignment.person_id == by.person, Lock.at.is_(None)).order_by(Assignment.on, Application.id).limit(1))


def title_of(application: Application, part: Part | None, tr: Mapping[Any, Any]) -> Written:
    """The title of an application in the reader's language."""
    if part is None:
        return written("…", application.lang, application.id, "title", {}, language())
    return written(part.words, part.lang, part.id, "words", dict(tr), language())


@dataclass(frozen=True)
class Asking:
    """The administrator's view of who reviews one case and who steps aside."""

    application: Application
    call: Call
    asked: list[tuple[Assignment, str, Any, bool]]  # assignment, name, locked when, stepped aside
    free: list[tuple[uuid.UUID, str]]
    aside: list[tuple[str, Recusal]]
    conflicts: list[tuple[str, Any]]
    knowing: list[str]  # who could see who applies, and is not asked

    @property
    def can_take_back(self) -> bool:
        return any(not locked and not aside for *_, locked, aside in self.asked)


def asking(application: Application, call: Call, reviewers: Mapping[uuid.UUID, str], conflicts: Mapping[uuid.UUID, str]
           ) -> Asking:
    """Everything about the people of one case: two statements beside those given."""
    from polyphony.people.models import Person

    asked = db.session.execute(
        sa.select(Assignment, Person.name, Lock.at).join(Person, Person.id == Assignment.person_id)
        .outerjoin(Lock, Lock.assignment_id == Assignment.id)
        .where(Assignment.application_id == application.id).order_by(Person.name, Assignment.id)).all()
    aside = db.session.execute(
        sa.select(Person.name, Recusal).join(Person, Person.id == Recusal.person_id)
        .where(Recusal.application_id == application.id).order_by(Person.name)).all()
    knowing = {id for id, kind in conflicts.items() if kind == rules.KNOWS}
    gone, found = {recusal.person_id for _, recusal in aside}, conflicts.keys() - knowing
    taken = {assignment.person_id for assignment, _, _ in asked}
    return Asking(
        application, call, [(a, name, at, a.person_id in gone or a.person_id in found) for a, name, at in asked],
        [(id, name) for id, name in reviewers.items() if id not in taken and id not in conflicts], list(aside),
        [(name, words.KINDS[conflicts[id]]) for id, name in reviewers.items() if id in found and id not in gone],
        [name for id, name in reviewers.items() if id in knowing and id not in taken])

"""Verbs on a call: begin, edit, announce, take back, finish; and what time does to it."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from polyphony.fund.calls import rules
from polyphony.fund.calls.models import MACHINE, TEXTS, Call, CallStep, Criterion, Eligibility
from polyphony.kernel import audit, clock
from polyphony.kernel.access import require, there
from polyphony.kernel.database import db
from polyphony.kernel.forms import ChangedMeanwhile
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import lacking, mark_stale, remove_translations
from polyphony.organisations.models import Organisation

PLAIN = ("source_lang", *TEXTS, "languages", "currency", "envelope", "smallest", "largest", "time_zone", "opens_at",
         "closes_at", "reviews_each")
SHOWN = 100


def find(id: uuid.UUID) -> Call:
    """A call this viewer may see; otherwise the one 404."""
    return there(db.session.get(Call, id))


def find_named(id: uuid.UUID) -> tuple[Call, str]:
    """The same with the name of its fund, in one statement."""
    row = db.session.execute(sa.select(Call, sa.func.coalesce(Organisation.name, "")).outerjoin(
        Organisation, Organisation.id == Call.fund_id).where(Call.id == id)).first()
    return tuple(there(row))  # type: ignore[return-value]


def _locked(by: Viewer, id: uuid.UUID) -> Call:
    """The call as it is now, for its administrators. Raises `NotAdministrator`."""
    require(by.is_in("fund_admin", find(id).fund_id), rules.NotAdministrator())
    wanted = sa.select(Call).where(Call.id == id).with_for_update(of=Call)
    return there(db.session.scalars(wanted.execution_options(populate_existing=True)).first())


def listed(by: Viewer) -> list[Call]:
    """Every call that this viewer may see: drafts of her fund, then open ones by deadline, then the others."""
    rank = sa.case({"draft": 0, "open": 1, "scheduled": 2, "closed": 3}, value=Call.state, else_=4)
    ahead = sa.case((Call.state.in_(("open", "scheduled")), Call.closes_at))
    return list(db.session.scalars(sa.select(Call).order_by(rank, ahead, Call.closes_at.desc(), Call.id).limit(SHOWN)))


def criteria_of(id: uuid.UUID) -> list[Criterion]:
    return list(db.session.scalars(sa.select(Criterion).where(Criterion.call_id == id)
                                   .order_by(Criterion.place, Criterion.id)))


def questions_of(id: uuid.UUID) -> list[Eligibility]:
    return list(db.session.scalars(sa.select(Eligibility).where(Eligibility.call_id == id)
                                   .order_by(Eligibility.place, Eligibility.id)))


def asked_of(id: uuid.UUID) -> tuple[list[Criterion], list[Eligibility]]:
    """What applications are scored by, and what is asked before: there are few of each (one statement)."""
    rows = db.session.execute(
        sa.select(Criterion, Eligibility).select_from(Call).outerjoin(Criterion, Criterion.call_id == Call.id)
        .outerjoin(Eligibility, Eligibility.call_id == Call.id).where(Call.id == id)
        .order_by(Criterion.place, Criterion.id, Eligibility.place, Eligibility.id)).all()
    return list({row[0].id: row[0] for row in rows if row[0]}.values()), list({
        row[1].id: row[1] for row in rows if row[1]}.values())


def steps_of(id: uuid.UUID) -> list[CallStep]:
    return list(db.session.scalars(sa.select(CallStep).where(CallStep.call_id == id).order_by(CallStep.at)))


def create(by: Viewer, *, fund: uuid.UUID | None, revision: Any = None, **terms: Any) -> Call:
    """Begin a call. Raises `NotAdministrator`, and what contradicts itself."""
    mine = sorted(by.of("fund_admin"), key=str)
    fund = fund or (mine[0] if len(mine) == 1 else None)
    require(by.is_in("fund_admin", fund), rules.NotAdministrator())
    _check(terms)
    made = Call(id=uuid.uuid4(), fund_id=fund, **{name: terms[name] for name in PLAIN})
    db.session.add(made)
    db.session.flush()
    audit.record("call.begun", made.id, about=fund)
    return made


def edit(by: Viewer, *, id: uuid.UUID, revision: str, fund: Any = None, **terms: Any) -> Call:
    """Change a draft; texts that changed leave their translations stale.

    Raises `NotAdministrator`, `CallStands`, `ChangedMeanwhile`, and what contradicts itself.
    """
    kept = _locked(by, id)
    rules.ensure_draft(kept)
    if str(kept.revision) != str(revision):
        raise ChangedMeanwhile()
    _check(terms, before=kept)
    changed = [name for name in PLAIN if getattr(kept, name) != terms[name]]
    for name in changed:
        setattr(kept, name, terms[name])
    if changed:
        kept.revision += 1
        db.session.flush()
        mark_stale(id, [name for name in changed if name in TEXTS])
        audit.record("call.edited", id, about=kept.fund_id, fields=changed)
    return kept


def _check(terms: dict[str, Any], before: Call | None = None) -> None:
    rules.ensure_amounts(terms["envelope"], terms["smallest"], terms["largest"])
    rules.ensure_dates(terms["opens_at"], terms["closes_at"], now=clock.now(), before=before)


def set_criteria(by: Viewer, *, id: uuid.UUID, rows: Sequence[dict[str, Any]]) -> Call:
    """Replace the criteria, in order. Raises `NotAdministrator`, `CallStands`."""
    return _set(by, id, Criterion, rows, ("name", "words"))


def set_questions(by: Viewer, *, id: uuid.UUID, rows: Sequence[dict[str, Any]]) -> Call:
    """Replace the questions before applying, in order. Raises `NotAdministrator`, `CallStands`."""
    return _set(by, id, Eligibility, rows, ("question", "otherwise"))


def _set(by: Viewer, id: uuid.UUID, model: Any, rows: Sequence[dict[str, Any]], texts: Iterable[str]) -> Call:
    kept = _locked(by, id)
    rules.ensure_draft(kept)
    there_are = {str(row.id): row for row in db.session.scalars(sa.select(model).where(model.call_id == id))}
    for place, given in enumerate(rows, start=1):
        values = {name: value for name, value in given.items() if name != "id"}
        row = there_are.pop(given.get("id") or "", None)
        if row is None:
            db.session.add(model(id=uuid.uuid4(), call_id=id, place=place, **values))
            continue
        mark_stale(row.id, [name for name in texts if getattr(row, name) != values[name]])
        for name, value in {**values, "place": place}.items():
            setattr(row, name, value)
    remove_translations([row.id for row in there_are.values()])
    for row in there_are.values():
        db.session.delete(row)
    audit.record(f"call.{model.__tablename__}", id, about=kept.fund_id)
    return kept


def texts_of(call: Call, criteria: Iterable[Criterion],
             questions: Iterable[Eligibility]) -> list[tuple[str, Any, str, str]]:
    """Every text shown to readers in their own language: kind, id, field, words."""
    found = [("fund_call", call.id, name, getattr(call, name)) for name in TEXTS]
    found += [("fund_criterion", c.id, name, getattr(c, name)) for c in criteria for name in ("name", "words")]
    found += [("fund_eligibility", q.id, name, getattr(q, name)) for q in questions
              for name in ("question", "otherwise")]
    return [each for each in found if each[3]]


def missing(call: Call) -> list[rules.Missing]:
    """What the announcement still waits for."""
    criteria, questions = criteria_of(call.id), questions_of(call.id)
    texts = [(id, field, call.source_lang) for _kind, id, field, _words in texts_of(call, criteria, questions)]
    return rules.missing(call, criteria, lacking(texts, call.languages), now=clock.now())


def schedule(by: Viewer, *, id: uuid.UUID) -> Call:
    """Announce the call; from here on money, dates and questions stand.

    Raises `NotAdministrator`, `NoSuchWay`, `NotYetReady`.
    """
    kept = _locked(by, id)
    way = MACHINE.way(kept.state, "schedule")
    if missing(kept):
        raise rules.NotYetReady()
    step(kept, way.end, by.person)
    return kept


def take_back(by: Viewer, *, id: uuid.UUID) -> Call:
    """An announced call becomes a draft again, as long as it has not opened. Raises `NotAdministrator`, `NoSuchWay`."""
    kept = _locked(by, id)
    state = rules.standing(kept, clock.now())
    step(kept, MACHINE.way(state, "take back").end, by.person)
    return kept


def finish(by: Viewer, *, id: uuid.UUID) -> Call:
    """Every application has its answer. Raises `NotAdministrator`, `NoSuchWay`; the database: `StillUndecided`."""
    kept = _locked(by, id)
    step(kept, MACHINE.way(kept.state, "finish").end, by.person)
    db.session.flush()
    return kept


def step(call: Call, end: str, person: uuid.UUID | None = None) -> None:
    """Take a step and keep its record: from, to, when, by whom (nobody: time itself)."""
    db.session.add(CallStep(id=uuid.uuid4(), call_id=call.id, start=call.state, end=end, at=clock.now(),
                            person_id=person))
    audit.record(f"call.{end}", call.id, about=call.fund_id)
    call.state = end

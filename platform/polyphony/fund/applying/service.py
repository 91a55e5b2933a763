"""Verbs of applicants: begin, keep a step, send, withdraw; and of the fund: ask for a correction."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from polyphony.fund.applying import rules, words
from polyphony.fund.applying.models import (
    AWAITED,
    Applicant,
    Application,
    ApplicationHand,
    BudgetLine,
    ChangeRequest,
    Part,
)
from polyphony.fund.applying.rules import Whole
from polyphony.fund.calls import service as calls
from polyphony.fund.calls.models import Call
from polyphony.fund.deciding.models import Grant
from polyphony.kernel import audit, clock, jobs
from polyphony.kernel.access import require, there
from polyphony.kernel.database import db
from polyphony.kernel.forms import ChangedMeanwhile
from polyphony.kernel.locale import language
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import mark_each_stale, mark_stale, reader_first, remove_translations
from polyphony.notices.service import tell
from polyphony.organisations.models import Organisation
from polyphony.uploads import service as uploads
from polyphony.uploads.receiving import Received
from polyphony.uploads.service import hanging_on, listed

UNTRIED = 3  # open calls that a home points to


@dataclass(frozen=True)
class Own:
    """An application of this viewer's organisations in one line."""

    id: uuid.UUID
    state: str
    call: Call
    title: str
    asked: bool
    grant: uuid.UUID | None


def load(id: uuid.UUID, *, locked: bool = False) -> Whole:
    """An application this viewer may see, with all that belongs to it (four statements)."""
    wanted = (
        sa.select(Application, Call, Applicant, ChangeRequest, hanging_on(Application.id))
        .join(Call, Call.id == Application.call_id)
        .outerjoin(Applicant, Applicant.application_id == Application.id)
        .outerjoin(ChangeRequest, AWAITED)
        .where(Application.id == id).execution_options(populate_existing=True))
    row = db.session.execute(wanted.with_for_update(of=Application, key_share=True) if locked else wanted).first()
    application, call, applicant, asked, files = there(row)
    fresh = {"populate_existing": True}
    parts = db.session.scalars(sa.select(Part).where(Part.application_id == id).execution_options(**fresh))
    lines = db.session.scalars(sa.select(BudgetLine).where(BudgetLine.application_id == id).order_by(
        BudgetLine.place, BudgetLine.id)).all()
    return Whole(application, call, applicant, asked, {part.name: part for part in parts}, lines, listed(files))


def of_mine(by: Viewer, id: uuid.UUID, *, locked: bool = False) -> Whole:
    """An application of this viewer's organisations; for everybody else it is not there."""
    there(id if by.is_in("applied", id) else None)
    return load(id, locked=locked)


def own(by: Viewer, call_id: uuid.UUID | None = None) -> list[Own]:
    """The applications of this viewer's organisations that are not withdrawn (one statement)."""
    if not by.of("applied"):
        return []
    asked = sa.exists().where(AWAITED)
    wanted = (sa.select(Application.id, Application.state, Call, sa.func.coalesce(Part.words, ""), asked, Grant.id)
              .join(Call, Call.id == Application.call_id).outerjoin(Grant, Grant.application_id == Application.id)
              .outerjoin(Part, sa.and_(Part.application_id == Application.id, Part.name == "title"))
              .where(Application.id.in_(by.of("applied")), Application.state != "withdrawn"))
    if call_id:
        wanted = wanted.where(Application.call_id == call_id)
    return [Own(*row) for row in db.session.execute(wanted.order_by(Call.closes_at, Application.id))]


def untried(by: Viewer, mine: list[Own]) -> list[tuple[uuid.UUID, str, datetime | None]]:
    """The calls open now to which none of this viewer's organisations has begun an application, each with its title in
    her language and its deadline (one statement)."""
    if not by.of("speaking"):
        return []
    now = clock.now()
    rows = db.session.execute(_open_calls(language()), {"now": now, "begun": [each.call.id for each in mine]})
    return [(id, said, closes) for id, said, closes in rows]


@cache
def _open_calls(lang: str) -> sa.Select[Any]:
    """That statement, built once, for every home asks it."""
    title = reader_first(Call.id, "title", Call.title, Call.source_lang, lang)
    now = sa.bindparam("now", type_=sa.DateTime(timezone=True))
    return sa.select(Call.id, title, Call.closes_at).where(
        Call.state.in_(("scheduled", "open")), Call.opens_at <= now, Call.closes_at > now,
        Call.id != sa.all_(sa.bindparam("begun", type_=sa.ARRAY(sa.Uuid())))).order_by(
        Call.closes_at, Call.id).limit(UNTRIED)


def organisations(by: Viewer) -> list[tuple[uuid.UUID, str]]:
    """The organisations for which this viewer may apply, by name."""
    rows = db.session.execute(sa.select(Organisation.id, Organisation.name).where(
        Organisation.id.in_(by.of("speaking"))).order_by(Organisation.name))
    return [(id, name) for id, name in rows]


def begin(by: Viewer, *, call_id: uuid.UUID, organisation: uuid.UUID | None, lang: str) -> uuid.UUID:
    """Begin an organisation's one application to a call, or go on with it. Raises `NotApplicant`, `NotOpen`."""
    mine = sorted(by.of("speaking"), key=str)
    organisation = organisation or (mine[0] if len(mine) == 1 else None)
    require(by.is_in("speaking", organisation), rules.NotApplicant())
    call = calls.find(call_id)
    if not rules.is_open(call, clock.now()):
        raise rules.NotOpen()
    kept = db.session.scalars(sa.select(Application).join(Applicant, Applicant.application_id == Application.id).where(
        Application.call_id == call_id, Applicant.organisation_id == organisation)
        .order_by(Application.state == "withdrawn").limit(1)).first()
    if kept is None:
        return _make(by, call, organisation, lang)  # type: ignore[arg-type]
    if kept.state == "withdrawn":
        kept.state = "draft"
    return kept.id


def _make(by: Viewer, call: Call, organisation: uuid.UUID, lang: str) -> uuid.UUID:
    made = uuid.uuid4()
    db.session.execute(sa.insert(Application).values(id=made, call_id=call.id, fund_id=call.fund_id, state="draft",
                                                     lang=lang, requested=0))
    db.session.execute(sa.insert(Applicant).values(application_id=made, organisation_id=organisation,
                                                   payee_reference=""))
    _hand(by, made, organisation)
    audit.record("application.begun", made, about=call.id, anonymous=True)
    return made


def _hand(by: Viewer, application_id: uuid.UUID, organisation_id: uuid.UUID) -> None:
    """She worked on it: whoever did never judges her organisation's applications."""
    db.session.execute(insert(ApplicationHand).values(
        application_id=application_id, person_id=by.person, organisation_id=organisation_id, on=clock.today())
        .on_conflict_do_nothing())


def keep(by: Viewer, whole: Whole, *, step: str, revision: str, given: dict[str, Any]) -> Whole:
    """Keep one step of an application that was read locked. What is changed after sending stays complete, voids votes.

    Raises `NoLongerYours`, `AlreadyDecided`, `ChangedMeanwhile`, and what the step itself refuses.
    """
    rules.ensure_changeable(whole, clock.now())
    id, before = whole.application.id, rules.stored(whole, step)
    if before == given:
        return whole
    if (revision or "").partition(".")[0] != rules.digest(before):
        raise ChangedMeanwhile()
    is_sent = whole.application.state == "submitted"
    if is_sent:
        rules.ensure_stays_complete(step, given, whole.call)
    _write(whole, step, given)
    if is_sent:
        whole.application.revision += 1
    if whole.applicant:
        _hand(by, id, whole.applicant.organisation_id)
    audit.record("application.kept", id, about=whole.call.id, anonymous=True, step=step)
    return whole


def _write(whole: Whole, step: str, given: dict[str, Any]) -> None:
    application = whole.application
    for name in words.STEP_FIELDS[step]:
        setattr(application, name, given[name])
    for name in words.STEP_PARTS[step]:
        part, text = whole.parts.get(name), given[name]
        if part is None and text:
            db.session.add(Part(id=uuid.uuid4(), application_id=application.id, name=name, words=text,
                                lang=application.lang))
        elif part is not None and part.words != text:
            part.words, part.revision = text, part.revision + 1
            mark_stale(part.id, ["words"])
    if step == "budget":
        _write_lines(application.id, whole.lines, given["lines"])


def _write_lines(application_id: uuid.UUID, before: Sequence[BudgetLine], given: list[tuple[str, int]]) -> None:
    """Write the lines that changed anew. A line keeps its id, and with it what was translated, while its words stay."""
    same = rules.same_lines(before, [said for said, _amount in given])
    made = [(same[n] or uuid.uuid4(), n + 1, said, amount) for n, (said, amount) in enumerate(given)]
    stood = {(line.id, line.place, line.words, line.amount): line for line in before}
    changed = [line for whole, line in stood.items() if whole not in made]
    told = {id: said for id, _place, said, _amount in made}
    remove_translations(line.id for line in changed if line.id not in told)
    mark_each_stale([line.id for line in changed if told.get(line.id, line.words) != line.words], ["words"])
    if changed:
        db.session.execute(sa.delete(BudgetLine).where(BudgetLine.id.in_([line.id for line in changed])))
    db.session.add_all(BudgetLine(id=id, application_id=application_id, place=place, words=said, amount=amount)
                       for id, place, said, amount in made if (id, place, said, amount) not in stood)


def keep_files(by: Viewer, *, id: uuid.UUID, received: Received, gone: uuid.UUID | None) -> list[str]:
    """Attach files, or take one away; answers why some were not kept. A change after sending voids votes.

    Raises `NoLongerYours`, `AlreadyDecided`.
    """
    whole = of_mine(by, id, locked=True)
    rules.ensure_changeable(whole, clock.now())
    if gone:
        uploads.remove(id, gone)
    refused = [*received.refused, *uploads.attach("application", id, received.cleaned)]
    if whole.application.state == "submitted" and (gone or received.cleaned):
        whole.application.revision += 1
    if whole.applicant:
        _hand(by, id, whole.applicant.organisation_id)
    audit.record("application.files", id, about=whole.call.id, anonymous=True)
    return refused


def send(by: Viewer, *, id: uuid.UUID, payee_reference: str) -> Whole:
    """Send the application, or the correction that the fund asked for.

    Raises `BankDetails`, `DeadlinePassed`, `NoLongerYours`, `AlreadyDecided`, `NotComplete`.
    """
    rules.ensure_no_account_number(payee_reference or "")
    whole = of_mine(by, id, locked=True)
    application = whole.application
    if application.state == "draft" and not rules.is_open(whole.call, clock.now()):
        raise rules.DeadlinePassed()
    rules.ensure_changeable(whole, clock.now())
    if rules.missing(whole):
        raise rules.NotComplete()
    if whole.applicant:
        whole.applicant.payee_reference = payee_reference or ""
        _hand(by, id, whole.applicant.organisation_id)
    if application.state == "draft":
        application.state, application.submitted_on = "submitted", clock.today()
        jobs.defer("fund.ask_rooms", application_id=id)
    elif whole.asked:
        application.revision += 1
        db.session.flush()
        whole.asked.done_on = clock.today()
        tell("fund_ready", consultation_id=whole.call.id, subject_id=whole.call.id, to="voters")  # votes are void now
    audit.record("application.sent", id, about=whole.call.id, anonymous=True)
    return whole


def withdraw(by: Viewer, *, id: uuid.UUID) -> Whole:
    """Take an application out, at any time before its decision. Raises `AlreadyDecided`."""
    whole = of_mine(by, id, locked=True)
    if whole.application.state == "decided":
        raise rules.AlreadyDecided()
    whole.application.state = "withdrawn"
    audit.record("application.withdrawn", id, about=whole.call.id, anonymous=True)
    return whole


def ask_correction(by: Viewer, *, id: uuid.UUID, words: str, lang: str = "") -> None:
    """Ask an applicant, after the deadline, to correct something; without a language, in that of the page.

    Raises `NotForYou`, `NothingToCorrect`, `AlreadyAsked`.
    """
    whole = load(id)
    application = whole.application
    require(by.is_in("fund_admin", application.fund_id), rules.NotForYou())
    if application.state != "submitted" or rules.is_open(whole.call, clock.now()):
        raise rules.NothingToCorrect()
    if whole.asked:
        raise rules.AlreadyAsked()
    db.session.execute(sa.insert(ChangeRequest).values(
        id=uuid.uuid4(), application_id=id, fund_id=application.fund_id, words=words, lang=lang or language(),
        asked_on=clock.today(), before=rules.footprint(whole)))
    audit.record("application.correction_asked", id, about=whole.call.id)
    tell("fund_correction", consultation_id=id, subject_id=id, to="applicants")


def go_on(by: Viewer, *, id: uuid.UUID) -> None:
    """Go on without a correction that does not come; the application stands. Raises `NotForYou`, `NotAsked`."""
    whole = load(id)
    require(by.is_in("fund_admin", whole.application.fund_id), rules.NotForYou())
    if not whole.asked:
        raise rules.NotAsked()
    whole.asked.done_on = clock.today()
    audit.record("application.correction_given_up", id, about=whole.call.id)
    tell("fund_ready", consultation_id=whole.call.id, subject_id=whole.call.id, to="voters")

"""Each company's own answer: drafted, commented, signed, corrected; nobody else sees it before publication."""

import uuid

import sqlalchemy as sa

from polyphony.consultations.models import Consultation, Convener
from polyphony.feedback import rules
from polyphony.feedback.models import Answer, AnswerHand, Comment, Measure, Theme
from polyphony.kernel import audit, clock
from polyphony.kernel.access import require, there
from polyphony.kernel.database import db
from polyphony.kernel.forms import ChangedMeanwhile
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import mark_stale
from polyphony.notices.service import tell

TEXTS = ("words", "changes")
WRITTEN = ("decision", "reason_kind", *TEXTS)


def may_draft(by: Viewer, company_id: uuid.UUID) -> bool:
    return by.is_in("leading", company_id) or by.is_in("deciding", company_id)


def ensure_drafting(by: Viewer, company_id: uuid.UUID) -> None:
    require(may_draft(by, company_id), rules.NotDrafting())


def versions(theme_id: uuid.UUID, company_id: uuid.UUID) -> list[Answer]:
    """Every version of this company's answer that the viewer may see, the newest first."""
    return list(db.session.scalars(sa.select(Answer).where(
        Answer.theme_id == theme_id, Answer.company_id == company_id).order_by(Answer.number.desc())))


def whole(theme_id: uuid.UUID, company_id: uuid.UUID) -> tuple[Theme, list[Answer], list[Measure], list[str]]:
    """A theme, every version of this company's answer, the newest first, and their measures; 404 when hidden.

    With the functions that the company said would decide.
    """
    named = sa.select(Convener.functions).where(
        Convener.consultation_id == Theme.consultation_id, Convener.company_id == company_id).limit(1).scalar_subquery()
    rows = db.session.execute(
        sa.select(Theme, Answer, Measure, named)
        .outerjoin(Answer, sa.and_(Answer.theme_id == Theme.id, Answer.company_id == company_id))
        .outerjoin(Measure, Measure.answer_id == Answer.id).where(Theme.id == theme_id)
        .order_by(Answer.number.desc(), Measure.due_on, Measure.id)).all()
    there(rows or None)
    versions = {answer.id: answer for _theme, answer, _measure, _named in rows if answer is not None}
    return (rows[0][0], list(versions.values()), [row[2] for row in rows if row[2] is not None],
            list(rows[0][3] or []))


def function_of(by: Viewer) -> str:
    """The function with which this member signs."""
    return str(by.card.get("function") or "product")


def _theme_for(company_id: uuid.UUID, theme_id: uuid.UUID) -> Theme:
    theme = there(db.session.get(Theme, theme_id))
    if company_id not in theme.addressed:
        raise rules.NotOwed()
    if theme.shared_on is None:
        raise rules.NotShared()
    return theme


def draft(by: Viewer, *, theme_id: uuid.UUID, company_id: uuid.UUID, decision: str, reason_kind: str, words: str,
          changes: str, lang: str, revision: str = "0") -> Answer:
    """Write the company's draft; after a signature this begins a correction, as a new version.

    Raises `NotDrafting`, `NotOwed`, `NotShared`, `ChangedMeanwhile`.
    """
    ensure_drafting(by, company_id)
    theme = _theme_for(company_id, theme_id)
    before = versions(theme_id, company_id)
    latest = before[0] if before else None
    found = latest if latest and latest.state == "draft" else None
    _ensure_seen(found, revision)
    values = {"decision": decision or "", "reason_kind": reason_kind or "", "words": words or "",
              "changes": changes or "", "lang": lang}
    if found is None:
        found = Answer(id=uuid.uuid4(), theme_id=theme_id, company_id=company_id, state="draft", revision=1,
                       consultation_id=theme.consultation_id, number=latest.number + 1 if latest else 1, **values)
        db.session.add(found)
    else:
        _write(found, values)
    db.session.flush()
    _hand(by, found, "drafted")
    return found


def _ensure_seen(found: Answer | None, revision: str) -> None:
    """Nobody writes over, or signs, what she has not seen: raises `ChangedMeanwhile`."""
    if str(found.revision if found else 0) != str(revision or 0):
        raise ChangedMeanwhile()


def _write(found: Answer, values: dict[str, str]) -> None:
    mark_stale(found.id, [name for name in TEXTS if getattr(found, name) != values[name]])
    for name, value in values.items():
        setattr(found, name, value)
    found.revision += 1


def keep(by: Viewer, *, theme_id: uuid.UUID, company_id: uuid.UUID, revision: str, lang: str, **typed: str) -> None:
    """What is typed of an answer is kept before something is done beside it; where nothing is new, nothing is.

    Raises what `draft` raises.
    """
    latest = next(iter(versions(theme_id, company_id)), None)
    if any((typed[name] or "") != (getattr(latest, name) if latest else "") for name in WRITTEN):
        draft(by, theme_id=theme_id, company_id=company_id, revision=revision, lang=lang, **typed)


def _hand(by: Viewer, answer: Answer, act: str) -> None:
    db.session.add(AnswerHand(id=uuid.uuid4(), answer_id=answer.id, company_id=answer.company_id,
                              person_id=by.person, act=act, at=clock.now()))


def sign(by: Viewer, *, answer_id: uuid.UUID, revision: str, measure_typed: bool = False, comment_typed: bool = False,
         **typed: str) -> Answer:
    """The decision maker puts her function's name to what stands before her, her own last words in it.

    After publication it is published at once, late days kept.
    Raises `NotDeciding`, `AlreadySigned`, `ChangedMeanwhile`, and what is not ready (`rules`).
    """
    answer = there(db.session.get(Answer, answer_id))
    require(by.is_in("deciding", answer.company_id), rules.NotDeciding())
    if answer.state != "draft":
        raise rules.AlreadySigned()
    _ensure_seen(answer, revision)
    rules.ensure_nothing_beside(measure_typed, comment_typed)
    if any(getattr(answer, name) != (value or "") for name, value in typed.items()):
        _write(answer, {name: value or "" for name, value in typed.items()})
    rules.ensure_signable(answer.decision, answer.reason_kind, answer.words, answer.changes)
    consultation = there(db.session.get(Consultation, answer.consultation_id))
    answer.signed_as, answer.signed_on = function_of(by), clock.today()
    answer.late_days = rules.late_days(consultation.promised_on, clock.today()) if answer.number == 1 else 0
    published = consultation.state in ("published", "closed")
    answer.state = "published" if published else "signed"
    answer.published_on = clock.today() if published else None
    db.session.flush()
    _hand(by, answer, "signed")
    audit.record("answer.signed", answer.id, about=answer.consultation_id)
    if published:
        kind = "answer_corrected" if answer.number > 1 else "answered_late" if answer.late_days else "answer_given"
        tell(kind, consultation_id=answer.consultation_id, subject_id=answer.theme_id, to="participants")
    return answer


def comment(by: Viewer, *, theme_id: uuid.UUID, company_id: uuid.UUID, words: str) -> Comment:
    """A colleague's remark, inside one company. Raises `NotDrafting`."""
    require(by.is_in("companies", company_id), rules.NotDrafting())
    made = Comment(id=uuid.uuid4(), theme_id=theme_id, company_id=company_id, person_id=by.person,
                   shown_as=by.name, words=words, at=clock.now())
    db.session.add(made)
    return made


def add_measure(by: Viewer, *, answer_id: uuid.UUID, what: str, owner: str, due_on) -> Measure:  # type: ignore[no-untyped-def]
    """Promise something with an owner and a day. Raises `NotDrafting`, `AlreadySigned`, `InThePast`."""
    answer = there(db.session.get(Answer, answer_id))
    ensure_drafting(by, answer.company_id)
    if answer.state != "draft":
        raise rules.AlreadySigned()
    if due_on < clock.today():
        refusal = rules.InThePast()
        refusal.field = "due_on"
        raise refusal
    made = Measure(id=uuid.uuid4(), answer_id=answer.id, theme_id=answer.theme_id, company_id=answer.company_id,
                   consultation_id=answer.consultation_id, what=what, owner=owner, due_on=due_on, lang=answer.lang)
    db.session.add(made)
    answer.revision += 1  # whoever signs has seen it
    return made


def remove_measure(by: Viewer, *, measure_id: uuid.UUID) -> Measure:
    """Take a measure off a draft. Raises `NotDrafting`, `AlreadySigned`."""
    measure = there(db.session.get(Measure, measure_id))
    ensure_drafting(by, measure.company_id)
    answer = there(db.session.get(Answer, measure.answer_id))
    if answer.state != "draft":
        raise rules.AlreadySigned()
    db.session.delete(measure)
    answer.revision += 1
    return measure

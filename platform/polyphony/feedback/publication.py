"""All answers at once, by the promised date; whoever owes is named; the end only when every silence is named."""

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from polyphony.consultations.models import MACHINE, Consultation, Transition
from polyphony.feedback import rules
from polyphony.feedback.models import STATUS_LANG, Answer, Default, Measure, Objection, Publication, Theme
from polyphony.feedback.themes import consultation_of, ensure_facilitating
from polyphony.inputs.models import Input
from polyphony.kernel import audit, clock
from polyphony.kernel.database import db
from polyphony.kernel.locale import language
from polyphony.kernel.viewer import Viewer
from polyphony.languages.models import Translation
from polyphony.notices.service import tell


@dataclass(frozen=True)
class Standing:
    """Everything that decides whether the answers may be published."""

    unread: int
    themeless: bool  # something was said, and no theme brings it to the companies
    objections: int
    unshared: int
    owing: list[tuple[uuid.UUID, uuid.UUID]]


def standing(consultation_id: uuid.UUID) -> Standing:
    """How far a consultation is, counted for its facilitator (one statement)."""
    said = sa.select(sa.func.count()).select_from(Input).where(
        Input.consultation_id == consultation_id, Input.withdrawn_on.is_(None))
    unread = said.where(Input.read_on.is_(None))
    objections = sa.select(sa.func.count()).select_from(Objection).where(
        Objection.consultation_id == consultation_id, Objection.handled_on.is_(None))
    answered = sa.select(sa.func.array_agg(Answer.company_id)).where(
        Answer.theme_id == Theme.id, Answer.state != "draft")
    rows = db.session.execute(
        sa.select(said.scalar_subquery(), unread.scalar_subquery(), objections.scalar_subquery(), Theme,
                  answered.scalar_subquery())
        .select_from(Consultation).outerjoin(Theme, Theme.consultation_id == Consultation.id)
        .where(Consultation.id == consultation_id).order_by(Theme.id)).all()
    themes = [theme for *_numbers, theme, _companies in rows if theme]
    answers = [(theme.id, company) for *_numbers, theme, companies in rows if theme for company in companies or ()]
    (inputs, not_read, waiting, *_first) = rows[0]
    return Standing(not_read, bool(inputs and not themes), waiting, sum(t.shared_on is None for t in themes),
                    rules.owed(themes, answers))


# Every field of words that publication shows, and that somebody can translate.
PUBLISHED = ((Theme, "title"), (Theme, "summary"), (Answer, "words"), (Answer, "changes"), (Measure, "what"),
             (Measure, "status_words"))


def _lang(model: Any, name: str) -> Any:
    return STATUS_LANG if name == "status_words" else model.lang


def unreadable(consultation_id: uuid.UUID) -> list[tuple[str, int]]:
    """Each language in which authors read, with how many texts of the publication lack it (one statement)."""
    signed = sa.select(Answer.id).where(Answer.consultation_id == consultation_id, Answer.state != "draft")
    is_shown = {Theme: sa.true(), Answer: Answer.id.in_(signed), Measure: Measure.answer_id.in_(signed)}
    texts = sa.union_all(*(
        sa.select(model.id, sa.literal(name).label("field"), _lang(model, name).label("lang")).where(
            model.consultation_id == consultation_id, getattr(model, name) != "", is_shown[model])
        for model, name in PUBLISHED)).subquery()
    authors = sa.func.inputs.languages_of_authors(consultation_id).table_valued("lang")
    read = sa.select(authors.c.lang).distinct().subquery()
    kept = sa.exists().where(Translation.subject_id == texts.c.id, Translation.field == texts.c.field,
                             Translation.lang == read.c.lang, Translation.stale.is_(False), Translation.text != "")
    rows = db.session.execute(sa.select(read.c.lang, sa.func.count())
                              .join_from(texts, read, read.c.lang != texts.c.lang)
                              .where(~kept).group_by(read.c.lang).order_by(read.c.lang))
    return [(lang, number) for lang, number in rows]


def given(consultation_id: uuid.UUID) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """(theme, company) of every answer signed or published."""
    rows = db.session.execute(sa.select(Answer.theme_id, Answer.company_id).where(
        Answer.consultation_id == consultation_id, Answer.state != "draft"))
    return [(theme, company) for theme, company in rows]


def publish(by: Viewer, *, consultation_id: uuid.UUID, words: str) -> Consultation:
    """Publish every signed answer together; what is not signed shows as owed, by name.

    Raises `NotFacilitating`, `NoSuchWay` and what `rules.ensure_publishable` names.
    """
    consultation = consultation_of(consultation_id)
    ensure_facilitating(by, consultation_id)
    way = MACHINE.way(consultation.state, "publish")
    now = standing(consultation_id)
    rules.ensure_publishable(unread=now.unread, themeless=now.themeless, objections=now.objections,
                             unshared=now.unshared, owing=now.owing, promised=consultation.promised_on,
                             today=clock.today())
    _step(consultation, way.end, words)
    db.session.execute(sa.update(Answer).where(Answer.consultation_id == consultation_id, Answer.state == "signed")
                       .values(state="published", published_on=clock.today()))
    db.session.execute(sa.update(Theme).where(Theme.consultation_id == consultation_id)
                       .values(published_on=clock.today()))
    db.session.add(Publication(consultation_id=consultation_id, on=clock.today(),
                               by_organisation=consultation.facilitator_id))
    audit.record("answers.published", consultation_id, about=consultation_id, owed=len(now.owing))
    tell("published", consultation_id=consultation_id, to=("participants", "conveners"))
    return consultation


def _step(consultation: Consultation, end: str, words: str) -> None:
    db.session.add(Transition(id=uuid.uuid4(), consultation_id=consultation.id, start=consultation.state, end=end,
                              at=clock.now(), by_organisation=consultation.facilitator_id, words=words,
                              lang=language()))
    consultation.state = end


def record_default(by: Viewer, *, consultation_id: uuid.UUID, company_id: str, words: str) -> Default:
    """Record by name that a company did not answer. Raises `NotPublished`, `NothingOwed`, `AlreadyRecorded`."""
    consultation = consultation_of(consultation_id)
    ensure_facilitating(by, consultation_id)
    if consultation.state != "published":
        raise rules.NotPublished()
    company = uuid.UUID(company_id)
    if company not in {c for _, c in standing(consultation_id).owing}:
        raise rules.NothingOwed()
    if company in recorded(consultation_id):
        raise rules.AlreadyRecorded()
    made = Default(id=uuid.uuid4(), consultation_id=consultation_id, company_id=company, words=words,
                   lang=language(), on=clock.today())
    db.session.add(made)
    audit.record("default.recorded", company, about=consultation_id)
    tell("defaulted", consultation_id=consultation_id, to="participants")
    return made


def recorded(consultation_id: uuid.UUID) -> set[Any]:
    """The companies whose silence is on record."""
    return set(db.session.scalars(sa.select(Default.company_id).where(Default.consultation_id == consultation_id)))


def close(by: Viewer, *, consultation_id: uuid.UUID, words: str) -> Consultation:
    """End a consultation; every promise is kept or its breach is on record. Raises `StillOwed`."""
    consultation = consultation_of(consultation_id)
    ensure_facilitating(by, consultation_id)
    way = MACHINE.way(consultation.state, "close")
    rules.ensure_closable(standing(consultation_id).owing, recorded(consultation_id))
    _step(consultation, way.end, words)
    audit.record("consultation.closed", consultation_id, about=consultation_id)
    tell("closed", consultation_id=consultation_id, to="participants")
    return consultation

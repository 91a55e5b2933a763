"""Verbs on a consultation's own terms: begin, edit, announce, raise protection; and how it is found."""

import uuid
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from polyphony.consultations import rules
from polyphony.consultations.models import MACHINE, Consultation, Convener, Link, Raise, Transition
from polyphony.kernel import audit, clock, secrets, viewer
from polyphony.kernel.access import require, there
from polyphony.kernel.database import db
from polyphony.kernel.forms import ChangedMeanwhile
from polyphony.kernel.locale import language
from polyphony.kernel.tallies import Tally
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import lacking, mark_stale
from polyphony.notices.service import tell
from polyphony.organisations.models import Organisation, has_left

PAGE = 25
PLAIN = ("source_lang", *rules.FIELDS, "technologies", "countries", "segments", "contexts", "phases", "languages",
         "protection", "discovery", "accountless", "time_zone", "opens_at", "closes_at", "promised_on",
         "facilitator_id")


def find(id: uuid.UUID) -> Consultation:
    """A consultation this viewer may see; otherwise the one 404."""
    return there(db.session.get(Consultation, id))


def _locked(id: uuid.UUID) -> Consultation:
    """The consultation as it is now, so that two who act at once act one after the other."""
    wanted = sa.select(Consultation).where(Consultation.id == id).with_for_update(of=Consultation)
    return there(db.session.scalars(wanted.execution_options(populate_existing=True)).first())


def find_with_counts(id: uuid.UUID) -> tuple[Consultation, int | None, int | None, bool]:
    """The consultation, its two public counts (suppressed already), and whether nobody facilitates it any more."""
    def count(name: str) -> Any:
        return sa.select(Tally.count).where(Tally.subject == id, Tally.name == name).scalar_subquery()

    row = db.session.execute(sa.select(Consultation, count("inputs"), count("organisations"),
                                       sa.func.consultations.facilitator_gone(id)).where(Consultation.id == id)).first()
    return tuple(there(row))  # type: ignore[return-value]


def announced(after: tuple[date, uuid.UUID] | None = None) -> list[Consultation]:
    """Those announced or later that this viewer may see, the latest promise first; one more than a page."""
    wanted = sa.select(Consultation).where(Consultation.state != "draft")
    if after:
        wanted = wanted.where(sa.tuple_(Consultation.promised_on, Consultation.id) < sa.tuple_(
            sa.literal(after[0]), sa.literal(after[1])))
    return list(db.session.scalars(
        wanted.order_by(Consultation.promised_on.desc(), Consultation.id.desc()).limit(PAGE + 1)))


def drafts(by: Viewer) -> list[Consultation]:
    """Those still in preparation in which this viewer's companies or facilitation body take part."""
    if not (by.of("convened") or by.of("facilitated")):
        return []
    return list(db.session.scalars(sa.select(Consultation).where(Consultation.state == "draft")
                                   .order_by(Consultation.created_at.desc(), Consultation.id).limit(50)))


def conveners_of(*ids: uuid.UUID) -> list[Convener]:
    """The companies of these consultations, the beginning one first (one statement)."""
    return list(db.session.scalars(
        sa.select(Convener).join(Organisation, Organisation.id == Convener.company_id)
        .where(Convener.consultation_id.in_(ids)).order_by(Convener.began.desc(), Organisation.name)))


def steps_of(id: uuid.UUID) -> tuple[list[Transition], list[Raise]]:
    """What happened to a consultation in the order of time: its steps, the raises of its protection (one statement)."""
    step = aliased(Transition, sa.select(Transition).where(Transition.consultation_id == id).subquery())
    up = aliased(Raise, sa.select(Raise).where(Raise.consultation_id == id).subquery())
    rows = db.session.execute(sa.select(step, up).select_from(sa.orm.join(step, up, step.id == up.id, full=True))).all()
    steps, raises = [s for s, _ in rows if s], [r for _, r in rows if r]
    return sorted(steps, key=lambda s: s.at), sorted(raises, key=lambda r: r.at)


def organisations(kind: str) -> list[Organisation]:
    """Admitted organisations of a kind that have not left, for choosing."""
    return list(db.session.scalars(sa.select(Organisation).where(
        Organisation.kind == kind, Organisation.admitted_on.is_not(None), ~has_left()).order_by(Organisation.name)))


def create(by: Viewer, *, company: uuid.UUID | None, revision: Any = None, **terms: Any) -> Consultation:
    """Begin a consultation; the company that begins it is its first co-owner.

    Raises `NotLeading`, and what contradicts itself.
    """
    leading = sorted(by.of("leading"), key=str)
    company = company or (leading[0] if len(leading) == 1 else None)
    require(by.is_in("leading", company), rules.NotLeading())
    _check(terms)
    made = Consultation(id=uuid.uuid4(), created_at=clock.now(), **{name: terms[name] for name in PLAIN})
    db.session.add(made)
    db.session.add(Convener(consultation_id=made.id, company_id=company, state="accepted", began=True,
                            accepted_revision=None, invited_at=clock.now(), answered_at=clock.now()))
    viewer.refresh()
    _link_if_needed(made)
    audit.record("consultation.begun", made.id, about=made.id)
    _ask_facilitator(made)
    return made


def edit(by: Viewer, *, id: uuid.UUID, revision: str, company: Any = None, **terms: Any) -> Consultation:
    """Change the terms of a draft. Every change asks every other company to accept anew.

    Raises `NotLeading`, `TermsStand`, `ChangedMeanwhile`, and what contradicts itself.
    """
    require(by.is_in("led", id), rules.NotLeading())
    kept = find(id)
    rules.ensure_draft(kept)
    kept = _locked(id)
    if str(kept.revision) != str(revision):
        raise ChangedMeanwhile()
    _check(terms, before=kept)
    changed = [name for name in PLAIN if getattr(kept, name) != terms[name]]
    if not changed:
        return kept
    if "facilitator_id" in changed:
        kept.facilitator_accepted_on = None
    for name in changed:
        setattr(kept, name, terms[name])
    kept.revision += 1
    db.session.flush()
    mark_stale(id, [name for name in changed if name in rules.FIELDS])
    _link_if_needed(kept)
    audit.record("consultation.edited", id, about=id, fields=changed)
    if "facilitator_id" in changed:
        _ask_facilitator(kept)
    return kept


def _ask_facilitator(consultation: Consultation) -> None:
    if consultation.facilitator_id:
        tell("facilitate", consultation_id=consultation.id, subject_id=consultation.facilitator_id, to="seats")


def _check(terms: dict[str, Any], before: Consultation | None = None) -> None:
    rules.ensure_terms(terms)
    rules.ensure_dates(terms["opens_at"], terms["closes_at"], terms["promised_on"], now=clock.now(), before=before)


def _link_if_needed(consultation: Consultation) -> None:
    if consultation.discovery == "link" and db.session.get(Link, consultation.id) is None:
        db.session.add(Link(consultation_id=consultation.id, secret=secrets.token()))


def link_of(id: uuid.UUID) -> str:
    """The secret part of the address by which a consultation 'only by link' is found."""
    kept = db.session.get(Link, id)
    return secrets.text_of(kept.secret) if kept else ""


def missing(consultation: Consultation, conveners: list[Convener]) -> list[rules.Missing]:
    """What the announcement still waits for."""
    texts = [(consultation.id, name, consultation.source_lang) for name in rules.FIELDS if getattr(consultation, name)]
    return rules.missing_for_announcement(
        consultation, conveners, lacking(texts, consultation.languages), now=clock.now())


def announce(by: Viewer, *, id: uuid.UUID, words: str) -> Consultation:
    """Make the consultation and its promised date known. From here on the terms stand.

    Raises `NotFacilitating`, `NoSuchWay`, `NotYetReady`.
    """
    require(by.is_in("facilitated", id), rules.NotFacilitating())
    kept = _locked(id)
    way = MACHINE.way(kept.state, "announce")
    if missing(kept, conveners_of(id)):
        raise rules.NotYetReady()
    step(kept, way.end, words=words or "", organisation=kept.facilitator_id)
    viewer.refresh()
    for group in ("participants", "conveners"):
        tell("announced", consultation_id=id, to=group)
    return kept


def step(consultation: Consultation, end: str, *, words: str = "", organisation: uuid.UUID | None = None) -> None:
    """Take a step and keep its record: from, to, when, who, with which words."""
    db.session.add(Transition(id=uuid.uuid4(), consultation_id=consultation.id, start=consultation.state, end=end,
                              at=clock.now(), by_organisation=organisation, words=words, lang=language()))
    audit.record(f"consultation.{end}", consultation.id, about=consultation.id)
    consultation.state = end


def raise_protection(by: Viewer, *, id: uuid.UUID, level: str, words: str) -> Consultation:
    """Protect those who speak better than before. Raises `NotFacilitating`, `NeverLower`.

    In a draft that is a change of its terms like any other: who was changing them meanwhile is told so.
    """
    require(by.is_in("facilitated", id), rules.NotFacilitating())
    kept = _locked(id)
    rules.ensure_higher(kept.protection, level)
    db.session.add(Raise(id=uuid.uuid4(), consultation_id=id, start=kept.protection, end=level, at=clock.now(),
                         words=words, lang=language()))
    if level == "high" and kept.discovery == "listed":
        kept.discovery = "invitation"
    kept.protection = level
    if kept.state == "draft":
        kept.revision += 1
    audit.record("consultation.protection_raised", id, about=id, level=level)
    return kept

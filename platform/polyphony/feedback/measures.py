"""Measures afterwards: what the company says of them, and how they look from the ground; never averaged."""

import uuid
from datetime import date

import sqlalchemy as sa

from polyphony.feedback import rules
from polyphony.feedback.answers import ensure_drafting
from polyphony.feedback.models import VIEWS, GroundAuthor, GroundRound, GroundView, Measure
from polyphony.feedback.themes import consultation_of, ensure_facilitating
from polyphony.inputs.models import Input
from polyphony.inputs.service import speaks_for
from polyphony.kernel import audit, clock, small_numbers
from polyphony.kernel.access import require, there
from polyphony.kernel.database import db
from polyphony.kernel.forms import ChangedMeanwhile
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import mark_stale, release, waiting_in
from polyphony.notices.service import tell

# A view waits for the facilitator, or what its author has made of it in another language does.
VIEW_WAITS = sa.or_(GroundView.read_on.is_(None),
                    GroundView.id.in_(waiting_in("ground_view", [GroundView.consultation_id])))


def update(by: Viewer, *, measure_id: uuid.UUID, status: str, status_words: str, lang: str,
           revision: str = "1") -> Measure:
    """The company says where its measure stands. Raises `NotDrafting`, `ChangedMeanwhile`."""
    measure = there(db.session.get(Measure, measure_id, with_for_update=True, populate_existing=True))
    ensure_drafting(by, measure.company_id)
    if str(measure.revision) != str(revision):
        raise ChangedMeanwhile()
    if status_words != measure.status_words:
        mark_stale(measure.id, ["status_words"])
    measure.status, measure.status_words, measure.status_lang = status, status_words, lang
    measure.status_on = clock.today()
    measure.revision += 1
    audit.record("measure.updated", measure.id, about=measure.consultation_id)
    return measure


def open_round(by: Viewer, *, measure_id: uuid.UUID, until: date) -> Measure:
    """Open the one round of views from the ground. Raises `NotFacilitating`, `NotPublished`, `OneRound`."""
    measure = there(db.session.get(Measure, measure_id))
    ensure_facilitating(by, measure.consultation_id)
    if consultation_of(measure.consultation_id).state not in ("published", "closed"):
        raise rules.NotPublished()
    if db.session.get(GroundRound, measure.id):
        raise rules.OneRound()
    if until < clock.today():
        refusal = rules.InThePast()
        refusal.field = "until"
        raise refusal
    db.session.add(GroundRound(measure_id=measure.id, consultation_id=measure.consultation_id,
                               opened_on=clock.today(), until=until))
    audit.record("ground.opened", measure.id, about=measure.consultation_id)
    tell("ground_round", consultation_id=measure.consultation_id, subject_id=measure.theme_id, to="participants")
    return measure


def may_view(by: Viewer, measure: Measure) -> bool:
    """Whether this viewer spoke in the measure's consultation."""
    mine = list(by.of("authored"))
    return bool(mine and db.session.scalar(sa.select(sa.literal(1)).where(sa.exists().where(
        Input.id.in_(mine), Input.consultation_id == measure.consultation_id))))


def has_viewed(measure: Measure) -> bool:
    """Whether this viewer has given her view already: row security shows each author herself alone."""
    return bool(db.session.scalar(sa.select(GroundAuthor.view_id).where(GroundAuthor.measure_id == measure.id)))


def give_view(by: Viewer, *, measure_id: uuid.UUID, view: str, words: str, lang: str, named: bool = False) -> Measure:
    """Say how a measure looks from the ground, once. Raises `DidNotSpeak`, `RoundOver`, `ViewGiven`."""
    measure = there(db.session.get(Measure, measure_id))
    require(may_view(by, measure), rules.DidNotSpeak())
    held = db.session.get(GroundRound, measure.id)
    if held is None or held.until < clock.today():
        raise rules.RoundOver()
    if has_viewed(measure):
        raise rules.ViewGiven()
    given = GroundView(id=uuid.uuid4(), measure_id=measure.id, consultation_id=measure.consultation_id, view=view,
                       words=words or "", lang=lang, day=clock.today(),
                       shown_as=speaks_for(by, measure.consultation_id) if named and by.is_signed_in else "")
    db.session.add(given)
    db.session.flush()
    db.session.add(GroundAuthor(view_id=given.id, measure_id=measure.id, person_id=by.person, phrase_id=by.phrase))
    if by.is_signed_in:  # what is done without an account leaves no row of its own
        audit.record("ground.said", measure.id, about=measure.consultation_id, anonymous=True)
    return measure


def read_view(by: Viewer, *, view_id: uuid.UUID, translations: str | None = None) -> GroundView:
    """The facilitator has read a view, and her author's translations of it; others see it once enough have spoken.

    `translations`: those that stood on the page, as its form says. Raises `NotFacilitating`, `ChangedMeanwhile`.
    """
    view = there(db.session.get(GroundView, view_id))
    ensure_facilitating(by, view.consultation_id)
    release(view.id, translations)
    if view.read_on is None:
        view.read_on = clock.today()
        db.session.flush()
        _show(view.measure_id, consultation_of(view.consultation_id).threshold)
        audit.record("ground.read", view.id, about=view.consultation_id)
    return view


def _show(measure_id: uuid.UUID, threshold: int) -> None:
    """Let others see what may be seen: organisations that name themselves, the others whenever enough wait, together.

    Also after the first five: a sixth view shown alone would be whoever spoke last.
    """
    waiting = db.session.scalars(sa.select(GroundView).where(
        GroundView.measure_id == measure_id, GroundView.read_on.is_not(None), GroundView.shown_on.is_(None))
        .order_by(GroundView.id)).all()
    enough = rules.may_be_shown(sum(not each.shown_as for each in waiting), threshold=threshold)
    for each in waiting:
        if enough or each.shown_as:
            each.shown_on = clock.today()


def tally(views: list[GroundView], threshold: int) -> dict[str, int | None]:
    """At least how many of the unnamed views shown say what, None where too small; nothing while too few spoke.

    Named ones stand by name and are not counted: taken off a total, they would leave the few others.
    """
    unnamed = [each for each in views if each.shown_on and not each.shown_as]
    if not rules.may_be_shown(len(unnamed), threshold=threshold):
        return {}
    return small_numbers.parts({view: sum(each.view == view for each in unnamed) for view in VIEWS},
                               threshold=threshold)

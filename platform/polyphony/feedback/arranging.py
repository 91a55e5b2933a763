"""How the facilitator arranges her themes: their order, and taking one back before anybody has answered."""

import uuid

import sqlalchemy as sa

from polyphony.feedback import rules
from polyphony.feedback.models import IN_ORDER, Answer, Excerpt, Lost, Objection, Theme
from polyphony.feedback.themes import consultation_of, ensure_facilitating, ensure_unpublished
from polyphony.kernel import audit
from polyphony.kernel.access import there
from polyphony.kernel.database import db
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import remove_translations
from polyphony.notices.service import tell


def move(by: Viewer, *, theme_id: uuid.UUID, way: str) -> Theme:
    """Put a theme one place up or down, as far as the list goes. Raises `NotFacilitating`, `TooLateToChange`."""
    theme = there(db.session.get(Theme, theme_id))
    ensure_facilitating(by, theme.consultation_id)
    ensure_unpublished(consultation_of(theme.consultation_id))
    rows = list(db.session.scalars(sa.select(Theme).where(Theme.consultation_id == theme.consultation_id)
                                   .order_by(*IN_ORDER).with_for_update()))
    for place, each in enumerate(rules.moved(rows, theme, up=way == "up"), start=1):
        if each.place != place:
            each.place = place
    audit.record("theme.moved", theme.id, about=theme.consultation_id, way=way)
    return theme


def ensure_removable(by: Viewer, theme: Theme) -> None:
    """Raises `NotFacilitating`, `TooLateToChange`, `AnswerSigned`, `ObjectionWaits`."""
    ensure_facilitating(by, theme.consultation_id)
    if theme.published_on:
        raise rules.TooLateToChange()
    ensure_unpublished(consultation_of(theme.consultation_id))
    signed = sa.exists().where(Answer.theme_id == theme.id, Answer.state != "draft")
    waiting = sa.exists().where(Objection.theme_id == theme.id, Objection.handled_on.is_(None))
    is_signed, is_waiting = db.session.execute(sa.select(signed, waiting)).one()
    if is_signed:
        raise rules.AnswerSigned()
    if is_waiting:
        raise rules.ObjectionWaits()


def remove(by: Viewer, *, theme_id: uuid.UUID) -> Theme:
    """Take a theme back: its excerpts are in no theme again, drafts for it go, unseen.

    Raises what `ensure_removable` raises.
    """
    theme = there(db.session.get(Theme, theme_id))
    ensure_removable(by, theme)
    excerpts = db.session.scalars(sa.select(Excerpt.id).where(Excerpt.theme_id == theme.id)).all()
    remove_translations([theme.id, *excerpts])
    db.session.execute(sa.select(sa.func.feedback.drop_drafts(theme.id)))
    audit.record("theme.removed", theme.id, about=theme.consultation_id)
    if theme.shared_on:
        tell("theme_removed", consultation_id=theme.consultation_id, to="conveners")
    db.session.delete(theme)
    return theme


def note_losses(by: Viewer, *, theme_id: uuid.UUID) -> Theme:
    """The facilitator has seen that excerpts went. Raises `NotFacilitating`."""
    theme = there(db.session.get(Theme, theme_id))
    ensure_facilitating(by, theme.consultation_id)
    db.session.execute(sa.delete(Lost).where(Lost.theme_id == theme.id))
    return theme

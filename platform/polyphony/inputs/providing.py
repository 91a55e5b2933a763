"""What this room answers when others ask: what waits for somebody, what can be translated."""

import uuid
from typing import Any

import sqlalchemy as sa
from flask import url_for

from polyphony.inputs import desk
from polyphony.inputs.models import Input, Original
from polyphony.kernel import viewer
from polyphony.kernel.database import db
from polyphony.kernel.locale import lazy, ngettext
from polyphony.kernel.providers import Waits, provide
from polyphony.kernel.viewer import Viewer

BEGINNING = 400  # characters by which a translator knows a text in a list


@provide("waits")
def waits(by: Viewer) -> list[Waits]:
    """Inputs that wait to be read, for the facilitator."""
    return [Waits(ngettext("%(num)s input waits to be read", "%(num)s inputs wait to be read", number),
                  url_for("inputs.reading", id=id))
            for id, number in sorted(desk.unread(by.of("facilitated")).items())]


@provide("translatable")
def translatable(consultation_id: uuid.UUID, only: uuid.UUID | None = None, kind: str = "",
                 ) -> list[tuple[str, uuid.UUID, str, Any, str, str]]:
    """Inputs this viewer may translate: her own; for translators and the facilitator all they may read.

    One is told whole, all of them with their beginnings alone. Why something was masked is the facilitator's to
    translate, for its author alone reads it.
    """
    by = viewer.current()
    told = _maskings(consultation_id, only) if kind in ("", "masking") and by.is_in(
        "facilitated", consultation_id) else []
    return [*_inputs(by, consultation_id, only), *told] if kind in ("", "input") else told


def _maskings(consultation_id: uuid.UUID, only: uuid.UUID | None) -> list[tuple[str, uuid.UUID, str, Any, str, str]]:
    wanted = sa.select(Original.input_id, Original.reason, Original.reason_lang).where(
        Original.consultation_id == consultation_id, Original.reason_lang != "")
    rows = db.session.execute((wanted.where(Original.input_id == only) if only else wanted).order_by(Original.input_id))
    return [("masking", id, "reason", lazy("Why something is masked"), said, lang) for id, said, lang in rows]


def _inputs(by: Viewer, consultation_id: uuid.UUID,
            only: uuid.UUID | None) -> list[tuple[str, uuid.UUID, str, Any, str, str]]:
    text = Input.text if only else sa.func.left(Input.text, BEGINNING)
    wanted = sa.select(Input.id, text, Input.lang).where(
        Input.consultation_id == consultation_id, Input.withdrawn_on.is_(None))
    if only:
        wanted = wanted.where(Input.id == only)
    if not (by.is_in("translating", consultation_id) or by.is_in("facilitated", consultation_id)):
        if not by.of("authored"):
            return []
        wanted = wanted.where(Input.id.in_(by.of("authored")))
    rows = db.session.execute(wanted.order_by(Input.day.desc(), Input.shuffle, Input.id))
    return [("input", id, "text", lazy("Input"), said, lang) for id, said, lang in rows]

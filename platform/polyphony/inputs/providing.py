"""What this room answers when others ask: what waits for somebody, what can be translated."""

import uuid
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from flask import url_for

from polyphony.inputs import desk
from polyphony.inputs.models import Input
from polyphony.kernel import viewer
from polyphony.kernel.database import db
from polyphony.kernel.locale import lazy, ngettext
from polyphony.kernel.providers import provide
from polyphony.kernel.viewer import Viewer


@provide("waits")
def waits(by: Viewer) -> list[Any]:
    """Inputs that wait to be read, for the facilitator."""
    return [SimpleNamespace(
        text=ngettext("%(num)s input waits to be read", "%(num)s inputs wait to be read", number),
        url=url_for("inputs.reading", id=id), due="", warn=False)
        for id, number in sorted(desk.unread(by.of("facilitated")).items())]


@provide("translatable")
def translatable(consultation_id: uuid.UUID) -> list[tuple[str, uuid.UUID, str, Any, str, str]]:
    """Inputs this viewer may translate: her own; for translators and the facilitator all they may read."""
    by = viewer.current()
    wanted = sa.select(Input).where(Input.consultation_id == consultation_id, Input.withdrawn_on.is_(None))
    if not (by.is_in("translating", consultation_id) or by.is_in("facilitated", consultation_id)):
        if not by.of("authored"):
            return []
        wanted = wanted.where(Input.id.in_(by.of("authored")))
    rows = db.session.scalars(wanted.order_by(Input.day.desc(), Input.shuffle, Input.id))
    return [("input", row.id, "text", lazy("Input"), row.text, row.lang) for row in rows]

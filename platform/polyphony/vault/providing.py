"""What this room answers when others ask: what waits for a keyholder, what somebody is told of her own box."""

from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from flask import url_for

from polyphony.kernel import clock
from polyphony.kernel.database import db
from polyphony.kernel.locale import _, ngettext
from polyphony.kernel.providers import Waits, provide
from polyphony.kernel.viewer import Viewer
from polyphony.vault import desk
from polyphony.vault.models import Box, Opening, Reading, Seat, Word


@provide("waits")
def waits(by: Viewer) -> list[Waits]:
    """Requests on which this keyholder has not given her word; one whose box was taken back waits for nobody."""
    mine = by.of("keeping")
    if not mine:
        return []
    said = sa.exists().where(Word.opening_id == Opening.id, Word.keyholder_id == Seat.keyholder_id)
    done = sa.exists().where(Reading.opening_id == Opening.id)
    there = sa.exists().where(Box.id == Opening.box_id, Box.circle_id == Opening.circle_id)
    rows = db.session.execute(
        sa.select(Opening.consultation_id, sa.func.count()).join(Seat, Seat.circle_id == Opening.circle_id).where(
            Seat.keyholder_id.in_(mine), Opening.until > clock.now(), Seat.organisation_id != Opening.organisation_id,
            ~said, ~done, there | (Opening.kind == "reshare"))
        .group_by(Opening.consultation_id).order_by(Opening.consultation_id)).all()
    return [Waits(ngettext("%(num)s request waits for your word as a keyholder",
                           "%(num)s requests wait for your word as a keyholder", number),
                  url_for("vault.room", id=id)) for id, number in rows]


@provide("told_besides")
def told(by: Viewer) -> list[Any]:
    """That keyholders opened what somebody left with them: found when she looks, so that no row joins her to it."""
    return [SimpleNamespace(day=clock.day(row.day), url=url_for("vault.identity", id=row.consultation_id), seen=True,
                            sentence=_("The keyholders of a consultation opened what you left with them."))
            for row in desk.told(by, desk.hers(by))]

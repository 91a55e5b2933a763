"""What this part of the fund answers when others ask."""

import uuid
from typing import Any

import sqlalchemy as sa

from polyphony.fund.applying.models import Application, Part
from polyphony.fund.applying.words import with_title
from polyphony.fund.deciding.models import Decision
from polyphony.kernel import viewer
from polyphony.kernel.database import db
from polyphony.kernel.locale import _
from polyphony.kernel.providers import provide
from polyphony.kernel.viewer import Viewer


def _writes(by: Viewer) -> bool:
    return bool(by.of("fund_admin") or by.of("fund_translate"))


@provide("translatable_kinds")
def translatable_kinds(by: Viewer, call_id: uuid.UUID) -> set[str]:
    """The fund's administrators and translators bring its letters to applicants into other languages."""
    return {"fund_decision"} if _writes(by) else set()


@provide("translatable")
def translatable(call_id: uuid.UUID, only: uuid.UUID | None = None, kind: str = "",
                 ) -> list[tuple[str, uuid.UUID, str, Any, str, str]]:
    """The words of each decision on this call that the viewer may read: the database decides."""
    if kind not in ("", "fund_decision") or not _writes(viewer.current()):
        return []
    rows = db.session.execute(
        sa.select(Decision.application_id, Decision.words, Decision.lang, sa.func.coalesce(Part.words, ""))
        .join(Application, Application.id == Decision.application_id)
        .outerjoin(Part, sa.and_(Part.application_id == Application.id, Part.name == "title"))
        .where(Application.call_id == call_id).order_by(sa.func.lower(Part.words), Decision.application_id))
    return [("fund_decision", id, "words", with_title(_("A letter from the fund"), title), said, lang)
            for id, said, lang, title in rows]

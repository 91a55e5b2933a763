"""What the public account answers when others ask: three numbers for the front page, its words for translators."""

import uuid
from types import SimpleNamespace
from typing import Any

from flask import url_for

from polyphony.fund.bodies.models import Fund
from polyphony.fund.statement import service
from polyphony.fund.statement.words import FIGURES
from polyphony.kernel import clock, locale, viewer
from polyphony.kernel.database import db
from polyphony.kernel.locale import _
from polyphony.kernel.providers import provide
from polyphony.kernel.viewer import Viewer

THREE = ("received", "granted", "paid")


@provide("fund_in_numbers")
def in_numbers() -> list[Any]:
    """For each fund: its name, its address and three numbers in every currency; nothing before money came in."""
    told = []
    for fund, organisation in service.funds():
        rows = [[(FIGURES[name], each.said(name)) for name in THREE]
                for each in service.figures(fund.organisation_id, clock.today()) if each.received > 0]
        if rows:
            told.append(SimpleNamespace(name=organisation.name, rows=rows,
                                        url=url_for("fund.statement", fund_id=fund.organisation_id)))
    return told


def _written_by(by: Viewer, fund_id: uuid.UUID) -> Fund | None:
    """The fund, for those who write or translate its words."""
    works = by.is_in("fund_admin", fund_id) or by.is_in("fund_translate", fund_id)
    return db.session.get(Fund, fund_id) if works else None


@provide("translation_desk")
def translation_desk(fund_id: uuid.UUID) -> dict[str, Any] | None:
    """Name, languages and page of the fund whose words are translated."""
    if _written_by(viewer.current(), fund_id) is None:
        return None
    return {"title": service.fund(fund_id)[1].name, "languages": [each.code for each in locale.interface()],
            "url": url_for("fund.statement", fund_id=fund_id)}


@provide("translatable")
def translatable(fund_id: uuid.UUID, only: uuid.UUID | None = None, kind: str = "",
                 ) -> list[tuple[str, uuid.UUID, str, Any, str, str]]:
    """What the fund is for."""
    kept = _written_by(viewer.current(), fund_id) if kind in ("", "fund_purpose") else None
    return [("fund_purpose", fund_id, "purpose", _("What the fund is for"), kept.purpose, kept.lang)] if kept else []


@provide("translatable_kinds")
def translatable_kinds(by: Viewer, fund_id: uuid.UUID) -> set[str]:
    """Its administrators and translators work on the words of a fund."""
    return {"fund_purpose"} if _written_by(by, fund_id) else set()

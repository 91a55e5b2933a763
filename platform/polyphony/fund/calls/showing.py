"""A call as one reader sees it: her language, her time, the money, and what she can do next."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import url_for

from polyphony.fund.calls import rules, words
from polyphony.fund.calls.models import MACHINE, STATES, Call, CallStep
from polyphony.kernel import clock, locale, money
from polyphony.kernel.database import db
from polyphony.kernel.locale import _, language, ngettext
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import Key, Translation, Written, written
from polyphony.organisations.models import Organisation


def say(call: Call, field: str, tr: dict[Key, Translation]) -> Written:
    """One of its texts for this reader."""
    return written(getattr(call, field), call.source_lang, call.id, field, tr, language())


def said(row: Any, field: str, call: Call, tr: dict[Key, Translation]) -> Written:
    """A text of a criterion or a question for this reader."""
    return written(getattr(row, field), call.source_lang, row.id, field, tr, language())


def zone_for(by: Viewer, call: Call) -> str:
    """The reader's own time zone, or for a visitor the call's."""
    return by.time_zone if _has_zone(by) else call.time_zone


def _has_zone(by: Viewer) -> bool:
    return by.is_signed_in and by.time_zone not in ("", "UTC")


def moment(by: Viewer, call: Call, when: datetime | None) -> clock.Moment | None:
    """A time of this call; who has not said where she is reads it in the call's zone until her browser says it."""
    return clock.moment(when, zone_for(by, call), is_guess=not _has_zone(by))


def fund_names(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What these funds are called (one statement)."""
    rows = db.session.execute(sa.select(Organisation.id, Organisation.name).where(Organisation.id.in_(set(ids))))
    return {row.id: row.name for row in rows}


def due(by: Viewer, call: Call) -> dict[str, Any] | None:
    """The deadline: when, how far it is, and the moment in local time and UTC."""
    if not call.closes_at:
        return None
    state, local = rules.standing(call, clock.now()), clock.zone(zone_for(by, call))
    day = clock.day(call.closes_at.astimezone(local).date())
    left = clock.days_between(clock.now().astimezone(local).date(), call.closes_at.astimezone(local).date())
    note = ""
    if state == "open":
        note = ngettext("in %(num)s day", "in %(num)s days", left) if left > 0 else _("today")
    return {"label": _("Deadline"), "text": day.text if day else "", "note": note,
            "moment": moment(by, call, call.closes_at), "guessed_at": _guessed(by, call.closes_at)}


def _guessed(by: Viewer, when: datetime | None) -> str:
    """The instant of a day that another zone may call by another name; empty where the reader's zone is known."""
    return when.isoformat(timespec="minutes") if when and not _has_zone(by) else ""


def stages(by: Viewer, call: Call, steps: Sequence[CallStep]) -> list[dict[str, Any]]:
    """The line of stages with their dates: past, now, next."""
    place = zone_for(by, call)
    taken = {s.end: s.at for s in steps}
    planned = {"open": call.opens_at, "closed": call.closes_at}
    here = STATES.index(rules.standing(call, clock.now()))
    found = []
    for number, name in enumerate(STATES[1:], start=1):
        when = planned.get(name) or taken.get(name)
        told = clock.day(when.astimezone(clock.zone(place)).date()) if when else None
        found.append({"label": words.STATES[name], "date": told.text if told else "", "guessed_at": _guessed(by, when),
                      "state": "past" if number < here else "now" if number == here else "next"})
    return found


def amounts(call: Call) -> list[tuple[str, str]]:
    """The money of a call, in words and figures."""
    between = _("between %(least)s and %(most)s", least=money.shown(call.smallest, call.currency),
                most=money.shown(call.largest, call.currency))
    return [(_("The whole sum of this call"), money.shown(call.envelope, call.currency)),
            (_("For one application"), between), (_("Currency"), f"{call.currency} · {money.name(call.currency)}")]


def mended_at(missing: rules.Missing, call: Call) -> dict[str, Any]:
    """A missing thing as a line with the link that mends it; missing languages by their names."""
    sentence, endpoint, field = missing
    if endpoint == "languages.desk":
        return {"title": _("Some texts are not yet translated into %(language)s.", language=locale.name_of(field)),
                "detail": "", "label": _("Translate"), "url": url_for(endpoint, id=call.id, into=field)}
    return {"title": sentence, "detail": "", "label": _("Do this"),
            "url": url_for(endpoint, call_id=call.id, _anchor=field or None)}


def can_take_back(call: Call) -> bool:
    return any(way.verb == "take back" for way in MACHINE.ways if way.start == rules.standing(call, clock.now()))

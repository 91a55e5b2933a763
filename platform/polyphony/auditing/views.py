"""The audit's pages: rows for the auditor, heads for everybody, and the file that each party may take away."""

import uuid
from datetime import date
from typing import Any

from flask import Blueprint, Response, request, url_for

from polyphony.auditing import service, words
from polyphony.kernel import clock, viewer
from polyphony.kernel.access import Rule, access, anyone, auditor
from polyphony.kernel.locale import lazy
from polyphony.kernel.pages import page

blueprint = Blueprint("auditing", __name__, url_prefix="/<lang>")
BLUEPRINTS = [blueprint]
party = Rule("somebody whose part of the audit can be taken away",
             lambda v: v.is_auditor or bool(v.of("administered")) or bool(v.of("facilitating")),
             lazy("Auditors, administrators of organisations and facilitators can take their part of the audit away."))

NARROWS = ("area", "since", "until", "actor", "about")


@blueprint.get("/audit")
@access(auditor)
def rows() -> Response:
    sought = _sought()
    found, following = service.rows(sought, request.args.get("after", type=uuid.UUID))
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name in NARROWS}
    further = url_for("auditing.rows", **{**kept, "after": following}) if following else None
    return page("auditing/rows.html", rows=found, further=further, sought=sought, areas=_areas(), verbs=words.VERBS,
                short=service.short, moment=_moment, clock=clock, kept=kept)


def _sought() -> service.Sought:
    """What was asked in the address; what cannot be read narrows nothing."""
    asked = request.args
    return service.Sought(asked.get("area", "") if asked.get("area", "") in words.AREAS else "",
                          _day(asked.get("since")), _day(asked.get("until")),
                          asked.get("actor", type=uuid.UUID), asked.get("about", type=uuid.UUID))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _areas() -> list[tuple[str, str]]:
    return sorted(((area, str(label)) for area, label in words.AREAS.items()), key=lambda each: each[1])


def _moment(when: Any) -> Any:
    return clock.moment(when, viewer.current().time_zone or "UTC")


@blueprint.get("/audit/heads")
@access(anyone)
def heads() -> Response:
    by = viewer.current()
    return page("auditing/heads.html", heads=service.heads(), key=service.public_key(), day=clock.day,
                may=party.allows(by), is_auditor=by.is_auditor)


@blueprint.get("/audit/file")
@access(party, fresh=True)
def file() -> Response:
    answer = Response("".join(service.file()), mimetype="application/x-ndjson")
    answer.headers["Content-Disposition"] = f'attachment; filename="audit-{clock.today().isoformat()}.jsonl"'
    return answer

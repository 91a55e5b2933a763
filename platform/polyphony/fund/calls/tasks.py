"""What time does to calls, and what this room answers when others ask."""

import uuid
from typing import Any

import sqlalchemy as sa

from polyphony.fund.calls import rules, service, words
from polyphony.fund.calls.models import MACHINE, Call
from polyphony.kernel import clock, jobs, providers, viewer
from polyphony.kernel.database import db
from polyphony.kernel.locale import _, language
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import translations_for, written

KINDS = {"fund_call", "fund_criterion", "fund_eligibility"}


@jobs.task("fund.calls_turn_with_time", every="* * * * *")
def turn_with_time() -> None:
    """Open what is due to open and close what has reached its deadline; nobody needs to be there for it."""
    now = clock.now()
    due = sa.or_(sa.and_(Call.state == "scheduled", Call.opens_at <= now),
                 sa.and_(Call.state == "open", Call.closes_at <= now))
    for kept in db.session.scalars(sa.select(Call).where(due).order_by(Call.id)
                                   .with_for_update(of=Call, skip_locked=True)).all():
        while verb := rules.due_now(kept.state, kept.opens_at, kept.closes_at, now):
            service.step(kept, MACHINE.way(kept.state, verb).end)
            db.session.flush()


@providers.provide("translation_desk")
def translation_desk(call_id: uuid.UUID) -> dict[str, Any] | None:
    """Title, languages and page of the call whose texts are translated."""
    from flask import url_for

    kept = db.session.get(Call, call_id)
    if kept is None:
        return None
    tr = translations_for([kept.id], language())
    return {"title": written(kept.title, kept.source_lang, kept.id, "title", tr, language()).text,
            "languages": kept.languages, "url": url_for("fund.call", call_id=kept.id)}


@providers.provide("translatable")
def translatable(call_id: uuid.UUID, only: uuid.UUID | None = None, kind: str = "",
                 ) -> list[tuple[str, uuid.UUID, str, Any, str, str]]:
    """The call's own texts, its criteria and its questions."""
    by = viewer.current()
    kept = db.session.get(Call, call_id) if by.of("fund_admin") or by.of("fund_translate") else None
    if kept is None or (kind and kind not in KINDS):
        return []
    texts = service.texts_of(kept, service.criteria_of(call_id) if kind in ("", "fund_criterion") else [],
                             service.questions_of(call_id) if kind in ("", "fund_eligibility") else [])
    return [(sort, id, field, (words.TEXTS if sort == "fund_call" else words.parts_of(sort))[field], text,
             kept.source_lang) for sort, id, field, text in texts]


@providers.provide("translatable_kinds")
def translatable_kinds(by: Viewer, call_id: uuid.UUID) -> set[str]:
    """The fund's administrators and translators work on the texts of its calls."""
    if not (by.of("fund_admin") or by.of("fund_translate")):
        return set()
    kept = db.session.get(Call, call_id)
    mine = kept is not None and (by.is_in("fund_admin", kept.fund_id) or by.is_in("fund_translate", kept.fund_id))
    return KINDS if mine else set()


@providers.provide("waits")
def waits(by: Viewer) -> list[dict[str, Any]]:
    """Calls that wait for their announcement, and those whose answers can be given."""
    from flask import url_for

    if not by.of("fund_admin"):
        return []
    rows = db.session.execute(sa.select(Call.id, Call.title, Call.state).where(
        Call.state.in_(("draft", "closed")), Call.fund_id.in_(by.of("fund_admin"))).order_by(Call.closes_at, Call.id))
    return [{"text": _("Prepare the call: %(title)s", title=title) if state == "draft"
             else _("Bring the call to its decisions: %(title)s", title=title), "due": None, "warn": False,
             "url": url_for("fund.prepare_call" if state == "draft" else "fund.applications", call_id=id)}
            for id, title, state in rows]

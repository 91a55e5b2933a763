"""What time does to calls, and what this room answers when others ask."""

import uuid
from typing import Any

import sqlalchemy as sa
from flask import g

from polyphony.fund.calls import rules, service, words
from polyphony.fund.calls.models import MACHINE, Call
from polyphony.kernel import clock, jobs, providers, viewer
from polyphony.kernel.database import db
from polyphony.kernel.locale import _, language
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import reader_first

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
            if kept.state == "closed":
                jobs.defer("fund.ask_rooms", call_id=kept.id)  # before anybody of the fund begins to judge


def _called(call_id: uuid.UUID) -> tuple[Call, str] | None:
    """The call of this id with its title in the reader's language, asked once for all questions of one desk.

    Whoever sits in a fund and names the fund itself asks for no call.
    """
    by = viewer.current()
    if by.is_in("funds", call_id):
        return None
    held = g.get("translated_call", (None, None, None))
    if held[0] is not by or held[1] != call_id:
        title = reader_first(Call.id, "title", Call.title, Call.source_lang, language())
        row = db.session.execute(sa.select(Call, title).where(Call.id == call_id)).first()
        g.translated_call = held = by, call_id, row and (row[0], row[1])
    found: tuple[Call, str] | None = held[2]
    return found


def _call(call_id: uuid.UUID) -> Call | None:
    found = _called(call_id)
    return found[0] if found else None


@providers.provide("translation_desk")
def translation_desk(call_id: uuid.UUID) -> dict[str, Any] | None:
    """Title, languages and page of the call whose texts are translated."""
    from flask import url_for

    found = _called(call_id)
    if found is None:
        return None
    kept, title = found
    return {"title": title,
            "languages": kept.languages, "url": url_for("fund.call", call_id=kept.id)}


@providers.provide("translatable")
def translatable(call_id: uuid.UUID, only: uuid.UUID | None = None, kind: str = "",
                 ) -> list[tuple[str, uuid.UUID, str, Any, str, str]]:
    """The call's own texts, its criteria and its questions."""
    by = viewer.current()
    kept = _call(call_id) if by.of("fund_admin") or by.of("fund_translate") else None
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
    kept = _call(call_id)
    mine = kept is not None and (by.is_in("fund_admin", kept.fund_id) or by.is_in("fund_translate", kept.fund_id))
    return KINDS if mine else set()


@providers.provide("waits")
def waits(by: Viewer) -> list[providers.Waits]:
    """For administrators, calls to announce and to bring to their decisions; for translators, calls with texts that
    lack one of the call's languages."""
    from flask import url_for

    title_of = reader_first(Call.id, "title", Call.title, Call.source_lang, language())
    rows = _calls_of(by, title_of)
    found: list[providers.Waits] = []
    for id, title, state in rows:
        if not by.of("fund_admin"):
            text, place = _("Translate: %(title)s", title=title), url_for("languages.desk", id=id)
        elif state == "draft":
            text, place = _("Prepare the call: %(title)s", title=title), url_for("fund.prepare_call", call_id=id)
        else:
            text = _("Bring the call to its decisions: %(title)s", title=title)
            place = url_for("fund.applications", call_id=id)
        found.append(providers.Waits(text, place))
    return found


def _calls_of(by: Viewer, title_of: Any) -> Any:
    """(call, title, state) of what waits for an administrator, else for a translator (one statement, or none)."""
    admin, translator = by.of("fund_admin"), by.of("fund_translate")
    if not admin and not translator:
        return []
    waiting = ([Call.state.in_(("draft", "closed")), Call.fund_id.in_(admin)] if admin
               else [Call.state != "decided", Call.fund_id.in_(translator), _LACKING])
    wanted = sa.select(Call.id, title_of, Call.state).where(*waiting)
    return db.session.execute(wanted.order_by(Call.closes_at, Call.id))


# A text of the call, or of an application that was sent, has no present translation into a language of the call.
_LACKING = sa.text("""EXISTS (SELECT 1 FROM (
    SELECT "call".id AS subject, f.field, "call".source_lang AS lang FROM (VALUES ('title', "call".title),
      ('plain', "call".plain), ('about', "call".about), ('who_can_apply', "call".who_can_apply),
      ('what_for', "call".what_for)) f(field, said) WHERE f.said <> ''
    UNION ALL SELECT p.id, 'words', p.lang FROM fund.part p JOIN fund.application a ON a.id = p.application_id
      WHERE a.call_id = "call".id AND a.state = 'submitted' AND p.words <> ''
    UNION ALL SELECT b.id, 'words', a.lang FROM fund.budget_line b JOIN fund.application a ON a.id = b.application_id
      WHERE a.call_id = "call".id AND a.state = 'submitted') x
  CROSS JOIN unnest("call".languages) l(lang) WHERE l.lang <> x.lang AND NOT EXISTS (
    SELECT 1 FROM languages.translation t WHERE t.subject_id = x.subject AND t.field = x.field AND t.lang = l.lang
    AND NOT t.stale AND t.text <> ''))""")

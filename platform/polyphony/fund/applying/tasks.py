"""What this room answers when others ask."""

import uuid
from typing import Any

import sqlalchemy as sa
from flask import g

from polyphony.fund.applying import rules, service, words
from polyphony.fund.applying.models import PARTS, Application, BudgetLine, Part
from polyphony.kernel import clock, providers, viewer
from polyphony.kernel.database import db
from polyphony.kernel.locale import _
from polyphony.kernel.viewer import Viewer

SHOWN = 5  # applications that a home shows
WORKS = ("applied", "interpreted", "fund_translate", "fund_admin")


@providers.provide("own_application")
def own_application(by: Viewer, call_id: uuid.UUID) -> dict[str, Any] | None:
    """Where this viewer goes on with her organisation's application to a call."""
    from flask import url_for

    for each in service.own(by, call_id):
        label = _("Go on with your application") if each.state == "draft" else _("See your application")
        return {"label": label, "url": url_for("fund.application", application_id=each.id)}
    return None


@providers.provide("translatable_kinds")
def translatable_kinds(by: Viewer, call_id: uuid.UUID) -> set[str]:
    """Applicants, their own translators and the fund's translate what was written for the reviewers."""
    return {"fund_part"} if any(by.of(fact) for fact in WORKS) else set()


@providers.provide("translatable")
def translatable(call_id: uuid.UUID, only: uuid.UUID | None = None, kind: str = "",
                 ) -> list[tuple[str, uuid.UUID, str, Any, str, str]]:
    """Every text and budget line of the applications to this call that the viewer may read: the database decides."""
    if kind not in ("", "fund_part") or not any(viewer.current().of(fact) for fact in WORKS):
        return []
    place = sa.case({name: n for n, name in enumerate(PARTS)}, value=Part.name)
    texts = sa.union_all(
        sa.select(Part.id, Part.application_id, Part.name, Part.words, Part.lang, place.label("place")),
        sa.select(BudgetLine.id, BudgetLine.application_id, sa.literal("budget"), BudgetLine.words, Application.lang,
                  len(PARTS) + BudgetLine.place)
        .join(Application, Application.id == BudgetLine.application_id)).subquery()
    head, text = sa.orm.aliased(Part), texts.c
    rows = db.session.execute(
        sa.select(text.id, text.name, text.words, text.lang, sa.func.coalesce(head.words, ""))
        .join(Application, Application.id == text.application_id)
        .outerjoin(head, sa.and_(head.application_id == text.application_id, head.name == "title"))
        .where(Application.call_id == call_id, text.words != "")
        .order_by(sa.func.lower(head.words), text.application_id, text.place))
    return [("fund_part", id, "words", _called(name, title), said, lang) for id, name, said, lang, title in rows]


def _called(name: str, title: str) -> str:
    """A text of an application by its place in it and, but for the title itself, by its project."""
    place = words.STEPS["budget"] if name == "budget" else words.PART_NAMES[name]
    return words.with_title(place, title if name != "title" else "")


@providers.provide("applied_to")
def applied_to(by: Viewer) -> set[uuid.UUID]:
    """The calls to which her organisations have sent an application."""
    return {each.call.id for each in service.own(by) if each.state != "draft"}


def _own(by: Viewer) -> list[service.Own]:
    """Her organisations' applications, asked once for a home that shows both what waits and what was sent."""
    if g.get("own_applications", (None,))[0] is not by:
        g.own_applications = by, service.own(by)
    found: list[service.Own] = g.own_applications[1]
    return found


@providers.provide("has_sent")
def has_sent(by: Viewer) -> list[providers.Waits]:
    """What her organisation has sent to the fund and where it stands, the newest first, each with its page."""
    from flask import url_for

    found: list[providers.Waits] = []
    for each in reversed(_own(by)):
        if each.state != "draft" and len(found) < SHOWN:
            text = each.title or each.call.title
            url = url_for("fund.application", application_id=each.id)
            if each.grant:
                text, url = _("Grant: %(title)s", title=text), url_for("fund.grant", grant_id=each.grant)
            found.append(providers.Waits(text, url, due=words.STATES[each.state]))
    return found


@providers.provide("waits")
def waits(by: Viewer) -> list[providers.Waits]:
    """Corrections that the fund asks for, drafts whose deadline comes, and open calls to apply to."""
    from flask import url_for

    mine = _own(by)
    found = [providers.Waits(_("Apply to the fund: %(title)s", title=title), url_for("fund.call", call_id=id),
                             due_on=closes.date()) for id, title, closes in service.untried(by, mine) if closes]
    for each in mine:
        url = url_for("fund.application", application_id=each.id)
        day = clock.day(each.call.closes_at)
        if each.asked and each.state == "submitted":
            found.append(providers.Waits(_("The fund asks for a correction: %(title)s", title=each.title), url))
        elif each.state == "draft" and rules.is_open(each.call, clock.now()):
            text = _("Finish and send your application: %(title)s", title=each.title or each.call.title)
            found.append(providers.Waits(text, url, due=day.text if day else ""))
    return found

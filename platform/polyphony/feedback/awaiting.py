"""What the loop waits for after publication: views from those who spoke, and what the facilitator owes them."""

from functools import cache
from typing import Any

import sqlalchemy as sa
from flask import url_for

from polyphony.consultations.models import Consultation
from polyphony.feedback.measures import VIEW_WAITS
from polyphony.feedback.models import Answer, Default, GroundAuthor, GroundRound, GroundView, Measure, Objection, Theme
from polyphony.inputs.models import Input
from polyphony.kernel import clock
from polyphony.kernel.database import db
from polyphony.kernel.locale import _, language, ngettext
from polyphony.kernel.providers import Waits, provide
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import reader_first
from polyphony.organisations.models import Organisation

SHORT = 80  # characters of a measure on the home page


@provide("views_to_give")
@provide("waits")
def views_to_give(by: Viewer) -> list[Waits]:
    """Open rounds on measures, in consultations where she spoke, on which she has said nothing yet."""
    mine = list(by.of("authored"))
    if not mine:
        return []
    rows = db.session.execute(_rounds(language()), {"mine": mine, "today": clock.today()})
    return [Waits(_("Say how it looks where you live: %(title)s", title=_short(text)),
                  url_for("feedback.ground", id=id), until) for id, text, until in rows]


@cache
def _rounds(lang: str) -> sa.Select[Any]:
    """That statement, built once, for every home asks it."""
    spoke = sa.select(Input.consultation_id).where(
        Input.id == sa.any_(sa.bindparam("mine", type_=sa.ARRAY(sa.Uuid()))))
    given = sa.exists().where(GroundAuthor.measure_id == Measure.id)  # row security: her own alone
    return (
        sa.select(Measure.id, reader_first(Measure.id, "what", Measure.what, Measure.lang, lang), GroundRound.until)
        .join(GroundRound, GroundRound.measure_id == Measure.id)
        .where(GroundRound.until >= sa.bindparam("today", type_=sa.Date()), Measure.consultation_id.in_(spoke), ~given)
        .order_by(GroundRound.until, Measure.id))


def _short(text: str) -> str:
    line = text.split("\n")[0]
    return line if len(line) <= SHORT else line[:SHORT].rsplit(" ", 1)[0] + "…"


@provide("waits")
def facilitators_part(by: Viewer) -> list[Waits]:
    """Authors without a reply, views from the ground she has not read, and silence that nobody has named yet."""
    here = list(by.of("facilitated"))
    if not here:
        return []
    counts = [_objections(), _unread_views(), _silent()]
    title = reader_first(Consultation.id, "title", Consultation.title, Consultation.source_lang, language())
    rows = db.session.execute(sa.select(Consultation.id, title, *counts).where(
        Consultation.id.in_(here), sa.or_(*(each > 0 for each in counts))).order_by(Consultation.id))
    return [Waits(text, url_for("feedback.facilitate", id=id)) for id, said, *numbers in rows
            for text in _sentences(said, *numbers)]


def _sentences(title: str, objections: int, views: int, silent: int) -> list[str]:
    told = [
        (objections, ngettext("Reply to an author who says “not what I meant”: %(title)s",
                              "Reply to %(num)s authors who say “not what I meant”: %(title)s", objections,
                              title=title)),
        (views, ngettext("Read a view from the ground: %(title)s", "Read %(num)s views from the ground: %(title)s",
                         views, title=title)),
        (silent, ngettext("A company still owes answers: %(title)s", "%(num)s companies still owe answers: %(title)s",
                          silent, title=title))]
    return [text for number, text in told if number]


def _count(of: Any, *wanted: Any) -> Any:
    return sa.select(of).where(*wanted).correlate(Consultation).scalar_subquery()


def _objections() -> Any:
    return _count(sa.func.count(Objection.id), Objection.consultation_id == Consultation.id,
                  Objection.handled_on.is_(None))


def _unread_views() -> Any:
    return _count(sa.func.count(GroundView.id), GroundView.consultation_id == Consultation.id,
                  VIEW_WAITS)


def _silent() -> Any:
    """Companies that owe an answer to a published theme, their silence on no record: they hold back the end."""
    given = sa.exists().where(Answer.theme_id == Theme.id, Answer.company_id == Organisation.id,
                              Answer.state != "draft")
    named = sa.exists().where(Default.consultation_id == Theme.consultation_id, Default.company_id == Organisation.id)
    return _count(sa.func.count(sa.distinct(Organisation.id)), Theme.consultation_id == Consultation.id,
                  Consultation.state == "published", Organisation.id == sa.any_(Theme.addressed), ~given, ~named)

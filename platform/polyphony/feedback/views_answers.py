"""A company's desk and its drafts: seen by that company alone."""

import uuid
from typing import Any

import sqlalchemy as sa
from flask import request, url_for

from polyphony.feedback import answers, desk, rules, service, words
from polyphony.feedback.forms import AnswerForm, CommentForm, MeasureForm, NothingForm
from polyphony.feedback.models import Answer, Comment, Measure, Theme
from polyphony.feedback.views import blueprint
from polyphony.kernel import clock, viewer
from polyphony.kernel.access import access, company, require, there
from polyphony.kernel.database import db
from polyphony.kernel.forms import answer
from polyphony.kernel.locale import language
from polyphony.kernel.pages import page
from polyphony.languages.service import translations_for, written

BOTH = ["GET", "POST"]


@blueprint.get("/consultations/<uuid:id>/our-answers", endpoint="desk")
@access(company)
def company_desk(id: uuid.UUID):  # type: ignore[no-untyped-def]
    consultation, lines, measures = desk.companys(viewer.current(), id)
    return page("feedback/desk.html", consultation=consultation, lines=lines, measures=measures, words=words,
                clock=clock, late=rules.late_days(consultation.promised_on, clock.today()))


def _page(theme_id: uuid.UUID, company_id: uuid.UUID, forms: dict[str, Any] | None = None) -> Any:
    by = viewer.current()
    require(by.is_in("companies", company_id), rules.NotDrafting())
    theme, versions, held = answers.whole(theme_id, company_id)
    latest = versions[0] if versions else None
    comments = list(db.session.scalars(sa.select(Comment).where(
        Comment.theme_id == theme_id, Comment.company_id == company_id).order_by(Comment.at)))
    tr, lang = translations_for([theme.id], language()), language()
    said, more = service.excerpts_of(by, theme_id)
    made = {"form": _form(latest), "comment_form": CommentForm(formdata=None, prefix="comment-"),
            "signing": NothingForm(formdata=None), "measure_form": MeasureForm(formdata=None), **(forms or {})}
    return page("feedback/draft.html", theme=theme, company_id=company_id, latest=latest, measures=held,
                earlier=[v for v in versions if v.state != "draft"], comments=comments, words=words, clock=clock,
                is_draft=bool(latest and latest.state == "draft"), said=said, more=more,
                title=written(theme.title, theme.lang, theme.id, "title", tr, lang),
                summary=written(theme.summary, theme.lang, theme.id, "summary", tr, lang),
                may_draft=by.is_in("leading", company_id) or by.is_in("deciding", company_id),
                may_sign=by.is_in("deciding", company_id), **made)


def _form(latest: Answer | None, **kw: Any) -> AnswerForm:
    data: dict[str, Any] = {"lang": language(), "revision": "0"}
    if latest:
        data = {name: getattr(latest, name) for name in ("decision", "reason_kind", "words", "changes", "lang")}
        data["revision"] = str(latest.revision if latest.state == "draft" else 0)
    return AnswerForm(**({"formdata": None} | kw), data=data)


@blueprint.route("/themes/<uuid:id>/answer/<uuid:company_id>", methods=BOTH)
@access(company)
def draft(id: uuid.UUID, company_id: uuid.UUID):  # type: ignore[no-untyped-def]
    if request.method == "GET":
        return _page(id, company_id)
    form = AnswerForm()
    return answer(form, lambda **v: answers.draft(viewer.current(), theme_id=id, company_id=company_id, **v),
                  then=lambda r: url_for("feedback.draft", id=id, company_id=company_id),
                  again=lambda: _page(id, company_id, {"form": form}))


@blueprint.post("/themes/<uuid:id>/answer/<uuid:company_id>/comment")
@access(company)
def comment(id: uuid.UUID, company_id: uuid.UUID):  # type: ignore[no-untyped-def]
    form = CommentForm(prefix="comment-")
    there(db.session.get(Theme, id))
    return answer(form, lambda words: answers.comment(viewer.current(), theme_id=id, company_id=company_id,
                                                      words=words),
                  then=lambda r: url_for("feedback.draft", id=id, company_id=company_id) + "#comments",
                  again=lambda: _page(id, company_id, {"comment_form": form}))


@blueprint.post("/answers/<uuid:id>/sign")
@access(company)
def sign(id: uuid.UUID):  # type: ignore[no-untyped-def]
    found, form = there(db.session.get(Answer, id)), NothingForm()
    return answer(form, lambda: answers.sign(viewer.current(), answer_id=id),
                  then=lambda r: url_for("feedback.desk", id=found.consultation_id),
                  again=lambda: _page(found.theme_id, found.company_id, {"signing": form}))


@blueprint.post("/answers/<uuid:id>/measures")
@access(company)
def add_measure(id: uuid.UUID):  # type: ignore[no-untyped-def]
    found, form = there(db.session.get(Answer, id)), MeasureForm()
    return answer(form, lambda **v: answers.add_measure(viewer.current(), answer_id=id, **v),
                  then=lambda r: url_for("feedback.draft", id=found.theme_id,
                                         company_id=found.company_id) + "#measures",
                  again=lambda: _page(found.theme_id, found.company_id, {"measure_form": form}))


@blueprint.post("/measures/<uuid:id>/remove")
@access(company)
def remove_measure(id: uuid.UUID):  # type: ignore[no-untyped-def]
    found, form = there(db.session.get(Measure, id)), NothingForm()
    place: dict[str, Any] = {"id": found.theme_id, "company_id": found.company_id}
    return answer(form, lambda: answers.remove_measure(viewer.current(), measure_id=id),
                  then=lambda r: url_for("feedback.draft", **place) + "#measures",
                  again=lambda: _page(place["id"], place["company_id"], {"signing": form}))

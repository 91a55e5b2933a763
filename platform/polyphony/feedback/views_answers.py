"""A company's desk and its drafts: seen by that company alone."""

import uuid
from typing import Any

import sqlalchemy as sa
from flask import request, url_for
from wtforms import HiddenField

from polyphony.feedback import answers, desk, rules, service, words
from polyphony.feedback.forms import AnswerForm, CommentForm, MeasureForm, NothingForm
from polyphony.feedback.models import Answer, Comment, Measure, Theme
from polyphony.feedback.views import blueprint
from polyphony.kernel import clock, viewer
from polyphony.kernel.access import access, company, require, there
from polyphony.kernel.compared import differences
from polyphony.kernel.database import db
from polyphony.kernel.forms import answer
from polyphony.kernel.locale import language, listing
from polyphony.kernel.pages import page
from polyphony.languages.service import translations_for, written

BOTH = ["GET", "POST"]


@blueprint.get("/consultations/<uuid:id>/our-answers", endpoint="desk")
@access(company)
def company_desk(id: uuid.UUID):  # type: ignore[no-untyped-def]
    consultation, title, lines, measures = desk.companys(viewer.current(), id)
    return page("feedback/desk.html", consultation=consultation, title=title, lines=lines, measures=measures,
                words=words, clock=clock, late=rules.late_days(consultation.promised_on, clock.today()))


def _page(theme_id: uuid.UUID, company_id: uuid.UUID, forms: dict[str, Any] | None = None, *,
          kept: bool = False) -> Any:
    by = viewer.current()
    require(by.is_in("companies", company_id), rules.NotDrafting())
    theme, versions, held, functions = answers.whole(theme_id, company_id)
    latest = versions[0] if versions else None
    comments = list(db.session.scalars(sa.select(Comment).where(
        Comment.theme_id == theme_id, Comment.company_id == company_id).order_by(Comment.at)))
    tr, lang = translations_for([theme.id, *(m.id for m in held)], language()), language()
    said, more = service.excerpts_of(by, theme_id)
    sent: dict[str, Any] = {} if request.method == "POST" else {"formdata": None}  # typed beside is typed still
    made = {"form": _form(latest), "comment_form": CommentForm(prefix="comment-", **sent),
            "removing": None, "measure_form": MeasureForm(**sent), **(forms or {})}
    conflict = any(each.refusal and each.refusal.status == 409 for each in made.values() if each)
    if conflict:  # she has now seen the present version, and may save over it
        made["form"].revision.data = _revision(latest)
    compared = differences(_form(latest), made["form"]) if conflict and latest else []
    return page("feedback/draft.html", fragment="drafting", theme=theme, company_id=company_id, latest=latest,
                measures=[(m, written(m.what, m.lang, m.id, "what", tr, lang)) for m in held],
                earlier=[v for v in versions if v.state != "draft"], comments=comments, words=words, clock=clock,
                is_draft=bool(latest and latest.state == "draft"), said=said, more=more,
                title=written(theme.title, theme.lang, theme.id, "title", tr, lang),
                summary=written(theme.summary, theme.lang, theme.id, "summary", tr, lang),
                added=written(theme.added_reason, theme.lang, theme.id, "added_reason", tr, lang),
                may_draft=answers.may_draft(by, company_id), may_sign=by.is_in("deciding", company_id),
                compared=compared, kept=kept or ("kept" in request.args and request.method == "GET"),
                measure_typed=_typed(made["measure_form"]),
                lacking=[] if latest is None else rules.unsignable(*(getattr(latest, x) for x in answers.WRITTEN)),
                **_signing(functions), **made)


def _typed(form: Any) -> bool:
    """Whether anything at all was typed or chosen in this form."""
    return any(value.strip() for field in form if not isinstance(field, HiddenField) for value in field.raw_data or ())


def _with_the_rest(response: Any, theme_id: uuid.UUID, company_id: uuid.UUID, *done: str, kept: bool = False) -> Any:
    """Where something was typed of what was not sent now, the page again with it: it is kept nowhere else yet.

    `done`: the forms that were sent, and stand there empty. Sending the same once more changes nothing twice.
    """
    made: dict[str, Any] = {"measure_form": MeasureForm(), "comment_form": CommentForm(prefix="comment-")}
    if getattr(response, "status_code", 0) != 303 or not any(_typed(made[name]) for name in made if name not in done):
        return response
    empty = {"measure_form": MeasureForm(formdata=None), "comment_form": CommentForm(prefix="comment-", formdata=None)}
    return _page(theme_id, company_id, {name: empty[name] for name in done if name in empty}, kept=kept)


def _signing(functions: list[str]) -> dict[str, Any]:
    """As what this viewer signs, and which other functions her company named where hers is not among them."""
    own = answers.function_of(viewer.current())
    others = functions if functions and own not in functions else []
    return {"own": words.signed_as(own), "others": listing([words.signed_as(each) for each in others])}


def _revision(latest: Answer | None) -> str:
    return str(latest.revision if latest and latest.state == "draft" else 0)


def _form(latest: Answer | None, **kw: Any) -> AnswerForm:
    data: dict[str, Any] = {"lang": language()}
    if latest:
        data = {name: getattr(latest, name) for name in ("decision", "reason_kind", "words", "changes", "lang")}
    data["revision"] = _revision(latest)
    return AnswerForm(**({"formdata": None} | kw), data=data)


@blueprint.route("/themes/<uuid:id>/answer/<uuid:company_id>", methods=BOTH)
@access(company)
def draft(id: uuid.UUID, company_id: uuid.UUID):  # type: ignore[no-untyped-def]
    if request.method == "GET":
        return _page(id, company_id)
    form = AnswerForm()
    done = answer(form, lambda **v: answers.draft(viewer.current(), theme_id=id, company_id=company_id, **v),
                  then=lambda r: url_for("feedback.draft", id=id, company_id=company_id, kept=1),
                  again=lambda: _page(id, company_id, {"form": form}))
    return _with_the_rest(done, id, company_id, kept=True)


def _beside(theme_id: uuid.UUID, company_id: uuid.UUID, name: str, form: Any, verb: Any, part: str) -> Any:
    """A button beside the answer: what she typed of the answer is kept first, then the verb is done, or neither."""
    by = viewer.current()
    place: dict[str, Any] = {"id": theme_id, "company_id": company_id}
    typed = AnswerForm() if answers.may_draft(by, company_id) and "words" in request.form else None

    def again() -> Any:
        return _page(theme_id, company_id, {name: form, **({"form": typed} if typed else {})})

    def both(**values: Any) -> Any:
        if typed:
            answers.keep(by, theme_id=theme_id, company_id=company_id, **typed.values)
        return verb(by, **values)

    if typed and not typed.validate():
        return again(), 422
    done = answer(form, both, then=lambda r: url_for("feedback.draft", **place) + part, again=again)
    return _with_the_rest(done, theme_id, company_id, name)


@blueprint.post("/themes/<uuid:id>/answer/<uuid:company_id>/comment")
@access(company)
def comment(id: uuid.UUID, company_id: uuid.UUID):  # type: ignore[no-untyped-def]
    there(db.session.get(Theme, id))
    return _beside(id, company_id, "comment_form", CommentForm(prefix="comment-"),
                   lambda by, words: answers.comment(by, theme_id=id, company_id=company_id, words=words), "#comments")


@blueprint.post("/answers/<uuid:id>/sign")
@access(company, fresh=True)
def sign(id: uuid.UUID):  # type: ignore[no-untyped-def]
    found, form = there(db.session.get(Answer, id)), AnswerForm()
    measure, remark = _typed(MeasureForm()), _typed(CommentForm(prefix="comment-"))
    return answer(form, lambda **v: answers.sign(viewer.current(), answer_id=id, measure_typed=measure,
                                                 comment_typed=remark, **v),
                  then=lambda r: url_for("feedback.desk", id=found.consultation_id),
                  again=lambda: _page(found.theme_id, found.company_id, {"form": form}))


@blueprint.post("/answers/<uuid:id>/measures")
@access(company)
def add_measure(id: uuid.UUID):  # type: ignore[no-untyped-def]
    found = there(db.session.get(Answer, id))
    return _beside(found.theme_id, found.company_id, "measure_form", MeasureForm(),
                   lambda by, **v: answers.add_measure(by, answer_id=id, **v), "#measures")


@blueprint.post("/measures/<uuid:id>/remove")
@access(company)
def remove_measure(id: uuid.UUID):  # type: ignore[no-untyped-def]
    found = there(db.session.get(Measure, id))
    return _beside(found.theme_id, found.company_id, "removing", NothingForm(),
                   lambda by: answers.remove_measure(by, measure_id=id), "#measures")

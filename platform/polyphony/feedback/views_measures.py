"""Measures afterwards: the company's status, the one round, and the views from the ground."""

import uuid
from typing import Any

from flask import redirect, request, url_for

from polyphony.feedback import answers, measures, themes
from polyphony.feedback.forms import GroundForm, NamedGroundForm, ReadForm, RoundForm, StatusForm, options
from polyphony.feedback.ground import views_of
from polyphony.feedback.models import GroundView, Measure
from polyphony.feedback.views import blueprint
from polyphony.feedback.views_themes import BOTH, in_words, step
from polyphony.feedback.words import VIEWS
from polyphony.inputs.forms import RefuseForm
from polyphony.inputs.refusing import appointed_for, refuse
from polyphony.inputs.service import speaks_for
from polyphony.kernel import viewer
from polyphony.kernel.access import access, anyone, author, company, facilitator, there
from polyphony.kernel.database import db
from polyphony.kernel.locale import _, language, listing, name_of, ngettext
from polyphony.kernel.pages import page, reading
from polyphony.languages.service import Written, as_read, translations_for, waiting, written


def _measure(id: uuid.UUID) -> Measure:
    return there(db.session.get(Measure, id))


def _what(found: Measure) -> Written:
    """What a company will do, in the reader's language."""
    return in_words(found.what, found.lang, found.id, "what")


def _others_see(row: Measure | GroundView) -> str:
    """When a view is shown to others, in the consultation of this measure or view."""
    return ngettext("Others see it once %(num)s person has spoken, or if an organisation names itself.",
                    "Others see it once %(num)s people have spoken, or if an organisation names itself.",
                    themes.consultation_of(row.consultation_id).threshold)


@blueprint.route("/measures/<uuid:id>/status", methods=BOTH)
@access(company)
def status(id: uuid.UUID):  # type: ignore[no-untyped-def]
    found = _measure(id)
    answers.ensure_drafting(viewer.current(), found.company_id)
    return step(_status_form(found), lambda **v: measures.update(viewer.current(), measure_id=id, **v),
                lambda r: url_for("feedback.theme", id=found.theme_id), kept=lambda: _status_form(found, formdata=None),
                title=_("Where this measure stands"), over=_what(found).text,
                back=url_for("feedback.desk", id=found.consultation_id), label=_("Save"))


def _status_form(found: Measure, **sent: Any) -> StatusForm:
    lang = found.status_lang or (found.lang if found.status_words else language())
    return StatusForm(data={"status": found.status, "status_words": found.status_words, "lang": lang,
                            "revision": found.revision}, **sent)


@blueprint.route("/measures/<uuid:id>/round", methods=BOTH)
@access(facilitator)
def ground_round(id: uuid.UUID):  # type: ignore[no-untyped-def]
    found = _measure(id)
    themes.ensure_facilitating(viewer.current(), found.consultation_id)
    return step(RoundForm(), lambda until: measures.open_round(viewer.current(), measure_id=id, until=until),
                lambda r: url_for("feedback.facilitate", id=found.consultation_id),
                title=_("Ask for views from the ground"),
                over=_what(found).text, back=url_for("feedback.facilitate", id=found.consultation_id),
                label=_("Open the round"), lead=_("There is one round for each measure."))


@blueprint.route("/measures/<uuid:id>/ground", methods=BOTH)
@access(author)
def ground(id: uuid.UUID):  # type: ignore[no-untyped-def]
    found, by = _measure(id), viewer.current()
    place = url_for("feedback.theme", id=found.theme_id) + f"#measure-{id}"
    if request.method == "GET" and measures.has_viewed(found):
        return redirect(place, 303)
    kind = NamedGroundForm if by.is_signed_in and speaks_for(by, found.consultation_id) else GroundForm
    return step(kind(data={"lang": language()}),
                lambda **v: measures.give_view(by, measure_id=id, **v),
                lambda r: place, title=_("The view from the ground"), over=_("Back to the answer"), back=place,
                label=_("Send your view"), quote=_what(found),
                later=lambda: {
                    "lead": _("The facilitator reads it first. Your name is not shown.") + " " + _others_see(found)})


@blueprint.route("/ground/<uuid:id>/refused-translators", methods=BOTH)
@access(author)
def refuse_translator(id: uuid.UUID):  # type: ignore[no-untyped-def]
    by, form = viewer.current(), RefuseForm()
    view = there(db.session.get(GroundView, id) if by.is_in("viewed", id) else None)
    appointed = appointed_for(view)
    form.translator.choices = options((str(t.id), t.shown_as) for t, is_refused in appointed if not is_refused)
    gone = listing([t.shown_as for t, is_refused in appointed if is_refused])
    place = url_for("feedback.theme", id=_measure(view.measure_id).theme_id) + f"#measure-{view.measure_id}"
    return step(form, lambda translator: refuse(entry=view, translator=translator), lambda r: place,
                title=_("Translators"), over=_("Back to the answer"), back=place, label=_("Refuse this translator"),
                lead=f"{_('These do not see it:')} {gone}" if gone else _("You need not say why."),
                quote=in_words(view.words, view.lang, id, "words"))


@blueprint.get("/measures/<uuid:id>/views")
@access(anyone)
def ground_views(id: uuid.UUID):  # type: ignore[no-untyped-def]
    found = _measure(id)
    reading()
    views, more = views_of(id, request.args.get("after", ""))
    return page("feedback/ground_views.html", views=views, theme=found.theme_id, id=id,
                what=_what(found),
                more=url_for("feedback.ground_views", id=id, after=more) if more else "")


@blueprint.route("/ground/<uuid:id>/read", methods=BOTH)
@access(facilitator)
def read_ground(id: uuid.UUID):  # type: ignore[no-untyped-def]
    view, back = there(db.session.get(GroundView, id)), "feedback.facilitate"
    themes.ensure_facilitating(viewer.current(), view.consultation_id)
    return step(ReadForm(), lambda **typed: measures.read_view(viewer.current(), view_id=id, **typed),
                lambda r: url_for(back, id=view.consultation_id), lambda: _both(view), title=VIEWS[view.view],
                lead=_others_see(view), label=_("I have read it"), back=url_for(back, id=view.consultation_id))


def _both(view: GroundView) -> dict[str, Any]:
    """A view in the reader's language, the measure it is about, and what its author made of it in others."""
    measure, theirs, lang = _measure(view.measure_id), waiting(view.id), language()
    tr = translations_for([view.id, measure.id], lang)
    return {"over": written(measure.what, measure.lang, measure.id, "what", tr, lang).text,
            "quote": written(view.words, view.lang, view.id, "words", tr, lang),
            "theirs": theirs, "seen": as_read(theirs), "of": view, "name_of": name_of}

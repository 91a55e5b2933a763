"""The facilitator's desk: themes, excerpts, objections, publication and the end."""

import uuid
from typing import Any

from flask import request, url_for

from polyphony.consultations.models import Consultation
from polyphony.feedback import desk, foreseen, publication, rules, service, themes
from polyphony.feedback.forms import (
    CloseForm,
    DefaultForm,
    HandleForm,
    NothingForm,
    PublishForm,
    SayForm,
    ThemeForm,
    options,
)
from polyphony.feedback.models import Excerpt, Objection, Theme
from polyphony.feedback.views import blueprint
from polyphony.kernel import clock, viewer
from polyphony.kernel.access import access, author, facilitator, there
from polyphony.kernel.compared import differences
from polyphony.kernel.database import db
from polyphony.kernel.forms import answer
from polyphony.kernel.locale import _, language
from polyphony.kernel.pages import page
from polyphony.languages.service import Written, translations_for, written

BOTH = ["GET", "POST"]


def in_words(text: str, lang: str, id: uuid.UUID, field: str) -> Written:
    """One text in the reader's language."""
    return written(text, lang, id, field, translations_for([id], language()), language())


def step(form: Any, verb: Any, then: Any, later: Any = dict, kept: Any = None, **context: Any) -> Any:
    """A page with one short form: shown, or taken and gone on. `later`: what is looked up only where it is shown;
    `kept`: makes the form of what is kept now, to compare with it what somebody typed who came second."""

    def show() -> Any:
        present = []
        if kept and form.refusal and form.refusal.status == 409:
            # She sees the present version now, and may save over it.
            now = kept()
            form.revision.data, present = now.revision.data, differences(now, form)
        return page("feedback/step.html", fragment="step", form=form, present=present, **{
            "quote": None, "lead": "", "kind": "primary", "foreseen": None, "theirs": (), "aid": (),
            **context, **later()})

    return show() if request.method == "GET" else answer(form, verb, then=then, again=show)


def _fresh() -> NothingForm:
    """A form with a once of its own, where a page has several."""
    return NothingForm(formdata=None)


def facilitators_desk(id: uuid.UUID, form: Any = None) -> Any:
    themes.ensure_facilitating(viewer.current(), id)
    found = desk.facilitators(id)
    promised = found.consultation.promised_on
    return page("feedback/facilitate.html", fragment="desk", desk=found, blockers=desk.blocking(found),
                objecting=desk.objecting(found),
                owing=desk.owing(found) if desk.may_be_owed(found) or found.consultation.state == "published" else [],
                form=form or NothingForm(),
                days=clock.days_between(clock.today(), promised) if promised else None, clock=clock,
                fresh=_fresh, desk_of=desk.where)


@blueprint.get("/consultations/<uuid:id>/facilitate")
@access(facilitator)
def facilitate(id: uuid.UUID):  # type: ignore[no-untyped-def]
    return facilitators_desk(id)


@blueprint.post("/consultations/<uuid:id>/facilitate/share")
@access(facilitator)
def share(id: uuid.UUID):  # type: ignore[no-untyped-def]
    form = NothingForm()
    return answer(form, lambda: themes.share(viewer.current(), consultation_id=id),
                  then=lambda r: url_for("feedback.facilitate", id=id), again=lambda: facilitators_desk(id, form))


def _theme_page(about: tuple[Consultation, str], form: ThemeForm, theme: Theme | None,
                removing: NothingForm | None = None) -> Any:
    consultation, title = about
    themes.ensure_facilitating(viewer.current(), consultation.id)
    after = request.args.get("after", "")
    said, more = service.excerpts_of(viewer.current(), theme.id, after, also_unquoted=True) if theme else ([], "")
    present = []
    if theme and form.refusal and form.refusal.status == 409:
        # She has now seen the present version, and may save over it.
        form.revision.data = theme.revision
        present = differences(_theme_form(consultation.id, theme, formdata=None), form)
    return page("feedback/theme_form.html", fragment="theme", form=form, theme=theme, consultation=consultation,
                title=title, present=present, said=said, more=more, removing=removing or _fresh())


def _theme_form(id: uuid.UUID, theme: Theme | None = None, **sent: Any) -> ThemeForm:
    data: dict[str, Any] = {"lang": language()}
    if theme:
        data = {name: getattr(theme, name) for name in ("title", "summary", "lang", "added_reason", "revision")}
        data["added"] = [str(each) for each in themes.added_to(theme)]
    form = ThemeForm(data=data, **sent)
    form.added.choices = options((str(c.company_id), c.company.name) for c, _d in service.companies_of(id))
    return form


@blueprint.route("/consultations/<uuid:id>/themes/new", methods=BOTH)
@access(facilitator)
def new_theme(id: uuid.UUID):  # type: ignore[no-untyped-def]
    form, about = _theme_form(id), themes.titled(id)
    if request.method == "GET":
        return _theme_page(about, form, None)
    return answer(form, lambda **v: themes.save(viewer.current(), consultation_id=id, **v),
                  then=lambda r: url_for("feedback.facilitate", id=id), again=lambda: _theme_page(about, form, None))


@blueprint.route("/themes/<uuid:id>/edit", methods=BOTH)
@access(facilitator)
def edit_theme(id: uuid.UUID):  # type: ignore[no-untyped-def]
    theme, about = themes.theme_in(id)
    here, form = theme.consultation_id, _theme_form(theme.consultation_id, theme)
    if request.method == "GET":
        return _theme_page(about, form, theme)
    return answer(form, lambda **v: themes.save(viewer.current(), consultation_id=here, theme_id=id, **v),
                  then=lambda r: url_for("feedback.facilitate", id=here),
                  again=lambda: _theme_page(about, form, theme))


@blueprint.post("/excerpts/<uuid:id>/remove")
@access(facilitator)
def remove_excerpt(id: uuid.UUID):  # type: ignore[no-untyped-def]
    theme, about = themes.theme_in(there(db.session.get(Excerpt, id)).theme_id)
    removing = NothingForm()

    def again() -> Any:
        return _theme_page(about, _theme_form(theme.consultation_id, theme, formdata=None), theme, removing)

    return answer(removing, lambda: themes.remove(viewer.current(), excerpt_id=id),
                  then=lambda r: url_for("feedback.edit_theme", id=r.id), again=again)


@blueprint.route("/themes/<uuid:id>/inputs/<uuid:said>/object", methods=BOTH)
@access(author)
def object(id: uuid.UUID, said: uuid.UUID):  # type: ignore[no-untyped-def]
    theme = there(db.session.get(Theme, id))
    there(said if themes.is_quoted(viewer.current(), id, said) else None)
    form = SayForm(data={"lang": language()})
    title, summary = (in_words(getattr(theme, each), theme.lang, id, each) for each in ("title", "summary"))
    lead = (_("The answers are published, and the theme no longer changes. The facilitator reads what you meant and "
              "replies to you.") if theme.published_on else
            _("Say what you meant. Nothing is published in this theme before the facilitator has replied."))
    return step(form, lambda words, lang: themes.object_to(viewer.current(), theme_id=id, input_id=said, words=words,
                                                           lang=lang),
                lambda r: url_for("feedback.theme", id=id), title=_("This is not what I meant"), over=title.text,
                back=url_for("feedback.theme", id=id), label=_("Send to the facilitator"), lead=lead, quote=summary)


@blueprint.route("/objections/<uuid:id>", methods=BOTH)
@access(facilitator)
def handle(id: uuid.UUID):  # type: ignore[no-untyped-def]
    found = there(db.session.get(Objection, id))
    themes.ensure_facilitating(viewer.current(), found.consultation_id)
    theme = there(db.session.get(Theme, found.theme_id))
    lead = (_("The answers are published, and the theme no longer changes. The author reads your reply.")
            if theme.published_on else _("Change the theme or its excerpts first if needed, then reply."))
    place = "feedback.theme" if theme.published_on else "feedback.edit_theme"
    return step(HandleForm(), lambda words: themes.handle(viewer.current(), objection_id=id, words=words),
                lambda r: url_for("feedback.facilitate", id=found.consultation_id),
                over=in_words(theme.title, theme.lang, theme.id, "title").text, back=url_for(place, id=theme.id),
                title=_("An author says “not what I meant”"), lead=lead, label=_("Send the reply"),
                quote=in_words(found.words, found.lang, found.id, "words"),
                aid=(url_for("inputs.read", id=found.consultation_id, input=found.input_id),
                     _("If you cannot read it, hand the input to a translator: she then finds this too.")))


def _ending(id: uuid.UUID, form: Any, verb: Any, **context: Any) -> Any:
    themes.ensure_facilitating(viewer.current(), id)
    return step(form, verb, lambda r: url_for("feedback.answers", id=id), over=themes.titled(id)[1],
                back=url_for("feedback.facilitate", id=id), **context)


@blueprint.route("/consultations/<uuid:id>/publish", methods=BOTH)
@access(facilitator, fresh=True)
def publish(id: uuid.UUID):  # type: ignore[no-untyped-def]
    return _ending(id, PublishForm(),
                   lambda words: publication.publish(viewer.current(), consultation_id=id, words=words),
                   title=_("Publish the answers"), label=_("Publish the answers"),
                   foreseen=lambda: foreseen.foreseen(id),
                   lead=_("All signed answers appear together. An answer that is not signed shows as owed, by name."))


@blueprint.route("/consultations/<uuid:id>/close", methods=BOTH)
@access(facilitator, fresh=True)
def close(id: uuid.UUID):  # type: ignore[no-untyped-def]
    return _ending(id, CloseForm(),
                   lambda words: publication.close(viewer.current(), consultation_id=id, words=words),
                   title=_("Close the consultation"), label=_("Close the consultation"),
                   lead=_("Everything published stays readable. Owed answers stay owed."))


@blueprint.route("/consultations/<uuid:id>/default", methods=BOTH)
@access(facilitator, fresh=True)
def default(id: uuid.UUID):  # type: ignore[no-untyped-def]
    form = DefaultForm()
    themes.ensure_facilitating(viewer.current(), id)
    owes = {company for _theme, company in publication.standing(id).owing}
    form.company_id.choices = options((str(c.company_id), c.company.name) for c, d in service.companies_of(id)
                                      if not d and c.company_id in owes)
    if request.method == "GET" and not form.company_id.choices:
        raise rules.NothingOwed()
    return _ending(id, form, lambda **v: publication.record_default(viewer.current(), consultation_id=id, **v),
                   title=_("A company did not answer"), label=_("Record this by name"),
                   lead=_("This stays on the page of the answers for ever."))

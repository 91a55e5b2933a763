"""Saying something, step by step; every step is kept, and a page sent twice does no harm."""

import uuid

from flask import g, redirect, url_for

from polyphony.consultations.showing import zone_for
from polyphony.inputs import attaching, rules, sealing, service
from polyphony.inputs.forms import (
    AUDIENCE_ABOUT,
    AUDIENCE_LABELS,
    NAMING_ABOUT,
    NAMING_ABOUT_PHRASE,
    NAMING_LABELS,
    SPEAKS_ABOUT,
    SPEAKS_LABELS,
    ChoicesForm,
    PhraseForm,
    SayForm,
    SendForm,
    in_tongue,
)
from polyphony.inputs.views import blueprint
from polyphony.kernel import clock, locale, sums, viewer
from polyphony.kernel.access import access, anyone, author
from polyphony.kernel.forms import ChangedMeanwhile, answer, refused
from polyphony.kernel.pages import page
from polyphony.kernel.refusals import Refusal
from polyphony.languages.service import translations_for, written
from polyphony.people import phrases
from polyphony.uploads import receiving, showing
from polyphony.uploads import service as uploads
from polyphony.uploads.forms import stays, to_remove


def quiet() -> None:
    """A page about what somebody says: kept by no browser, quick to leave."""
    g.no_store = g.leave_fast = True


def title_of(about):  # type: ignore[no-untyped-def]
    """The consultation's title in the reader's language."""
    tr = translations_for([about.id], locale.language())
    return written(about.title, about.source_lang, about.id, "title", tr, locale.language())


@blueprint.get("/consultations/<uuid:id>/say/without-account")
@access(anyone)
def without_account(id: uuid.UUID):  # type: ignore[no-untyped-def]
    quiet()
    about = service.consultation(id)
    service.ensure_accountless(about)
    shown = sealing.fresh(id, locale.language())
    form = PhraseForm(formdata=None, data={"sealed": sealing.seal(shown)}).asks(shown.asked)
    return page("inputs/without_account.html", about=about, shown=shown, form=form, title=title_of(about))


@blueprint.post("/consultations/<uuid:id>/say/without-account")
@access(anyone)
def begin(id: uuid.UUID):  # type: ignore[no-untyped-def]
    """Keep the phrase and come back with it at once. Sent again, it finds the same phrase: no harm done."""
    quiet()
    about, form = service.consultation(id), PhraseForm()
    service.ensure_accountless(about)
    shown = sealing.unseal(form.sealed.data or "", id)
    form.asks(shown.asked)

    def again():  # type: ignore[no-untyped-def]
        return page("inputs/without_account.html", about=about, shown=shown, form=form, title=title_of(about))

    if not form.validate_on_submit():
        return again(), 422
    return _kept(form, shown, id, again)


def _kept(form, shown, id: uuid.UUID, again):  # type: ignore[no-untyped-def]
    try:
        sealing.ensure_written_down(shown, form.first.data or "", form.second.data or "")
        sums.ensure(form)
        phrases.keep(shown.words, id, shown.lang)
        phrases.come_back(shown.words)
    except Refusal as refusal:
        return refused(form, refusal, again)
    return redirect(url_for("inputs.say", id=id), 303)


@blueprint.get("/consultations/<uuid:id>/say")
@access(author)
def say(id: uuid.UUID):  # type: ignore[no-untyped-def]
    by, about = _author(id)
    kept = service.draft(by, id)
    fields = kept.fields if kept else {}
    form = SayForm(data={"text": fields.get("text", ""), **in_tongue(fields.get("lang", "")),
                         "revision": rules.mark(fields, rules.SAID)})
    return _say(about, form)


@blueprint.post("/consultations/<uuid:id>/say")
@access(author)
@receiving.takes_files
def keep_words(id: uuid.UUID):  # type: ignore[no-untyped-def]
    service.ensure_may_speak(viewer.current(), id)
    received, is_last = receiving.take(), not stays()
    by, about = _author(id)
    form = SayForm(is_last=is_last)

    def keep(files: None, **typed):  # type: ignore[no-untyped-def]
        return attaching.say(by, about=about, received=received, gone=to_remove(), is_last=is_last, **typed)

    return answer(form, keep, then=lambda refused: _next(id, refused, is_last), again=lambda: _say(about, form))


def _next(id: uuid.UUID, refused, is_last: bool) -> str:  # type: ignore[no-untyped-def]
    """The next step, or this one again when a file was the matter."""
    if is_last and not refused:
        return url_for("inputs.choices", id=id)
    return url_for("inputs.say", id=id, refused=refused, _anchor="refused-files" if refused else "files-part")


def _author(id: uuid.UUID):  # type: ignore[no-untyped-def]
    quiet()
    about = service.consultation(id)
    by = viewer.current()
    service.ensure_may_speak(by, id)
    return by, about


def _say(about, form):  # type: ignore[no-untyped-def]
    kept = service.draft(viewer.current(), about.id)
    return page("inputs/say.html", fragment="step", about=about, form=form, title=title_of(about), **showing.told(),
                closed=service.closed_because(about), files=uploads.on(kept.input_id) if kept else [],
                present=_present(form, kept, rules.SAID), direction_of=locale.direction)


def _present(form, kept, names):  # type: ignore[no-untyped-def]
    """What stands in the draft, where another window of hers wrote it: she has seen it now, and may save over it."""
    if not isinstance(form.refusal, ChangedMeanwhile):
        return {}
    fields = kept.fields if kept else {}
    form.revision.data = rules.mark(fields, names)
    return fields if set(names) <= set(fields) else {}


@blueprint.get("/consultations/<uuid:id>/say/choices")
@access(author)
def choices(id: uuid.UUID):  # type: ignore[no-untyped-def]
    by, about = _author(id)
    kept = service.draft(by, id)
    if kept is None or "text" not in kept.fields or service.closed_because(about):  # there her words stand
        return redirect(url_for("inputs.say", id=id), 303)
    firms = service.companies(id)
    everyone = {"addressed": [str(firm.id) for firm in firms]}
    mark = {"revision": rules.mark(kept.fields, rules.CHOSEN)}
    form = ChoicesForm(data={**everyone, **kept.fields, **mark}).offer(firms, service.namings(by))
    return _choices(by, about, form, kept)


@blueprint.post("/consultations/<uuid:id>/say/choices")
@access(author)
def keep_choices(id: uuid.UUID):  # type: ignore[no-untyped-def]
    by, about = _author(id)
    form = ChoicesForm().offer(service.companies(id), service.namings(by))
    return answer(form, lambda **typed: service.choose(by, about=about, **typed),
                  then=lambda r: url_for("inputs.check", id=id),
                  again=lambda: _choices(by, about, form, service.draft(by, id)))


def _choices(by, about, form, kept):  # type: ignore[no-untyped-def]
    explained = {"audience": AUDIENCE_ABOUT, "speaks_as": SPEAKS_ABOUT,
                 "naming": NAMING_ABOUT_PHRASE if by.is_phrase else NAMING_ABOUT}
    fields = kept.fields if kept else {}
    present = _present(form, kept, rules.CHOSEN)
    return page("inputs/choices.html", fragment="step", about=about, form=form, explained=explained, fields=fields,
                present=_told(by, about, present) if present else {},
                language=locale.name_of(fields.get("lang", "")), closed=service.closed_because(about))


@blueprint.get("/consultations/<uuid:id>/say/check")
@access(author)
def check(id: uuid.UUID):  # type: ignore[no-untyped-def]
    by, about = _author(id)
    kept = service.draft(by, id)
    if not service.is_complete(kept):
        return redirect(url_for("inputs.choices", id=id), 303)
    return _check(by, about, SendForm(formdata=None), kept)


@blueprint.post("/consultations/<uuid:id>/say/check")
@access(author)
def send(id: uuid.UUID):  # type: ignore[no-untyped-def]
    by, about = _author(id)
    form = SendForm()
    return answer(form, lambda revision: service.send(by, about=about, revision=revision),
                  then=lambda entry: url_for("inputs.sent", id=id, input=entry.id),
                  again=lambda: _check(by, about, form, service.draft(by, id)))


def _told(by, about, fields):  # type: ignore[no-untyped-def]
    """The choices of a draft, in words."""
    naming = fields.get("naming", "unattributed")
    organisation = service.speaks_for(by, about.id) if naming == "organisation" else ""
    return {"fields": fields, "names": {str(firm.id): firm.name for firm in service.companies(about.id)},
            "shown_as": rules.shown_as(naming, name=by.name, organisation=organisation,
                                       pseudonym=fields.get("pseudonym", "")),
            "audience": AUDIENCE_LABELS.get(fields.get("audience", "")), "naming": NAMING_LABELS.get(naming),
            "speaks_as": SPEAKS_LABELS.get(fields.get("speaks_as", ""))}


def _check(by, about, form, kept):  # type: ignore[no-untyped-def]
    fields = kept.fields if kept else {}
    files = uploads.on(kept.input_id) if kept else []
    form.revision.data = rules.mark(rules.with_files(fields, files), rules.SHOWN)
    return page(
        "inputs/check.html", fragment="step", about=about, form=form, **_told(by, about, fields),
        language=locale.name_of(fields.get("lang", "")), direction_of=locale.direction, title=title_of(about),
        listing=locale.listing,
        promised=clock.day(about.promised_on), closes=clock.moment(about.closes_at, zone_for(by, about)),
        closed=service.closed_because(about), files=files)


@blueprint.get("/consultations/<uuid:id>/say/sent/<uuid:input>")
@access(author)
def sent(id: uuid.UUID, input: uuid.UUID):  # type: ignore[no-untyped-def]
    quiet()
    by = viewer.current()
    about, entry = service.consultation(id), service.own(by, input, said_in=id)
    return page("inputs/sent.html", about=about, entry=entry, title=title_of(about),
                promised=clock.day(about.promised_on), closes=clock.moment(about.closes_at, zone_for(by, about)))

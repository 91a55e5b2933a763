"""An author's inbox: what she said, where it stands, what became of it; change it, withdraw it."""

import uuid
from collections.abc import Iterable

from flask import request, url_for

from polyphony.consultations.companies import translators_of
from polyphony.consultations.models import Consultation
from polyphony.inputs import attaching, path, refusing, rules, service, whole
from polyphony.inputs.forms import (
    AUDIENCE_LABELS,
    NAMING_LABELS,
    SPEAKS_LABELS,
    EditForm,
    RefuseForm,
    WithdrawForm,
    in_tongue,
    options,
)
from polyphony.inputs.inbox import inbox as read_inbox
from polyphony.inputs.views import blueprint
from polyphony.inputs.views_say import quiet
from polyphony.kernel import clock, locale, providers, viewer
from polyphony.kernel.access import access, author
from polyphony.kernel.forms import Form, answer
from polyphony.kernel.leafing import begins
from polyphony.kernel.pages import page
from polyphony.languages.service import translations_for, written
from polyphony.uploads.forms import to_remove

DRAWN = 2  # the newest inputs show their paths in the inbox; the others on their own pages


@blueprint.get("/inbox")
@access(author)
def inbox():  # type: ignore[no-untyped-def]
    quiet()
    by, only = viewer.current(), request.args.get("of", None, uuid.UUID)
    found = read_inbox(by, only=only, start=begins(request.args) if only else 0)
    tr = translations_for(list(found.known), locale.language())
    groups = [(c, written(c.title, c.source_lang, c.id, "title", tr, locale.language()),
               [m for m in found.mine if m.entry.consultation_id == c.id]) for c in found.known.values()]
    return page("inputs/inbox.html", groups=groups, by=by, paths=path.paths(found.mine[:DRAWN], found.known),
                more=found.more, only=only, waits=_waiting(by, found.known.values()), found=found,
                closed=service.closed_because, day=clock.day,
                direction_of=locale.direction,
                can_speak=lambda c: service.may_speak(by, c.id))


def _waiting(by: viewer.Viewer, known: Iterable[Consultation]) -> list[dict[str, str]]:
    """What she is asked for, where no home of hers says it: how it looks where she lives."""
    if not by.is_phrase or not any(each.state in ("published", "closed") for each in known):
        return []
    return [{"text": each.text, "url": each.url, "due": told.text if (told := clock.day(each.due_on)) else ""}
            for asked in providers.ask("views_to_give", by) for each in asked]


@blueprint.get("/inbox/<uuid:id>")
@access(author)
def mine(id: uuid.UUID):  # type: ignore[no-untyped-def]
    return _mine(id)


@blueprint.post("/inbox/<uuid:id>")
@access(author)
def change(id: uuid.UUID):  # type: ignore[no-untyped-def]
    by = viewer.current()
    entry = service.own(by, id)
    form = EditForm(data=in_tongue(entry.lang))
    about = service.consultation(entry.consultation_id)
    return answer(form, lambda **typed: service.change(by, entry=entry, about=about, **typed),
                  then=lambda r: url_for("inputs.mine", id=id, after="saved"), again=lambda: _mine(id, edit=form))


@blueprint.post("/inbox/<uuid:id>/withdrawal")
@access(author)
def withdraw(id: uuid.UUID):  # type: ignore[no-untyped-def]
    by, form = viewer.current(), WithdrawForm()
    entry = service.own(by, id)
    return answer(form, lambda sure: service.withdraw(by, entry=entry),
                  then=lambda r: url_for("inputs.mine", id=id), again=lambda: _mine(id, gone=form))


@blueprint.post("/inbox/<uuid:id>/removed-files")
@access(author)
def remove_file(id: uuid.UUID):  # type: ignore[no-untyped-def]
    by, form = viewer.current(), Form()
    entry = service.own(by, id)
    return answer(form, lambda: attaching.remove(by, entry=entry, file=to_remove()),
                  then=lambda r: url_for("inputs.mine", id=id), again=lambda: _mine(id, taking=form))


@blueprint.post("/inbox/<uuid:id>/refused-translators")
@access(author)
def refuse_translator(id: uuid.UUID):  # type: ignore[no-untyped-def]
    by = viewer.current()
    entry = service.own(by, id)
    form = RefuseForm()
    form.translator.choices = _choices(translators_of(entry.consultation_id))
    return answer(form, lambda translator: refusing.refuse(entry=entry, translator=translator),
                  then=lambda r: url_for("inputs.mine", id=id), again=lambda: _mine(id, refuse=form))


def _choices(translators):  # type: ignore[no-untyped-def]
    return options((str(t.id), t.shown_as) for t in translators)


def _mine(id: uuid.UUID, edit=None, gone=None, refuse=None, taking=None):  # type: ignore[no-untyped-def]
    quiet()
    by = viewer.current()
    found, m = whole.own(by, id)
    about = found.about
    appointed = refusing.appointed_for(m.entry)
    if edit is None:
        edit = EditForm(formdata=None, data={"text": m.words, **in_tongue(m.entry.lang)})
    edit.revision.data = edit.revision.raw_data = None
    edit.revision.data = m.entry.revision
    refuse = refuse or RefuseForm(formdata=None)
    refuse.translator.choices = _choices(t for t, is_refused in appointed if not is_refused)
    return page(
        "inputs/mine.html", fragment="mine", m=m, keepers=found.has_keepers and about.state == "open",
        paths=path.paths([m], {about.id: about}), about=about,
        edit=edit, gone=gone or WithdrawForm(formdata=None), refuse=refuse, files=found.files,
        taking=taking or Form(formdata=None),
        refused=[t.shown_as for t, is_refused in appointed if is_refused],
        closed=service.closed_because(about), audience=AUDIENCE_LABELS[m.entry.audience],
        naming=NAMING_LABELS[m.entry.naming], speaks_as=SPEAKS_LABELS[m.entry.speaks_as],
        addressed=found.named(m.entry.addressed),
        readers=found.named(m.entry.readers), day=clock.day,
        direction_of=locale.direction, language=locale.name_of(m.entry.lang), is_withdrawn=rules.state_of(m.entry) ==
        "withdrawn")

"""The facilitator reads every input before anybody else does."""

import uuid

from flask import g, request, url_for

from polyphony.consultations.companies import translators_of
from polyphony.consultations.models import Translator
from polyphony.inputs import desk, looking, service, whole
from polyphony.inputs.forms import (
    AUDIENCE_TOLD,
    SPEAKS_LABELS,
    HandForm,
    MaskForm,
    ReleaseForm,
    WithholdForm,
    options,
)
from polyphony.inputs.views import blueprint
from polyphony.kernel import clock, locale, viewer
from polyphony.kernel.access import access, facilitator
from polyphony.kernel.compared import differences
from polyphony.kernel.forms import answer
from polyphony.kernel.locale import _
from polyphony.kernel.pages import page
from polyphony.languages.service import as_read, translations_for, waiting, written
from polyphony.uploads import service as uploads

ONE = "/consultations/<uuid:id>/reading/<uuid:input>"


@blueprint.get("/consultations/<uuid:id>/reading")
@access(facilitator)
def reading(id: uuid.UUID):  # type: ignore[no-untyped-def]
    about = service.consultation(id)
    sought = looking.sought(request.args, shows=desk.SHOWS)
    found = desk.queue(viewer.current(), about, request.args.get("after", ""), sought)
    tongues, waiting = looking.tongues_in(about)
    tr = {key: each for key, each in translations_for([id, *(e.id for e in found.rows)], locale.language()).items()
          if not each.stale}  # there is no room to mark it
    rows = [(e, written(e.text, e.lang, e.id, "text", tr, locale.language())) for e in found.rows]
    more = url_for("inputs.reading", id=id, after=found.after, **sought.asked) if found.after else None
    return page("inputs/reading.html", fragment="list", about=about, rows=rows, more=more, day=clock.day,
                read=found.read, sought=sought, tongues=tongues, shows=desk.SHOWS, found=found.found,
                waiting=waiting, audiences=AUDIENCE_TOLD,
                title=written(about.title, about.source_lang, id, "title", tr, locale.language()))


@blueprint.get(ONE)
@access(facilitator)
def read(id: uuid.UUID, input: uuid.UUID):  # type: ignore[no-untyped-def]
    return _read(id, input)


@blueprint.post(ONE + "/release")
@access(facilitator)
def release(id: uuid.UUID, input: uuid.UUID):  # type: ignore[no-untyped-def]
    by, form = viewer.current(), ReleaseForm()
    entry = desk.find(by, id, input)
    return answer(form, lambda **typed: desk.release(by, entry=entry, **typed),
                  then=lambda r: _next(id), again=lambda: _read(id, input, release=form))


def _next(id: uuid.UUID) -> str:
    """Where the facilitator goes on: the next input that waits, or the list when none does."""
    waits = desk.next_unread(id)
    return url_for("inputs.read", id=id, input=waits) if waits else url_for("inputs.reading", id=id)


@blueprint.post(ONE + "/masking")
@access(facilitator)
def mask(id: uuid.UUID, input: uuid.UUID):  # type: ignore[no-untyped-def]
    by, form = viewer.current(), MaskForm()
    entry = desk.find(by, id, input)
    return answer(form, lambda **typed: desk.mask(by, entry=entry, **typed),
                  then=lambda r: url_for("inputs.read", id=id, input=input), again=lambda: _read(id, input, mask=form))


@blueprint.post(ONE + "/translator")
@access(facilitator)
def hand(id: uuid.UUID, input: uuid.UUID):  # type: ignore[no-untyped-def]
    by, form = viewer.current(), HandForm()
    entry = desk.find(by, id, input)
    form.translator.choices = options(_named(t) for t in translators_of(id))
    return answer(form, lambda translator: desk.hand(by, entry=entry, translator=translator),
                  then=lambda r: url_for("inputs.read", id=id, input=input), again=lambda: _read(id, input, hand=form))


def _named(translator: Translator) -> tuple[str, str]:
    """A translator to choose: her organisation, and what she translates into."""
    into = locale.listing([locale.name_of(lang) for lang in translator.languages])
    return str(translator.id), f"{translator.shown_as} · {into}"


@blueprint.post(ONE + "/withheld-files")
@access(facilitator)
def withhold(id: uuid.UUID, input: uuid.UUID):  # type: ignore[no-untyped-def]
    by = viewer.current()
    entry = desk.find(by, id, input)
    form = _withhold_form(uploads.on(input))
    return answer(form, lambda withheld: desk.withhold(by, entry=entry, files=withheld),
                  then=lambda r: url_for("inputs.read", id=id, input=input),
                  again=lambda: _read(id, input, withhold=form))


def _withhold_form(files, **kw):  # type: ignore[no-untyped-def]
    form = WithholdForm(**kw)
    form.withheld.choices = options((str(f.id), _("File %(number)s", number=f.number)) for f in files)
    return form


def _read(id: uuid.UUID, input: uuid.UUID, release=None, mask=None, hand=None, withhold=None):  # type: ignore[no-untyped-def]
    g.no_store = True
    desk.ensure_facilitates(viewer.current(), id)
    found = whole.facilitated(id, input)
    entry, about, kept = found.entry, found.about, found.original
    release = release or ReleaseForm(formdata=None)
    masked = MaskForm(formdata=None, data={"text": entry.text, "reason": kept.reason if kept else ""})
    mask = mask or masked
    present = differences(masked, mask) if mask.refusal and mask.refusal.status == 409 else []
    for form in (release, mask):
        form.revision.raw_data, form.revision.data = None, entry.revision
    theirs = waiting(entry.id)
    release.translations.data = as_read(theirs)
    hand = hand or HandForm(formdata=None)
    appointed, lang = whole.translators_of(entry), locale.language()
    hand.translator.choices = options(_named(t) for t, is_handed in appointed if not is_handed)
    tr = translations_for([entry.id, id], lang)
    withhold = withhold or _withhold_form(found.files, formdata=None, data={
        "withheld": [str(f.id) for f in found.files if f.withheld]})
    return page(
        "inputs/read.html", fragment="reading_one", about=about, entry=entry, kept=kept, release=release, mask=mask,
        present=present, hand=hand, files=found.files, withhold=withhold, theirs=theirs, name_of=locale.name_of,
        words=written(entry.text, entry.lang, entry.id, "text", tr, lang),
        audience=AUDIENCE_TOLD[entry.audience], speaks_as=SPEAKS_LABELS[entry.speaks_as], day=clock.day,
        addressed=found.named(entry.addressed),
        readers=found.named(entry.readers), direction_of=locale.direction,
        handed=[t.shown_as for t, is_handed in appointed if is_handed],
        title=written(about.title, about.source_lang, id, "title", tr, lang))

"""Finding, reading, beginning and editing consultations."""

import uuid
from datetime import date
from typing import Any

from flask import Blueprint, redirect, request, session, url_for

from polyphony.consultations import rules, service, showing, views_facilitation, views_prepare, words
from polyphony.consultations.forms import TermsForm
from polyphony.kernel import providers, viewer
from polyphony.kernel.access import access, anyone, company, require, there
from polyphony.kernel.clock import moment, zone
from polyphony.kernel.compared import differences
from polyphony.kernel.forms import ChangedMeanwhile, answer
from polyphony.kernel.locale import codes, language, listing, name_of
from polyphony.kernel.pages import page, reading
from polyphony.languages.service import translations_for

blueprint = Blueprint("consultations", __name__, url_prefix="/<lang>")
BLUEPRINTS = [blueprint]
views_prepare.attach(blueprint)
views_facilitation.attach(blueprint)


@blueprint.get("/consultations")
@access(anyone)
def index():  # type: ignore[no-untyped-def]
    by = viewer.current()
    found = service.announced(_after(request.args.get("after", "")))
    mine = service.drafts(by) if not request.args.get("after") else []
    more = None
    if len(found) > service.PAGE:
        found = found[:service.PAGE]
        more = url_for("consultations.index", after=f"{found[-1].promised_on}_{found[-1].id}")
    shown = _in_words([*mine, *found])
    return page("consultations/index.html", fragment="list", drafts=mine, found=found, shown=shown, more=more,
                states=words.STATES)


def _in_words(kept: list[Any]) -> dict[uuid.UUID, tuple[Any, ...]]:
    """Title, companies and promise of each, in the reader's language."""
    ids = [c.id for c in kept]
    tr = translations_for(ids, language())
    together: dict[Any, list[Any]] = {}
    for row in service.conveners_of(*ids) if ids else []:
        together.setdefault(row.consultation_id, []).append(row)
    return {c.id: (showing.say(c, "title", tr), showing.co_owners(together.get(c.id, [])), showing.promise(c))
            for c in kept}


def _after(text: str) -> tuple[date, uuid.UUID] | None:
    try:
        day, id = text.split("_")
        return date.fromisoformat(day), uuid.UUID(id)
    except ValueError:
        return None


@blueprint.get("/consultations/<uuid:id>")
@access(anyone)
def show(id: uuid.UUID):  # type: ignore[no-untyped-def]
    kept, inputs, voices, gone = service.find_with_counts(id)
    conveners, (steps, raises) = service.conveners_of(id), service.steps_of(id)
    said = [*(s.id for s in steps if s.words), *(r.id for r in raises),
            *(c.words_id for c in conveners if c.state == "left")]
    asked = request.args.get("in", "")
    lang = asked if asked in kept.languages else language()
    reading()
    tr = translations_for([id, *said], lang)
    return page("consultations/show.html", c=kept, gone=gone, steps=steps, raises=raises, conveners=conveners,
                inputs=inputs, voices=voices, **_told(kept, conveners, steps, tr, lang))


def _told(kept: Any, conveners: Any, steps: Any, tr: Any, lang: str) -> dict[str, Any]:
    """A consultation's page in words: its texts, its stages in the reader's time, what this viewer can do next."""
    by, place = viewer.current(), showing.zone_for(viewer.current(), kept)
    told = providers.ask("consultation_path", kept.id) if kept.state in ("published", "closed") else ()
    return {
        "score": next(filter(None, told), None), "words": words, "place": place,
        "say": lambda field: showing.say(kept, field, tr, lang), "words_of": lambda row: showing.said(row, tr, lang),
        "further": [(code, name_of(code)) for code in kept.languages if code not in codes()],
        "owners": showing.co_owners(conveners), "deciders": showing.deciders(conveners),
        "actions": showing.next_steps(by, kept, conveners), "stages": showing.stages(kept, steps, place),
        "promise": showing.promise(kept), "opens": moment(kept.opens_at, place),
        "closes": moment(kept.closes_at, place),
        "scope": showing.scope(kept), "tongues": listing([name_of(x) for x in kept.languages])}


@blueprint.get("/c/<secret>")
@access(anyone)
def by_link(secret: str):  # type: ignore[no-untyped-def]
    """Whoever was given the link has it in her browser from now on; nothing is stored here."""
    from polyphony.kernel import secrets

    found = viewer.open_viewer(None, [secrets.bytes_of(secret)]).of("linked")
    linked = there(next(iter(found), None))
    session["links"] = [*(x for x in session.get("links", []) if x != secret), secret][-20:]
    return redirect(url_for("consultations.show", id=linked), 303)


@blueprint.get("/consultations/new")
@access(company)
def create():  # type: ignore[no-untyped-def]
    require(bool(viewer.current().of("leading")), rules.NotLeading())
    return _terms(TermsForm(data={"source_lang": language(), "languages": [language()],
                                  "time_zone": viewer.current().time_zone or "UTC"}))


@blueprint.post("/consultations/new")
@access(company)
def begin():  # type: ignore[no-untyped-def]
    form = _offered(TermsForm())
    return answer(form, lambda **v: service.create(viewer.current(), **v),
                  then=lambda kept: url_for("consultations.prepare", id=kept.id), again=lambda: _terms(form))


@blueprint.get("/consultations/<uuid:id>/edit")
@access(company)
def edit(id: uuid.UUID):  # type: ignore[no-untyped-def]
    kept = service.find(id)
    require(viewer.current().is_in("led", id), rules.NotLeading())
    rules.ensure_draft(kept)
    return _terms(_as_kept(kept), kept)


def _as_kept(kept: Any) -> TermsForm:
    """The form with the terms as they stand, whatever was sent."""
    data = {name: getattr(kept, name) for name in (*service.PLAIN, "revision")}
    data["further"] = [x for x in kept.languages if x not in codes()]
    local = zone(kept.time_zone)
    for name in ("opens_at", "closes_at"):
        data[name] = data[name].astimezone(local) if data[name] else None
    return TermsForm(formdata=None, data=data)


@blueprint.post("/consultations/<uuid:id>/edit")
@access(company)
def save(id: uuid.UUID):  # type: ignore[no-untyped-def]
    kept = service.find(id)
    form = _offered(TermsForm())
    form.before = kept
    return answer(form, lambda **v: service.edit(viewer.current(), id=id, **v),
                  then=lambda r: url_for("consultations.prepare", id=id), again=lambda: _terms(form, kept))


def _offered(form: TermsForm) -> TermsForm:
    by = viewer.current()
    companies = [(o.id, o.name) for o in service.organisations("company") if by.is_in("leading", o.id)]
    return form.offer(companies, [(o.id, o.name) for o in service.organisations("facilitation")])


def _terms(form: TermsForm, kept=None):  # type: ignore[no-untyped-def]
    present = []
    form = _offered(form)
    if kept and isinstance(form.refusal, ChangedMeanwhile):
        form.revision.data = kept.revision
        now = _as_kept(kept)
        now.offer([], form.facilitator_id.choices[1:])
        present = differences(now, form, without=("company",))
    return page("consultations/terms.html", fragment="terms", form=form, kept=kept, present=present, words=words)

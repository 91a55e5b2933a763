"""Preparing a consultation: companies, facilitator, those invited, translators, announcement, protection."""

import uuid

from flask import Blueprint, url_for

from polyphony.consultations import companies, facilitation, rules, service, showing, words
from polyphony.consultations.forms import (
    AskForm,
    DeclineForm,
    RaiseForm,
    ReplyForm,
    StepForm,
    TranslatorForm,
    WordsForm,
)
from polyphony.consultations.models import PROTECTION
from polyphony.kernel import locale, providers, viewer
from polyphony.kernel.access import access, company, facilitator, require, signed_in
from polyphony.kernel.forms import ChangedMeanwhile, Form, answer
from polyphony.kernel.pages import page
from polyphony.languages.service import translations_for

HERE = "/consultations/<uuid:id>"
PROVEN = {"announce", "leave", "translators"}  # sent only with a fresh proof: what others cannot take back, and roles


def attach(blueprint: Blueprint) -> None:
    """Put these views onto the room's blueprint."""
    for path, name, rule, show, take in (
        ("/preparation", "prepare", signed_in, prepare, None),
        ("/announcement", "announce", facilitator, None, announce),
        ("/facilitation", "facilitation", facilitator, None, accept_facilitation),
        ("/facilitation/refusal", "decline_facilitation", facilitator, None, decline_facilitation),
        ("/companies", "conveners", company, conveners, ask_company),
        ("/companies/reply", "reply", company, None, reply),
        ("/companies/departure", "leave", company, None, leave),
        ("/organisations", "invited", facilitator, invited, invite),
        ("/organisations/<uuid:organisation>/withdrawal", "withdraw", facilitator, None, withdraw),
        ("/translators", "translators", facilitator, translators, appoint),
        ("/translators/<uuid:translator>/end", "end_translator", facilitator, None, end_translator),
        ("/protection", "protection", facilitator, protection, raise_protection),
    ):
        if show:
            blueprint.get(HERE + path, endpoint=name)(access(rule)(show))
        if take:
            guarded = access(rule, fresh=name in PROVEN)(take)
            blueprint.post(HERE + path, endpoint=f"take_{name}" if show else name)(guarded)


def _inside(id: uuid.UUID):  # type: ignore[no-untyped-def]
    kept, by = service.find(id), viewer.current()
    require(by.is_in("convened", id) or by.is_in("facilitated", id), rules.NotLeading())
    return kept, by


def _title(kept):  # type: ignore[no-untyped-def]
    return showing.say(kept, "title", translations_for([kept.id], locale.language()))


def prepare(id: uuid.UUID):  # type: ignore[no-untyped-def]
    return _prepare(id, StepForm(), Form())


def announce(id: uuid.UUID):  # type: ignore[no-untyped-def]
    form = StepForm()
    return answer(form, lambda words: service.announce(viewer.current(), id=id, words=words),
                  then=lambda r: url_for("consultations.show", id=id), again=lambda: _prepare(id, form, Form()))


def accept_facilitation(id: uuid.UUID):  # type: ignore[no-untyped-def]
    form = Form()
    return answer(form, lambda: facilitation.accept(viewer.current(), id=id),
                  then=lambda r: url_for("consultations.prepare", id=id), again=lambda: _prepare(id, StepForm(), form))


def decline_facilitation(id: uuid.UUID):  # type: ignore[no-untyped-def]
    """Whoever declines no longer sees the draft, hence the list."""
    form = DeclineForm()
    return answer(form, lambda words: facilitation.decline(viewer.current(), id=id, words=words),
                  then=lambda r: url_for("consultations.index"),
                  again=lambda: _prepare(id, StepForm(), Form(), declining=form))


def _prepare(id, form, accepting, declining=None):  # type: ignore[no-untyped-def]
    kept, by = _inside(id)
    rows = service.conveners_of(id)
    refusals = [r for r in facilitation.said_on(id) if r.says == "declined"] if kept.state == "draft" else []
    tr = translations_for([r.id for r in refusals], locale.language())
    missing = service.missing(kept, rows) if kept.state == "draft" else []
    return page("consultations/prepare.html", fragment="ready", c=kept, title=_title(kept), form=form,
                accepting=accepting, declining=declining or DeclineForm(),
                refusals=[(r.organisation.name, showing.said(r, tr)) for r in refusals],
                missing=[showing.mended_at(x, id, by) for x in missing],
                leads=by.is_in("led", id), facilitates=by.is_in("facilitated", id), words=words,
                link=service.link_of(id) if kept.discovery == "link" else "")


def conveners(id: uuid.UUID):  # type: ignore[no-untyped-def]
    return show_conveners(id)


def ask_company(id: uuid.UUID):  # type: ignore[no-untyped-def]
    form = _choices(AskForm(), "company")
    return answer(form, lambda organisation: companies.ask_company(
        viewer.current(), id=id, organisation=organisation),
                  then=lambda r: url_for("consultations.conveners", id=id),
                  again=lambda: show_conveners(id, asking=form))


def reply(id: uuid.UUID):  # type: ignore[no-untyped-def]
    form = ReplyForm()
    return answer(form, lambda **v: companies.reply(viewer.current(), id=id, **v),
                  then=lambda said: url_for("consultations.conveners", id=id) if said == "accepted"
                  else url_for("consultations.index"), again=lambda: show_conveners(id, replying=form))


def leave(id: uuid.UUID):  # type: ignore[no-untyped-def]
    form = WordsForm()
    return answer(form, lambda words: companies.leave(viewer.current(), id=id, words=words),
                  then=lambda state: url_for("consultations.index") if state == "draft"
                  else url_for("consultations.show", id=id), again=lambda: show_conveners(id, leaving=form))


def show_conveners(id, asking=None, replying=None, leaving=None, removing=None):  # type: ignore[no-untyped-def]
    """Which companies take part, what this one has said, and whom it may still ask."""
    kept, by = _inside(id)
    rows = service.conveners_of(id)
    mine = companies.own_reply(by, rows)
    if replying is None and mine:
        replying = ReplyForm(data={"revision": kept.revision, "functions": mine.functions, "words": mine.words,
                                   "says": "accepted" if mine.state == "accepted" else None,
                                   "accepts_facilitator": mine.accepts_facilitator})
    elif replying and isinstance(replying.refusal, ChangedMeanwhile):
        replying.revision.data = kept.revision
    tr = translations_for([id, *(row.words_id for row in rows if row.words)], locale.language())
    there_now = {row.company_id for row in rows if row.state not in rules.GONE}
    asking = asking or (_choices(AskForm(), "company", there_now) if kept.state == "draft" else AskForm())
    return page("consultations/conveners.html", fragment="companies", c=kept, title=showing.say(kept, "title", tr),
                rows=rows, mine=mine,
                asking=asking, replying=replying, departing=leaving or WordsForm(), leads=by.is_in("led", id),
                owes=sum(providers.ask("owes", id, mine.company_id))
                if mine and mine.state == "accepted" and kept.state != "draft" else 0,
                removing=removing or Form(), said=[showing.said(row, tr) for row in rows],
                waiting={r.company_id: rules.waiting_for(kept, r) for r in rows}, words=words,
                listing=locale.listing,
                functions_of=lambda row: [str(words.FUNCTIONS.get(f, f)) for f in row.functions])


def _choices(form: AskForm, kind: str, without=frozenset()) -> AskForm:  # type: ignore[no-untyped-def]
    form.organisation.choices = [(o.id, o.name) for o in service.organisations(kind) if o.id not in without]
    return form


def _facilitated(id: uuid.UUID):  # type: ignore[no-untyped-def]
    kept = service.find(id)
    require(viewer.current().is_in("facilitated", id), rules.NotFacilitating())
    return kept


def invited(id: uuid.UUID):  # type: ignore[no-untyped-def]
    return _invited(id)


def invite(id: uuid.UUID):  # type: ignore[no-untyped-def]
    form = _choices(AskForm(), "stakeholder")
    return answer(form, lambda organisation: companies.invite(viewer.current(), id=id, organisation=organisation),
                  then=lambda r: url_for("consultations.invited", id=id), again=lambda: _invited(id, form))


def withdraw(id: uuid.UUID, organisation: uuid.UUID):  # type: ignore[no-untyped-def]
    form = Form()
    return answer(form, lambda: companies.withdraw_invitation(viewer.current(), id=id, organisation=organisation),
                  then=lambda r: url_for("consultations.invited", id=id), again=lambda: _invited(id, removing=form))


def _invited(id, form=None, removing=None):  # type: ignore[no-untyped-def]
    kept = _facilitated(id)
    rows = companies.invited_to(id)
    form = form or _choices(AskForm(), "stakeholder", {row.organisation_id for row in rows})
    return page("consultations/invited.html", fragment="invited", c=kept, title=_title(kept), rows=rows, form=form,
                removing=removing or Form(), words=words)


def translators(id: uuid.UUID):  # type: ignore[no-untyped-def]
    return _translators(id)


def appoint(id: uuid.UUID):  # type: ignore[no-untyped-def]
    form = _people(TranslatorForm(), id)
    return answer(form, lambda person, languages: companies.appoint(
        viewer.current(), id=id, person=person, languages=languages),
        then=lambda r: url_for("consultations.translators", id=id), again=lambda: _translators(id, form))


def end_translator(id: uuid.UUID, translator: uuid.UUID):  # type: ignore[no-untyped-def]
    form = Form()
    return answer(form, lambda: companies.end_appointment(viewer.current(), id=id, translator=translator),
                  then=lambda r: url_for("consultations.translators", id=id),
                  again=lambda: _translators(id, ending=form))


def _people(form: TranslatorForm, id: uuid.UUID) -> TranslatorForm:
    kept = _facilitated(id)
    form.person.choices = [(str(m.id), f"{p.name} · {o.name}") for m, p, o in companies.who_could_translate(id)]
    offered = [*(x.code for x in locale.interface()), *kept.languages]
    form.languages.choices = [(code, locale.name_of(code)) for code in dict.fromkeys(offered)]
    return form


def _translators(id, form=None, ending=None):  # type: ignore[no-untyped-def]
    kept = _facilitated(id)
    form = form or _people(TranslatorForm(), id)
    rows = [(t, locale.listing([locale.name_of(x) for x in t.languages])) for t in companies.translators_of(id)]
    return page("consultations/translators.html", fragment="translators", c=kept, title=_title(kept), rows=rows,
                form=form, ending=ending or Form())


def protection(id: uuid.UUID):  # type: ignore[no-untyped-def]
    return _protection(id, RaiseForm())


def raise_protection(id: uuid.UUID):  # type: ignore[no-untyped-def]
    kept = _facilitated(id)
    form = _levels(RaiseForm(), kept)
    return answer(form, lambda level, words: service.raise_protection(
        viewer.current(), id=id, level=level, words=words),
                  then=lambda r: url_for("consultations.show", id=id), again=lambda: _protection(id, form))


def _levels(form, kept):  # type: ignore[no-untyped-def]
    form.level.choices = [(x, words.PROTECTION[x]) for x in PROTECTION
                          if PROTECTION.index(x) > PROTECTION.index(kept.protection)]
    return form


def _protection(id, form):  # type: ignore[no-untyped-def]
    kept = _facilitated(id)
    return page("consultations/protection.html", fragment="raise", c=kept, title=_title(kept),
                form=_levels(form, kept), words=words)

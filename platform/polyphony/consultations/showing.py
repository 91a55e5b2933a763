"""A consultation as one reader sees it: her language, her times, where it stands, what she can do next."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for

from polyphony.consultations import words
from polyphony.consultations.models import STATES, Consultation, Convener, Facilitation, Transition
from polyphony.kernel import clock
from polyphony.kernel.locale import _, language, listing, ngettext
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import Key, Translation, Written, written
from polyphony.notices.places import place


@dataclass(frozen=True)
class Step:
    """Something this reader can do now."""

    label: Any
    url: str


def say(consultation: Consultation, field: str, tr: dict[Key, Translation], lang: str = "") -> Written:
    """One of its texts for this reader, or in a further language that it is offered in."""
    return written(getattr(consultation, field), consultation.source_lang, consultation.id, field, tr,
                   lang or language())


def said(row: Any, tr: dict[Key, Translation], lang: str = "") -> Written:
    """Words kept with a step, a raise, a departure or a change of facilitator, for this reader."""
    return written(row.words, row.lang, getattr(row, "words_id", None) or row.id, "words", tr,
                   lang or language())


def about_facilitating(row: Facilitation, companies: dict[uuid.UUID, str]) -> str:
    """One sentence for one row of who facilitates."""
    company, body = companies.get(row.company_id, "") if row.company_id else "", row.organisation.name
    return {
        "asked": _("%(company)s asked %(body)s to take over.", company=company, body=body),
        "agreed": _("%(company)s agreed to %(body)s.", company=company, body=body),
        "accepted": _("%(body)s accepted.", body=body), "declined": _("%(body)s declined.", body=body),
        "stepped_back": _("%(body)s stepped back.", body=body), "took_over": _("%(body)s took over.", body=body),
    }[row.says]


def next_steps(by: Viewer, consultation: Consultation, conveners: Sequence[Convener]) -> list[Step]:
    """The first is the one button of the page; the others stand beside it, quieter."""
    id, state = consultation.id, consultation.state
    wanted: list[tuple[Any, str]] = []
    if by.is_in("facilitated", id):
        wanted.append((_("Go on preparing"), "consultations.prepare") if state in ("draft", "announced")
                      else (_("Go to the facilitator’s desk"), "feedback.facilitate"))
    if by.is_in("convened", id):
        wanted += _for_company(by, consultation, conveners)
    elif by.is_in("left", id) and state not in ("draft", "announced", "open"):  # what it owes it can still sign
        wanted.append((_("Go to your company’s desk"), "feedback.desk"))
    if state == "open" and _may_say(by, id):
        wanted.append((_("Say what you think"), "inputs.say"))
    if state in ("published", "closed"):
        wanted.append((_("Read the answers"), "feedback.answers"))
    if by.is_in("translating", id):
        wanted.append((_("Translate"), "languages.desk"))
    if not by.is_signed_in and not by.is_phrase:
        if state == "open" and consultation.accountless:
            wanted.append((_("Say what you think"), "inputs.without_account"))
        if state not in ("draft", "announced"):
            wanted.append((_("I come back with my return phrase"), "people.come_back"))
    if _may_say(by, id) and (by.is_phrase or state != "announced"):
        wanted.append((_("See what I said"), "inputs.inbox"))
    if state not in ("draft", "announced"):
        wanted.append((_("Read the inputs"), "inputs.index"))
    found = [(label, place(endpoint, id)) for label, endpoint in wanted]
    return [Step(label, url) for label, url in found if url]


def _may_say(by: Viewer, id: uuid.UUID) -> bool:
    return by.is_in("participating", id) and (by.is_phrase or bool(by.of("speaking")))


def _for_company(by: Viewer, consultation: Consultation, conveners: Sequence[Convener]) -> list[tuple[Any, str]]:
    if consultation.state == "draft":
        asked = any(c.state == "invited" and by.is_in("leading", c.company_id) for c in conveners)
        if asked:
            return [(_("Answer the invitation"), "consultations.conveners")]
        return [(_("Go on preparing"), "consultations.prepare")]
    if consultation.state in ("announced", "open"):
        return [(_("Companies and who decides"), "consultations.conveners")]
    return [(_("Go to your company’s desk"), "feedback.desk")]


def stages(consultation: Consultation, transitions: Sequence[Transition], zone: str) -> list[dict[str, Any]]:
    """The line of stages with their dates: past, now, next."""
    taken = {t.end: t.at for t in transitions}
    planned = {"open": consultation.opens_at, "answering": consultation.closes_at,
               "published": consultation.promised_on}
    here = STATES.index(consultation.state)
    found = []
    for number, name in enumerate(STATES[1:], start=1):
        when: Any = taken.get(name) or planned.get(name)
        if when is not None and hasattr(when, "astimezone"):
            when = when.astimezone(clock.zone(zone)).date()
        told = clock.day(when)
        found.append({"label": words.STATES[name], "date": told.text if told else "",
                      "state": "past" if number < here else "now" if number == here else "next"})
    return found


def promise(consultation: Consultation) -> dict[str, Any] | None:
    """The promise clock: the date every company answers by, and how far it is."""
    if not consultation.promised_on:
        return None
    told, left = clock.day(consultation.promised_on), clock.days_between(clock.today(), consultation.promised_on)
    done = consultation.state in ("published", "closed")
    note = ""
    if not done:
        note = (ngettext("in %(num)s day", "in %(num)s days", left) if left > 0 else _("today") if left == 0
                else ngettext("%(num)s day late", "%(num)s days late", -left))
    return {"label": _("Promised for") if done else _("Every company answers by"), "text": told.text if told else "",
            "note": note, "warn": not done and left < 0}


def zone_for(by: Viewer, consultation: Any) -> str:
    """The reader's time zone, or for a visitor that of most people asked."""
    return by.time_zone if by.is_signed_in and by.time_zone not in ("", "UTC") else consultation.time_zone


def co_owners(conveners: Sequence[Convener]) -> str:
    return listing([c.company.name for c in conveners if c.state == "accepted"])


def scope(consultation: Consultation) -> list[tuple[Any, str]]:
    """What it covers, in the reader's words."""
    open = [_("not narrowed down")]
    rows = [(_("Technologies"), [words.label("technologies", x) for x in consultation.technologies]),
            (_("Countries"), [words.country(x) for x in consultation.countries]),
            (_("Groups of people"), [words.label("segments", x) for x in consultation.segments] or open),
            (_("Situations"), [words.label("contexts", x) for x in consultation.contexts] or open),
            (_("Phases"), [str(words.PHASES[x]) for x in consultation.phases])]
    return [(term, listing(values)) for term, values in rows if values]


def deciders(conveners: Sequence[Convener]) -> list[tuple[str, str]]:
    """Which functions decide at each company; never a name."""
    return [(c.company.name, listing([str(words.FUNCTIONS.get(f, f)) for f in c.functions]))
            for c in conveners if c.state == "accepted" and c.functions]


def mended_at(missing: tuple[Any, str, str], id: uuid.UUID, by: Viewer) -> dict[str, Any]:
    """A missing thing as a line: with the link that mends it, or with who else can do it."""
    sentence, endpoint, field = missing
    can, who = {
        "consultations.edit": (by.is_in("led", id), _("An engagement lead of one of the companies does this.")),
        "consultations.conveners": (by.is_in("led", id), _("Each company does this itself.")),
        "consultations.prepare": (by.is_in("facilitated", id), _("The facilitation body does this.")),
    }.get(endpoint, (True, ""))
    label = _("See the companies") if endpoint == "consultations.conveners" else _("Do this")
    return {"title": sentence, "detail": "" if can else who, "label": label, "warn": False,
            "url": url_for(endpoint, id=id, _anchor=field or None) if can else None}

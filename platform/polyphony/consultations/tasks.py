"""What time does by itself, and what this room answers when others ask."""

import uuid
from typing import Any

import sqlalchemy as sa
from flask import g

from polyphony.consultations import leaving, rules, words
from polyphony.consultations.models import Consultation, Convener, Facilitation, Raise, Transition, Translator
from polyphony.kernel import clock, jobs, providers, viewer
from polyphony.kernel.database import db
from polyphony.kernel.locale import _, language, lazy
from polyphony.kernel.viewer import Viewer
from polyphony.languages.service import reader_first

__all__ = ["leaving"]  # its tasks and answers are registered by being imported
_TELLS = {"open": ("open", ("participants", "conveners", "facilitators")),
          "answering": ("inputs_end", ("participants", "conveners", "facilitators"))}


@jobs.task("consultations.turn_with_time", every="* * * * *")
def turn_with_time() -> None:
    """Open what is due to open and end inputs where they end; nobody needs to be there for it."""
    from polyphony.consultations.models import MACHINE
    from polyphony.consultations.service import step
    from polyphony.notices.service import tell

    now = clock.now()
    due = sa.or_(sa.and_(Consultation.state == "announced", Consultation.opens_at <= now),
                 sa.and_(Consultation.state == "open", Consultation.closes_at <= now))
    for kept in db.session.scalars(sa.select(Consultation).where(due).order_by(Consultation.id)
                                   .with_for_update(of=Consultation, skip_locked=True)).all():
        while verb := rules.due_now(kept.state, kept.opens_at, kept.closes_at, now):
            step(kept, MACHINE.way(kept.state, verb).end)
            db.session.flush()
            kind, groups = _TELLS[kept.state]
            for group in groups:
                tell(kind, consultation_id=kept.id, to=group)


@providers.provide("translation_desk")
def translation_desk(consultation_id: uuid.UUID) -> dict[str, Any] | None:
    """Title and languages of the consultation whose texts are translated."""
    title_of = reader_first(Consultation.id, "title", Consultation.title, Consultation.source_lang, language())
    row = db.session.execute(sa.select(Consultation, title_of, _her_languages(viewer.current(), consultation_id))
                             .where(Consultation.id == consultation_id)).first()
    if row is None:
        return None
    kept, title, hers = row
    g.translated_consultation = kept  # held, so that the next question about it costs no second look
    return {"title": title, "languages": kept.languages, "hers": hers}


def _her_languages(by: Viewer, id: uuid.UUID) -> Any:
    """The languages this translator is appointed for, inside the statement of a desk; null for whoever works on all."""
    if not by.is_in("translating", id) or by.is_in("facilitated", id):
        return sa.null()
    mine = sa.select(sa.func.unnest(Translator.languages)).where(
        Translator.consultation_id == id, Translator.person_id == by.person, Translator.ended_on.is_(None))
    return sa.func.array(mine.scalar_subquery(), type_=sa.ARRAY(sa.String))


@providers.provide("title_inside")
def title_inside(id: Any, lang: str) -> Any:
    """What the consultation of this column is called, inside another room's statement: in this language, and nothing
    where its reader may not see it."""
    title_of = reader_first(Consultation.id, "title", Consultation.title, Consultation.source_lang, lang)
    return sa.select(title_of).where(Consultation.id == id).scalar_subquery()


@providers.provide("translatable")
def translatable(consultation_id: uuid.UUID, only: uuid.UUID | None = None, kind: str = "",
                 ) -> list[tuple[str, uuid.UUID, str, Any, str, str]]:
    """The consultation's own texts, and the words of its steps: few, so that all are told whole in any case."""
    kept = db.session.get(Consultation, consultation_id)
    if kept is None:
        return []
    found = [("consultation", kept.id, name, words.TEXTS[name], getattr(kept, name), kept.source_lang)
             for name in rules.FIELDS if getattr(kept, name)]
    return [*found, *(_words_kept(kept.id) if kind in ("", "words") else ())]


def _words_kept(id: uuid.UUID) -> list[tuple[str, uuid.UUID, str, Any, str, str]]:
    """What was said at steps, raises, departures and changes of the facilitator."""
    kinds: tuple[tuple[Any, Any, Any, Any], ...] = (
        (Transition, Transition.id, Transition.at, lazy("Words of the facilitator")),
        (Raise, Raise.id, Raise.at, lazy("Why protection was raised")),
        (Convener, Convener.words_id, Convener.invited_at, lazy("Words of a company")),
        (Facilitation, Facilitation.id, Facilitation.at, lazy("Words about facilitating")))
    rows = db.session.execute(sa.union_all(*(
        sa.select(sa.literal(n).label("kind"), key.label("key"), model.words, model.lang, order.label("at"))
        .where(model.consultation_id == id, model.words != "") for n, (model, key, order, _label) in enumerate(kinds)
    )).order_by("kind", "at", "key"))
    return [("words", key, "words", kinds[n][3], text, lang) for n, key, text, lang, _at in rows]


@providers.provide("waits")
def waits(by: Viewer) -> list[providers.Waits]:
    """Invitations to co-own that wait for this lead, and drafts that wait for the facilitator."""
    from flask import url_for

    found: list[providers.Waits] = []
    title_of = reader_first(Consultation.id, "title", Consultation.title, Consultation.source_lang, language())
    if by.of("led"):
        found += _for_leads(by, title_of)
    if by.of("facilitated"):
        rows = db.session.execute(sa.select(Consultation.id, title_of).where(
            Consultation.state == "draft", Consultation.facilitator_id.in_(by.of("facilitating")))
            .order_by(Consultation.created_at))
        found += [providers.Waits(_("Prepare the announcement: %(title)s", title=title),
                                  url_for("consultations.prepare", id=id)) for id, title in rows]
    if by.of("called"):
        rows = db.session.execute(sa.select(Consultation.id, title_of).where(
            Consultation.id.in_(by.of("called"))).order_by(Consultation.created_at))
        found += [providers.Waits(_("Companies ask you to take over: %(title)s", title=title),
                                  url_for("consultations.succession", id=id)) for id, title in rows]
    return found


def _for_leads(by: Viewer, title_of: Any) -> list[providers.Waits]:
    """Drafts that wait for her company's answer, and consultations that nobody facilitates any more (one statement)."""
    from flask import url_for

    asks = sa.and_(Consultation.state == "draft", Convener.state.in_(("invited", "accepted")),
                   sa.func.coalesce(Convener.accepted_revision, 0) != Consultation.revision)
    lost = sa.and_(Convener.state == "accepted", sa.func.consultations.facilitator_gone(Consultation.id), ~_agreed())
    rows = db.session.execute(
        sa.select(Consultation.id, title_of, Consultation.state).distinct().add_columns(Consultation.created_at)
        .join(Convener, Convener.consultation_id == Consultation.id)
        .where(Convener.company_id.in_(by.of("leading")), sa.or_(asks, lost))
        .order_by(Consultation.created_at, Consultation.id))
    lost_words = lazy("The facilitation body has no facilitator any more. Ask another one: %(title)s")
    return [providers.Waits(_("Answer as a company: %(title)s", title=title), url_for("consultations.conveners", id=id))
            if state == "draft" else
            providers.Waits(str(lost_words) % {"title": title}, url_for("consultations.succession", id=id), warn=True)
            for id, title, state, _at in rows]


def _agreed() -> Any:
    """Whether this company agreed to the body asked last, and that body has not said no."""
    said = sa.orm.aliased(Facilitation)
    asked = sa.select(sa.func.max(said.at)).where(
        said.consultation_id == Consultation.id, said.says == "asked").correlate(Consultation).scalar_subquery()
    since = sa.and_(Facilitation.consultation_id == Consultation.id, Facilitation.at >= asked)
    return sa.and_(sa.exists().where(since, Facilitation.company_id == Convener.company_id),
                   ~sa.exists().where(since, Facilitation.says.in_(("declined", "took_over"))))

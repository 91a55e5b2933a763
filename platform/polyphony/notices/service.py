"""Telling people what happened: an inbox for each, and word-free mail for those who asked for it."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by

from polyphony.kernel import clock, jobs, providers
from polyphony.kernel.database import db
from polyphony.kernel.locale import language
from polyphony.kernel.viewer import Viewer
from polyphony.notices import readers, words
from polyphony.notices.models import KINDS, Notice

PAGE = 50


@dataclass(frozen=True)
class Told:
    """What its reader was told, the same thing of the same day together: how often, and of which consultation."""

    id: uuid.UUID
    kind: str
    consultation_id: uuid.UUID | None
    subject_id: uuid.UUID | None
    sentence: str
    day: clock.Day | None
    seen: bool
    number: int = 1
    title: str = ""


def tell(kind: str, *, consultation_id: uuid.UUID | None = None, subject_id: uuid.UUID | None = None,
         to: str | tuple[str, ...] = "participants", subjects: Iterable[uuid.UUID] = ()) -> None:
    """Have the worker tell everybody whom this concerns; the same event tells the same reader once a day.

    `to` is one or several of `readers.GROUPS` (participants, conveners, facilitators, authors of the subject …) or
    person:<id>; several `subjects` are told of one by one. Who that is, is computed by the worker, so that no web
    request ever holds a list of readers.
    """
    if kind not in KINDS:
        raise LookupError(f"no notice of kind {kind}")
    groups = (to,) if isinstance(to, str) else to
    for group in groups:
        if group not in readers.GROUPS and not group.startswith("person:"):
            raise LookupError(f"no readers called {group}")
    about = tuple(subjects) or (subject_id,)
    every = [{"kind": kind, "to": group, "day": clock.today().isoformat(), "consultation_id": consultation_id,
              "subject_id": subject} for group in groups for subject in about]
    jobs.defer_each("notices.spread", [{name: x for name, x in ids.items() if x is not None} for ids in every])


@providers.provide("organisation_decided")
def organisation_decided(organisation_id: uuid.UUID, admitted: bool) -> None:
    """Two stewards have admitted an organisation, or one has turned it away: its administrators are told."""
    tell("admitted" if admitted else "turned_away", subject_id=organisation_id, to="administrators")


def recent(by: Viewer, limit: int = PAGE, offset: int = 0) -> list[Told]:
    """What this reader was told, the newest day first; within a day what matters, then what happens often."""
    if not (by.is_signed_in or by.is_phrase):
        return []
    rows = db.session.execute(_told(language(), by.is_signed_in), {
        "who": by.person or by.phrase, "most": limit, "skipped": offset}).all()
    speaks = by.is_phrase or bool(by.of("speaking"))
    return [Told(row.id, row.kind, row.consultation_id, row.subject_id if row.number == 1 else None,
                 words.sentence(row.kind, speaks), clock.day(row.day), row.seen, row.number,
                 row.title) for row in rows]


@cache
def _told(lang: str, is_account: bool) -> sa.Select[Any]:
    """That statement, built once, for every home asks it; a title inside it is in this language."""
    mine = (Notice.person_id if is_account else Notice.phrase_id) == sa.bindparam("who", type_=sa.Uuid())
    together = (Notice.day, Notice.kind, Notice.consultation_id)
    first_kinds, last_kinds, one_after_other = (
        sa.literal(list(kinds), sa.ARRAY(sa.Text())) for kinds in (words.FIRST, words.LAST, words.LATEST))
    rank = sa.case((Notice.kind == sa.any_(first_kinds), 0), (Notice.kind == sa.any_(last_kinds), 2), else_=1)
    latest = sa.func.array_position(one_after_other, Notice.kind).nulls_last()
    first = {name: sa.func.array_agg(aggregate_order_by(column, column), type_=sa.ARRAY(sa.Uuid()))[1].label(name)
             for name, column in (("id", Notice.id), ("subject_id", Notice.subject_id))}
    return (
        sa.select(*together, *first.values(), sa.func.bool_and(Notice.seen).label("seen"),
                  sa.func.count().label("number"),
                  sa.func.coalesce(*providers.ask("title_inside", Notice.consultation_id, lang), "").label("title"))
        .where(mine).group_by(*together).order_by(Notice.day.desc(), rank, latest, "id")
        .limit(sa.bindparam("most", type_=sa.Integer())).offset(sa.bindparam("skipped", type_=sa.Integer())))


def mark_seen(by: Viewer) -> None:
    """Everything in the inbox counts as seen."""
    mine = Notice.person_id == by.person if by.is_signed_in else Notice.phrase_id == by.phrase
    db.session.execute(sa.update(Notice).where(mine, Notice.seen.is_(False)).values(seen=True),
                       execution_options={"synchronize_session": False})

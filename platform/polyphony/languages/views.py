"""The translators' desk: what lacks which language, and one page to write or review each translation."""

import uuid
from typing import Any

from flask import Blueprint, request, url_for

from polyphony.kernel import viewer
from polyphony.kernel.access import access, author, there
from polyphony.kernel.forms import answer
from polyphony.kernel.locale import name_of
from polyphony.kernel.pages import page
from polyphony.languages import service
from polyphony.languages.forms import ReviewForm, TranslationForm

blueprint = Blueprint("languages", __name__, url_prefix="/<lang>/consultations/<uuid:id>/translations")
BLUEPRINTS = [blueprint]
PAGE = 50
PIECE = "/<kind>/<uuid:subject>/<field>/<into>"


@blueprint.get("")
@access(author)
def desk(id: uuid.UUID):  # type: ignore[no-untyped-def]
    head = service.heading(id)
    into = request.args.get("into", "")
    start = max(0, request.args.get("from", 0, int))
    pieces = service.pieces(viewer.current(), id, head["languages"])
    counts = [(code, name_of(code), sum(p.lang == code for p in pieces),
               sum(p.lang == code and p.state in ("missing", "stale") for p in pieces)) for code in head["languages"]]
    wanted = [p for p in pieces if not into or p.lang == into]
    wanted.sort(key=lambda p: ("missing", "stale", "machine", "person", "reviewed").index(p.state))
    more = url_for("languages.desk", id=id, into=into, **_from(start + PAGE)) if len(wanted) > start + PAGE else None
    return page("languages/desk.html", fragment="pieces", id=id, head=head, counts=counts, into=into,
                pieces=wanted[start:start + PAGE], more=more, name_of=name_of)


def _from(start: int) -> dict[str, Any]:
    return {"from": start}  # a reserved word, hence not a keyword


@blueprint.get(PIECE)
@access(author)
def piece(id: uuid.UUID, kind: str, subject: uuid.UUID, field: str, into: str):  # type: ignore[no-untyped-def]
    return _piece(_find(id, kind, subject, field, into))


@blueprint.post(PIECE)
@access(author)
def write(id: uuid.UUID, kind: str, subject: uuid.UUID, field: str, into: str):  # type: ignore[no-untyped-def]
    head, found = _find(id, kind, subject, field, into)
    form = TranslationForm()
    return answer(form, lambda text: service.store_translation(
        viewer.current(), kind=kind, subject_id=subject, consultation_id=id, field=field, lang=into, text=text),
        then=lambda r: url_for("languages.desk", id=id, into=into), again=lambda: _piece((head, found), form))


@blueprint.post(PIECE + "/review")
@access(author)
def review(id: uuid.UUID, kind: str, subject: uuid.UUID, field: str, into: str):  # type: ignore[no-untyped-def]
    head, found = _find(id, kind, subject, field, into)
    kept = there(found.translation)
    form = ReviewForm()
    return answer(form, lambda: service.review(viewer.current(), translation_id=kept.id),
                  then=lambda r: url_for("languages.desk", id=id, into=into),
                  again=lambda: _piece((head, found), checking=form))


def _find(id: uuid.UUID, kind: str, subject: uuid.UUID, field: str, into: str):  # type: ignore[no-untyped-def]
    head = service.heading(id)
    found = [p for p in service.pieces(viewer.current(), id, head["languages"])
             if (p.kind, p.subject_id, p.field, p.lang) == (kind, subject, field, into)]
    return head, there(found[0] if found else None)


def _piece(found, form=None, checking=None):  # type: ignore[no-untyped-def]
    head, piece = found
    form = form or TranslationForm(data={"text": piece.translation.text if piece.translation else ""})
    return page("languages/piece.html", fragment="piece", head=head, piece=piece, form=form,
                checking=checking or ReviewForm(), name_of=name_of)

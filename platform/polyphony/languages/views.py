"""The translators' desk: what lacks which language, and one page to write or review each translation."""

import uuid
from typing import Any

from flask import Blueprint, redirect, request, url_for

from polyphony.kernel import viewer
from polyphony.kernel.access import access, author, there
from polyphony.kernel.forms import an_id, answer, tidy
from polyphony.kernel.leafing import begins
from polyphony.kernel.locale import lazy, name_of
from polyphony.kernel.pages import page
from polyphony.languages import service
from polyphony.languages.desk import Asked, approve, following, hers, is_own, keep
from polyphony.languages.desk import desk as read_desk
from polyphony.languages.desk import piece as read_piece
from polyphony.languages.forms import ReviewForm, TranslationForm

blueprint = Blueprint("languages", __name__, url_prefix="/<lang>/consultations/<uuid:id>/translations")
BLUEPRINTS = [blueprint]
KINDS = {
    "consultation": lazy("The consultation"), "input": lazy("Inputs"), "masking": lazy("Why something is masked"),
    "quote": lazy("Quotes"), "theme": lazy("Themes"),
    "answer": lazy("The answers"), "measure": lazy("Measures"), "ground_view": lazy("View from the ground"),
    "words": lazy("Other words"), "fund_call": lazy("Call for applications"), "fund_criterion": lazy("Criterion"),
    "fund_eligibility": lazy("Questions before applying"), "fund_part": lazy("Applications"),
    "fund_decision": lazy("Decision"), "fund_purpose": lazy("What the fund is for"),
}
# Texts that are no one person’s words.
OF_THE_HOUSE = {"consultation", "fund_call", "fund_criterion", "fund_eligibility", "fund_decision", "fund_purpose"}
PIECE = "/<kind>/<uuid:subject>/<field>/<into>"


@blueprint.get("")
@access(author)
def desk(id: uuid.UUID):  # type: ignore[no-untyped-def]
    head = service.heading(id)
    sent = request.args
    if "after" in sent and sent.get("into", "") in hers(head):
        return _next(id, sent["after"], sent["into"])
    asked = Asked(sent.get("into", ""), sent.get("kind", ""), (tidy(sent.get("q")) or "")[:200], sent.get("of", ""))
    found = read_desk(viewer.current(), id, head, asked, begins(request.args))
    further: dict[str, Any] = {**asked.asked, "from": found.after}
    more = url_for("languages.desk", id=id, **further) if found.after else None
    return page("languages/desk.html", fragment="pieces", id=id, head=head, asked=asked, more=more, name_of=name_of,
                counts=[(code, name_of(code), *found.counts[code]) for code in hers(head)],
                sources=[(code, name_of(code)) for code in found.sources], pieces=found.pieces,
                kinds={kind: KINDS[kind] for kind in found.kinds})


@blueprint.get(PIECE)
@access(author)
def piece(id: uuid.UUID, kind: str, subject: uuid.UUID, field: str, into: str):  # type: ignore[no-untyped-def]
    return _piece(_find(id, kind, subject, field, into))


@blueprint.post(PIECE)
@access(author)
def write(id: uuid.UUID, kind: str, subject: uuid.UUID, field: str, into: str):  # type: ignore[no-untyped-def]
    head, found = _find(id, kind, subject, field, into)
    form = TranslationForm()
    return answer(
        form, lambda **typed: keep(viewer.current(), id, found, **typed),
        then=lambda r: url_for("languages.desk", id=id, into=into, after=f"{subject}.{field}"),
        again=lambda: _piece((head, found), form))


def _next(id: uuid.UUID, done: str, into: str) -> Any:
    """Where a translator goes on: the next text in this language, or the desk when none is left."""
    subject, _, field = done.partition(".")
    waits = following(viewer.current(), id, subject=an_id(subject), field=field, into=into)
    place = url_for("languages.desk", id=id, into=into) if waits is None else url_for(
        "languages.piece", id=id, kind=waits.kind, subject=waits.subject_id, field=waits.field, into=into, after="kept")
    return redirect(place, 303)


@blueprint.post(PIECE + "/review")
@access(author)
def review(id: uuid.UUID, kind: str, subject: uuid.UUID, field: str, into: str):  # type: ignore[no-untyped-def]
    head, found = _find(id, kind, subject, field, into)
    there(found.translation)
    form = ReviewForm()
    return answer(form, lambda revision: approve(viewer.current(), found, revision=revision),
                  then=lambda r: url_for("languages.desk", id=id, into=into),
                  again=lambda: _piece((head, found), checking=form))


def _find(id: uuid.UUID, kind: str, subject: uuid.UUID, field: str, into: str):  # type: ignore[no-untyped-def]
    head = service.heading(id)
    return head, read_piece(viewer.current(), id, head, kind=kind, subject=subject, field=field, into=into)


def _piece(found, form=None, checking=None):  # type: ignore[no-untyped-def]
    head, piece = found
    form = form or TranslationForm(formdata=None, data={"text": piece.translation.text if piece.translation else "",
                                                        "revision": piece.revision})
    checking = checking or ReviewForm(formdata=None, data={"revision": piece.revision})
    conflict = any(each.refusal and each.refusal.status == 409 for each in (form, checking))
    if conflict:  # she has now seen the present version, and may save over it
        form.revision.data = checking.revision.data = piece.revision
    return page("languages/piece.html", fragment="piece", head=head, piece=piece, form=form, checking=checking,
                name_of=name_of, is_of_the_house=piece.kind in OF_THE_HOUSE, is_own=is_own(viewer.current(), piece),
                conflict=conflict, may_review=service.may_review(piece.translation))

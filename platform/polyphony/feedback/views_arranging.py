"""The facilitator arranges themes, takes one back, takes note of lost excerpts, and reminds companies."""

import uuid
from typing import Any

from flask import request, url_for

from polyphony.feedback import arranging, reminding
from polyphony.feedback.forms import MoveForm, NothingForm
from polyphony.feedback.models import Theme
from polyphony.feedback.views import blueprint
from polyphony.feedback.views_themes import BOTH, facilitators_desk, step
from polyphony.kernel import viewer
from polyphony.kernel.access import access, facilitator, there
from polyphony.kernel.database import db
from polyphony.kernel.forms import answer
from polyphony.kernel.locale import _


def _then(id: uuid.UUID, part: str) -> Any:
    return lambda r: url_for("feedback.facilitate", id=id) + part


def _theme(id: uuid.UUID) -> Theme:
    return there(db.session.get(Theme, id))


@blueprint.post("/themes/<uuid:id>/move")
@access(facilitator)
def move_theme(id: uuid.UUID):  # type: ignore[no-untyped-def]
    here, form = _theme(id).consultation_id, MoveForm()
    return answer(form, lambda way: arranging.move(viewer.current(), theme_id=id, way=way),
                  then=_then(here, "#themes"), again=lambda: facilitators_desk(here, form))


@blueprint.route("/themes/<uuid:id>/remove", methods=BOTH)
@access(facilitator)
def remove_theme(id: uuid.UUID):  # type: ignore[no-untyped-def]
    theme = _theme(id)
    here, title = theme.consultation_id, theme.title
    if request.method == "GET":
        arranging.ensure_removable(viewer.current(), theme)
    return step(NothingForm(), lambda: arranging.remove(viewer.current(), theme_id=id), _then(here, "#themes"),
                title=_("Take this theme back?"), over=title, back=url_for("feedback.facilitate", id=here),
                label=_("Take the theme back"), kind="danger",
                lead=_("Its excerpts are in no theme again, and drafts that companies may have begun for it are lost. "
                       "The inputs stay as they are."))


@blueprint.post("/themes/<uuid:id>/losses")
@access(facilitator)
def note_losses(id: uuid.UUID):  # type: ignore[no-untyped-def]
    here, form = _theme(id).consultation_id, NothingForm()
    return answer(form, lambda: arranging.note_losses(viewer.current(), theme_id=id), then=_then(here, "#themes"),
                  again=lambda: facilitators_desk(here, form))


@blueprint.post("/consultations/<uuid:id>/remind/<uuid:company_id>")
@access(facilitator)
def remind(id: uuid.UUID, company_id: uuid.UUID):  # type: ignore[no-untyped-def]
    form = NothingForm()
    return answer(form, lambda: reminding.remind(viewer.current(), consultation_id=id, company_id=company_id),
                  then=_then(id, "#remind"), again=lambda: facilitators_desk(id, form))

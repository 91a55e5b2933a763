"""The facilitator finds what she has read, and places parts of it in themes."""

import uuid
from typing import Any

from flask import request, url_for

from polyphony.feedback import placing, themes
from polyphony.feedback.forms import ExcerptForm, options
from polyphony.feedback.views import blueprint
from polyphony.feedback.views_themes import BOTH, in_words
from polyphony.inputs import looking
from polyphony.inputs.models import Input
from polyphony.kernel import viewer
from polyphony.kernel.access import access, facilitator, there
from polyphony.kernel.database import db
from polyphony.kernel.forms import answer
from polyphony.kernel.pages import page


@blueprint.get("/consultations/<uuid:id>/placing", endpoint="placing")
@access(facilitator)
def read_so_far(id: uuid.UUID):  # type: ignore[no-untyped-def]
    themes.ensure_facilitating(viewer.current(), id)
    about = themes.consultation_of(id)
    sought = looking.sought(request.args, shows=placing.SHOWS)
    rows, after = placing.listed(about, sought, request.args.get("after", ""))
    more = url_for("feedback.placing", id=id, after=after, **sought.asked) if after else None
    return page("feedback/placing.html", fragment="list", about=about, rows=rows, more=more, sought=sought,
                tongues=looking.tongues_of(about), shows=placing.SHOWS,
                title=in_words(about.title, about.source_lang, id, "title"))


def _place(id: uuid.UUID, said: Input, form: ExcerptForm, placed: list[tuple[str, str]]) -> Any:
    about, title = themes.titled(id)
    return page("feedback/place.html", fragment="place", form=form, said=said, placed=placed, consultation=about,
                title=title, is_out=about.state in ("published", "closed"),
                next=placing.next_unplaced(id, said.id), words=in_words(said.text, said.lang, said.id, "text"))


@blueprint.route("/consultations/<uuid:id>/excerpts/<uuid:said>", methods=BOTH)
@access(facilitator)
def place(id: uuid.UUID, said: uuid.UUID):  # type: ignore[no-untyped-def]
    themes.ensure_facilitating(viewer.current(), id)
    found, (known, placed) = there(db.session.get(Input, said)), placing.themes_of(id, said)
    there(found if found.consultation_id == id else None)
    form = ExcerptForm(data={"input_id": str(said)})
    form.theme_id.choices = options((str(theme), title) for theme, title in known.items())
    form.input_id.data = str(said)
    if request.method == "GET":
        return _place(id, found, form, placed)
    return answer(form, lambda **v: themes.place(viewer.current(), consultation_id=id, **v),
                  then=lambda r: url_for("feedback.place", id=id, said=said),
                  again=lambda: _place(id, found, form, placed))

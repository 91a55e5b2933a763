"""What others read: released inputs, in the reader's language, with the name the author chose and never more."""

import uuid

from flask import request, url_for

from polyphony.inputs import lists, looking, service
from polyphony.inputs.forms import SPEAKS_LABELS
from polyphony.inputs.views import blueprint
from polyphony.kernel import clock, locale, tallies
from polyphony.kernel.access import access, anyone
from polyphony.kernel.pages import page, reading
from polyphony.languages.service import translations_for, written


@blueprint.get("/consultations/<uuid:id>/inputs")
@access(anyone)
def index(id: uuid.UUID):  # type: ignore[no-untyped-def]
    about, lang = service.consultation(id), locale.language()
    reading()
    sought = looking.sought(request.args)
    found = lists.released(about, request.args.get("after", ""), sought)
    tr = translations_for([id, *(e.id for e in found.rows)], lang)
    speaks = {code: str(label) for code, label in SPEAKS_LABELS.items()}
    rows = [(e, written(e.text, e.lang, e.id, "text", tr, lang), speaks[e.speaks_as]) for e in found.rows]
    return page("inputs/index.html", fragment="list", about=about, rows=rows, day=clock.day,
                title=written(about.title, about.source_lang, id, "title", tr, lang),
                counts=tallies.read([id]).get(id, {}), files=found.files, sought=sought,
                found=found.found,
                tongues=looking.tongues_of(about),
                more=url_for("inputs.index", id=id, after=found.after, **sought.asked) if found.after else None)

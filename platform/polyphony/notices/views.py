"""The inbox of notices."""

from flask import Blueprint, request, url_for

from polyphony.kernel import providers, viewer
from polyphony.kernel.access import access, author
from polyphony.kernel.forms import Form, answer
from polyphony.kernel.leafing import begins
from polyphony.kernel.pages import page
from polyphony.notices import service
from polyphony.notices.places import place_of as place

blueprint = Blueprint("notices", __name__, url_prefix="/<lang>")
BLUEPRINTS = [blueprint]


@blueprint.get("/notices")
@access(author)
def inbox():  # type: ignore[no-untyped-def]
    return _inbox(Form())


@blueprint.post("/notices/seen")
@access(author)
def seen():  # type: ignore[no-untyped-def]
    form = Form()
    return answer(form, lambda: service.mark_seen(viewer.current()), then=lambda r: url_for("notices.inbox"),
                  again=lambda: _inbox(form))


def _inbox(form: Form):  # type: ignore[no-untyped-def]
    number = begins(request.args, "page")
    told = service.recent(viewer.current(), limit=service.PAGE + 1, offset=number * service.PAGE)
    more = url_for("notices.inbox", page=number + 1) if len(told) > service.PAGE else None
    told = told[:service.PAGE]
    besides = [] if number else [each for found in providers.ask("told_besides", viewer.current()) for each in found]
    return page("notices/inbox.html", fragment="list", form=form, more=more, besides=besides,
                items=[(note, place(note)) for note in told], unseen=any(not note.seen for note in told))

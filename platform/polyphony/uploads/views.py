"""Handing a file over: always to be saved, never shown inside our own pages, with no right to do anything."""

import uuid

from flask import Blueprint, Response, g

from polyphony.kernel.access import access, anyone, there
from polyphony.uploads import service, storing, words
from polyphony.uploads.models import TYPES

blueprint = Blueprint("uploads", __name__, url_prefix="/<lang>")
BLUEPRINTS = [blueprint]


@blueprint.get("/attachments/<uuid:id>")
@access(anyone)
def attachment(id: uuid.UUID):  # type: ignore[no-untyped-def]
    found = service.find(id)
    body = there(storing.whole(id, found.key))
    g.sandboxed = g.no_store = True
    name = words.saved_as(found.number, found.format)
    return Response(body, mimetype=TYPES[found.format], headers={
        "Content-Disposition": f'attachment; filename="{name}"'})

"""The record of a consultation, for everybody who may see it."""

import uuid

from flask import request

from polyphony.feedback import record as records
from polyphony.feedback.views import blueprint
from polyphony.kernel import viewer
from polyphony.kernel.access import access, anyone
from polyphony.kernel.leafing import begins
from polyphony.kernel.pages import page, reading


@blueprint.get("/consultations/<uuid:id>/record")
@access(anyone)
def record(id: uuid.UUID):  # type: ignore[no-untyped-def]
    start = begins(request.args)
    found = records.record(viewer.current(), id, start)
    reading()
    return page("feedback/record.html", record=found, is_first=start == 0)

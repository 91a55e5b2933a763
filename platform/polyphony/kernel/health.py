"""Is it alive, is it ready: two addresses for the machine that watches, without any content."""

import sqlalchemy as sa
from flask import Blueprint, Response, current_app

from polyphony.kernel import unfinished
from polyphony.kernel.access import access, anyone
from polyphony.kernel.database import db

blueprint = Blueprint("kernel", __name__)


@blueprint.get("/healthz")
@access(anyone)
def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
@access(anyone)
def readyz() -> Response:
    """The process answers, reaches the database (else the edge has said 503), and no restore was left half done."""
    if unfinished.is_marked(current_app.extensions["settings"]):
        return Response("a restore has not ended\n", 503, mimetype="text/plain")
    db.session.execute(sa.text("SELECT 1"))
    return Response("ready\n", mimetype="text/plain")

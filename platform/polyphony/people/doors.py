"""The room's blueprint, shared by its files of views: nothing of these pages is kept by a browser."""

from flask import Blueprint, g

blueprint = Blueprint("people", __name__, url_prefix="/<lang>")


@blueprint.before_request
def _keep_nothing() -> None:
    g.no_store = True

"""The pages of inputs: begin, say, inbox, the facilitator's reading, readers' lists."""

from flask import Blueprint

from polyphony.inputs import providing
from polyphony.kernel.locale import lazy
from polyphony.kernel.pages import nav

blueprint = Blueprint("inputs", __name__, url_prefix="/<lang>")
BLUEPRINTS = [blueprint]

from polyphony.inputs import views_author, views_facilitator, views_readers, views_say  # noqa: E402

PARTS = (providing, views_author, views_facilitator, views_readers, views_say)
nav("inputs.inbox", lazy("My inputs"), lambda v: v.is_phrase or bool(v.of("speaking")))

"""The room's blueprint, shared by its two files of views."""

from typing import Any

from flask import Blueprint

from polyphony.organisations import names

blueprint = Blueprint("organisations", __name__, url_prefix="/<lang>")


def called() -> dict[str, Any]:
    """How kinds, roles and functions are called, for templates."""
    return {"kind_names": names.KIND_NAMES, "role_names": names.ROLE_NAMES, "role_words": names.ROLE_WORDS,
            "function_names": names.FUNCTION_NAMES}

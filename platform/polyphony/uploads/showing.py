"""What pages need to tell of files."""

from typing import Any

from flask import request

from polyphony.uploads import rules, words


def told() -> dict[str, Any]:
    """Labels, limits, and the refusals that the address brought back."""
    return {"accepted": words.ACCEPTED, "most_files": rules.MOST,
            "refused_files": rules.told(request.args.getlist("refused"))}

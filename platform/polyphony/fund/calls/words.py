"""How a call's states and texts are called on pages."""

from typing import Any

from flask_babel import lazy_pgettext as pgettext

from polyphony.kernel.locale import lazy

STATES = {"draft": lazy("In preparation"), "scheduled": pgettext("call", "Announced"),
          "open": lazy("Open for applications"), "closed": lazy("Applications are being read"),
          "decided": lazy("Everything is decided")}
MARKS = {"draft": "draft", "scheduled": "announced", "open": "open", "closed": "closed", "decided": "published"}
TEXTS = {"title": lazy("Title"), "plain": lazy("In plain words"), "about": lazy("About this call"),
         "who_can_apply": lazy("Who can apply"), "what_for": lazy("What the money is for")}


def parts_of(kind: str) -> dict[str, Any]:
    """What the texts of a criterion or of a question are called at the translators' desk."""
    if kind == "fund_criterion":
        return {"name": pgettext("call", "Criterion"), "words": pgettext("call", "What reviewers look at")}
    return {"question": pgettext("call", "Question before applying"),
            "otherwise": pgettext("call", "What is said to those who cannot apply")}

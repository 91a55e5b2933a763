"""How the states and steps of an opening are called."""

from typing import Any

from polyphony.kernel.locale import _, lazy

STATES = {"waiting": lazy("Keyholders decide"), "ready": lazy("Enough have released"), "read": lazy("Carried out"),
          "expired": lazy("Ended unopened"), "refused": lazy("Refused"), "withdrawn": lazy("What it asked for is gone")}
MARKS = {"waiting": "waiting", "ready": "open", "read": "done", "expired": "later", "refused": "refused",
         "withdrawn": "closed"}
SAYS = {"released": lazy("released her share"), "refused": lazy("refused")}


def steps(asked: Any) -> list[dict[str, Any]]:
    """The ceremony as a line of stages: asked, released by enough, carried out."""
    here = {"waiting": 1, "refused": 1, "expired": 1, "withdrawn": 1, "ready": 2, "read": 3}[asked.state]
    names = (_("Asked"), _("%(needs)s keyholders release", needs=asked.needs), _("Carried out, once"))
    return [{"label": label, "date": "", "state": "past" if n < here else "now" if n == here else "next"}
            for n, label in enumerate(names)]

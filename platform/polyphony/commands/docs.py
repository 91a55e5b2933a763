"""`polyphony docs`: pages of documentation that are written by the code, so that they stay true."""

from polyphony.commands import who
from polyphony.consultations.models import MACHINE
from polyphony.folders import root


def states() -> str:
    """The way of a consultation as a diagram, from the one transition table that the code obeys."""
    return (f"# The states of a {MACHINE.name}\n\nWritten by `polyphony docs` from `{MACHINE.name}s/models.py`; "
            f"a test compares.\n\n```mermaid\n{MACHINE.diagram()}\n```\n")


def write() -> None:
    """Write every generated page."""
    (root() / "docs" / "states.md").write_text(states(), "utf-8")
    (root() / "docs" / "who-may-do-what.md").write_text(who.table(), "utf-8")

"""What the documentation says of the code is what the code says of itself."""

from polyphony.commands import docs
from polyphony.folders import root


def test_the_diagram_is_the_transition_table() -> None:
    assert (root() / "docs" / "states.md").read_text("utf-8") == docs.states(), "run `polyphony docs`"

"""Starting again: the demo that is there is found at once, and the sign-ins are told all the same."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from polyphony.demo import door, load
from polyphony.settings import UnsafeSetting


def test_a_second_start_tells_the_same_without_loading(demo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "load_if_empty", lambda settings: ["loaded again"])
    assert door.greet(demo.settings) == demo.facts["lines"], "as it was said when the demo was loaded"
    assert any(door.PASSWORD in line for line in demo.facts["lines"])


def test_an_empty_database_or_a_public_address_takes_the_careful_way(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnsafeSetting):
        door.greet(replace(world.settings, public=True))
    monkeypatch.setattr(load, "load_if_empty", lambda settings: ["loaded"])
    assert door.greet(world.settings) == ["loaded"]


def test_the_terminal_waits_for_no_room() -> None:
    """What starts everything imports neither tables nor rooms: that alone would take longer than the database."""
    said = subprocess.run([sys.executable, "-c", "import sys, polyphony.demo.door, polyphony.kernel.supervisor\n"
                           "print([x for x in ('sqlalchemy', 'flask', 'alembic') if x in sys.modules])"],
                          capture_output=True, text=True, check=True, env={"PYTHONPATH": "platform"})
    assert said.stdout.strip() == "[]"


def test_the_web_waits_for_no_library_that_most_of_its_people_never_use() -> None:
    """Passkeys, a company's own sign-in and the drawn square load what they need at their first use: 15 MB a worker."""
    said = subprocess.run([sys.executable, "-c", "import sys, polyphony.app, polyphony.rooms\npolyphony.rooms.blueprints()\n"
                           "print([x for x in ('webauthn', 'authlib', 'requests', 'segno', 'zxcvbn', 'pikepdf', 'PIL') if x in sys.modules])"],
                          capture_output=True, text=True, check=True, env={"PYTHONPATH": "platform"})
    assert said.stdout.strip() == "[]"

"""What `make` installs, and when: a checkout that was tested is left ready to be tested again."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from polyphony.folders import root

# Stands for uv: writes down which lock it was asked to install, and fails where the test says so.
UV = """#!/bin/sh
for last; do :; done
basename "$last" .txt >> "$(dirname "$0")/../installed"
test ! -e "$(dirname "$0")/../fails"
"""


class Checkout:
    """A copy of the Makefile with small locks and a uv that only remembers."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.venv = folder, folder / ".venv"
        shutil.copy(root() / "Makefile", folder)
        (folder / "requirements").mkdir()
        for lock in ("uv", "build", "run", "test"):
            self.lock(lock, f"{lock}==1")
        (self.venv / "bin").mkdir(parents=True)
        self._program("uv", UV)
        self._program("python", "#!/bin/sh\nexit 1\n")
        (self.venv / ".tools").touch()

    def _program(self, name: str, text: str) -> None:
        made = self.venv / "bin" / name
        made.write_text(text)
        made.chmod(0o755)

    def lock(self, name: str, text: str) -> None:
        (self.folder / "requirements" / f"{name}.txt").write_text(text)

    def make(self, goal: str) -> list[str]:
        """What was installed when this was made."""
        log = self.venv / "installed"
        log.unlink(missing_ok=True)
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        self.last = subprocess.run(["make", goal], cwd=self.folder, env=plain, capture_output=True, text=True, check=False)
        return log.read_text().split() if log.exists() else []


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_running_and_testing_install_once(checkout: Checkout) -> None:
    assert checkout.make("installed") == ["run"]
    assert checkout.make("installed") == []
    assert checkout.make("installed-test") == ["test"]
    assert checkout.make("installed-test") == []


def test_running_after_testing_leaves_the_test_set_alone(checkout: Checkout) -> None:
    assert checkout.make("installed-test") == ["test"]
    assert checkout.make("installed") == []
    checkout.lock("run", "run==1  # said in other words")
    assert checkout.make("installed") == [], "the test lock is as it was, and holds the run lock"
    assert checkout.make("installed-test") == []


def test_locks_that_changed_are_installed_anew(checkout: Checkout) -> None:
    checkout.make("installed-test")
    checkout.lock("run", "run==2")
    checkout.lock("test", "test==2")
    assert checkout.make("installed") == ["run"]
    assert checkout.make("installed-test") == ["test"], "running took the old test set away"
    assert checkout.make("installed") == []


def test_what_could_not_be_installed_counts_as_not_there(checkout: Checkout) -> None:
    (checkout.venv / "fails").touch()
    assert checkout.make("installed") == ["run"]
    assert checkout.last.returncode != 0
    (checkout.venv / "fails").unlink()
    assert checkout.make("installed") == ["run"]


def test_the_test_lock_holds_the_run_lock() -> None:
    run, test = (set(re.findall(r"^[\w.-]+(?:\[[\w,-]+\])?==\S+", (root() / "requirements" / f"{name}.txt").read_text(), re.M))
                 for name in ("run", "test"))
    assert len(run) > 10
    assert run - test == set()

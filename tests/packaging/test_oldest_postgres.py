"""The database part also holds on Debian's PostgreSQL 15, the oldest version we promise to run on."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from polyphony.folders import root
from polyphony.kernel.pg_binaries import OLDEST, SYSTEM, major_of

PROGRAMS = SYSTEM / str(OLDEST) / "bin"
# Policies, the sealed viewer, unlinkable rows, migrations up and down with the demo, the demo's pages, a journey.
HELD = ("tests/packaging/test_oldest_postgres.py", "tests/security/test_viewer.py", "tests/security/test_audience.py",
        "tests/security/test_unlinkable.py", "tests/security/test_without_python.py", "tests/migrations",
        "tests/house/test_chores.py", "tests/journeys/test_inputs.py", "tests/journeys/test_feedback.py")


def test_the_server_under_test_is_the_one_asked_for(server: Any) -> None:
    given = os.environ.get("POLYPHONY_TEST_PG_BIN")
    with server.connect() as connection:
        major = connection.info.server_version // 10_000
    assert major == major_of(Path(given)) if given else major >= OLDEST


@pytest.mark.slow
def test_the_core_holds_on_the_oldest_postgresql() -> None:
    if not (PROGRAMS / "initdb").is_file():
        missing = f"PostgreSQL {OLDEST} is not installed here ({PROGRAMS}), so nothing says that Polyphony runs on it."
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    said = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "not slow", *HELD],
        cwd=root(), env=os.environ | {"POLYPHONY_TEST_PG_BIN": str(PROGRAMS), "PYTHONPATH": "platform"},
        capture_output=True, text=True, timeout=1800)
    assert said.returncode == 0, said.stdout[-8000:] + said.stderr[-2000:]
    passed = re.search(r"(\d+) passed", said.stdout)
    assert passed
    assert int(passed[1]) > 50

"""A few guards taken out, drawn anew each time: the tests that claim to notice do."""

import os
import random
import re
import subprocess
import sys

import pytest

from polyphony.folders import root

SAMPLE, SECONDS = 24, 150


def missing(said: str) -> list[str]:
    """What a run is to say of guards that it leaves out, and did not say."""
    from tests.mutate.guards import TWICE

    wanted = [f"Left out, each with its reason ({len(TWICE)}):", *(f"{name}: {why}" for name, why in TWICE.items())]
    return [each for each in wanted if each not in said]


@pytest.mark.slow
def test_guards_that_are_left_out_are_named_with_the_reason() -> None:
    done = subprocess.run([sys.executable, "-m", "tests.mutate", "--list", "--only", "header"], cwd=root(),
                          env={**os.environ, "PYTHONPATH": "platform"}, capture_output=True, text=True, check=True)
    assert missing(done.stdout) == []


@pytest.mark.slow
def test_a_sample_of_guards_is_missed() -> None:
    seed = random.SystemRandom().randrange(10**6)
    done = subprocess.run([sys.executable, "-m", "tests.mutate", "--sample", str(SAMPLE), "--seed", str(seed), "--within", str(SECONDS)], cwd=root(),
                          env={**os.environ, "PYTHONPATH": "platform"}, capture_output=True, text=True, check=False, timeout=SECONDS + 300)
    print(done.stdout[-6000:], done.stderr[-2000:])
    assert missing(done.stdout) == []
    assert done.returncode == 0, f"drawn with --seed {seed}:\n{done.stdout[-6000:]}"
    assert int(re.findall(r"killed (\d+) of", done.stdout)[-1]) >= 20

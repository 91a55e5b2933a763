"""Ten thousand wrong return phrases against the server as it is deployed: nobody else has to wait for them.

Some guessers send without doing the sum, others do every sum. `make flood` sends ten thousand, `make test-all` a thousand.
"""

import multiprocessing
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from guessing import Line, guess
from polyphony.folders import root, source
from polyphony.kernel import processes, supervisor

pytestmark = [pytest.mark.slow, pytest.mark.alone]

MANY = int(os.environ.get("POLYPHONY_TEST_PHRASES", "1000"))
LINES, SOLVERS = 4, 2  # connections without a sum, and with one
SLOWER = 2.0  # times what other pages may take
PROBES = 30


@pytest.fixture(scope="module")
def deployed(demo: Any) -> Iterator[tuple[int, Any]]:
    """The demo behind gunicorn with the number of processes and threads that the supervisor gives it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, **demo.settings.child_environment(), "PORT": str(port),
                   "PYTHONPATH": os.pathsep.join((str(source()), str(root())))}
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--workers",
         str(supervisor.WORKERS), "--threads", str(supervisor.THREADS), "--log-level", "warning", "--no-control-socket",
         "--preload", "wsgi:app"], env=environment, cwd=root(), start_new_session=True)
    try:
        _await(port, process)
        yield port, process
    finally:
        processes.stop(process, patience=10)


def _await(port: int, process: Any) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None, "the web server ended"
        try:
            with closing(Line(port)) as line:
                line.ask("GET", "/healthz")
            return
        except OSError:
            process.poll()
    pytest.fail("the web server does not answer")


def resident(process: Any) -> int:
    """Kilobytes that the server and its workers hold."""
    family = [process.pid, *map(int, Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split())]
    return sum(int(re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{each}/status").read_text())[0]) for each in family)


def usual(port: int) -> float:
    """The median time of the front page and of the list of consultations."""
    times = []
    with closing(Line(port)) as line:
        for number in range(PROBES):
            began = time.perf_counter()
            status, _ = line.ask("GET", ("/en/", "/en/consultations")[number % 2])
            times.append(time.perf_counter() - began)
            assert status == 200
            time.sleep(0.02)
    return statistics.median(times)


def test_ten_thousand_wrong_phrases_slow_nobody_else_down(deployed: tuple[int, Any]) -> None:
    port, process = deployed
    there = multiprocessing.get_context("spawn")
    go, tried, told = there.Event(), there.Value("i", 0), there.Queue()
    guessers = [there.Process(target=guess, args=(port, number < SOLVERS, go, tried, MANY, told), daemon=True)
                for number in range(SOLVERS + LINES)]
    usual(port)
    held, times = resident(process), {False: [], True: []}
    for each in guessers:
        each.start()
    while tried.value < MANY and all(each.is_alive() for each in guessers):
        for crowded in (False, True, True, True):  # one beside the other, so that whatever else this machine does counts in both
            (go.set if crowded else go.clear)()
            times[crowded].append(usual(port))
    go.set()
    answers = [told.get(timeout=120) for _ in guessers]
    for each in guessers:
        each.join(30)
    most, (quiet, crowded) = resident(process), (statistics.median(times[each]) for each in (False, True))
    without, solved = (sum((Counter(a) for solves, a in answers if solves is kind), Counter()) for kind in (False, True))
    kinds = [sorted((status, number) for (status, _), number in each.items()) for each in (without, solved)]
    print(f"{MANY} phrases: quiet {quiet * 1000:.1f} ms, crowded {crowded * 1000:.1f} ms (×{crowded / quiet:.2f}); memory "
          f"{held / 1024:.0f} → {most / 1024:.0f} MB; answers without a sum and with {kinds}")
    assert crowded < SLOWER * quiet
    assert most < held + supervisor.WORKERS * 96 * 1024, "one derivation at a time in each process, and nothing piles up"
    assert {status for status, _ in without} == {429}, "who does not do the sum waits, and nothing is derived for her"
    assert {status for status, _ in solved} <= {422, 429}
    assert solved.total() >= SOLVERS * 2
    assert len({words for status, words in solved if status == 422}) == 1, "every wrong phrase is told the same"

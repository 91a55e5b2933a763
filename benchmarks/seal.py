"""What opening the signed viewer costs, and checking her seal once, beside one indexed read of one row.

The whole request with and without her is measured by `unguarded.py`; this tells her own part of it.
"""

import statistics
import time
from collections.abc import Callable

import psycopg

from polyphony.kernel.postgres import Embedded

TIMES, ROUNDS = 500, 5


def costs(server: Embedded, name: str, secret: bytes) -> dict[str, float]:
    """Each as a ratio of median times, the two taken in turns; one statement and one answer each."""
    with psycopg.connect(server.url("postgres", name)) as c:
        key = c.execute("SELECT id FROM inputs.input ORDER BY id LIMIT 1").fetchone()

        def read() -> None:
            c.execute("SELECT day FROM inputs.input WHERE id = %s", key, prepare=True).fetchone()

        def opened() -> None:
            c.execute("SELECT viewer.open(%s, '{}')", [secret], prepare=True).fetchone()

        def checked() -> None:
            row = c.execute("SELECT viewer.sealed()", prepare=True).fetchone()
            assert row == (True,), "the seal does not fit"

        opened()
        return {"opening the signed viewer / one indexed read": _ratio(opened, read),
                "checking her seal once / one indexed read": _ratio(checked, read)}


def _ratio(ours: Callable[[], None], bare: Callable[[], None]) -> float:
    return statistics.median(_median(ours) / _median(bare) for _ in range(ROUNDS))


def _median(one: Callable[[], None]) -> float:
    """Seconds."""
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        one()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)

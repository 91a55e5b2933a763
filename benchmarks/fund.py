"""The ledger's speed as ratios inside one run: balanced entries beside plain inserts of the same rows, and balances
at 100,000 entries beside one indexed read. Called by `make bench` after the pages."""

import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path[:0] = [".", "platform", "tests", "benchmarks"]

import psycopg
import sqlalchemy as sa
from conftest import settings_for
from tests import make, make_fund

from polyphony.app import create_app
from polyphony.fund.ledger import service
from polyphony.fund.ledger.models import Entry, EntryLine
from polyphony.fund.ledger.rules import Posting
from polyphony.kernel.database import db
from polyphony.kernel.migrate import migrate
from polyphony.kernel.postgres import Embedded
from polyphony.kernel.viewer import open_viewer

ENTRIES, ROUNDS, MANY = 150, 5, 100_000


def main() -> None:
    """Measure and print, on a server of its own."""
    place = Path(tempfile.mkdtemp(prefix="poly-bench-"))
    place.chmod(0o711)
    with Embedded(place, fast=False) as server:
        for name, ratio in measure(server, place).items():
            print(f"{name:48}{ratio:>10.2f}")


def measure(server: Embedded, place: Path) -> dict[str, float]:
    """Posting and balances, each as a ratio."""
    server.create_database("bench_fund")
    migrate(server.url("polyphony_owner", "bench_fund"))
    url = server.url("postgres", "bench_fund").replace("postgresql://", "postgresql+psycopg://", 1)
    world = SimpleNamespace(app=create_app(settings_for(server, "bench_fund", place)), facts={},
                            raw=sa.create_engine(url, poolclass=sa.NullPool))
    make_fund.fund(world, members=0, reviewers=0)
    secret, found = make.session_of(world, world.facts["treasurer"]), {}
    with psycopg.connect(server.url("postgres", "bench_fund"), autocommit=True) as raw, \
            world.app.test_request_context("/"):
        _twin(raw)
        found["posting an entry / plain inserts (per second)"] = _ratio(
            lambda: _posting(world, secret), lambda: _plain(world, secret))
        _fill(raw, world.facts["fund"])
        found[f"balances at {MANY:,} entries / one indexed read"] = 1 / _ratio(
            lambda: _read(secret, lambda: service.balances(world.facts["fund"])),
            lambda: _read(secret, lambda: db.session.execute(sa.select(Entry.id).where(Entry.key == "r0")).first()))
        db.session.rollback()
        db.engine.dispose()
    return found


def _ratio(ours: Callable[[], float], bare: Callable[[], float]) -> float:
    """Things per second, ours to the bare one's, taken in turns; the median."""
    return statistics.median(a / b for a, b in [(ours(), bare()) for _ in range(ROUNDS)])


def _per_second(number: int, one: Callable[[int], Any]) -> float:
    began = time.perf_counter()
    for n in range(number):
        one(n)
    return number / (time.perf_counter() - began)


def _posting(world: Any, secret: bytes) -> float:
    def one(n: int) -> None:
        by = open_viewer(secret)
        service.post(by, Posting(world.facts["fund"], "receipt", "KES", 100, str(uuid.uuid4())))
        db.session.commit()

    return _per_second(ENTRIES, one)


def _plain(world: Any, secret: bytes) -> float:
    """The same rows into tables without triggers, policies or constraints, in transactions of the same number."""
    entry, line = (_twin_of(model.__table__) for model in (Entry, EntryLine))

    def one(n: int) -> None:
        open_viewer(secret)
        id, account = uuid.uuid4(), uuid.uuid4()
        db.session.execute(sa.insert(entry).values(
            id=id, fund_id=account, kind="receipt", at=make.now(), person_id=account, words="", key=str(id),
            body_hash=b"h" * 32, lines_count=2))
        db.session.execute(sa.insert(line).values([
            {"id": uuid.uuid4(), "entry_id": id, "account_id": account, "currency": "KES", "amount": amount}
            for amount in (100, -100)]))
        db.session.commit()

    return _per_second(ENTRIES, one)


def _twin_of(table: Any) -> Any:
    return sa.table(f"plain_{table.name}", *(sa.column(c.name, c.type) for c in table.columns), schema="public")


def _twin(raw: Any) -> None:
    for name in ("entry", "entry_line"):
        raw.execute(f"CREATE TABLE public.plain_{name} (LIKE fund.{name} INCLUDING INDEXES)")
        raw.execute(f"GRANT INSERT ON public.plain_{name} TO polyphony_app")


def _fill(raw: Any, fund: uuid.UUID) -> None:
    """Many receipts at once, past the triggers, with the balances they come to."""
    raw.execute("SET session_replication_role = replica")
    raw.execute("INSERT INTO fund.entry (id, fund_id, kind, at, words, key, body_hash, lines_count) SELECT gen_random_uuid(), "
                "%s, 'receipt', now(), '', 'r' || n, '', 2 FROM generate_series(0, %s) n", [fund, MANY - 1])
    raw.execute("INSERT INTO fund.entry_line (id, entry_id, account_id, currency, amount) SELECT gen_random_uuid(), e.id, a.id, "
                "'KES', CASE a.kind WHEN 'bank' THEN 100 ELSE -100 END FROM fund.entry e, fund.account a WHERE e.key ~ '^r' "
                "AND a.kind IN ('bank', 'available')")
    raw.execute("UPDATE fund.balance b SET amount = (SELECT sum(l.amount) FROM fund.entry_line l WHERE l.account_id = b.account_id)")
    raw.execute("RESET session_replication_role")
    raw.execute("ANALYZE fund.entry, fund.entry_line")


def _read(secret: bytes, what: Callable[[], Any]) -> float:
    def one(n: int) -> None:
        open_viewer(secret)
        what()
        db.session.commit()

    return _per_second(60, one)


if __name__ == "__main__":
    main()

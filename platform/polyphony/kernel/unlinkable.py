"""Rows of people without an account tell nothing by where they lie or by which transaction wrote them.

PostgreSQL keeps with each row the transaction that wrote it and its place on the disk. Both follow the order
of events, and so say who came before and after whom: enough to join a row without an account to the account
that was busy a moment earlier (safety promise 6). Each room declares which of its rows are such; a chore
writes them all anew in one transaction, each table in a random order of its own.
Limit: until the server has reused the space (VACUUM), and in backups of its files, the old copies remain.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from polyphony.kernel import audit
from polyphony.kernel.database import Base, db

TRIES = 20
PATIENCE = "400ms"  # below deadlock_timeout (1 s), so that it is this chore that gives way and never a person

declared: dict[str, tuple[sa.Table, list[str]]] = {}


def rows(model: type[Base], which: str) -> None:
    """Declare rows of people without an account: SQL over `r`, the row. Declared twice, both sets count.

    The worker needs SELECT, INSERT and DELETE on the table.
    """
    table: sa.Table = model.__table__
    _, kept = declared.setdefault(table.fullname, (table, []))
    if which not in kept:
        kept.append(which)


def rewrite() -> int:
    """Write every declared row anew in random order; answers how many. The audit learns only the number.

    Raises OperationalError when people write without a pause for several seconds; the next round does it.
    """
    _take_tables(sorted(declared))
    done = sum(_shuffle(table, which) for _, (table, which) in sorted(declared.items()))
    audit.record("kernel.unlinked", anonymous=True, rows=done)
    return done


def _take_tables(names: Sequence[str]) -> None:
    """Hold the tables against writers (readers go on); whoever writes now is let finish first."""
    db.session.execute(sa.text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))
    for tried in range(1, TRIES + 1):
        try:
            with db.session.begin_nested():
                db.session.execute(sa.text(f"LOCK TABLE {', '.join(names)} IN SHARE ROW EXCLUSIVE MODE"))
            db.session.execute(sa.text("SET LOCAL lock_timeout = DEFAULT"))
            return
        except OperationalError:
            if tried == TRIES:
                raise


def _shuffle(table: sa.Table, which: Sequence[str]) -> int:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    wanted = " OR ".join(f"({each})" for each in which)
    done = db.session.execute(sa.text(
        f"WITH taken AS (DELETE FROM {table.fullname} r WHERE {wanted} RETURNING {columns}) "  # noqa: S608
        f"INSERT INTO {table.fullname} ({columns}) SELECT {columns} FROM taken ORDER BY gen_random_uuid()"))
    return int(done.rowcount)  # type: ignore[attr-defined]

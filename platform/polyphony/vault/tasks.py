"""Work of the worker: released shares do not stay, and what people left loses its order. It can read none of it."""

import sqlalchemy as sa

from polyphony.kernel import audit
from polyphony.kernel.database import db
from polyphony.kernel.jobs import task
from polyphony.vault import leaving

PARTS = (leaving,)


@task("vault.sweep", every="*/5 * * * *")
def sweep() -> None:
    """Drop released shares that were read or whose request has ended."""
    db.session.execute(sa.select(sa.func.vault.sweep()))


@task("vault.shuffle", every="27 2,8,14,20 * * *")
def shuffle() -> None:
    """Write every box anew in random order, so that neither place nor transaction tells who left it."""
    done = db.session.execute(sa.select(sa.func.vault.shuffle())).scalar_one()
    audit.record("vault.unlinked", anonymous=True, rows=done)

"""Work of the worker: counts too small to show stay hidden; rows of people without an account lose their order."""

import secrets
from typing import Any

import sqlalchemy as sa

from polyphony.inputs.models import Authorship, Draft, Input
from polyphony.kernel import audit, small_numbers, tallies
from polyphony.kernel.database import db
from polyphony.kernel.jobs import task
from polyphony.people.models import Phrase

_COUNTS = sa.text("""
    SELECT i.consultation_id, count(DISTINCT i.id), count(DISTINCT v.organisation_id)
    FROM inputs.input i JOIN inputs.authorship a ON a.input_id = i.id
    LEFT JOIN organisations.membership m ON m.person_id = a.person_id
         AND NOT EXISTS (SELECT 1 FROM organisations.membership_end e WHERE e.membership_id = m.id)
    LEFT JOIN consultations.invited v ON v.consultation_id = i.consultation_id
         AND v.organisation_id = m.organisation_id
    WHERE i.withdrawn_on IS NULL AND i.read_on IS NOT NULL GROUP BY i.consultation_id""")


@task("inputs.count", every="*/5 * * * *")
def count() -> None:
    """How many inputs were read and how many organisations spoke, per consultation; small numbers as nothing."""
    for consultation_id, inputs, organisations in db.session.execute(_COUNTS).all():
        tallies.keep(consultation_id, {"inputs": small_numbers.shown(inputs),
                                       "organisations": small_numbers.shown(organisations)})


@task("inputs.unlink", every="17 2 * * *")
def unlink() -> None:
    """Write every row of people without an account anew, in random order, in one transaction.

    Where rows lie and which transaction wrote them would tell who came before and after whom, and so
    link them to accounts (safety promise 6). The audit learns only how many.
    """
    tables = [model.__table__ for model in (Phrase, Input, Authorship, Draft)]
    names = ", ".join(table.fullname for table in tables)
    db.session.execute(sa.text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))
    which = {
        Input: Input.id.in_(sa.select(Authorship.input_id).where(Authorship.phrase_id.is_not(None))),
        Authorship: Authorship.phrase_id.is_not(None), Draft: Draft.phrase_id.is_not(None), Phrase: sa.true()}
    taken = {model: _take(model.__table__, rows) for model, rows in which.items()}
    for model, rows in which.items():
        db.session.execute(sa.delete(model.__table__).where(rows))
    for model, kept in taken.items():
        if kept:
            db.session.execute(sa.insert(model.__table__), kept)
    audit.record("inputs.unlinked", anonymous=True, rows=sum(map(len, taken.values())))


def _take(table: Any, rows: Any) -> list[dict[str, Any]]:
    taken = [dict(row) for row in db.session.execute(sa.select(table).where(rows)).mappings()]
    secrets.SystemRandom().shuffle(taken)
    return taken


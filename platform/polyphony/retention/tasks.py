"""Every night data whose time has come end; whoever asked to be erased is erased within minutes, or after a hold."""

import sqlalchemy as sa

from polyphony.kernel import audit, clock, providers, retention
from polyphony.kernel.database import db
from polyphony.kernel.jobs import defer, task
from polyphony.kernel.retention import Gone, Now
from polyphony.people.models import Erasure
from polyphony.retention.holding import Kept, kept_today

MOST = 500  # rows of one datum in one transaction
PEOPLE = 20  # erased in one transaction


@task("retention.keep", every="35 2 * * *")
def keep() -> None:
    """End what has lasted long enough, a batch of each sort; as long as a batch was full, go on."""
    _end()


@task("retention.go_on")
def go_on() -> None:
    """The next batch."""
    _end()


def _end() -> None:
    kept = kept_today()
    now = Now(clock.today(), kept.consultations, kept.people, MOST)
    done = {name: end(now) for name, end in retention.enders.items()}
    if any(done.values()):
        told = {name: number for name, number in done.items() if number}
        audit.record_each("retention.ended", [(None, told)], anonymous=True)
    if any(number >= MOST for number in done.values()):
        defer("retention.go_on")
    _erase(kept)


@task("retention.erase")
def erase() -> None:
    """Whoever has asked, now."""
    _erase(kept_today())


@task("retention.erase_waiting", every="7 * * * *")
def erase_waiting() -> None:
    """Whoever still waits: for a hold that has ended since, or because a worker died."""
    _erase(kept_today())


def _erase(kept: Kept) -> None:
    """Erase in random order, so that nothing tells who asked first."""
    rows = db.session.scalars(sa.select(Erasure).order_by(sa.func.random())).all()
    waiting = [(row, Gone(row.person_id, row.phrase_id)) for row in rows]
    due = [(row, gone) for row, gone in waiting if not _is_kept(gone, kept)]
    for _row, gone in waiting:
        if (_row, gone) not in due:
            _run(gone, held=True)
    for row, gone in due[:PEOPLE]:
        db.session.expunge(row)
        _run(gone, held=False)
        if gone.person:
            audit.record("person.erased", gone.person)
    if len(due) > PEOPLE:
        defer("retention.erase")


def _run(gone: Gone, *, held: bool) -> None:
    """Every room's part, the highest room first: what stands on something goes before it."""
    for function, also_when_held in reversed(retention.erasers):
        if also_when_held or not held:
            function(gone)


def _is_kept(gone: Gone, kept: Kept) -> bool:
    if gone.person in kept.people:
        return True
    return bool(kept.consultations) and any(
        id in kept.consultations for found in providers.ask("consultations_of", gone) for id in found)


@retention.ends("hold")
def old_holds(now: Now) -> int:
    """Three years after its day nobody needs to know of a hold."""
    done = db.session.execute(sa.text(
        "WITH old AS (SELECT h.id FROM retention.hold h WHERE h.until < CAST(:today AS date) - interval '3 years' "
        "ORDER BY h.id LIMIT :most), c AS (DELETE FROM retention.confirmation WHERE hold_id IN (SELECT id FROM old)), "
        "r AS (DELETE FROM retention.release WHERE hold_id IN (SELECT id FROM old)) "
        "DELETE FROM retention.hold WHERE id IN (SELECT id FROM old)"), {"today": now.today, "most": now.most})
    return int(done.rowcount)  # type: ignore[attr-defined]

"""Two workers look at the clock in the same moment: time turns a consultation once, and everybody is told once."""

import threading
from datetime import timedelta
from typing import Any

import pytest

import make
from polyphony.consultations import service
from polyphony.consultations.tasks import turn_with_time
from polyphony.kernel.database import db

PATIENCE = 20  # seconds; only a broken turn needs them


@pytest.fixture
def stage(world: Any) -> Any:
    """Somebody of each kind who is told, and a worker."""
    firm, table = make.organisation(world, "Halcyon"), make.organisation(world, "Table", "facilitation")
    sauti = make.organisation(world, "Sauti", "stakeholder")
    for name, seat in (("lead", (firm, "engagement_lead")), ("fay", (table, "facilitator")),
                       ("amina", (sauti, "coordinator"))):
        make.person(world, f"{name}@x.example", seats=(seat,))
    world.facts.update(firm=firm, table=table, sauti=sauti)
    assert world.worker
    return world


def due(world: Any, state: str, **dates: Any) -> Any:
    facts = world.facts
    return make.consultation(world, [facts["firm"]], facilitator=facts["table"], invited=(facts["sauti"],), state=state,
                             **dates)


def turn_twice(world: Any, monkeypatch: Any) -> None:
    """One worker holds what is due; it goes on when the other has looked, found it held, and left."""
    holds, looked, real, faults = threading.Event(), threading.Event(), service.step, []

    def step(*args: Any, **kw: Any) -> None:
        real(*args, **kw)
        db.session.flush()
        if threading.current_thread().name == "first":
            holds.set()
            looked.wait(PATIENCE)

    def turn(after: threading.Event | None, done: threading.Event) -> None:
        try:
            assert after is None or after.wait(PATIENCE)
            with world.worker.app_context():
                turn_with_time()
                db.session.commit()
        except Exception as fault:
            faults.append(fault)
        finally:
            done.set()

    monkeypatch.setattr(service, "step", step)
    threads = [threading.Thread(target=turn, args=(None, threading.Event()), name="first"),
               threading.Thread(target=turn, args=(holds, looked), name="second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


@pytest.mark.parametrize(("state", "kind", "turned"), [("announced", "open", "open"), ("open", "inputs_end", "answering")])
def test_two_workers_turn_a_consultation_once(stage: Any, monkeypatch: Any, state: str, kind: str, turned: str) -> None:
    begun, later = make.now() - timedelta(minutes=5), make.now() + timedelta(days=10)
    dates = {"opens_at": begun, "closes_at": later} if state == "announced" else {"closes_at": begun}
    here = due(stage, state, **dates)
    turn_twice(stage, monkeypatch)
    assert stage.sql("SELECT start, \"end\" FROM consultations.transition WHERE consultation_id = %s", here) == [(state, turned)]
    assert stage.sql("SELECT state FROM consultations.consultation WHERE id = %s", here) == [(turned,)]
    jobs = stage.sql("SELECT args ->> 'to' FROM jobs.procrastinate_jobs WHERE task_name = 'notices.spread' ORDER BY 1")
    assert jobs == [("conveners",), ("facilitators",), ("participants",)]
    stage.work()
    assert stage.sql("SELECT count(*), count(DISTINCT person_id) FROM notices.notice WHERE kind = %s", kind) == [(3, 3)]
    left = stage.sql("SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'notices.spread'")
    assert left == [(0,)]


def test_time_that_comes_in_the_same_moment_is_shared_out(stage: Any, monkeypatch: Any) -> None:
    """Two consultations are due: each is turned by one of the workers, none by both, none by neither."""
    begun, later = make.now() - timedelta(minutes=5), make.now() + timedelta(days=10)
    both = {due(stage, "announced", opens_at=begun, closes_at=later) for _ in range(2)}
    turn_twice(stage, monkeypatch)
    turned = [id for (id,) in stage.sql("SELECT consultation_id FROM consultations.transition")]
    assert len(turned) == 2
    assert set(turned) == both

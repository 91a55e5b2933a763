"""Work that need not be waited for: deferred in the same transaction as the change it follows.

A rollback means no job. Arguments are ids, never addresses or texts. Tasks run at least once, so they are
idempotent; a periodic task rescues those whose worker died. The web role can only defer, through one
definer function; the queue is procrastinate's, in its own schema.
"""

import asyncio
import functools
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import procrastinate
import psycopg
import sqlalchemy as sa
import structlog
from flask import Flask

from polyphony.kernel.database import db
from polyphony.kernel.policies import APP, LOOKUP, WORKER, definer, statements

log = structlog.get_logger()
STALLED_AFTER = 60  # seconds without a heartbeat (one comes every ten) after which a job is started again
SHORTEST_WAIT, LONGEST_WAIT = 60, 3600  # seconds until the next attempt, doubled each time
ATTEMPTS = 6  # for what went wrong in a way nobody foresaw
PATIENT_ATTEMPTS = 80  # for what somebody else must put right first: three days


class TryLater(Exception):
    """Something outside is away for now: the work stays on the queue and is tried again for three days."""


class GiveUp(Exception):
    """It can never succeed: trying again would only annoy."""


class Patience(procrastinate.BaseRetryStrategy):
    """When work that failed is tried again: in a minute, then in two, up to once an hour."""

    def get_retry_decision(self, *, exception: BaseException, job: procrastinate.jobs.Job
                           ) -> procrastinate.RetryDecision | None:
        limit = PATIENT_ATTEMPTS if isinstance(exception, TryLater | sa.exc.OperationalError) else ATTEMPTS
        if isinstance(exception, GiveUp) or job.attempts >= limit:
            return None
        seconds = min(SHORTEST_WAIT * 2 ** min(job.attempts, 10), LONGEST_WAIT)
        return procrastinate.RetryDecision(retry_in={"seconds": seconds})


@dataclass(frozen=True)
class Task:
    """A named piece of work; `every` is a cron line for those that come by themselves."""

    name: str
    function: Callable[..., Any]
    every: str = ""


TASKS: dict[str, Task] = {}


def task(name: str, *, every: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register work for the worker. Several tasks may share one minute; each has its own transaction."""

    def keep(function: Callable[..., Any]) -> Callable[..., Any]:
        TASKS[name] = Task(name, function, every)
        return function

    return keep


definer("jobs.defer(task text, arguments jsonb, due timestamptz) RETURNS void", """
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = jobs, pg_catalog, pg_temp AS $f$
BEGIN
  PERFORM jobs.procrastinate_defer_jobs_v1(ARRAY[
    ROW('default', task, 0, NULL, NULL, arguments, due)::jobs.procrastinate_job_to_defer_v1]);
END $f$""", to=f"{APP}, {WORKER}")

definer("jobs.forget(ids text[]) RETURNS void", """
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = jobs, pg_catalog, pg_temp AS $f$
  DELETE FROM jobs.procrastinate_jobs j WHERE j.status = 'todo' AND EXISTS (
    SELECT 1 FROM jsonb_each_text(j.args) a WHERE replace(a.value, 'person:', '') = ANY (ids))
$f$""", to=WORKER)

# Whether work that names one of these things is still to be done, or being done: some steps wait for what it finds.
definer("jobs.waits_for(task text, ids text[]) RETURNS boolean", """
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = jobs, pg_catalog, pg_temp AS $f$
  SELECT EXISTS (SELECT 1 FROM jobs.procrastinate_jobs j WHERE j.status IN ('todo', 'doing') AND j.task_name = task
    AND EXISTS (SELECT 1 FROM jsonb_each_text(j.args) a WHERE a.value = ANY (ids)))
$f$""", to=LOOKUP)

# Named exception: procrastinate's own tables are no party's data (ids only); the worker role uses them whole,
# the web role has no grant on them. Their policies are not forced, because their triggers run as owner.
statements += [
    f"GRANT USAGE ON SCHEMA jobs TO {WORKER}, {LOOKUP}, {APP}",
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA jobs TO {WORKER}, {LOOKUP}",
    f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA jobs TO {WORKER}, {LOOKUP}",
    *(f"DROP POLICY IF EXISTS jobs_{t} ON jobs.procrastinate_{t}" for t in
      ("jobs", "events", "workers", "periodic_defers")),
    *(f"CREATE POLICY jobs_{t} ON jobs.procrastinate_{t} TO {WORKER}, {LOOKUP} USING (true) WITH CHECK (true)" for t in
      ("jobs", "events", "workers", "periodic_defers")),
    *(f"ALTER TABLE jobs.procrastinate_{t} ENABLE ROW LEVEL SECURITY" for t in
      ("jobs", "events", "workers", "periodic_defers")),
]


def defer(name: str, *, at: datetime | None = None, **ids: Any) -> None:
    """Put a task on the queue, on this transaction's connection."""
    defer_each(name, [ids], at=at)


def defer_each(name: str, every: Iterable[dict[str, Any]], *, at: datetime | None = None) -> None:
    """Put one task on the queue for each of these ids (one statement)."""
    if name not in TASKS:
        raise LookupError(f"no task named {name}")
    arguments = json.dumps([{key: str(value) for key, value in ids.items()} for ids in every])
    db.session.execute(
        sa.text("SELECT jobs.defer(:task, each, :due) FROM jsonb_array_elements(CAST(:args AS jsonb)) AS each"),
        {"task": name, "args": arguments, "due": at})


def _in_transaction(app: Flask, entry: Task) -> Callable[..., Any]:
    @functools.wraps(entry.function)
    def run(**arguments: Any) -> None:
        arguments.pop("timestamp", None)
        with app.app_context():
            entry.function(**arguments)
            db.session.commit()

    return run


def queue(app: Flask) -> procrastinate.App:
    """The worker's side of the queue, with every task of every room."""
    url = app.extensions["settings"].worker_database_url.replace("postgresql+psycopg://", "postgresql://")
    connector = procrastinate.PsycopgConnector(conninfo=url, kwargs={"options": "-c search_path=jobs"},
                                               min_size=1, max_size=4)
    made = procrastinate.App(connector=connector)
    for entry in TASKS.values():
        run = _in_transaction(app, entry)
        if entry.every:
            def tick(timestamp: int, run: Callable[..., Any] = run) -> None:
                run()
            known = made.task(name=entry.name, pass_context=False)(tick)
            made.periodic(cron=entry.every)(known)
        else:
            made.task(name=entry.name, retry=Patience())(run)
    return made


def forget(ids: Iterable[Any]) -> None:
    """Take work off the queue that names one of these things (worker): they are erased."""
    db.session.execute(sa.text("SELECT jobs.forget(:ids)"), {"ids": [str(each) for each in ids]})


def rescue(app: Flask) -> int:
    """Put back the jobs of workers that died without a word."""
    url = app.extensions["settings"].worker_database_url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(url, options="-c search_path=jobs") as connection:
        done = connection.execute(
            "UPDATE procrastinate_jobs SET status = 'todo', worker_id = NULL, attempts = attempts + 1 "
            "WHERE status = 'doing' AND (worker_id IS NULL OR worker_id NOT IN (SELECT id FROM procrastinate_workers "
            "WHERE last_heartbeat > now() - make_interval(secs => %s)))", [STALLED_AFTER])
        return done.rowcount


def run_pending(app: Flask) -> None:
    """Do everything that is on the queue now, then return (tests, imports)."""
    asyncio.run(_work(app, wait=False))


def run_worker(app: Flask) -> None:
    """Work until told to stop."""
    with app.app_context():
        put_back = rescue(app)
    log.debug("worker started", tasks=len(TASKS))  # the terminal shows the addresses and sign-ins just now
    if put_back:
        log.info("jobs put back", number=put_back)
    asyncio.run(_work(app, wait=True))


async def _work(app: Flask, *, wait: bool) -> None:
    made = queue(app)
    async with made.open_async():
        await made.run_worker_async(wait=wait, concurrency=1, delete_jobs="always", install_signal_handlers=wait,
                                    fetch_job_polling_interval=2.0, update_heartbeat_interval=10.0,
                                    stalled_worker_timeout=30.0, shutdown_graceful_timeout=5.0)

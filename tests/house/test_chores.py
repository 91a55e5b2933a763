"""The chores that nobody starts by hand do what they say, on the worker's own role."""

import os
from dataclasses import replace

import pytest

from polyphony.kernel import chores, clock, mail
from polyphony.kernel.database import db


def run(world, chore) -> None:
    with world.worker.app_context():
        chore()
        db.session.commit()


def test_new_audit_rows_are_sealed(world) -> None:
    world.sql("INSERT INTO audit.row (id, at, verb, details) VALUES (gen_random_uuid(), now(), 'x', '{}')")
    run(world, chores.seal)
    assert world.sql("SELECT number FROM audit.seal") == [(1,)]


def test_form_values_of_earlier_days_are_forgotten(world) -> None:
    """Not those of yesterday: a form sent before midnight is still known when it comes again after it."""
    world.sql("INSERT INTO kernel.once SELECT gen_random_uuid(), '/en/', current_date - n FROM generate_series(0, 3) n")
    run(world, chores.forget)
    assert world.sql("SELECT current_date - day FROM kernel.once ORDER BY day") == [(1,), (0,)]


@pytest.mark.parametrize("smtp", ["", "smtp://127.0.0.1:1"])
def test_mails_do_not_stay_in_their_folder(world, smtp) -> None:
    """Nor where a mail server was set later."""
    with world.worker.app_context():
        for name, days in (("old", 8), ("new", 6)):
            mail.send("a@x.example", name, "A mail.", name)
            then = clock.now().timestamp() - days * 86400
            os.utime(world.settings.mail_folder / f"{name}.eml", (then, then))
    if smtp:
        world.worker.extensions["settings"] = replace(world.settings, smtp_url=smtp, mail_folder=None)
    run(world, chores.empty_mails)
    assert [each.name for each in (world.settings.var / "mail").iterdir()] == ["new.eml"]


def test_the_job_of_a_dead_worker_is_taken_up_again(world) -> None:
    world.sql("INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, status) VALUES ('default', 'kernel.seal', 'doing')")
    run(world, chores.rescue)
    assert world.sql("SELECT status FROM jobs.procrastinate_jobs") == [("todo",)]

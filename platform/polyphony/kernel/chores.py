"""What the house does by itself: seal the audit, forget what is spent, unlink, take up dead workers' jobs."""

from flask import current_app

from polyphony.kernel import audit, clock, jobs, mail, once, sums, unlinkable


@jobs.task("kernel.seal", every="*/5 * * * *")
def seal() -> None:
    """Link new audit rows into the chain."""
    audit.seal_new_rows()


@jobs.task("kernel.forget", every="41 * * * *")
def forget() -> None:
    """Drop old form values, which remember where a form landed, and the short sums of earlier hours.

    Yesterday's stay: a form sent before midnight may be sent again after it.
    """
    once.forget(clock.in_days(-1))
    sums.forget()


@jobs.task("kernel.empty_mails", every="43 * * * *")
def empty_mails() -> None:
    """Where no mail server is set, mails lie in a folder for some days, and no longer."""
    mail.forget()


@jobs.task("kernel.unlink", every="17 2,8,14,20 * * *")
def unlink() -> None:
    """Write the rows of people without an account anew, so that nothing but their content is left of them."""
    unlinkable.rewrite()


@jobs.task("kernel.rescue", every="*/2 * * * *")
def rescue() -> None:
    """Put back the jobs of workers that died without a word."""
    jobs.rescue(current_app._get_current_object())  # type: ignore[attr-defined]

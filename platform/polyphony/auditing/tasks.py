"""Every night the chain is checked and its head signed; when it does not hold, the auditor is told."""

from datetime import timedelta

from polyphony.auditing import service
from polyphony.kernel import clock, jobs
from polyphony.notices.service import tell


@jobs.task("auditing.sign", every="5 * * * *")
def sign() -> None:
    """Sign the day that has just ended; asked every hour, for this place may have stood still at midnight."""
    service.sign_day(clock.today() - timedelta(days=1))


@jobs.task("auditing.check", every="25 3 * * *")
def check() -> None:
    """Read the whole chain and its heads; the auditor is told when one does not fit or heads are missing."""
    if service.broken():
        tell("audit_broken", to="auditors")

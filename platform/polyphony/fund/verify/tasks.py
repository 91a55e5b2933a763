"""Every night the fund is checked from its entries up; when something does not hold, the auditor is told."""

from polyphony.fund.verify import service
from polyphony.kernel import audit, jobs
from polyphony.notices.service import tell


@jobs.task("fund.verify", every="35 2 * * *")
def nightly() -> None:
    """Check every invariant; which were broken stands in the audit, and the auditor is sent there."""
    broken = [each.invariant.name for each in service.check() if not each.holds]
    audit.record("fund.verified", broken=broken)
    if broken:
        tell("fund_broken", to="auditors")

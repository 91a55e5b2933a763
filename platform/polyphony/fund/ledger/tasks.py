"""What the ledger does by itself: it links new entries into the fund's chain."""

from polyphony.fund.ledger import chain
from polyphony.kernel.jobs import task


@task("fund.seal", every="*/5 * * * *")
def seal() -> None:
    """Link every new entry, with its lines, to the one before it; never twice."""
    chain.seal_new()

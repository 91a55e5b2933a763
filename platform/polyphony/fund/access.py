"""Row security of the fund, in the order in which the viewer's facts build on each other."""

from polyphony.fund.bodies import access as bodies  # noqa: I001  (facts of seats come first)
from polyphony.fund.calls import access as calls
from polyphony.fund.applying import access as applying
from polyphony.fund.reviewing import access as reviewing
from polyphony.fund.ledger import access as ledger
from polyphony.fund.giving import access as giving
from polyphony.fund.deciding import access as deciding
from polyphony.fund.paying import access as paying
from polyphony.fund.statement import access as statement

__all__ = ["applying", "bodies", "calls", "deciding", "giving", "ledger", "paying", "reviewing", "statement"]

"""What the fund does by itself."""

from polyphony.fund import leaving
from polyphony.fund.applying import tasks as applying
from polyphony.fund.bodies import tasks as bodies
from polyphony.fund.calls import tasks as calls
from polyphony.fund.deciding import tasks as deciding
from polyphony.fund.giving import tasks as giving
from polyphony.fund.ledger import tasks as ledger
from polyphony.fund.paying import tasks as paying
from polyphony.fund.reviewing import tasks as reviewing
from polyphony.fund.statement import tasks as statement
from polyphony.fund.verify import tasks as verify

__all__ = ["applying", "bodies", "calls", "deciding", "giving", "leaving", "ledger",
           "paying", "reviewing", "statement", "verify"]

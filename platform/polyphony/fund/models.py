"""Every table of the fund, lowest first."""

from polyphony.fund.applying import models as applying
from polyphony.fund.bodies import models as bodies
from polyphony.fund.calls import models as calls
from polyphony.fund.deciding import models as deciding
from polyphony.fund.giving import models as giving
from polyphony.fund.ledger import models as ledger
from polyphony.fund.paying import models as paying
from polyphony.fund.reviewing import models as reviewing

__all__ = ["applying", "bodies", "calls", "deciding", "giving", "ledger", "paying", "reviewing"]

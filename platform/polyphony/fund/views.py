"""Every page of the fund, as one blueprint."""

from flask import Blueprint

from polyphony.fund.applying import views as applying
from polyphony.fund.bodies import views as bodies
from polyphony.fund.calls import views as calls
from polyphony.fund.deciding import views as deciding
from polyphony.fund.giving import views as giving
from polyphony.fund.ledger import views as ledger
from polyphony.fund.paying import views as paying
from polyphony.fund.reviewing import views as reviewing
from polyphony.fund.statement import views as statement
from polyphony.fund.verify import views as verify

blueprint = Blueprint("fund", __name__, url_prefix="/<lang>")
for part in (statement, bodies, giving, ledger, calls, applying, reviewing, deciding, paying, verify):
    part.attach(blueprint)
BLUEPRINTS = [blueprint]

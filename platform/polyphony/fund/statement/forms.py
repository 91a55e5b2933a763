"""The shape of what a grantee says about openness."""

from wtforms import BooleanField, RadioField
from wtforms.fields import SelectChoice

from polyphony.fund.statement.words import LEVELS
from polyphony.kernel.forms import Form
from polyphony.kernel.locale import lazy


class LevelForm(Form):
    level = RadioField(lazy("What the public sees of this grant"),
                       choices=[SelectChoice(value, label) for value, label in LEVELS.items()])
    at_risk = BooleanField(lazy("Somebody could be in danger if this grant were known"))

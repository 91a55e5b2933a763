"""The shape of what a grantee says about openness."""

from wtforms import BooleanField, HiddenField, RadioField
from wtforms.fields import SelectChoice

from polyphony.fund.bodies.forms import Found
from polyphony.fund.statement.words import LEVELS
from polyphony.kernel.forms import Form
from polyphony.kernel.locale import lazy


class LevelForm(Form):
    level = RadioField(lazy("What the public sees of this grant"),
                       choices=[SelectChoice(value, label) for value, label in LEVELS.items()])
    at_risk = BooleanField(lazy("Somebody could be in danger if this grant were known"))


class PurposeForm(Found):
    """What the fund is for; `revision` marks the words that stood there when the page was opened."""

    revision = HiddenField()

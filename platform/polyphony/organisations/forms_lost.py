"""What is asked when somebody lost her second factor."""

from wtforms import RadioField
from wtforms.fields import SelectChoice

from polyphony.kernel.forms import Form, Words, required
from polyphony.kernel.locale import lazy


class AskReset(Form):
    words = Words(lazy("How do you know that it is she who asks?"), [required()], length=2000)


class DecideReset(Form):
    says = RadioField(lazy("Your word"), [required()], choices=[
        SelectChoice("yes", lazy("Let her begin anew")), SelectChoice("no", lazy("Leave it as it is"))])

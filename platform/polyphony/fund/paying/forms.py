"""The shape of what is typed about payments."""

from polyphony.kernel.forms import Form, Line, Words
from polyphony.kernel.locale import lazy


class PlainForm(Form):
    """A hand on a payment that says all by itself."""


class StopForm(Form):
    words = Words(lazy("Why, in your words"), length=2000)


class PrepareForm(Form):
    words = Words(lazy("How the condition was met"), length=2000)


class PayeeForm(Form):
    payee_reference = Line(lazy("Payee reference"), length=140)

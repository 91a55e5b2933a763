"""What is asked for a second factor, for a fresh proof, and about sessions."""

from wtforms import HiddenField

from polyphony.kernel.forms import TEXT_LENGTH, Form, Line, required, too_long
from polyphony.kernel.locale import lazy
from polyphony.people.forms import password_field

LABEL_LENGTH = 100


def code_field() -> Line:
    return Line(lazy("Code"), [required()], length=40)


class Code(Form):
    code = code_field()
    next = HiddenField()


class AddApp(Form):
    code = code_field()
    sealed = HiddenField()
    next = HiddenField()


class Prove(Form):
    present = password_field()
    code = code_field()
    next = HiddenField()

    def asking(self, code: bool) -> "Prove":
        """Without a second factor, there is no code to ask for."""
        if not code and "code" in self:
            del self.code
        return self


class Passkey(Form):
    answer = HiddenField(lazy("Answer of the passkey"), [required(), too_long(TEXT_LENGTH)])
    label = Line(lazy("Name of this passkey"), length=LABEL_LENGTH)
    next = HiddenField()

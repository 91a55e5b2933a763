"""What is asked before somebody is erased, and when something is to be held."""

from wtforms import BooleanField, DateField

from polyphony.kernel.forms import Form, Line, Words, required
from polyphony.kernel.locale import lazy


class Erase(Form):
    sure = BooleanField(lazy("Yes, erase all of this. I know that nobody can bring it back"), [required(
        lazy("Please confirm that you want this."))])


class Propose(Form):
    about = Line(lazy("What must be kept?"), [required()])
    reason = Words(lazy("Why must it be kept?"), [required()], length=2000)
    until = DateField(lazy("Until which day?"), [required()])
    safety_reason = Words(lazy("Why must the people concerned not be told?"), length=2000)


class Confirm(Form):
    about = Line(lazy("What must be kept?"), [required()])


class Release(Form):
    words = Words(lazy("Why is it no longer needed?"), [required()], length=2000)

"""What is asked about a company's own sign-in."""

from wtforms import BooleanField, HiddenField, PasswordField, SelectField

from polyphony.kernel.forms import Form, Line, Words, optional, required, too_long
from polyphony.kernel.locale import lazy
from polyphony.people.forms import language_choices, zone_choices


class Find(Form):
    name = Line(lazy("Your company’s name, or your e-mail address there"), [optional()])


class Settings(Form):
    issuer = Line(lazy("Address of the provider (issuer)"), [required()])
    client_id = Line(lazy("Client ID"), [required()])
    client_secret = PasswordField(lazy("Client secret"), [optional(), too_long(500)])
    domain = Line(lazy("E-mail domain of your people"), [optional()], length=253)
    is_second = BooleanField(lazy("Signing in there counts as a second factor here"))
    acr = Line(lazy("What the provider must then say (acr)"), [optional()])


class Coming(Form):
    """The answer that the provider sent along, carried from its address into a form."""

    code = HiddenField(validators=[required(), too_long(4000)])
    state = HiddenField(validators=[required(), too_long(300)])
    iss = HiddenField(validators=[too_long(300)])


class ComingNew(Coming):
    """The same for somebody whose account begins with it."""

    name = Line(lazy("Your name"), [required()])
    language = SelectField(lazy("Language for mail"), choices=language_choices)
    time_zone = SelectField(lazy("Time zone"), choices=zone_choices, default="UTC")


class Lift(Form):
    words = Words(lazy("Why must it go?"), [required()], length=2000)


class Nothing(Form):
    """A button and its protection."""

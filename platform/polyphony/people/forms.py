"""What is asked about accounts and return phrases."""

from typing import Any

from wtforms import BooleanField, EmailField, HiddenField, PasswordField, SelectField, ValidationError
from wtforms.fields import SelectChoice

from polyphony.kernel import clock, locale
from polyphony.kernel.forms import Form, Line, Words, required, tidy, too_long
from polyphony.kernel.locale import lazy
from polyphony.kernel.sums import Guarded

ADDRESS_LENGTH = 254


def looks_like_an_address(form: Any, field: Any) -> None:
    """Something@somewhere; whether it exists, only a mail can tell."""
    before, at, after = (field.data or "").rpartition("@")
    if not before or not at or "." not in after.strip(".") or any(c.isspace() for c in field.data):
        raise ValidationError(lazy("Please write an e-mail address, for example name@example.org."))


def address_field(label: Any = None) -> EmailField:
    return EmailField(label or lazy("E-mail address"), [required(), too_long(ADDRESS_LENGTH), looks_like_an_address],
                      filters=[tidy])


def password_field(label: Any = None) -> PasswordField:
    return PasswordField(label or lazy("Password"), [required(), too_long(300)])


def language_choices() -> list[SelectChoice]:
    return [SelectChoice(x.code, x.name) for x in locale.interface()]


def zone_choices() -> list[SelectChoice]:
    """Time zones by continent; only the part after the continent is shown again for each city."""
    parted = [(name, *name.split("/", 1)) for name in clock.zones()]
    return [SelectChoice("UTC", "UTC"), *(SelectChoice(name, place.replace("_", " "), optgroup=continent)
                                          for name, continent, place in parted)]


class SignIn(Guarded):
    door, at_once = "sign-in", False
    address = address_field()
    password = password_field()
    next = HiddenField()


class AskReset(Guarded):
    door = "reset"
    address = address_field()


class ChoosePassword(Form):
    password = password_field(lazy("New password"))


class ChangePassword(Form):
    present = password_field(lazy("Present password"))
    password = password_field(lazy("New password"))


class Account(Form):
    name = Line(lazy("Your name"), [required()])
    language = SelectField(lazy("Language for mail"), choices=language_choices)
    time_zone = SelectField(lazy("Time zone"), choices=zone_choices)
    mail_opt_in = BooleanField(lazy("Send me an e-mail when something happens"))


class ComeBack(Guarded):
    door = "phrase"
    words = Words(lazy("Your return phrase"), [required()], length=1000)
    next = HiddenField()


class Nothing(Form):
    """A button and its protection."""

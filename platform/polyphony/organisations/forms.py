"""What is asked about organisations, their members and invitations."""

from typing import Any

from wtforms import BooleanField, PasswordField, RadioField, SelectField, SelectMultipleField
from wtforms.fields import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from polyphony.kernel.forms import Form, Line, Words, optional, required
from polyphony.kernel.locale import language, lazy
from polyphony.organisations.models import FUNCTIONS, ROLES
from polyphony.organisations.names import FUNCTION_NAMES, KIND_NAMES, ROLE_NAMES, countries
from polyphony.people.forms import address_field, language_choices, password_field, zone_choices

JOINING = ("company", "stakeholder", "facilitation", "fund")


class Several(SelectMultipleField):
    """Boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class InviteMember(Form):
    address = address_field()
    roles = Several(lazy("Roles"), [required(lazy("Please choose at least one role."))])
    function = SelectField(lazy("Function, for a decision maker"), [optional()], choices=[
        SelectChoice("", lazy("None")), *(SelectChoice(code, FUNCTION_NAMES[code]) for code in FUNCTIONS)])
    words = Words(lazy("Why this person?"), [optional()], length=2000)
    language = SelectField(lazy("Language of the invitation"), choices=language_choices)

    def __init__(self, *args: Any, kind: str, **kw: Any):
        super().__init__(*args, **kw)
        self.roles.choices = [SelectChoice(role, ROLE_NAMES[role]) for role in ROLES[kind]]
        if "decision_maker" not in ROLES[kind]:
            del self.function


class InviteOrganisation(Form):
    address = address_field(lazy("E-mail address of a person there"))
    language = SelectField(lazy("Language of the invitation"), choices=language_choices)
    words = Words(lazy("Your words to them"), [required()], length=2000)


class ChangeRole(Form):
    role = SelectField(lazy("New role"), [required()])
    function = SelectField(lazy("Function, for a decision maker"), [optional()], choices=[
        SelectChoice("", lazy("None")), *(SelectChoice(code, FUNCTION_NAMES[code]) for code in FUNCTIONS)])
    reason = Words(lazy("Why does the role change?"), [required()], length=1000)

    def __init__(self, *args: Any, kind: str, **kw: Any):
        super().__init__(*args, **kw)
        self.role.choices = [SelectChoice(role, ROLE_NAMES[role]) for role in ROLES[kind]]
        if "decision_maker" not in ROLES[kind]:
            del self.function


class EndMembership(Form):
    reason = Words(lazy("Why does this membership end?"), [required()], length=1000)


class Leave(Form):
    words = Words(lazy("Why your organisation leaves"), [required()], length=2000)
    sure = BooleanField(lazy("Yes, our organisation leaves, and every membership ends"), [required(
        lazy("Please confirm that you want this."))])


class _NewPerson(Form):
    name = Line(lazy("Your name"), [required()])
    password: PasswordField = password_field()
    language = SelectField(lazy("Language for mail"), choices=language_choices)


class _NewZone(Form):
    time_zone = SelectField(lazy("Time zone"), choices=zone_choices, default="UTC")


class _NewOrganisation(Form):
    organisation_name = Line(lazy("Name of the organisation"), [required()])
    kind = RadioField(lazy("What is it?"), [required()], choices=[
        SelectChoice(kind, KIND_NAMES[kind]) for kind in JOINING])
    country = SelectField(lazy("Country"), [required()],
                          choices=lambda: [SelectChoice("", lazy("Please choose")), *(
                              SelectChoice(code, name) for code, name in countries(language()).items())])
    about = Words(lazy("What does it do?"), [required()], length=2000)


class AcceptAsNew(_NewPerson, _NewZone):
    """A new account becomes a member."""


class AcceptAsMyself(Form):
    """Somebody with an account becomes a member."""


class BringAsNew(_NewPerson, _NewOrganisation):
    """A new account brings an organisation; two long lists on one page would be heavy on a slow line."""


class BringAsMyself(_NewOrganisation):
    """Somebody with an account brings an organisation."""


ACCEPTING = {("member", False): AcceptAsNew, ("member", True): AcceptAsMyself,
             ("organisation", False): BringAsNew, ("organisation", True): BringAsMyself}


class Say(Form):
    admits = RadioField(lazy("Your word"), [required()], choices=[
        SelectChoice("yes", lazy("Admit")), SelectChoice("no", lazy("Turn away"))])
    words = Words(lazy("Why?"), [required()], length=2000)


class Nothing(Form):
    """A button and its protection."""

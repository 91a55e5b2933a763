"""The shape of what administrators and reviewers type about reviews."""

from collections.abc import Iterable
from typing import Any

from wtforms import HiddenField, RadioField, SelectField
from wtforms.fields import SelectChoice

from polyphony.fund.reviewing import words
from polyphony.kernel.forms import Form, Words, an_id, optional, required
from polyphony.kernel.locale import lazy, writable


class NothingForm(Form):
    """Nothing to type: a step and its protection."""


class AssignForm(Form):
    person_id = SelectField(lazy("Reviewer"), coerce=an_id, validators=[required()], validate_choice=False)


class UnassignForm(Form):
    assignment_id = HiddenField(validators=[required()], filters=[an_id])


class AsideForm(Form):
    kind = RadioField(lazy("Why you step aside"), [required()],
                      choices=[SelectChoice(code, label) for code, label in words.DECLARED.items()])
    words = Words(lazy("In your words"), [optional()], length=2000)


class LockForm(Form):
    words = Words(lazy("Your overall remark"), [optional()])
    lang = SelectField(lazy("Language of these words"), choices=[SelectChoice(x.code, x.name) for x in writable()])


def score_form(labels: Iterable[Any]) -> type[Form]:
    """A form with a score and words for each criterion, named by its place."""
    fields: dict[str, Any] = {}
    for n, label in enumerate(labels):
        fields[f"value_{n}"] = SelectField(label, choices=[SelectChoice(*each) for each in words.SCALE.items()])
        fields[f"words_{n}"] = Words(lazy("Why"), [optional()])
    return type("ScoreForm", (Form,), fields)

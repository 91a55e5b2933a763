"""The shape of what facilitators, companies and authors type in the loop."""

from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    validators,
    widgets,
)
from wtforms.fields import SelectChoice

from polyphony.feedback import words
from polyphony.kernel.forms import Form, Line, Words, optional, required
from polyphony.kernel.locale import lazy, writable


def options(pairs):  # type: ignore[no-untyped-def]
    """What may be chosen, as (value, label) pairs."""
    return [SelectChoice(value, label) for value, label in pairs]


class Several(SelectMultipleField):
    """Any number of boxes to tick."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()


class Tongue(SelectField):
    """In which language something is written."""

    def __init__(self, label=None, **kw):  # type: ignore[no-untyped-def]
        super().__init__(label or lazy("Language of these words"),
                         choices=options((x.code, x.name) for x in writable()),
                         default="en", **kw)


class ThemeForm(Form):
    title = Line(lazy("Title of the theme"), [required()])
    summary = Words(lazy("Summary"), [required()])
    lang = Tongue()
    added = Several(lazy("Also addressed to"))
    added_reason = Words(lazy("Why also to these companies"), length=2000)
    revision = HiddenField(default="1")


class ExcerptForm(Form):
    theme_id = SelectField(lazy("Theme"), [required()])
    input_id = HiddenField()
    quote = Words(lazy("Words to quote"))


class NothingForm(Form):
    """Nothing to type: a step and its protection."""


class ReadForm(Form):
    """The facilitator has read a view, and what its author made of it in other languages."""

    translations = HiddenField()


class SayForm(Form):
    words = Words(lazy("Your words"), [required()])
    lang = Tongue()


class HandleForm(Form):
    words = Words(lazy("Your reply to the author"), [required()])


class AnswerForm(Form):
    decision = RadioField(lazy("Decision"), choices=options(words.DECISIONS.items()), default="", validate_choice=False)
    reason_kind = SelectField(lazy("Kind of reason"),
                              choices=options([("", lazy("No reason needed")), *words.REASONS.items()]), default="")
    words = Words(lazy("The answer in your words"))
    changes = Words(lazy("What this changed, or may change"))
    lang = Tongue()
    revision = HiddenField(default="0")


class CommentForm(Form):
    words = Words(lazy("Comment for your colleagues"), [required()], length=5000)


class MeasureForm(Form):
    what = Words(lazy("What will be done"), [required()], length=5000)
    owner = Line(lazy("Which function owns it"), [required()])
    due_on = DateField(lazy("Done by"), [required()])


class StatusForm(Form):
    status = RadioField(lazy("Where it stands"), [required()], choices=options(words.STATUSES.items()))
    status_words = Words(lazy("In your words"), [required()], length=5000)
    lang = Tongue()
    revision = HiddenField(default="1")


class RoundForm(Form):
    until = DateField(lazy("Views can be given until"), [required()])


class GroundForm(Form):
    view = RadioField(lazy("How does it look where you live?"), [required()], choices=options(words.VIEWS.items()))
    words = Words(lazy("In your words"), [optional()], length=5000)
    lang = Tongue()


class NamedGroundForm(GroundForm):
    """For members of an invited organisation, who may name it."""

    named = BooleanField(lazy("Show the name of my organisation with this view"))


class MoveForm(Form):
    """One place up or down."""

    way = HiddenField(validators=[validators.AnyOf(("up", "down"))])


class PublishForm(Form):
    words = Words(lazy("A few words on this publication"), [required()], length=5000)


class CloseForm(Form):
    words = Words(lazy("A few words on the end of this consultation"), [required()], length=5000)


class DefaultForm(Form):
    company_id = SelectField(lazy("Company"), [required()])
    words = Words(lazy("What happened, in your words"), [required()], length=5000)

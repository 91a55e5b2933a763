"""The shapes of what authors and the facilitator type, with their labels and explanations."""

from collections.abc import Iterable
from typing import Any

from wtforms import HiddenField, IntegerField, RadioField, SelectField, SelectMultipleField, widgets
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, InputRequired

from polyphony.inputs import rules
from polyphony.kernel.forms import LINE_LENGTH, Form, Line, Words, required
from polyphony.kernel.locale import _, lazy, writable
from polyphony.kernel.sums import Guarded
from polyphony.uploads.forms import Files

AUDIENCE_LABELS = {
    "facilitator": lazy("The facilitator only"), "chosen": lazy("Companies I choose"),
    "companies": lazy("All companies of this consultation"),
    "participants": lazy("Everyone taking part in this consultation"), "public": lazy("Everybody"),
}
AUDIENCE_TOLD = {**AUDIENCE_LABELS, "chosen": lazy("Companies the author chose")}  # to the facilitator
AUDIENCE_ABOUT = {
    "facilitator": lazy("She reads it alone, or with a translator if she needs one, and it is never quoted. It still "
                        "counts and can shape a theme."),
    "chosen": lazy("They read it after the facilitator has read it. Choose them below."),
    "companies": lazy("Every convening company reads it after the facilitator has read it."),
    "participants": lazy("Companies, invited organisations and people with a return phrase read it."),
    "public": lazy("It stands on a page that anybody in the world can open."),
}
NAMING_LABELS = {
    "name": lazy("By my name"), "organisation": lazy("By my organisation"), "pseudonym": lazy("By a pseudonym"),
    "unattributed": lazy("Without a name"),
}
NAMING_ABOUT = {
    "name": lazy("Whoever may read this sees your name."),
    "organisation": lazy("Whoever may read this sees the name of your organisation, not yours."),
    "pseudonym": lazy("A name that you make up. Do not use one by which people know you."),
    "unattributed": lazy("Nobody sees a name. The server still knows your account; if that is dangerous, use none."),
}
NAMING_ABOUT_PHRASE = {**NAMING_ABOUT, "unattributed": lazy("Nobody sees a name, and the server knows none.")}
SPEAKS_LABELS = {
    "affected": lazy("Affected"), "representative": lazy("Legitimate representative"), "expert": lazy("Expert"),
    "nhri": lazy("National human-rights institution"), "internal": lazy("Employee or contractor"),
    "authority": lazy("Public authority"),
}
SPEAKS_ABOUT = {
    "affected": lazy("This concerns me or my family."), "representative": lazy("Those affected asked me to speak."),
    "expert": lazy("I know the subject from study or work."),
    "nhri": lazy("I speak for such an institution."), "internal": lazy("I work for one of the companies."),
    "authority": lazy("I speak for an office of the State."),
}


def options(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    """What one can choose, as (value, label)."""
    return [SelectChoice(value, label) for value, label in pairs]


def companies_field(label: Any) -> SelectMultipleField:
    """Check boxes, one for each company."""
    return SelectMultipleField(label, widget=widgets.ListWidget(prefix_label=False), choices=[],
                               option_widget=widgets.CheckboxInput())


class PhraseForm(Guarded):
    """The sealed phrase travels with the page; two of its words show that it was written down."""

    door = "speak"

    sealed = HiddenField()
    first = Line("", [required()], length=60)
    second = Line("", [required()], length=60)

    def asks(self, numbers: Iterable[int]) -> "PhraseForm":
        """Say by its number in the phrase which word each field asks for."""
        for field, number in zip((self.first, self.second), numbers, strict=True):
            field.label.text = _("Type word number %(number)s", number=number + 1)
        return self


def in_tongue(lang: str) -> dict[str, str]:
    """The language that is kept, as the fields show it: one of the list, or another by its code."""
    is_known = not lang or lang in {each.code for each in writable()}
    return {"lang": lang, "other": ""} if is_known else {"lang": "other", "other": lang}


class InATongue:
    """Words of an author, in a language that is found out from them or that she says."""

    lang = SelectField(lazy("In which language is it?"))
    other = Line(lazy("Code of another language"), length=35)

    def __init__(self, *args: Any, **kw: Any):
        super().__init__(*args, **kw)
        known = [(x.code, x.name) for x in writable()]
        self.lang.choices = options([("", lazy("Find out from my words")), *known, ("other", lazy("Another language"))])


class SayForm(InATongue, Form):
    """What she says; `revision` marks the words that stood in the draft when the page was opened."""

    revision = HiddenField()
    text = Words(lazy("What do you want to say?"), [required(lazy("Please write what you want to say."))])
    files = Files()

    def __init__(self, *args: Any, is_last: bool = True, **kw: Any):
        super().__init__(*args, **kw)
        if not is_last:  # a file may come before the first word
            self.text.validators = [each for each in self.text.validators if not isinstance(each, InputRequired)]


class ChoicesForm(Form):
    """Who reads it and how she is named; `revision` marks the choices that stood there when the page was opened."""

    revision = HiddenField()
    addressed = companies_field(lazy("Who owes you an answer?"))
    audience = RadioField(lazy("Who may read this?"), [required(lazy("Please choose one."))],
                          choices=options(AUDIENCE_LABELS.items()), default="facilitator")
    readers = companies_field(lazy("The companies I choose"))
    naming = RadioField(lazy("How shall we name you?"), [required(lazy("Please choose one."))],
                        choices=options(NAMING_LABELS.items()), default="unattributed")
    pseudonym = Line(lazy("Pseudonym"), length=LINE_LENGTH)
    speaks_as = RadioField(lazy("As whom do you speak?"), [required(lazy("Please choose one."))],
                           choices=options(SPEAKS_LABELS.items()), default="affected")

    def validate(self, *args: Any, **kw: Any) -> bool:
        """What one choice needs of another is told together with what lacks by itself."""
        fine = super().validate(*args, **kw)
        lacking = rules.lacking(self.audience.data, self.addressed.data, self.readers.data, self.naming.data,
                                self.pseudonym.data)
        for refusal in lacking:
            self._fields[refusal.field].errors = [*self._fields[refusal.field].errors, refusal.message]
        return fine and not lacking

    def offer(self, companies: list[Any], namings: tuple[str, ...]) -> "ChoicesForm":
        """Put in the companies of this consultation, and the ways of naming this author may choose."""
        self.addressed.choices = self.readers.choices = options((str(c.id), c.name) for c in companies)
        self.naming.choices = options((x, NAMING_LABELS[x]) for x in namings)
        return self


class SendForm(Form):
    """Nothing to type: everything was shown once more, and `revision` marks what."""

    revision = HiddenField()


class Revised(Form):
    revision = IntegerField(widget=widgets.HiddenInput())


class EditForm(InATongue, Revised):
    text = Words(lazy("Your words"), [required(lazy("Please write what you want to say."))])


class WithdrawForm(Form):
    sure = RadioField(lazy("Withdraw this input?"), choices=options([("yes", lazy("Yes, remove my words"))]),
                      validate_choice=False,
                      validators=[AnyOf(["yes"], message=lazy("Please confirm that you want this."))])


class RefuseForm(Form):
    translator = RadioField(lazy("Who shall not read this?"), choices=[],
                            validators=[required(lazy("Please choose one."))])


class ReleaseForm(Revised):
    """The facilitator has read it and its translations, and lets them go to those whom the author chose."""

    translations = HiddenField()


class MaskForm(Revised):
    text = Words(lazy("The text as others will read it"), [required()])
    reason = Words(lazy("Why something is masked"), [required()], length=2000)


class WithholdForm(Form):
    withheld = SelectMultipleField(lazy("Files that others do not get"), choices=[],
                                   widget=widgets.ListWidget(prefix_label=False),
                                   option_widget=widgets.CheckboxInput())


class HandForm(Form):
    translator = RadioField(lazy("Who shall translate it?"), choices=[],
                            validators=[required(lazy("Please choose one."))])

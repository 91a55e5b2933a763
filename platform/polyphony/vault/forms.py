"""The shapes of what is left with the keyholders, asked of them and handed in."""

from typing import Any

from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, widgets
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf

from polyphony.kernel.forms import Form, Line, Whole, Words, required
from polyphony.kernel.locale import lazy
from polyphony.vault import rules

MANY_SHARES = 1_500_000
SAYS_LABELS = {"released": lazy("I release my share"), "refused": lazy("I refuse")}


class EnrolForm(Form):
    organisation = SelectField(lazy("For which organisation?"))
    text = Words(lazy("Your public text from the offline tool"), [required()], length=4000)

    def offer(self, organisations: list[Any]) -> "EnrolForm":
        self.organisation.choices = [SelectChoice(str(o.id), o.name) for o in organisations]
        return self


class EndForm(Form):
    sure = RadioField(lazy("Stop being a keyholder with this key?"),
                      choices=[SelectChoice("yes", lazy("Yes, from now on"))],
                      validate_choice=False,
                      validators=[AnyOf(["yes"], message=lazy("Please confirm that you want this."))])


class CircleForm(Form):
    keyholders = SelectMultipleField(lazy("Who keeps?"), widget=widgets.ListWidget(prefix_label=False), choices=[],
                                     option_widget=widgets.CheckboxInput())
    needs = Whole(lazy("How many open together?"), 2, 15, [required()])

    def offer(self, known: list[Any]) -> "CircleForm":
        self.keyholders.choices = [SelectChoice(str(k.id), k.organisation.name) for k in known]
        return self


class IdentityForm(Form):
    name = Line(lazy("Your name"))
    contact = Line(lazy("How you can be reached"))
    safe_way = Words(lazy("What makes it safe to reach you"), length=2000)
    outside = Line(lazy("What may stand on the outside?"), length=120)
    agree = BooleanField(lazy("I agree that these keyholders keep this for me"))


class WithdrawForm(Form):
    sure = RadioField(lazy("Take it back?"), choices=[SelectChoice("yes", lazy("Yes, remove it"))],
                      validate_choice=False,
                      validators=[AnyOf(["yes"], message=lazy("Please confirm that you want this."))])


class AskForm(Form):
    reason = Words(lazy("Why does it have to be opened?"), [required()], length=2000)
    key = Words(lazy("Your one-time key from the offline tool"), [required()], length=4000)
    days = Whole(lazy("For how many days do you ask?"), 1, rules.LONGEST_DAYS, [required()], default=3)
    delay = Whole(lazy("After how many days is she told?"), 0, rules.LONGEST_DELAY, [required()], default=0)
    safety_reason = Words(lazy("Why is it safer to tell her later?"), length=2000)


class ShareForm(Form):
    key = Words(lazy("Your one-time key from the offline tool"), [required()], length=4000)


class WordForm(Form):
    says = RadioField(lazy("Your word"), choices=[SelectChoice(x, label) for x, label in SAYS_LABELS.items()],
                      validate_choice=False,
                      validators=[AnyOf(list(SAYS_LABELS), message=lazy("Please choose one."))])
    text = Words(lazy("The released share from the offline tool"), length=MANY_SHARES)
    words = Words(lazy("Why you refuse"), length=2000)


class NewSharesForm(Form):
    text = Words(lazy("The new shares from the offline tool"), [required()], length=MANY_SHARES)

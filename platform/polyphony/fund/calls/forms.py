"""What the pages of a call ask for."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from wtforms import DateTimeLocalField, FieldList, FormField, HiddenField, RadioField, SelectField
from wtforms import Form as Plain
from wtforms.fields.choices import SelectChoice, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from polyphony.fund.calls import rules
from polyphony.kernel import clock, locale, money
from polyphony.kernel.forms import Form, Line, Whole, Words, an_id, optional, required
from polyphony.kernel.locale import lazy
from polyphony.kernel.refusals import BadInput

LOCAL = "%Y-%m-%dT%H:%M"
AMOUNTS = ("envelope", "smallest", "largest")


class Boxes(SelectMultipleField):
    """Several of a list, each with its own box."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class Sum(Line):
    """An amount of money as somebody types it."""

    meant = ""  # the same, as this place writes it

    def said(self) -> str:
        """What it means, however it was typed."""
        return self.meant or self._value()


def beside(field: Any, read: Callable[[], Any]) -> Any:
    """What a field means, or None with the refusal written beside it."""
    try:
        return read()
    except BadInput as refusal:
        field.errors = [*field.errors, refusal.message]
        return None


class CallForm(Form):
    """Everything a call says of itself."""

    revision = HiddenField()
    fund = SelectField(lazy("Fund"), coerce=an_id, validators=[optional()], validate_choice=False)
    source_lang = SelectField(lazy("Language you write in"))
    title = Line(lazy("Title"), [required()])
    plain = Words(lazy("In plain words"))
    about = Words(lazy("About this call"))
    who_can_apply = Words(lazy("Who can apply"))
    what_for = Words(lazy("What the money is for"))
    languages = Boxes(lazy("Languages offered"))
    currency = SelectField(lazy("Currency"), [required()])
    envelope = Sum(lazy("The whole sum of this call"), [required()])
    smallest = Sum(lazy("The least for one application"), [required()])
    largest = Sum(lazy("The most for one application"), [required()])
    time_zone = SelectField(lazy("Time zone of the dates below"), default="UTC")
    opens_at = DateTimeLocalField(lazy("Applications begin"), [optional()], format=LOCAL)
    closes_at = DateTimeLocalField(lazy("Deadline"), [optional()], format=LOCAL)
    reviews_each = Whole(lazy("Reviewers for each application"), 1, 9, [required()], default=2)

    def offer(self, funds: list[tuple[Any, str]]) -> "CallForm":
        """Fill the lists to choose from."""
        self.fund.choices = funds
        self.source_lang.choices = [(x.code, x.name) for x in locale.interface()]
        self.languages.choices = [(x.code, x.name) for x in locale.interface()]
        self.currency.choices = [("", lazy("Not chosen yet")), *(
            (code, f"{code} · {money.name(code)}") for code in money.currencies())]
        self.time_zone.choices = [("UTC", "UTC"), *((z, z) for z in clock.zones() if z != "UTC")]
        return self

    def validate(self, extra_validators: Any = None) -> bool:
        """Also amounts and local times, each with its refusal beside the field."""
        fine = super().validate(extra_validators)
        self.read: dict[str, Any] = {}
        if self.currency.data and not self.currency.errors:
            for name in AMOUNTS:
                if not self[name].errors:
                    self.read[name] = beside(self[name], lambda name=name: money.parse(  # type: ignore[misc]
                        self[name].data, self.currency.data))
                    self[name].meant = money.typed(self.read[name], self.currency.data)
        zone = clock.zone(self.time_zone.data)
        for name in ("opens_at", "closes_at"):
            local = self[name].data
            self.read[name] = beside(self[name], lambda local=local: rules.instant(  # type: ignore[misc]
                local.replace(tzinfo=None), zone)) if isinstance(local, datetime) else None
        return fine and not self.errors

    @property
    def values(self) -> dict[str, Any]:
        """With minor units and instants instead of what was typed."""
        return {**super().values, **self.read}


class _Criterion(Plain):
    id = HiddenField()
    name = Line(lazy("Criterion"))
    words = Words(lazy("What reviewers look at"), length=2000)
    weight = Whole(lazy("Weight"), 1, 100, [optional()])

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        if not self.name.data and (self.words.data or self.weight.data):
            self.name.errors = [lazy("Please fill this in.")]
        if self.name.data and not self.weight.data and not self.weight.errors:
            self.weight.errors = [lazy("Please fill this in.")]
        return fine and not self.errors


class _Question(Plain):
    id = HiddenField()
    question = Words(lazy("Question with yes or no"), length=2000)
    must_be = RadioField(lazy("Who can apply answers"), default="yes",
                         choices=[SelectChoice("yes", lazy("Yes")), SelectChoice("no", lazy("No"))])
    otherwise = Words(lazy("What is said to those who cannot apply"), length=2000)

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        for one, other in ((self.question, self.otherwise), (self.otherwise, self.question)):
            if other.data and not one.data:
                one.errors = [lazy("Please fill this in.")]
        return fine and not self.errors


class CriteriaForm(Form):
    rows = FieldList(FormField(_Criterion), max_entries=8)

    @property
    def values(self) -> dict[str, Any]:
        return {"rows": [{"id": r.data["id"], "name": r.data["name"], "words": r.data["words"] or "",
                          "weight": r.data["weight"]} for r in self.rows if r.data["name"]]}


class QuestionsForm(Form):
    rows = FieldList(FormField(_Question), max_entries=6)

    @property
    def values(self) -> dict[str, Any]:
        return {"rows": [{"id": r.data["id"], "question": r.data["question"], "otherwise": r.data["otherwise"],
                          "must_be": r.data["must_be"] == "yes"} for r in self.rows if r.data["question"]]}

"""The shape of what committee members and administrators type about a case."""

from datetime import date
from typing import Any

from wtforms import DateField, HiddenField, RadioField, SelectField, validators
from wtforms.fields import SelectChoice

from polyphony.fund.deciding import words
from polyphony.fund.deciding.models import DECLINED_FOR, GRANTED_FOR
from polyphony.fund.deciding.rules import (
    Due,
    DueInThePast,
    EmptyInstalment,
    IncompleteInstalment,
    ReasonInWords,
    Ruling,
)
from polyphony.kernel import clock, locale, money
from polyphony.kernel.forms import Form, Line, Words, optional, required
from polyphony.kernel.locale import language, lazy
from polyphony.kernel.refusals import BadInput

PARTS = 6


def _options(pairs: Any) -> list[SelectChoice]:
    return [SelectChoice(code, label) for code, label in pairs]


class Amount(Line):
    """An amount in the currency of the form; what was typed stays as it was typed."""

    def __init__(self, label: Any = None, checks: Any = (), **kw: Any):
        super().__init__(label, [*checks, self._check], length=40, **kw)

    @staticmethod
    def _check(form: Any, field: Any) -> None:
        if field.data:
            try:
                money.parse(field.data, form.currency)
            except BadInput as refusal:
                raise validators.ValidationError(str(refusal.message)) from refusal


class VoteForm(Form):
    choice = RadioField(lazy("Your vote"), [required()], choices=_options(words.CHOICES.items()))
    words = Words(lazy("Your reasons"), [required()], length=20_000)
    revision = HiddenField(default="1")


class CancelForm(Form):
    words = Words(lazy("Why it is cancelled"), [required()], length=2000)


class DecisionForm(Form):
    """The outcome, the amount, the reasons, and up to six instalments."""

    currency = ""
    outcome = RadioField(lazy("Decision"), [required()], choices=_options(words.OUTCOMES.items()))
    amount = Amount(lazy("Amount of the grant"), [optional()])
    reason = SelectField(lazy("Kind of reason"), [required()], choices=[])
    words = Words(lazy("The reason in words"), [required(ReasonInWords.message)])
    lang = SelectField(lazy("Language of these words"), default=language,
                       choices=[SelectChoice(x.code, x.name) for x in locale.writable()])
    revision = HiddenField(default="1")
    places: tuple[int, ...] = tuple(range(1, PARTS + 1))

    def __init__(self, *args: Any, **kw: Any):
        super().__init__(*args, **kw)
        self.reason.choices = [SelectChoice("", lazy("Not chosen yet")), *(
            SelectChoice(code, words.REASONS[code], optgroup=str(words.OUTCOMES[outcome]))
            for outcome, codes in (("granted", GRANTED_FOR), ("declined", DECLINED_FOR)) for code in codes)]

    def validate(self, extra_validators: Any = None) -> bool:
        """An instalment that was begun is complete, of some money, and due today or later."""
        held = bool(super().validate(extra_validators))
        for n in self.places:
            part, due = self[f"part_{n}"], self[f"due_{n}"]
            if bool(part.data) != bool(due.data) and not part.errors and not due.errors:
                missing = due if part.data else part
                missing.errors = [*missing.errors, str(IncompleteInstalment.message)]
                held = False
            if self.outcome.data == "granted" and part.data and not part.errors and not self._minor(part.name):
                part.errors = [*part.errors, str(EmptyInstalment.message)]
                held = False
            if self.outcome.data == "granted" and due.data and not due.errors and due.data < clock.today():
                due.errors = [*due.errors, str(DueInThePast.message)]
                held = False
        return held

    def ruling(self) -> Ruling:
        """What was typed, in minor units; amount and instalments count only for a grant."""
        if self.outcome.data != "granted":
            return Ruling(str(self.outcome.data), str(self.reason.data), self.words.data or "",
                          revision=self._read, lang=self.lang.data)
        parts = [Due(self._minor(f"part_{n}"), self._day(f"due_{n}"), self[f"condition_{n}"].data or "")
                 for n in self.places if self[f"part_{n}"].data and self[f"due_{n}"].data]
        return Ruling(str(self.outcome.data), str(self.reason.data), self.words.data or "", self._minor("amount"),
                      tuple(parts), self._read, self.lang.data)

    @property
    def _read(self) -> int:
        """Which state of the application she read; what is no number is none that there was."""
        told = str(self.revision.data)
        return int(told) if told.isdecimal() and len(told) < 10 else 0

    def _minor(self, name: str) -> int:
        return money.parse(self[name].data, self.currency) if self[name].data else 0

    def _day(self, name: str) -> date:
        found: date = self[name].data
        return found


def decision_form(currency: str, **kw: Any) -> DecisionForm:
    """The form of a decision in one currency."""
    fields: dict[str, Any] = {"currency": currency}
    for n in DecisionForm.places:
        fields[f"part_{n}"] = Amount(lazy("Amount of instalment %(number)s", number=n), [optional()])
        fields[f"due_{n}"] = DateField(lazy("Instalment %(number)s is due on", number=n), [optional()])
        fields[f"condition_{n}"] = Line(lazy("Condition of instalment %(number)s", number=n), [optional()])
    made: DecisionForm = type("DecisionForm", (DecisionForm,), fields)(**kw)
    return made

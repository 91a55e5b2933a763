"""What the steps of an application ask for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from wtforms import BooleanField, FieldList, FormField, HiddenField, RadioField, SelectField
from wtforms import Form as Plain
from wtforms.fields.choices import SelectChoice

from polyphony.fund.applying import rules, words
from polyphony.fund.applying.models import LINES
from polyphony.fund.calls.forms import beside
from polyphony.fund.calls.models import Call
from polyphony.kernel import locale, money
from polyphony.kernel.forms import Form, Line, Words, an_id, optional, required
from polyphony.kernel.locale import language, lazy
from polyphony.kernel.refusals import BadInput
from polyphony.organisations.names import countries


def apply_form(questions: Sequence[tuple[Any, str, bool, str]], organisations: list[tuple[Any, str]]) -> Form:
    """Questions before applying (id, words, right answer, what is said otherwise) and in which language to write."""
    rows = {f"q{n}": RadioField(question, [required(lazy("Please answer yes or no."))],
                                choices=[SelectChoice("yes", lazy("Yes")), SelectChoice("no", lazy("No"))])
            for n, (_id, question, _must, _otherwise) in enumerate(questions)}
    form = type("ApplyForm", (_Apply,), rows)()
    form.expected = {f"q{n}": ("yes" if must else "no", otherwise)
                     for n, (_id, _question, must, otherwise) in enumerate(questions)}
    form.organisation.choices = organisations
    form.lang.choices = [(x.code, x.name) for x in locale.writable()]
    if form.lang.data is None:
        form.lang.data = language()
    return form  # type: ignore[no-any-return]


class _Apply(Form):
    organisation = SelectField(lazy("Your organisation"), coerce=an_id, validators=[optional()], validate_choice=False)
    lang = SelectField(lazy("Language in which you apply"))
    expected: dict[str, tuple[str, str]]

    def validate(self, extra_validators: Any = None) -> bool:
        """A wrong answer is explained beside its question; nothing of it is kept."""
        fine = super().validate(extra_validators)
        for name, (right, otherwise) in self.expected.items():
            field = self[name]
            if field.data and field.data != right:
                field.errors = [*field.errors, otherwise]
        return fine and not self.errors

    @property
    def values(self) -> dict[str, Any]:
        return {"organisation": self.organisation.data, "lang": self.lang.data}


class StepForm(Form):
    """One step; `revision` marks what stood there when the page was opened."""

    revision = HiddenField()

    @property
    def values(self) -> dict[str, Any]:
        """What the verb `keep` takes: the mark, and the step's own values."""
        given = super().values
        return {"revision": given.pop("revision"), "given": {name: "" if v is None else v for name, v in given.items()}}


class ProjectForm(StepForm):
    title = Line(words.PART_NAMES["title"])
    summary = Words(words.PART_NAMES["summary"], length=2000)
    need = Words(words.PART_NAMES["need"])
    country = SelectField(lazy("Country where the work happens"), validate_choice=True)

    def __init__(self, *args: Any, **kw: Any):
        super().__init__(*args, **kw)
        self.country.choices = [("", lazy("Not chosen yet")), *countries(language()).items()]


class PlanForm(StepForm):
    plan = Words(words.PART_NAMES["plan"])
    people = Words(words.PART_NAMES["people"])


class SafetyForm(StepForm):
    safety = Words(words.PART_NAMES["safety"])
    at_risk = BooleanField(lazy("People could be harmed if this grant became known"))
    level = RadioField(lazy("How openly a grant may be shown"), default="aggregate",
                       choices=[SelectChoice(*x) for x in words.LEVELS.items()])


class CheckForm(Form):
    payee_reference = Line(lazy("Payee reference"), length=140)


class CorrectionForm(Form):
    words = Words(lazy("What should be corrected"), [required()], length=2000)
    lang = SelectField(lazy("Language of these words"), default=language,
                       choices=[SelectChoice(x.code, x.name) for x in locale.writable()])


class _Budget(StepForm):
    requested = Line(lazy("What you ask for in all"))
    later = HiddenField()
    rows: Any
    call: Call
    total: int | None = None
    minor: int = 0

    def validate(self, extra_validators: Any = None) -> bool:
        """Amounts in this currency; the lines add up, unless it is only kept for later."""
        fine = super().validate(extra_validators)
        typed = self.requested.data or ""
        self.minor = (beside(self.requested, lambda: money.parse(typed, self.call.currency)) or 0) if typed else 0
        if not fine or self.requested.errors:
            return False
        self.total = sum(amount for _said, amount in self.lines)
        if not self.later.data:
            beside(self.requested, lambda: rules.ensure_budget(self.call, self.minor, self.lines))
        return not self.errors

    @property
    def lines(self) -> list[tuple[str, int]]:
        return [(row.form.said.data, row.form.minor) for row in self.rows if row.form.said.data]

    @property
    def values(self) -> dict[str, Any]:
        return {"revision": self.revision.data, "given": {"requested": self.minor, "lines": self.lines}}


@dataclass(frozen=True)
class Added:
    """What the lines make together, how that differs from what is asked for, and which lines cannot be read."""

    total: int
    apart: int | None
    wrong: list[tuple[int, Any]]


def added(form: _Budget, *, beside_it: bool = False) -> Added:
    """Add up what is typed so far; nothing is kept. What cannot be read is told beside it, where that is wanted."""
    def read(field: Any) -> tuple[int, Any]:
        try:
            return money.parse(field.data, form.call.currency) if field.data else 0, None
        except BadInput as refusal:
            field.errors = [refusal.message] if beside_it else field.errors
            return 0, refusal.message

    lines = [(n, *read(row.form.amount)) for n, row in enumerate(form.rows, start=1)]
    requested, total = read(form.requested)[0], sum(minor for _n, minor, _why in lines)
    return Added(total, abs(requested - total) if requested else None, [(n, why) for n, _minor, why in lines if why])


def budget_form(call: Call, data: dict[str, Any] | None = None) -> _Budget:
    """The budget table in the call's currency, with empty rows to go on."""
    row = type("BudgetRow", (_Row,), {"currency": call.currency})
    rows = FieldList(FormField(row), max_entries=LINES)
    return type("BudgetForm", (_Budget,), {"rows": rows, "call": call})(data=data)  # type: ignore[no-any-return]


def with_empty_rows(form: _Budget) -> _Budget:
    filled = sum(1 for row in form.rows if row.form.said.data or row.form.amount.data)
    while len(form.rows) < min(max(filled + 2, 4), LINES):
        form.rows.append_entry()
    return form


class _Row(Plain):
    said = Line(lazy("What for"))
    amount = Line(lazy("Amount"), length=40)
    currency = ""
    minor = 0

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        if bool(self.said.data) != bool(self.amount.data):
            lacking = self.amount if self.said.data else self.said
            lacking.errors = [*lacking.errors, lazy("Please fill this in.")]
        elif self.amount.data:
            self.minor = beside(self.amount, self._read) or 0
        return fine and not self.errors

    def _read(self) -> int:
        minor = money.parse(self.amount.data or "", self.currency)
        if not minor:
            raise BadInput(lazy("Write an amount above zero."))
        return minor


FORMS: dict[str, Callable[..., StepForm]] = {"project": ProjectForm, "plan": PlanForm, "safety": SafetyForm}


def step_form(step: str, whole: rules.Whole, *, fresh: bool = False) -> Any:
    """The form of a step; `fresh` filled with what is kept, otherwise with what was sent."""
    if not fresh:
        return budget_form(whole.call) if step == "budget" else FORMS[step]()
    kept = rules.stored(whole, step)
    mark = {"revision": rules.mark(kept)}
    if step != "budget":
        return FORMS[step](data={**kept, **mark})
    currency = whole.call.currency
    return budget_form(whole.call, {**mark, "requested": money.typed(kept["requested"], currency), "rows": [
        {"said": said, "amount": money.typed(amount, currency)} for said, amount in kept["lines"]]})

"""What is asked about money: amounts as people write them, in their own digits, kept as whole minor units."""

import uuid
from collections.abc import Iterable
from typing import Any

from wtforms import BooleanField, DateField, SelectField
from wtforms.fields.choices import SelectChoice

from polyphony.fund.giving.reading import Promise
from polyphony.fund.giving.rules import AmountMissing
from polyphony.kernel import clock, money
from polyphony.kernel.forms import Form, Line, Words, optional, required
from polyphony.kernel.locale import _, lazy
from polyphony.kernel.refusals import BadInput

Named = Iterable[tuple[uuid.UUID, str]]


def _upper(text: str | None) -> str | None:
    return text.strip().upper() if text else text


def _named(found: Named, nothing: Any = None) -> list[SelectChoice]:
    first = [SelectChoice("", nothing)] if nothing else []
    return [*first, *(SelectChoice(str(id), name) for id, name in found)]


class _Money(Form):
    """A form with an amount: `currency` is typed, or known beforehand."""

    known_currency = ""
    minor = 0

    def validate(self, extra_validators: Any = None) -> bool:
        good = super().validate(extra_validators)
        typed = self._fields.get("currency")
        if self.amount.errors or (typed and typed.errors):  # type: ignore[attr-defined]
            return False
        try:
            self.minor = money.parse(self.amount.data, typed.data if typed else self.known_currency)  # type: ignore[attr-defined]
            if not self.minor:
                raise AmountMissing()
        except BadInput as no:
            place = typed if typed and isinstance(no, money.NoSuchCurrency) else self.amount  # type: ignore[attr-defined]
            place.errors = [*place.errors, str(no.message)]
            return False
        return good

    @property
    def values(self) -> dict[str, Any]:
        return {**super().values, "amount": self.minor}


def _amount() -> Line:
    return Line(lazy("Amount"), [required()], length=40, description=lazy("In digits, for example 1,250 or 1250.50."))


def _currency() -> Line:
    return Line(lazy("Currency"), [required()], length=3, filters=[_upper],
                description=lazy("Its code of three letters, for example KES, EUR or USD."))


class PromiseForm(_Money):
    fund_id = SelectField(lazy("To which fund?"), [required()], coerce=str)
    company_id = SelectField(lazy("For which company?"), [required()], coerce=str)
    amount = _amount()
    currency = _currency()
    due_on = DateField(lazy("The money comes by"), [required()])
    words = Words(lazy("Words to the fund, if you like"), [optional()], length=2000,
                  description=lazy("No words can tie the money to anything: the fund alone decides."))

    def offer(self, funds: Named, companies: Named) -> "PromiseForm":
        self.fund_id.choices, self.company_id.choices = _named(funds), _named(companies)
        return self

    @property
    def values(self) -> dict[str, Any]:
        typed = super().values
        return {**typed, "fund_id": uuid.UUID(typed["fund_id"]), "company_id": uuid.UUID(typed["company_id"])}


class RaiseForm(_Money):
    amount = _amount()
    words = Words(lazy("Words to the fund, if you like"), [optional()], length=2000)


class WithdrawForm(_Money):
    amount = _amount()
    words = Words(lazy("Why do you withdraw it?"), [required()], length=2000,
                  description=lazy("Your words stay on record."))


class ReceiptForm(_Money):
    """Money that came. Sent once to be checked, and again to be posted."""

    pledge_id = SelectField(lazy("Under which promise did it come?"), coerce=str, default="")
    amount = _amount()
    currency = _currency()
    received_on = DateField(lazy("It came on"), [required()], default=clock.today)
    bank_reference = Line(lazy("Reference on the bank statement"), [required()], length=140)
    company_id = SelectField(lazy("Who sent it, if you know"), coerce=str, default="",
                             description=lazy("Only for money without a promise."))
    apart = BooleanField(lazy("Record the rest without a promise"),
                         description=lazy("Only if more came than is left of the promise."))

    def offer(self, promises: list[Promise], companies: Named) -> "ReceiptForm":
        self.pledge_id.choices = _named(((p.id, _about(p)) for p in promises), _("Without a promise"))
        self.company_id.choices = _named(companies, _("Not known"))
        return self

    @property
    def values(self) -> dict[str, Any]:
        typed = super().values
        ids = {name: uuid.UUID(typed[name]) if typed[name] else None for name in ("pledge_id", "company_id")}
        return {**typed, **ids}


def _about(promise: Promise) -> str:
    day = clock.day(promise.due_on)
    return _("%(company)s: %(left)s left, due %(day)s", company=promise.company, day=day.text if day else "",
             left=money.shown(promise.left, promise.currency))


class MatchForm(Form):
    pledge_id = SelectField(lazy("Which promise does it belong to?"), [required()], coerce=str)

    def offer(self, promises: list[Promise]) -> "MatchForm":
        self.pledge_id.choices = _named(((p.id, _about(p)) for p in promises), _("Please choose"))
        return self

    @property
    def values(self) -> dict[str, Any]:
        return {"pledge_id": uuid.UUID(super().values["pledge_id"])}


class WhyForm(Form):
    words = Words(lazy("Why?"), [required()], length=2000, description=lazy("Your words stay in the ledger."))

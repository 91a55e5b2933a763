"""Two versions of one form: what somebody else has kept meanwhile, beside what was typed here.

Whoever saves again writes over all of it, so she is told of every field that differs, not of its texts alone.
"""

from dataclasses import dataclass
from datetime import UTC
from typing import Any

from wtforms import BooleanField, DateField, DateTimeField, HiddenField
from wtforms.fields.choices import SelectFieldBase

from polyphony.kernel import clock
from polyphony.kernel.forms import Form
from polyphony.kernel.locale import _


@dataclass(frozen=True)
class Difference:
    """A field in which two versions differ, each in the words of its page."""

    label: str
    now: str
    yours: str


def differences(now: Form, yours: Form, without: tuple[str, ...] = ()) -> list[Difference]:
    """Every field in which the kept version differs from the typed one, in the order of the form."""
    found = []
    for field in yours:
        if isinstance(field, HiddenField) or field.short_name in without:
            continue
        kept, typed = _said(now[field.short_name]), _said(field)
        if kept != typed:
            found.append(Difference(field.label.text, kept, typed))
    return found


def _said(field: Any) -> str:
    """What stands in a field, as people read it."""
    if isinstance(field, BooleanField):
        return _("Yes") if field.data else _("No")
    if isinstance(field, SelectFieldBase):
        return ", ".join(str(label) for _value, label, is_chosen, *_rest in field.iter_choices() if is_chosen)
    if isinstance(field, DateField):
        told = clock.day(field.data)
        return told.text if told else ""
    if isinstance(field, DateTimeField):  # in the time zone of the form, which stands beside it
        moment = clock.moment(field.data.replace(tzinfo=UTC), "UTC") if field.data else None
        return moment.local if moment else ""
    return str(getattr(field, "said", field._value)()).strip()

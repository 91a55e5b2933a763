"""Forms: protected, sent once, and nothing typed is ever lost.

`answer` is the one way a view takes a form: bad input and refusals come back as the same page with
status 422, 409 or 403, everything typed still in its field and the reason on top; success redirects (303)
to where the verb landed, so that page and fragment come from the same address. htmx goes to another page as a whole.
"""

import unicodedata
import uuid
from collections.abc import Callable
from typing import Any

from flask import g, request
from flask_babel import format_decimal
from flask_wtf import FlaskForm
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response
from wtforms import Field, HiddenField, IntegerField, StringField, TextAreaField, validators

from polyphony.kernel import once
from polyphony.kernel.database import db
from polyphony.kernel.locale import _, lazy, ngettext
from polyphony.kernel.pages import sent_to
from polyphony.kernel.refusals import Refusal, refusal_for

TEXT_LENGTH = 20_000
LINE_LENGTH = 300


class ChangedMeanwhile(Refusal):
    """Somebody else, or she herself in another window, saved the same thing first: she keeps her text and sees it."""

    status = 409
    message = lazy("This was changed after you opened it, perhaps in another window of yours. Your text is still here: "
                   "compare it with the present version, then save again.")


class SentAlready(ChangedMeanwhile):
    """The same form came with something else in it, after a first sending whose answer she may never have seen."""

    message = lazy("This form was sent already, and what it said then is kept. What it says now is still here and not "
                   "kept yet: look at both, then send it again if you still want to.")


def tidy(value: str | None) -> str | None:
    """Unix line ends, no control characters that break databases or screens; every other sign stays as typed."""
    if value is None:
        return None
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in value if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()


OWN_WORDS: dict[str, Any] = {
    "Not a valid choice.": lazy("Please choose one of these."),
    "Invalid Choice: could not coerce.": lazy("Please choose one of these."),
    "Invalid choice(s): one or more data inputs could not be coerced.": lazy("Please choose from these."),
    "'%(value)s' is not a valid choice for this field.": lazy("Please choose from these."),
    "Not a valid date value.": lazy("This is not a day we can read. Please choose it again."),
    "Not a valid time value.": lazy("This is not a time we can read. Please choose it again."),
    "Not a valid datetime value.": lazy("This is not a day and time we can read. Please choose them again."),
    "Not a valid integer value.": lazy("Please write a number."),
    "Not a valid decimal value.": lazy("Please write a number."),
}


class OwnWords:
    """What fields refuse by themselves, in our words, so in every language of ours."""

    def gettext(self, text: str) -> str:
        return str(OWN_WORDS.get(text, text))

    def ngettext(self, one: str, several: str, number: int) -> str:
        return self.gettext(one) if one in OWN_WORDS or number == 1 else several


class Once(HiddenField):
    """The random value of one sending; where it was used up on this page, a new one stands in every form of it."""

    def _value(self) -> str:
        return g.get("anew", {}).get(self.data) or str(self.data or "")


class Form(FlaskForm):
    """A form with its protection against forgery and double sending; `revision` where two may edit."""

    class Meta(FlaskForm.Meta):
        def get_translations(self, form: Any) -> Any:
            """Not the library's own catalogues: they lack languages of ours."""
            return OwnWords()

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """What was sent, also when it is nothing at all: boxes left empty are empty, not unknown."""
            return request.form if formdata is not None and form.is_submitted() else None

    once = Once(default=once.fresh)
    refusal: Refusal | None = None

    @property
    def values(self) -> dict[str, Any]:
        """What was typed, ready for a verb: the fields but the protective ones."""
        kept = {*once.PROTECTION, "submit"}
        return {name: field.data for name, field in self._fields.items() if name not in kept}


class Line(StringField):
    """One line of text."""

    def __init__(self, label: Any = None, checks: Any = (), *, length: int = LINE_LENGTH, **kw: Any):
        filters = [*kw.pop("filters", ()), tidy]
        super().__init__(label, [no_null, *checks, too_long(length)], filters=filters, **kw)


class Words(TextAreaField):
    """A text of at most 20,000 characters, in any script."""

    def __init__(self, label: Any = None, checks: Any = (), *, length: int = TEXT_LENGTH, **kw: Any):
        filters = [*kw.pop("filters", ()), tidy]
        super().__init__(label, [no_null, *checks, too_long(length)], filters=filters, **kw)


class Whole(IntegerField):
    """A whole number in a range, in the digits of any script; how long a number somebody writes costs nothing."""

    def __init__(self, label: Any, least: int, most: int, checks: Any = (), **kw: Any):
        super().__init__(label, list(checks), **kw)
        self.least, self.most = least, most

    def process_formdata(self, valuelist: list[str]) -> None:
        typed, self.data = (valuelist or [""])[0].strip(), None
        if not typed:
            return
        if not (typed.isdecimal() and len(typed) < 10 and self.least <= int(typed) <= self.most):
            raise ValueError(_("Write a whole number from %(min)s to %(max)s.", min=self.least, max=self.most))
        self.data = int(typed)


def an_id(value: Any) -> uuid.UUID | None:
    """An id that a form sent back, or none where it is nobody's: the verb then says what is missing."""
    try:
        return value if isinstance(value, uuid.UUID) else uuid.UUID(str(value))
    except ValueError:
        return None


def no_null(form: Any, field: Field) -> None:
    """A null character comes from no keyboard: something went wrong on the way, and she is told so."""
    if any("\0" in str(value) for value in field.raw_data or ()):
        raise validators.StopValidation(
            str(lazy("There is a character in it that cannot be kept. Please type or paste it again.")))


class Filled(validators.InputRequired):
    """Something was sent, and something is left of it when it is tidied: blanks say nothing."""

    def __call__(self, form: Any, field: Any) -> None:
        super().__call__(form, field)
        if isinstance(field.data, str) and not field.data.strip():
            field.errors = []
            raise validators.StopValidation(self.message)


def required(message: Any = None) -> Filled:
    return Filled(message or lazy("Please fill this in."))


def optional() -> validators.Optional:
    return validators.Optional()


class too_long:
    """Length in characters, said with how many are too many."""

    def __init__(self, length: int):
        self.max = length
        self.field_flags = {"maxlength": length}

    def __call__(self, form: Any, field: Field) -> None:
        over = len(field.data or "") - self.max
        if over > 0:
            raise validators.ValidationError(ngettext(
                "This is %(num)s character too long; at most %(length)s fit.",
                "This is %(num)s characters too long; at most %(length)s fit.", over,
                length=format_decimal(self.max)))


def answer(form: Form, verb: Callable[..., Any], *, then: Callable[[Any], str], again: Callable[[], Any]) -> Any:
    """Take a form: validate, do the verb with what was typed, go `then`; or show the page `again`.

    `verb` gets the form's values as keyword arguments; `then(result)` is the address to land on.
    """
    if not form.validate_on_submit():
        return _shown(again(), 422)
    value, said = form.once.data or "", once.said(request)
    place, is_same = once.earlier(value, said)
    if place and not is_same:
        g.anew = {value: once.fresh()}
        return refused(form, SentAlready(place=place), again)
    if place:
        return sent_to(place)
    try:
        with db.session.begin_nested():
            result = verb(**form.values)
            db.session.flush()
            place = then(result)
            once.settle(value, said, place)
    except Refusal as refusal:
        return refused(form, refusal, again)
    except IntegrityError as error:
        known = refusal_for(error)
        if known is None:
            raise
        return refused(form, known, again)
    return sent_to(place)


def refused(form: Form, refusal: Refusal, again: Callable[[], Any]) -> Any:
    """The page again with the reason on top (or beside the field it is about) and every word kept."""
    field = form._fields.get(refusal.field or "")
    if field is not None:
        field.errors = [*field.errors, refusal.message]
    form.refusal = refusal
    shown = _shown(again(), refusal.status)
    if refusal.wait and isinstance(shown, Response):
        shown.headers["Retry-After"] = str(refusal.wait)
    return shown


def _shown(body: Any, status: int) -> Any:
    if isinstance(body, Response):
        body.status_code = status
        return body
    return body, status

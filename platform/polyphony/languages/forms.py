"""The shape of what translators type."""

from wtforms import HiddenField

from polyphony.kernel.forms import Form, Words, required
from polyphony.kernel.locale import lazy


class TranslationForm(Form):
    text = Words(lazy("Your translation"), [required()], length=40_000)
    revision = HiddenField()


class ReviewForm(Form):
    """Nothing to type: a second person says that she has read both texts, as they stood on her page."""

    revision = HiddenField()

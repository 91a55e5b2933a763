"""The shape of what translators type."""

from polyphony.kernel.forms import Form, Words, required
from polyphony.kernel.locale import lazy


class TranslationForm(Form):
    text = Words(lazy("Your translation"), [required()], length=40_000)


class ReviewForm(Form):
    """Nothing to type: a second person says that she has read both texts."""

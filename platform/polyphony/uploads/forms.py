"""The part of a form that carries files."""

from typing import Any

from flask import request
from wtforms import MultipleFileField

from polyphony.kernel.forms import Form, an_id
from polyphony.kernel.locale import lazy


class Files(MultipleFileField):
    """Files to attach. They were taken and cleaned before the form is read; here they only have their place."""

    def __init__(self, **kw: Any):
        super().__init__(lazy("Files to attach"), **kw)

    def process(self, formdata: Any, *args: Any, **kw: Any) -> None:
        super().process(None, *args, **kw)
        self.data = None


class FilesForm(Form):
    """Nothing but files."""

    files = Files()


def to_remove() -> Any:
    """The id of the file whose `remove` was pressed, or None."""
    return an_id(request.form.get("remove")) if "remove" in request.form else None


def stays() -> bool:
    """Whether the button pressed was about files alone, so that the page comes again."""
    return "remove" in request.form or "attach" in request.form

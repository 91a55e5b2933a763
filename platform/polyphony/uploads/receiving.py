"""Files on their way in: held in memory within bounds, scanned, cleaned in their box; only then does anything last.

Cleaning takes seconds, so it happens before the verb and while no connection to the database is held. A file that is
refused costs none of the words sent with it, and none of the other files.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, Request, g, request

from polyphony.kernel import edge
from polyphony.kernel.database import db
from polyphony.uploads import rules, scanning
from polyphony.uploads.cleaning import box, limits
from polyphony.uploads.cleaning.verdicts import Unclean

FIELD = "files"
SENT_AT_MOST = 300 * limits.MB  # what one may send to these pages; what is above the limits is read past, not kept
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Cleaned:
    """A file that may be kept."""

    format: str
    body: bytes


@dataclass(frozen=True)
class Received:
    """The files of one form: what may be kept, and why others may not."""

    cleaned: tuple[Cleaned, ...] = ()
    refused: tuple[str, ...] = ()


class Bounded(io.BytesIO):
    """Holds so many bytes and lets the rest go by."""

    def __init__(self, most: int):
        super().__init__()
        self.most = most

    def write(self, data: Any) -> int:
        super().write(data[:max(0, self.most - self.tell())])
        return len(data)


class InMemory(Request):
    """A request whose files never touch the disk as they came."""

    files_begun = 0

    def _get_file_stream(self, total_content_length: int | None, content_type: str | None,
                         filename: str | None = None, content_length: int | None = None) -> Any:
        self.files_begun += 1
        return Bounded(limits.FILE + 1 if self.files_begun <= rules.MOST + 1 else 0)


def install(app: Flask) -> None:
    """Let the pages that take files, and no others, receive more than a form full of words."""
    app.request_class = InMemory

    @app.url_value_preprocessor
    def _widen(endpoint: str | None, values: dict[str, Any] | None) -> None:
        takes = getattr(app.view_functions.get(endpoint or ""), "takes_files", False)
        if takes and request.mimetype == "multipart/form-data":  # words alone stay within what words need
            request.max_content_length = SENT_AT_MOST


def takes_files(view: View) -> View:
    """Declare that a page's form may carry files."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def take() -> Received:
    """The files of this form, cleaned. Call it first in a view: nothing loaded before it is valid after it."""
    if "received" not in g:  # who comes second begins again, but not with the cleaning
        g.received = _take()
    received: Received = g.received
    return received


def _take() -> Received:
    sent = [each for each in request.files.getlist(FIELD) if each.filename]
    if not sent:
        return Received()
    db.session.rollback()  # gives the connection back while files are cleaned
    cleaned, refused = [], []
    for number, each in enumerate(sent):
        try:
            if number >= rules.MOST:
                raise rules.TooManyFiles()
            cleaned.append(one(each.stream.read()))
        except rules.FileRefused as refusal:
            refused.append(rules.word_of(refusal, each.filename or ""))
    edge.begin()
    return Received(tuple(cleaned), tuple(dict.fromkeys(refused)))


def one(data: bytes) -> Cleaned:
    """One file scanned and cleaned. Raises FileRefused."""
    rules.ensure_small(data)
    scanning.scan(data)
    try:
        return Cleaned(*box.clean(data))
    except Unclean as unclean:
        raise rules.refusal_for(unclean) from None

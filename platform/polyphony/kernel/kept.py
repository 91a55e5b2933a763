"""What somebody typed comes back on every page that could not take it: to copy, to change, to send again.

Our pages are kept by no browser, so "go back" would show an empty form. Nothing is stored here: the words go
back in the answer to whoever sent them. Never shown again: passwords, return phrases, and what another site sent.
"""

import hmac
import secrets
from typing import Any

from flask import current_app, request, session
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadData, URLSafeTimedSerializer
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from polyphony.kernel.headers import from_elsewhere

WORDS = {"text", "words", "title", "summary", "reason", "what", "changes"}  # typed by a person, however short
WAITING = "waiting"  # a field of such a form, and its place in the browser's cookie
SHORT = 40  # a longer value was typed by a person and is shown; choices and protective values travel unseen
HEADERS = {"HX-Retarget": "body", "HX-Reswap": "innerHTML"}  # an error page stands alone, never inside a page


def again(*, proven: bool = True, always: bool = False, waiting: bool = False) -> Markup:
    """A form with everything that was typed, ready to be sent once more; empty when there was nothing.

    `proven`: that our own page sent it; else (its protection was too old) only a browser that says so gets the
    button, any other the words to copy. `always`: also when nothing but choices would be lost. `waiting`: it can be
    sent once she has signed in, though nothing else is taken that was made before.
    """
    fields = _typed()
    shown = [(name, value, _is_words(name, value)) for name, value in fields]
    if not any(words for _name, _value, words in shown) and not (always and fields):
        return Markup("")
    may_send = proven or request.headers.get("Sec-Fetch-Site") == "same-origin"
    template = current_app.jinja_env.get_template("parts/kept.html")
    return Markup(template.render(  # noqa: S704
        fields=shown, action=request.full_path.rstrip("?"), token=generate_csrf() if may_send else "",
        waiting=_waiting() if may_send and waiting else ""))


def _waiting() -> str:
    """A mark for this one form in this one browser, which outlives signing in: it goes to the same address."""
    session[WAITING] = secrets.token_urlsafe(16)
    return str(_sealer().dumps([session[WAITING], request.path]))


def was_waiting() -> bool:
    """Whether this is the form that waited in this browser until she had signed in. It is taken once."""
    try:
        limit = current_app.config["WTF_CSRF_TIME_LIMIT"]
        mark, path = _sealer().loads(request.form.get(WAITING, ""), max_age=limit)
    except BadData:
        return False
    known = hmac.compare_digest(mark, session.get(WAITING, ""))
    if known and path == request.path:
        session.pop(WAITING)
    return known and bool(path == request.path)


def _sealer() -> Any:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="polyphony kept form")


def _typed() -> list[tuple[str, str]]:
    if request.method != "POST" or request.blueprint in (None, "people") or from_elsewhere():
        return []
    try:
        ours = ("csrf_token", WAITING)
        fields = [(name, value) for name, value in request.form.items(multi=True) if name not in ours]
    except HTTPException:  # too large to be read at all
        return []
    return [] if any("password" in name for name, _value in fields) else fields


def _is_words(name: str, value: str) -> bool:
    if name in ("once", "sealed", "revision", "client_secret"):
        return False
    return len(value) > SHORT or "\n" in value or (name in WORDS and bool(value.strip()))

"""What somebody typed comes back on every page that could not take it: to copy, to change, to send again.

Our pages are kept by no browser, so "go back" would show an empty form. Nothing is stored here: the words go
back in the answer to whoever sent them. Never shown again: passwords, return phrases, and what another site sent.
"""

from flask import current_app, request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

WORDS = {"text", "words", "title", "summary", "reason", "what", "changes"}  # typed by a person, however short
SHORT = 40  # a longer value was typed by a person and is shown; choices and protective values travel unseen
HEADERS = {"HX-Retarget": "body", "HX-Reswap": "innerHTML"}  # an error page stands alone, never inside a page


def again(*, proven: bool = True, always: bool = False) -> Markup:
    """A form with everything that was typed, ready to be sent once more; empty when there was nothing.

    `proven`: that our own page sent it; else (its protection was too old) only a browser that says so gets the
    button, any other the words to copy. `always`: also when nothing but choices would be lost.
    """
    fields = _typed()
    shown = [(name, value, _is_words(name, value)) for name, value in fields]
    if not any(words for _name, _value, words in shown) and not (always and fields):
        return Markup("")
    may_send = proven or request.headers.get("Sec-Fetch-Site") == "same-origin"
    template = current_app.jinja_env.get_template("parts/kept.html")
    return Markup(template.render(  # noqa: S704
        fields=shown, action=request.full_path.rstrip("?"), token=generate_csrf() if may_send else ""))


def _typed() -> list[tuple[str, str]]:
    from_elsewhere = request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")
    if request.method != "POST" or request.blueprint in (None, "people") or from_elsewhere:
        return []
    try:
        fields = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    except HTTPException:  # too large to be read at all
        return []
    return [] if any("password" in name for name, _value in fields) else fields


def _is_words(name: str, value: str) -> bool:
    if name in ("once", "sealed", "revision", "client_secret"):
        return False
    return len(value) > SHORT or "\n" in value or (name in WORDS and bool(value.strip()))

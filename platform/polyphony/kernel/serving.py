"""What the web server itself says and notes, where the application is not asked.

gunicorn reads this as its configuration (`--config python:polyphony.kernel.serving`). What is no request at all never
reaches the application: without this, the answer to it would carry no headers of ours, and the log would name the
address it came from. A log names nobody here, and no place that somebody asked for: links can be secrets.
"""

from typing import Any

import gunicorn.http.wsgi
import gunicorn.util
from gunicorn.glogging import Logger

from polyphony.kernel.headers import ALWAYS, NOTHING


class Discreet(Logger):
    """The server's log without the address a request came from and without the address it asked for."""

    def warning(self, msg: str, *args: Any, **kw: Any) -> None:
        super().warning(*(("A request that cannot be read was refused.",) if "ip=" in msg else (msg, *args)), **kw)

    def exception(self, msg: str, *args: Any, **kw: Any) -> None:
        super().exception(*(("A request failed.",) if "request" in msg else (msg, *args)), **kw)


def _write_error(sock: Any, status_int: int, reason: str, mesg: str) -> None:
    """One line of text, dressed like every answer; what was sent is not repeated."""
    body = f"{reason}\n".encode("latin-1")
    head = {**ALWAYS, "Content-Security-Policy": NOTHING, "Content-Type": "text/plain; charset=utf-8",
            "Content-Length": str(len(body)), "Cache-Control": "no-store", "Connection": "close"}
    lines = (f"HTTP/1.1 {status_int} {reason}", *(f"{name}: {value}" for name, value in head.items()), "", "")
    gunicorn.util.write_nonblock(sock, "\r\n".join(lines).encode("latin-1") + body)


gunicorn.util.write_error = _write_error
gunicorn.http.wsgi.SERVER = "Polyphony"  # which program and which version is nobody's business
logger_class = Discreet

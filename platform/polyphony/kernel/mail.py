"""E-mail: neutral subjects, plain text, one message per id; into a folder where no mail server is set.

A subject shows on locked screens, so it says nothing of what Polyphony is about. Messages are sent by
the worker alone, which opens the address for that moment.

Each mail goes out once. That a message is handed over is noted in a transaction of its own in the last moment
before its text is sent; a worker killed before is followed by one that sends it, a worker killed after by one that
leaves it. Killed within that moment (a few milliseconds) the message may be missing: the inbox still has the notice,
and a link can be asked for again. What the server refuses in words is never counted as handed over.
"""

import re
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog
from flask import current_app

from polyphony.kernel import clock, edge, once
from polyphony.kernel.jobs import GiveUp, TryLater
from polyphony.kernel.postgres import write_private
from polyphony.settings import Settings, is_loopback

log = structlog.get_logger()
SECONDS = 20
DAYS = 7  # a mail without a mail server stays in its folder; then nobody reads it any more
GO_AHEAD, ACCEPTED = 354, 250


class NotEncrypted(TryLater):
    """The mail server offers no encryption, and addresses and links would travel in the open: the operator must act."""


class ServerAway(TryLater):
    """The mail server is away, or asks for patience."""


class NotTaken(GiveUp):
    """The mail server will never take a message for this address."""


def send(to: str, subject: str, text: str, message_id: str) -> None:
    """Hand one message over; the same `message_id` sent twice is one message.

    Raises ServerAway and NotEncrypted (it was not sent; try again), NotTaken (it never will be).
    """
    settings: Settings = current_app.extensions["settings"]
    message = compose(settings, to, subject, text, message_id)
    if settings.smtp_url:
        _hand_over(settings.smtp_url, message, lambda: _first_time(message_id), lambda: _not_sent(message_id))
    elif settings.mail_folder:
        _keep(settings.mail_folder, message_id, message)


def _first_time(message_id: str) -> bool:
    with edge.aside() as other:
        return once.begin(other, f"mail:{message_id}")


def _not_sent(message_id: str) -> None:
    with edge.aside() as other:
        once.take_back(other, f"mail:{message_id}")


def compose(settings: Settings, to: str, subject: str, text: str, message_id: str) -> EmailMessage:
    """A plain message; a line break in a header is refused by the library."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.mail_from, to, subject
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = f"<{message_id}@{settings.mail_from.rpartition('@')[2] or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text.rstrip() + "\n")
    return message


def link(endpoint: str, **values: Any) -> str:
    """The full address of a page, for a message written outside any request."""
    base = urlsplit(current_app.extensions["settings"].base_url)
    adapter = current_app.url_map.bind(base.netloc, url_scheme=base.scheme)
    return adapter.build(endpoint, values, force_external=True)


def _keep(folder: Path, message_id: str, message: EmailMessage) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = folder / f"{re.sub(r'[^A-Za-z0-9._-]', '-', message_id)}.eml"
    if not place.exists():
        write_private(place, message.as_string())


def forget() -> None:
    """Empty the folder of mails that have lain there long enough, also where a mail server is set by now."""
    settings: Settings = current_app.extensions["settings"]
    before = (clock.now() - timedelta(days=DAYS)).timestamp()
    for each in (settings.mail_folder or settings.var / "mail").glob("*.eml*"):
        with suppress(FileNotFoundError):  # another worker was faster
            if each.stat().st_mtime < before:
                each.unlink()


def _hand_over(url: str, message: EmailMessage, first_time: Callable[[], bool], not_sent: Callable[[], None]) -> None:
    with _server(url) as server:
        _address(server, message)
        if not first_time():
            return
        try:
            _pour(server, message)
        except (ServerAway, NotTaken):
            not_sent()
            raise


@contextmanager
def _server(url: str) -> Iterator[smtplib.SMTP]:
    """A mail server that listens, signed in as the operator wants, and encrypted unless it is on this machine.

    Raises NotEncrypted, and all the server's trouble as ServerAway.
    """
    parts, server = urlsplit(url), None
    host = parts.hostname or "localhost"
    try:
        server = _reach(parts.scheme, host, parts.port)
        encrypted = parts.scheme == "smtps"
        if not encrypted and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
            encrypted = True
        if not encrypted and not is_loopback(host):
            log.error("mail waits", why="the mail server offers no encryption: see POLYPHONY_SMTP_URL", server=host)
            raise NotEncrypted(host)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server
    except (smtplib.SMTPException, OSError) as error:
        raise ServerAway(type(error).__name__) from None  # its words may hold the address
    finally:
        if server is not None:
            server.close()


def _reach(scheme: str, host: str, port: int | None) -> smtplib.SMTP:
    if scheme == "smtps":
        secure = ssl.create_default_context()
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port or 465, timeout=SECONDS, context=secure)
    else:
        server = smtplib.SMTP(host, port or 25, timeout=SECONDS)
    server.ehlo()
    return server


def _address(server: smtplib.SMTP, message: EmailMessage) -> None:
    """Say from whom and to whom; up to here nothing is sent."""
    to = str(message["To"])
    if not to.isascii() and not server.has_extn("smtputf8"):
        raise NotTaken()
    more = [] if to.isascii() else ["SMTPUTF8", "BODY=8BITMIME"]
    code, _said = server.mail(str(message["From"]), more)
    if code != ACCEPTED:
        raise ServerAway(code)
    code, _said = server.rcpt(to)
    if code not in (ACCEPTED, 251):
        raise NotTaken(code) if code >= 500 else ServerAway(code)


def _pour(server: smtplib.SMTP, message: EmailMessage) -> None:
    """Send the text. When the line breaks after its last byte it counts as sent: it may have arrived."""
    policy = SMTP.clone(utf8=True) if not str(message["To"]).isascii() else SMTP.clone(cte_type="7bit")
    lines = re.sub(rb"(?m)^\.", b"..", message.as_bytes(policy=policy))
    try:
        code, _said = server.docmd("DATA")
        if code == GO_AHEAD:
            server.send(lines + b".\r\n")
    except (smtplib.SMTPException, OSError) as error:
        raise ServerAway(type(error).__name__) from None
    if code == GO_AHEAD:
        try:
            code, _said = server.getreply()
        except (smtplib.SMTPException, OSError):
            return
    if code != ACCEPTED:
        raise NotTaken(code) if code >= 500 else ServerAway(code)

"""E-mail: neutral subjects, plain text, one message per id; into a folder where no mail server is set.

A subject shows on locked screens, so it says nothing of what Polyphony is about. Messages are sent by
the worker alone, which opens the address for that moment.
"""

import re
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import current_app

from polyphony.kernel.postgres import write_private
from polyphony.settings import Settings, is_loopback

SECONDS = 20


class NotEncrypted(RuntimeError):
    """The mail server offers no encryption, and a password would travel in the open."""


def send(to: str, subject: str, text: str, message_id: str) -> None:
    """Hand one message over; the same `message_id` written twice into the folder is one message."""
    settings: Settings = current_app.extensions["settings"]
    message = compose(settings, to, subject, text, message_id)
    if settings.smtp_url:
        _hand_over(settings.smtp_url, message)
    elif settings.mail_folder:
        _keep(settings.mail_folder, message_id, message)


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


def _hand_over(url: str, message: EmailMessage) -> None:
    parts = urlsplit(url)
    host, secure = parts.hostname or "localhost", ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=SECONDS, context=secure)
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=SECONDS)
    with server:
        server.ehlo()
        encrypted = parts.scheme == "smtps"
        if not encrypted and server.has_extn("starttls"):
            server.starttls(context=secure)
            server.ehlo()
            encrypted = True
        if parts.username:
            if not encrypted and not is_loopback(host):
                raise NotEncrypted(host)
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)

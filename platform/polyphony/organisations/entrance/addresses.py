"""Which addresses of a provider we call at all: known without loading what calls them."""

from urllib.parse import urlsplit

from flask import current_app

from polyphony.settings import is_loopback


def may_call(address: str) -> bool:
    """Whether this is an address that we call at all: https without tricks, or this machine where the demo may run."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _port = parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment or not address.isascii() or not address.isprintable():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_home() and is_loopback(host))


def is_home() -> bool:
    """Whether this is where the demo may run: one machine."""
    return bool(current_app.extensions["settings"].demo)

"""Calls to a company's provider: https, public addresses, no detours, few bytes, little time.

An administrator types where the provider is, so whoever is one could make this server call anything. Each connection
is looked at before a byte goes out: an address inside the operator's own network is refused. Only where the demo may
run, on one machine, plain http to that machine is allowed.
"""

import ipaddress
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from authlib.integrations.requests_client import OAuth2Session
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from polyphony.organisations.entrance import addresses, rules

CONNECT, READ, WHOLE = 3.0, 4.0, 8.0  # seconds: to connect, between two parts of an answer, for one answer
MOST_BYTES = 256 * 1024
AT_ONCE = 3  # calls of one process at a time: the threads that serve pages must not all wait for somebody else's house
_places = threading.BoundedSemaphore(AT_ONCE)


class Refused(Exception):
    """A call that must not be made, or an answer that must not be read."""


def _look(connection: Any) -> Any:
    """The socket of a new connection, unless it leads into a network that is not the public one."""
    made = connection
    host = ipaddress.ip_address(made.getpeername()[0].split("%")[0])
    host = getattr(host, "ipv4_mapped", None) or host
    if not (host.is_global or (addresses.is_home() and host.is_loopback)):
        made.close()
        raise Refused
    return made


class _Plain(HTTPConnection):
    def _new_conn(self) -> Any:
        return _look(super()._new_conn())


class _Secure(HTTPSConnection):
    def _new_conn(self) -> Any:
        return _look(super()._new_conn())


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class Careful(HTTPAdapter):
    """Carries one request as the sentences above say."""

    def init_poolmanager(self, *args: Any, **kw: Any) -> None:
        super().init_poolmanager(*args, **kw)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def send(self, request: PreparedRequest, *args: Any, **kw: Any) -> Response:
        if not addresses.may_call(request.url or ""):
            raise Refused
        kw.update(stream=True, timeout=(CONNECT, READ), verify=True, proxies={})
        until = time.monotonic() + WHOLE
        response = super().send(request, *args, **kw)
        if 300 <= response.status_code < 400:
            response.close()
            raise Refused
        response._content = _read(response, until)
        response._content_consumed = True
        return response


def _read(response: Response, until: float) -> bytes:
    body = b""
    while part := response.raw.read1(65536, decode_content=False):
        body += part
        if len(body) > MOST_BYTES or time.monotonic() > until:
            response.close()
            raise Refused
    return body


@contextmanager
def line(**client: Any) -> Iterator[OAuth2Session]:
    """A session of Authlib's client on these terms. Raises TooManyAtOnce."""
    if not _places.acquire(blocking=False):
        raise rules.TooManyAtOnce()
    try:
        with OAuth2Session(**client) as made:
            made.trust_env = False  # no proxies, certificates or passwords that happen to lie about
            made.headers["Accept-Encoding"] = "identity"  # nothing that swells when it is unpacked
            made.mount("https://", Careful())
            made.mount("http://", Careful())
            yield made
    finally:
        _places.release()

"""Answers travel compressed: a slow line carries a page in one breath, also without a proxy in front.

A compressed page tells its length, and lengths can betray a secret that stands on it (the BREACH attack). Cookies
that other sites cannot send along unseen are the first wall; padding of random length in the gzip header is the second.
"""

import gzip
import secrets
import struct
import zlib

from flask import Flask, Response, request

KINDS = {"text/html", "text/css", "text/javascript", "application/javascript", "application/json", "image/svg+xml",
         "text/plain", "text/csv"}
SMALL = 600  # bytes: below this, compressing costs more than it saves
LEVEL, PADDING = 6, 96
_kept: dict[tuple[str, str], bytes] = {}


def install(app: Flask) -> None:
    """Compress what the reader's browser takes; call this first, so that it acts last."""

    @app.after_request
    def _squeeze(response: Response) -> Response:
        if response.mimetype not in KINDS or response.status_code in (204, 206, 304) or request.method == "HEAD":
            return response
        response.vary.add("Accept-Encoding")
        if "Content-Encoding" in response.headers or not request.accept_encodings["gzip"]:
            return response
        if request.endpoint == "static":
            return _dressed(response, _static(response))
        if response.is_streamed or response.direct_passthrough or (response.content_length or SMALL) < SMALL:
            return response
        return _dressed(response, padded(response.get_data()))


def padded(body: bytes) -> bytes:
    """The body in gzip's format, with a file name of random length that every reader skips."""
    name = secrets.token_hex(PADDING)[:secrets.randbelow(PADDING)].encode()
    squeezer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return b"".join((b"\x1f\x8b\x08\x08\0\0\0\0\0\xff", name, b"\0", squeezer.compress(body), squeezer.flush(),
                     struct.pack("<LL", zlib.crc32(body), len(body) & 0xFFFFFFFF)))


def _static(response: Response) -> bytes:
    """Static files hold no secret and never change under their address: compressed once, as tightly as can be."""
    response.direct_passthrough = False
    body = response.get_data()
    key = (request.path, response.headers.get("ETag", ""))
    if key not in _kept:
        if len(_kept) > 50:
            _kept.clear()
        _kept[key] = gzip.compress(body, 9, mtime=0)
    return _kept[key]


def _dressed(response: Response, body: bytes) -> Response:
    tag, _ = response.get_etag()
    response.set_data(body)
    response.headers["Content-Encoding"] = "gzip"
    if tag:
        response.set_etag(tag, weak=True)
    return response

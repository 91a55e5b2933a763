"""A scanner for harmful files, where the operator runs one (clamd and whatever speaks its INSTREAM command).

Fails closed: when one is configured and does not clearly say that a file is fine, no file is taken.
"""

import socket
import struct
from urllib.parse import urlsplit

from flask import current_app

from polyphony.uploads.rules import Harmful, NotScanned

PIECE = 64 * 1024
PATIENCE = 30  # seconds
ANSWER = 4096


def scan(data: bytes) -> None:
    """Ask the scanner about a file as it came. Raises Harmful, NotScanned."""
    address = current_app.extensions["settings"].scanner
    if not address:
        return
    try:
        said = ask(address, data)
    except (OSError, ValueError):
        raise NotScanned() from None
    if said.endswith(" FOUND"):
        raise Harmful()
    if said != "stream: OK":
        raise NotScanned()


def ask(address: str, data: bytes) -> str:
    """What the scanner at `unix:/path` or `tcp://host:port` says."""
    with _connected(address) as line:
        line.sendall(b"zINSTREAM\0")
        for start in range(0, len(data), PIECE):
            piece = data[start:start + PIECE]
            line.sendall(struct.pack(">I", len(piece)) + piece)
        line.sendall(struct.pack(">I", 0))
        said = b""
        while len(said) < ANSWER and not said.endswith(b"\0"):
            piece = line.recv(ANSWER)
            if not piece:
                break
            said += piece
    return said.rstrip(b"\0\n").decode("utf-8", "replace")


def _connected(address: str) -> socket.socket:
    parts = urlsplit(address)
    if parts.scheme == "unix":
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(PATIENCE)
        try:
            line.connect(parts.path)
        except OSError:
            line.close()
            raise
        return line
    return socket.create_connection((parts.hostname or "", parts.port or 3310), PATIENCE)

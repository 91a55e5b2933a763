"""A sealed file: parts with names, one after the other, in a stream that nobody can read, change, reorder or cut.

Layout: eight bytes of mark, the length and bytes of the sealed stream key, the stream's header, then messages of
libsodium's secretstream (XChaCha20-Poly1305), each with its length before it. A message begins with one letter:
N a part begins, D its bytes, E the end with what the file is said to hold. The last message carries the final tag, so
a file that was cut off is never taken for whole.
"""

import hashlib
import json
import struct
from collections.abc import Callable, Iterator
from typing import IO, Any

from nacl import bindings as sodium
from nacl.exceptions import CryptoError
from nacl.utils import random

from polyphony.keeping.keys import KeyTrouble

MARK = b"POLYBAK1"
CHUNK = 256 * 1024
FINAL = sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
MESSAGE = sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
HEADER = sodium.crypto_secretstream_xchacha20poly1305_HEADERBYTES
OVERHEAD = sodium.crypto_secretstream_xchacha20poly1305_ABYTES


class Writer:
    """Writes parts in order; nothing is whole before `end`."""

    def __init__(self, file: IO[bytes], seal: Callable[[bytes], bytes]):
        self.file, self.key, self.parts = file, random(32), dict[str, str]()
        sealed = seal(self.key)
        self.state = sodium.crypto_secretstream_xchacha20poly1305_state()
        header = sodium.crypto_secretstream_xchacha20poly1305_init_push(self.state, self.key)
        file.write(MARK + struct.pack(">I", len(sealed)) + sealed + header)

    def part(self, name: str, source: IO[bytes]) -> None:
        """Add everything a source holds under a name."""
        self._push(b"N" + name.encode())
        digest = hashlib.sha256()
        while data := source.read(CHUNK):
            digest.update(data)
            self._push(b"D" + data)
        self.parts[name] = digest.hexdigest()

    def end(self, told: dict[str, Any]) -> None:
        """Close the stream with what the file is said to hold, and the hash of each part."""
        self._push(b"E" + json.dumps({**told, "parts": self.parts}).encode(), FINAL)

    def _push(self, message: bytes, tag: int = MESSAGE) -> None:
        sealed = sodium.crypto_secretstream_xchacha20poly1305_push(self.state, message, None, tag)
        self.file.write(struct.pack(">I", len(sealed)) + sealed)


def sealed_key(file: IO[bytes]) -> bytes:
    """The sealed stream key at the beginning of a file. Raises `KeyTrouble`."""
    if file.read(len(MARK)) != MARK:
        raise KeyTrouble("This file is no backup.")
    return _exactly(file, _length(file, 4096))


def read(file: IO[bytes], key: bytes) -> Iterator[tuple[str, str, bytes]]:
    """After `sealed_key`: (kind, name, bytes) of each message; kind is 'begin', 'data' or 'end'.

    Raises `KeyTrouble` for whatever is not exactly what was written.
    """
    state, name = sodium.crypto_secretstream_xchacha20poly1305_state(), ""
    sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, _exactly(file, HEADER), key)
    while True:
        message, tag = _pull(state, _exactly(file, _length(file, CHUNK + OVERHEAD + 1024 * 1024)))
        kind, body = message[:1], message[1:]
        if kind == b"N":
            name = body.decode()
            yield "begin", name, b""
        elif kind == b"D":
            yield "data", name, body
        if tag == FINAL:
            if kind != b"E" or file.read(1):
                raise KeyTrouble("The backup is damaged.")
            yield "end", "", body
            return


def _pull(state: Any, sealed: bytes) -> tuple[bytes, int]:
    try:
        message, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(state, sealed, None)
        return message, tag
    except (CryptoError, RuntimeError):
        raise KeyTrouble("The backup is damaged, or was changed.") from None


def _length(file: IO[bytes], most: int) -> int:
    (length,) = struct.unpack(">I", _exactly(file, 4))
    if length > most:
        raise KeyTrouble("The backup is damaged.")
    return int(length)


def _exactly(file: IO[bytes], length: int) -> bytes:
    found = file.read(length)
    if len(found) != length:
        raise KeyTrouble("The backup is cut off: it was not written to its end.")
    return found

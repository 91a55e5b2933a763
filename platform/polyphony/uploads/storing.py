"""Where files lie: outside everything the web serves, each under a random key of its own, in pieces that cannot be
exchanged, reordered or cut off unseen (libsodium's secretstream, XChaCha20-Poly1305).

A file lies under the id of its row and carries no time but its day. Its plain bytes never touch the disk.
"""

import os
import secrets
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from flask import current_app
from nacl import bindings as sodium
from nacl.exceptions import CryptoError

from polyphony.uploads.rules import Damaged, NoRoom

PIECE = 64 * 1024
SEALED_PIECE = PIECE + sodium.crypto_secretstream_xchacha20poly1305_ABYTES
LAST = sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
MORE = sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
HEADER = sodium.crypto_secretstream_xchacha20poly1305_HEADERBYTES
FRESH = ".new"  # not yet written anew by the chore that takes times and places away


def folder() -> Path:
    """The folder of all files, for this process's user alone."""
    place: Path = current_app.extensions["settings"].var / "uploads"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def put(id: uuid.UUID, body: bytes) -> bytes:
    """Seal a file under a new key and answer the key. Raises NoRoom, and then leaves nothing."""
    key = secrets.token_bytes(sodium.crypto_secretstream_xchacha20poly1305_KEYBYTES)
    try:
        write(folder() / f"{id}{FRESH}", sealed(key, id, body))
    except OSError:
        raise NoRoom() from None
    return key


def write(place: Path, pieces: Iterator[bytes]) -> None:
    """All pieces, or no file: written beside its place, then moved there; its time says nothing."""
    beside = place.with_suffix(f".{secrets.token_hex(6)}.part")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        os.utime(beside, (0, 0))
        os.replace(beside, place)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def sealed(key: bytes, id: uuid.UUID, body: bytes) -> Iterator[bytes]:
    """The file in sealed pieces, bound to its row."""
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    yield sodium.crypto_secretstream_xchacha20poly1305_init_push(state, key)
    for start in range(0, len(body), PIECE):
        tag = LAST if start + PIECE >= len(body) else MORE
        yield sodium.crypto_secretstream_xchacha20poly1305_push(state, body[start:start + PIECE], id.bytes, tag)


def whole(id: uuid.UUID, key: bytes) -> bytes | None:
    """The plain file, or None where it is lost. Raises Damaged where it is not what was put there."""
    for place in (folder() / str(id), folder() / f"{id}{FRESH}"):  # as the chore wrote it anew, or as it was put
        with suppress(FileNotFoundError), place.open("rb") as file:
            return b"".join(_opened(file, id, key))
    return None


def _opened(file: IO[bytes], id: uuid.UUID, key: bytes) -> Iterator[bytes]:
    state, tag = sodium.crypto_secretstream_xchacha20poly1305_state(), MORE
    try:
        sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, file.read(HEADER), key)
        while piece := file.read(SEALED_PIECE):
            if tag == LAST:
                raise Damaged
            plain, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(state, piece, id.bytes)
            yield plain
    except (CryptoError, ValueError, RuntimeError):
        raise Damaged from None
    if tag != LAST:
        raise Damaged

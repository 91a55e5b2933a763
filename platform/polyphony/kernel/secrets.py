"""Secrets as they rest: addresses as keyed hash and ciphertext, passwords and phrases as slow verifiers.

The database never sees a password or phrase: Python derives 32 bytes with Argon2id (RFC 9106), and
only the SHA-256 of them is stored and compared inside the database. So a session can be started only
by somebody who knows the secret, even through an SQL injection, and a stolen dump opens nothing.
"""

import base64
import hashlib
import hmac
import secrets
import threading
import time
import unicodedata
import uuid

from argon2.low_level import Type, hash_secret_raw
from flask import current_app
from nacl.exceptions import CryptoError as CryptoError
from nacl.secret import Aead

from polyphony.kernel.locale import lazy
from polyphony.kernel.refusals import Refusal

TOKEN_BYTES = 32
LONGEST_REST = 0.25  # seconds between two derivations while others wait
WAITING = 2  # attempts with a phrase that may wait in one process for the one before
_one_phrase_at_a_time, _places = threading.Lock(), threading.Semaphore(WAITING + 1)


class TooBusy(Refusal):
    """Others are being let in; the threads that serve pages must not all wait with them."""

    status, wait = 429, 10
    message = lazy("Many people come back at this moment. Please try again in a few seconds.")
    help = lazy("What you typed is still here.")


def token() -> bytes:
    """A fresh random secret for a session or link."""
    return secrets.token_bytes(TOKEN_BYTES)


def digest(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()


def text_of(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).decode().rstrip("=")


def bytes_of(text: str) -> bytes:
    """The secret in a link or cookie; empty when it is not one (so that it opens nothing)."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, UnicodeEncodeError):
        return b""


def _settings():  # type: ignore[no-untyped-def]
    return current_app.extensions["settings"]


def same_address(address: str) -> str:
    """One spelling per mailbox: trimmed, NFKC, lower case."""
    return unicodedata.normalize("NFKC", address).strip().lower()


def address_hash(address: str) -> bytes:
    """Keyed hash by which an account is looked up; useless without the key outside the database."""
    return hmac.digest(_settings().address_hash_key, same_address(address).encode(), "sha256")


def keyed(kind: str, *parts: uuid.UUID | str) -> bytes:
    """A name for things that belong together, made with the key outside the database: useless without it."""
    said = "|".join(["polyphony", kind, *map(str, parts)])
    return hmac.digest(_settings().address_hash_key, said.encode(), "sha256")


def seal_address(address: str, owner: uuid.UUID) -> bytes:
    """E-mail address as AEAD ciphertext (XChaCha20-Poly1305), bound to the row it belongs to."""
    return bytes(Aead(_settings().address_cipher_key).encrypt(address.strip().encode(), owner.bytes))


def open_address(sealed: bytes, owner: uuid.UUID) -> str:
    return Aead(_settings().address_cipher_key).decrypt(sealed, owner.bytes).decode()


def derive_password(password: str, salt: bytes) -> bytes:
    """32 bytes from a password (Argon2id, RFC 9106 second recommended option: 64 MiB, 3 passes).

    Tests and the demo may lower the memory through the settings; production refuses that.
    """
    cost = _settings().argon2_memory
    return hash_secret_raw(unicodedata.normalize("NFC", password).encode(), salt, time_cost=3, memory_cost=cost,
                           parallelism=1, hash_len=32, type=Type.ID)


def derive_phrase(words: list[str]) -> bytes:
    """32 bytes from a return phrase, the deployment secret as salt, so that it can be looked up.

    One derivation per attempt, found or not, and one at a time per process: who guesses waits. Raises TooBusy.
    """
    settings = _settings()
    if not _places.acquire(blocking=False):
        raise TooBusy()
    try:
        with _one_phrase_at_a_time:
            began = time.monotonic()
            derived = hash_secret_raw(" ".join(words).encode(), settings.phrase_salt, time_cost=3,
                                      memory_cost=settings.argon2_memory, parallelism=1, hash_len=32, type=Type.ID)
            if _places._value < WAITING:  # others wait: the pages that are served meanwhile have their turn first
                time.sleep(min(time.monotonic() - began, LONGEST_REST))
            return derived
    finally:
        _places.release()


def link_token(kind: str, owner: uuid.UUID) -> bytes:
    """The secret in a mailed link, derived from the row's id and the deployment secret.

    The row stores its hash; the worker that mails it derives it again, so it never rests anywhere.
    """
    key = _settings().secret_key.encode()
    return hmac.digest(key, f"{kind}:{owner}".encode(), "sha256")

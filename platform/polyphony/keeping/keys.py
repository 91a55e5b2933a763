"""The offline key of backups: its public half seals, its private half rests in a file behind a passphrase."""

import json
from pathlib import Path

from argon2.low_level import Type, hash_secret_raw
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.secret import SecretBox
from nacl.utils import random

MEMORY, PASSES = 65536, 3  # KiB and passes of Argon2id (RFC 9106, second recommended option)
SHORTEST = 12  # characters of a passphrase, as for the keyholders' keys
MARK = "polyphony backup key 1"


class KeyTrouble(Exception):
    """A key, a passphrase or a sealed file does not fit; the sentence says which."""


def make(passphrase: str) -> tuple[str, str]:
    """A new key pair: the public key in hexadecimal, and the text of the private key's file. Raises KeyTrouble."""
    if len(passphrase) < SHORTEST:
        raise KeyTrouble(f"A passphrase needs at least {SHORTEST} characters. Five words chosen by dice are good.")
    private, salt = PrivateKey.generate(), random(16)
    sealed = SecretBox(_derive(passphrase, salt)).encrypt(bytes(private))
    public = bytes(private.public_key).hex()
    return public, json.dumps({"what": MARK, "public": public, "salt": salt.hex(), "sealed": sealed.hex()}, indent=1)


def open_file(path: Path, passphrase: str) -> PrivateKey:
    """The private key out of its file. Raises `KeyTrouble`."""
    try:
        kept = json.loads(path.read_text("utf-8"))
        if kept["what"] != MARK:
            raise KeyTrouble("This file is no backup key.")
        box = SecretBox(_derive(passphrase, bytes.fromhex(kept["salt"])))
        return PrivateKey(box.decrypt(bytes.fromhex(kept["sealed"])))
    except CryptoError:
        raise KeyTrouble("The passphrase does not open this key.") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise KeyTrouble("This file is no backup key.") from None


def seal(secret: bytes, public: str) -> bytes:
    """A secret for the holder of the private key alone. Raises `KeyTrouble`."""
    try:
        return bytes(SealedBox(PublicKey(bytes.fromhex(public))).encrypt(secret))
    except (ValueError, CryptoError, TypeError):
        raise KeyTrouble("This is no public key: it has 64 hexadecimal digits.") from None


def unseal(sealed: bytes, private: PrivateKey) -> bytes:
    """The secret again. Raises `KeyTrouble`."""
    try:
        return bytes(SealedBox(private).decrypt(sealed))
    except CryptoError:
        raise KeyTrouble("This backup was sealed to another key.") from None


def _derive(passphrase: str, salt: bytes) -> bytes:
    return hash_secret_raw(passphrase.encode(), salt, time_cost=PASSES, memory_cost=MEMORY, parallelism=1,
                           hash_len=SecretBox.KEY_SIZE, type=Type.ID)

"""Sealing: this server can write an identity and can never read it.

Each record has a random key of its own. It encrypts the record, bound to its row, the version of its fields and the
consent (XChaCha20-Poly1305); then it is split among the keyholders, each share sealed to one keyholder's public key,
and forgotten. So one opening gives away one record and nothing else. What is exchanged afterwards is armoured text,
put together here and opened by the offline tool alone.
"""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nacl.secret import Aead

from polyphony.vault import keyholder
from polyphony.vault.keyholder import Damaged, DoNotFit, armour, b64, dearmour, one, raw

SCHEMA = 1  # the version of the fields below; ciphertext is bound to it
FIELDS = ("name", "contact", "safe_way")
PADDING = 1024


@dataclass(frozen=True)
class Sealed:
    """A record as it is stored: ciphertext, and one sealed share for each keyholder, in the order of their keys."""

    ciphertext: bytes
    shares: list[bytes]


def seal(told: dict[str, str], *, record: str, consent: str, needs: int, keys: list[bytes]) -> Sealed:
    """Seal what somebody leaves with the keyholders. Its length tells no more than a multiple of 1,024 bytes."""
    plain = json.dumps({name: told.get(name, "") for name in FIELDS}, ensure_ascii=False).encode()
    secret = secrets.token_bytes(Aead.KEY_SIZE)
    about = keyholder.bound(record, SCHEMA, consent)
    ciphertext = bytes(Aead(secret).encrypt(plain + b" " * (-len(plain) % PADDING), about))
    return Sealed(ciphertext, keyholder.share_out(secret, record=record, needs=needs, keys=keys))


@dataclass(frozen=True)
class Asked:
    """One opening as its texts name it: who asks, why, for which key, between which times."""

    opening: str
    to: bytes
    who: str
    reason: str
    made: datetime
    until: datetime

    def times(self) -> dict[str, str]:
        return {"made": self.made.isoformat(timespec="minutes"), "until": self.until.isoformat(timespec="minutes")}


def share_request(asked: Asked, *, key: bytes, shares: Iterable[tuple[str, bytes]]) -> str:
    """What one keyholder takes to her offline tool: the request, and her sealed shares as (record, share)."""
    given = [{"record": record, "sealed": b64(sealed)} for record, sealed in shares]
    return armour(keyholder.REQUEST, {"opening": asked.opening, "to": b64(asked.to), "who": asked.who,
                                      "reason": asked.reason, "key": b64(key), "shares": given, **asked.times()})


def released(text: str, *, asked: Asked, key: bytes, count: int = 1) -> str:
    """What a keyholder hands back, if it is hers and belongs to this request; sealed to the requester.

    Raises DoNotFit and what `dearmour` raises. What lies inside only the requester's tool can judge.
    """
    fields = dearmour(text, keyholder.RELEASED)
    if (fields.get("opening"), fields.get("to"), fields.get("from")) != (asked.opening, b64(asked.to), b64(key)):
        raise DoNotFit()
    shares = one(fields, "shares", list)
    if len(shares) != count or set(fields) != {"opening", "to", "from", "shares"}:
        raise Damaged()
    for share in shares:
        raw(share)
    return armour(keyholder.RELEASED, fields)


def record_text(asked: Asked, *, record: str, consent: str, schema: int, needs: int, ciphertext: bytes,
                released: Iterable[str]) -> str:
    """What the requester takes to her offline tool: the sealed record, then the released shares."""
    head = armour(keyholder.RECORD, {"opening": asked.opening, "to": b64(asked.to), "record": record, "schema": schema,
                                     "consent": consent, "needs": needs, "sealed": b64(ciphertext), **asked.times()})
    return "\n".join([head, *released])


def reshare_order(asked: Asked, *, records: Iterable[str], needs: int, keys: list[bytes],
                  released: Iterable[str]) -> str:
    """What makes new shares for a new set of keyholders: the order, then the released old shares."""
    head = armour(keyholder.ORDER, {"opening": asked.opening, "to": b64(asked.to), "records": sorted(records),
                                    "needs": needs, "keys": [b64(key) for key in keys], **asked.times()})
    return "\n".join([head, *released])


def new_shares(text: str, *, asked: Asked, records: Iterable[str], needs: int, keys: list[bytes]
               ) -> dict[str, list[bytes]]:
    """New sealed shares by record, if they cover these records and are for these keys. Raises DoNotFit, Damaged."""
    fields = dearmour(text, keyholder.NEW)
    wanted: tuple[Any, ...] = (asked.opening, needs, [b64(key) for key in keys])
    if (fields.get("opening"), fields.get("needs"), fields.get("keys")) != wanted:
        raise DoNotFit()
    made = {}
    for each in one(fields, "records", list):
        if not isinstance(each, dict):
            raise Damaged()
        made[one(each, "record")] = [raw(share) for share in one(each, "shares", list)]
    wanted_records = set(records)  # one may have been withdrawn since; none may be missing
    if not wanted_records <= set(made) or any(len(shares) != len(keys) for shares in made.values()):
        raise DoNotFit()
    return {record: shares for record, shares in made.items() if record in wanted_records}

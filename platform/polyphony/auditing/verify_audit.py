"""`polyphony verify-audit FILE`: whether an audit that somebody took away still is what it was.

This one file stands alone: it needs Python and PyNaCl and nothing of the platform whose audit it judges.
Run it as `python verify_audit.py FILE [--earlier OLDER_FILE] [--key HEX …]`.

The file holds one JSON value a line: what it is; every link of the chain with the content of its row, or only
the hash of that content where its reader may not see it; the signed head of every day; and how many links there are.
A link's hash is SHA-256 of the hash before and the content's hash (SHA-256 of its canonical JSON); the first one
stands on 32 zero bytes. A head is an Ed25519 signature (RFC 8032) over the day, the number and the hash of a link.
A head proves what stands up to its link. Links after the newest head prove nothing yet, and a chain without any head
nothing at all. Whoever writes the database can take heads away and make the links anew: that shows as days without a
head, and for certain only beside a head or a file taken earlier. Keep yours.
"""

import argparse
import hashlib
import json
import sys
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

FORMAT, VERSION = "polyphony-audit", 1
ROOT = b"\0" * 32
DAYS = 2  # that may pass from one head to the next: the day that it ends, and one before which everything stood still


def message(day: str, link: int, hash: str) -> bytes:
    """What a head signs."""
    return f"polyphony audit head 1\n{day}\n{link}\n{hash}\n".encode()


@dataclass
class Audit:
    """A file, read: its links as hashes, its heads, and what is wrong with it."""

    links: list[str] = field(default_factory=list)
    days: dict[str, int] = field(default_factory=dict)  # the last link with a row of each day
    heads: dict[str, tuple[int, str]] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    readable: int = 0
    wrong: list[str] = field(default_factory=list)


def read(lines: Iterable[str]) -> Audit:
    """Check every line of a file against the one before; never stops at the first fault."""
    found, link, ended = Audit(), ROOT, False
    for number, line in enumerate(lines, start=1):
        try:
            told = json.loads(line)
            if number == 1:
                _begin(found, told)
            elif "link" in told and "head" not in told:
                link = _link(found, told, link)
            elif "head" in told:
                _head(found, told)
            elif "end" in told:
                ended = True
                _end(found, told)
            else:
                raise KeyError("link")
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, OSError):
            found.wrong.append(f"line {number} cannot be read")
    if not ended:
        found.wrong.append("the end of the file is missing")
    _heads(found)
    return found


def _begin(found: Audit, told: dict[str, Any]) -> None:
    if told["format"] != FORMAT or told["version"] != VERSION:
        found.wrong.append(f"this is no audit of version {VERSION}")


def _link(found: Audit, told: dict[str, Any], before: bytes) -> bytes:
    number, expected = told["link"], len(found.links) + 1
    if "row" in told:
        canonical = json.dumps(told["row"], sort_keys=True, ensure_ascii=False).encode()
        content = hashlib.sha256(canonical).digest()
        found.readable += 1
        found.days[datetime.fromtimestamp(told["row"][1], UTC).date().isoformat()] = number
    else:
        content = bytes.fromhex(told["content"])
    link = hashlib.sha256(before + content).digest()
    if number != expected:
        found.wrong.append(f"link {expected} is missing or out of order: {number} stands in its place")
    elif link.hex() != told["hash"]:
        found.wrong.append(f"link {number} does not fit: its row, or one before it, was changed")
    found.links.append(told["hash"])
    return bytes.fromhex(told["hash"])


def _head(found: Audit, told: dict[str, Any]) -> None:
    day, link, hash = str(told["head"]), int(told["link"]), str(told["hash"])
    try:
        VerifyKey(bytes.fromhex(told["key"])).verify(message(day, link, hash), bytes.fromhex(told["signature"]))
    except (BadSignatureError, ValueError):
        found.wrong.append(f"the head of {day} is not signed as it should be")
        return
    found.keys.add(told["key"])
    found.heads[day] = (link, hash)


def _end(found: Audit, told: dict[str, Any]) -> None:
    if told["end"] != len(found.links):
        found.wrong.append(f"the file says {told['end']} links, and holds {len(found.links)}")


def _heads(found: Audit) -> None:
    for day, (link, hash) in sorted(found.heads.items()):
        if link > len(found.links):
            found.wrong.append(f"links {len(found.links) + 1} to {link}, signed on {day}, are missing")
        elif link and found.links[link - 1] != hash:
            found.wrong.append(f"the head of {day} names another link {link} than stands here")
    found.wrong += unsigned(found.days, [link for link, _ in found.heads.values()])
    if not found.heads:
        found.wrong.append("no head is in it, so nothing proves that this chain was not made anew")


def unsigned(days: Mapping[str, int], heads: Iterable[int]) -> list[str]:
    """Where heads are missing: from each head to the next there are rows of a day, or of two where all stood still.

    Given are the last link of each day that has rows, and the links of the heads. A day without rows needs no head.
    """
    ends, between = sorted(set(heads)), dict[int, list[str]]()
    for day, link in sorted(days.items()):
        between.setdefault(bisect_left(ends, link), []).append(day)
    return [f"no head from {each[0]} to {each[-1]}, on {len(each)} days with rows"
            for _, each in sorted(between.items()) if len(each) > DAYS]


def compare(now: Audit, earlier: Audit) -> list[str]:
    """What an earlier file knew and the present one no longer says."""
    wrong = []
    if len(now.links) < len(earlier.links):
        wrong.append(f"links {len(now.links) + 1} to {len(earlier.links)} were there earlier and are missing")
    differs = next((n for n, (a, b) in enumerate(zip(now.links, earlier.links, strict=False), start=1) if a != b), None)
    if differs:
        wrong.append(f"from link {differs} on it is another chain than earlier")
    wrong += [f"the head of {day} was another earlier, or is gone" for day, head in sorted(earlier.heads.items())
              if now.heads.get(day) != head]
    return wrong


def main(words: list[str] | None = None) -> int:
    """Exit status 0 when nothing is wrong, 1 otherwise, 2 when a file cannot be opened."""
    asked = argparse.ArgumentParser(prog="verify-audit", description="Check an audit that was taken away.")
    asked.add_argument("file", type=Path)
    asked.add_argument("--earlier", type=Path, help="a file taken earlier, which the new one must continue")
    asked.add_argument("--key", action="append",
                       help="the platform's public key, as its page tells it; once for each, where it was replaced")
    given = asked.parse_args(words)
    try:
        found = read(given.file.read_text("utf-8").splitlines())
        wrong = found.wrong + (compare(found, read(given.earlier.read_text("utf-8").splitlines()))
                               if given.earlier else [])
    except (OSError, UnicodeDecodeError) as error:
        print(f"The file cannot be read: {error}", file=sys.stderr)
        return 2
    if given.key and not found.keys <= {key.lower() for key in given.key}:
        wrong.append("the heads are not signed with the key you gave")
    last = max((link for link, _ in found.heads.values()), default=0)
    print(f"{len(found.links)} links, {found.readable} of them with their rows; {len(found.heads)} signed heads, "
          f"the newest at link {last}.")
    if len(found.links) > last:
        print(f"Nothing is signed after link {last} yet: the newest {len(found.links) - last} links prove nothing.")
    for key in sorted(found.keys):
        print(f"Signed with {key}. Compare it with the key you wrote down.")
    for each in wrong:
        print(f"WRONG: {each}")
    print("Nothing is wrong." if not wrong else f"{len(wrong)} things are wrong.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

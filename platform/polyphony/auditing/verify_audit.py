"""`polyphony verify-audit FILE`: whether an audit that somebody took away still is what it was.

This one file stands alone: it needs Python and PyNaCl and nothing of the platform whose audit it judges.
Run it as `python verify_audit.py FILE [--earlier OLDER_FILE] [--key HEX]`.

The file holds one JSON value a line: what it is; every link of the chain with the content of its row, or only
the hash of that content where its reader may not see it; the signed head of every day; and how many links there are.
A link's hash is SHA-256 of the hash before and the content's hash (SHA-256 of its canonical JSON); the first one
stands on 32 zero bytes. A head is an Ed25519 signature (RFC 8032) over the day, the number and the hash of a link.
What was cut off after the newest head shows only beside a file taken earlier: keep yours.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

FORMAT, VERSION = "polyphony-audit", 1
ROOT = b"\0" * 32


def message(day: str, link: int, hash: str) -> bytes:
    """What a head signs."""
    return f"polyphony audit head 1\n{day}\n{link}\n{hash}\n".encode()


@dataclass
class Audit:
    """A file, read: its links as hashes, its heads, and what is wrong with it."""

    links: list[str] = field(default_factory=list)
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
        except (ValueError, KeyError, TypeError, AttributeError):
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
    asked.add_argument("--key", help="the platform's public key, as its page tells it")
    given = asked.parse_args(words)
    try:
        found = read(given.file.read_text("utf-8").splitlines())
        wrong = found.wrong + (compare(found, read(given.earlier.read_text("utf-8").splitlines()))
                               if given.earlier else [])
    except (OSError, UnicodeDecodeError) as error:
        print(f"The file cannot be read: {error}", file=sys.stderr)
        return 2
    if given.key and found.keys != {given.key.lower()}:
        wrong.append("the heads are not signed with the key you gave")
    last = max((link for link, _ in found.heads.values()), default=0)
    print(f"{len(found.links)} links, {found.readable} of them with their rows; {len(found.heads)} signed heads, "
          f"the newest at link {last}.")
    for key in sorted(found.keys):
        print(f"Signed with {key}. Compare it with the key you wrote down.")
    for each in wrong:
        print(f"WRONG: {each}")
    print("Nothing is wrong." if not wrong else f"{len(wrong)} things are wrong.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""What a browser does with the short sum of a page."""

import hashlib
import itertools
import re

QUESTION = re.compile(r'name="sum" value="([^"]*)"')


def solve(question: str) -> str:
    """A number that answers it, as the browser would find one."""
    _door, nonce, _at, _wait, bits, _seal = question.split(".")
    return next(str(n) for n in itertools.count()
                if int.from_bytes(hashlib.sha256(f"{nonce}.{n}".encode()).digest()[:4], "big") >> (32 - int(bits)) == 0)


def question_on(text: str) -> str:
    return QUESTION.findall(text)[0]

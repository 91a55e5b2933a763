"""A fax (JBIG2) inside a PDF, written anew part by part, without notes and without what stands behind its end.

Source: ITU-T T.88, 7.2 (heads of parts) and 7.3 (kinds of parts); ISO 32000-1, 7.4.7 (what a PDF leaves out).
"""

import struct
from collections.abc import Iterator

from polyphony.uploads.cleaning import verdicts
from polyphony.uploads.cleaning.verdicts import Unclean

_NEEDED = {0, 4, 6, 7, 16, 20, 22, 23, 36, 38, 39, 40, 42, 43, 48, 50, 53}  # signs, patterns, light, sizes, tables
_TOLD = {49, 51, 52, 62}  # ends, kinds of readers, notes: not needed
_UNTOLD = 0xFFFFFFFF


def bare(fax: bytes) -> bytes:
    """The parts that the light needs. Raises Unclean."""
    return b"".join(part for kind, part in _parts(fax) if kind in _NEEDED)


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place < len(data) and data[place:].strip(b"\0\r\n"):
        kind, begin, size = _head(data, place)
        if kind not in _NEEDED | _TOLD or size == _UNTOLD:
            raise Unclean(verdicts.INSIDE)
        if begin + size > len(data):
            raise Unclean(verdicts.BROKEN)
        yield kind, data[place:begin + size]
        place = begin + size
        if kind in (49, 51):
            return


def _head(data: bytes, place: int) -> tuple[int, int, int]:
    """(kind, where the body begins, its length) of the part at this place. Raises Unclean."""
    try:
        number, flags, short = struct.unpack_from(">IBB", data, place)
        many, at = short >> 5, place + 6
        if many > 4:
            many = struct.unpack_from(">I", data, place + 5)[0] & 0x1FFFFFFF
            at = place + 9 + many // 8 + 1
        at += many * (1 if number <= 256 else 2 if number <= 65_536 else 4) + (4 if flags & 0x40 else 1)
        return flags & 0x3F, at + 4, struct.unpack_from(">I", data, at)[0]
    except struct.error:
        raise Unclean(verdicts.BROKEN) from None

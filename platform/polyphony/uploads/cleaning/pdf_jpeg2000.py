"""A JPEG 2000 written anew from what its light needs: boxes of sizes and colours, and the light without comments.

Source: ISO/IEC 15444-1, annex A (marks of the light) and annex I (boxes).
"""

import struct
from collections.abc import Iterator

from polyphony.uploads.cleaning import limits, verdicts
from polyphony.uploads.cleaning.verdicts import Unclean

_LIGHT = b"\xff\x4f\xff\x51"
_SIGNATURE = (b"jP  ", b"\r\n\x87\n")
_KIND = (b"ftyp", b"jp2 \0\0\0\0jp2 ")
_HEADER, _STREAM = b"jp2h", b"jp2c"
_SIZES, _TILE, _DATA, _END = 0xFF51, 0xFF90, 0xFF93, 0xFFD9
_NEEDED = {0xFF52, 0xFF53, 0xFF5C, 0xFF5D, 0xFF5E, 0xFF5F}  # COD, COC, QCD, QCC, RGN, POC
_TOLD = {0xFF55, 0xFF57, 0xFF58, 0xFF63, 0xFF64}  # lengths told beforehand, where points lie, comments: not needed
_COMMON = {1: 17, 2: 17, 3: 16, 4: 12}  # parts of the colours → grey, screens, print


def bare(picture: bytes) -> bytes:
    """The same light and nothing that is not needed to see it. Raises Unclean."""
    if picture.startswith(_LIGHT):
        return _light(picture)
    header = light = b""
    for kind, body in _boxes(picture):
        if kind == _HEADER and not header:
            header = _header(body)
        elif kind == _STREAM and not light:
            light = _light(body)
    if not header or not light:
        raise Unclean(verdicts.BROKEN)
    return b"".join(_box(*each) for each in (_SIGNATURE, _KIND, (_HEADER, header), (_STREAM, light)))


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 0
    while place + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[place:place + 8])
        head = 8
        if size == 1 and place + 16 <= len(data):
            size, head = struct.unpack(">Q", data[place + 8:place + 16])[0], 16
        size = size or len(data) - place
        _ensure(head <= size <= len(data) - place)
        yield kind, data[place + head:place + size]
        place += size


def _header(body: bytes) -> bytes:
    """Sizes, and what colours mean; each of just the length that it must have."""
    found: dict[bytes, bytes] = {}
    for kind, each in _boxes(body):
        found.setdefault(kind, each)
    sizes = found.get(b"ihdr", b"")
    _ensure(len(sizes) == 14)
    parts, columns = int.from_bytes(sizes[8:10]), found.get(b"pclr", b"")
    kept = [(b"ihdr", sizes)]
    if b"bpcc" in found:
        _ensure(len(found[b"bpcc"]) == parts)
        kept.append((b"bpcc", found[b"bpcc"]))
    meant = found.get(b"cdef", b"")
    shades = sum(meant[at:at + 2] == b"\0\0" for at in range(4, len(meant), 6))
    kept.append((b"colr", _colours(found.get(b"colr", b""), shades or (columns[2] if len(columns) > 2 else parts))))
    if columns:
        places = found.get(b"cmap", b"")
        _ensure(len(columns) == _length_of_palette(columns) and bool(places) and len(places) % 4 == 0)
        kept += [(b"pclr", columns), (b"cmap", places)]
    if meant:
        _ensure(len(meant) == 2 + 6 * int.from_bytes(meant[:2]))
        kept.append((b"cdef", meant))
    return b"".join(_box(*each) for each in kept)


def _colours(told: bytes, parts: int) -> bytes:
    """The colours by their common number; a profile tells the camera it was made for, so the common ones do."""
    number = int.from_bytes(told[3:7]) if told[:1] == b"\1" and len(told) == 7 else _COMMON.get(parts)
    if number is None:
        raise Unclean(verdicts.INSIDE)
    return b"\1\0\0" + struct.pack(">I", number)


def _length_of_palette(columns: bytes) -> int:
    _ensure(len(columns) > 3)
    rows, wide = int.from_bytes(columns[:2]), columns[2]
    return 3 + wide + rows * sum(((each & 0x7F) + 8) // 8 for each in columns[3:3 + wide])


def _light(data: bytes) -> bytes:
    """The light itself, tile by tile, without its comments and without what stands behind its end."""
    _ensure(data.startswith(_LIGHT))
    kept, place = _marks(data, 2, _TILE, {*_NEEDED, _SIZES})
    _ensure_small(data[4:])
    out = [data[:2], kept]
    while int.from_bytes(data[place:place + 2]) == _TILE:
        _ensure(place + 12 <= len(data) and data[place + 2:place + 4] == b"\0\x0a")
        number, size, part, parts = struct.unpack(">HIBB", data[place + 4:place + 12])
        end = place + size if size else _without_end(data)
        marks, begin = _marks(data, place + 12, _DATA, _NEEDED)
        _ensure(begin + 2 <= end <= len(data))
        points = data[begin:end]
        size = 12 + len(marks) + len(points)
        out.append(struct.pack(">HHHIBB", _TILE, 10, number, size, part, parts) + marks + points)
        place = end
    _ensure(len(out) > 2)
    return b"".join([*out, b"\xff\xd9"])


def _without_end(data: bytes) -> int:
    return len(data) - 2 if data.endswith(b"\xff\xd9") else len(data)


def _marks(data: bytes, place: int, until: int, needed: set[int]) -> tuple[bytes, int]:
    """(the marks that are needed, where the one behind them stands). Raises Unclean for marks nobody knows."""
    kept = []
    while (mark := int.from_bytes(data[place:place + 2])) != until:
        size = int.from_bytes(data[place + 2:place + 4])
        _ensure(size >= 2 and place + 2 + size <= len(data))
        if mark in needed:
            kept.append(data[place:place + 2 + size])
        elif mark not in _TOLD:
            raise Unclean(verdicts.INSIDE)
        place += 2 + size
    return b"".join(kept), place


def _ensure_small(sizes: bytes) -> None:
    """What the light itself says of its size, whatever the page says. Raises Unclean."""
    _ensure(len(sizes) >= 38)
    size, _can, wide, high, left, top = struct.unpack(">HHIIII", sizes[:20])
    _ensure(size == 38 + 3 * int.from_bytes(sizes[36:38]) and wide > left and high > top)
    if (wide - left) * (high - top) > 2 * limits.PIXELS:
        raise Unclean(verdicts.TOO_MUCH)


def _ensure(holds: bool) -> None:
    if not holds:
        raise Unclean(verdicts.BROKEN)

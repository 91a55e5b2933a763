"""A JPEG written anew from what its light needs: sizes, the tables in use, the light itself, how colours are meant.

Source: ITU-T T.81, annex B (marks and tables), annex F and G (which table a scan uses).
"""

import struct
from dataclasses import dataclass, field

from polyphony.uploads.cleaning import limits, verdicts
from polyphony.uploads.cleaning.verdicts import Unclean

_START, _END = b"\xff\xd8", b"\xff\xd9"
_ALONE = {0x01, *range(0xD0, 0xD8)}  # marks without content
_FRAMES = {0xC0, 0xC1, 0xC2}  # the ways of packing that programs for PDF read
_OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, *range(0xC9, 0xCC), 0xCD, 0xCE, 0xCF}
_HUFFMAN, _STEPS, _RESTART, _SCAN, _STOP, _COLOURS = 0xC4, 0xDB, 0xDD, 0xDA, 0xD9, 0xEE
_PROGRESSIVE = 0xC2
_LARGEST = {8: 10, 12: 14}  # bits of one number of light, by the bits of a point


def bare(jpeg: bytes) -> bytes:
    """The same light without notes, tables that nothing uses, or anything behind its end. Raises Unclean."""
    place = jpeg.find(_START) + 2
    if place < 2:
        raise Unclean(verdicts.BROKEN)
    picture = _Picture()
    while place + 1 < len(jpeg):
        mark = jpeg[place + 1] if jpeg[place] == 0xFF else 0
        if mark in (0, 0xFF):
            place += 1  # filling, or stray bytes: the next mark counts
        elif mark == _STOP:
            break
        elif mark in _ALONE:
            place += 2
        else:
            end = _end_of(jpeg, place)
            behind = _end_of_light(jpeg, end) if mark == _SCAN else end
            picture.take(mark, jpeg[place + 4:end], jpeg[end:behind])
            place = behind
    if not picture.seen:
        raise Unclean(verdicts.BROKEN)
    return b"".join([_START, *picture.kept, _END])  # cut off on the way: shown as far as it goes


def _end_of(jpeg: bytes, place: int) -> int:
    if place + 4 > len(jpeg):
        raise Unclean(verdicts.BROKEN)
    end = place + 2 + int(struct.unpack(">H", jpeg[place + 2:place + 4])[0])
    if end > len(jpeg) or end < place + 4:
        raise Unclean(verdicts.BROKEN)
    return end


def _end_of_light(jpeg: bytes, place: int) -> int:
    """Where the next mark begins behind the light itself."""
    while True:
        place = jpeg.find(b"\xff", place)
        if place < 0 or place + 1 >= len(jpeg):
            return len(jpeg)
        if jpeg[place + 1] == 0 or 0xD0 <= jpeg[place + 1] <= 0xD7:
            place += 2
        else:
            return place


def _segment(mark: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, mark, len(body) + 2) + body


@dataclass
class _Picture:
    """What was read so far; tables wait until a scan uses them."""

    kept: list[bytes] = field(default_factory=list)
    tables: dict[tuple[int, int], bytes] = field(default_factory=dict)  # (kind of table, place) → content
    written: dict[tuple[int, int], bytes] = field(default_factory=dict)
    parts: dict[int, int] = field(default_factory=dict)  # part of the colours → its table of steps
    seen: set[int] = field(default_factory=set)  # parts of which light was read
    frame, bits, restart = 0, 8, b""

    def take(self, mark: int, body: bytes, light: bytes) -> None:
        """Keep one mark as far as the light needs it. Raises Unclean."""
        if mark in _OTHER_FRAMES:
            raise Unclean(verdicts.INSIDE)
        if mark in _FRAMES:
            self._frame(mark, body)
        elif mark == _STEPS:
            self._steps(body)
        elif mark == _HUFFMAN:
            self._huffman(body)
        elif mark == _RESTART:
            _ensure(len(body) == 2)
            self.restart = body
        elif mark == _SCAN:
            self._scan(body, light)
        elif mark == _COLOURS and body[:5] == b"Adobe" and len(body) >= 12 and not self.seen:
            self.kept.append(_segment(_COLOURS, b"Adobe\0\x64\0\0\0\0" + body[11:12]))

    def _frame(self, mark: int, body: bytes) -> None:
        _ensure(not self.frame and len(body) > 6 and len(body) == 6 + 3 * body[5] and 1 <= body[5] <= 4)
        bits, high, wide = struct.unpack(">BHH", body[:5])
        _ensure(bits in _LARGEST and high and wide)
        if high * wide > 2 * limits.PIXELS:
            raise Unclean(verdicts.TOO_MUCH)
        self.frame, self.bits = mark, bits
        self.parts = {body[at]: body[at + 2] for at in range(6, len(body), 3)}
        self.kept.append(_segment(mark, body))

    def _steps(self, body: bytes) -> None:
        while body:
            size = 129 if body[0] >> 4 else 65
            _ensure(len(body) >= size and body[0] >> 4 <= 1)
            self.tables[_STEPS, body[0] & 15] = body[:size]
            body = body[size:]

    def _huffman(self, body: bytes) -> None:
        while body:
            _ensure(len(body) >= 17)
            size = 17 + sum(body[1:17])
            _ensure(len(body) >= size and body[0] >> 4 <= 1)
            self.tables[_HUFFMAN, body[0]] = body[:size]
            body = body[size:]

    def _scan(self, body: bytes, light: bytes) -> None:
        """The tables that this scan uses and are not written yet, the scan, and its light."""
        _ensure(len(body) > 3 and len(body) == 4 + 2 * body[0] and bool(self.frame))
        first, _last, bits = body[-3:]
        wanted: dict[tuple[int, int], None] = {}
        for at in range(1, len(body) - 3, 2):
            part, by = body[at], body[at + 1]
            _ensure(part in self.parts)
            if part not in self.seen:
                wanted[_STEPS, self.parts[part]] = None
            is_early, is_first = self.frame == _PROGRESSIVE, bits >> 4 == 0
            if not is_early or (first == 0 and is_first):
                wanted[_HUFFMAN, by >> 4] = None
            if not is_early or first > 0:
                wanted[_HUFFMAN, 0x10 | by & 15] = None
            self.seen.add(part)
        for key in wanted:
            self._write(key)
        if self.restart:
            self.kept.append(_segment(_RESTART, self.restart))
            self.restart = b""
        self.kept += [_segment(_SCAN, body), light]

    def _write(self, key: tuple[int, int]) -> None:
        table = self.tables.get(key)
        _ensure(table is not None)
        if table is not None and self.written.get(key) != table:
            if key[0] == _HUFFMAN:
                _ensure_of_numbers(table, _LARGEST[self.bits])
            self.kept.append(_segment(key[0], table))
            self.written[key] = table


def _ensure_of_numbers(table: bytes, largest: int) -> None:
    """Each number of light has one place in its table, and none is larger than light can be. Raises Unclean."""
    numbers, most = table[17:], largest if table[0] >> 4 else largest + 1
    if len(set(numbers)) < len(numbers) or any((each & 15 if table[0] >> 4 else each) > most for each in numbers):
        raise Unclean(verdicts.INSIDE)


def _ensure(holds: bool) -> None:
    if not holds:
        raise Unclean(verdicts.BROKEN)

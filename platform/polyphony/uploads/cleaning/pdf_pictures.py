"""Pictures inside a PDF keep their points and lose their notes: what holds no light is cut out of the file."""

import struct
from typing import Any

import pikepdf
from pikepdf import Name

from polyphony.uploads.cleaning import limits, verdicts
from polyphony.uploads.cleaning.verdicts import Unclean

_ALONE = {0x01, *range(0xD0, 0xD8)}  # marks without content
_SCAN, _END, _COLOURS, _COMMENT = 0xDA, 0xD9, 0xEE, 0xFE
_NOTES = (b"xml ", b"uuid", b"uinf", b"jp2i", b"asoc", b"nlst", b"lbl ", b"free", b"skip", b"mdat",
          b"cref", b"dtbl", b"drep")


def clean(picture: pikepdf.Stream) -> None:
    """Cut the notes out of one picture. Raises Unclean when it is too large or does not hold together."""
    if int(picture.get("/Width", 0)) * int(picture.get("/Height", 0)) > 2 * limits.PIXELS:
        raise Unclean(verdicts.TOO_MUCH)
    filters = picture.get("/Filter")
    names: list[Any] = [filters] if isinstance(filters, Name) else list(filters or [])
    if not names or names[-1] not in (Name.DCTDecode, Name.JPXDecode):
        return
    parameters = picture.get("/DecodeParms")
    last = parameters[-1] if isinstance(parameters, pikepdf.Array) and len(parameters) else parameters
    kept = last if isinstance(last, pikepdf.Dictionary) and len(names) == 1 else None
    raw = _unwrapped(picture, names)
    body = without_notes(raw) if names[-1] == Name.DCTDecode else without_boxes(raw)
    picture.write(body, filter=names[-1], decode_parms=kept)


def _unwrapped(picture: pikepdf.Stream, names: list[Any]) -> bytes:
    """The picture's own file, taken out of whatever it was packed in besides."""
    if len(names) == 1:
        return bytes(picture.read_raw_bytes())
    try:
        return bytes(picture.read_bytes(pikepdf.StreamDecodeLevel.generalized))
    except pikepdf.PdfError:
        raise Unclean(verdicts.BROKEN) from None


def without_notes(jpeg: bytes) -> bytes:
    """A JPEG without its notes (APPn except the one that says how colours are meant, COM), and nothing behind its end.

    Source: ITU-T T.81, annex B. Raises Unclean.
    """
    if jpeg[:2] != b"\xff\xd8":
        raise Unclean(verdicts.BROKEN)
    kept, place = [b"\xff\xd8"], 2
    while place + 1 < len(jpeg):
        if jpeg[place] != 0xFF:
            raise Unclean(verdicts.BROKEN)
        mark = jpeg[place + 1]
        if mark == 0xFF:
            place += 1
            continue
        if mark == _END:
            return b"".join([*kept, b"\xff\xd9"])
        if mark in _ALONE:
            place += 2
            continue
        end = _end_of(jpeg, place)
        if mark == _SCAN:
            end = _end_of_scan(jpeg, end)
        if mark == _COLOURS:
            kept.append(jpeg[place:min(end, place + 16)] if end == place + 16 else b"")
        elif not (0xE0 <= mark <= 0xEF or mark == _COMMENT):
            kept.append(jpeg[place:end])
        place = end
    return b"".join([*kept, b"\xff\xd9"])  # cut off on the way: shown as far as it goes


def _end_of(jpeg: bytes, place: int) -> int:
    if place + 4 > len(jpeg):
        raise Unclean(verdicts.BROKEN)
    end = place + 2 + int(struct.unpack(">H", jpeg[place + 2:place + 4])[0])
    if end > len(jpeg):
        raise Unclean(verdicts.BROKEN)
    return end


def _end_of_scan(jpeg: bytes, place: int) -> int:
    """Where the next mark begins behind the light itself."""
    while True:
        place = jpeg.find(b"\xff", place)
        if place < 0 or place + 1 >= len(jpeg):
            return len(jpeg)
        if jpeg[place + 1] == 0 or jpeg[place + 1] in _ALONE:
            place += 2
        else:
            return place


def without_boxes(picture: bytes) -> bytes:
    """A JPEG 2000 without the boxes that hold notes. Source: ISO/IEC 15444-1, annex I. Raises Unclean."""
    if picture.startswith(b"\xff\x4f\xff\x51"):
        return picture  # the bare light
    kept, place = [], 0
    while place + 8 <= len(picture):
        size, kind = struct.unpack(">I4s", picture[place:place + 8])
        if size == 1 and place + 16 <= len(picture):
            size = struct.unpack(">Q", picture[place + 8:place + 16])[0]
        size = size or len(picture) - place
        if size < 8 or place + size > len(picture):
            raise Unclean(verdicts.BROKEN)
        if kind not in _NOTES:
            kept.append(picture[place:place + size])
        place += size
    return b"".join(kept)

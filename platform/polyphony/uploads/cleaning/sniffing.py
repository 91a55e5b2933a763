"""What a file is, by its first bytes. Its name and what the browser calls it decide nothing: both are chosen freely."""

import re

from polyphony.uploads.cleaning import verdicts
from polyphony.uploads.cleaning.verdicts import Unclean

JPEG, PNG, WEBP, PDF, ZIP = "jpeg", "png", "webp", "pdf", "zip"

_OTHER: tuple[tuple[bytes, str], ...] = (
    (b"GIF8", verdicts.PICTURE), (b"II*\0", verdicts.PICTURE), (b"MM\0*", verdicts.PICTURE),
    (b"BM", verdicts.PICTURE), (b"\0\0\1\0", verdicts.PICTURE), (b"8BPS", verdicts.PICTURE),
    (b"\0\0\0\x0cjP  ", verdicts.PICTURE), (b"\xff\x4f\xff\x51", verdicts.PICTURE), (b"gimp xcf", verdicts.PICTURE),
    (b"\xd0\xcf\x11\xe0", verdicts.OLD_OFFICE), (b"{\\rtf", verdicts.OLD_OFFICE),
    (b"\x1f\x8b", verdicts.ARCHIVE), (b"BZh", verdicts.ARCHIVE), (b"\xfd7zXZ\0", verdicts.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", verdicts.ARCHIVE), (b"Rar!", verdicts.ARCHIVE), (b"\x28\xb5\x2f\xfd", verdicts.ARCHIVE),
    (b"MSCF", verdicts.ARCHIVE), (b"PK\5\6", verdicts.ARCHIVE), (b"PK\7\x08", verdicts.ARCHIVE),
    (b"ID3", verdicts.MEDIA), (b"OggS", verdicts.MEDIA), (b"fLaC", verdicts.MEDIA), (b"\x1aE\xdf\xa3", verdicts.MEDIA),
    (b"\xff\xfb", verdicts.MEDIA), (b"\xff\xf3", verdicts.MEDIA), (b"\xff\xf1", verdicts.MEDIA),
    (b"FLV", verdicts.MEDIA),
)
_HEIF = re.compile(rb"(?s).{4}ftyp(heic|heix|heim|heis|hevc|mif1|msf1|avif|avis)")
_SVG = re.compile(rb"(?is)<svg[\s>]")
TAR_AT, TAR = 257, b"ustar"


def kind_of(data: bytes) -> str:
    """JPEG, PNG, WEBP, PDF or ZIP (an office file, if anything). Raises Unclean for all else."""
    if not data:
        raise Unclean(verdicts.EMPTY)
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    if data.startswith(b"%PDF-"):
        return PDF
    if data.startswith(b"PK\3\4"):
        return ZIP
    raise Unclean(_other(data))


def _other(data: bytes) -> str:
    for mark, reason in _OTHER:
        if data.startswith(mark):
            return reason
    if _HEIF.match(data):
        return verdicts.PICTURE
    if data[4:8] == b"ftyp" or data[:4] == b"RIFF":
        return verdicts.MEDIA
    if data[TAR_AT:TAR_AT + len(TAR)] == TAR:
        return verdicts.ARCHIVE
    return verdicts.DRAWING if _SVG.search(_readable(data[:65_536])) else verdicts.UNKNOWN


def _readable(start: bytes) -> bytes:
    """Text in two-byte letters, read as if it were in single ones."""
    return start.replace(b"\0", b"") if start[:2] in (b"\xff\xfe", b"\xfe\xff") else start

"""Pictures inside a PDF keep their points and nothing else: each is written anew from what its light needs."""

from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from polyphony.uploads.cleaning import limits, pdf_jbig2, pdf_jpeg, pdf_jpeg2000, verdicts
from polyphony.uploads.cleaning.verdicts import Unclean

_LONG = {"/AHx": "/ASCIIHexDecode", "/A85": "/ASCII85Decode", "/LZW": "/LZWDecode", "/Fl": "/FlateDecode",
         "/RL": "/RunLengthDecode", "/CCF": "/CCITTFaxDecode", "/DCT": "/DCTDecode", "/JPX": "/JPXDecode"}
_OF_POINTS = {"/CCITTFaxDecode", "/DCTDecode", "/JPXDecode", "/JBIG2Decode"}  # only the last can be one of these
_KNOWN = {*_LONG.values(), *_OF_POINTS}


def clean(picture: Stream) -> None:
    """Write one picture anew. Raises Unclean when it is too large or does not hold together."""
    if int(picture.get("/Width", 0)) * int(picture.get("/Height", 0)) > 2 * limits.PIXELS:
        raise Unclean(verdicts.TOO_MUCH)
    names = [_LONG.get(str(each), str(each)) for each in _each(picture.get("/Filter"))]
    if not _KNOWN.issuperset(names) or not _OF_POINTS.isdisjoint(names[:-1]):
        raise Unclean(verdicts.INSIDE)
    parameters = _parameters(picture, len(names))
    if not names or names[-1] not in ("/DCTDecode", "/JPXDecode", "/JBIG2Decode"):
        return
    told = parameters[-1] if isinstance(parameters[-1], Dictionary) else Dictionary()
    body, kept = _bare(_unwrapped(picture, names[:-1], parameters[:-1]), names[-1], told)
    if not body:
        raise Unclean(verdicts.BROKEN)
    picture.write(body, filter=Name(names[-1]), decode_parms=kept)


def _bare(raw: bytes, name: str, told: Dictionary) -> tuple[bytes, Dictionary | None]:
    """(the picture written anew, what whoever unpacks it must be told)."""
    if name == "/JBIG2Decode":
        common = told.get("/JBIG2Globals")
        return pdf_jbig2.bare(raw), Dictionary(JBIG2Globals=_common(common)) if isinstance(common, Stream) else None
    turned = told.get("/ColorTransform")
    kept = None if turned is None else Dictionary(ColorTransform=int(turned))
    return pdf_jpeg.bare(raw) if name == "/DCTDecode" else pdf_jpeg2000.bare(raw), kept


def _common(parts: Stream) -> Stream:
    """What several faxes have in common, written anew."""
    body = pdf_jbig2.bare(bytes(parts.read_bytes()))
    for name in {*parts.keys()} - {"/Length"}:
        del parts[name]
    parts.write(body)
    return parts


def _each(told: Any) -> list[Any]:
    return list(told) if isinstance(told, Array) else [] if told is None else [told]


def _parameters(picture: Stream, packings: int) -> list[Any]:
    """What each way of packing is told. Told to all at once, programs for PDF listen to it where there is one alone."""
    told = picture.get("/DecodeParms")
    each = list(told) if isinstance(told, Array) else [told] if packings == 1 else []
    return [*each, *[None] * packings][:packings]


def _unwrapped(picture: Stream, names: list[str], parameters: list[Any]) -> bytes:
    """The picture's own file, taken out of whatever it was packed in besides."""
    raw = bytes(picture.read_raw_bytes())
    if not names:
        return raw
    with pikepdf.new() as aside:
        packed = aside.make_stream(raw, Filter=Array([Name(each) for each in names]))
        packed.DecodeParms = Array([_plain(each) for each in parameters])
        try:
            return bytes(packed.read_bytes(pikepdf.StreamDecodeLevel.generalized))
        except pikepdf.PdfError:
            raise Unclean(verdicts.BROKEN) from None


def _plain(told: Any) -> Any:
    """The numbers that say how something was packed, apart from the file they stood in."""
    numbers = {name: value for name, value in told.items() if isinstance(value, int)} \
        if isinstance(told, Dictionary) else {}
    return Dictionary(numbers) if numbers else None

"""Pictures inside a PDF keep their points and nothing else: each is written anew from what its light needs."""

from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from polyphony.uploads.cleaning import limits, pdf_jpeg, pdf_jpeg2000, verdicts
from polyphony.uploads.cleaning.verdicts import Unclean


def clean(picture: Stream) -> None:
    """Write one picture anew. Raises Unclean when it is too large or does not hold together."""
    if int(picture.get("/Width", 0)) * int(picture.get("/Height", 0)) > 2 * limits.PIXELS:
        raise Unclean(verdicts.TOO_MUCH)
    names = _each(picture.get("/Filter"))
    if not names or names[-1] not in (Name.DCTDecode, Name.JPXDecode):
        return
    parameters = _parameters(picture, len(names))
    turned = parameters[-1].get("/ColorTransform") if isinstance(parameters[-1], Dictionary) else None
    kept = None if turned is None else Dictionary(ColorTransform=int(turned))
    raw = _unwrapped(picture, names[:-1], parameters[:-1])
    body = pdf_jpeg.bare(raw) if names[-1] == Name.DCTDecode else pdf_jpeg2000.bare(raw)
    picture.write(body, filter=names[-1], decode_parms=kept)


def _each(told: Any) -> list[Any]:
    return list(told) if isinstance(told, Array) else [] if told is None else [told]


def _parameters(picture: Stream, packings: int) -> list[Any]:
    """What each way of packing is told. Told to all at once, programs for PDF listen to it where there is one alone."""
    told = picture.get("/DecodeParms")
    each = list(told) if isinstance(told, Array) else [told] if packings == 1 else []
    return [*each, *[None] * packings][:packings]


def _unwrapped(picture: Stream, names: list[Any], parameters: list[Any]) -> bytes:
    """The picture's own file, taken out of whatever it was packed in besides."""
    raw = bytes(picture.read_raw_bytes())
    if not names:
        return raw
    with pikepdf.new() as aside:
        packed = aside.make_stream(raw, Filter=Array(names))
        packed.DecodeParms = Array([_plain(each) for each in parameters])
        try:
            return bytes(packed.read_bytes(pikepdf.StreamDecodeLevel.generalized))
        except pikepdf.PdfError:
            raise Unclean(verdicts.BROKEN) from None


def _plain(told: Any) -> Any:
    """The numbers that say how something was packed, apart from the file they stood in."""
    if not isinstance(told, Dictionary):
        return None
    return Dictionary({name: int(value) for name, value in told.items() if isinstance(value, int)})

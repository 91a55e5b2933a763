"""Pictures inside a PDF keep their points and nothing else: each is written anew from what its light needs."""

from typing import Any

import pikepdf
from pikepdf import Name

from polyphony.uploads.cleaning import limits, pdf_jpeg, pdf_jpeg2000, verdicts
from polyphony.uploads.cleaning.verdicts import Unclean


def clean(picture: pikepdf.Stream) -> None:
    """Write one picture anew. Raises Unclean when it is too large or does not hold together."""
    if int(picture.get("/Width", 0)) * int(picture.get("/Height", 0)) > 2 * limits.PIXELS:
        raise Unclean(verdicts.TOO_MUCH)
    filters = picture.get("/Filter")
    names: list[Any] = [filters] if isinstance(filters, Name) else list(filters or [])
    if not names or names[-1] not in (Name.DCTDecode, Name.JPXDecode):
        return
    parameters = picture.get("/DecodeParms")
    last = parameters[-1] if isinstance(parameters, pikepdf.Array) and len(parameters) else parameters
    turned = last.get("/ColorTransform") if isinstance(last, pikepdf.Dictionary) and len(names) == 1 else None
    kept = None if turned is None else pikepdf.Dictionary(ColorTransform=int(turned))
    raw = _unwrapped(picture, names)
    body = pdf_jpeg.bare(raw) if names[-1] == Name.DCTDecode else pdf_jpeg2000.bare(raw)
    picture.write(body, filter=names[-1], decode_parms=kept)


def _unwrapped(picture: pikepdf.Stream, names: list[Any]) -> bytes:
    """The picture's own file, taken out of whatever it was packed in besides."""
    if len(names) == 1:
        return bytes(picture.read_raw_bytes())
    try:
        return bytes(picture.read_bytes(pikepdf.StreamDecodeLevel.generalized))
    except pikepdf.PdfError:
        raise Unclean(verdicts.BROKEN) from None

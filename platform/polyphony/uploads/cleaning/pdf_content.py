"""What is drawn on a page of a PDF, written anew: no comments between the marks, no notes hung on them."""

import pikepdf
from pikepdf import Dictionary, Name, Operator

from polyphony.uploads.cleaning import pdf_unseen, verdicts
from polyphony.uploads.cleaning.verdicts import Unclean

POINTS = {"MP", "DP"}  # a note at a point
NOTED = {"BDC", "BMC"}  # a note around some marks; EMC ends it
SPOKEN = ("/ActualText", "/Lang")  # what the marks say to a screen reader, or when copied
PIECES = {"BX", "EX"}


def clean(stream: pikepdf.Object) -> None:
    """Write one stream of marks anew. Raises Unclean."""
    kept: list[pikepdf.ContentStreamInstruction | pikepdf.ContentStreamInlineImage] = []
    for each in pikepdf.parse_content_stream(stream):
        if isinstance(each, pikepdf.ContentStreamInstruction):
            operator = str(each.operator)
            if operator in POINTS or operator in PIECES:
                continue
            if operator in NOTED:
                kept.append(_noted(each))
                continue
        elif isinstance(each, pikepdf.ContentStreamInlineImage):
            _ensure_plain(each)
        kept.append(each)
    stream.write(pikepdf.unparse_content_stream(kept))


def _noted(each: pikepdf.ContentStreamInstruction) -> pikepdf.ContentStreamInstruction:
    """A note reduced to what it says aloud; a note that stands in the resources is not kept."""
    if pdf_unseen.is_layer_mark(each.operands):
        raise Unclean(verdicts.LAYERS)
    said = each.operands[1] if len(each.operands) > 1 else None
    if isinstance(said, Dictionary):
        spoken = {name: said[name] for name in SPOKEN if isinstance(said.get(name), pikepdf.String)}
        if spoken:
            return pikepdf.ContentStreamInstruction([Name.Span, Dictionary(spoken)], Operator("BDC"))
    return pikepdf.ContentStreamInstruction([Name.Span], Operator("BMC"))


def _ensure_plain(each: pikepdf.ContentStreamInlineImage) -> None:
    """A small picture written into the page in JPEG's format could hold notes of its own. Raises Unclean."""
    if any(name in ("/DCT", "/DCTDecode", "/JPX", "/JPXDecode") for name in map(str, each.iimage.filters)):
        raise Unclean(verdicts.INSIDE)

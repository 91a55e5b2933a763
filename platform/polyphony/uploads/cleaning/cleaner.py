"""One file in, the same file without what its sender did not mean to say out."""

from polyphony.uploads.cleaning import limits, sniffing, verdicts
from polyphony.uploads.cleaning.verdicts import Unclean


def clean(data: bytes) -> tuple[str, bytes]:
    """(kind, cleaned file): jpeg, png, webp, pdf, docx, xlsx, pptx, odt, ods or odp. Raises Unclean."""
    if len(data) > limits.FILE:
        raise Unclean(verdicts.TOO_MUCH)
    kind = sniffing.kind_of(data)
    if kind == sniffing.PDF:
        from polyphony.uploads.cleaning import pdf

        return kind, pdf.clean(data)
    if kind == sniffing.ZIP:
        kind, body = _office(data)
    else:
        from polyphony.uploads.cleaning import images

        body = images.clean(data, kind)
    if len(body) > limits.CLEANED:
        raise Unclean(verdicts.TOO_MUCH)
    return kind, body


def _office(data: bytes) -> tuple[str, bytes]:
    from polyphony.uploads.cleaning import odf, ooxml
    from polyphony.uploads.cleaning.packages import Package

    package = Package(data)
    if ooxml.is_ooxml(package):
        return ooxml.clean(package)
    if odf.is_odf(package):
        return odf.clean(package)
    if "mimetype" in package and package.read("mimetype").startswith(b"application/epub"):
        raise Unclean(verdicts.BOOK)
    raise Unclean(verdicts.ARCHIVE)

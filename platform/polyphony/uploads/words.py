"""How files are called in lists and when they are saved: by what they are, never by the name they had."""

from polyphony.kernel.locale import lazy

FORMATS = {
    "jpeg": lazy("Picture (JPEG)"), "png": lazy("Picture (PNG)"), "webp": lazy("Picture (WebP)"), "pdf": lazy("PDF"),
    "docx": lazy("Text document (Word)"), "xlsx": lazy("Spreadsheet (Excel)"), "pptx": lazy("Slides (PowerPoint)"),
    "odt": lazy("Text document (OpenDocument)"), "ods": lazy("Spreadsheet (OpenDocument)"),
    "odp": lazy("Slides (OpenDocument)"),
}
# What browsers offer first; nothing rests on it.
ACCEPTED = ".jpg,.jpeg,.png,.webp,.pdf,.docx,.xlsx,.pptx,.odt,.ods,.odp"


def ending(format: str) -> str:
    return "jpg" if format == "jpeg" else format


def saved_as(number: int, format: str) -> str:
    """The name under which a browser saves a file."""
    return f"attachment-{number}.{ending(format)}"

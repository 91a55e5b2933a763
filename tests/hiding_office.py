"""Office files made to hide something: a text, a spreadsheet, an OpenDocument text, and what is in them when cleaned."""

import io
import zipfile
from typing import Any

import pytest

import dirty
import dirty_office
from polyphony.uploads.cleaning import cleaner
from polyphony.uploads.cleaning.verdicts import Unclean

WORD = f'xmlns:w="{dirty.W}" xmlns:r="{dirty.R}" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
V = dirty_office.V
PICTURE = ('<w:drawing><wp:inline xmlns:wp="wp"><a:blip xmlns:a="a" r:embed="i"/></wp:inline></w:drawing>')

VANISH = "<w:vanish/>"


def refused(data: bytes) -> str:
    """Why a file is not taken."""
    with pytest.raises(Unclean) as said:
        cleaner.clean(data)
    return said.value.reason


def parts(data: bytes) -> dict[str, str]:
    """A cleaned file's parts as text."""
    with zipfile.ZipFile(io.BytesIO(cleaner.clean(data)[1])) as archive:
        return {name: archive.read(name).decode("latin-1") for name in archive.namelist()}


def package(main: str, type: str, others: dict[str, tuple[str, Any]], body: str) -> bytes:
    """An office file: the document, and parts beside it by (relation, content)."""
    folder, _, name = main.rpartition("/")
    return dirty.zipped({
        "[Content_Types].xml": dirty.types(main.replace("/", "__"), type),
        "_rels/.rels": dirty.relations(("r", "officeDocument", f"{main}.xml")), f"{main}.xml": body,
        f"{folder}/_rels/{name}.xml.rels": dirty.relations(*((id, kind, place) for (place, (kind, _)), id in zip(
            others.items(), "ijkl", strict=False))),
        **{f"{folder}/{place}": content for place, (_, content) in others.items()}})


def docx_with(body: str, others: dict[str, tuple[str, Any]]) -> bytes:
    """A text, and what lies beside it under the relations i, j, k and l."""
    return package("word/document", "wordprocessingml.document.main", others,
                   f'<w:document {WORD} xmlns:v="{V}"><w:body>{body}</w:body></w:document>')


def xlsx(sheets: str = '<sheet name="One" sheetId="1" r:id="i"/>', cells: str = '<row r="1"><c r="A1"><v>1</v></c></row>',
         before: str = "", numbers: str = "") -> bytes:
    main = f'xmlns="{dirty_office.MAIN}" xmlns:r="{dirty.R}"'
    return package("xl/workbook", "spreadsheetml.sheet.main", {
        "one.xml": ("worksheet", f"<worksheet {main}>{before}<sheetData>{cells}</sheetData></worksheet>"),
        "two.xml": ("worksheet", f"<worksheet {main}><sheetData><row><c><v>canary</v></c></row></sheetData></worksheet>"),
        "styles.xml": ("styles", f"<styleSheet {main}><numFmts>{numbers}</numFmts></styleSheet>")},
        f"<workbook {main}><sheets>{sheets}</sheets></workbook>")


SPACES = " ".join(f'xmlns:{short}="{long}"' for short, long in dirty_office.NAMES.items()) + (
    ' xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0"'
    ' xmlns:loext="urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0"')


def document(body: str, automatic: str = "", common: str = "", type: str = "text") -> bytes:
    return dirty_office.odf(type, **{
        "content.xml": f"<office:document-content {SPACES}><office:automatic-styles>{automatic}</office:automatic-styles><office:body>"
                       f"<office:text>{body}<text:p>Seen</text:p></office:text></office:body></office:document-content>",
        "styles.xml": f"<office:document-styles {SPACES}><office:styles>{common}</office:styles></office:document-styles>"})


def content(data: bytes, part: str = "content.xml") -> str:
    with zipfile.ZipFile(io.BytesIO(cleaner.clean(data)[1])) as archive:
        return archive.read(part).decode()

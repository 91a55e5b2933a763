"""Inside the parts of Word, Excel and PowerPoint files: changes accepted, comments, people, days and hidden words out.

What is shown stays: a deleted word goes, an inserted one becomes a plain word. Source of the names: ECMA-376 part 1,
and Microsoft's published extensions [MS-DOCX], [MS-XLSX], [MS-PPTX].
"""

import re
from dataclasses import dataclass, field

from polyphony.uploads.cleaning import ooxml_fields, ooxml_margins, ooxml_unseen
from polyphony.uploads.cleaning.markup import (
    Element,
    drop,
    drop_where,
    every,
    is_path_like,
    local,
    space,
    unwrap,
    unwrap_where,
)
from polyphony.uploads.cleaning.ooxml_unseen import Styles, is_word

_LINKED = "officeDocument/2006/relationships", "ooxml/officeDocument/relationships"
CHANGED = {  # only among the marks of texts: drawings use some of these names for lines

    "del", "moveFrom", "rPrChange", "pPrChange", "sectPrChange", "tblPrChange", "tcPrChange", "trPrChange",
    "tblGridChange", "tblPrExChange", "numberingChange", "cellDel", "cellIns", "cellMerge", "moveFromRangeStart",
    "moveFromRangeEnd", "moveToRangeStart", "moveToRangeEnd", "customXmlInsRangeStart", "customXmlInsRangeEnd",
    "customXmlDelRangeStart", "customXmlDelRangeEnd", "customXmlMoveFromRangeStart", "customXmlMoveFromRangeEnd",
    "customXmlMoveToRangeStart", "customXmlMoveToRangeEnd", "delText", "delInstrText", "commentRangeStart",
    "commentRangeEnd", "commentReference", "annotationRef", "proofErr", "permStart", "permEnd", "dataBinding",
    "attachedTemplate", "docVars", "rsids",
    # what a box to fill in is called, and what else could have been chosen
    "alias", "tag", "listItem",
}
UNWRAPPED = {"ins", "moveTo", "smartTag", "customXml"}
GONE = {
    "extLst", "legacyDrawing", "legacyDrawingHF", "userShapes", "externalData", "externalReferences", "pivotCaches",
    "pivotSource", "custDataLst", "customProperties", "webPublishItems", "webPublishing", "queryTable", "fileVersion",
    "fileSharing", "fileRecoveryPr", "absPath", "workbookProtection", "customWorkbookViews", "customSheetViews",
    "modifyVerifier", "smartTags", "smartTagPr", "smartTagPrDefault", "embeddedFontLst", "embedRegular", "embedBold",
    "embedItalic", "embedBoldItalic", "scenarios", "functionGroups",
}
NO_ATTRIBUTES = {"author", "initials", "dateUtc", "paraId", "textId", "userId", "providerId", "durableId",
                 "refreshedBy", "codeName", "gfxdata", "insDel", "creationId", "edGrp", "ed"}
OF_NAMES = {"comment", "description", "help", "statusBar", "customMenu"}
_OF_MACHINES = "urn:schemas-microsoft-com:office:office"  # o:title and o:href hold names of files
WORD_SETTINGS = {

    "zoom", "mirrorMargins", "defaultTabStop", "autoHyphenation", "hyphenationZone", "evenAndOddHeaders",
    "footnotePr", "endnotePr", "compat", "themeFontLang", "clrSchemeMapping", "decimalSymbol", "listSeparator",
    "displayBackgroundShape", "bordersDoNotSurroundHeader", "bordersDoNotSurroundFooter", "gutterAtTop",
    "characterSpacingControl",
}
_OTHER_FILE = re.compile(r"\[\d+\]|\[[^\]]*\.xl|file:|\\\\", re.IGNORECASE)
_CELL = re.compile(r"[A-Za-z]\$?\d|!")
_SHOWN = ("t", "drawing", "pict", "br", "sectPr", "object")


@dataclass
class Whole:
    """What holds for a document as a whole, and each of its parts is cleaned by."""

    styles: Styles = field(default_factory=Styles)
    left_pages: bool = False  # whether they have margins of their own
    notes: set[tuple[str, str]] = field(default_factory=set)  # to which the text, cleaned first, refers


def clean(root: Element, kind: str, lost: set[str], whole: Whole) -> None:
    """One part in its place; `lost` are the relations that lead nowhere any more. Raises Unclean for hidden parts."""
    ooxml_unseen.ensure_seen(root)
    if kind == "settings":
        drop_where(root, lambda node: node.getparent() is root and local(node.tag) not in WORD_SETTINGS)
    _accept_changes(root)
    drop_where(root, lambda node: local(node.tag) in GONE or _is_revision(node.tag)
               or (is_word(node.tag) and local(node.tag) in CHANGED))
    unwrap_where(root, lambda node: is_word(node.tag) and local(node.tag) in UNWRAPPED)
    ooxml_fields.clean(root)
    ooxml_unseen.drop_hidden(root, whole.styles)
    ooxml_margins.clean(root, whole.left_pages)
    ooxml_margins.drop_notes(root, kind, whole.notes)
    whole.notes |= ooxml_margins.notes_of(root)
    _loosen(root, lost)
    _cut_sheets(root)
    for node in root.iter():
        _plain(node)


def _is_revision(name: str) -> bool:
    return "/spreadsheetml/" in space(name) and "/revision" in space(name)


def _accept_changes(root: Element) -> None:
    """Rows, cells and paragraphs that somebody deleted go as a whole; the marks of inserted ones go alone."""
    for mark in every(root, lambda node: is_word(node.tag) and local(node.tag) in ("del", "cellDel")):
        holder = mark.getparent()
        if (local(mark.tag), local(holder.tag)) in (("del", "trPr"), ("cellDel", "tcPr")):
            whole = holder.getparent()
            if whole.getparent() is not None:
                drop(whole)
        elif local(holder.tag) == "rPr":
            words = next((up for up in mark.iterancestors() if local(up.tag) == "p"), None)
            if words is not None and words.getparent() is not None and not _says_something(words):
                drop(words)


def _says_something(paragraph: Element) -> bool:
    return any(local(node.tag) in _SHOWN and not _is_deleted(node) for node in every(paragraph, lambda node: True))


def _is_deleted(node: Element) -> bool:
    return any(is_word(up.tag) and local(up.tag) in ("del", "moveFrom") for up in node.iterancestors())


def _loosen(root: Element, lost: set[str]) -> None:
    """A link that leads nowhere becomes plain text; anything else that hangs on a lost relation goes."""
    for node in every(root, lambda node: bool(_lost(node, lost))):
        if local(node.tag) == "pageSetup":
            for name in _lost(node, lost):
                del node.attrib[name]
        elif local(node.tag) == "hyperlink" and len(node):
            unwrap(node)
        elif node.getparent() is not None:
            drop(node)
    drop_where(root, lambda node: local(node.tag) in ("hyperlinks", "definedNames") and not len(node))


def named(root: Element) -> set[str]:
    """The relations that the marks of a part speak of."""
    return {value for node in root.iter() for name, value in node.attrib.items() if space(name).endswith(_LINKED)}


def _lost(node: Element, lost: set[str]) -> list[str]:
    return [name for name, value in node.attrib.items() if value in lost and space(name).endswith(_LINKED)]


def _cut_sheets(root: Element) -> None:
    """Formulas that reach into other files keep what they last showed; names for other files go."""
    drop_where(root, lambda node: local(node.tag) in ("f", "definedName") and bool(_OTHER_FILE.search(node.text or "")))
    drop_where(root, lambda node: local(node.tag) == "definedName" and _is_hidden_remark(node))
    drop_where(root, lambda node: local(node.tag) == "definedNames" and not len(node))


def _is_hidden_remark(name: Element) -> bool:
    """Whether words stand behind a name that no list of names shows, and no cell."""
    said = name.text or ""
    return name.get("hidden") in ("1", "true") and '"' in said and not _CELL.search(re.sub(r'"[^"]*"', "", said))


def _plain(node: Element) -> None:
    """Marks without names of people, machines and files."""
    tag = local(node.tag)
    for name in list(node.attrib):
        short, of = local(name), space(name)
        is_of_machine = of.startswith(_OF_MACHINES) and short in ("title", "href", "relid")
        is_day = short == "date" and is_word(name)
        if short.startswith("rsid") or short in NO_ATTRIBUTES or "/revision" in of or is_of_machine or is_day:
            del node.attrib[name]
    if tag == "definedName":
        for name in OF_NAMES & set(node.attrib):
            del node.attrib[name]
    if tag in ("cNvPr", "docPr"):
        node.set("name", "")
    for name in ("descr", "title", "alt"):
        if tag in ("cNvPr", "docPr", "shape", "imagedata", "rect") and is_path_like(node.get(name, "")):
            del node.attrib[name]

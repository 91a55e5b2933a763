"""Fields of a Word document: those that fetch other files stop doing so, those that show who wrote it show nothing."""

import re
from dataclasses import dataclass, field

from polyphony.uploads.cleaning.markup import Element, drop, every, local, unwrap

# Fields that count, point within the document or format; with any other code only what was last shown remains.
KEPT = {"PAGE", "NUMPAGES", "SECTIONPAGES", "SECTION", "SEQ", "TOC", "TC", "REF", "PAGEREF", "NOTEREF", "STYLEREF",
        "INDEX", "XE", "LISTNUM", "AUTONUM", "EQ", "SYMBOL", "ADVANCE"}
PERSONAL = {"AUTHOR", "LASTSAVEDBY", "USERNAME", "USERINITIALS", "USERADDRESS", "FILENAME", "TEMPLATE", "DOCPROPERTY",
            "DOCVARIABLE", "INFO", "CREATEDATE", "SAVEDATE", "PRINTDATE", "EDITTIME", "REVNUM", "COMMENTS", "KEYWORDS"}
_LINK = re.compile(r'\s*HYPERLINK\s+(\\l\s+"[^"]*"|"https?://[^"]*")\s*(\\[a-z]\s*("[^"]*")?\s*)*', re.IGNORECASE)


def code_of(instruction: str) -> str:
    """The name of a field: the first word of its instruction."""
    words = instruction.split()
    return words[0].upper() if words else ""


def is_kept(instruction: str) -> bool:
    """Whether a field may go on computing."""
    code = code_of(instruction)
    return code in KEPT or code.startswith("=") or (code == "HYPERLINK" and bool(_LINK.fullmatch(instruction)))


def clean(root: Element) -> None:
    """Every field in one part, the short ones and those made of many runs."""
    for node in every(root, lambda node: local(node.tag) == "fldSimple"):
        name = next((key for key in node.attrib if local(key) == "instr"), None)
        instruction = node.attrib.get(name, "") if name else ""
        if code_of(instruction) in PERSONAL:
            drop(node)
        elif not is_kept(instruction):
            unwrap(node)
    _clean_long(root)


def _clean_long(root: Element) -> None:
    """begin … instruction … separate … what is shown … end, in runs, one inside another."""
    opened: list[_Field] = []
    for node in every(root, lambda node: local(node.tag) in ("fldChar", "instrText", "t", "drawing", "pict")):
        tag = local(node.tag)
        if tag == "fldChar":
            _step(opened, node)
        elif opened and tag == "instrText":
            opened[-1].instructions.append(node)
        elif opened:
            opened[-1].shown.append(node)
    for left in opened:
        left.close()


def _step(opened: "list[_Field]", node: Element) -> None:
    kind = next((value for key, value in node.attrib.items() if local(key) == "fldCharType"), "")
    if kind == "begin":
        opened.append(_Field())
    if opened:
        opened[-1].marks.append(node)
    if kind == "end" and opened:
        done = opened.pop()
        done.close()
        if opened:
            opened[-1].shown += done.shown


@dataclass
class _Field:
    """One field made of runs: its marks, its instruction, what it last showed."""

    marks: list[Element] = field(default_factory=list)
    instructions: list[Element] = field(default_factory=list)
    shown: list[Element] = field(default_factory=list)

    def close(self) -> None:
        said = "".join(node.text or "" for node in self.instructions)
        gone = [] if is_kept(said) else [*self.marks, *self.instructions]
        for node in gone + (self.shown if code_of(said) in PERSONAL else []):
            if node.getparent() is not None:
                drop(node)

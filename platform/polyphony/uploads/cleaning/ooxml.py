"""Word, Excel and PowerPoint files (Office Open XML, ECMA-376): built anew from the parts a reader sees.

Nothing is searched and removed from the package: beginning at the document, only parts reached by a known kind
of relation go over, under names of our own. So properties, people, comments, printer settings, earlier versions,
macros, embedded programs, links to other files and whatever the next version invents stay behind by themselves.
"""

from dataclasses import dataclass, field
from posixpath import dirname, join, normpath
from urllib.parse import unquote

from lxml import etree

from polyphony.uploads.cleaning import images, markup, ooxml_margins, ooxml_marks, ooxml_slides, ooxml_unseen, verdicts
from polyphony.uploads.cleaning.markup import Element, local, parsed, written
from polyphony.uploads.cleaning.packages import Package, packed
from polyphony.uploads.cleaning.verdicts import Unclean

CONTENT_TYPES, ROOT_RELATIONS = "[Content_Types].xml", "_rels/.rels"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_RELATION_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
_OFFICE = "application/vnd.openxmlformats-officedocument."
MAIN = {  # content type of the document itself → (kind, place)
    f"{_OFFICE}wordprocessingml.document.main+xml": ("docx", "word/document.xml"),
    f"{_OFFICE}spreadsheetml.sheet.main+xml": ("xlsx", "xl/workbook.xml"),
    f"{_OFFICE}presentationml.presentation.main+xml": ("pptx", "ppt/presentation.xml"),
}
# Relations that lead to what a reader sees, by the last word of their type. All others are not followed.
FOLLOWED = {

    "styles", "settings", "fontTable", "theme", "numbering", "footnotes", "endnotes", "header", "footer", "chart",
    "chartStyle", "chartColorStyle", "diagramData", "diagramLayout", "diagramQuickStyle", "diagramColors",
    "diagramDrawing", "slide", "slideLayout", "slideMaster", "notesSlide", "notesMaster", "tableStyles",
    "themeOverride", "worksheet", "chartsheet", "sharedStrings", "drawing", "table",
}
# What a reader sees or hears of these cannot be kept without keeping what is hidden in them.
UNCLEANABLE = {"audio", "video", "media", "oleObject", "control", "aFChunk", "subDocument"}
# Go along with a part without any mark that names them; all others are reached only where a mark says so.
UNNAMED = {
    "styles", "settings", "fontTable", "theme", "themeOverride", "numbering", "footnotes", "endnotes", "chartStyle",
    "chartColorStyle", "diagramDrawing", "slide", "slideLayout", "slideMaster", "notesSlide", "notesMaster",
    "tableStyles", "sharedStrings",
}
UNSEEN_WHEN_EMPTY = {"fontTable", "settings", "theme", "numbering", "tableStyles"}
WEB = ("http://", "https://")
Relation = tuple[str, str, str, bool]  # id, type, place or address, whether it leads outside


@dataclass
class Part:
    """One part of the new package: its old and new place, its type, and where its relations lead."""

    old: str
    new: str
    type: str
    body: bytes = b""
    relations: list[Relation] = field(default_factory=list)  # to new places


def is_ooxml(package: Package) -> bool:
    return CONTENT_TYPES in package


def clean(package: Package) -> tuple[str, bytes]:
    """('docx', the file built anew) and so on. Raises Unclean."""
    return _Builder(package).build()


class _Builder:
    """Walks from the document to every part that a reader sees."""

    def __init__(self, package: Package):
        self.package = package
        self.types = _content_types(package)
        self.parts: dict[str, Part] = {}
        self.numbers: dict[str, int] = {}
        self.folder = self.root_type = ""
        self.whole = ooxml_marks.Whole()
        self.slides: set[str] = set()  # with what they are drawn by

    def build(self) -> tuple[str, bytes]:
        start = self._start()
        kind, place = MAIN[self.types(start)]
        self.folder = dirname(place)
        self.whole = self._whole(start)
        if kind == "pptx":
            self.slides = ooxml_slides.shown(parsed(self.package.read(start)), self._relations_of, start)
        self._take(start, place, "officeDocument")
        return kind, packed(self._files(place))

    def _start(self) -> str:
        for _id, kind, target, outside in self._relations_of(""):
            if kind.endswith("/officeDocument") and not outside:
                found = self.types(target)
                if "macroEnabled" in found:
                    raise Unclean(verdicts.MACROS)
                if found not in MAIN:
                    raise Unclean(verdicts.UNKNOWN)
                self.root_type = kind
                return target
        raise Unclean(verdicts.ARCHIVE)

    def _whole(self, start: str) -> ooxml_marks.Whole:
        beside: dict[str, Element] = {}
        for _id, type, target, outside in self._relations_of(start):
            kind = type.rpartition("/")[2]
            if kind in ("styles", "settings") and not outside and self._is_there(target, "settings"):
                beside.setdefault(kind, parsed(self.package.read(target)))
        return ooxml_marks.Whole(ooxml_unseen.Styles(beside.get("styles")),
                                 ooxml_margins.has_left_pages(beside.get("settings", ())))

    def _take(self, old: str, new: str, kind: str) -> Part:
        """Bring one part over with all it leads to, once."""
        part = self.parts[old] = Part(old, new, self.types(old))
        root, relations = parsed(self.package.read(old)), self._relations_of(old)
        ooxml_marks.clean(root, kind, {each[0] for each in relations if not self._leads(part, each)}, self.whole)
        part.body = written(root)
        named = ooxml_marks.named(root)
        unseen = {_kind(each) for each in relations if each[0] not in named}
        for each in relations:
            if (each[0] in named or _goes_along(_kind(each), unseen)) and self._leads(part, each):
                self._follow(part, each)
        return part

    def _leads(self, part: Part, relation: Relation) -> bool:
        """Whether a relation leads to anything that a reader could see or hear."""
        _id, _type, target, outside = relation
        kind = _kind(relation)
        if kind in UNCLEANABLE or (kind == "package" and "chart" not in part.type):
            return True
        if outside:
            return kind == "hyperlink" and target.lower().startswith(WEB)
        if kind in ooxml_slides.KINDS and target not in self.slides:
            return False
        return target in self.package if kind == "image" else kind in FOLLOWED and self._is_there(target, kind)

    def _follow(self, part: Part, relation: Relation) -> None:
        """Bring over what a part leads to. Raises Unclean where it cannot be cleaned."""
        id, type, target, outside = relation
        kind = _kind(relation)
        if kind in UNCLEANABLE or kind == "package":
            raise Unclean(verdicts.INSIDE)
        place = target if outside else self._picture(target) if kind == "image" else self._other(target, kind)
        part.relations.append((id, type, place, outside))

    def _is_there(self, target: str, kind: str) -> bool:
        if target not in self.package:
            return False
        return bool(self.package.names[target].file_size) or kind not in UNSEEN_WHEN_EMPTY

    def _other(self, target: str, kind: str) -> str:
        if target not in self.parts:
            self._take(target, self._name(kind, "xml"), kind)
        return self.parts[target].new

    def _picture(self, target: str) -> str:
        if target not in self.parts:
            try:
                kind, body = images.clean_inside(self.package.read(target))
            except Unclean as refused:
                raise refused if refused.reason == verdicts.TOO_MUCH else Unclean(verdicts.INSIDE) from None
            part = Part(target, self._name("image", "jpg" if kind == "jpeg" else kind), f"image/{kind}", body)
            self.parts[target] = part
        return self.parts[target].new

    def _name(self, kind: str, ending: str) -> str:
        self.numbers[kind] = number = self.numbers.get(kind, 0) + 1
        return f"{self.folder}/{'media' if kind == 'image' else kind}/{kind}{number}.{ending}"

    def _relations_of(self, part: str) -> list[Relation]:
        """Where the relations of a part lead, as they came."""
        place = join(dirname(part), "_rels", part.rpartition("/")[2] + ".rels")
        if place not in self.package:
            return []
        found = []
        for each in parsed(self.package.read(place)):
            if not isinstance(each.tag, str) or local(each.tag) != "Relationship":
                continue
            target, outside = each.get("Target", ""), each.get("TargetMode") == "External"
            if not outside:
                target = normpath(join("/", dirname(part), unquote(target))).lstrip("/")
            found.append((each.get("Id", ""), each.get("Type", ""), target, outside))
        return found

    def _files(self, main: str) -> list[tuple[str, bytes]]:
        parts = sorted(self.parts.values(), key=lambda part: part.new)
        files = [(CONTENT_TYPES, _types(parts)),
                 (ROOT_RELATIONS, _relations([("rId1", self.root_type, main, False)]))]
        for part in parts:
            files.append((part.new, part.body))
            if part.relations:
                folder, _, name = part.new.rpartition("/")
                files.append((f"{folder}/_rels/{name}.rels", _relations(part.relations)))
        return files


def _kind(relation: Relation) -> str:
    """The last word of a relation's type."""
    return relation[1].rpartition("/")[2]


def _goes_along(kind: str, unseen: set[str]) -> bool:
    """Whether a part is shown with the one that holds it; how a diagram was last drawn, only with the diagram."""
    return kind in UNNAMED and not (kind == "diagramDrawing" and "diagramData" in unseen)


def _content_types(package: Package):  # type: ignore[no-untyped-def]
    """A function: place → content type, as the package itself says."""
    endings, places = {}, {}
    for each in parsed(package.read(CONTENT_TYPES)):
        if local(str(each.tag)) == "Default":
            endings[each.get("Extension", "").lower()] = each.get("ContentType", "")
        elif local(str(each.tag)) == "Override":
            places[each.get("PartName", "").lstrip("/").lower()] = each.get("ContentType", "")

    def type_of(place: str) -> str:
        return places.get(place.lower()) or endings.get(place.rpartition(".")[2].lower(), "")

    return type_of


def _types(parts: list[Part]) -> bytes:
    root: Element = etree.Element(f"{{{_TYPES}}}Types", nsmap={None: _TYPES})
    for ending, type in (("jpg", "image/jpeg"), ("png", "image/png"), ("rels", _RELATION_TYPE),
                         ("xml", "application/xml")):
        etree.SubElement(root, f"{{{_TYPES}}}Default", Extension=ending, ContentType=type)
    for part in parts:
        if not part.type.startswith("image/"):
            etree.SubElement(root, f"{{{_TYPES}}}Override", PartName=f"/{part.new}", ContentType=part.type)
    return markup.written(root)


def _relations(relations: list[Relation]) -> bytes:
    root: Element = etree.Element(f"{{{_RELATIONS}}}Relationships", nsmap={None: _RELATIONS})
    for id, type, target, outside in relations:
        told = {"Id": id, "Type": type, "Target": target if outside else f"/{target}"}
        etree.SubElement(root, f"{{{_RELATIONS}}}Relationship", told | ({"TargetMode": "External"} if outside else {}))
    return markup.written(root)

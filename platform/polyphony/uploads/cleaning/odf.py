"""OpenDocument files (ISO/IEC 26300): text, styles, pictures and charts go over, all else stays behind."""

import re
from dataclasses import dataclass, field
from functools import partial
from posixpath import normpath

from lxml import etree

from polyphony.uploads.cleaning import images, odf_marks, odf_unseen, verdicts
from polyphony.uploads.cleaning.markup import local, parsed, written
from polyphony.uploads.cleaning.packages import Package, packed
from polyphony.uploads.cleaning.verdicts import Unclean

KINDS = {
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
}
INNER = re.compile(r'application/vnd\.oasis\.opendocument\.(chart|formula|text|spreadsheet|presentation|graphics)')
_MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
MIMETYPE, CONTENT, STYLES = "mimetype", "content.xml", "styles.xml"


def is_odf(package: Package) -> bool:
    return MIMETYPE in package and CONTENT in package


def clean(package: Package) -> tuple[str, bytes]:
    """('odt', the file built anew) and so on. Raises Unclean."""
    type = package.read(MIMETYPE).decode("ascii", "replace").strip()
    if type not in KINDS:
        raise Unclean(verdicts.UNKNOWN)
    manifest = package.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in package else b""
    if b"encryption-data" in manifest:
        raise Unclean(verdicts.ENCRYPTED)
    return KINDS[type], _Builder(package, manifest).build(type)


@dataclass
class _Builder:
    """Takes over the document, then what the document shows: pictures, and charts and formulas inside it."""

    package: Package
    manifest: bytes
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # new place → (type, content)
    places: dict[str, str] = field(default_factory=dict)  # old place → new place

    def build(self, type: str) -> bytes:
        self._document("", "")
        entries = [("/", type), *((place, kind) for place, (kind, _) in sorted(self.files.items()))]
        bodies = [(place, body) for place, (_, body) in sorted(self.files.items()) if not place.endswith("/")]
        return packed([(MIMETYPE, type.encode()), *bodies, ("META-INF/manifest.xml", _manifest(entries))])

    def _document(self, old: str, new: str) -> None:
        roots = {name: parsed(self.package.read(old + name)) for name in (CONTENT, STYLES)
                 if old + name in self.package and self.package.names[old + name].file_size}
        common = [each for each in roots.get(STYLES, ()) if local(each.tag) == "styles"]
        styles = {name: odf_unseen.Styles([root, *common]) for name, root in roots.items()}
        for name, root in roots.items():
            odf_marks.clean(root, partial(self._shown, old), styles[name])
            self.files[new + name] = ("text/xml", written(root))

    def _shown(self, base: str, address: str) -> str:
        """The new address of a picture or inner document; '' when it does not go over."""
        if base or ":" in address.split("/")[0] or address.startswith("/"):
            return ""
        old = normpath(address)
        if old in self.places:
            return self.places[old]
        if old in self.package and not old.startswith("ObjectReplacements/"):
            return self._picture(old)
        return self._inner(old) if f"{old}/{CONTENT}" in self.package else ""

    def _picture(self, old: str) -> str:
        try:
            kind, body = images.clean_inside(self.package.read(old))
        except Unclean as refused:
            raise refused if refused.reason == verdicts.TOO_MUCH else Unclean(verdicts.INSIDE) from None
        place = f"Pictures/{len(self.places) + 1}.{'jpg' if kind == 'jpeg' else kind}"
        self.files[place] = (f"image/{kind}", body)
        self.places[old] = place
        return place

    def _inner(self, old: str) -> str:
        """A chart or formula inside the document: a document of its own, with nothing inside it in turn."""
        new = f"Object{len(self.places) + 1}"
        self.places[old] = f"./{new}"
        told = re.search(rb'<[^>]*full-path="' + re.escape(old.encode()) + rb'/"[^>]*>', self.manifest)
        type = INNER.search(told.group().decode("utf-8", "replace")) if told else None
        self._document(f"{old}/", f"{new}/")
        self.files[f"{new}/"] = (type.group() if type else "application/vnd.oasis.opendocument.chart", b"")
        return self.places[old]


def _manifest(entries: list[tuple[str, str]]) -> bytes:
    root = etree.Element(f"{{{_MANIFEST}}}manifest", {f"{{{_MANIFEST}}}version": "1.2"}, nsmap={"manifest": _MANIFEST})
    for place, type in entries:
        etree.SubElement(root, f"{{{_MANIFEST}}}file-entry",
                         {f"{{{_MANIFEST}}}full-path": place, f"{{{_MANIFEST}}}media-type": type})
    return written(root)

"""Inside OpenDocument texts: changes accepted, comments, people, days, links to files and programs out."""

import re
from collections.abc import Callable

from polyphony.uploads.cleaning import odf_unseen, verdicts
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
from polyphony.uploads.cleaning.verdicts import Unclean

_LINK = "http://www.w3.org/1999/xlink"
GONE = {

    # what stood there before: deleted words live inside tracked-changes
    "tracked-changes", "change", "change-start", "change-end",
    # comments, and who wrote them
    "annotation", "annotation-end",
    # programs, data, other files
    "scripts", "event-listeners", "event-listener", "forms", "control", "binary-data", "dde-source",
    "dde-connection-decls", "dde-connection-decl", "section-source", "table-source", "cell-range-source",
    "database-ranges-source", "font-face-src", "settings", "meta", "config-item-set", "external-data", "model",
    # words that stand nowhere
    "user-field-decls", "alphabetical-index-auto-mark-file",
    # fields that know who, where and when
    "author-name", "author-initials", "initial-creator", "creator", "file-name", "template-name", "printed-by",
    "creation-date", "creation-time", "modification-date", "modification-time", "print-date", "print-time",
    "editing-cycles", "editing-duration", "user-defined", "keywords", "sender-firstname", "sender-lastname",
    "sender-initials", "sender-title", "sender-position", "sender-email", "sender-phone-private", "sender-fax",
    "sender-company", "sender-phone-work", "sender-street", "sender-city", "sender-postal-code", "sender-country",
    "sender-state-or-province",
}
_OF_PEOPLE = ("http://purl.org/dc/elements/1.1/", "urn:oasis:names:tc:opendocument:xmlns:meta:1.0",
              "urn:oasis:names:tc:opendocument:xmlns:config:1.0", "urn:oasis:names:tc:opendocument:xmlns:script:1.0",
              "urn:oasis:names:tc:opendocument:xmlns:form:1.0")
NO_ATTRIBUTES = {"change-id", "author", "creator", "filter-name", "filter-options", "protection-key",
                 "protection-key-digest-algorithm"}
UNWRAPPED = {"database-display", "database-name", "database-row-number", "script", "dde-connection", "execute-macro",
             "meta-field",
             # fields that hold more than they show: what else could stand there, and hints on what to write
             "conditional-text", "placeholder", "text-input", "drop-down", "content-control",
             # what is still there was seen
             "hidden-text", "hidden-paragraph"}
# What a reader sees or hears of these cannot be kept without keeping what is hidden in them.
UNCLEANABLE = {"applet", "plugin", "object-ole", "floating-frame"}
_OTHER_FILE = re.compile(r"file:|'#|//", re.IGNORECASE)
WEB = ("http://", "https://", "#")


def clean(root: Element, shown: Callable[[str], str], styles: odf_unseen.Styles) -> None:
    """One text in its place; `shown` tells the new address of a picture or inner document, '' when it stays behind.

    Raises Unclean for programs, sounds and films inside, and for hidden parts.
    """
    if every(root, lambda node: local(node.tag) in UNCLEANABLE):
        raise Unclean(verdicts.INSIDE)
    drop_where(root, lambda node: local(node.tag) == "table" and _is_copy(node))
    odf_unseen.clean(root, styles)
    drop_where(root, lambda node: local(node.tag) in GONE or space(node.tag) in _OF_PEOPLE)
    unwrap_where(root, lambda node: local(node.tag) in UNWRAPPED)
    for node in every(root, lambda node: f"{{{_LINK}}}href" in node.attrib):
        _redirect(node, shown)
    drop_where(root, lambda node: local(node.tag) in ("image", "object") and f"{{{_LINK}}}href" not in node.attrib
               and not len(node))
    _without_empty_frames(root)
    for node in root.iter():
        _plain(node)


def _redirect(node: Element, shown: Callable[[str], str]) -> None:
    """Links for people may lead to the web or within the document; all others only to what goes over."""
    address = node.get(f"{{{_LINK}}}href", "")
    if local(node.tag) == "a":
        if not address.lower().startswith(WEB):
            unwrap(node)
        return
    if node.getparent() is None:
        return
    place = _place(node, address, shown)
    if place:
        node.set(f"{{{_LINK}}}href", place)
    else:
        drop(node)


def _place(node: Element, address: str, shown: Callable[[str], str]) -> str:
    """A picture that cannot be cleaned may stay behind when the document brings the same one in another format."""
    try:
        return shown(address) if address else ""
    except Unclean as refused:
        others = [each for each in node.getparent() if each is not node and local(each.tag) == "image"]
        if refused.reason == verdicts.INSIDE and others:
            return ""
        raise


def _is_copy(node: Element) -> bool:
    """A table of another file, kept out of sight for formulas that reach there."""
    return any(local(name) == "name" and value.startswith("'file:") for name, value in node.attrib.items())


def _without_empty_frames(root: Element) -> None:
    drop_where(root, lambda node: local(node.tag) == "frame" and not any(
        local(child.tag) not in ("title", "desc", "glue-point") for child in node))


def _plain(node: Element) -> None:
    """Marks without sittings, people and names of files."""
    for name in list(node.attrib):
        short = local(name)
        if "rsid" in short or short in NO_ATTRIBUTES or space(name) in _OF_PEOPLE or (
                short in ("formula", "condition") and _OTHER_FILE.search(node.attrib[name])):
            del node.attrib[name]
    if local(node.tag) in ("title", "desc") and is_path_like(node.text or ""):
        node.text = ""
    if local(node.tag) == "frame":
        for name in [each for each in node.attrib if local(each) == "name"]:
            del node.attrib[name]

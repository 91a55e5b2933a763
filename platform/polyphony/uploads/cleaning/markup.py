"""Reads marked-up text from strangers (no entities, no outside files, no comments) and takes marks out of it."""

import re
from collections.abc import Callable
from typing import Any

from lxml import etree

from polyphony.uploads.cleaning import verdicts
from polyphony.uploads.cleaning.verdicts import Unclean

Element = Any
_PATH_LIKE = re.compile(r"[\\/]|\.[A-Za-z0-9]{2,5}$|^(file|https?):", re.IGNORECASE)


def parsed(data: bytes) -> Element:
    """The root of a document. Raises Unclean for what is broken, or declares entities."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
                             huge_tree=False, remove_comments=True, remove_pis=True, recover=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Unclean(verdicts.BROKEN) from None
    if root.getroottree().docinfo.doctype:
        raise Unclean(verdicts.BROKEN)
    return root


def written(root: Element) -> bytes:
    """The document as bytes, from its root on: what stood before or after it is gone."""
    whole: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return whole


def local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]


def space(name: str) -> str:
    """The namespace of a name."""
    return name[1:].partition("}")[0] if name.startswith("{") else ""


def drop(node: Element) -> None:
    """Take a mark out with all that stands inside it; the text behind it stays."""
    parent, before, behind = node.getparent(), node.getprevious(), node.tail
    parent.remove(node)  # takes the text behind it along
    _give(parent, before, behind)


def unwrap(node: Element) -> None:
    """Take a mark away and leave what stands inside it."""
    parent, before, behind, children = node.getparent(), node.getprevious(), node.tail, list(node)
    _give(parent, before, node.text)
    place = parent.index(node)
    parent.remove(node)
    for number, child in enumerate(children):
        parent.insert(place + number, child)
    _give(parent, children[-1] if children else before, behind)


def _give(parent: Element, before: Element | None, text: str | None) -> None:
    if text and before is not None:
        before.tail = (before.tail or "") + text
    elif text:
        parent.text = (parent.text or "") + text


def every(root: Element, wanted: Callable[[Element], bool]) -> list[Element]:
    """The marks for which `wanted` is true, innermost last, never the root."""
    return [node for node in root.iter(etree.Element) if node is not root and wanted(node)]


def drop_where(root: Element, wanted: Callable[[Element], bool]) -> None:
    """Take out every such mark with its content."""
    for node in every(root, wanted):
        if node.getparent() is not None:
            drop(node)


def unwrap_where(root: Element, wanted: Callable[[Element], bool]) -> None:
    """Take away every such mark and leave its content."""
    for node in reversed(every(root, wanted)):
        unwrap(node)


def is_path_like(text: str) -> bool:
    """Whether a description is the name of a file rather than words for people who cannot see."""
    return bool(_PATH_LIKE.search(text.strip()))


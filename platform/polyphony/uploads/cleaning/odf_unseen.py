"""What OpenDocument files hold and do not show: hidden words go, hidden sheets, rows and slides are refused.

Source: ISO/IEC 26300-1, 7.7 (conditional and hidden text), 19.802 and 20.292 (display), 19.749 (visibility of rows).
"""

from collections.abc import Iterable

from polyphony.uploads.cleaning import verdicts
from polyphony.uploads.cleaning.markup import Element, drop, every, local
from polyphony.uploads.cleaning.verdicts import Unclean

FAMILIES = {  # marks → the family of styles they name
    "span": "text", "a": "text", "p": "paragraph", "h": "paragraph", "section": "section", "table": "table",
    "table-row": "table-row", "table-column": "table-column", "table-cell": "table-cell",
    "covered-table-cell": "table-cell", "page": "drawing-page",
}
SHEETS = ("table", "table-row", "table-column", "table-cell", "drawing-page", "graphic", "presentation")
MARGINS = ("header", "footer")  # a margin that is switched off takes those of left and first pages along
CHOICES = {("drop-down", "label"), ("content-control", "list-item")}
CONDITIONS = {"condition", "is-hidden", "display"}  # what is still there is seen, on whatever condition it was


class Styles:
    """Which styles of a document hide what they are given to."""

    def __init__(self, roots: Iterable[Element]):
        self.own: dict[tuple[str, str], str] = {}
        self.parents: dict[tuple[str, str], str] = {}
        self.close_cells = False  # as soon as the sheet is protected
        for root in roots:
            for node in every(root, lambda node: local(node.tag) in ("style", "default-style")):
                self._add(node)

    def _add(self, style: Element) -> None:
        family, name = _of(style, "family"), _of(style, "name")
        said = [(_of(each, "display"), _of(each, "visibility")) for each in style
                if local(each.tag).endswith("-properties")]
        self.close_cells |= any(_of(each, "cell-protect").startswith("hidden") for each in style)
        for display, visibility in said:
            if display in ("none", "false", "condition") or visibility == "hidden":
                self.own[family, name] = "condition" if display == "condition" else "none"
            elif display == "true":
                self.own.setdefault((family, name), "true")
        self.parents[family, name] = _of(style, "parent-style-name")

    @property
    def hide_something(self) -> bool:
        return bool({"none", "condition"} & set(self.own.values()))

    def of(self, node: Element) -> str:
        """`none`, `condition` or `true`, if a mark's style or the nearest one above it says so; else ''."""
        family = FAMILIES.get(local(node.tag)) or ("graphic" if "drawing" in node.tag else "")
        here, seen = _of(node, "style-name"), set()
        while family and here not in seen:
            if (family, here) in self.own:
                return self.own[family, here]
            seen.add(here)
            here = self.parents.get((family, here), "")  # at the end the style that all of a family begin with
        return ""


def clean(root: Element, styles: Styles) -> None:
    """Hidden words out, with the paragraph or section that they hide. Raises Unclean when it cannot be told."""
    _ensure_sheets_seen(root, styles)
    for mark in every(root, lambda node: local(node.tag) in ("hidden-text", "hidden-paragraph") and _is_hidden(node)):
        if local(mark.tag) == "hidden-text":
            _drop(mark)
        else:
            words = next((up for up in mark.iterancestors() if local(up.tag) in ("p", "h")), mark)
            _drop(words)
    _without_margins_off(root)
    for node in _saying(root, "display"):
        if local(node.tag) == "section" and _of(node, "display") == "condition":
            if _is_hidden(node):
                _drop(node)
        elif _of(node, "display") == "none" and not local(node.tag).endswith("-properties"):
            _drop(node)
    if styles.hide_something:
        for node in every(root, lambda node: styles.of(node) in ("none", "condition")):
            _drop_by_style(node, styles)
    _without_choices(root)


def _without_margins_off(root: Element) -> None:
    for node in _saying(root, "display"):
        kind, _, page = local(node.tag).partition("-")
        if kind in MARGINS and page in ("", "left", "first") and _of(node, "display") == "false":
            beside = [] if page or node.getparent() is None else list(node.getparent())
            for each in [node, *(each for each in beside if local(each.tag) in (f"{kind}-left", f"{kind}-first"))]:
                _drop(each)


def _is_hidden(mark: Element) -> bool:
    """Whether it was hidden when its sender last saw it: where nothing is said of that, it was not."""
    return _of(mark, "is-hidden") not in ("", "false")


def _drop_by_style(node: Element, styles: Styles) -> None:
    family = FAMILIES.get(local(node.tag), "graphic")
    if family in SHEETS or styles.of(node) == "condition" or every(node, lambda inner: styles.of(inner) == "true"):
        raise Unclean(verdicts.HIDDEN)
    _drop(node)


def _drop(node: Element) -> None:
    if node.getparent() is not None:
        drop(node)


def _ensure_sheets_seen(root: Element, styles: Styles) -> None:
    """No row, column, slide or cell is out of sight. Raises Unclean."""
    for node in _saying(root, "visibility"):
        if (local(node.tag) in ("table-row", "table-column") and _of(node, "visibility") in ("collapse", "filter")) or (
                local(node.tag) == "page" and _of(node, "visibility") == "hidden"):
            raise Unclean(verdicts.HIDDEN)
    for node in _saying(root, "display"):
        if (local(node.tag) in ("table-row-group", "table-column-group") and _of(node, "display") == "false") or (
                "drawing" in node.tag and _of(node, "display") in ("none", "printer")):
            raise Unclean(verdicts.HIDDEN)
    if styles.close_cells and any(_of(node, "protected") == "true" for node in _saying(root, "protected")):
        raise Unclean(verdicts.HIDDEN)


def _saying(root: Element, name: str) -> list[Element]:
    """The marks that say something under this name."""
    return [node for node in root.xpath("//*[@*[local-name()=$name]]", name=name) if node is not root]


def _without_choices(root: Element) -> None:
    """What else could have stood in a field, and the hint on what to write there."""
    for node in every(root, lambda node: (local(node.getparent().tag), local(node.tag)) in CHOICES):
        _drop(node)
    for node in every(root, lambda node: local(node.tag) in ("section", "hidden-paragraph")):
        for name in [each for each in node.attrib if local(each) in CONDITIONS]:
            del node.attrib[name]


def _of(node: Element, name: str) -> str:
    return str(next((value for key, value in node.attrib.items() if local(key) == name), ""))

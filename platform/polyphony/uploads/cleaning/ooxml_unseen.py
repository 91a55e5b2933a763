"""What Word, Excel and PowerPoint files hold and do not show: hidden words go, hidden sheets and slides are refused.

A sheet cannot simply be taken out: formulas elsewhere count on it. Source: ECMA-376 part 1, 17.3.2.41 (hidden text),
17.7.3 (how styles switch it on and off), 18.2.19 (sheets), 18.3.1 (rows and columns), 19.3.1.38 (slides).
"""

import re
from collections.abc import Callable

from polyphony.uploads.cleaning import verdicts
from polyphony.uploads.cleaning.markup import Element, drop, every, local, space
from polyphony.uploads.cleaning.verdicts import Unclean

_ON = ("1", "true", "on", "")
_VML = "urn:schemas-microsoft-com:vml"
_HIDING = '//*[local-name()="vanish" or local-name()="specVanish"]'
_SHOWS_NOTHING = re.compile(r"(\[[^\]]*\])?(;(\[[^\]]*\])?){2,3}")  # a format of numbers that leaves a cell blank


def is_word(name: str) -> bool:
    """Whether a mark is one of a text's."""
    return "wordprocessingml" in space(name) or "/office/word/" in space(name)


class Styles:
    """Which styles of a text hide their words."""

    def __init__(self, root: Element | None = None):
        self.own: dict[tuple[str, str], bool | None] = {}
        self.parents: dict[tuple[str, str], str] = {}
        self.usual: dict[str, str] = {}
        self.tables: set[str] = set()
        self.always = False
        for node in [] if root is None else root:
            if local(str(node.tag)) == "style":
                self._add(node)
            elif local(str(node.tag)) == "docDefaults":
                self.always = any(_hides(each) for each in every(node, lambda node: local(node.tag) == "rPr"))

    def _add(self, style: Element) -> None:
        kind, id = of(style, "type") or "paragraph", of(style, "styleId")
        self.own[kind, id] = next((_hides(each) for each in style if local(str(each.tag)) == "rPr"), None)
        self.parents[kind, id] = _said(style, "basedOn")
        if of(style, "default") in ("1", "true", "on"):
            self.usual[kind] = id
        if kind == "table" and any(_hides(each) for each in every(style, lambda node: local(node.tag) == "rPr")):
            self.tables.add(id)

    @property
    def hide_something(self) -> bool:
        return self.always or bool(self.tables) or True in self.own.values()

    def hide(self, kind: str, id: str) -> bool:
        """Whether a style, or the nearest one it is based on that says so, hides words."""
        for here in self._line(kind, id):
            if (said := self.own.get((kind, here))) is not None:
                return said
        return False

    def hides_tables(self, id: str) -> bool:
        """Whether words may be hidden in a table of this style."""
        return not self.tables.isdisjoint(self._line("table", id))

    def _line(self, kind: str, id: str) -> list[str]:
        line: list[str] = []
        here = id or self.usual.get(kind, "")
        while here and here not in line:
            line.append(here)
            here = self.parents.get((kind, here), "")
        return line


def drop_hidden(root: Element, styles: Styles) -> None:
    """Words formatted as hidden are seen by whoever switches a view, not by whoever sent them. Raises Unclean."""
    for row in every(root, lambda node: local(node.tag) == "tr" and is_word(node.tag)):
        if row.getparent() is not None and any(is_on(mark) for mark in _marks(row, "trPr", "hidden")):
            drop(row)
    if not styles.hide_something and not root.xpath(_HIDING):
        return
    for run in every(root, lambda node: local(node.tag) == "r"):
        if (is_word(run.tag) or "/math" in space(run.tag)) and _is_hidden(run, styles):
            for words in list(run):
                if local(words.tag) not in ("rPr", "fldChar"):
                    drop(words)


def _is_hidden(run: Element, styles: Styles) -> bool:
    direct = [said for each in run if local(each.tag) == "rPr" and (said := _hides(each)) is not None]
    if direct:
        return any(direct)
    words = next((up for up in run.iterancestors() if is_word(up.tag) and local(up.tag) == "p"), None)
    found = [styles.hide("character", _style(run, "rPr", "rStyle")),
             words is not None and styles.hide("paragraph", _style(words, "pPr", "pStyle"))]
    if sum(found) > 1 or any(styles.hides_tables(_style(up, "tblPr", "tblStyle")) for up in run.iterancestors()
                             if is_word(up.tag) and local(up.tag) == "tbl"):
        raise Unclean(verdicts.HIDDEN)  # two styles may switch each other off: programs differ in what they show
    return styles.always or any(found)


def _hides(marks: Element) -> bool | None:
    """What some marks of words say of hiding; None when they say nothing."""
    said = [is_on(each) for each in marks if is_word(str(each.tag)) and local(each.tag) in ("vanish", "specVanish")]
    return any(said) if said else None


def _marks(node: Element, holder: str, name: str) -> list[Element]:
    return [mark for each in node if local(each.tag) == holder for mark in each if local(mark.tag) == name]


def _style(node: Element, holder: str, name: str) -> str:
    return next((of(mark, "val") for mark in _marks(node, holder, name)), "")


def _said(node: Element, name: str) -> str:
    return next((of(each, "val") for each in node if local(str(each.tag)) == name), "")


def of(node: Element, name: str) -> str:
    """What a mark says under a name, in whatever namespace."""
    return next((value for key, value in node.attrib.items() if local(key) == name), "")


def is_on(mark: Element) -> bool:
    """Whether a switch is on: it is when it stands there and says nothing else."""
    return of(mark, "val").lower() in _ON


def ensure_seen(root: Element) -> None:
    """No sheet, row, column, slide, shape or number is out of sight. Raises Unclean."""
    for node in root.iter():
        wanted = _OUT_OF_SIGHT.get(local(node.tag))
        if (wanted and wanted(node)) or (space(node.tag) == _VML and _is_invisible(node)):
            raise Unclean(verdicts.HIDDEN)


def _says(node: Element, name: str) -> bool:
    return (node.get(name) or "0").lower() in _ON


def _is_nothing(node: Element, name: str) -> bool:
    """Whether a row is no point high, or a column no point wide."""
    try:
        return float(node.get(name) or 1) <= 0
    except ValueError:
        return True


def _is_blank(format: str) -> bool:
    return bool(_SHOWS_NOTHING.fullmatch(format.strip()))


def _is_invisible(node: Element) -> bool:
    return bool(re.search(r"visibility\s*:\s*(hidden|collapse)|display\s*:\s*none", node.get("style", "").lower()))


_OUT_OF_SIGHT: dict[str, Callable[[Element], bool]] = {
    "sheet": lambda node: node.get("state", "visible") != "visible",
    "workbookView": lambda node: node.get("visibility", "visible") != "visible",
    "row": lambda node: _says(node, "hidden") or _is_nothing(node, "ht"),
    "col": lambda node: _says(node, "hidden") or _is_nothing(node, "width"),
    "sheetFormatPr": lambda node: _says(node, "zeroHeight"),
    "numFmt": lambda node: "spreadsheetml" in space(node.tag) and _is_blank(node.get("formatCode", "")),
    "sld": lambda node: not _says(node, "show") and "show" in node.attrib,
    "cNvPr": lambda node: _says(node, "hidden"),
    "docPr": lambda node: _says(node, "hidden"),
}

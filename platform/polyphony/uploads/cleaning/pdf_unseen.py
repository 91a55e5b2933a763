"""What a PDF holds and its viewer does not show: layers that can hide, notes kept off the screen, paper cut away.

A layer goes with its switch: what it hid would be seen. So a file is taken only where nothing is or can be hidden.
Source: ISO 32000-1, 8.11 (optional content), 12.5.3 (flags of annotations), 14.11.2 (boundaries of pages).
"""

from collections.abc import Iterator
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from polyphony.uploads.cleaning import verdicts
from polyphony.uploads.cleaning.verdicts import Unclean

_INVISIBLE, _HIDDEN, _NO_VIEW = 1, 2, 32
_SWITCHES = ("/ViewState", "/PrintState", "/ExportState")
_SAME = 1.0  # point: sizes of paper are rounded, and this is less than a line of writing


def ensure_layers_show(old: pikepdf.Pdf) -> None:
    """No layer of the document is off, or goes off by itself. Raises Unclean."""
    layers = old.Root.get("/OCProperties")
    if not isinstance(layers, Dictionary):
        return
    others: Any = layers.get("/Configs", [])
    for way in (layers.get("/D", Dictionary()), *others):
        if len(way.get("/OFF", [])) or way.get("/BaseState", Name.ON) != Name.ON or len(way.get("/AS", [])) \
                or not _is_for_viewing(way):
            raise Unclean(verdicts.LAYERS)
    for layer in layers.get("/OCGs", []):
        ensure_shows(layer)


def ensure_nothing_hangs_on_layers(thing: pikepdf.Object) -> None:
    """Neither this thing nor the marks it draws are shown only under conditions. Raises Unclean."""
    ensure_shows(thing.get("/OC"))
    resources = thing.get("/Resources")
    named = resources.get("/Properties") if isinstance(resources, Dictionary) else None
    if isinstance(named, Dictionary):
        for _name, each in named.items():
            ensure_shows(each)


def ensure_shows(layer: Any) -> None:
    """A layer, or a rule about layers, by which nothing is hidden. Raises Unclean."""
    if not isinstance(layer, Dictionary):
        return
    if "/VE" in layer or layer.get("/P", Name.AnyOn) != Name.AnyOn:
        raise Unclean(verdicts.LAYERS)
    groups = layer.get("/OCGs")
    for group in groups if isinstance(groups, Array) else [groups]:
        if isinstance(group, Dictionary):
            _ensure_switched_on(group)
    _ensure_switched_on(layer)


def _ensure_switched_on(layer: Dictionary) -> None:
    usage = layer.get("/Usage")
    states = [each.get(name) for _use, each in (usage.items() if isinstance(usage, Dictionary) else ())
              if isinstance(each, Dictionary) for name in _SWITCHES]
    if Name.OFF in states or (layer.get("/Type") == Name.OCG and not _is_for_viewing(layer)):
        raise Unclean(verdicts.LAYERS)


def _is_for_viewing(thing: Dictionary) -> bool:
    intent = thing.get("/Intent", Name.View)
    return bool({Name.View, Name.All} & set(intent if isinstance(intent, Array) else [intent]))


def drop_notes_off_screen(page: pikepdf.Page) -> None:
    """Comments and fields that the viewer does not show are not drawn into the page. Raises Unclean."""
    if "/Annots" not in page.obj:
        return
    shown = []
    for note in page.obj.Annots:
        if isinstance(note, Dictionary):
            ensure_shows(note.get("/OC"))
            if not int(note.get("/F", 0)) & (_INVISIBLE | _HIDDEN | _NO_VIEW):
                shown.append(note)
    page.obj.Annots = Array(shown)


def ensure_whole(page: Dictionary) -> None:
    """The whole sheet is seen: what lies on the part cut away would be handed on unseen. Raises Unclean."""
    sheet = list(_edges(page.get("/MediaBox")))
    cut = list(_edges(page.get("/CropBox", page.get("/MediaBox"))))
    seen = [*map(max, sheet[:2], cut[:2]), *map(min, sheet[2:], cut[2:])]
    unit = max(1.0, float(page.get("/UserUnit", 1)))
    if any(abs(one - other) * unit > _SAME for one, other in zip(sheet, seen, strict=True)):
        raise Unclean(verdicts.CROPPED)


def _edges(box: Any) -> Iterator[float]:
    """Left, bottom, right, top of a box, whichever two corners it names."""
    if not isinstance(box, Array) or len(box) != 4:
        raise Unclean(verdicts.BROKEN)
    left, bottom, right, top = (float(each) for each in box)
    yield from (min(left, right), min(bottom, top), max(left, right), max(bottom, top))


def is_layer_mark(operands: Any) -> bool:
    """Whether marks are noted as a layer's in the page itself, where no list of layers knows of it."""
    return len(operands) > 1 and operands[0] == Name.OC and isinstance(operands[1], Dictionary | Stream)

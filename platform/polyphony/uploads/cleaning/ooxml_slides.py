"""Which slides of a presentation are shown, and by which layouts and masters they are drawn; all others stay behind.

Source: ECMA-376 part 1, 19.2.1.34 (list of slides), 13.3 (parts of a presentation).
"""

from collections.abc import Callable, Iterable

from polyphony.uploads.cleaning.markup import Element, every, local
from polyphony.uploads.cleaning.ooxml_marks import named

KINDS = {"slide", "slideLayout", "slideMaster", "notesMaster"}
_DRAWN_BY = {"slide": {"slideLayout", "notesSlide"}, "slideLayout": {"slideMaster"}, "notesSlide": {"notesMaster"}}


def shown(presentation: Element, leads: Callable[[str], Iterable[tuple[str, str, str, bool]]], place: str) -> set[str]:
    """The places of the slides in the list and of what they are drawn by; `leads` tells the relations of a place."""
    listed = {id for each in every(presentation, lambda node: local(node.tag) == "sldIdLst") for id in named(each)}
    waiting = [("slide", target) for id, type, target, _outside in leads(place)
               if id in listed and type.endswith("/slide")]
    found: set[str] = set()
    while waiting:
        kind, here = waiting.pop()
        if here not in found:
            found.add(here)
            told = ((type.rpartition("/")[2], target) for _id, type, target, outside in leads(here) if not outside)
            waiting += [each for each in told if each[0] in _DRAWN_BY.get(kind, ())]
    return found

"""Headers and footers of texts and sheets that no page shows go: those of first and of left pages wait for a switch.

Source: ECMA-376 part 1, 17.10 (headers and footers), 17.10.6 (title page), 18.3.1.46 (headers and footers of sheets).
"""

from polyphony.uploads.cleaning.markup import Element, drop, drop_where, every, local, space
from polyphony.uploads.cleaning.ooxml_unseen import is_on, is_word, of

_REFERENCES = ("headerReference", "footerReference")
_SWITCHES = {"firstHeader": "differentFirst", "firstFooter": "differentFirst", "evenHeader": "differentOddEven",
             "evenFooter": "differentOddEven"}


def has_left_pages(settings: Element) -> bool:
    """Whether the left pages of a text have margins of their own."""
    return any(local(str(each.tag)) == "evenAndOddHeaders" and is_on(each) for each in settings)


def clean(root: Element, left_pages: bool) -> None:
    """Take out the references to margins of a text, and the margins of a sheet, that no page shows."""
    awaited: set[str] = set()  # first margins that this section or one behind it shows, and none before has replaced
    for section in reversed(every(root, lambda node: is_word(node.tag) and local(node.tag) == "sectPr")):
        if any(local(each.tag) == "titlePg" and is_on(each) for each in section):
            awaited.update(_REFERENCES)
        for each in [each for each in section if local(each.tag) in _REFERENCES]:
            kind, which = local(each.tag), of(each, "type")
            if (which == "first" and kind not in awaited) or (which == "even" and not left_pages):
                drop(each)
            elif which == "first":
                awaited.discard(kind)
    drop_where(root, _is_unseen_in_sheet)


def _is_unseen_in_sheet(node: Element) -> bool:
    switch = _SWITCHES.get(local(node.tag), "")
    return bool(switch) and "wordprocessingml" not in space(node.tag) and (
        node.getparent().get(switch, "0") not in ("1", "true"))

"""Headers, footers and notes that no page shows go: those of first and left pages wait for a switch, notes for a sign.

Source: ECMA-376 part 1, 17.10 (headers and footers), 17.10.6 (title page), 17.11 (notes), 18.3.1.46 (sheets).
"""

from polyphony.uploads.cleaning.markup import Element, drop, drop_where, every, local, space
from polyphony.uploads.cleaning.ooxml_unseen import is_on, is_word, of

_REFERENCES = ("headerReference", "footerReference")
_SWITCHES = {"firstHeader": "differentFirst", "firstFooter": "differentFirst", "evenHeader": "differentOddEven",
             "evenFooter": "differentOddEven"}
_NOTES = {"footnotes": "footnote", "endnotes": "endnote"}


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


def notes_of(root: Element) -> set[tuple[str, str]]:
    """(kind, number) of the notes to which a text refers."""
    return {(local(node.tag).removesuffix("Reference"), of(node, "id")) for node in every(
        root, lambda node: is_word(node.tag) and local(node.tag) in ("footnoteReference", "endnoteReference"))}


def drop_notes(root: Element, kind: str, kept: set[tuple[str, str]]) -> None:
    """Take out the notes to which nothing that is seen refers; the lines between them and the text stay."""
    for note in [each for each in root if local(each.tag) == _NOTES.get(kind)]:
        if of(note, "type") in ("", "normal") and (local(note.tag), of(note, "id")) not in kept:
            drop(note)

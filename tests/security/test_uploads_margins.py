"""Promise 12: headers, footers and notes that a file holds and no page shows leave it, with the pictures in them."""

from typing import Any

import pytest

import dirty
from hiding_office import PICTURE, VANISH, WORD, content, document, docx_with, parts, xlsx

SECTION = "<w:p><w:pPr><w:sectPr>{}</w:sectPr></w:pPr></w:p>"
TITLE, NO_TITLE = "<w:titlePg/>", '<w:titlePg w:val="0"/>'


def margin(which: str, kind: str = "header", id: str = "j") -> str:
    return f'<w:{kind}Reference w:type="{which}" r:id="{id}"/>'


def words(said: str, root: str = "hdr") -> str:
    return f"<w:{root} {WORD}><w:p><w:r><w:t>{said}</w:t>{PICTURE}</w:r></w:p></w:{root}>"


def docx(body: str, settings: str = "", **others: tuple[str, Any]) -> bytes:
    """A text with a margin `j` that holds words and a picture, and what else is given, from `l` on."""
    made = docx_with(body, {
        "settings.xml": ("settings", f"<w:settings {WORD}>{settings}</w:settings>"), "margin.xml": ("header", words("canary")),
        "other.xml": ("footer", words("Other", "ftr"))} | others)
    return dirty.zipped(dirty.unzipped(made) | {
        "word/_rels/margin.xml.rels": dirty.relations(("i", "image", "a.png")), "word/a.png": dirty.png()})


@pytest.mark.parametrize(("body", "settings"), [
    (SECTION.format(margin("first")), ""), (SECTION.format(margin("first", "footer") + NO_TITLE), ""),
    (SECTION.format(margin("even") + TITLE), ""), (SECTION.format(margin("even")), '<w:evenAndOddHeaders w:val="false"/>'),
    (f'<w:sectPr>{margin("first")}</w:sectPr>', "<w:evenAndOddHeaders/>"),
    (SECTION.format(TITLE) + SECTION.format(margin("first")), ""),
    (SECTION.format(margin("first")) + SECTION.format(margin("first", id="k") + TITLE), ""),
], ids=["first", "first off", "even", "even off", "last section", "first of another section", "another one from then on"])
def test_a_margin_that_no_page_shows_leaves_a_text(body: str, settings: str) -> None:
    found = parts(docx(body, settings))
    assert "canary" not in str(found)
    assert not [name for name in found if "media" in name]


@pytest.mark.parametrize(("body", "settings"), [
    (SECTION.format(margin("first") + TITLE), ""), (SECTION.format(margin("even")), "<w:evenAndOddHeaders/>"),
    (SECTION.format(margin("default")), ""), (SECTION.format('<w:headerReference r:id="j"/>'), ""),
    (SECTION.format(margin("first")) + SECTION.format("") + SECTION.format(margin("first", "footer", "k") + TITLE), ""),
], ids=["first", "even", "usual", "usual without a word", "first of a later section"])
def test_a_margin_that_some_page_shows_stays(body: str, settings: str) -> None:
    found = parts(docx(body, settings))
    assert "canary" in found["word/header/header1.xml"]
    assert "word/media/image1.png" in found


def test_the_margins_of_a_sheet_that_no_page_shows_leave_it() -> None:
    def sheet(said: str) -> str:
        lines = "".join(f"<{which}>{which} here</{which}>" for which in (
            "oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"))
        made = dirty.unzipped(xlsx())
        at = made["xl/one.xml"].decode()
        made["xl/one.xml"] = at.replace("</sheetData>", f"</sheetData><headerFooter {said}>{lines}</headerFooter>")
        return parts(dirty.zipped(made))["xl/worksheet/worksheet1.xml"]

    for said, kept in (("", ["odd"]), ('differentFirst="0" differentOddEven="false"', ["odd"]), ('differentFirst="1"', ["odd", "first"]),
                       ('differentOddEven="true"', ["odd", "even"])):
        found = sheet(said)
        for which in ("odd", "even", "first"):
            assert (f"{which}Header here" in found, f"{which}Footer here" in found) == ((which in kept,) * 2), said


@pytest.mark.parametrize("which", ["header", "footer", "header-left", "footer-left", "header-first", "footer-first"])
def test_the_margins_of_an_open_text_that_no_page_shows_leave_it(which: str) -> None:
    def margins(display: str) -> str:
        line = f'<style:{which} style:display="{display}"><text:p>{which} here</text:p></style:{which}>'
        common = f'<style:master-page style:name="x">{line}</style:master-page>'
        return content(document("", common=common), "styles.xml")

    assert f"{which} here" not in margins("false")
    assert f"{which} here" in margins("true")


def test_with_the_margin_of_an_open_text_its_other_pages_margins_go() -> None:
    lines = ('<style:header style:display="false"><text:p>canary</text:p></style:header><style:header-left><text:p>canary</text:p>'
             "</style:header-left><style:footer><text:p>Kept</text:p></style:footer>")
    found = content(document("", common=f'<style:master-page style:name="x">{lines}</style:master-page>'), "styles.xml")
    assert "canary" not in found
    assert "Kept" in found


def notes(kind: str) -> str:
    each = "".join(f'<w:{kind} w:id="{id}"><w:p><w:r><w:t>{said}</w:t></w:r></w:p></w:{kind}>' for id, said in ((1, "Kept"), (2, "canary")))
    lines = "".join(f'<w:{kind} w:type="{type}" w:id="{id}"><w:p><w:r><w:{type}/></w:r></w:p></w:{kind}>'
                    for id, type in ((-1, "separator"), (0, "continuationSeparator")))
    return f"<w:{kind}s {WORD}>{lines}{each}</w:{kind}s>"


def refers(kind: str, id: int, marks: str = "") -> str:
    return f'<w:r><w:rPr>{marks}</w:rPr><w:{kind}Reference w:id="{id}"/></w:r>'


@pytest.mark.parametrize("kind", ["footnote", "endnote"])
@pytest.mark.parametrize("around", [
    "{}", "<w:p><w:del>{}</w:del></w:p>", "<w:p><w:moveFrom>{}</w:moveFrom></w:p>",
    "<w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc><w:p>{}</w:p></w:tc></w:tr></w:tbl>",
    "<w:tbl><w:tr><w:trPr><w:hidden/></w:trPr><w:tc><w:p>{}</w:p></w:tc></w:tr></w:tbl>", "hidden"],
    ids=["no longer there", "deleted", "moved", "deleted row", "hidden row", "hidden"])
def test_a_note_to_which_nothing_that_is_seen_refers_leaves_a_text(kind: str, around: str) -> None:
    gone = "" if around == "{}" else around.format(refers(kind, 2))
    if around == "hidden":
        gone = f"<w:p>{refers(kind, 2, VANISH)}</w:p>"
    other = "endnote" if kind == "footnote" else "footnote"
    found = parts(docx_with(f"{gone}<w:p>{refers(kind, 1)}{refers(other, 2)}</w:p>", {f"{kind}s.xml": (f"{kind}s", notes(kind))}))
    kept = found[f"word/{kind}s/{kind}s1.xml"]
    assert "canary" not in kept
    assert "Kept" in kept
    assert (kept.count("<w:separator/>"), kept.count("<w:continuationSeparator/>")) == (1, 1)
    assert 'Reference w:id="1"' in found["word/document.xml"]

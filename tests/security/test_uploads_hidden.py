"""Promise 12: hidden words leave an office file, and one with hidden sheets, rows, columns or slides is refused."""

import io
import zipfile

import pytest

import dirty
import dirty_office
from hiding_office import PICTURE, VANISH, WORD, docx_with, parts, refused, xlsx
from polyphony.uploads.cleaning import cleaner, verdicts


def docx(words: str, styles: str = "") -> bytes:
    return docx_with(f"{words}<w:p><w:r><w:t>Seen</w:t></w:r></w:p>", {
        "a.png": ("image", dirty.png()), "styles.xml": ("styles", f"<w:styles {WORD}>{styles}</w:styles>")})


def style(kind: str, id: str, marks: str = "", *, on: str = "", usual: bool = False) -> str:
    told = f'<w:basedOn w:val="{on}"/>' if on else ""
    default = ' w:default="1"' if usual else ""
    return f'<w:style w:type="{kind}" w:styleId="{id}"{default}>{told}<w:rPr>{marks}</w:rPr></w:style>'


SHOWN = '<w:vanish w:val="0"/>'
RUN = f"<w:t>canary</w:t><w:sym w:char='canary'/>{PICTURE}"
BY_CHARACTERS = f'<w:p><w:r><w:rPr><w:rStyle w:val="C"/></w:rPr>{RUN}</w:r></w:p>'
BY_PARAGRAPH = f'<w:p><w:pPr><w:pStyle w:val="P"/></w:pPr><w:r>{RUN}</w:r></w:p>'
PLAIN = f"<w:p><w:r>{RUN}</w:r></w:p>"


@pytest.mark.parametrize(("words", "styles"), [
    (f"<w:p><w:r><w:rPr>{VANISH}</w:rPr>{RUN}</w:r></w:p>", ""),
    (f"<w:p><w:r><w:rPr><w:specVanish/></w:rPr>{RUN}</w:r></w:p>", ""),
    (BY_CHARACTERS, style("character", "C", VANISH)), (BY_CHARACTERS, style("character", "C", "<w:specVanish/>")),
    (BY_CHARACTERS, style("character", "C", "", on="D") + style("character", "D", "<w:b/>", on="E")
     + style("character", "E", VANISH, on="C")),
    (BY_PARAGRAPH, style("paragraph", "P", VANISH)),
    (BY_PARAGRAPH, style("paragraph", "P", "", on="Q") + style("paragraph", "Q", VANISH)),
    (f'<w:p><w:r><w:rPr>{VANISH}</w:rPr><m:t>canary</m:t></w:r></w:p>', ""),
    ("<w:tbl><w:tr><w:trPr><w:hidden/></w:trPr><w:tc><w:p><w:r><w:t>canary</w:t></w:r></w:p></w:tc></w:tr></w:tbl>", ""),
    ('<w:sdt><w:sdtPr><w:alias w:val="canary"/><w:tag w:val="canary"/><w:dropDownList><w:listItem w:value="canary"/>'
     "</w:dropDownList></w:sdtPr></w:sdt>", ""),
], ids=["itself", "itself for ever", "characters", "characters for ever", "far down the line", "paragraph", "its base",
        "a sum", "a row", "a choice"])
def test_hidden_words_and_their_pictures_leave_a_text(words: str, styles: str) -> None:
    found = parts(docx(words, styles))
    assert "canary" not in str(found)
    assert "Seen" in found["word/document.xml"]
    assert [name for name in found if "media" in name] == []


@pytest.mark.parametrize("styles", [
    f"<w:docDefaults><w:rPrDefault><w:rPr>{VANISH}</w:rPr></w:rPrDefault></w:docDefaults>", style("paragraph", "N", VANISH, usual=True)])
def test_words_hidden_by_what_holds_for_the_whole_text_leave_it(styles: str) -> None:
    assert "canary" not in parts(docx(PLAIN, styles))["word/document.xml"]
    shown = parts(docx(f"<w:p><w:r><w:rPr>{SHOWN}</w:rPr><w:t>Shown again</w:t></w:r></w:p>", styles))
    assert "Shown again" in shown["word/document.xml"]


def test_words_that_are_seen_stay_whatever_other_styles_hide() -> None:
    styles = style("character", "C", SHOWN, on="D") + style("character", "D", VANISH) + style("paragraph", "P", VANISH)
    shown = parts(docx(BY_CHARACTERS.replace("canary", "Plain") + "<w:p><w:r><w:rPr><w:webHidden/></w:rPr><w:t>12</w:t></w:r></w:p>",
                       styles))
    assert "Plain" in shown["word/document.xml"]
    assert ">12<" in shown["word/document.xml"], "the numbers of pages in a table of contents are hidden on the web alone"
    assert [name for name in shown if "media" in name] == ["word/media/image1.png"]


@pytest.mark.parametrize(("words", "styles"), [
    (BY_PARAGRAPH.replace("<w:r>", '<w:r><w:rPr><w:rStyle w:val="C"/></w:rPr>'),
     style("paragraph", "P", VANISH) + style("character", "C", VANISH)),
    (f'<w:tbl><w:tblPr><w:tblStyle w:val="T"/></w:tblPr><w:tr><w:tc>{PLAIN}</w:tc></w:tr></w:tbl>', style("table", "T", VANISH)),
    ('<w:p><w:r><w:drawing><wp:docPr xmlns:wp="wp" id="1" hidden="1"/></w:drawing></w:r></w:p>', ""),
    ('<w:p><w:r><w:pict><v:shape style="left:0;visibility:hidden"/></w:pict></w:r></w:p>', ""),
], ids=["two styles", "a table's style", "a shape", "an old shape"])
def test_a_text_in_which_nobody_can_tell_what_is_hidden_is_refused(words: str, styles: str) -> None:
    assert refused(docx(words, styles)) == verdicts.HIDDEN


def test_a_sheet_that_is_not_in_the_list_of_sheets_stays_behind() -> None:
    found = parts(xlsx())
    assert "canary" not in str(found)
    assert "xl/worksheet/worksheet1.xml" in found


@pytest.mark.parametrize("made", [
    {"sheets": '<sheet name="One" r:id="i"/><sheet name="Two" r:id="j" state="hidden"/>'},
    {"sheets": '<sheet name="One" r:id="i"/><sheet name="Two" r:id="j" state="veryHidden"/>'},
    {"cells": '<row r="1" hidden="1"><c><v>1</v></c></row>'}, {"cells": '<row r="1" hidden="true"/>'},
    {"cells": '<row r="1" ht="0" customHeight="1"/>'}, {"before": '<cols><col min="1" max="2" hidden="1"/></cols>'},
    {"before": '<cols><col min="1" max="2" width="0"/></cols>'}, {"before": '<sheetFormatPr zeroHeight="1"/>'},
    {"numbers": '<numFmt numFmtId="164" formatCode=";;;"/>'},
], ids=str)
def test_a_spreadsheet_with_hidden_parts_is_refused(made: dict[str, str]) -> None:
    assert refused(xlsx(**made)) == verdicts.HIDDEN


def test_a_spreadsheet_that_says_it_hides_nothing_is_taken() -> None:
    found = parts(xlsx('<sheet name="One" r:id="i" state="visible"/>', '<row r="1" hidden="0" ht="12.5"><c><v>1</v></c></row>',
                       '<cols><col min="1" max="2" width="9" hidden="false"/></cols>', '<numFmt numFmtId="164" formatCode="0;-0;;@"/>'))
    assert "xl/worksheet/worksheet1.xml" in found


@pytest.mark.parametrize(("old", "new"), [("<p:sld ", '<p:sld show="0" '), ("<p:sld ", '<p:sld show="false" '),
                                          ('<p:cNvPr id="2"', '<p:cNvPr hidden="1" id="2"')])
def test_slides_with_a_hidden_one_or_a_hidden_shape_are_refused(old: str, new: str) -> None:
    def changed(old: str, new: str) -> bytes:
        with zipfile.ZipFile(io.BytesIO(dirty_office.pptx())) as archive:
            return dirty.zipped({name: archive.read(name).replace(old.encode(), new.encode()) for name in archive.namelist()})

    assert refused(changed(old, new)) == verdicts.HIDDEN
    assert cleaner.clean(changed("<p:sld ", '<p:sld show="1" '))[0] == "pptx"

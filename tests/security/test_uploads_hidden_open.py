"""Promise 12: hidden words leave an OpenDocument file, and one with hidden sheets, rows, columns or slides is refused."""

import io
import zipfile

import pytest

from hiding_office import content, document
from polyphony.uploads.cleaning import cleaner, verdicts
from polyphony.uploads.cleaning.verdicts import Unclean


def style(name: str, family: str, marks: str = 'text:display="none"', *, on: str = "", kind: str = "text") -> str:
    parent = f' style:parent-style-name="{on}"' if on else ""
    return f'<style:style style:name="{name}" style:family="{family}"{parent}><style:{kind}-properties {marks}/></style:style>'


PARAGRAPH = '<text:p text:style-name="P1">canary<text:span>canary</text:span></text:p>'
PICTURE = '<draw:frame><draw:image xlink:href="Pictures/canaryname.jpg"/></draw:frame>'


@pytest.mark.parametrize(("body", "automatic", "common"), [
    (f'<text:p>canary<text:span><text:hidden-paragraph text:condition="x" text:is-hidden="true"/></text:span>{PICTURE}</text:p>', "", ""),
    ('<text:h><text:hidden-paragraph text:is-hidden="true">x</text:hidden-paragraph>canary</text:h>', "", ""),
    ('<text:section text:name="s" text:display="none"><text:p>canary</text:p></text:section>', "", ""),
    ('<text:section text:display="condition" text:condition="x" text:is-hidden="true"><text:p>canary</text:p></text:section>', "", ""),
    ('<text:p><text:hidden-text text:condition="x" text:string-value="canary" text:is-hidden="true">canary</text:hidden-text></text:p>', "", ""),
    ('<text:p><text:hidden-text text:string-value="canary" text:is-hidden="false">Seen</text:hidden-text></text:p>', "", ""),
    ('<text:p><text:variable-set text:display="none" text:formula="canary"/></text:p>', "", ""),
    ('<text:p><text:span text:style-name="T1">canary</text:span></text:p>', style("T1", "text"), ""),
    (PARAGRAPH, style("P1", "paragraph"), ""), (PARAGRAPH, "", style("P1", "paragraph")),
    (PARAGRAPH, style("P1", "paragraph", "", on="Base"), style("Base", "paragraph", "", on="Deep") + style("Deep", "paragraph")),
    ('<text:p><text:placeholder text:placeholder-type="text" text:description="canary">Seen</text:placeholder></text:p>', "", ""),
    ('<text:p><text:conditional-text text:condition="canary" text:string-value-if-true="canary" text:string-value-if-false="canary">'
     "Seen</text:conditional-text></text:p>", "", ""),
    ('<text:p><text:drop-down text:name="canary"><text:label text:value="canary"/>Seen</text:drop-down></text:p>', "", ""),
    ('<text:p><text:text-input text:description="canary">Seen</text:text-input></text:p>', "", ""),
    ('<text:p><loext:content-control loext:alias="canary"><loext:list-item loext:value="canary"/>Seen</loext:content-control></text:p>',
     "", ""),
], ids=["paragraph", "heading", "section", "section on condition", "words", "other words when shown", "variable", "span", "paragraph's style", "common style", "base",
        "hint", "other words", "other choices", "hint of a field", "box to fill in"])
def test_hidden_words_leave_a_text(body: str, automatic: str, common: str) -> None:
    data = document(body, automatic, common)
    assert "canary" not in content(data)
    assert content(data).count("Seen") == body.count("Seen") + 1
    with zipfile.ZipFile(io.BytesIO(cleaner.clean(data)[1])) as archive:
        assert [name for name in archive.namelist() if "Pictures" in name] == []


def test_words_hidden_by_what_a_text_begins_with_leave_it_and_shown_ones_stay() -> None:
    usual = '<style:default-style style:family="paragraph"><style:text-properties text:display="none"/></style:default-style>'
    body = '<text:p>canary</text:p><text:p text:style-name="P1">Shown again</text:p>'
    found = content(document(body, style("P1", "paragraph", 'text:display="true"'), usual))
    assert "canary" not in found
    assert "Shown again" in found


@pytest.mark.parametrize("said", [' text:is-hidden="false"', ""], ids=["said", "not said"])
@pytest.mark.parametrize("body", [
    '<text:p>Kept<text:hidden-paragraph text:condition="x"{}/></text:p>',
    '<text:p><text:hidden-paragraph text:condition="x"{}>Kept</text:hidden-paragraph></text:p>',
    '<text:section text:display="condition" text:condition="x"{}><text:p>Kept</text:p></text:section>',
    '<text:p>A <text:hidden-text text:condition="x" text:string-value="Kept"{}>Kept</text:hidden-text> B</text:p>',
], ids=["paragraph", "words of a mark", "section", "words"])
def test_what_was_seen_on_a_condition_stays_and_has_no_condition_any_more(body: str, said: str) -> None:
    found = content(document(body.format(said)))
    assert found.count("Kept") == 1
    assert "condition" not in found
    assert "hidden-" not in found
    assert "A <" not in body or "A Kept B" in found


ROW = '<table:table><table:table-row{}><table:table-cell/></table:table-row></table:table>'


@pytest.mark.parametrize(("body", "automatic"), [
    ('<text:p text:style-name="P1"/>', style("P1", "paragraph", 'text:display="condition"')),
    ('<text:p text:style-name="P1"><text:span text:style-name="T1">x</text:span></text:p>',
     style("P1", "paragraph") + style("T1", "text", 'text:display="true"')),
    ('<table:table table:style-name="ta1"/>', style("ta1", "table", 'table:display="false"', kind="table")),
    (ROW.format(' table:visibility="collapse"'), ""), (ROW.format(' table:visibility="filter"'), ""),
    ('<table:table><table:table-column table:visibility="collapse"/></table:table>', ""),
    ('<table:table><table:table-row-group table:display="false"/></table:table>', ""),
    ('<draw:page draw:style-name="dp1"/>', style("dp1", "drawing-page", 'presentation:visibility="hidden"', kind="drawing-page")),
    ('<draw:frame draw:display="printer"/>', ""), ('<draw:layer draw:name="x" draw:display="none"/>', ""),
    ('<table:table table:protected="true"/>', style("ce1", "table-cell", 'style:cell-protect="hidden-and-protected"', kind="table-cell")),
], ids=["style", "shown inside hidden", "sheet", "row", "filtered row", "column", "group", "slide", "shape",
        "layer", "cells"])
def test_what_is_hidden_and_cannot_simply_go_is_refused(body: str, automatic: str) -> None:
    with pytest.raises(Unclean) as said:
        cleaner.clean(document(body, automatic))
    assert said.value.reason == verdicts.HIDDEN


def test_closed_cells_are_refused_wherever_their_style_stands() -> None:
    closed = style("ce1", "table-cell", 'style:cell-protect="hidden-and-protected"', kind="table-cell")
    with pytest.raises(Unclean):
        cleaner.clean(document('<table:table table:protected="true"/>', common=closed))
    assert cleaner.clean(document('<table:table table:protected="false"/>', common=closed))


def test_sheets_rows_and_slides_that_are_seen_are_taken() -> None:
    seen = (style("ta1", "table", 'table:display="true"', kind="table")
            + style("dp1", "drawing-page", 'presentation:visibility="visible"', kind="drawing-page"))
    body = '<draw:page draw:style-name="dp1"/><table:table table:style-name="ta1"/>' + ROW.format(' table:visibility="visible"')
    assert cleaner.clean(document(body, seen, type="spreadsheet"))[0] == "ods"

"""Promise 12: layouts of slides that no slide uses leave a presentation, and hidden words behind names leave a spreadsheet."""

import pytest

import dirty
import dirty_office
from hiding_office import parts, xlsx

P = f'xmlns:p="{dirty_office.P}" xmlns:a="{dirty_office.A}" xmlns:r="{dirty.R}"'


def drawn(kind: str, said: str, lists: str = "") -> str:
    return f'<p:{kind} {P}><p:cSld><p:spTree><a:t>{said}</a:t><a:blip r:embed="i"/></p:spTree></p:cSld>{lists}</p:{kind}>'


def pptx(slides: str = '<p:sldId id="256" r:id="s1"/>', jump: str = "") -> bytes:
    """A slide drawn by a layout of the first of two masters, a slide that is in no list, and the notes' own master."""
    ids = "".join(f'<p:sldLayoutId id="{n}" r:id="l{n}"/>' for n in (1, 2))
    of_master = f"<p:sldLayoutIdLst>{ids}</p:sldLayoutIdLst>"
    related = {
        "presentation": [("s1", "slide", "slide1.xml"), ("s2", "slide", "slide2.xml"), ("m1", "slideMaster", "master1.xml"),
                         ("m2", "slideMaster", "master2.xml"), ("n", "notesMaster", "notes.xml")],
        "slide1": [("i", "image", "seen.png"), ("l", "slideLayout", "layout1.xml"), ("j", "slide", "slide2.xml")],
        "slide2": [("l", "slideLayout", "layout3.xml")],
        "master1": [("i", "image", "seen.png"), ("l1", "slideLayout", "layout1.xml"), ("l2", "slideLayout", "layout2.xml")],
        "master2": [("i", "image", "spare.png"), ("l1", "slideLayout", "layout3.xml"), ("l2", "slideLayout", "layout4.xml")],
        **{f"layout{n}": [("i", "image", "seen.png" if n == 1 else "spare.png"), ("m", "slideMaster", f"master{(n + 1) // 2}.xml")]
           for n in range(1, 5)}}
    return dirty.zipped({
        "[Content_Types].xml": dirty.types("ppt__presentation", "presentationml.presentation.main"),
        "_rels/.rels": dirty.relations(("r", "officeDocument", "ppt/presentation.xml")),
        "ppt/presentation.xml": f'<p:presentation {P}><p:sldMasterIdLst><p:sldMasterId id="9" r:id="m1"/><p:sldMasterId id="8" r:id="m2"/>'
                                f'</p:sldMasterIdLst><p:notesMasterIdLst><p:notesMasterId r:id="n"/></p:notesMasterIdLst><p:sldIdLst>'
                                f"{slides}</p:sldIdLst></p:presentation>",
        "ppt/slide1.xml": drawn("sld", f"Seen slide{jump}"), "ppt/slide2.xml": drawn("sld", "canary"),
        "ppt/master1.xml": drawn("sldMaster", "Seen master", of_master), "ppt/master2.xml": drawn("sldMaster", "canary", of_master),
        "ppt/layout1.xml": drawn("sldLayout", "Seen layout"), **{f"ppt/layout{n}.xml": drawn("sldLayout", "canary") for n in (2, 3, 4)},
        "ppt/notes.xml": drawn("notesMaster", "canary"), "ppt/seen.png": dirty.png(), "ppt/spare.png": dirty.png(),
        **{f"ppt/_rels/{name}.xml.rels": dirty.relations(*told) for name, told in related.items()}})


@pytest.mark.parametrize("jump", ["", '<a:hlinkClick r:id="j" action="ppaction://hlinksldjump"/>'], ids=["", "a jump there"])
def test_slides_layouts_and_masters_that_are_not_in_use_leave_a_presentation(jump: str) -> None:
    found = parts(pptx(jump=jump))
    assert "canary" not in str(found)
    assert sorted(name for name in found if "rels" not in name and name != "[Content_Types].xml") == [
        "ppt/media/image1.png", "ppt/presentation.xml", "ppt/slide/slide1.xml", "ppt/slideLayout/slideLayout1.xml",
        "ppt/slideMaster/slideMaster1.xml"]
    assert (found["ppt/presentation.xml"].count("sldMasterId "), found["ppt/slideMaster/slideMaster1.xml"].count("sldLayoutId ")) == (1, 1)
    assert all(f"Seen {each}" in str(found) for each in ("slide", "layout", "master"))


def test_a_jump_to_a_slide_in_the_list_stays() -> None:
    both = '<p:sldId id="256" r:id="s1"/><p:sldId id="257" r:id="s2"/>'
    found = parts(pptx(both, '<a:hlinkClick r:id="j" action="ppaction://hlinksldjump"/>'))
    assert 'r:id="j"' in found["ppt/slide/slide1.xml"]
    assert len([name for name in found if "slideMaster/slideMaster" in name]) == 2


def named(names: str) -> str:
    made = dirty.unzipped(xlsx())
    made["xl/workbook.xml"] = made["xl/workbook.xml"].replace(b"</sheets>", f"</sheets><definedNames>{names}</definedNames>".encode())
    return parts(dirty.zipped(made))["xl/workbook.xml"]


def test_remarks_and_hidden_words_behind_names_leave_a_spreadsheet() -> None:
    gone = ('<definedName name="a" hidden="1">"canary"</definedName>', '<definedName name="b" hidden="true">{"canary","b"}</definedName>',
            '<definedName name="_xlnm.Sheet_Title" hidden="1">"canary"</definedName>',
            '<definedName name="c" hidden="1">CONCATENATE("canary A1",2)</definedName>')
    kept = ('<definedName name="d" comment="canary" description="canary" help="canary" statusBar="canary">One!$A$1</definedName>',
            '<definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">One!$A$1:$B$2</definedName>',
            '<definedName name="e" hidden="1">IF(One!$A$1="x",1,2)</definedName>', '<definedName name="f" hidden="1">5</definedName>',
            '<definedName name="g">"Seen"</definedName>')
    found = named("".join(gone + kept))
    assert "canary" not in found
    assert found.count("<definedName ") == len(kept)
    assert "<definedNames" not in named("".join(gone))

"""Promise 12: of an office file only those parts go over, or are a reason to refuse it, to which something that is seen leads."""

from typing import Any

import pytest

import dirty
import dirty_office
from hiding_office import VANISH, WORD, docx_with, parts, refused
from polyphony.uploads.cleaning import verdicts

SVG = "<svg xmlns='http://www.w3.org/2000/svg'><text>canary</text></svg>"
A = f'xmlns:a="{dirty_office.A}"'
ICON = (f'<w:drawing><a:blip {A} r:embed="i"><a:extLst><a:ext uri="u"><asvg:svgBlip xmlns:asvg="asvg" r:embed="j"/></a:ext>'
        '</a:extLst></a:blip></w:drawing>')
OBJECT = '<w:object><o:OLEObject xmlns:o="urn:schemas-microsoft-com:office:office" r:id="j"/></w:object>'


def run(inside: str, marks: str = "") -> str:
    return f"<w:p><w:r><w:rPr>{marks}</w:rPr>{inside}</w:r></w:p>"


def test_an_icon_is_kept_as_points_without_the_drawing_it_was_made_from() -> None:
    found = parts(docx_with(run(ICON), {"a.png": ("image", dirty.png()), "a.svg": ("image", SVG)}))
    assert [name for name in found if "media" in name] == ["word/media/image1.png"]
    assert "canary" not in str(found)


def test_an_icon_on_a_slide_is_kept_as_points() -> None:
    made = dirty.unzipped(dirty_office.pptx())
    slide = made["ppt/slide.xml"].decode().replace("</p:spTree>", ICON.replace("w:drawing", "p:pic") + "</p:spTree>")
    made |= {"ppt/slide.xml": slide, "ppt/a.png": dirty.png(), "ppt/a.svg": SVG,
             "ppt/_rels/slide.xml.rels": dirty.relations(("i", "image", "a.png"), ("j", "image", "a.svg"))}
    found = parts(dirty.zipped(made))
    assert [name for name in found if "media" in name] == ["ppt/media/image1.png"]
    assert "canary" not in str(found)


@pytest.mark.parametrize("kind", ["oleObject", "package", "control", "aFChunk", "video"])
@pytest.mark.parametrize(("inside", "is_seen"), [(run(OBJECT), True), (run(OBJECT, VANISH), False), ("", False)],
                         ids=["seen", "hidden", "only in the list"])
def test_a_program_is_a_reason_to_refuse_where_it_is_seen(kind: str, inside: str, is_seen: bool) -> None:
    made = docx_with(inside, {"a.png": ("image", dirty.png()), "b.bin": (kind, "canary")})
    if is_seen:
        assert refused(made) == verdicts.INSIDE
    else:
        assert "canary" not in str(parts(made))


@pytest.mark.parametrize("other", [("image", SVG), ("chart", "<c>canary"), ("header", "canary"), ("diagramDrawing", "<d>canary</d>")])
def test_what_only_the_list_of_relations_knows_stays_behind_however_broken(other: tuple[str, Any]) -> None:
    others = {"a.xml": ("diagramData", f"<d {WORD}/>"), "b.xml": other}
    assert "canary" not in str(parts(docx_with(run("<w:t>Seen</w:t>"), others)))


def test_what_goes_along_without_a_mark_stays() -> None:
    found = parts(docx_with(run(f'<a:relIds {A} r:dm="i"/>'), {
        "a.xml": ("diagramData", f"<d {WORD}/>"), "b.xml": ("diagramDrawing", "<d>Kept</d>"), "c.xml": ("theme", "<t/>"),
        "d.xml": ("numbering", "<n/>")}))
    assert {f"word/{kind}/{kind}1.xml" for kind in ("diagramData", "diagramDrawing", "theme", "numbering")} <= set(found)

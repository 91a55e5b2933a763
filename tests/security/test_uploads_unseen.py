"""Promise 12: what a file holds and does not show is taken out, or the file is refused; nothing hidden becomes seen."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageChops

import dirty
from polyphony.uploads.cleaning import cleaner, verdicts
from polyphony.uploads.cleaning.verdicts import Unclean


def refused(data: bytes) -> str:
    with pytest.raises(Unclean) as said:
        cleaner.clean(data)
    return said.value.reason


def pdf(change: Callable[[Any, Any], None] = lambda made, page: None) -> bytes:
    """One page of words; `change` may do anything to it."""
    out, made = io.BytesIO(), pikepdf.new()
    made.add_blank_page(page_size=(200, 200))
    page = made.pages[0].obj
    page.Contents = made.make_stream(b"/OC /L0 BDC BT /F1 9 Tf 20 20 Td (canary) Tj ET EMC")
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    page.Resources = Dictionary(Font=Dictionary(F1=font))
    change(made, page)
    made.save(out)
    return out.getvalue()


def layered(*, group: dict[str, Any] | None = None, rule: dict[str, Any] | None = None, usual: dict[str, Any] | None = None,
            configs: list[Any] | None = None, where: str = "marks") -> bytes:
    """A page whose words hang on a layer, or on a rule about it."""

    def change(made: Any, page: Any) -> None:
        layer = made.make_indirect(Dictionary(Type=Name.OCG, Name=String("x"), **(group or {})))
        made.Root.OCProperties = Dictionary(OCGs=[layer], D=Dictionary(**(usual or {})))
        if configs:
            made.Root.OCProperties.Configs = Array(configs)
        hung = layer if rule is None else Dictionary(Type=Name.OCMD, OCGs=[layer], **rule)
        if where == "marks":
            page.Resources.Properties = Dictionary(L0=hung)
        elif where == "note":
            look = made.make_stream(b"0 0 5 5 re f", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 5, 5])
            page.Annots = [made.make_indirect(Dictionary(
                Type=Name.Annot, Subtype=Name.FreeText, Rect=[1, 1, 9, 9], OC=hung, AP=Dictionary(N=look)))]
        else:
            page.Resources.XObject = Dictionary(X=made.make_stream(
                b"0 0 5 5 re f", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 5, 5], OC=hung))

    return pdf(change)


OFF = Dictionary(View=Dictionary(ViewState=Name.OFF))
AUTOMATIC = [Dictionary(Event=Name.View, Category=[Name.View], OCGs=[])]


@pytest.mark.parametrize("where", ["marks", "drawing", "note"])
@pytest.mark.parametrize("rule", [{"P": Name.AllOff}, {"P": Name.AnyOff}, {"P": Name.AllOn}, {"VE": Array([Name.Not])}],
                         ids=["all off", "any off", "all on", "an expression"])
def test_a_pdf_whose_words_hang_on_a_rule_about_layers_is_refused(rule: dict[str, Any], where: str) -> None:
    assert refused(layered(rule=rule, where=where)) == verdicts.LAYERS


@pytest.mark.parametrize("made", [
    {"group": {"Usage": OFF}}, {"group": {"Usage": OFF}, "usual": {"AS": AUTOMATIC}}, {"usual": {"AS": AUTOMATIC}},
    {"group": {"Usage": Dictionary(Print=Dictionary(PrintState=Name.OFF))}}, {"group": {"Intent": Name.Design}},
    {"group": {"Intent": Array([Name.Design])}}, {"usual": {"Intent": Name.Design}}, {"usual": {"BaseState": Name.OFF}},
    {"usual": {"BaseState": Name.Unchanged}}, {"configs": [Dictionary(BaseState=Name.OFF)]},
    {"configs": [Dictionary(AS=AUTOMATIC)]}, {"configs": [Dictionary(OFF=[Dictionary()])]},
], ids=lambda made: "-".join(made))
def test_a_pdf_with_a_layer_that_can_hide_is_refused(made: dict[str, Any]) -> None:
    assert refused(layered(**made)) == verdicts.LAYERS


def test_a_layer_that_only_the_page_itself_knows_is_refused() -> None:
    def change(made: Any, page: Any) -> None:
        page.Contents = made.make_stream(b"/OC <</Type /OCMD /P /AllOff>> BDC 0 0 5 5 re f EMC")

    assert refused(pdf(change)) == verdicts.LAYERS


@pytest.mark.parametrize("made", [
    {}, {"rule": {}}, {"rule": {"P": Name.AnyOn}}, {"group": {"Intent": Array([Name.View, Name.Design])}},
    {"group": {"Usage": Dictionary(View=Dictionary(ViewState=Name.ON))}, "usual": {"BaseState": Name.ON}}],
                         ids=lambda made: "-".join(made) or "none")
def test_a_pdf_whose_layers_all_show_is_taken(made: dict[str, Any]) -> None:
    assert cleaner.clean(layered(**made))[0] == "pdf"


@pytest.mark.parametrize("flag", [1, 2, 32, 32 | 4])
def test_a_note_that_the_screen_does_not_show_is_not_drawn_into_the_page(flag: int) -> None:
    def change(made: Any, page: Any) -> None:
        look = made.make_stream(b"BT (canarynote) Tj ET", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 5, 5])
        page.Annots = [made.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.FreeText, Rect=[1, 1, 9, 9], F=flag,
                                                     AP=Dictionary(N=look)))]

    with pikepdf.open(io.BytesIO(cleaner.clean(pdf(change))[1])) as cleaned:
        assert b"canarynote" not in b"".join(each.read_bytes() for each in cleaned.objects if isinstance(each, pikepdf.Stream))


@pytest.mark.parametrize("crop", [[0, 0, 200, 100], [0, 50, 200, 200], [1.5, 0, 200, 200], [0, 0, 200, 198.5], [200, 100, 0, 0], [300, 300, 400, 400]],
                         ids=str)
@pytest.mark.parametrize("above", [False, True], ids=["of the page", "of all pages"])
def test_a_pdf_whose_page_is_cut_smaller_than_its_sheet_is_refused(crop: list[float], above: bool) -> None:
    def change(made: Any, page: Any) -> None:
        (made.Root.Pages if above else page).CropBox = Array(crop)

    assert refused(pdf(change)) == verdicts.CROPPED


@pytest.mark.parametrize("crop", [[0, 0, 200, 200], [200, 200, 0, 0], [-10, -10, 300, 300], [0.72, 0, 200, 199.16]], ids=str)
def test_a_pdf_cut_as_large_as_its_sheet_is_taken(crop: list[float]) -> None:
    def change(made: Any, page: Any) -> None:
        page.CropBox, page.TrimBox = Array(crop), Array([50, 50, 60, 60])

    with pikepdf.open(io.BytesIO(cleaner.clean(pdf(change))[1])) as cleaned:
        assert set(cleaned.pages[0].obj.keys()) == {"/Type", "/Parent", "/MediaBox", "/Resources", "/Contents"}


def test_a_pdf_in_large_units_is_measured_in_points() -> None:
    def change(made: Any, page: Any) -> None:
        page.CropBox, page.UserUnit = Array([0.5, 0, 200, 200]), 100

    assert refused(pdf(change)) == verdicts.CROPPED


def test_what_lies_under_the_clear_parts_of_a_picture_is_blank() -> None:
    hidden = dirty.picture(mode="RGBA")
    hidden.putalpha(0)
    partly = hidden.copy()
    partly.paste((9, 8, 7, 1), (0, 0, 5, 5))
    for picture, how in ((partly, {"format": "PNG"}), (hidden, {"format": "WEBP", "lossless": True, "exact": True})):
        out = io.BytesIO()
        picture.save(out, **how)
        seen = Image.open(io.BytesIO(cleaner.clean(out.getvalue())[1])).convert("RGBA")
        clear = seen.getchannel("A").point(lambda light: 0 if light else 255)
        blank = Image.new("RGB", seen.size)
        assert ImageChops.difference(Image.composite(seen.convert("RGB"), blank, clear), blank).getbbox() is None
        assert picture is hidden or seen.getpixel((2, 2)) == (9, 8, 7, 1), "what is seen a little stays"


@pytest.mark.parametrize(("mode", "depth"), [("RGB", 16), ("I;16", 16)])
def test_a_colour_that_stands_for_nothing_in_finer_shades_than_remain_is_refused(mode: str, depth: int) -> None:
    """Painted again in fewer shades, what was clear would be seen."""
    channels = 3 if mode == "RGB" else 1
    lines = (b"\0" + b"\x12\x34" * channels * 4) * 4

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    def png(*between: bytes) -> bytes:
        head = struct.pack(">IIBBBBB", 4, 4, depth, 2 if channels == 3 else 0, 0, 0, 0)
        return b"".join([b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", head), *between, chunk(b"IDAT", zlib.compress(lines)), chunk(b"IEND", b"")])

    assert cleaner.clean(png())[0] == "png"
    assert refused(png(chunk(b"tRNS", b"\x12\x34" * channels))) == verdicts.PICTURE

"""Promise 12: pictures inside a PDF are written anew from what their light needs; what is not needed has no place."""

import base64
import io
import struct
import zlib
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image

import dirty
from polyphony.uploads.cleaning import cleaner, pdf_jpeg, pdf_jpeg2000, verdicts
from polyphony.uploads.cleaning.verdicts import Unclean


def refused(data: bytes, clean: Any = cleaner.clean) -> str:
    with pytest.raises(Unclean) as said:
        clean(data)
    return said.value.reason


def segment(mark: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, mark, len(body) + 2) + body


def saved(format: str, mode: str = "RGB", **how: Any) -> bytes:
    out = io.BytesIO()
    dirty.picture(size=(61, 43)).convert(mode).save(out, format, **how)
    return out.getvalue()


def points(data: bytes) -> tuple[str, bytes]:
    seen = Image.open(io.BytesIO(data))
    return seen.mode, seen.tobytes()


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("how", [{}, {"progressive": True}, {"optimize": True, "subsampling": 2}, {"restart_marker_rows": 1}], ids=str)
def test_the_light_of_a_photograph_stays_point_for_point(mode: str, how: dict[str, Any]) -> None:
    data = saved("JPEG", mode, **how)
    assert points(pdf_jpeg.bare(data)) == points(data)
    assert pdf_jpeg.bare(pdf_jpeg.bare(data)) == pdf_jpeg.bare(data)
    assert points(pdf_jpeg.bare(dirty.jpeg())) == points(dirty.jpeg())


PLANTED = b"canary planted here " * 4
NOT_NEEDED = {"a note": segment(0xFE, PLANTED), **{f"a mark {mark:02X}": segment(mark, PLANTED) for mark in (
    0xE0, 0xE1, 0xEC, 0xEE, 0xEF, 0xF0, 0xF7, 0xFD, 0x02, 0xBF, 0xC8, 0xCC, 0xDC, 0xDE, 0xDF)},
    "spare steps": segment(0xDB, b"\3" + PLANTED[:64]), "steps written over": segment(0xDB, b"\0" + PLANTED[:64]),
    "spare numbers": segment(0xC4, b"\x13" + b"\0" * 15 + b"\x50" + PLANTED),
    "colours with more": segment(0xEE, b"Adobe\0\x64\0\0\0\0\1" + PLANTED),
    "colours with words": segment(0xEE, b"Adobecanary\1")}


@pytest.mark.parametrize("name", NOT_NEEDED)
@pytest.mark.parametrize("behind", [False, True], ids=["before", "between"])
def test_nothing_planted_between_the_marks_of_a_photograph_stays(name: str, behind: bool) -> None:
    data = saved("JPEG", progressive=True)
    at = data.rindex(b"\xff\xda") if behind else 2
    planted = data[:at] + NOT_NEEDED[name] + data[at:] + b"canary behind the end"
    cut = pdf_jpeg.bare(planted)
    assert b"canary" in planted
    assert b"canary" not in cut
    assert points(cut) == points(data)


@pytest.mark.parametrize("stray", [b"\n", b"\0\0", b"canary", b"\xff\0", b"\xff\xff"], ids=repr)
@pytest.mark.parametrize("mark", [b"\xff\xd8", b"\xff\xdb", b"\xff\xc0", b"\xff\xda"], ids=["start", "steps", "frame", "light"])
def test_stray_bytes_before_a_mark_of_a_photograph_are_left_out(stray: bytes, mark: bytes) -> None:
    data = saved("JPEG")
    at = data.index(mark)
    assert pdf_jpeg.bare(data[:at] + stray + data[at:]) == pdf_jpeg.bare(data)


def test_photographs_that_nobody_here_understands_are_refused() -> None:
    data = saved("JPEG")
    frame = data.index(b"\xff\xc0")
    for mark in (0xC3, 0xC5, 0xC9, 0xCA, 0xCF):
        assert refused(data[:frame + 1] + bytes([mark]) + data[frame + 2:], pdf_jpeg.bare) == verdicts.INSIDE
    told = data.index(b"\xff\xc4") + 4 + 17
    assert refused(data[:told] + b"canary" + data[told + 6:], pdf_jpeg.bare) == verdicts.INSIDE
    for broken in (b"\xff\xd8\xff\xe1\xff", b"\xff\xd8zz", b"nothing", b"\xff\xd8\xff\xd9", data[:frame] + data[frame + 19:],
                   b"\xff\xd8" + segment(0xDB, b"\0short") + data[2:], b"\xff\xd8\xff\xfe\0\0" + data[2:],
                   data[:frame + 3] + b"\x12" + data[frame + 4:]):
        assert refused(broken, pdf_jpeg.bare) == verdicts.BROKEN


def boxes(data: bytes) -> list[bytes]:
    return [kind for kind, _body in pdf_jpeg2000._boxes(data)]


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("how", [{}, {"tile_size": (32, 32)}, {"plt": True}, {"no_jp2": True}, {"irreversible": True}], ids=str)
def test_the_light_of_a_new_photograph_stays_without_its_comments(mode: str, how: dict[str, Any]) -> None:
    data = saved("JPEG2000", mode, comment="canary", **how)
    cut = pdf_jpeg2000.bare(data)
    assert b"canary" in data
    assert b"canary" not in cut
    assert points(cut) == points(data)
    assert pdf_jpeg2000.bare(cut) == cut


def test_only_the_boxes_that_are_needed_stay() -> None:
    data = saved("JPEG2000")
    head, light = data.index(b"jp2h") - 4, data.index(b"jp2c") - 4
    inner = data[head + 8:light] + box(b"res ", b"canary") + box(b"uuid", b"canary")
    inner = inner.replace(box(b"colr", b"\1\0\0\0\0\0\x10"), box(b"colr", b"\2\0\0canary profile"))
    planted = (data[:16] + b"canary"[:4] + data[20:head] + box(b"abcd", b"canary") + box(b"jp2h", inner) + box(b"jp2i", b"canary")
               + data[light:] + box(b"xml ", b"canary") + box(b"jp2c", data[light + 8:] + b"canary"))
    cut = pdf_jpeg2000.bare(planted)
    assert boxes(cut) == [b"jP  ", b"ftyp", b"jp2h", b"jp2c"]
    assert boxes(cut[cut.index(b"jp2h") + 4:cut.index(b"jp2c") - 4]) == [b"ihdr", b"colr"]
    assert b"cana" not in cut
    assert points(cut) == points(data)
    for bad in (data[:light], b"\0\0\0\x0cjP  \r\n\x87\n" + data[light:], data[:head + 8] + b"\0\0\0\1" + data[head + 12:],
                data[:light + 8] + b"words", data[:-40]):
        assert refused(bad, pdf_jpeg2000.bare) == verdicts.BROKEN
    at = data.index(b"\xff\x52")
    assert refused(data[:at] + segment(0x60, b"canary") + data[at:], pdf_jpeg2000.bare) in (verdicts.INSIDE, verdicts.BROKEN)
    bare = saved("JPEG2000", no_jp2=True)
    at = bare.index(b"\xff\x52")
    assert refused(bare[:at] + segment(0x60, b"canary") + bare[at:], pdf_jpeg2000.bare) == verdicts.INSIDE


TURNED = Dictionary(ColorTransform=1, Who=Name.canary)


def pdf(picture: bytes, filter: Any, wide: int = 61, high: int = 43, parameters: Any = TURNED) -> bytes:
    """A page with one picture, of the size that the page says."""
    out, made = io.BytesIO(), pikepdf.new()
    made.add_blank_page(page_size=(200, 200))
    made.pages[0].obj.Contents = made.make_stream(b"/I Do")
    photo = made.make_stream(picture, Type=Name.XObject, Subtype=Name.Image, Width=wide, Height=high, BitsPerComponent=8,
                             ColorSpace=Name.DeviceRGB, Filter=filter)
    if parameters is not None:
        photo.DecodeParms = parameters
    made.pages[0].obj.Resources = Dictionary(XObject=Dictionary(I=photo))
    made.save(out)
    return out.getvalue()


def test_the_pictures_of_a_pdf_are_written_anew() -> None:
    photo, new = dirty.jpeg(), saved("JPEG2000", comment="canary")
    planted = {Name.DCTDecode: (photo[:2] + NOT_NEEDED["a mark F0"] + photo[2:], photo), Name.JPXDecode: (new, new)}
    for filter, (full, data) in planted.items():
        with pikepdf.open(io.BytesIO(cleaner.clean(pdf(full, filter))[1])) as cleaned:
            photo = cleaned.pages[0].Resources.XObject.I
            assert b"canary" not in photo.read_raw_bytes() + photo.unparse(resolved=True)
            assert points(photo.read_raw_bytes()) == points(data)
            assert photo.DecodeParms.ColorTransform == 1


PACKED = {"/FlateDecode": zlib.compress, "/ASCII85Decode": lambda data: base64.a85encode(data) + b"~>",
          "/ASCIIHexDecode": lambda data: data.hex().encode() + b">"}


@pytest.mark.parametrize("last", ["/DCTDecode", "/JPXDecode"])
@pytest.mark.parametrize("before", [["/FlateDecode"], ["/ASCII85Decode"], ["/ASCIIHexDecode", "/FlateDecode"]], ids=str)
@pytest.mark.parametrize("parameters", [None, TURNED, "one for each"], ids=["none", "one", "one for each"])
def test_a_photograph_packed_twice_is_unpacked_and_written_anew(last: str, before: list[str], parameters: Any) -> None:
    data = dirty.jpeg() if last == "/DCTDecode" else saved("JPEG2000", comment="canary")
    packed = data
    for filter in reversed(before):
        packed = PACKED[filter](packed)
    told = Array([*(Dictionary() for _ in before), TURNED]) if parameters == "one for each" else parameters
    made = pdf(packed, Array([Name(each) for each in (*before, last)]), parameters=told)
    with pikepdf.open(io.BytesIO(cleaner.clean(made)[1])) as cleaned:
        photo = cleaned.pages[0].Resources.XObject.I
        assert photo.Filter == Name(last)
        assert b"canary" not in photo.read_raw_bytes() + photo.unparse(resolved=True)
        assert points(photo.read_raw_bytes()) == points(data)
        assert ("/DecodeParms" in photo) == (parameters == "one for each")


@pytest.mark.parametrize(("short", "long"), [(["/DCT"], "/DCTDecode"), (["/Fl", "/DCT"], "/DCTDecode"), (["/A85", "/DCT"], "/DCTDecode"),
                                             (["/AHx", "/Fl", "/DCT"], "/DCTDecode"), (["/JPX"], "/JPXDecode")], ids=str)
def test_a_photograph_whose_packing_is_named_in_short_is_written_anew(short: list[str], long: str) -> None:
    data = dirty.jpeg() if long == "/DCTDecode" else saved("JPEG2000", comment="canary")
    packed = data
    for filter in reversed(short[:-1]):
        packed = PACKED[{"/Fl": "/FlateDecode", "/A85": "/ASCII85Decode", "/AHx": "/ASCIIHexDecode"}[filter]](packed)
    made = pdf(packed, Array([Name(each) for each in short]) if len(short) > 1 else Name(short[0]), parameters=None)
    with pikepdf.open(io.BytesIO(cleaner.clean(made)[1])) as cleaned:
        photo = cleaned.pages[0].Resources.XObject.I
        assert photo.Filter == Name(long)
        assert b"canary" not in photo.read_raw_bytes()
        assert points(photo.read_raw_bytes()) == points(data)


@pytest.mark.parametrize("filters", [["/Canary"], ["/JPXDecode", "/DCTDecode"], ["/DCTDecode", "/FlateDecode"], ["/JBIG2Decode", "/LZW"]], ids=str)
def test_a_picture_packed_in_ways_that_nobody_here_reads_is_refused(filters: list[str]) -> None:
    assert refused(pdf(dirty.jpeg(), Array([Name(each) for each in filters]), parameters=None)) == verdicts.INSIDE


def part(kind: int, body: bytes, number: int = 1, refers: bytes = b"", size: int | None = None) -> bytes:
    """One part of a fax: its head, its body."""
    many = bytes([len(refers) << 5]) if len(refers) < 5 else struct.pack(">I", 7 << 29 | len(refers)) + bytes(len(refers) // 8 + 1)
    return struct.pack(">IB", number, kind) + many + refers + struct.pack(">BI", 1, len(body) if size is None else size) + body


KEPT_OF_FAX = part(48, b"page" * 5) + part(6, b"words", 9, bytes(range(1, 8))) + part(38, b"light", 2, b"\1")
NOTE_OF_FAX = part(62, b"\x20\0\0\0canary\0words\0\0")


def test_a_fax_in_a_pdf_loses_its_notes_and_what_stands_behind_it() -> None:
    out, made = io.BytesIO(), pikepdf.open(io.BytesIO(pdf(NOTE_OF_FAX + KEPT_OF_FAX + NOTE_OF_FAX + part(49, b"canary") + b"canary",
                                                          Name.JBIG2Decode, parameters=None)))
    made.pages[0].Resources.XObject.I.DecodeParms = Dictionary(Who=Name.canary, JBIG2Globals=made.make_stream(
        part(0, b"signs") + NOTE_OF_FAX, Who=Name.canary))
    made.save(out)
    with pikepdf.open(io.BytesIO(cleaner.clean(out.getvalue())[1])) as cleaned:
        photo = cleaned.pages[0].Resources.XObject.I
        assert photo.read_raw_bytes() == KEPT_OF_FAX
        assert list(photo.DecodeParms.keys()) == ["/JBIG2Globals"]
        assert photo.DecodeParms.JBIG2Globals.read_bytes() == part(0, b"signs")
        assert "/Who" not in photo.DecodeParms.JBIG2Globals


@pytest.mark.parametrize(("data", "reason"), [
    (part(60, b"canary"), verdicts.INSIDE), (part(38, b"light", size=0xFFFFFFFF), verdicts.INSIDE),
    (part(38, b"light", size=6), verdicts.BROKEN), (b"", verdicts.BROKEN), (NOTE_OF_FAX, verdicts.BROKEN)],
    ids=["unknown", "without length", "cut off", "nothing", "a note alone"])
def test_a_fax_that_nobody_here_understands_is_refused(data: bytes, reason: str) -> None:
    assert refused(pdf(data, Name.JBIG2Decode, parameters=None)) == reason


def test_a_photograph_whose_other_packing_is_broken_is_refused() -> None:
    made = pdf(b"not packed", Array([Name.FlateDecode, Name.DCTDecode]))
    assert refused(made) == verdicts.BROKEN


FOUR_THOUSAND_MILLION = (65_000, 65_000)


def huge_jpeg() -> bytes:
    data = saved("JPEG")
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", *FOUR_THOUSAND_MILLION) + data[at + 4:]


def huge_jpeg2000() -> bytes:
    data = saved("JPEG2000")
    at = data.index(b"\xff\x51") + 6
    return data[:at] + struct.pack(">II", *FOUR_THOUSAND_MILLION) + data[at + 8:]


def huge_webp(kind: bytes = b"VP8X") -> bytes:
    """The largest picture that the format can speak of, by its head alone: 16 million points to a side, or 16 thousand."""
    if kind == b"VP8X":
        body = b"\0" * 4 + (FOUR_THOUSAND_MILLION[0] - 1).to_bytes(3, "little") * 2
    else:
        body = b"\x2f" + (0x3FFF | 0x3FFF << 14).to_bytes(4, "little") + b"\0" * 8
    chunk = kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


@pytest.mark.parametrize(("made", "reasons"), [
    (huge_jpeg, {verdicts.TOO_MUCH}), (huge_webp, {verdicts.TOO_MUCH, verdicts.BROKEN}),
    (lambda: huge_webp(b"VP8L"), {verdicts.TOO_MUCH}),
    (lambda: pdf(huge_jpeg(), Name.DCTDecode), {verdicts.TOO_MUCH}), (lambda: pdf(huge_jpeg2000(), Name.JPXDecode), {verdicts.TOO_MUCH}),
    (lambda: pdf(saved("JPEG"), Name.DCTDecode, *FOUR_THOUSAND_MILLION), {verdicts.TOO_MUCH}),
    (lambda: pdf(b"x", Name.FlateDecode, *FOUR_THOUSAND_MILLION), {verdicts.TOO_MUCH}),
], ids=["photograph", "webp", "webp without loss", "in a pdf", "new in a pdf", "as the page says", "plain in a pdf"])
def test_small_files_of_four_thousand_million_points_are_refused(made: Any, reasons: set[str]) -> None:
    data = made()
    assert len(data) < 10_000
    assert refused(data) in reasons

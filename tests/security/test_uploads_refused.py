"""Promise 12: what cannot be cleaned is refused, whatever it is called, and costs bounded time and memory."""

import io
import resource
import struct
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

import dirty
import dirty_office
from polyphony.folders import source
from polyphony.uploads.cleaning import box, child, cleaner, limits, packages, verdicts
from polyphony.uploads.cleaning.verdicts import Unclean

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def refused(data: bytes, clean=cleaner.clean) -> str:
    with pytest.raises(Unclean) as said:
        clean(data)
    return said.value.reason


def huge_png(wide: int, high: int) -> bytes:
    """A picture that claims a size; its points are all alike and pack into almost nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", wide, high, 1, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b""))


def nested(depth: int) -> bytes:
    """An archive of archives of archives."""
    data = b"0" * 1_000_000
    for level in range(depth):
        data = dirty.zipped({f"{level}-{n}.zip": data for n in range(3)})
    return data


def bomb(name: str = "word/document.xml", size: int = limits.UNPACKED * 2, **more: bytes) -> bytes:
    """An office file with one part that unpacks to more than anybody wants."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", dirty.types("word__document", "wordprocessingml.document.main"))
        archive.writestr("_rels/.rels", dirty.relations(("r", "officeDocument", "word/document.xml")))
        with archive.open(name, "w", force_zip64=True) as member:
            for _ in range(size // limits.MB):
                member.write(b" " * limits.MB)
    return out.getvalue()


def lying(data: bytes, size: int) -> bytes:
    """The same archive, whose list of contents claims that every file is small."""
    out, place = bytearray(data), 0
    while (place := data.find(b"PK\1\2", place)) >= 0:
        out[place + 24:place + 28] = struct.pack("<I", size)
        place += 4
    return bytes(out)


@pytest.mark.parametrize(("data", "reason"), [
    (b"", verdicts.EMPTY), (SVG, verdicts.DRAWING), (b"\xff\xfe" + SVG.decode().encode("utf-16-le"), verdicts.DRAWING),
    (b"  <svg onload=alert(1)>", verdicts.DRAWING), (b"<html><svg></svg></html>", verdicts.DRAWING),
    (b"<!DOCTYPE html><script>alert(1)</script>", verdicts.UNKNOWN), (b"#!/bin/sh\nrm -rf /", verdicts.UNKNOWN),
    (b"MZ\x90\0 a program", verdicts.UNKNOWN), (b"plain words", verdicts.UNKNOWN), (b"\0" * 600, verdicts.UNKNOWN),
    (b"GIF89a/*<svg*/=1;", verdicts.PICTURE), (b"\0\0\0\x18ftypheic", verdicts.PICTURE), (b"II*\0....", verdicts.PICTURE),
    (b"\0\0\0\x18ftypisom", verdicts.MEDIA), (b"ID3\4", verdicts.MEDIA), (b"RIFF\0\0\0\0WAVE", verdicts.MEDIA),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", verdicts.OLD_OFFICE), (b"{\\rtf1", verdicts.OLD_OFFICE),
    (b"\x1f\x8b\x08", verdicts.ARCHIVE), (b"7z\xbc\xaf\x27\x1c", verdicts.ARCHIVE), (b"Rar!\x1a\7", verdicts.ARCHIVE),
    (b"a" * 257 + b"ustar", verdicts.ARCHIVE), (b"%PDF-1.7 and nothing more", verdicts.BROKEN), (b"PK\3\4 broken", verdicts.BROKEN),
    (b"\xff\xd8\xff\xe0 not a photograph", verdicts.BROKEN), (b"\x89PNG\r\n\x1a\n nothing", verdicts.BROKEN),
    (b"RIFF\0\0\0\0WEBPnothing", verdicts.BROKEN), (b"\n%PDF-1.4 later than the first byte", verdicts.UNKNOWN),
])
def test_what_is_not_one_of_ours_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    assert refused(data) == reason


@pytest.mark.parametrize(("made", "reason"), [
    (lambda: dirty.zipped({"a.txt": b"words"}), verdicts.ARCHIVE), (lambda: nested(3), verdicts.ARCHIVE),
    (lambda: dirty.zipped({"mimetype": "application/epub+zip"}), verdicts.BOOK),
    (lambda: dirty_office.odf("text-template"), verdicts.UNKNOWN),
    (lambda: dirty_office.odf(**{"META-INF/manifest.xml": "<m:encryption-data/>"}), verdicts.ENCRYPTED),
    (lambda: dirty_office.docx(**{"word/media/image2.png": SVG}), verdicts.INSIDE),
    (lambda: dirty_office.docx(**{"word/media/image2.png": b"\1\0\0\0 EMF"}), verdicts.INSIDE),
    (lambda: dirty_office.docx(**{"word/media/image2.png": huge_png(60_000, 60_000)}), verdicts.TOO_MUCH),
    (lambda: dirty_office.docx(**{"word/document.xml": "<a>"}), verdicts.BROKEN),
    (lambda: dirty_office.docx(**{"word/document.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}), verdicts.BROKEN),
    (lambda: dirty_office.docx(**{"word/document.xml": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'}),
     verdicts.BROKEN),
    (lambda: dirty_office.docx(**{"../../etc/passwd": "x"}), verdicts.BROKEN),
    (lambda: dirty_office.docx(**{"[Content_Types].xml": dirty.types(
        "word__document", "x").replace(dirty.OFFICE, "application/vnd.ms-word.document.macroEnabled.main+xml")}), verdicts.MACROS),
    (lambda: dirty_office.docx(**{"word/_rels/document.xml.rels": dirty.relations(("i1", "oleObject", "ole.bin"))}), verdicts.INSIDE),
    (lambda: dirty_office.odf(**{"content.xml": dirty_office.TEXT.replace("draw:object ", "draw:plugin ")}), verdicts.INSIDE),
    (lambda: huge_png(65_000, 65_000), verdicts.TOO_MUCH), (lambda: huge_png(1_000_000, 2), verdicts.TOO_MUCH),
    (lambda: b"\xff\xd8\xff" + b"\0" * limits.FILE, verdicts.TOO_MUCH),
])
def test_what_would_harm_is_refused_with_its_reason(made, reason: str) -> None:
    assert refused(made()) == reason


def test_moving_pictures_and_cut_off_ones_are_refused() -> None:
    out = io.BytesIO()
    dirty.picture().save(out, "PNG", save_all=True, append_images=[dirty.picture(mode="L").convert("RGB")])
    assert refused(out.getvalue()) == verdicts.MOVING
    for made in (dirty.jpeg, dirty.png, dirty.webp):
        assert refused(made()[:-300]) == verdicts.BROKEN


def test_locked_and_layered_pdfs_are_refused() -> None:
    def saved(change, **how) -> bytes:
        out, pdf = io.BytesIO(), pikepdf.new()
        pdf.add_blank_page()
        change(pdf)
        pdf.save(out, **how)
        return out.getvalue()

    def hide(pdf) -> None:
        layer = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name=pikepdf.String("x")))
        pdf.Root.OCProperties = pikepdf.Dictionary(OCGs=[layer], D=pikepdf.Dictionary(OFF=[layer]))

    for user in ("", "secret"):
        assert refused(saved(lambda pdf: None, encryption=pikepdf.Encryption(user=user, owner="o"))) == verdicts.ENCRYPTED
    assert refused(saved(hide)) == verdicts.LAYERS
    assert refused(saved(lambda pdf: pdf.pages.__delitem__(0))) == verdicts.BROKEN


def test_an_archive_that_lies_about_its_size_is_measured_as_it_unpacks() -> None:
    assert refused(bomb()) == verdicts.TOO_MUCH
    assert refused(lying(bomb(), 1000)) in (verdicts.TOO_MUCH, verdicts.BROKEN)
    package = packages.Package(dirty.zipped({"a": b" " * 1000}))
    package._left = 999
    with pytest.raises(Unclean):
        package.read("a")


POLYGLOTS = {
    "photograph and archive": lambda: dirty.jpeg() + dirty.zipped({"a.txt": b"canarybehind"}),
    "photograph and page": lambda: dirty.jpeg() + b"<script>canarybehind</script>",
    "picture and program": lambda: dirty.png() + b"<?php canarybehind ?>",
    "document and archive": lambda: dirty.pdf() + dirty.zipped({"a.jar": b"canarybehind"}),
    "office file and document": lambda: dirty_office.docx() + b"\n%PDF-1.4 canarybehind",
}


@pytest.mark.parametrize("name", POLYGLOTS)
def test_a_file_that_is_two_things_leaves_as_one(name: str) -> None:
    _kind, body = cleaner.clean(POLYGLOTS[name]())
    assert not any(word in body for word in (b"canarybehind", b"<script", b"<?php"))
    assert not (body.startswith((b"\xff\xd8", b"%PDF", b"\x89PNG")) and zipfile.is_zipfile(io.BytesIO(body)))


# The box: whatever happens inside costs so much memory, so much time, and no file.

def test_the_box_cleans_and_tells_the_reason() -> None:
    assert box.clean(dirty.png()) == cleaner.clean(dirty.png())
    assert refused(SVG, box.clean) == verdicts.DRAWING


@pytest.mark.parametrize("made", [lambda: huge_png(65_535, 65_535), bomb, lambda: nested(4)],
                         ids=["four thousand million points", "a bomb", "an archive of archives"])
def test_bombs_cost_little(made) -> None:
    data, began = made(), time.monotonic()
    assert refused(data, box.clean) in (verdicts.TOO_MUCH, verdicts.ARCHIVE)
    assert time.monotonic() - began < 20
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 < limits.MEMORY


def test_a_pdf_that_unpacks_without_end_is_refused() -> None:
    out, pdf = io.BytesIO(), pikepdf.new()
    pdf.add_blank_page()
    packer = zlib.compressobj(1)
    packed = zlib.compress(b"".join(packer.compress(b" " * limits.MB) for _ in range(300)) + packer.flush())
    pdf.pages[0].obj.Contents = pikepdf.Stream(pdf, packed, Filter=[pikepdf.Name.FlateDecode, pikepdf.Name.FlateDecode])
    pdf.save(out)
    assert refused(out.getvalue(), box.clean) == verdicts.TOO_MUCH


def in_box(program: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: bytes = b"x") -> str:
    """What the server says when this happens inside the box."""
    place = tmp_path / "child.py"
    place.write_text(f"import sys\nsys.path.insert(0, sys.argv[1])\nfrom polyphony.uploads.cleaning.child import limit\n{program}\n")
    monkeypatch.setattr(child, "__file__", str(place))
    return refused(data, box.clean)


@pytest.mark.parametrize(("program", "reason"), [
    ("import os; os.kill(os.getpid(), 11)", verdicts.TOO_MUCH), ("1 / 0", verdicts.BROKEN), ("", verdicts.BROKEN),
    ("limit(10**8, 1)\nwhile True: pass", verdicts.TOO_MUCH), ("limit(10**8, 5)\nx = b'0' * 10**9", verdicts.BROKEN),
    ("print('refused nonsense')", verdicts.BROKEN), ("print('cleaned')\nraise SystemExit(3)", verdicts.BROKEN),
    ("while True: sys.stdout.write('cleaned jpeg' * 10_000)", verdicts.TOO_MUCH),
], ids=["crash", "mistake", "silence", "time", "memory", "nonsense", "half", "flood"])
def test_whatever_happens_in_the_box_is_one_refusal(program, reason, monkeypatch, tmp_path) -> None:
    assert in_box(program, monkeypatch, tmp_path) == reason


def test_a_box_that_hangs_is_ended(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(limits, "PATIENCE", 1.5)
    began = time.monotonic()
    assert in_box("import time; time.sleep(60)", monkeypatch, tmp_path, b"x" * 5_000_000) == verdicts.TOO_MUCH
    assert time.monotonic() - began < 10


WANTED = {"Max address space": str(limits.MEMORY), "Max cpu time": str(limits.SECONDS), "Max file size": "0",
          "Max core file size": "0"}


def limited(told: str) -> dict[str, str]:
    """What a process may use, out of its table of limits."""
    found = {line[:25].strip(): line[26:].split()[0] for line in told.splitlines()[1:]}
    return {name: found.get(name, "") for name in WANTED}


def test_the_box_limits_itself_before_it_reads_anything() -> None:
    if not Path("/proc/self/limits").exists():
        pytest.skip("LOUD: this system does not show a process's limits")
    with subprocess.Popen([sys.executable, "-I", child.__file__, str(source())], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as made:
        told, until = "", time.monotonic() + 30
        while limited(told) != WANTED and time.monotonic() < until:  # it waits for its file all the while
            told = Path(f"/proc/{made.pid}/limits").read_text()
        answer, _ = made.communicate(SVG)
    assert limited(told) == WANTED
    assert answer == b"refused drawing\n"


def test_the_box_writes_no_file(tmp_path) -> None:
    place = tmp_path / "written"
    program = ("import sys; sys.path.insert(0, sys.argv[1])\nfrom polyphony.uploads.cleaning.child import limit\nlimit(10**9, 5)\n"
               f"f = open({str(place)!r}, 'wb'); f.write(b'x'); f.flush()")
    done = subprocess.run([sys.executable, "-I", "-c", program, str(Path(child.__file__).parents[3])], capture_output=True)
    assert done.returncode != 0
    assert (not place.exists() or place.stat().st_size == 0)


def test_only_so_many_at_once(monkeypatch) -> None:
    running, most = [], []

    def run(data: bytes) -> tuple[int, bytes]:
        running.append(1)
        most.append(len(running))
        waiting.wait(0.2)
        running.pop()
        return 0, b"cleaned png\nx"

    waiting = threading.Event()
    monkeypatch.setattr(box, "_run", run)
    threads = [threading.Thread(target=box.clean, args=(b"x",)) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert max(most) == limits.AT_ONCE
    assert len(most) == 6


@pytest.mark.slow
def test_the_largest_picture_fits_into_the_box() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (7000, limits.PIXELS // 7000), (1, 2, 3, 200)).save(out, "PNG", compress_level=1, exif=dirty.exif())
    kind, body = box.clean(out.getvalue())
    assert kind == "png"
    assert Image.open(io.BytesIO(body)).size == (limits.PIXELS // 7000, 7000)

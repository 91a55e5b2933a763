"""Files full of what their sender did not mean to say, made here; every secret in them begins with `canary`."""

import io
import zipfile
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageCms, PngImagePlugin

CANARY = "canary"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "application/vnd.openxmlformats-officedocument."


def picture(size: tuple[int, int] = (60, 40), mode: str = "RGB") -> Image.Image:
    """Something with a top and a bottom."""
    made = Image.new(mode, size, "red" if mode != "L" else 90)
    made.paste("blue" if mode != "L" else 200, (0, 0, size[0], size[1] // 4))
    return made


def exif() -> Image.Exif:
    made = Image.Exif()
    made[0x010F], made[0x0110], made[0x013B], made[0x9C9D] = "canarymaker", "canarymodel", "canaryartist", b"c\0a\0"
    made[0x0112] = 6
    made.get_ifd(0x8825).update({1: "S", 2: (1.0, 17.0, 30.0), 3: "E", 4: (36.0, 49.0, 0.0), 27: b"canaryplace"})
    made.get_ifd(0x8769).update({0x9286: b"ASCII\0\0\0canarycomment", 0xA431: "canaryserial"})
    return made


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes().replace(
        "sRGB built".encode("utf-16-be"), "canaryprof".encode("utf-16-be"))


XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><dc:creator xmlns:dc='d'>canaryxmp</dc:creator></x:xmpmeta>"


def jpeg() -> bytes:
    out = io.BytesIO()
    picture().save(out, "JPEG", exif=exif(), icc_profile=profile(), comment=b"canarynote", xmp=XMP)
    return out.getvalue()


def png() -> bytes:
    out, told = io.BytesIO(), PngImagePlugin.PngInfo()
    told.add_text("Author", "canaryauthor")
    told.add_itxt("XML:com.adobe.xmp", XMP.decode())
    told.add_text("Comment", "canarypacked", zip=True)
    picture(mode="RGBA").save(out, "PNG", pnginfo=told, exif=exif(), dpi=(72, 72))
    return out.getvalue()


def webp() -> bytes:
    out = io.BytesIO()
    picture().save(out, "WEBP", exif=exif(), xmp=XMP, icc_profile=profile())
    return out.getvalue()


def pdf() -> bytes:
    """Two pages: words, a photograph with its place, a comment, a filled field, and all that PDF can carry unseen."""
    out, made = io.BytesIO(), pikepdf.new()
    for number in range(2):
        made.add_blank_page(page_size=(200, 200))
        _fill(made, made.pages[number].obj)
    made.docinfo["/Author"], made.docinfo["/Title"] = "canaryauthor", "canarytitle"
    with made.open_metadata() as xmp:
        xmp["dc:creator"] = ["canaryxmp"]
    made.attachments["canaryfile.txt"] = b"canaryattached"
    made.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert('canaryscript')"))
    made.Root.PieceInfo = Dictionary(Tool=Dictionary(Private=String("canarytool"), LastModified=String("D:2020")))
    made.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, compress_streams=False)
    return _with_history(out.getvalue())


def _fill(made: pikepdf.Pdf, page: Any) -> None:
    photo = made.make_stream(jpeg(), Type=Name.XObject, Subtype=Name.Image, Width=60, Height=40, BitsPerComponent=8,
                             ColorSpace=Array([Name.ICCBased, made.make_stream(profile(), N=3)]), Filter=Name.DCTDecode)
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    form = made.make_stream(b"% canaryform\n0 0 5 5 re f", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 5, 5],
                            Private=String("canaryprivate"), PieceInfo=Dictionary(X=String("canarypiece")), LastModified=String("D:2020"))
    page.Contents = made.make_stream(
        b"% canaryline\n/Art <</Who (canarymarked) /ActualText (plain)>> BDC BT /F1 12 Tf 20 150 Td (Words to keep) Tj ET EMC\n"
        b"/Point /P0 DP q 60 0 0 40 20 80 cm /I1 Do Q /X1 Do")
    page.Resources = Dictionary(XObject=Dictionary(I1=photo, X1=form), Font=Dictionary(F1=font),
                                Properties=Dictionary(P0=Dictionary(Who=String("canaryproperty"))))
    look = made.make_stream(b"BT /F1 9 Tf (A note that shows) Tj ET", Type=Name.XObject, Subtype=Name.Form,
                            BBox=[0, 0, 90, 20], Resources=Dictionary(Font=Dictionary(F1=font)))
    note = Dictionary(Type=Name.Annot, Subtype=Name.FreeText, Rect=[20, 20, 110, 40], T=String("canarycommenter"),
                      Contents=String("canaryhidden"), M=String("D:2020"), NM=String("canaryid"), AP=Dictionary(N=look), F=4)
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9],
                      A=Dictionary(S=Name.URI, URI=String("http://canarylink.example/")))
    page.Annots = Array([made.make_indirect(note), made.make_indirect(link)])
    page.Thumb = made.make_stream(b"canarythumb", Width=1, Height=1)
    page.Metadata = made.make_stream(XMP, Type=Name.Metadata, Subtype=Name.XML)


def _with_history(data: bytes) -> bytes:
    """As if the file had been changed once: an earlier object is still in it, and nothing points there."""
    where = int(data.rpartition(b"startxref")[2].split()[0])
    root = data.rpartition(b"/Root")[2].split()[0].decode()
    gone = b"\n9999 0 obj\n(canaryhistory)\nendobj\n"
    table = len(data) + len(gone)
    return data + gone + (f"xref\n0 1\n0000000000 65535 f \ntrailer << /Size 9998 /Root {root} 0 R /Prev {where} >>\n"
                          f"startxref\n{table}\n%%EOF\n").encode()


def zipped(files: dict[str, Any], *, stored: bool = False) -> bytes:
    """An archive as some tool would write it: dates, a comment, a system."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        archive.comment = b"canaryzip"
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, (2024, 5, 6, 7, 8, 10))
            entry.comment, entry.compress_type = b"canaryentry", archive.compression
            archive.writestr(entry, data if isinstance(data, bytes) else data.encode())
    return out.getvalue()


def unzipped(data: bytes) -> dict[str, bytes]:
    """The files in an archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def multipart(fields: dict[str, str], files: list[tuple[str, bytes]]) -> dict[str, Any]:
    """A form with files, as a browser sends it: the arguments of a test client's post."""
    mark = b"--line-between"
    parts = [b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (name.encode(), value.encode())
             for name, value in fields.items()]
    parts += [b'Content-Disposition: form-data; name="files"; filename="%s"\r\nContent-Type: image/png\r\n\r\n%s' % (
        name.encode(), body) for name, body in files]
    return {"data": b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n",
            "content_type": "multipart/form-data; boundary=line-between"}


def relations(*given: tuple[str, str, str], outside: tuple[str, ...] = ()) -> str:
    """(id, last word of the type, target); a word with `//` in it is a whole type."""
    rows = "".join(
        f'<Relationship Id="{id}" Type="{kind if "//" in kind else f"{R}/{kind}"}" Target="{target}"'
        + (' TargetMode="External"' if id in outside else "") + "/>" for id, kind, target in given)
    return f'<Relationships xmlns="{PACKAGE}/relationships">{rows}</Relationships>'


def types(main: str, type: str, **others: str) -> str:
    """Content types of a package."""
    rows = "".join(f'<Override PartName="/{name.replace("__", "/")}.xml" ContentType="{OFFICE}{kind}+xml"/>'
                   for name, kind in {main: type, **others}.items())
    return (f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/><Default '
            f'Extension="jpeg" ContentType="image/jpeg"/><Default Extension="png" ContentType="image/png"/>{rows}</Types>')


PROPERTIES = {
    "docProps/core.xml": f'<c:coreProperties xmlns:c="{PACKAGE}/metadata/core-properties"><creator>canaryauthor</creator>'
                         "</c:coreProperties>",
    "docProps/app.xml": "<Properties><Company>canarycompany</Company></Properties>",
    "docProps/custom.xml": "<Properties><p>canarycustom</p></Properties>", "docProps/thumbnail.jpeg": jpeg(),
    "customXml/item1.xml": "<x>canaryitem</x>",
}
ROOT = (("r2", f"{PACKAGE}/relationships/metadata/core-properties#//", "docProps/core.xml"),
        ("r3", "extended-properties", "docProps/app.xml"), ("r4", "custom-properties", "docProps/custom.xml"),
        ("r5", f"{PACKAGE}/relationships/metadata/thumbnail#//", "docProps/thumbnail.jpeg"))

"""PDF (ISO 32000): every page is laid into a new file, and only what a page needs to be seen comes along.

Properties, XMP, attached files, JavaScript, forms, earlier versions, comments with their authors, small pictures of
pages and the tool's own notes hang on the document and not on what is seen, so they stay behind by themselves.
What a form or a comment shows is drawn into the page before. Bookmarks and the tree of tags are lost: the price.
"""

import io
from collections.abc import Iterator

import pikepdf
from pikepdf import Dictionary, Name, Stream

from polyphony.uploads.cleaning import limits, pdf_content, pdf_pictures, pdf_unseen, verdicts
from polyphony.uploads.cleaning.verdicts import Unclean

PAGE = ("/MediaBox", "/Rotate", "/Resources", "/Contents", "/UserUnit", "/Group")
INHERITED = ("/MediaBox", "/CropBox", "/Rotate", "/Resources")
IMAGE = {"/Type", "/Subtype", "/Width", "/Height", "/ColorSpace", "/BitsPerComponent", "/Intent", "/ImageMask", "/Mask",
         "/Decode", "/Interpolate", "/SMask", "/SMaskInData", "/Matte", "/Filter", "/DecodeParms", "/Length"}
FORM = {"/Type", "/Subtype", "/FormType", "/BBox", "/Matrix", "/Resources", "/Group", "/Filter", "/DecodeParms",
        "/Length"}
RESOURCES = ("/ExtGState", "/ColorSpace", "/Pattern", "/Shading", "/XObject", "/Font")
NOT_SEEN = ("/Metadata", "/PieceInfo", "/LastModified", "/AF", "/OPI", "/Thumb", "/AA", "/JS", "/OC", "/OCGs",
            "/StructParent", "/StructParents", "/Ref", "/PTEX.FileName", "/PTEX.InfoDict", "/PTEX.PageNumber", "/EF",
            "/Alternates", "/Measure")


# For the whole process, which is the box that cleans one file: what unpacks to more than this is not unpacked.
pikepdf.settings.set_qpdf_limits(flate_max_memory=limits.ONE_UNPACKED, run_length_max_memory=limits.ONE_UNPACKED,
                                 png_max_memory=limits.ONE_UNPACKED, tiff_max_memory=limits.ONE_UNPACKED)


def clean(data: bytes) -> bytes:
    """The pages as they look, in a file that knows nothing else. Raises Unclean."""
    try:
        with pikepdf.open(io.BytesIO(data)) as old, pikepdf.new() as new:
            _ensure_cleanable(old)
            _flatten(old)
            for page in old.pages:
                new.pages.append(_bare(page))
            _clean_all(new)
            return _written(new)
    except pikepdf.PasswordError:
        raise Unclean(verdicts.ENCRYPTED) from None
    except (pikepdf.PdfError, pikepdf.DataDecodingError, ValueError, TypeError, KeyError, AttributeError, IndexError,
            RuntimeError, OverflowError) as error:
        is_much = isinstance(error, RecursionError) or "limit exceeded" in str(error)
        raise Unclean(verdicts.TOO_MUCH if is_much else verdicts.BROKEN) from None


def _ensure_cleanable(old: pikepdf.Pdf) -> None:
    if old.is_encrypted:
        raise Unclean(verdicts.ENCRYPTED)
    if len(old.pages) > limits.PAGES or len(old.objects) > limits.OBJECTS:
        raise Unclean(verdicts.TOO_MUCH)
    if not len(old.pages):
        raise Unclean(verdicts.BROKEN)
    pdf_unseen.ensure_layers_show(old)  # without its layers the file would show what its sender has hidden
    if isinstance(old.Root.get("/Collection"), Dictionary):
        raise Unclean(verdicts.ARCHIVE)


def _flatten(old: pikepdf.Pdf) -> None:
    """What forms and comments show becomes part of the page; who wrote them does not."""
    if "/AcroForm" in old.Root and "/XFA" in old.Root.AcroForm:
        del old.Root.AcroForm["/XFA"]
    for page in old.pages:
        pdf_unseen.drop_notes_off_screen(page)
    old.generate_appearance_streams()
    old.flatten_annotations("all")


def _bare(page: pikepdf.Page) -> pikepdf.Page:
    """The same page with nothing but what is needed to show it."""
    given = page.obj
    for name in INHERITED:
        found = _inherited(given, name)
        if found is not None:
            given[name] = found
    pdf_unseen.ensure_whole(given)
    for name in list(given.keys()):
        if name not in PAGE and name not in ("/Type", "/Parent"):
            del given[name]
    return page


def _inherited(node: pikepdf.Object, name: str) -> pikepdf.Object | None:
    for _step in range(100):
        if name in node:
            return node[name]
        if "/Parent" not in node:
            return None
        node = node.Parent
    raise Unclean(verdicts.BROKEN)


def _clean_all(new: pikepdf.Pdf) -> None:
    """Every object that the pages need, once; what is not reached from them is not written."""
    for page in new.pages:
        page.contents_coalesce()
        if "/Contents" in page.obj:
            pdf_content.clean(page.obj.Contents)
    for thing in _reached(new):
        if isinstance(thing, Stream | Dictionary):
            pdf_unseen.ensure_nothing_hangs_on_layers(thing)
        if isinstance(thing, Stream):
            _clean_stream(thing)
        if isinstance(thing, pikepdf.Array):
            _in_common_colours(thing)
        elif isinstance(thing, Stream | Dictionary):
            _clean_letters(thing)
            for name in NOT_SEEN:
                if name in thing and not _is_resource_name(thing, name):
                    del thing[name]
            if isinstance(thing.get("/Resources"), Dictionary):
                _only(thing.Resources, {*RESOURCES})


def _in_common_colours(thing: pikepdf.Array) -> None:
    """A profile of colours tells the camera, scanner or screen it was made for; the common ones do without."""
    if len(thing) == 2 and thing[0] == Name.ICCBased and isinstance(thing[1], Stream):
        usual = {1: Name.DeviceGray, 3: Name.DeviceRGB, 4: Name.DeviceCMYK}.get(int(thing[1].get("/N", 3)))
        if usual is None:
            raise Unclean(verdicts.BROKEN)
        thing[0] = usual
        del thing[1]


def _clean_letters(thing: pikepdf.Object) -> None:
    """Letters that a font draws by marks of its own are cleaned as pages are."""
    letters = thing.get("/CharProcs")
    if thing.get("/Subtype") == Name.Type3 and isinstance(letters, Dictionary):
        for _name, each in letters.items():
            if isinstance(each, Stream):
                pdf_content.clean(each)


def _is_resource_name(thing: pikepdf.Object, name: str) -> bool:
    """Fonts and pictures may be called anything: a reference under such a name, to a thing that is shown, stays."""
    found = thing.get(name)
    return isinstance(found, Dictionary | Stream) and found.get("/Type") in (Name.Font, Name.XObject, Name.Pattern,
                                                                            Name.ExtGState)


def _clean_stream(thing: Stream) -> None:
    kind = thing.get("/Subtype")
    if kind == Name.Image:
        _only(thing, IMAGE)
        pdf_pictures.clean(thing)
    elif kind == Name.PS:
        raise Unclean(verdicts.INSIDE)
    elif kind == Name.Form:
        _only(thing, FORM)
        pdf_content.clean(thing)
    elif thing.get("/PatternType") == 1 or (kind is None and "/Resources" in thing):
        pdf_content.clean(thing)


def _only(thing: pikepdf.Object, names: set[str]) -> None:
    for name in list(thing.keys()):
        if name not in names:
            del thing[name]


def _reached(new: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Everything that hangs on the root: indirect objects once, without going in circles."""
    waiting: list[pikepdf.Object] = [new.Root]
    seen: set[tuple[int, int]] = set()
    count = 0
    while waiting:
        thing = waiting.pop()
        if thing.is_indirect:
            if thing.objgen in seen:
                continue
            seen.add(thing.objgen)
        count += 1
        if count > limits.OBJECTS * 5:
            raise Unclean(verdicts.TOO_MUCH)
        yield thing
        if isinstance(thing, pikepdf.Array):
            waiting += [each for each in thing if isinstance(each, pikepdf.Object)]
        elif isinstance(thing, Dictionary | Stream):
            waiting += [each for _name, each in thing.items() if isinstance(each, pikepdf.Object)]


def _written(new: pikepdf.Pdf) -> bytes:
    for name in list(new.Root.keys()):
        if name not in ("/Type", "/Pages"):
            del new.Root[name]
    out = io.BytesIO()
    new.save(out, compress_streams=True, recompress_flate=False, deterministic_id=True, fix_metadata_version=False,
             object_stream_mode=pikepdf.ObjectStreamMode.generate, min_version="1.5")
    if out.tell() > limits.CLEANED:
        raise Unclean(verdicts.TOO_MUCH)
    return out.getvalue()

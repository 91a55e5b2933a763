"""Pictures are painted again: only the points of light go over, turned the way they were meant to be seen.

Whatever else a picture file holds (place, camera, number of the camera, small earlier pictures, comments, another
file glued to its end) has no point of light and stays behind.
"""

import contextlib
import io
import warnings
from typing import Any

from PIL import Image, ImageCms, ImageOps

from polyphony.uploads.cleaning import limits, verdicts
from polyphony.uploads.cleaning.sniffing import JPEG, PNG, WEBP
from polyphony.uploads.cleaning.verdicts import Unclean

FORMATS = {JPEG: ("JPEG",), PNG: ("PNG",), WEBP: ("WEBP",)}
ANY = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")  # inside an office file
_SAVED: dict[str, dict[str, Any]] = {
    JPEG: {"format": "JPEG", "quality": 90, "optimize": True, "progressive": True},
    PNG: {"format": "PNG", "optimize": False}, WEBP: {"format": "WEBP", "quality": 90, "method": 4},
}


def clean(data: bytes, kind: str) -> bytes:
    """The same picture in the same format, and nothing else. Raises Unclean."""
    return _written(_points(data, FORMATS[kind]), kind)


def clean_inside(data: bytes) -> tuple[str, bytes]:
    """A picture out of an office file: photographs stay JPEG, all other formats become PNG. Raises Unclean.

    It is not turned: office programs write into the document how a picture lies and ignore what the camera said.
    """
    kind = JPEG if data.startswith(b"\xff\xd8\xff") else PNG
    return kind, _written(_points(data, ANY, turned=False), kind)


def _points(data: bytes, formats: tuple[str, ...], *, turned: bool = True) -> Image.Image:
    """Nothing but the points of light, upright if `turned`, in colours that need no profile."""
    Image.MAX_IMAGE_PIXELS = limits.PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(data), formats=list(formats))
        _measured(opened)
        opened.load()
        if turned:
            ImageOps.exif_transpose(opened, in_place=True)
        shown = _plain(opened)
        painted = Image.new(shown.mode, shown.size)
        painted.paste(shown, mask=_seen(shown))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        raise Unclean(verdicts.TOO_MUCH) from None
    except (OSError, ValueError, SyntaxError, KeyError, IndexError, TypeError, AttributeError, EOFError):
        raise Unclean(verdicts.BROKEN) from None
    return painted


def _measured(opened: Image.Image) -> None:
    """Refused before a single point is unpacked. Raises Unclean."""
    wide, high = opened.size
    if wide * high > limits.PIXELS or max(wide, high) > limits.SIDE:
        raise Unclean(verdicts.TOO_MUCH)
    if opened.format in ("PNG", "WEBP", "GIF") and getattr(opened, "n_frames", 1) > 1:
        raise Unclean(verdicts.MOVING)


def _seen(shown: Image.Image) -> Image.Image | None:
    """Where there is anything to see: what lies under the clear parts of a picture is not painted."""
    if shown.mode != "RGBA":
        return None
    return shown.getchannel("A").point(lambda light: 255 if light else 0)


def _is_too_fine(clear: Any) -> bool:
    """Whether the colour that stands for nothing is one of more shades than are left when the picture is painted."""
    return any(isinstance(each, int) and each > 255 for each in (clear if isinstance(clear, tuple) else (clear,)))


def _plain(picture: Image.Image) -> Image.Image:
    clear = "transparency" in picture.info or picture.mode in ("RGBA", "LA", "PA", "La", "RGBa")
    profile = picture.info.get("icc_profile")
    if _is_too_fine(picture.info.get("transparency")) or (clear and picture.mode.startswith("I;16")):
        raise Unclean(verdicts.PICTURE)
    if picture.mode.startswith("I;16"):
        return picture.point(lambda light: light / 256).convert("L")
    if picture.mode in ("1", "L") and not clear:
        return picture.convert("L")
    if picture.mode == "CMYK" and profile:
        picture, profile = _in_common_colours(picture, profile), None
    picture = picture.convert("RGBA" if clear else "RGB")
    return _in_common_colours(picture, profile) if profile else picture


def _in_common_colours(picture: Image.Image, profile: bytes) -> Image.Image:
    """The colours of a camera's own profile as those every screen takes for granted (sRGB)."""
    target = "RGB" if picture.mode == "CMYK" else picture.mode
    with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
        turned = ImageCms.profileToProfile(picture, io.BytesIO(profile), ImageCms.createProfile("sRGB"),
                                           outputMode=target)
        picture = turned or picture
    return picture


def _written(points: Image.Image, kind: str) -> bytes:
    if kind == JPEG and points.mode == "RGBA":
        points = points.convert("RGB")
    out = io.BytesIO()
    points.save(out, **_SAVED[kind])
    return out.getvalue()

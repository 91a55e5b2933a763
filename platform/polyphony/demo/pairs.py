"""What people wrote, with its English: the TICO-19 translation pairs from the folder of real data."""

import itertools
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from polyphony.settings import Settings

LANGUAGES = {"ar": "ar", "es": "es-LA", "fr": "fr", "id": "id", "pt": "pt-BR", "sw": "sw"}
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
Pair = tuple[str, str, str]  # language, original, English


def pairs(settings: Settings) -> list[Pair]:
    """Segments of at least forty letters, the languages in turn."""
    each = [list(itertools.islice(_segments(settings, code, name), 0, 400)) for code, name in LANGUAGES.items()]
    return [pair for row in zip(*each, strict=False) for pair in row]


def _segments(settings: Settings, code: str, name: str) -> Iterator[Pair]:
    seen = set()
    with zipfile.ZipFile(settings.data / "tico19" / f"all.en-{name}.tmx.zip") as packed:
        tree = ET.fromstring(packed.read(packed.namelist()[0]))  # noqa: S314 - a file of our own data folder
    for unit in tree.iter("tu"):
        said = {(v.get(XML_LANG) or "").split("-")[0]: "".join(v.find("seg").itertext()).strip()  # type: ignore[union-attr]
                for v in unit.iter("tuv")}
        if len(said.get(code, "")) >= 40 and said[code] not in seen:
            seen.add(said[code])
            yield code, said[code], said.get("en", "")

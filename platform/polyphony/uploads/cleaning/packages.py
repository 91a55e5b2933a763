"""Office files are archives: read within bounds whatever they claim, written without date or order of their own."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable

from polyphony.uploads.cleaning import limits, verdicts
from polyphony.uploads.cleaning.verdicts import Unclean

_CHUNK = 65_536
_NAME = re.compile(r"(?!/)[^\0\\]{1,400}")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, struct.error, NotImplementedError, ValueError,
           RuntimeError)
UNIX = 3


class Package:
    """The files inside an archive, each unpacked when asked for, all together never above the limit."""

    def __init__(self, data: bytes):
        """Look at the list of contents alone. Raises Unclean."""
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _BROKEN:
            raise Unclean(verdicts.BROKEN) from None
        self._members = [each for each in self._zip.infolist() if not each.is_dir()]
        self._left = limits.UNPACKED
        self.names = {each.filename: each for each in self._members}
        self._ensure_sane()

    def _ensure_sane(self) -> None:
        if len(self._zip.infolist()) > limits.ENTRIES or sum(x.file_size for x in self._members) > limits.UNPACKED:
            raise Unclean(verdicts.TOO_MUCH)
        if any(each.flag_bits & 1 for each in self._members):
            raise Unclean(verdicts.ENCRYPTED)
        if len(self.names) < len(self._members):
            raise Unclean(verdicts.BROKEN)
        for name in self.names:
            if not _NAME.fullmatch(name) or ".." in name.split("/"):
                raise Unclean(verdicts.BROKEN)

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def read(self, name: str) -> bytes:
        """One file, counted as it comes out of the archive and not as the archive says. Raises Unclean."""
        most = min(self._left, limits.ONE_UNPACKED)
        kept, size = [], 0
        try:
            with self._zip.open(self.names[name]) as member:
                while piece := member.read(_CHUNK):
                    size += len(piece)
                    if size > most:
                        raise Unclean(verdicts.TOO_MUCH)
                    kept.append(piece)
        except KeyError:
            raise Unclean(verdicts.BROKEN) from None
        except _BROKEN:
            raise Unclean(verdicts.BROKEN) from None
        self._left -= size
        return b"".join(kept)


def packed(files: Iterable[tuple[str, bytes]]) -> bytes:
    """An archive of these files in this order: no date, no system, no comment, nothing between them.

    A file called `mimetype` is stored as it is, as the OpenDocument format wants it.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = UNIX, 0o600 << 16
            entry.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return out.getvalue()

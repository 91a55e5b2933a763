"""Chores: files that hang on nothing go; the others lose the moment and the place at which they came."""

import os
import secrets
import time
import uuid
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from polyphony.kernel.database import db
from polyphony.kernel.jobs import task
from polyphony.uploads import access, storing
from polyphony.uploads.models import Attachment

GRACE = 2 * 3600  # seconds: a form on its way may have its file before its row


@task("uploads.clear", every="29 * * * *")
def clear() -> None:
    """Rows whose thing is gone lose their keys; files without a row are removed from the disk."""
    for kind, thing in sorted(access.alive.items()):
        db.session.execute(sa.text(f"DELETE FROM uploads.attachment a WHERE a.kind = :kind AND NOT ({thing})"),  # noqa: S608
                           {"kind": kind})
    known = {str(id) for id in db.session.scalars(sa.select(Attachment.id))}
    for place in storing.folder().iterdir():
        with suppress(FileNotFoundError):
            if place.name.split(".")[0] not in known and time.time() - place.stat().st_ctime > GRACE:
                place.unlink()


@task("uploads.unlink", every="23 2,8,14,20 * * *")
def unlink() -> None:
    """Write new files anew, all at once and in random order: the disk no longer tells when and after whom each came."""
    fresh = [place for place in storing.folder().glob(f"*{storing.FRESH}") if _is_id(place.stem)]
    for place in sorted(fresh, key=lambda _: secrets.token_bytes(8)):
        with suppress(FileNotFoundError):
            storing.write(place.with_suffix(""), _pieces(place))
            os.unlink(place)


def _pieces(place: Path):  # type: ignore[no-untyped-def]
    with place.open("rb") as file:
        while piece := file.read(storing.SEALED_PIECE):
            yield piece


def _is_id(name: str) -> bool:
    with suppress(ValueError):
        return bool(uuid.UUID(name))
    return False

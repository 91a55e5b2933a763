"""What is known of an attached file: on which thing it hangs, its kind, its size, and the key that opens it.

The name it had is kept nowhere, and who attached it stands with the thing it hangs on. Deleting the row ends the
file: without its key it is noise, wherever copies of it lie.
"""

import uuid
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from polyphony.kernel.database import Base, Row, one_of

KINDS = ("input", "application")
TYPES = {
    "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text", "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
}


class Attachment(Row, Base):
    """One cleaned file on an input (from its draft on) or an application; at most five on each."""

    __tablename__ = "attachment"
    __table_args__ = (
        one_of("kind", KINDS), one_of("format", tuple(TYPES)), sa.UniqueConstraint("subject_id", "number"),
        sa.CheckConstraint("number BETWEEN 1 AND 5", name="number"), sa.CheckConstraint("size > 0", name="size"),
        sa.CheckConstraint("octet_length(key) = 32", name="key"), {"schema": "uploads"},
    )
    kind: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    number: Mapped[int] = mapped_column(sa.SmallInteger)
    format: Mapped[str]
    size: Mapped[int]
    key: Mapped[bytes]
    withheld: Mapped[bool] = mapped_column(default=False)  # the facilitator keeps it from others, as she masks words
    day: Mapped[date]

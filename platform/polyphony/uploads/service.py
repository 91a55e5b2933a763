"""What is done with cleaned files: hang them on a thing, list them, remove them, keep one from others."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from polyphony.kernel import clock
from polyphony.kernel.access import there
from polyphony.kernel.database import db
from polyphony.uploads import rules, storing
from polyphony.uploads.models import Attachment
from polyphony.uploads.receiving import Cleaned


@dataclass(frozen=True)
class File:
    """An attached file as pages tell of it."""

    id: uuid.UUID
    number: int
    format: str
    size: int
    withheld: bool


def find(id: uuid.UUID) -> Attachment:
    """One file this viewer may have; 404 for all others."""
    return there(db.session.get(Attachment, id))


def on(subject_id: uuid.UUID) -> list[File]:
    """The files on one thing that this viewer may have (one statement)."""
    return listed(db.session.scalar(sa.select(hanging_on(sa.literal(subject_id)))))


def hanging_on(column: Any) -> Any:
    """The files on a thing as one column of its own query; `listed` reads it."""
    told = sa.func.json_build_array(Attachment.id, Attachment.number, Attachment.format, Attachment.size,
                                    Attachment.withheld)
    wanted = sa.select(sa.func.json_agg(told)).where(Attachment.subject_id == column)
    return wanted.correlate_except(Attachment).scalar_subquery()


def listed(rows: Iterable[Any] | None) -> list[File]:
    """What `hanging_on` found, in the order of their numbers."""
    found = [File(uuid.UUID(id), *told) for id, *told in rows or ()]
    return sorted(found, key=lambda file: file.number)


def attach(kind: str, subject_id: uuid.UUID, files: Collection[Cleaned]) -> list[str]:
    """Keep cleaned files on a thing, as far as there is room; why the others were not kept, in words of `rules`."""
    taken = set(db.session.scalars(sa.select(Attachment.number).where(Attachment.subject_id == subject_id))) \
        if files else set()
    refused = []
    for file in files:
        try:
            rules.ensure_room(len(taken))
            number = min(set(range(1, rules.MOST + 1)) - taken)
            id = uuid.uuid4()
            key = storing.put(id, file.body)
        except rules.FileRefused as refusal:
            refused.append(refusal.word)
            continue
        taken.add(number)
        db.session.add(Attachment(id=id, kind=kind, subject_id=subject_id, number=number, format=file.format,
                                  size=len(file.body), key=key, day=clock.today()))
    db.session.flush()
    return refused


def remove(subject_id: uuid.UUID, id: uuid.UUID | None) -> None:
    """Take one file away for good: its key is gone, and a chore clears away the noise. Twice does no harm."""
    db.session.execute(sa.delete(Attachment).where(Attachment.id == id, Attachment.subject_id == subject_id))


def remove_all(subject_id: uuid.UUID) -> None:
    """Take away every file of a thing."""
    db.session.execute(sa.delete(Attachment).where(Attachment.subject_id == subject_id))


def withhold(subject_id: uuid.UUID, ids: Collection[uuid.UUID]) -> None:
    """Keep these files of a thing from all but the author and the facilitator, and let the others go."""
    db.session.execute(sa.update(Attachment).where(Attachment.subject_id == subject_id)
                       .values(withheld=Attachment.id.in_(ids)))

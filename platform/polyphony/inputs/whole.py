"""One input with all that its own page needs, in one statement: itself, what was masked, where it was said, to whom."""

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from polyphony.consultations.models import Consultation, Convener, Translator
from polyphony.inputs.models import Handed, Input, Original
from polyphony.inputs.service import Mine, reason_told, told
from polyphony.kernel import locale
from polyphony.kernel.access import there
from polyphony.kernel.database import db
from polyphony.kernel.viewer import Viewer
from polyphony.organisations.models import Organisation
from polyphony.uploads.service import File, hanging_on, listed
from polyphony.vault.desk import has_ring


@dataclass(frozen=True)
class Whole:
    """An input, its consultation, what was masked, companies by name, files, whether keyholders are there."""

    entry: Input
    about: Consultation
    original: Original | None
    reason: Any  # why something was masked, in the reader’s language
    companies: dict[str, str]
    files: list[File]
    has_keepers: bool

    def named(self, ids: list[uuid.UUID]) -> str:
        """These companies in the order of their names, in a sentence; who left is not named."""
        return locale.listing(sorted(self.companies[str(x)] for x in ids if str(x) in self.companies))


def facilitated(consultation_id: uuid.UUID, id: uuid.UUID) -> Whole:
    """One input on the facilitator's desk; 404 when it is not there, or was withdrawn."""
    return _one(Input.id == id, Input.consultation_id == consultation_id, Input.withdrawn_on.is_(None))


def own(by: Viewer, id: uuid.UUID) -> tuple[Whole, Mine]:
    """One input of this author with what became of it; 404 for everybody else's."""
    there(by.is_in("authored", id) or None)
    found = _one(Input.id == id)
    return found, told([found.entry], [(found.original, found.reason)] if found.original else [])[0]


def _one(*wanted: sa.ColumnElement[bool]) -> Whole:
    names = sa.select(sa.func.json_object_agg(Organisation.id, Organisation.name)).join(
        Convener, Convener.company_id == Organisation.id).where(
        Convener.consultation_id == Input.consultation_id, Convener.state == "accepted"
    ).correlate(Input).scalar_subquery()
    row = db.session.execute(
        sa.select(Input, Consultation, Original, reason_told(), names, hanging_on(Input.id),
                  has_ring(Input.consultation_id))
        .join(Consultation, Consultation.id == Input.consultation_id)
        .outerjoin(Original, Original.input_id == Input.id).where(*wanted)).first()
    entry, about, original, reason, companies, files, has_keepers = there(row)
    return Whole(entry, about, original, reason, companies or {}, listed(files), has_keepers)


def translators_of(entry: Input) -> list[tuple[Translator, bool]]:
    """The translators appointed now, each with whether this input was handed to her (one statement)."""
    handed = sa.exists().where(Handed.input_id == entry.id, Handed.person_id == Translator.person_id)
    rows = db.session.execute(sa.select(Translator, handed).where(
        Translator.consultation_id == entry.consultation_id, Translator.ended_on.is_(None))
        .order_by(Translator.shown_as, Translator.id))
    return [(translator, is_handed) for translator, is_handed in rows]

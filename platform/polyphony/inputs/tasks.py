"""Work of the worker: counts too small to show stay hidden; rows of people without an account lose their order."""

import sqlalchemy as sa

from polyphony.consultations.models import THRESHOLDS
from polyphony.inputs.models import Authorship, Draft, Input
from polyphony.kernel import small_numbers, tallies, unlinkable
from polyphony.kernel.database import db
from polyphony.kernel.jobs import task
from polyphony.languages.models import Translation, TranslatorRefusal
from polyphony.uploads.models import Attachment

_BY_PHRASE = "SELECT a.input_id FROM inputs.authorship a WHERE a.phrase_id IS NOT NULL"
unlinkable.rows(Draft, "r.phrase_id IS NOT NULL")
unlinkable.rows(Authorship, "r.phrase_id IS NOT NULL")
unlinkable.rows(Input, f"r.id IN ({_BY_PHRASE})")
unlinkable.rows(Translation, f"r.subject_id IN ({_BY_PHRASE})")
unlinkable.rows(Attachment, f"r.subject_id IN ({_BY_PHRASE})")
unlinkable.rows(Attachment, "r.subject_id IN (SELECT d.input_id FROM inputs.draft d WHERE d.phrase_id IS NOT NULL)")
unlinkable.rows(TranslatorRefusal, f"r.subject_id IN ({_BY_PHRASE})")

_COUNTS = sa.text("""
    SELECT i.consultation_id, c.protection, count(DISTINCT i.id), count(DISTINCT v.organisation_id)
    FROM inputs.input i JOIN inputs.authorship a ON a.input_id = i.id
    JOIN consultations.consultation c ON c.id = i.consultation_id
    LEFT JOIN organisations.membership m ON m.person_id = a.person_id
         AND NOT EXISTS (SELECT 1 FROM organisations.membership_end e WHERE e.membership_id = m.id)
    LEFT JOIN consultations.invited v ON v.consultation_id = i.consultation_id
         AND v.organisation_id = m.organisation_id
    WHERE i.withdrawn_on IS NULL AND i.read_on IS NOT NULL GROUP BY i.consultation_id, c.protection""")


@task("inputs.count", every="29 1 * * *")
def count() -> None:
    """How many inputs were read and how many organisations spoke, per consultation: in steps, small numbers as nothing.

    Once a day, as inputs carry a day and no hour: whoever saw each step at the moment of its change would know the
    exact number at that moment.
    """
    for consultation_id, protection, *numbers in db.session.execute(_COUNTS).all():
        counts = [small_numbers.at_least(each, threshold=THRESHOLDS[protection]) for each in numbers]
        tallies.keep(consultation_id, dict(zip(("inputs", "organisations"), counts, strict=True)))

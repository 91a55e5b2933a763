"""What people without an account leave in this room, for the chore that unlinks rows."""

from polyphony.feedback import leaving
from polyphony.feedback.models import GroundAuthor, GroundView, Lost, Objection
from polyphony.kernel import unlinkable
from polyphony.languages.models import Translation, TranslatorRefusal

_INPUTS = "SELECT a.input_id FROM inputs.authorship a WHERE a.phrase_id IS NOT NULL"
_VIEWS = "SELECT g.view_id FROM feedback.ground_author g WHERE g.phrase_id IS NOT NULL"
unlinkable.rows(Objection, f"r.input_id IN ({_INPUTS})")
unlinkable.rows(Lost, f"r.input_id IN ({_INPUTS})")
unlinkable.rows(GroundAuthor, "r.phrase_id IS NOT NULL")
unlinkable.rows(GroundView, f"r.id IN ({_VIEWS})")
unlinkable.rows(Translation, f"r.subject_id IN ({_VIEWS})")
unlinkable.rows(TranslatorRefusal, f"r.subject_id IN ({_VIEWS})")
unlinkable.rows(Translation, f"r.subject_id IN (SELECT e.id FROM feedback.excerpt e WHERE e.input_id IN ({_INPUTS}))")  # noqa: S608

PARTS = (leaving,)

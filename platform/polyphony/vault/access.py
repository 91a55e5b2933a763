"""Row security of the vault: serving roles see who keeps and what is asked; its own role alone what is sealed."""

from polyphony.consultations.models import Consultation
from polyphony.kernel.policies import allow, any_of, definer, one, protect
from polyphony.kernel.viewer import fact, had
from polyphony.vault import ceremony  # noqa: F401 - declares the functions that are the only way in
from polyphony.vault.models import (
    Box,
    Circle,
    Holder,
    Keyholder,
    Opening,
    Reading,
    Release,
    Sealed,
    Seat,
    Share,
    Telling,
    Word,
)

# The keys that are this viewer's to use, as long as she is seated as a keyholder there; the circles they belong to.
fact("keeping", "SELECT array_agg(h.keyholder_id) FROM vault.holder h JOIN vault.keyholder k ON k.id = h.keyholder_id "
     f"WHERE h.person_id = me AND k.ended_on IS NULL AND k.organisation_id = ANY ({had('keyholding')})")
fact("kept", "SELECT array_agg(DISTINCT c.consultation_id) FROM vault.circle c JOIN vault.seat s ON s.circle_id = c.id "
     f"WHERE c.state <> 'ended' AND s.keyholder_id = ANY ({had('keeping')})")

# Where this viewer takes part or ever did, and there are or were keyholders: nowhere else can something of hers lie.
definer("consultations.with_keyholders() RETURNS SETOF uuid", f"""
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT DISTINCT r.consultation_id FROM vault.circle r JOIN consultations.consultation c ON c.id = r.consultation_id
  WHERE (SELECT viewer.sealed()) AND c.state <> 'draft' AND (c.id IN (
      SELECT i.consultation_id FROM consultations.invited i JOIN organisations.membership m
      ON m.organisation_id = i.organisation_id WHERE m.person_id = {one('person')})
    OR c.id IN (SELECT h.consultation_id FROM people.phrase h WHERE h.id = {one('phrase')}))
$f$""")

_ALL = "SELECT, INSERT, UPDATE, DELETE"
for _seen in (Keyholder, Holder, Circle, Seat):
    protect(_seen, app="SELECT", worker="SELECT", lookup="SELECT", vault=_ALL)
for _asked in (Box, Opening, Word, Reading):
    protect(_asked, app="SELECT", lookup="", vault=_ALL)
for _hidden in (Sealed, Share, Release, Telling):
    protect(_hidden, lookup="", vault="SELECT, INSERT, DELETE")  # what is sealed is never changed, only taken away

_SEEN = "consultation_id IN (SELECT c.id FROM consultations.consultation c)"
_ROOM = any_of("consultation_id", "facilitated", "kept")
_ASKED = "opening_id IN (SELECT o.id FROM vault.opening o)"
allow(Keyholder, "SELECT", "anyone", "true", public=True)
allow(Holder, "SELECT", "own", f"person_id = {one('person')}")
allow(Circle, "SELECT", "of_seen", _SEEN, public=True)
allow(Seat, "SELECT", "of_seen", "circle_id IN (SELECT c.id FROM vault.circle c)", public=True)
allow(Box, "SELECT", "room", _ROOM)
allow(Opening, "SELECT", "room", _ROOM)
allow(Opening, "SELECT", "own", f"person_id = {one('person')}")
allow(Word, "SELECT", "of_seen", _ASKED)
allow(Reading, "SELECT", "of_seen", _ASKED)
allow(Consultation, "SELECT", "keyholder", any_of("id", "kept"))

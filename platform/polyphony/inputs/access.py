"""Row security of inputs: the author, the facilitator, then whom the author chose, once it was read."""

from polyphony.inputs.models import Authorship, Draft, Handed, Input, Original, Reading
from polyphony.kernel.policies import allow, any_of, definer, ids, one, protect, statements
from polyphony.kernel.viewer import fact, had
from polyphony.languages.access import changeable, not_refused, read_first, readable_with
from polyphony.languages.models import TranslatorRefusal
from polyphony.uploads.access import hangs_on

# The author's own inputs, as a fact: it makes "is it mine?" one array test instead of a join per row.
fact("authored", "SELECT array_agg(a.input_id) FROM inputs.authorship a WHERE a.person_id = me OR a.phrase_id = phrase")
# Who translates here no more keeps nothing of what she was handed.
fact("handed", "SELECT array_agg(h.input_id) FROM inputs.handed h WHERE h.person_id = me AND "
               f"h.consultation_id = ANY ({had('translating')})")

protect(Input, app="SELECT, INSERT, UPDATE", worker="SELECT, INSERT, UPDATE, DELETE", lookup="SELECT, UPDATE (revision)")
protect(Authorship, app="SELECT, INSERT", worker="SELECT, INSERT, DELETE")
protect(Original, app="SELECT, INSERT, UPDATE, DELETE", worker="SELECT, DELETE")
protect(Handed, app="SELECT, INSERT, DELETE", worker="SELECT, DELETE")
protect(Draft, app="SELECT, INSERT, UPDATE, DELETE", worker="SELECT, INSERT, DELETE")
protect(Reading, app="SELECT, INSERT, DELETE", worker="SELECT, DELETE", lookup="SELECT, DELETE")

AUTHORED = f"id = ANY ({ids('authored')})"
_RELEASED = "read_on IS NOT NULL AND withdrawn_on IS NULL"

allow(Input, "SELECT", "own", AUTHORED)
allow(Input, "SELECT", "facilitator", f"withdrawn_on IS NULL AND {any_of('consultation_id', 'facilitated')}")
allow(Input, "SELECT", "public", f"{_RELEASED} AND audience = 'public' AND consultation_id IN "
      "(SELECT c.id FROM consultations.consultation c)", public=True)
allow(Input, "SELECT", "participants", f"{_RELEASED} AND audience = 'participants' AND "
      f"{any_of('consultation_id', 'convened', 'participating')}")
allow(Input, "SELECT", "companies", f"{_RELEASED} AND audience = 'companies' AND {any_of('consultation_id', 'convened')}")
allow(Input, "SELECT", "chosen", f"{_RELEASED} AND audience = 'chosen' AND readers && {ids('companies')} AND "
      f"{any_of('consultation_id', 'convened')}")  # a company that left reads on no more than the others' inputs
allow(Input, "SELECT", "translator", f"{_RELEASED} AND audience <> 'facilitator' AND "
      f"{any_of('consultation_id', 'translating')} AND {not_refused('id')}")
allow(Input, "SELECT", "handed", f"withdrawn_on IS NULL AND id = ANY ({ids('handed')}) AND {not_refused('id')}")
allow(Input, "INSERT", "author", "", check=f"{any_of('consultation_id', 'participating')} AND read_on IS NULL")
# What an author changes is unread again: she cannot let her own words go past the facilitator, nor bring back what is gone.
allow(Input, "UPDATE", "own", AUTHORED, check=f"{AUTHORED} AND (read_on IS NULL OR withdrawn_on IS NOT NULL)")
allow(Input, "UPDATE", "facilitator", f"withdrawn_on IS NULL AND {any_of('consultation_id', 'facilitated')}")

_MINE = f"person_id = {one('person')} OR phrase_id = {one('phrase')}"
allow(Authorship, "SELECT", "own", _MINE)
allow(Authorship, "INSERT", "own", "", check=_MINE)
for verb in ("SELECT", "UPDATE", "DELETE"):
    allow(Draft, verb, "own", _MINE)
    allow(Original, verb, "author_and_facilitator",
          f"input_id = ANY ({ids('authored')}) OR {any_of('consultation_id', 'facilitated')}")
allow(Draft, "INSERT", "own", "", check=f"({_MINE}) AND {any_of('consultation_id', 'participating')}")
allow(Original, "INSERT", "facilitator", "", check=any_of("consultation_id", "facilitated"))
allow(Handed, "SELECT", "facilitator", any_of("consultation_id", "facilitated"))
allow(Handed, "INSERT", "facilitator", "", check=any_of("consultation_id", "facilitated"))
allow(Handed, "DELETE", "facilitator", any_of("consultation_id", "facilitated"))
allow(Reading, "SELECT", "facilitator", any_of("consultation_id", "facilitated"))
allow(Reading, "INSERT", "facilitator", "", check=any_of("consultation_id", "facilitated"))
allow(Reading, "DELETE", "facilitator", any_of("consultation_id", "facilitated"))

for verb in ("SELECT", "INSERT", "DELETE"):
    _author = f"subject_id = ANY ({ids('authored')})"
    allow(TranslatorRefusal, verb, "author", "" if verb == "INSERT" else _author, check=_author)

# Others see a translation of an input once the facilitator has read it, and not that of words which are no more.
_INSIDE = f"subject_id = ANY ({ids('authored')}) OR {any_of('consultation_id', 'facilitated')}"
readable_with("input", "inputs.input", held="waits OR stale",
              inside=f"{_INSIDE} OR (NOT waits AND {any_of('consultation_id', 'translating')})")
changeable("input", f"{_INSIDE} OR {any_of('consultation_id', 'translating')}", removed=_INSIDE)
read_first("input", own="authored", said="NEW.subject_id")

# Why something was masked is between the facilitator and the author, in every language: no translator reads it.
readable_with("masking", "inputs.original", key="input_id")
changeable("masking", f"{any_of('consultation_id', 'facilitated')} AND EXISTS (SELECT 1 FROM inputs.original p WHERE "
           "p.input_id = subject_id OFFSET 0)", removed=_INSIDE)

_OF_MY_DRAFT = "subject_id IN (SELECT d.input_id FROM inputs.draft d)"  # row security shows nobody another's draft
_OF_MINE = f"subject_id = ANY ({ids('authored')}) OR {_OF_MY_DRAFT}"
hangs_on("input", read="EXISTS (SELECT 1 FROM inputs.input p WHERE p.id = subject_id OFFSET 0)", own=_OF_MINE,
         add=_OF_MY_DRAFT, remove=_OF_MINE,
         withhold="EXISTS (SELECT 1 FROM inputs.input p WHERE p.id = subject_id AND p.withdrawn_on IS NULL AND "
         f"{any_of('p.consultation_id', 'facilitated')} OFFSET 0)",
         thing="EXISTS (SELECT 1 FROM inputs.input i WHERE i.id = a.subject_id AND i.withdrawn_on IS NULL) OR EXISTS "
         "(SELECT 1 FROM inputs.draft d WHERE d.input_id = a.subject_id)")

# Who read it, and when, is not for the author to see, but goes with the words that she takes away.
definer("inputs.forget_reading(input uuid) RETURNS void", """
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  DELETE FROM inputs.reading r WHERE r.input_id = input AND viewer.sealed()
    AND input = ANY (nullif(current_setting('polyphony.authored', true), '')::uuid[])
$f$""")

# How many of the authors' languages are there? The facilitator learns languages, never authors.
definer("inputs.languages_of_authors(consultation uuid) RETURNS TABLE (input_id uuid, lang text)", """
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT i.id, coalesce(p.language, h.language, i.lang) FROM inputs.input i
  JOIN inputs.authorship a ON a.input_id = i.id LEFT JOIN people.person p ON p.id = a.person_id
  LEFT JOIN people.phrase h ON h.id = a.phrase_id
  WHERE i.consultation_id = consultation AND i.withdrawn_on IS NULL AND viewer.sealed()
    AND consultation = ANY (nullif(current_setting('polyphony.facilitated', true), '')::uuid[])
$f$""")

# How somebody is named is hers to say, once. It only ever becomes less: withdrawing takes the name away.
statements += ["""
CREATE OR REPLACE FUNCTION inputs.naming_stays() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF NEW.naming NOT IN (OLD.naming, 'unattributed') OR NEW.shown_as NOT IN (OLD.shown_as, '') THEN
    RAISE EXCEPTION 'nobody is named otherwise than she chose' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'input_naming_stays', SCHEMA = 'inputs', TABLE = 'input';
  END IF;
  RETURN NEW;
END $f$""", """
CREATE OR REPLACE TRIGGER naming_stays BEFORE UPDATE ON inputs.input
FOR EACH ROW EXECUTE FUNCTION inputs.naming_stays()"""]

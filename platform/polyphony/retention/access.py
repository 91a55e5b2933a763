"""Row security of holds: stewards and the auditor see all; whom one concerns sees it unless a reason of safety forbids."""

from polyphony.kernel.policies import APP, WORKER, allow, any_of, definer, holds, one, protect, statements
from polyphony.retention.models import Confirmation, Hold, Release

_SELECT = "SELECT, INSERT"
protect(Hold, app=_SELECT, worker="SELECT, DELETE")
protect(Confirmation, app=_SELECT, worker="SELECT, DELETE")
protect(Release, app=_SELECT, worker="SELECT, DELETE")

_WATCHES = f"{holds('steward')} OR {holds('auditor')}"
_TOLD = ("safety_reason = '' AND retention.in_force(id) AND "
         f"(kind = 'account' AND subject_id = {one('person')} OR kind = 'consultation' AND "
         f"{any_of('subject_id', 'participating', 'convened', 'facilitated', 'translating')})")
allow(Hold, "SELECT", "watches", _WATCHES)
allow(Hold, "SELECT", "concerned", _TOLD)
allow(Hold, "INSERT", "steward", "", check=f"{holds('steward')} AND person_id = {one('person')}")
for _step in (Confirmation, Release):
    allow(_step, "SELECT", "watches", _WATCHES)
    allow(_step, "INSERT", "steward", "", check=f"{holds('steward')} AND person_id = {one('person')}")

_LIVING = """h.until >= greatest(current_date, today) AND NOT EXISTS (SELECT 1 FROM retention.release r WHERE r.hold_id = h.id)
    AND EXISTS (SELECT 1 FROM retention.confirmation c WHERE c.hold_id = h.id)"""
_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$"

# Whether something of the viewer, said in this consultation, is held: the last day, for a hold she is not told of too.
definer("retention.held_until(consultation uuid, today date) RETURNS date", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT max(h.until) FROM retention.hold h WHERE viewer.sealed() AND {_LIVING}
    AND (h.kind = 'consultation' AND h.subject_id = consultation
      OR h.kind = 'account' AND h.subject_id = nullif(current_setting('polyphony.person', true), '')::uuid)
$f$""", to=f"{APP}, {WORKER}")
# Whoever is told of a hold need not see who confirmed it: that it is confirmed and not released is asked past that.
definer("retention.in_force(hold uuid) RETURNS boolean", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT EXISTS (SELECT 1 FROM retention.confirmation c WHERE c.hold_id = hold)
    AND NOT EXISTS (SELECT 1 FROM retention.release r WHERE r.hold_id = hold)
$f$""")
# A steward names an account by its address; she learns that there is one, and its number.
definer("retention.account_of(given bytea) RETURNS uuid", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT c.person_id FROM people.credential c WHERE c.address_hash = given AND viewer.sealed()
    AND 'steward' = ANY (nullif(current_setting('polyphony.roles', true), '')::text[])
$f$""")

# Two different people and a day in the future, whoever writes the row.
statements += ["""
CREATE OR REPLACE FUNCTION retention.two_people() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM retention.hold h WHERE h.id = NEW.hold_id AND h.person_id <> NEW.person_id) THEN
    RAISE EXCEPTION 'a hold needs two people' USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_two_people';
  END IF;
  IF EXISTS (SELECT 1 FROM retention.hold h WHERE h.id = NEW.hold_id AND h.until < current_date)
    OR EXISTS (SELECT 1 FROM retention.release r WHERE r.hold_id = NEW.hold_id) THEN
    RAISE EXCEPTION 'this hold has ended' USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_has_ended';
  END IF;
  RETURN NEW;
END $f$""", """
CREATE OR REPLACE TRIGGER two_people BEFORE INSERT OR UPDATE ON retention.confirmation
FOR EACH ROW EXECUTE FUNCTION retention.two_people()""", """
CREATE OR REPLACE FUNCTION retention.made_now() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF NEW.made_at > now() + interval '1 day' THEN
    RAISE EXCEPTION 'a hold is counted from the day it is made' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'hold_made_now';
  END IF;
  RETURN NEW;
END $f$""", """
CREATE OR REPLACE TRIGGER made_now BEFORE INSERT OR UPDATE ON retention.hold
FOR EACH ROW EXECUTE FUNCTION retention.made_now()"""]

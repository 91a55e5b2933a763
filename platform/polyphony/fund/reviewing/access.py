"""Scores: one's own until locked; then the others' too. Who stepped aside sees the case on no path."""

from polyphony.fund.applying.access import not_aside
from polyphony.fund.reviewing.models import Assignment, Lock, Recusal, Score
from polyphony.kernel.policies import allow, any_of, definer, one, protect, statements
from polyphony.kernel.viewer import fact, had

# What was withdrawn is there for nobody of the fund any more.
fact("assigned", "SELECT array_agg(s.application_id) FROM fund.assignment s JOIN fund.application a ON a.id = s.application_id "
     "WHERE s.person_id = me AND a.state <> 'withdrawn' AND s.fund_id = ANY (" + had("fund_review") + ") AND NOT "
     "s.application_id = ANY (" + had("stepped_aside") + ")")
fact("locked", "SELECT array_agg(l.application_id) FROM fund.lock l JOIN fund.application a ON a.id = l.application_id "
     "WHERE l.person_id = me AND a.state <> 'withdrawn' AND l.fund_id = ANY (" + had("funds") + ") AND NOT "
     "l.application_id = ANY (" + had("stepped_aside") + ")")
# Ready for the committee: the call is closed, somebody has locked and every reviewer who did not step aside has. What
# was ready when it was decided stays readable, whoever steps aside afterwards.
fact("decidable", "SELECT array_agg(a.id) FROM fund.application a JOIN fund.call c ON c.id = a.call_id WHERE "
     "a.fund_id = ANY (" + had("fund_committee") + " || " + had("fund_admin") + ") AND a.state IN ('submitted', 'decided') "
     "AND c.state IN ('closed', 'decided') AND NOT a.id = ANY (" + had("stepped_aside") + ") "
     "AND (a.state = 'decided' OR (SELECT bool_and(l.assignment_id IS NOT NULL) FROM fund.assignment s LEFT JOIN fund.lock l "
     "ON l.assignment_id = s.id WHERE s.application_id = a.id AND NOT EXISTS (SELECT 1 FROM fund.recusal r WHERE "
     "r.application_id = a.id AND r.person_id = s.person_id)))")

protect(Assignment, app="SELECT, INSERT", worker="SELECT", lookup="SELECT, DELETE")
protect(Recusal, app="SELECT, INSERT", worker="SELECT, INSERT, UPDATE (words)", lookup="SELECT, INSERT")
protect(Score, app="SELECT, INSERT, UPDATE", worker="SELECT", lookup="SELECT, DELETE")
protect(Lock, app="SELECT, INSERT", worker="SELECT")

_ADMIN = f"{any_of('fund_id', 'fund_admin')} AND {not_aside('application_id')}"
_MY_ASSIGNMENT = f"assignment_id IN (SELECT s.id FROM fund.assignment s WHERE s.person_id = {one('person')})"
_UNLOCKED = f"{_MY_ASSIGNMENT} AND NOT EXISTS (SELECT 1 FROM fund.lock l WHERE l.assignment_id = score.assignment_id)"

allow(Assignment, "SELECT", "own", any_of("application_id", "assigned") + f" AND person_id = {one('person')}")
allow(Assignment, "SELECT", "administrator", _ADMIN)
allow(Assignment, "SELECT", "committee", any_of("application_id", "decidable"))
allow(Assignment, "INSERT", "administrator", "", check=_ADMIN)
allow(Recusal, "SELECT", "own", f"person_id = {one('person')}")
allow(Recusal, "SELECT", "administrator", _ADMIN)
# Who steps aside, and why, lets others tell who applies: the committee reads it when it may know.
allow(Recusal, "SELECT", "committee", any_of("application_id", "decidable"))
allow(Recusal, "INSERT", "own", "", check=f"origin = 'declared' AND person_id = {one('person')} AND {any_of('fund_id', 'funds')}")
allow(Recusal, "INSERT", "found", "", check=f"origin = 'found' AND {any_of('fund_id', 'fund_admin')}")
allow(Score, "SELECT", "own", f"{any_of('application_id', 'assigned')} AND {_MY_ASSIGNMENT}")
allow(Score, "SELECT", "after_locking", any_of("application_id", "locked", "decidable") + " AND EXISTS (SELECT 1 FROM "
      "fund.lock l WHERE l.assignment_id = score.assignment_id)")
allow(Score, "INSERT", "own", "", check=f"{any_of('application_id', 'assigned')} AND {_UNLOCKED}")
allow(Score, "UPDATE", "own", f"{any_of('application_id', 'assigned')} AND {_UNLOCKED}")
allow(Lock, "SELECT", "after_locking", any_of("application_id", "locked", "decidable"))
allow(Lock, "SELECT", "administrator", _ADMIN)
allow(Lock, "INSERT", "own", "", check=f"person_id = {one('person')} AND {any_of('application_id', 'assigned')} AND {_MY_ASSIGNMENT}")

# Whose name she could read without a review: an administrator's, from when the application was sent; a committee
# member's, once a review of it is locked.
definer("fund.names_known(person uuid) RETURNS SETOF uuid", """
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT a.id FROM organisations.membership m JOIN fund.application a ON a.fund_id = m.organisation_id
    LEFT JOIN organisations.membership_end e ON e.membership_id = m.id
  WHERE m.person_id = person AND m.role = 'administrator'
    AND (e.at IS NULL OR (e.at AT TIME ZONE 'UTC')::date >= a.submitted_on)
  UNION SELECT l.application_id FROM fund.lock l JOIN fund.body b ON b.fund_id = l.fund_id AND b.kind = 'allocation'
    JOIN fund.seat s ON s.body_id = b.id LEFT JOIN organisations.membership_end e ON e.membership_id = s.membership_id
  WHERE s.person_id = person AND s.constituency <> 'contributor' AND s.begun_on <= current_date
    AND (l.at AT TIME ZONE 'UTC')::date < s.until AND (e.at IS NULL OR e.at >= l.at)
$f$""", to="polyphony_lookup")
# Locked scores stand, whoever asks; nobody is assigned to a case from which she steps aside, or knows who applies.
definer("fund.review_stands() RETURNS trigger", """
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF TG_TABLE_NAME = 'score' THEN
    IF EXISTS (SELECT 1 FROM fund.lock l WHERE l.assignment_id = NEW.assignment_id) THEN
      RAISE EXCEPTION 'locked scores stand' USING ERRCODE = 'check_violation', CONSTRAINT = 'score_locked';
    END IF;
  ELSIF fund.conflicted(NEW.application_id, NEW.person_id) IS NOT NULL THEN
    RAISE EXCEPTION 'a conflict of interest' USING ERRCODE = 'check_violation', CONSTRAINT = 'assignment_conflict';
  ELSIF NEW.application_id IN (SELECT k FROM fund.names_known(NEW.person_id) k) THEN
    RAISE EXCEPTION 'she knows who applies' USING ERRCODE = 'check_violation', CONSTRAINT = 'assignment_blind';
  END IF;
  RETURN NEW;
END $f$""")
statements += ["CREATE OR REPLACE TRIGGER review_stands BEFORE INSERT OR UPDATE ON fund.score FOR EACH ROW "
               "EXECUTE FUNCTION fund.review_stands()",
               "CREATE OR REPLACE TRIGGER review_stands BEFORE INSERT OR UPDATE ON fund.assignment FOR EACH ROW "
               "EXECUTE FUNCTION fund.review_stands()"]
# Whoever left, or went silent, keeps no case waiting: a review that is not locked is taken back, with what was drafted.
# A lock that comes in the same moment holds, for it hangs on the assignment.
definer("fund.take_review_back(given uuid, application uuid) RETURNS boolean", """
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF NOT viewer.sealed() OR application = ANY (nullif(current_setting('polyphony.stepped_aside', true), '')::uuid[])
     OR NOT EXISTS (SELECT 1 FROM fund.assignment s WHERE s.id = given AND s.application_id = application
       AND s.fund_id = ANY (nullif(current_setting('polyphony.fund_admin', true), '')::uuid[]))
     OR EXISTS (SELECT 1 FROM fund.lock l WHERE l.assignment_id = given) THEN RETURN false;
  END IF;
  DELETE FROM fund.score WHERE assignment_id = given;
  DELETE FROM fund.assignment WHERE id = given;
  RETURN true;
END $f$""")
# Locking unseals who applies, so it waits until the other rooms have been asked about conflicts.
definer("fund.lock_waits() RETURNS trigger", """
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF jobs.waits_for('fund.ask_rooms', ARRAY[NEW.application_id::text, NEW.person_id::text,
     (SELECT a.call_id::text FROM fund.application a WHERE a.id = NEW.application_id)]) THEN
    RAISE EXCEPTION 'conflicts are still looked for' USING ERRCODE = 'check_violation', CONSTRAINT = 'lock_after_asking';
  END IF;
  RETURN NEW;
END $f$""")
statements += ["CREATE OR REPLACE TRIGGER lock_waits BEFORE INSERT ON fund.lock FOR EACH ROW EXECUTE FUNCTION fund.lock_waits()"]
# May the administrator ask this person? Answered with the kind of conflict, that she knows who applies, or nothing, to
# administrators alone.
definer("fund.may_review(application uuid, person uuid) RETURNS text", """
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT coalesce(fund.conflicted(application, person), CASE WHEN application IN (SELECT k FROM fund.names_known(person) k)
    THEN 'knows' END) WHERE viewer.sealed() AND EXISTS (SELECT 1 FROM fund.application a
    WHERE a.id = application AND a.fund_id = ANY (nullif(current_setting('polyphony.fund_admin', true), '')::uuid[]))
$f$""")

# The same for a whole call, for those who share its applications out.
definer("fund.call_conflicts(call uuid) RETURNS TABLE (application_id uuid, person_id uuid)", """
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT DISTINCT a.id, m.person_id FROM fund.application a JOIN organisations.membership m
    ON m.organisation_id = a.fund_id AND m.role = 'reviewer' JOIN LATERAL (SELECT c.application_id
      FROM fund.conflicts_of(m.person_id) c UNION ALL SELECT k FROM fund.names_known(m.person_id) k) c
    ON c.application_id = a.id
  WHERE viewer.sealed() AND a.call_id = call
    AND a.fund_id = ANY (nullif(current_setting('polyphony.fund_admin', true), '')::uuid[])
$f$""")

# Conflicts are found when they arise: a person joins an organisation or works on an application, an application comes
# in. What is found is written down, so that the case is not kept waiting for somebody who cannot see it any more.
definer("fund.find_conflicts(only_person uuid, only_call uuid) RETURNS int", """
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  WITH people AS (SELECT DISTINCT m.person_id, m.organisation_id AS fund_id FROM organisations.membership m
      JOIN fund.fund f ON f.organisation_id = m.organisation_id
      WHERE (only_person IS NULL OR m.person_id = only_person) AND NOT EXISTS (
        SELECT 1 FROM organisations.membership_end e WHERE e.membership_id = m.id)),
    made AS (INSERT INTO fund.recusal (id, application_id, fund_id, person_id, origin, kind, words, at)
      SELECT DISTINCT ON (a.id, p.person_id) gen_random_uuid(), a.id, a.fund_id, p.person_id, 'found', c.kind, '', now()
      FROM people p CROSS JOIN LATERAL fund.conflicts_of(p.person_id) c JOIN fund.application a
        ON a.id = c.application_id AND a.fund_id = p.fund_id
      WHERE a.state = 'submitted' AND (only_call IS NULL OR a.call_id = only_call)
      ORDER BY a.id, p.person_id, c.kind DESC ON CONFLICT DO NOTHING RETURNING 1)
  SELECT count(*)::int FROM made
$f$""", to="polyphony_lookup, polyphony_worker")
definer("fund.note_conflicts() RETURNS trigger", """
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF TG_TABLE_NAME = 'application' THEN
    PERFORM fund.find_conflicts(NULL, NEW.call_id);
  ELSIF TG_TABLE_NAME = 'applicant' THEN
    PERFORM fund.find_conflicts(NULL, a.call_id) FROM fund.application a
      WHERE a.id = NEW.application_id AND a.state = 'submitted';
  ELSE
    PERFORM fund.find_conflicts(NEW.person_id, NULL);
  END IF;
  RETURN NULL;
END $f$""")
statements += ["DROP TRIGGER IF EXISTS note_conflicts ON fund.application",
               "CREATE TRIGGER note_conflicts AFTER UPDATE OF state ON fund.application FOR EACH ROW WHEN "
               "(NEW.state = 'submitted' AND OLD.state <> 'submitted') EXECUTE FUNCTION fund.note_conflicts()",
               *(f"CREATE OR REPLACE TRIGGER note_conflicts AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION "
                 "fund.note_conflicts()" for table in ("organisations.membership", "fund.application_hand", "fund.applicant"))]

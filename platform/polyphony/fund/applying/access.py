"""An application is its organisation's until submitted; then the fund's, without its name, and never a company's."""

from polyphony.fund.applying.models import Applicant, Application, ApplicationHand, BudgetLine, ChangeRequest, Part
from polyphony.fund.calls.access import OPEN
from polyphony.kernel.policies import allow, any_of, definer, ids, one, own_hat, protect, statements
from polyphony.kernel.viewer import fact, had
from polyphony.languages.access import changeable, readable_with
from polyphony.uploads.access import hangs_on

_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$"

# Every case from which a person steps aside, with the reason. Shared by the viewer's fact, the triggers and `verify`.
# Of her work on an application only the day is kept, so it counts from the end of that day: nothing that she did before
# is held against her, and the membership under which she worked is known to the moment.
definer("fund.conflicts_since(person uuid) RETURNS TABLE (application_id uuid, kind text, since timestamptz)", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT r.application_id, r.kind, r.at FROM fund.recusal r WHERE r.person_id = person
  UNION ALL SELECT p.application_id, 'member', m.begun_at FROM fund.applicant p JOIN organisations.membership m
    ON m.organisation_id = p.organisation_id WHERE m.person_id = person
  UNION ALL SELECT p.application_id, 'worked_on', (h."on" + 1)::timestamp AT TIME ZONE 'UTC' FROM fund.applicant p JOIN fund.application_hand h
    ON h.organisation_id = p.organisation_id WHERE h.person_id = person
  UNION ALL SELECT b.id, 'applies_too', m.begun_at FROM organisations.membership m JOIN fund.applicant p
    ON p.organisation_id = m.organisation_id JOIN fund.application a ON a.id = p.application_id
    JOIN fund.application b ON b.call_id = a.call_id AND b.id <> a.id WHERE m.person_id = person
    AND a.state <> 'withdrawn'
$f$""", to="polyphony_lookup, polyphony_worker")
definer("fund.conflicts_of(person uuid) RETURNS TABLE (application_id uuid, kind text)", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT c.application_id, c.kind FROM fund.conflicts_since(person) c
$f$""", to="polyphony_lookup, polyphony_worker")
definer("fund.conflicted(application uuid, person uuid) RETURNS text", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT c.kind FROM fund.conflicts_of(person) c WHERE c.application_id = application ORDER BY c.kind LIMIT 1
$f$""", to="polyphony_lookup, polyphony_worker")

fact("applied", "SELECT array_agg(p.application_id) FROM fund.applicant p WHERE p.organisation_id = ANY ("
     + had("speaking") + ")")
fact("interpreted", "SELECT array_agg(p.application_id) FROM fund.applicant p WHERE p.organisation_id = ANY ("
     + had("interpreting") + ")")
fact("stepped_aside", "SELECT array_agg(DISTINCT c.application_id) FROM fund.conflicts_of(me) c WHERE cardinality("
     + had("funds") + ") > 0")

NOT_ASIDE = f"NOT coalesce({any_of('id', 'stepped_aside')}, false)"


def not_aside(column: str) -> str:
    """The viewer has not stepped aside from this case."""
    return f"NOT coalesce({any_of(column, 'stepped_aside')}, false)"


_SEEN = "application_id IN (SELECT a.id FROM fund.application a)"
_SENT = "state NOT IN ('draft', 'withdrawn')"  # nobody at the fund reads what was not sent, or was taken back
# While a draft, or while the fund has asked for a correction, its organisation may change it.
_EDITABLE = ("(a.state = 'draft' OR (a.state = 'submitted' AND (EXISTS (SELECT 1 FROM fund.call c WHERE c.id = a.call_id "
             f"AND {OPEN}) OR EXISTS (SELECT 1 FROM fund.change_request q WHERE q.application_id = a.id "
             "AND q.done_on IS NULL))))")
_MINE_EDITABLE = (f"application_id IN (SELECT a.id FROM fund.application a WHERE {any_of('a.id', 'applied')} "
                  f"AND {_EDITABLE})")

protect(Application, app="SELECT, INSERT, UPDATE", worker="SELECT", lookup="SELECT, INSERT")
protect(Applicant, app="SELECT, INSERT, UPDATE", worker="SELECT", lookup="SELECT, INSERT")
protect(ApplicationHand, app="SELECT, INSERT", worker="SELECT")
protect(Part, app="SELECT, INSERT, UPDATE", worker="SELECT, DELETE", lookup="SELECT, INSERT")
protect(BudgetLine, app="SELECT, INSERT, DELETE", worker="SELECT, DELETE", lookup="SELECT, INSERT")
protect(ChangeRequest, app="SELECT, INSERT, UPDATE", worker="SELECT")

allow(Application, "SELECT", "applicant", f"{any_of('id', 'applied', 'interpreted')} AND {own_hat()}")
allow(Application, "SELECT", "fund", f"{_SENT} AND {any_of('fund_id', 'fund_admin', 'fund_committee', 'fund_translate')}"
      f" AND {NOT_ASIDE}")
allow(Application, "SELECT", "reviewer", f"{_SENT} AND {any_of('id', 'assigned')}")
allow(Application, "INSERT", "applicant", "", check=f"state = 'draft' AND cardinality({ids('speaking')}) > 0 "
      f"AND EXISTS (SELECT 1 FROM fund.call c WHERE c.id = call_id AND {OPEN})")
allow(Application, "UPDATE", "applicant", any_of("id", "applied"),
      check=f"state IN ('draft', 'submitted', 'withdrawn') AND {any_of('id', 'applied')}")
allow(Application, "UPDATE", "administrator", f"state = 'submitted' AND {any_of('fund_id', 'fund_admin')} AND {NOT_ASIDE}",
      check=f"state IN ('submitted', 'decided') AND {any_of('fund_id', 'fund_admin')}")
allow(Applicant, "SELECT", "own", f"{any_of('organisation_id', 'speaking')} AND {own_hat()}")
# A reviewer who becomes an administrator locks her scores before she reads a name.
allow(Applicant, "SELECT", "administrator", f"application_id IN (SELECT a.id FROM fund.application a WHERE a.{_SENT} "
      f"AND {any_of('a.fund_id', 'fund_admin')}) AND (coalesce({any_of('application_id', 'locked')}, false) OR NOT "
      f"coalesce({any_of('application_id', 'assigned')}, false))")
allow(Applicant, "SELECT", "after_locking", any_of("application_id", "locked"))
allow(Applicant, "SELECT", "committee", any_of("application_id", "decidable"))
allow(Applicant, "INSERT", "own", "", check=any_of("organisation_id", "speaking"))
allow(Applicant, "UPDATE", "own", any_of("organisation_id", "speaking"))
allow(ApplicationHand, "SELECT", "own_organisation", any_of("organisation_id", "speaking"))
allow(ApplicationHand, "INSERT", "own", "", check=f"person_id = {one('person')} AND {any_of('organisation_id', 'speaking')}")
for _model in (Part, BudgetLine):
    allow(_model, "SELECT", "of_seen", _SEEN)
    allow(_model, "INSERT", "applicant", "", check=_MINE_EDITABLE)
_THIS = "subject_id IN (SELECT a.id FROM fund.application a"
_MY_FILES = f"{_THIS} WHERE {any_of('a.id', 'applied')} AND {_EDITABLE})"
hangs_on("application", read=f"{_THIS})", own=any_of("subject_id", "applied"), add=_MY_FILES, remove=_MY_FILES,
         thing="EXISTS (SELECT 1 FROM fund.application x WHERE x.id = a.subject_id)")
allow(Part, "UPDATE", "applicant", _MINE_EDITABLE)
allow(BudgetLine, "DELETE", "applicant", _MINE_EDITABLE)
allow(ChangeRequest, "SELECT", "of_seen", _SEEN)
allow(ChangeRequest, "INSERT", "administrator", "", check=f"{any_of('fund_id', 'fund_admin')} AND {not_aside('application_id')}")
allow(ChangeRequest, "UPDATE", "applicant", any_of("application_id", "applied"))
allow(ChangeRequest, "UPDATE", "administrator", f"{any_of('fund_id', 'fund_admin')} AND {not_aside('application_id')}")

# The texts of an application, and the words of its budget lines, are translated alike.
_TEXTS = "(SELECT p.id, p.application_id FROM fund.part p UNION ALL SELECT l.id, l.application_id FROM fund.budget_line l)"
readable_with("fund_part", "fund.part")
readable_with("fund_part", "fund.budget_line", name="fund_line")
changeable("fund_part", f"EXISTS (SELECT 1 FROM {_TEXTS} t WHERE t.id = subject_id AND "
           f"({any_of('t.application_id', 'applied', 'interpreted')} OR consultation_id IN (SELECT c.id FROM fund.call c WHERE "
           f"{any_of('c.fund_id', 'fund_translate', 'fund_admin')})))", removed=True)

# What was sent stands after the deadline, whoever asks, until the fund asks for a correction; and it stays in its call.
definer("fund.application_stands() RETURNS trigger", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE is_open boolean; wrong text;
BEGIN
  is_open := EXISTS (SELECT 1 FROM fund.call c WHERE c.id = OLD.call_id AND {OPEN});
  IF (NEW.call_id, NEW.fund_id) IS DISTINCT FROM (OLD.call_id, OLD.fund_id) OR (OLD.state = 'decided' AND
     NEW.state <> 'decided') THEN wrong := 'application_stands';
  ELSIF NEW.state = 'decided' AND OLD.state <> 'decided' AND NOT EXISTS (SELECT 1 FROM fund.decision d
     WHERE d.application_id = OLD.id) THEN wrong := 'application_without_decision';
  ELSIF NEW.state = 'submitted' AND OLD.state <> 'submitted' AND NOT is_open THEN wrong := 'application_deadline';
  ELSIF OLD.state <> 'draft' AND NOT is_open AND (NEW.requested, NEW.country, NEW.lang) IS DISTINCT FROM
     (OLD.requested, OLD.country, OLD.lang) AND NOT EXISTS (SELECT 1 FROM fund.change_request q WHERE
     q.application_id = OLD.id AND q.done_on IS NULL) THEN wrong := 'application_stands';
  END IF;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'an application stands: %', wrong USING ERRCODE = 'check_violation', CONSTRAINT = wrong;
  END IF;
  RETURN NEW;
END $f$""")
# One organisation begins one application to a call: of two colleagues who begin at once, the second goes on with it.
definer("fund.applies_in_turn() RETURNS trigger", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
BEGIN
  PERFORM fund.in_turn(NEW.organisation_id);
  RETURN NEW;
END $f$""")
# A correction is asked for before the decision, one after the other with the votes and the decision on its case.
definer("fund.correction_in_time() RETURNS trigger", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
BEGIN
  PERFORM fund.in_turn(NEW.application_id);
  IF NOT EXISTS (SELECT 1 FROM fund.application a WHERE a.id = NEW.application_id AND a.state = 'submitted'
     AND NOT EXISTS (SELECT 1 FROM fund.decision d WHERE d.application_id = a.id)) THEN
    RAISE EXCEPTION 'nothing to correct' USING ERRCODE = 'check_violation', CONSTRAINT = 'correction_in_time';
  END IF;
  RETURN NEW;
END $f$""")
# A call is decided only when every application that was sent has its decision, also those its administrator cannot see.
definer("fund.call_is_decided() RETURNS trigger", f"""
LANGUAGE plpgsql STABLE {_HEAD}
BEGIN
  IF NEW.state = 'decided' AND OLD.state <> 'decided' AND EXISTS (SELECT 1 FROM fund.application a WHERE
     a.call_id = NEW.id AND a.state = 'submitted') THEN
    RAISE EXCEPTION 'applications wait for their decision' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'call_undecided';
  END IF;
  RETURN NEW;
END $f$""")
statements += ["CREATE OR REPLACE TRIGGER applies_in_turn BEFORE INSERT ON fund.applicant FOR EACH ROW "
               "EXECUTE FUNCTION fund.applies_in_turn()",
               "CREATE OR REPLACE TRIGGER correction_in_time BEFORE INSERT ON fund.change_request FOR EACH ROW "
               "EXECUTE FUNCTION fund.correction_in_time()",
               "CREATE OR REPLACE TRIGGER application_stands BEFORE UPDATE ON fund.application FOR EACH ROW "
               "EXECUTE FUNCTION fund.application_stands()",
               "CREATE OR REPLACE TRIGGER call_is_decided BEFORE UPDATE ON fund.call FOR EACH ROW "
               "EXECUTE FUNCTION fund.call_is_decided()"]

# Applications collected elsewhere, brought in by an administrator while the call is open. The same id twice: nothing new.
# Which organisations apply to a call, and whether they wrote themselves, for whoever brings in applications to it.
definer("fund.applying_here(call uuid) RETURNS TABLE (organisation uuid, application uuid, by_hand boolean)", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT p.organisation_id, a.id, EXISTS (SELECT 1 FROM fund.application_hand h WHERE h.application_id = a.id)
  FROM fund.application a JOIN fund.applicant p ON p.application_id = a.id
  WHERE viewer.sealed() AND a.call_id = call AND a.state <> 'withdrawn' AND a.fund_id = ANY (
    nullif(current_setting('polyphony.fund_admin', true), '')::uuid[])
$f$""")
definer("fund.bring_application(given jsonb) RETURNS boolean", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE c fund.call; made uuid := (given ->> 'id')::uuid;
BEGIN
  SELECT * INTO c FROM fund.call x WHERE x.id = (given ->> 'call_id')::uuid;
  IF NOT viewer.sealed() OR c.id IS NULL OR NOT c.fund_id = ANY (
     nullif(current_setting('polyphony.fund_admin', true), '')::uuid[]) THEN
    RAISE EXCEPTION 'not an administrator of this fund' USING ERRCODE = 'insufficient_privilege';
  ELSIF NOT {OPEN} THEN
    RAISE EXCEPTION 'the call is not open' USING ERRCODE = 'check_violation', CONSTRAINT = 'application_deadline';
  ELSIF EXISTS (SELECT 1 FROM fund.application a WHERE a.id = made) THEN RETURN false;
  END IF;
  INSERT INTO fund.application (id, call_id, fund_id, state, lang, requested, country, at_risk, level, submitted_on, revision)
  VALUES (made, c.id, c.fund_id, 'submitted', given ->> 'lang', (given ->> 'requested')::bigint, given ->> 'country',
          (given ->> 'at_risk')::boolean, given ->> 'level', (given ->> 'on')::date, 1);
  INSERT INTO fund.applicant (application_id, organisation_id, payee_reference)
  VALUES (made, (given ->> 'organisation_id')::uuid, given ->> 'payee_reference');
  INSERT INTO fund.part (id, application_id, name, words, lang, revision) SELECT gen_random_uuid(), made, p.key, p.value,
    given ->> 'lang', 1 FROM jsonb_each_text(given -> 'parts') p;
  INSERT INTO fund.budget_line (id, application_id, place, words, amount) SELECT gen_random_uuid(), made, l.place,
    l.line ->> 0, (l.line ->> 1)::bigint FROM jsonb_array_elements(given -> 'lines') WITH ORDINALITY l(line, place);
  RETURN true;
END $f$""")

"""Votes are the committee's; a decision needs a quorum in the database too; a grant reserves received money."""

from polyphony.fund.applying.access import not_aside
from polyphony.fund.deciding.models import GRANTED_FOR, Decision, Grant, Grantee, Instalment, Vote
from polyphony.kernel.policies import allow, any_of, definer, holds, ids, one, own_hat, protect, statements
from polyphony.languages.access import changeable, readable_with

protect(Vote, app="SELECT, INSERT", worker="SELECT")
protect(Decision, app="SELECT, INSERT", worker="SELECT")
protect(Grant, app="SELECT, INSERT, UPDATE", worker="SELECT")
protect(Grantee, app="SELECT, INSERT, UPDATE", worker="SELECT")
protect(Instalment, app="SELECT, INSERT, UPDATE", worker="SELECT")

_COMMITTEE = f"{any_of('fund_id', 'fund_committee', 'fund_admin')} AND {not_aside('application_id')}"
_ADMIN = f"{any_of('fund_id', 'fund_admin')} AND {not_aside('application_id')}"
_MONEY = ("fund_admin", "fund_committee", "fund_treasury", "fund_approve", "fund_release")
_SEEN = 'grant_id IN (SELECT g.id FROM fund."grant" g)'
_OF_MINE = f'grant_id IN (SELECT g.id FROM fund."grant" g WHERE {any_of("g.fund_id", "fund_admin")})'

allow(Vote, "SELECT", "committee", _COMMITTEE)
allow(Vote, "INSERT", "own", "", check=f"person_id = {one('person')} AND {any_of('fund_id', 'fund_committee')} AND "
      f"{any_of('application_id', 'decidable')}")
allow(Decision, "SELECT", "committee", _COMMITTEE)
allow(Decision, "SELECT", "translator", f"{any_of('fund_id', 'fund_translate')} AND {not_aside('application_id')}")
allow(Decision, "SELECT", "applicant", f"{any_of('application_id', 'applied')} AND {own_hat()}")
allow(Decision, "INSERT", "administrator", "", check=f"{_ADMIN} AND {any_of('application_id', 'decidable')} AND "
      f"person_id = {one('person')}")
allow(Grant, "SELECT", "fund", f"{any_of('fund_id', *_MONEY)} AND {not_aside('application_id')}")
allow(Grant, "SELECT", "grantee", f"{any_of('application_id', 'applied')} AND {own_hat()}")
allow(Grant, "SELECT", "auditor", holds("auditor"))
allow(Grant, "INSERT", "administrator", "", check=_ADMIN)
allow(Grant, "UPDATE", "administrator", _ADMIN)
allow(Grant, "UPDATE", "grantee", any_of("application_id", "applied"))
allow(Grantee, "SELECT", "fund", f'grant_id IN (SELECT g.id FROM fund."grant" g WHERE {any_of("g.fund_id", *_MONEY)})')
allow(Grantee, "SELECT", "own", f"{any_of('organisation_id', 'speaking')} AND {own_hat()}")
allow(Grantee, "UPDATE", "own", f"{any_of('application_id', 'applied')} AND {own_hat()}")
allow(Grantee, "INSERT", "administrator", "", check=_OF_MINE)
allow(Instalment, "SELECT", "of_seen", _SEEN)
allow(Instalment, "INSERT", "administrator", "", check=_OF_MINE)
allow(Instalment, "UPDATE", "administrator", f"cancelled_on IS NULL AND {_OF_MINE}", check=_OF_MINE)
readable_with("fund_decision", "fund.decision", key="application_id")
changeable("fund_decision", "consultation_id IN (SELECT c.id FROM fund.call c WHERE "
           f"{any_of('c.fund_id', 'fund_admin', 'fund_translate')}) AND NOT coalesce(subject_id = ANY ("
           f"{ids('stepped_aside')}), false)")

_GRANTED_FOR = ", ".join(f"'{reason}'" for reason in GRANTED_FOR)
_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$"

# The count of one case: who sits, who stepped aside, who may decide, how many must, and the votes that stand now.
definer("fund.tally(application uuid) RETURNS TABLE (seats int, aside int, able int, needed int, fewest int, "
        "votes_for int, votes_against int, abstained int, revision int)", f"""
LANGUAGE sql STABLE {_HEAD}
  WITH a AS (SELECT x.id, x.fund_id, x.revision FROM fund.application x WHERE x.id = application),
  rule AS (SELECT r.kind, r.number FROM a JOIN fund.body b ON b.fund_id = a.fund_id AND b.kind = 'allocation'
           JOIN fund.composition_rule r ON r.body_id = b.id),
  sitting AS (SELECT v AS person, fund.conflicted(a.id, v) IS NOT NULL AS aside FROM a, fund.voters(a.fund_id) v),
  standing AS (SELECT DISTINCT ON (w.person_id) w.choice FROM a JOIN fund.vote w ON w.application_id = a.id AND
               w.application_revision = a.revision JOIN sitting s ON s.person = w.person_id AND NOT s.aside
               ORDER BY w.person_id, w.number DESC),
  counted AS (SELECT count(*)::int AS seats, count(*) FILTER (WHERE s.aside)::int AS aside,
              count(*) FILTER (WHERE NOT s.aside)::int AS able FROM sitting s)
  SELECT c.seats, c.aside, c.able,
    greatest(coalesce((SELECT number FROM rule WHERE kind = 'quorum_least'), 3),
             c.able * coalesce((SELECT number FROM rule WHERE kind = 'quorum_share'), 50) / 100 + 1)::int,
    coalesce((SELECT number FROM rule WHERE kind = 'quorum_least'), 3)::int,
    (SELECT count(*) FROM standing WHERE choice = 'for')::int,
    (SELECT count(*) FROM standing WHERE choice = 'against')::int,
    (SELECT count(*) FROM standing WHERE choice = 'abstain')::int, a.revision
  FROM a, counted c
$f$""", to="polyphony_lookup, polyphony_worker")
definer("fund.tally_shown(application uuid) RETURNS TABLE (seats int, aside int, able int, needed int, fewest int, "
        "votes_for int, votes_against int, abstained int, revision int)", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT t.* FROM fund.tally(application) t WHERE viewer.sealed() AND application = ANY (
    nullif(current_setting('polyphony.decidable', true), '')::uuid[])
$f$""")

# What a call has awarded in all, whoever stepped aside from which of its cases.
definer("fund.call_awarded(call uuid) RETURNS bigint", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT coalesce(sum(d.amount), 0)::bigint FROM fund.decision d JOIN fund.application a ON a.id = d.application_id
  WHERE viewer.sealed() AND a.call_id = call AND a.fund_id = ANY (
    nullif(current_setting('polyphony.fund_admin', true), '')::uuid[]
    || nullif(current_setting('polyphony.fund_committee', true), '')::uuid[])
$f$""")

# A vote, a decision, somebody stepping aside, a change of the application, a hand on its payment: about one case they
# come one after the other. Awards of one call come one after the other too, for they share its envelope.
definer("fund.case_in_turn() RETURNS trigger", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
BEGIN
  IF TG_TABLE_NAME = 'application' THEN PERFORM fund.in_turn(NEW.id);
  ELSE PERFORM fund.in_turn(NEW.application_id); END IF;
  RETURN NULL;
END $f$""")
statements += ["CREATE OR REPLACE TRIGGER case_in_turn AFTER INSERT ON fund.recusal FOR EACH ROW "
               "EXECUTE FUNCTION fund.case_in_turn()",
               "CREATE OR REPLACE TRIGGER case_in_turn AFTER UPDATE ON fund.application FOR EACH ROW WHEN "
               "(OLD.state <> 'draft') EXECUTE FUNCTION fund.case_in_turn()"]
# A vote is given on the case as it stands, while it waits for its decision, by a member who decides on it.
definer("fund.vote_holds() RETURNS trigger", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE a fund.application; t record; wrong text;
BEGIN
  PERFORM fund.in_turn(NEW.application_id);
  SELECT * INTO STRICT a FROM fund.application x WHERE x.id = NEW.application_id;
  SELECT * INTO STRICT t FROM fund.tally(NEW.application_id);
  IF a.state <> 'submitted' OR EXISTS (SELECT 1 FROM fund.decision d WHERE d.application_id = a.id)
    THEN wrong := 'vote_before_decision';
  ELSIF EXISTS (SELECT 1 FROM fund.change_request q WHERE q.application_id = a.id AND q.done_on IS NULL)
    THEN wrong := 'vote_after_correction';
  ELSIF NEW.application_revision <> a.revision THEN wrong := 'vote_as_it_stands';
  ELSIF NEW.person_id NOT IN (SELECT v FROM fund.voters(a.fund_id) v) THEN wrong := 'vote_of_seated';
  ELSIF fund.conflicted(a.id, NEW.person_id) IS NOT NULL THEN wrong := 'vote_conflict';
  ELSIF t.able < greatest(t.fewest, t.needed) THEN wrong := 'vote_quorum';
  END IF;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'a vote does not hold: %', wrong USING ERRCODE = 'check_violation', CONSTRAINT = wrong;
  END IF;
  NEW.fund_id := a.fund_id;
  RETURN NEW;
END $f$""")
statements += ["CREATE OR REPLACE TRIGGER vote_holds BEFORE INSERT ON fund.vote FOR EACH ROW "
               "EXECUTE FUNCTION fund.vote_holds()"]

# A decision without quorum, against the majority, for more than was asked or left, is impossible here too; the count
# written into it is the database's own.
definer("fund.decision_holds() RETURNS trigger", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE t record; a fund.application; c fund.call; wrong text;
BEGIN
  PERFORM fund.in_turn(NEW.application_id);
  SELECT * INTO STRICT a FROM fund.application x WHERE x.id = NEW.application_id;
  IF NEW.outcome = 'granted' THEN PERFORM fund.in_turn(a.call_id); END IF;
  SELECT * INTO STRICT c FROM fund.call x WHERE x.id = a.call_id;
  SELECT * INTO STRICT t FROM fund.tally(NEW.application_id);
  IF a.state <> 'submitted' OR c.state <> 'closed' THEN wrong := 'decision_when_closed';
  ELSIF EXISTS (SELECT 1 FROM fund.change_request q WHERE q.application_id = a.id AND q.done_on IS NULL)
    THEN wrong := 'decision_after_correction';
  ELSIF (NEW.outcome = 'granted') <> (NEW.reason IN ({_GRANTED_FOR})) THEN wrong := 'decision_reason';
  ELSIF t.able < t.fewest OR t.votes_for + t.votes_against + t.abstained < t.needed THEN wrong := 'decision_quorum';
  ELSIF (NEW.outcome = 'granted') <> (t.votes_for > t.votes_against) THEN wrong := 'decision_majority';
  ELSIF fund.conflicted(NEW.application_id, NEW.person_id) IS NOT NULL THEN wrong := 'decision_conflict';
  ELSIF NEW.amount > a.requested THEN wrong := 'decision_within_request';
  ELSIF NEW.amount + coalesce((SELECT sum(d.amount) FROM fund.decision d JOIN fund.application o
        ON o.id = d.application_id WHERE o.call_id = a.call_id), 0) > c.envelope THEN wrong := 'decision_within_envelope';
  END IF;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'a decision does not hold: %', wrong USING ERRCODE = 'check_violation', CONSTRAINT = wrong;
  END IF;
  NEW.fund_id := a.fund_id; NEW.application_revision := t.revision; NEW.seats := t.seats; NEW.stepped_aside := t.aside;
  NEW.needed := t.needed; NEW.votes_for := t.votes_for; NEW.votes_against := t.votes_against;
  NEW.abstained := t.abstained;
  RETURN NEW;
END $f$""")
# A grant with its grantee and its instalments in one step, with the rights of whoever decides.
statements += ["""
CREATE OR REPLACE FUNCTION fund.make_grant(given jsonb, organisation uuid, payee text, parts jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $f$
DECLARE g fund."grant" := jsonb_populate_record(NULL::fund."grant", given);
BEGIN
  INSERT INTO fund."grant" SELECT g.*;
  INSERT INTO fund.grantee (grant_id, organisation_id, application_id, payee_reference)
    VALUES (g.id, organisation, g.application_id, payee);
  INSERT INTO fund.instalment (id, grant_id, place, amount, due_on, condition, cancelled_because)
    SELECT gen_random_uuid(), g.id, p.place, (p.part ->> 'amount')::bigint, (p.part ->> 'on')::date,
      p.part ->> 'condition', '' FROM jsonb_array_elements(parts) WITH ORDINALITY p(part, place);
END $f$"""]
definer("fund.grant_adds_up() RETURNS trigger", f"""
LANGUAGE plpgsql STABLE {_HEAD}
DECLARE target uuid; g fund."grant"; wrong text;
BEGIN
  target := CASE TG_TABLE_NAME WHEN 'grant' THEN (to_jsonb(NEW) ->> 'id')::uuid
                               ELSE (to_jsonb(NEW) ->> 'grant_id')::uuid END;
  IF target IS NULL AND coalesce(to_jsonb(NEW) ->> 'kind', '') NOT IN ('award', 'cancellation') THEN RETURN NULL; END IF;
  SELECT * INTO g FROM fund."grant" x WHERE x.id = target;
  IF g.id IS NULL THEN wrong := 'grant_there';
  ELSIF g.amount <> (SELECT coalesce(sum(i.amount), 0) FROM fund.instalment i WHERE i.grant_id = target)
    THEN wrong := 'grant_instalments_add_up';
  ELSIF (SELECT coalesce(sum(i.amount), 0) FROM fund.instalment i WHERE i.grant_id = target AND i.cancelled_on IS NULL)
    <> coalesce((SELECT b.awarded FROM fund.grant_balance b WHERE b.grant_id = target), 0) OR EXISTS (SELECT 1
      FROM fund.entry e JOIN fund.entry_line l ON l.entry_id = e.id WHERE e.grant_id = target AND
      (e.fund_id, l.currency) <> (g.fund_id, g.currency)) THEN wrong := 'grant_is_reserved';
  ELSIF NOT EXISTS (SELECT 1 FROM fund.decision d WHERE d.application_id = g.application_id AND d.amount = g.amount)
    THEN wrong := 'grant_was_decided';
  ELSIF EXISTS (SELECT 1 FROM fund.instalment i JOIN fund.payment p ON p.instalment_id = i.id WHERE i.grant_id = target
    AND i.cancelled_on IS NOT NULL AND p.state IN ('prepared', 'approved', 'released', 'confirmed'))
    THEN wrong := 'instalment_without_payment';
  END IF;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'a grant does not add up: %', wrong USING ERRCODE = 'check_violation', CONSTRAINT = wrong;
  END IF;
  RETURN NULL;
END $f$""")
statements += ["CREATE OR REPLACE TRIGGER decision_holds BEFORE INSERT ON fund.decision FOR EACH ROW "
               "EXECUTE FUNCTION fund.decision_holds()",
               *(f'DROP TRIGGER IF EXISTS grant_adds_up ON fund."{table}"' for table in ("grant", "instalment", "entry")),
               *(f'CREATE CONSTRAINT TRIGGER grant_adds_up AFTER INSERT OR UPDATE ON fund."{table}" DEFERRABLE '
                 "INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fund.grant_adds_up()"
                 for table in ("grant", "instalment", "entry"))]

"""Seats are facts of the viewer; who sits is public, how anybody voted is not."""

from polyphony.fund.bodies.models import APART, Body, CompositionRule, Fund, Seat, Turn
from polyphony.kernel.policies import allow, any_of, definer, protect, statements
from polyphony.kernel.viewer import fact, had

_LIVING = ("FROM organisations.membership m JOIN organisations.organisation o ON o.id = m.organisation_id "
           "WHERE m.person_id = me AND o.kind = 'fund' AND o.admitted_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM organisations.membership_end e "
           "WHERE e.membership_id = m.id)")

fact("funds", f"SELECT array_agg(DISTINCT m.organisation_id) {_LIVING}")
for _name, _role in (("fund_admin", "administrator"), ("fund_review", "reviewer"), ("fund_treasury", "treasurer"),
                     ("fund_approve", "approver"), ("fund_release", "releaser"), ("fund_translate", "translator")):
    fact(_name, f"SELECT array_agg(DISTINCT m.organisation_id) {_LIVING} AND m.role = '{_role}'")
fact("fund_committee", "SELECT array_agg(DISTINCT f) FROM unnest(" + had("funds") + ") f "
     "WHERE me IN (SELECT v FROM fund.voters(f) v)")

protect(Fund, app="SELECT, INSERT, UPDATE", worker="SELECT")
protect(Body, app="SELECT, INSERT", worker="SELECT")
protect(CompositionRule, app="SELECT, INSERT, UPDATE, DELETE", worker="SELECT")
protect(Seat, app="SELECT, INSERT", worker="SELECT, UPDATE (shown_as, comes_from)")
protect(Turn, lookup="SELECT, INSERT, UPDATE")
for _model in (Fund, Body, CompositionRule, Seat):
    allow(_model, "SELECT", "anyone", "true", public=True)
allow(Fund, "INSERT", "administrator", "", check=any_of("organisation_id", "fund_admin"))
allow(Fund, "UPDATE", "administrator", any_of("organisation_id", "fund_admin"))
_OF_MINE = f"body_id IN (SELECT b.id FROM fund.body b WHERE {any_of('b.fund_id', 'fund_admin')})"
allow(Body, "INSERT", "administrator", "", check=any_of("fund_id", "fund_admin"))
allow(CompositionRule, "INSERT", "administrator", "", check=_OF_MINE)
allow(CompositionRule, "UPDATE", "administrator", _OF_MINE)
allow(CompositionRule, "DELETE", "administrator", _OF_MINE)
allow(Seat, "INSERT", "administrator", "", check=_OF_MINE)

_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$"

# In a write's own picture of the database the other's row is not there yet; the row of this table is, and whoever
# comes second is told by PostgreSQL to begin again.
definer("fund.in_turn(thing uuid) RETURNS void", f"""
LANGUAGE sql VOLATILE {_HEAD}
  INSERT INTO fund.turn AS t (about, number) VALUES (thing, 1) ON CONFLICT (about) DO UPDATE SET number = t.number + 1
$f$""", to="polyphony_lookup, polyphony_worker")

# Who sits today, as the public may know it: a seat ends with its term or with the membership beneath it.
definer("fund.seated(fund uuid) RETURNS TABLE (body_id uuid, shown_as text, comes_from text, constituency text, "
        "begun_on date, until date)", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT s.body_id, s.shown_as, s.comes_from, s.constituency, s.begun_on, s.until
  FROM fund.seat s JOIN fund.body b ON b.id = s.body_id WHERE b.fund_id = fund AND s.begun_on <= current_date
    AND current_date < s.until AND NOT EXISTS (SELECT 1 FROM organisations.membership_end e
      WHERE e.membership_id = s.membership_id) ORDER BY s.shown_as, s.membership_id
$f$""", to="polyphony_app, polyphony_worker, polyphony_lookup")

# Whoever decides about a seat of the fund may know that this address already has a seat at a company.
definer("fund.sits_in_company(fund uuid, address bytea) RETURNS boolean", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT viewer.sealed() AND {any_of("fund", "fund_admin")} AND EXISTS (
    SELECT 1 FROM people.credential c JOIN organisations.membership m ON m.person_id = c.person_id
      JOIN organisations.organisation o ON o.id = m.organisation_id WHERE c.address_hash = address
      AND o.kind = 'company' AND NOT EXISTS (SELECT 1 FROM organisations.membership_end e WHERE e.membership_id = m.id))
$f$""")

# Who may vote in the allocation committee today: a living seat of a living member.
definer("fund.voters(fund uuid) RETURNS SETOF uuid", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT DISTINCT s.person_id FROM fund.seat s JOIN fund.body b ON b.id = s.body_id
    JOIN organisations.membership m ON m.id = s.membership_id
  WHERE b.fund_id = fund AND b.kind = 'allocation' AND s.begun_on <= current_date AND current_date < s.until
    AND s.constituency <> 'contributor' AND m.role = 'committee_member'
    AND NOT EXISTS (SELECT 1 FROM organisations.membership_end e WHERE e.membership_id = m.id)
$f$""", to="polyphony_app, polyphony_worker")

# Nobody holds a company seat and one that reads applications or payments at once. One turn per person, so that two
# invitations accepted at the same moment are seen one after the other.
_APART = ", ".join(f"'{role}'" for role in APART)
definer("fund.one_side() RETURNS trigger", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE side text;
BEGIN
  SELECT CASE WHEN o.kind = 'company' THEN 'company' WHEN o.kind = 'fund' AND NEW.role IN
    ({_APART}) THEN 'allocation' ELSE '' END INTO side
    FROM organisations.organisation o WHERE o.id = NEW.organisation_id;
  IF side = '' THEN RETURN NEW; END IF;
  PERFORM fund.in_turn(NEW.person_id);
  IF EXISTS (SELECT 1 FROM organisations.membership m JOIN organisations.organisation o ON o.id = m.organisation_id
     WHERE m.person_id = NEW.person_id AND NOT EXISTS (SELECT 1 FROM organisations.membership_end e
       WHERE e.membership_id = m.id)
     AND CASE side WHEN 'company' THEN o.kind = 'fund' AND m.role IN ({_APART})
         ELSE o.kind = 'company' END) THEN
    RAISE EXCEPTION 'a company seat and an allocation seat exclude each other' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'membership_one_side', SCHEMA = 'organisations', TABLE = 'membership';
  END IF;
  RETURN NEW;
END $f$""")
statements += ["""
CREATE OR REPLACE TRIGGER one_side BEFORE INSERT ON organisations.membership
FOR EACH ROW EXECUTE FUNCTION fund.one_side()"""]

# A seat is a member's of this very fund, and fits the rules of its body; turns are taken per body.
definer("fund.seat_holds() RETURNS trigger", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE wrong text; kind text; fund uuid; taken int; theirs int; r record;
BEGIN
  PERFORM fund.in_turn(NEW.body_id);
  SELECT b.kind, b.fund_id INTO kind, fund FROM fund.body b WHERE b.id = NEW.body_id;
  IF NOT EXISTS (SELECT 1 FROM organisations.membership m WHERE m.id = NEW.membership_id AND m.organisation_id = fund
      AND m.person_id = NEW.person_id AND (kind = 'governing' OR m.role = 'committee_member') AND NOT EXISTS (
      SELECT 1 FROM organisations.membership_end e WHERE e.membership_id = m.id)) THEN wrong := 'seat_of_member';
  END IF;
  SELECT count(*) INTO taken FROM fund.seated(fund) s WHERE s.body_id = NEW.body_id;
  FOR r IN SELECT c.kind, c.constituency, c.number FROM fund.composition_rule c WHERE c.body_id = NEW.body_id LOOP
    IF r.kind = 'no_contributors' AND NEW.constituency = 'contributor' THEN wrong := 'seat_no_contributors';
    ELSIF r.kind = 'longest_term' AND NEW.until > NEW.begun_on + make_interval(months => r.number) THEN
      wrong := 'seat_longest_term';
    ELSIF r.kind = 'most_per_organisation' AND (SELECT count(*) FROM fund.seated(fund) s WHERE s.body_id = NEW.body_id
        AND lower(s.comes_from) = lower(NEW.comes_from)) >= r.number THEN wrong := 'seat_most_per_organisation';
    ELSIF r.kind = 'least_share' AND NEW.constituency <> r.constituency THEN
      SELECT count(*) INTO theirs FROM fund.seated(fund) s WHERE s.body_id = NEW.body_id
        AND s.constituency = r.constituency;
      IF theirs * 100 < r.number * (taken + 1) THEN wrong := 'seat_least_share'; END IF;
    END IF;
  END LOOP;
  IF EXISTS (SELECT 1 FROM fund.seat s WHERE s.membership_id = NEW.membership_id AND s.body_id = NEW.body_id
     AND s.begun_on < NEW.until AND NEW.begun_on < s.until) THEN wrong := 'seat_held';
  END IF;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'a seat does not hold: %', wrong USING ERRCODE = 'check_violation', CONSTRAINT = wrong;
  END IF;
  RETURN NEW;
END $f$""")
statements += ["""
CREATE OR REPLACE TRIGGER seat_holds BEFORE INSERT ON fund.seat
FOR EACH ROW EXECUTE FUNCTION fund.seat_holds()"""]

"""Row security of organisations: admitted ones are public; members are known to their own administrators."""

from polyphony.kernel.policies import allow, any_of, definer, holds, ids, one, protect, statements
from polyphony.kernel.viewer import card, fact, had, seats
from polyphony.organisations import access_lost as access_lost
from polyphony.organisations.models import Approval, Invitation, Membership, MembershipEnd, Organisation
from polyphony.people.models import Person

_LIVING = ("FROM organisations.membership m JOIN organisations.organisation o ON o.id = m.organisation_id "
           "WHERE m.person_id = me AND NOT EXISTS (SELECT 1 FROM organisations.membership_end e "
           "WHERE e.membership_id = m.id)")


def _seat(name: str, where: str) -> None:
    fact(name, f"SELECT array_agg(DISTINCT m.organisation_id) {_LIVING} AND {where}")


fact("memberships", f"SELECT array_agg(m.id) {_LIVING}")
_seat("organisations", "true")
_seat("administered", "m.role IN ('administrator', 'coordinator')")
_seat("companies", "o.kind = 'company' AND o.admitted_on IS NOT NULL")
_seat("leading", "o.kind = 'company' AND o.admitted_on IS NOT NULL AND m.role = 'engagement_lead'")
_seat("deciding", "o.kind = 'company' AND o.admitted_on IS NOT NULL AND m.role = 'decision_maker'")
_seat("stakeholders", "o.kind = 'stakeholder' AND o.admitted_on IS NOT NULL")
_seat("speaking", "o.kind = 'stakeholder' AND o.admitted_on IS NOT NULL AND m.role IN ('coordinator', 'contributor')")
_seat("interpreting", "o.admitted_on IS NOT NULL AND m.role = 'translator'")
# Companies keep no shares: neither by a seat of theirs nor through somebody who has one there as well.
_seat("keyholding", "o.kind <> 'company' AND o.admitted_on IS NOT NULL AND m.role = 'keyholder' AND "
      f"coalesce(cardinality({had('companies')}), 0) = 0")
_seat("facilitating", "o.kind = 'facilitation' AND o.admitted_on IS NOT NULL AND m.role = 'facilitator'")
seats("SELECT o.kind || ':' || m.role || ':' || m.id FROM organisations.membership m JOIN organisations.organisation o "
      "ON o.id = m.organisation_id WHERE m.person_id = who AND NOT EXISTS (SELECT 1 FROM organisations.membership_end e "
      "WHERE e.membership_id = m.id)")
card("organisation", f"SELECT o.name {_LIVING} ORDER BY m.begun_at, o.name LIMIT 1")
card("function", f"SELECT m.function {_LIVING} AND m.function <> '' ORDER BY m.begun_at LIMIT 1")

protect(Organisation, app="SELECT, INSERT, UPDATE", worker="SELECT", lookup="SELECT, INSERT")
protect(Approval, app="SELECT, INSERT", lookup="SELECT")
protect(Membership, app="SELECT, INSERT", worker="SELECT", lookup="SELECT, INSERT")
protect(MembershipEnd, app="SELECT, INSERT", worker="SELECT")
protect(Invitation, app="SELECT, INSERT, UPDATE", worker="SELECT", lookup="SELECT, UPDATE")

allow(Organisation, "SELECT", "admitted", "admitted_on IS NOT NULL", public=True)
allow(Organisation, "SELECT", "own", f"{any_of('id', 'organisations')} OR {any_of('invited_by', 'administered')}")
allow(Organisation, "SELECT", "steward", holds("steward"))
allow(Organisation, "UPDATE", "steward", holds("steward"))
allow(Organisation, "UPDATE", "administrator", any_of("id", "administered"))
allow(Approval, "SELECT", "steward", holds("steward"))
allow(Approval, "INSERT", "steward", "", check=f"{holds('steward')} AND person_id = {one('person')}")
allow(Membership, "SELECT", "self", f"person_id = {one('person')}")
allow(Membership, "SELECT", "administrator", any_of("organisation_id", "administered"))
allow(Membership, "INSERT", "administrator", "", check=any_of("organisation_id", "administered"))
allow(MembershipEnd, "SELECT", "of_mine", f"membership_id = ANY ({ids('memberships')}) OR EXISTS (SELECT 1 FROM "
      f"organisations.membership m WHERE m.id = membership_id AND {any_of('m.organisation_id', 'administered')})")
allow(MembershipEnd, "INSERT", "self_or_administrator", "", check=f"by = {one('person')} AND (membership_id = ANY "
      f"({ids('memberships')}) OR EXISTS (SELECT 1 FROM organisations.membership m WHERE m.id = membership_id AND "
      f"{any_of('m.organisation_id', 'administered')}))")
allow(Invitation, "SELECT", "administrator", any_of("organisation_id", "administered"))
allow(Invitation, "INSERT", "administrator", "", check=f"invited_by = {one('person')} AND "
      f"{any_of('organisation_id', 'administered')}")
allow(Invitation, "UPDATE", "administrator", any_of("organisation_id", "administered"))
allow(Person, "SELECT", "colleague", f"id IN (SELECT m.person_id FROM organisations.membership m WHERE "
      f"{any_of('m.organisation_id', 'administered')})")

_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$"

definer("organisations.invitation_behind(token bytea) RETURNS TABLE (id uuid, purpose text, organisation_id uuid, "
        "organisation text, language text, roles text[], function text, words text, address_sealed bytea)", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT i.id, i.purpose, i.organisation_id, o.name, i.language, i.roles, i.function, i.words, i.address_sealed
  FROM organisations.invitation i JOIN organisations.organisation o ON o.id = i.organisation_id
  WHERE i.token_hash = sha256(token) AND i.answered_at IS NULL AND NOT i.withdrawn AND i.expires_at > now()
$f$""")

# Accepting: the link's secret is the proof. A new account is made when the address has none; whoever already
# has one must be signed in as its owner (checked against the sealed viewer), and only gains the membership.
definer("organisations.accept(token bytea, person uuid, called text, lang text, zone text, sealed bytea, "
        "new_salt bytea, derived bytea, new_organisation uuid, organisation_name text, organisation_kind text, "
        "organisation_country text, organisation_about text) RETURNS text", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE i organisations.invitation; who uuid; target uuid; r text;
BEGIN
  SELECT * INTO i FROM organisations.invitation x WHERE x.token_hash = sha256(token) AND x.answered_at IS NULL
    AND NOT x.withdrawn AND x.expires_at > now() FOR UPDATE;
  IF i.id IS NULL THEN RETURN 'gone'; END IF;
  SELECT c.person_id INTO who FROM people.credential c WHERE c.address_hash = i.address_hash;
  IF who IS NOT NULL AND (NOT viewer.sealed() OR who <> coalesce(nullif(current_setting('polyphony.person', true), '')::uuid,
     '00000000-0000-0000-0000-000000000000')) THEN RETURN 'sign_in'; END IF;
  IF who IS NULL THEN
    INSERT INTO people.person (id, name, language, time_zone, mail_opt_in) VALUES (person, called, lang, zone, false);
    INSERT INTO people.credential VALUES (person, i.address_hash, sealed, new_salt, sha256(derived));
    who := person;
  END IF;
  target := i.organisation_id;
  IF i.purpose = 'organisation' THEN
    INSERT INTO organisations.organisation (id, name, kind, country, about, about_lang, invited_by, asked_on)
    VALUES (new_organisation, organisation_name, organisation_kind, organisation_country, organisation_about, lang,
            i.organisation_id, current_date);
    target := new_organisation;
    i.roles := CASE organisation_kind WHEN 'stakeholder' THEN ARRAY['coordinator'] ELSE ARRAY['administrator'] END;
  END IF;
  FOREACH r IN ARRAY i.roles LOOP
    INSERT INTO organisations.membership (id, person_id, organisation_id, role, function, begun_at)
    VALUES (gen_random_uuid(), who, target, r, CASE WHEN r = 'decision_maker' THEN i.function ELSE '' END, now());
  END LOOP;
  UPDATE organisations.invitation SET answered_at = now() WHERE id = i.id;
  RETURN 'done';
END $f$""")

# Two different stewards, in the database too: nobody can admit an organisation alone.
statements += ["""
CREATE OR REPLACE FUNCTION organisations.two_stewards() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF NEW.admitted_on IS NOT NULL AND OLD.admitted_on IS NULL AND (SELECT count(DISTINCT person_id)
     FROM organisations.approval WHERE organisation_id = NEW.id AND admits) < 2 THEN
    RAISE EXCEPTION 'two stewards admit an organisation' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'organisation_two_stewards', SCHEMA = 'organisations', TABLE = 'organisation';
  END IF;
  IF OLD.kind <> NEW.kind THEN
    RAISE EXCEPTION 'the kind of an organisation stays' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'organisation_kind_stays';
  END IF;
  RETURN NEW;
END $f$""", """
CREATE OR REPLACE TRIGGER two_stewards BEFORE UPDATE ON organisations.organisation
FOR EACH ROW EXECUTE FUNCTION organisations.two_stewards()""", """
CREATE OR REPLACE FUNCTION organisations.never_changed() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  RAISE EXCEPTION 'memberships are never changed, only ended' USING ERRCODE = 'check_violation',
    CONSTRAINT = 'membership_never_changed';
END $f$""", """
CREATE OR REPLACE TRIGGER never_changed BEFORE UPDATE ON organisations.membership
FOR EACH ROW EXECUTE FUNCTION organisations.never_changed()"""]

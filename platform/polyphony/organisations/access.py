"""Row security of organisations: admitted ones are public; members are known to their own administrators."""

from polyphony.kernel.policies import allow, any_of, definer, holds, one, protect, statements
from polyphony.kernel.viewer import card, fact, had, seats
from polyphony.organisations import access_lost as access_lost
from polyphony.organisations.entrance import access as entrance
from polyphony.organisations.models import (
    Approval,
    Departure,
    Invitation,
    InvitationEnd,
    Membership,
    MembershipEnd,
    Organisation,
)
from polyphony.people.models import Person

_LIVING = ("FROM organisations.membership m JOIN organisations.organisation o ON o.id = m.organisation_id "
           "WHERE m.person_id = me AND NOT EXISTS (SELECT 1 FROM organisations.membership_end e "
           f"WHERE e.membership_id = m.id) AND NOT m.organisation_id = ANY ({had('barred')})")
__all__ = ["entrance"]


def _seat(name: str, where: str) -> None:
    fact(name, f"SELECT array_agg(DISTINCT m.organisation_id) {_LIVING} AND {where}")


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
      f"coalesce(cardinality({had('companies')} || {had('barred')}), 0) = 0")
_seat("facilitating", "o.kind = 'facilitation' AND o.admitted_on IS NOT NULL AND m.role = 'facilitator'")
seats("SELECT o.kind || ':' || m.role || ':' || m.id FROM organisations.membership m JOIN organisations.organisation o "
      "ON o.id = m.organisation_id WHERE m.person_id = who AND NOT EXISTS (SELECT 1 FROM organisations.membership_end e "
      "WHERE e.membership_id = m.id)")
card("organisation", f"SELECT o.name {_LIVING} ORDER BY m.begun_at, o.name LIMIT 1")
card("function", f"SELECT m.function {_LIVING} AND m.function <> '' ORDER BY m.begun_at LIMIT 1")

protect(Organisation, app="SELECT, INSERT, UPDATE", worker="SELECT", lookup="SELECT, INSERT")
protect(Approval, app="SELECT, INSERT", lookup="SELECT")
protect(Membership, app="SELECT", worker="SELECT, UPDATE (why)", lookup="SELECT, INSERT")
protect(MembershipEnd, app="SELECT, INSERT", worker="SELECT, UPDATE (reason)", lookup="SELECT, INSERT")
protect(Departure, app="SELECT, INSERT")
protect(Invitation, app="SELECT, INSERT", worker="SELECT, UPDATE (address_hash, address_sealed, words)")
protect(InvitationEnd, app="SELECT, INSERT", worker="SELECT", lookup="SELECT, INSERT")

allow(Organisation, "SELECT", "admitted", "admitted_on IS NOT NULL", public=True)
allow(Organisation, "SELECT", "own", f"{any_of('id', 'organisations')} OR {any_of('invited_by', 'administered')}")
allow(Organisation, "SELECT", "steward", holds("steward"))
allow(Organisation, "UPDATE", "steward", holds("steward"))
allow(Organisation, "UPDATE", "administrator", any_of("id", "administered"))
allow(Approval, "SELECT", "steward", holds("steward"))
allow(Approval, "INSERT", "steward", "", check=f"{holds('steward')} AND person_id = {one('person')}")
allow(Membership, "SELECT", "self", f"person_id = {one('person')}")
allow(Membership, "SELECT", "administrator", any_of("organisation_id", "administered"))
# Hers are all that she ever had: the end of a past seat is hers to read, and no seat of hers ends twice.
_HERS_OR_OURS = (f"EXISTS (SELECT 1 FROM organisations.membership m WHERE m.id = membership_id AND "
                 f"(m.person_id = {one('person')} OR {any_of('m.organisation_id', 'administered')}))")
allow(MembershipEnd, "SELECT", "of_mine", _HERS_OR_OURS)
allow(MembershipEnd, "INSERT", "self_or_administrator", "", check=f"by = {one('person')} AND {_HERS_OR_OURS}")
allow(Departure, "SELECT", "of_seen", "organisation_id IN (SELECT o.id FROM organisations.organisation o)", public=True)
allow(Departure, "INSERT", "administrator", "", check=any_of("organisation_id", "administered"))
allow(Invitation, "SELECT", "administrator", any_of("organisation_id", "administered"))
allow(Invitation, "INSERT", "administrator", "", check=f"invited_by = {one('person')} AND "
      f"{any_of('organisation_id', 'administered')}")
_OF_OURS = f"invitation_id IN (SELECT i.id FROM organisations.invitation i WHERE {any_of('i.organisation_id', 'administered')})"
allow(InvitationEnd, "SELECT", "administrator", _OF_OURS)
allow(InvitationEnd, "INSERT", "withdrawn", "", check=f"by = {one('person')} AND outcome = 'withdrawn' AND {_OF_OURS}")
allow(Person, "SELECT", "colleague", f"id IN (SELECT m.person_id FROM organisations.membership m WHERE "
      f"{any_of('m.organisation_id', 'administered')})")

_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$"

definer("organisations.invitation_behind(token bytea) RETURNS TABLE (id uuid, purpose text, organisation_id uuid, "
        "organisation text, language text, roles text[], function text, words text, address_sealed bytea)", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT i.id, i.purpose, i.organisation_id, o.name, i.language, i.roles, i.function, i.words, i.address_sealed
  FROM organisations.invitation i JOIN organisations.organisation o ON o.id = i.organisation_id
  WHERE i.token_hash = sha256(token) AND i.expires_at > now() AND i.address_hash <> ''
    AND NOT EXISTS (SELECT 1 FROM organisations.invitation_end e WHERE e.invitation_id = i.id)
$f$""")

# Accepting: the link's secret is the proof. A new account is made when the address has none; whoever already
# has one must be signed in as its owner (checked against the sealed viewer), and only gains the membership.
definer("organisations.accept(token bytea, person uuid, called text, lang text, zone text, sealed bytea, "
        "new_salt bytea, derived bytea, new_organisation uuid, organisation_name text, organisation_kind text, "
        "organisation_country text, organisation_about text) RETURNS text", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE i organisations.invitation; who uuid; target uuid; r text;
BEGIN
  SELECT * INTO i FROM organisations.invitation x WHERE x.token_hash = sha256(token) AND x.expires_at > now()
    AND x.address_hash <> '' AND NOT EXISTS (SELECT 1 FROM organisations.invitation_end e WHERE e.invitation_id = x.id);
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
    INSERT INTO organisations.membership (id, person_id, organisation_id, role, function, begun_at, given_by, why, invitation_id)
    VALUES (gen_random_uuid(), who, target, r, CASE WHEN r = 'decision_maker' THEN i.function ELSE '' END, now(),
            i.invited_by, CASE i.purpose WHEN 'member' THEN i.words ELSE '' END, i.id);
  END LOOP;
  -- The key holds when two accept in the same moment: the second begins again and finds the invitation ended.
  INSERT INTO organisations.invitation_end (invitation_id, outcome, by, at) VALUES (i.id, 'accepted', who, now());
  RETURN 'done';
END $f$""")

# Who would come in with it stands before the stewards while they decide, and no longer.
definer("organisations.who_asks(organisation uuid) RETURNS text", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT p.name FROM organisations.organisation o JOIN organisations.membership m ON m.organisation_id = o.id
  JOIN people.person p ON p.id = m.person_id
  WHERE o.id = organisation AND o.admitted_on IS NULL AND o.turned_away_on IS NULL AND p.ended_on IS NULL
    AND viewer.sealed() AND 'steward' = ANY (nullif(current_setting('polyphony.roles', true), '')::text[])
    AND NOT EXISTS (SELECT FROM organisations.membership_end e WHERE e.membership_id = m.id)
  ORDER BY m.begun_at, m.id LIMIT 1
$f$""")

# Another role is a new membership and the end of the old one, both with who, when and why; nothing is changed.
definer("organisations.change_role(seat uuid, new_role text, new_function text, words text) RETURNS uuid", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE m organisations.membership; made uuid := gen_random_uuid();
  me uuid := nullif(current_setting('polyphony.person', true), '')::uuid;
BEGIN
  SELECT * INTO m FROM organisations.membership x WHERE x.id = seat AND NOT EXISTS (
    SELECT 1 FROM organisations.membership_end e WHERE e.membership_id = x.id);
  IF m.id IS NULL OR NOT viewer.sealed() OR
     NOT coalesce(m.organisation_id = ANY (nullif(current_setting('polyphony.administered', true), '')::uuid[]), false) THEN
    RETURN NULL;
  END IF;
  INSERT INTO organisations.membership (id, person_id, organisation_id, role, function, begun_at, given_by, why)
  VALUES (made, m.person_id, m.organisation_id, new_role, new_function, now(), me, words);
  INSERT INTO organisations.membership_end (membership_id, at, by, reason) VALUES (m.id, now(), me, words);
  RETURN made;
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
DECLARE old_row jsonb := to_jsonb(OLD); new_row jsonb := to_jsonb(NEW); word text; only_emptied boolean := true;
BEGIN
  FOREACH word IN ARRAY ARRAY['why', 'reason', 'words', 'address_hash', 'address_sealed'] LOOP
    only_emptied := only_emptied AND coalesce(new_row ->> word, '') IN ('', '\\x');
    old_row := old_row - word; new_row := new_row - word;
  END LOOP;
  IF only_emptied AND old_row = new_row THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'memberships are never changed, only ended' USING ERRCODE = 'check_violation',
    CONSTRAINT = 'membership_never_changed';
END $f$""", """
CREATE OR REPLACE TRIGGER never_changed BEFORE UPDATE ON organisations.membership
FOR EACH ROW EXECUTE FUNCTION organisations.never_changed()"""]
statements += [f"CREATE OR REPLACE TRIGGER never_changed BEFORE UPDATE ON organisations.{table} FOR EACH ROW EXECUTE "
               "FUNCTION organisations.never_changed()" for table in ("membership_end", "invitation", "invitation_end")]

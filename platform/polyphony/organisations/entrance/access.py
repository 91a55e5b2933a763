"""What the database demands before a company's own sign-in opens an account.

A link carries the SHA-256 of 32 bytes that Python derives from company, issuer and subject with a key outside the
database. As with a password (decision 0002), only who can derive them starts a session: an injected statement can
try, and nothing more. See docs/decisions/0011-a-companys-own-sign-in.md.
"""

from polyphony.kernel.policies import allow, any_of, definer, holds, one, protect, statements
from polyphony.kernel.viewer import card, fact
from polyphony.organisations.entrance.models import Entrance, EntranceSecret, Lift
from polyphony.people.models import CompanyLink

LIFTED_BY = 2
_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$"

# Companies whose seats do not count in this session: they require their own sign-in, and it did not come from there.
fact("barred", "SELECT array_agg(DISTINCT m.organisation_id) FROM organisations.membership m JOIN organisations.entrance "
     "e ON e.organisation_id = m.organisation_id WHERE m.person_id = me AND e.required_at IS NOT NULL AND "
     "organisations.requires_entrance(m.organisation_id) AND NOT EXISTS (SELECT 1 FROM organisations.membership_end x "
     "WHERE x.membership_id = m.id) AND NOT EXISTS (SELECT 1 FROM people.session s WHERE s.token_hash = sha256(secret) "
     "AND s.organisation_id = m.organisation_id)")
card("through", "SELECT s.organisation_id FROM people.session s WHERE s.token_hash = sha256(secret)")
# For the second factor: whether the company's provider saw one and the company's setting lets it count here.
card("second_by_company", "SELECT s.second_by_company FROM people.session s WHERE s.token_hash = sha256(secret)")

protect(Entrance, app="SELECT, INSERT, UPDATE", worker="SELECT")
protect(EntranceSecret, app="SELECT, INSERT, UPDATE")
protect(Lift, app="SELECT, INSERT")
protect(CompanyLink, app="SELECT, DELETE", worker="SELECT, DELETE", lookup="SELECT, INSERT")

allow(Entrance, "SELECT", "of_seen", "organisation_id IN (SELECT o.id FROM organisations.organisation o)", public=True)
_MINE = any_of("organisation_id", "administered")
_MY_COMPANY = f"{_MINE} AND {any_of('organisation_id', 'companies')}"
for _kept in (Entrance, EntranceSecret):
    allow(_kept, "INSERT", "administrator", "", check=_MY_COMPANY)
    allow(_kept, "UPDATE", "administrator", _MY_COMPANY)
allow(EntranceSecret, "SELECT", "administrator", _MINE)
allow(Lift, "SELECT", "steward", holds("steward"))
allow(Lift, "SELECT", "administrator", any_of("organisation_id", "administered"))
allow(Lift, "INSERT", "steward", "", check=f"{holds('steward')} AND person_id = {one('person')} AND NOT "
      f"{any_of('organisation_id', 'organisations', 'barred')}")
allow(CompanyLink, "SELECT", "self", f"person_id = {one('person')}")
allow(CompanyLink, "DELETE", "self", f"person_id = {one('person')}")
allow(CompanyLink, "SELECT", "administrator", any_of("organisation_id", "administered"))
allow(CompanyLink, "DELETE", "administrator", any_of("organisation_id", "administered"))

statements.append("DROP FUNCTION IF EXISTS people.enter_by_company(bytea, boolean, bytea, bytea)")

definer("organisations.requires_entrance(organisation uuid) RETURNS boolean", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT EXISTS (SELECT 1 FROM organisations.entrance e WHERE e.organisation_id = organisation AND e.required_at IS NOT NULL
    AND (SELECT count(DISTINCT l.person_id) FROM organisations.lift l WHERE l.organisation_id = e.organisation_id
         AND l.required_at = e.required_at) < {LIFTED_BY})
$f$""")

# A company's provider can say "this is she" of whom it likes. So it opens only accounts that act, and ever acted, for
# that company alone: never one that also holds a seat of an NGO, of the fund, of another company, or of the platform.
definer("organisations.acts_only_for(person uuid, organisation uuid) RETURNS boolean", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT EXISTS (SELECT 1 FROM organisations.membership m JOIN organisations.organisation o ON o.id = m.organisation_id
                 WHERE m.person_id = person AND m.organisation_id = organisation AND o.kind = 'company' AND NOT EXISTS (
                 SELECT 1 FROM organisations.membership_end e WHERE e.membership_id = m.id))
    AND NOT EXISTS (SELECT 1 FROM organisations.membership m WHERE m.person_id = person AND m.organisation_id <> organisation)
    AND NOT EXISTS (SELECT 1 FROM people.platform_role r WHERE r.person_id = person)
$f$""", to="polyphony_lookup")

# Whether a session that a company's sign-in opened still stands: taking away the link or the provider ends it at once.
definer("people.company_holds(person uuid, organisation uuid) RETURNS boolean", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT EXISTS (SELECT 1 FROM people.company_link l JOIN organisations.entrance e USING (organisation_id)
                 WHERE l.person_id = person AND l.organisation_id = organisation)
    AND organisations.acts_only_for(person, organisation)
$f$""", to="polyphony_lookup")

# The company whose own sign-in somebody has to use who has just given her password, asked before her second step as well.
definer("organisations.own_way(secret bytea) RETURNS text", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT o.name FROM people.session s JOIN people.company_link l ON l.person_id = s.person_id
  JOIN organisations.organisation o ON o.id = l.organisation_id
  WHERE s.token_hash = sha256(secret) AND s.organisation_id IS DISTINCT FROM l.organisation_id
    AND organisations.requires_entrance(l.organisation_id) AND organisations.acts_only_for(s.person_id, l.organisation_id)
  ORDER BY o.name LIMIT 1
$f$""")

definer("organisations.entrance_secret(organisation uuid) RETURNS bytea", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT x.sealed FROM organisations.entrance_secret x WHERE x.organisation_id = organisation
$f$""")

# Links the signed-in account, checked against the sealed viewer: nobody links another one's. Or the account that this
# browser's session has just made, whose second step is still to be set up: it could link itself after that as well.
definer("people.link_company(organisation uuid, derived bytea, today date, secret bytea) RETURNS text", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE who uuid := CASE WHEN viewer.sealed() THEN nullif(current_setting('polyphony.person', true), '')::uuid END;
BEGIN
  who := coalesce(who, (SELECT s.person_id FROM people.session s WHERE s.token_hash = sha256(secret)
                        AND people.step_of(s) = 'enrol'));
  IF who IS NULL THEN RETURN 'sign_in'; END IF;
  IF NOT organisations.acts_only_for(who, organisation) THEN RETURN 'elsewhere'; END IF;
  IF EXISTS (SELECT 1 FROM people.company_link l WHERE l.person_id = who AND l.organisation_id = organisation) THEN
    RETURN 'linked';
  END IF;
  INSERT INTO people.company_link (id, person_id, organisation_id, verifier, day)
  VALUES (gen_random_uuid(), who, organisation, sha256(derived), today) ON CONFLICT (verifier) DO NOTHING;
  IF NOT FOUND THEN RETURN 'taken'; END IF;
  RETURN 'done';
END $f$""")

# Starts a session in the place of the one that this browser carried. It is a fresh proof only if she signed in anew at
# the provider: one where she was signed in already says nothing of who sits there now.
definer("people.enter_by_company(derived bytea, second boolean, anew boolean, token_hash bytea, before bytea) RETURNS text", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE l people.company_link; counts boolean;
BEGIN
  SELECT x.* INTO l FROM people.company_link x JOIN people.person p ON p.id = x.person_id
  WHERE x.verifier = sha256(derived) AND p.ended_on IS NULL;
  IF l.id IS NULL THEN RETURN 'unknown'; END IF;
  IF NOT people.company_holds(l.person_id, l.organisation_id) THEN RETURN 'elsewhere'; END IF;
  SELECT second AND e.is_second INTO counts FROM organisations.entrance e WHERE e.organisation_id = l.organisation_id;
  PERFORM people.mint(l.person_id, token_hash, counts);
  UPDATE people.session s SET organisation_id = l.organisation_id, second_by_company = counts,
    proven_at = CASE WHEN anew THEN s.proven_at END
  WHERE s.token_hash = enter_by_company.token_hash;
  DELETE FROM people.session s WHERE s.token_hash = sha256(before);
  RETURN 'done';
END $f$""")

"""Row security of accounts: each sees herself; sessions open only from their secret."""

from polyphony.kernel.policies import LOOKUP, allow, definer, one, protect, statements
from polyphony.kernel.viewer import card, fact, seats
from polyphony.people import access_factors as access_factors
from polyphony.people.models import Attempt, Credential, Erasure, Person, Phrase, PlatformRole, Reset, Session

FREE, SHORTEST_WAIT, LONGEST_WAIT = 5, 4, 60  # wrong passwords within an hour without waiting; seconds of waiting

protect(Person, app="SELECT, UPDATE",
        worker="SELECT, UPDATE (name, language, time_zone, mail_opt_in, ended_on)", lookup="SELECT, INSERT, UPDATE (ended_on)")
protect(Credential, app="SELECT, UPDATE", worker="SELECT, DELETE", lookup="SELECT, INSERT, UPDATE")
protect(PlatformRole, app="SELECT", worker="SELECT, DELETE")
protect(Session, app="SELECT, DELETE", worker="SELECT, INSERT, DELETE", lookup="SELECT, INSERT, UPDATE, DELETE")
protect(Reset, worker="SELECT, DELETE", lookup="SELECT, INSERT, UPDATE")
protect(Attempt, worker="SELECT, DELETE", lookup="SELECT, INSERT, UPDATE, DELETE")
protect(Phrase, app="SELECT", worker="SELECT, INSERT, DELETE", lookup="SELECT, INSERT, DELETE")
protect(Erasure, app="SELECT", worker="SELECT, INSERT, DELETE", lookup="SELECT, INSERT")

allow(Person, "SELECT", "self", f"id = {one('person')}")
allow(Person, "UPDATE", "self", f"id = {one('person')}")
allow(Credential, "SELECT", "self", f"person_id = {one('person')}")
allow(Credential, "UPDATE", "self", f"person_id = {one('person')}")
allow(PlatformRole, "SELECT", "self", f"person_id = {one('person')}")
allow(Session, "SELECT", "own", f"person_id = {one('person')} OR phrase_id = {one('phrase')}")
allow(Session, "DELETE", "own", f"person_id = {one('person')} OR phrase_id = {one('phrase')}")
allow(Phrase, "SELECT", "own", f"id = {one('phrase')}")
allow(Erasure, "SELECT", "own", f"person_id = {one('person')} OR phrase_id = {one('phrase')}")

fact("roles", "SELECT array_agg(role) FROM people.platform_role r JOIN people.person p ON p.id = r.person_id "
              "WHERE r.person_id = me AND p.ended_on IS NULL")
card("name", "SELECT p.name FROM people.person p WHERE p.id = me")
card("language", "SELECT coalesce((SELECT p.language FROM people.person p WHERE p.id = me), "
                 "(SELECT h.language FROM people.phrase h WHERE h.id = phrase))")
card("time_zone", "SELECT p.time_zone FROM people.person p WHERE p.id = me")
card("phrase_consultation", "SELECT h.consultation_id FROM people.phrase h WHERE h.id = phrase")
card("touch", "SELECT s.seen_at < now() - interval '1 minute' FROM people.session s "
              "WHERE s.token_hash = sha256(secret) AND (me IS NOT NULL OR phrase IS NOT NULL)")
card("step", "CASE WHEN me IS NULL AND phrase IS NULL AND secret IS NOT NULL THEN people.step(secret) END")
card("fresh", "SELECT people.is_fresh(s) FROM people.session s WHERE s.token_hash = sha256(secret) AND me IS NOT NULL")
seats("SELECT r.role FROM people.platform_role r WHERE r.person_id = who")

_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$"

definer("people.touch_session(secret bytea) RETURNS void", f"""
LANGUAGE sql VOLATILE {_HEAD}
  UPDATE people.session SET seen_at = date_trunc('minute', now()) WHERE token_hash = sha256(secret)
    AND EXISTS (SELECT FROM people.living_session(secret))
$f$""")

definer("people.salt_for(given bytea) RETURNS bytea", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT coalesce((SELECT c.salt FROM people.credential c WHERE c.address_hash = given),
                  substring(sha256(given || (SELECT k.secret FROM viewer.key k)) FROM 1 FOR 16))
$f$""")

# Counts an attempt before it is made, so that a hundred at once are not one; or says how many seconds to wait first.
# The waiting doubles and ends at a minute: whoever guesses gets slow, and the owner is never locked out.
definer("people.wait_at_most(given bytea, longest integer) RETURNS integer", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE wrong integer; last timestamptz; at timestamptz; wait numeric;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(encode(given, 'hex'), 0));
  at := clock_timestamp();
  SELECT coalesce(sum(a.count), 0), max(a.hour) INTO wrong, last FROM people.attempt a
  WHERE a.address_hash = given AND a.hour > at - interval '1 hour';
  IF wrong >= {FREE} THEN
    wait := extract(epoch FROM last - at) + least(longest, {SHORTEST_WAIT} * 2 ^ least(wrong - {FREE}, 10));
    IF wait > 0 THEN RETURN ceil(wait)::integer; END IF;
  END IF;
  INSERT INTO people.attempt VALUES (given, date_trunc('second', at), 1)
  ON CONFLICT (address_hash, hour) DO UPDATE SET count = people.attempt.count + 1;
  RETURN 0;
END $f$""", to=LOOKUP)

definer("people.wait_to_try(given bytea) RETURNS integer", f"""
LANGUAGE sql VOLATILE {_HEAD}
  SELECT people.wait_at_most(given, {LONGEST_WAIT})
$f$""")
statements += [f"DROP FUNCTION IF EXISTS people.{old}(bytea)" for old in ("attempts", "note_attempt")]

# How often the password was wrong within the hour; an address without an account is counted as any other.
definer("people.missed(given bytea) RETURNS bigint", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT coalesce(sum(a.count), 0)::bigint FROM people.attempt a
  WHERE a.address_hash = given AND a.hour > now() - interval '1 hour'
$f$""")

# Whoever knew the password made no wrong attempt.
definer("people.forget_attempts(given bytea, derived bytea) RETURNS void", f"""
LANGUAGE sql VOLATILE {_HEAD}
  DELETE FROM people.attempt a USING people.credential c
  WHERE a.address_hash = given AND c.address_hash = given AND c.verifier = sha256(derived)
$f$""")

# Starts a session (not yet whole for those who need a second factor) only for somebody who derived the key from the password: an id is never enough.
definer("people.start_session(given bytea, derived bytea, token_hash bytea) RETURNS boolean", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE found_id uuid;
BEGIN
  SELECT c.person_id INTO found_id FROM people.credential c JOIN people.person p ON p.id = c.person_id
  WHERE c.address_hash = given AND c.verifier = sha256(derived) AND p.ended_on IS NULL;
  IF found_id IS NULL THEN RETURN false; END IF;
  PERFORM people.mint(found_id, token_hash, false);
  RETURN true;
END $f$""")

# The same answer and the same work whether the address is known or not.
definer("people.ask_reset(given bytea, reset uuid, token_hash bytea) RETURNS void", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
BEGIN
  INSERT INTO people.reset (id, person_id, token_hash, expires_at, used)
  SELECT reset, c.person_id, token_hash, now() + interval '1 hour', false
  FROM people.credential c WHERE c.address_hash = given;
END $f$""")

# Answers by which hash the account is found, so that the new password opens it at once: who guesses shuts no mailed link.
definer("people.take_reset(token bytea, new_salt bytea, derived bytea) RETURNS bytea", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE who uuid;
BEGIN
  UPDATE people.reset SET used = true WHERE token_hash = sha256(token) AND NOT used AND expires_at > now()
  RETURNING person_id INTO who;
  IF who IS NULL THEN RETURN NULL; END IF;
  UPDATE people.credential SET salt = new_salt, verifier = sha256(derived) WHERE person_id = who;
  DELETE FROM people.session WHERE person_id = who;
  DELETE FROM people.attempt a USING people.credential c WHERE c.person_id = who
    AND a.address_hash IN (c.address_hash, sha256(convert_to('code|' || who, 'UTF8')));
  RETURN (SELECT c.address_hash FROM people.credential c WHERE c.person_id = who);
END $f$""")
statements.append("DROP FUNCTION IF EXISTS people.use_reset(bytea, bytea, bytea)")

definer("people.reset_is_good(token bytea) RETURNS boolean", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT EXISTS (SELECT 1 FROM people.reset WHERE token_hash = sha256(token) AND NOT used AND expires_at > now())
$f$""")

# Keeping the same phrase twice (a dropped answer, sent again) finds the same row.
definer("people.keep_phrase(derived bytea, consultation uuid, lang text, today date) RETURNS void", f"""
LANGUAGE sql VOLATILE {_HEAD}
  INSERT INTO people.phrase (id, verifier, consultation_id, language, day)
  VALUES (gen_random_uuid(), sha256(derived), consultation, lang, today) ON CONFLICT (verifier) DO NOTHING
$f$""")

definer("people.come_back(derived bytea, token_hash bytea) RETURNS boolean", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE found_id uuid;
BEGIN
  SELECT h.id INTO found_id FROM people.phrase h WHERE h.verifier = sha256(derived)
    AND NOT EXISTS (SELECT 1 FROM people.erasure e WHERE e.phrase_id = h.id);
  IF found_id IS NULL THEN RETURN false; END IF;
  INSERT INTO people.session (id, token_hash, phrase_id, began_at, seen_at)
  VALUES (gen_random_uuid(), token_hash, found_id, date_trunc('minute', now()), date_trunc('minute', now()));
  RETURN true;
END $f$""")

definer("people.end_session(secret bytea) RETURNS void", f"""
LANGUAGE sql VOLATILE {_HEAD}
  DELETE FROM people.session WHERE token_hash = sha256(secret)
$f$""")

# Told to stewards alone, before one of them goes: two are needed to admit anybody.
definer("people.other_stewards() RETURNS bigint", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT count(*) FROM people.platform_role r JOIN people.person p ON p.id = r.person_id
  WHERE viewer.sealed() AND 'steward' = ANY (nullif(current_setting('polyphony.roles', true), '')::text[])
    AND r.role = 'steward' AND p.ended_on IS NULL AND r.person_id::text <> current_setting('polyphony.person', true)
$f$""")

# Who asks to be erased cannot come back from this moment on; the sealed viewer can only mean herself. Twice is once.
definer("people.ask_erasure(today date) RETURNS void", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE me uuid := nullif(current_setting('polyphony.person', true), '')::uuid;
        mine uuid := nullif(current_setting('polyphony.phrase', true), '')::uuid;
BEGIN
  IF NOT viewer.sealed() OR num_nonnulls(me, mine) <> 1 THEN RETURN; END IF;
  INSERT INTO people.erasure (id, person_id, phrase_id, asked_on) VALUES (gen_random_uuid(), me, mine, today)
  ON CONFLICT DO NOTHING;
  UPDATE people.person SET ended_on = today WHERE id = me AND ended_on IS NULL;
  DELETE FROM people.session s WHERE s.person_id = me OR s.phrase_id = mine;
END $f$""")

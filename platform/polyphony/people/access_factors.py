"""Second factors in the database: which step a session stands at, how it passes it, and who needs one.

A session is whole only when its person needs no second factor or has given one: asked anew at each request, from her
seats and factors as they are then. What is not whole opens no viewer, so it holds no facts. Nobody passes a step by an
id: each function wants the session's secret and a factor's proof, which only the key outside the database can make.
"""

from polyphony.kernel.policies import LOOKUP, allow, definer, one, protect, statements
from polyphony.people.models import Challenge, Factor, Recovery

LONGEST = "14 days"
UNFINISHED = "30 minutes"  # how long somebody may take for the second step
FRESH = "10 minutes"  # how long a proof serves for what asks for a fresh one
PHRASE_IDLE, PERSON_IDLE = 30, 480  # minutes
LONGEST_WAIT = 600  # seconds between wrong codes: six digits are few
# Seats (LIKE patterns of `kind:role:id`) that ask for a second factor, and after how many idle minutes they sign out.
STRICT = {"%:keyholder:%": 30, "fund:%": 60, "operator:%": 60, "steward": 60, "auditor": 60, "facilitation:%": 120,
          "company:%": 120}

protect(Factor, app="SELECT", worker="SELECT, DELETE", lookup="SELECT, INSERT, UPDATE, DELETE")
protect(Recovery, app="SELECT", worker="SELECT, DELETE", lookup="SELECT, INSERT, DELETE")
protect(Challenge, worker="SELECT, DELETE", lookup="SELECT, INSERT, DELETE")
allow(Factor, "SELECT", "self", f"person_id = {one('person')}")
allow(Recovery, "SELECT", "self", f"person_id = {one('person')}")

_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$"
_MINUTE = "date_trunc('minute', now())"
_LIKE = " OR ".join(f"seat LIKE '{pattern}'" for pattern in STRICT)
_IDLE = " ".join(f"WHEN seat LIKE '{pattern}' THEN {minutes}" for pattern, minutes in STRICT.items())

definer("people.seal_of(seats text[]) RETURNS bytea", f"""
LANGUAGE sql IMMUTABLE {_HEAD}
  SELECT sha256(convert_to(array_to_string(seats, '|'), 'UTF8'))
$f$""", to=LOOKUP)

# 'in' when the session is whole, 'code' or 'enrol' when the second step is open, nothing when it has ended.
definer("people.step_of(s people.session) RETURNS text", f"""
LANGUAGE plpgsql STABLE {_HEAD}
DECLARE held text[]; idle integer; has boolean;
BEGIN
  IF s.began_at <= now() - interval '{LONGEST}' THEN RETURN NULL; END IF;
  IF s.phrase_id IS NOT NULL THEN
    RETURN CASE WHEN s.seen_at > now() - interval '{PHRASE_IDLE} minutes' THEN 'in' END;
  END IF;
  held := viewer.seats(s.person_id);
  IF s.seats IS DISTINCT FROM people.seal_of(held)
     OR NOT EXISTS (SELECT FROM people.person p WHERE p.id = s.person_id AND p.ended_on IS NULL) THEN RETURN NULL; END IF;
  IF s.organisation_id IS NOT NULL AND NOT people.company_holds(s.person_id, s.organisation_id) THEN RETURN NULL; END IF;
  idle := (SELECT min(CASE {_IDLE} ELSE {PERSON_IDLE} END) FROM unnest(held) seat);
  IF s.seen_at <= now() - make_interval(mins => coalesce(idle, {PERSON_IDLE})) THEN RETURN NULL; END IF;
  IF s.factored THEN RETURN 'in'; END IF;
  has := EXISTS (SELECT FROM people.factor f WHERE f.person_id = s.person_id);
  IF NOT has AND NOT EXISTS (SELECT FROM unnest(held) seat WHERE {_LIKE}) THEN RETURN 'in'; END IF;
  IF s.began_at <= now() - interval '{UNFINISHED}' THEN RETURN NULL; END IF;
  RETURN CASE WHEN has THEN 'code' ELSE 'enrol' END;
END $f$""", to=LOOKUP)

definer("people.living_session(secret bytea) RETURNS TABLE (person_id uuid, phrase_id uuid)", f"""
LANGUAGE plpgsql STABLE {_HEAD}
DECLARE s people.session;
BEGIN
  SELECT * INTO s FROM people.session x WHERE x.token_hash = sha256(secret);
  IF s.id IS NOT NULL AND people.step_of(s) = 'in' THEN RETURN QUERY SELECT s.person_id, s.phrase_id; END IF;
END $f$""", to=LOOKUP)

# Which step this browser stands at, and whether its last proof is fresh: told to Python on each page.
definer("people.step(secret bytea) RETURNS text", f"""
LANGUAGE plpgsql STABLE {_HEAD}
DECLARE s people.session;
BEGIN
  SELECT * INTO s FROM people.session x WHERE x.token_hash = sha256(secret) AND x.person_id IS NOT NULL;
  RETURN CASE WHEN s.id IS NOT NULL THEN people.step_of(s) END;
END $f$""")

definer("people.is_fresh(s people.session) RETURNS boolean", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT coalesce(s.proven_at > now() - interval '{FRESH}', false)
$f$""", to=LOOKUP)

# The one place where a session of an account is made: by a proof that the caller has checked, and with her seats.
definer("people.mint(who uuid, token_hash bytea, factored boolean) RETURNS void", f"""
LANGUAGE sql VOLATILE {_HEAD}
  INSERT INTO people.session (id, token_hash, person_id, began_at, seen_at, factored, proven_at, seats)
  VALUES (gen_random_uuid(), token_hash, who, {_MINUTE}, {_MINUTE}, factored, {_MINUTE}, people.seal_of(viewer.seats(who)))
$f$""", to=LOOKUP)

# A code or signature that Python found right, with the proof that it was Python: taken once, since the mark only grows.
# Without a factor's id the proof is the keyed hash of a recovery code, which is used up.
definer("people.take_factor(who uuid, factor uuid, proof bytea, new_mark bigint) RETURNS boolean", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
BEGIN
  IF factor IS NULL THEN
    DELETE FROM people.recovery r WHERE r.hash = sha256(proof) AND r.person_id = who;
  ELSE
    UPDATE people.factor f SET mark = new_mark WHERE f.id = factor AND f.person_id = who AND f.verifier = sha256(proof)
      AND (new_mark > f.mark OR (f.kind = 'passkey' AND new_mark = 0 AND f.mark = 0));
  END IF;
  RETURN FOUND;
END $f$""", to=LOOKUP)

# The session goes on under a new secret: what was carried before the step opens nothing after it.
definer("people.pass_step(secret bytea, factor uuid, proof bytea, mark bigint, fresh bytea) RETURNS boolean", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE s people.session;
BEGIN
  SELECT * INTO s FROM people.session x WHERE x.token_hash = sha256(secret) FOR UPDATE;
  IF s.id IS NULL OR people.step_of(s) IS DISTINCT FROM 'code' OR NOT people.take_factor(s.person_id, factor, proof, mark)
  THEN RETURN false; END IF;
  UPDATE people.session x SET factored = true, proven_at = {_MINUTE}, seen_at = {_MINUTE}, token_hash = fresh WHERE x.id = s.id;
  RETURN true;
END $f$""")

# Proving herself again: her password and, if she has one, a second factor; or a passkey alone, which asks for her
# finger or PIN itself (`derived` is then nothing).
definer("people.prove(secret bytea, derived bytea, factor uuid, proof bytea, mark bigint, fresh bytea) RETURNS boolean", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE s people.session; by_key boolean;
BEGIN
  SELECT * INTO s FROM people.session x WHERE x.token_hash = sha256(secret) AND x.person_id IS NOT NULL FOR UPDATE;
  IF s.id IS NULL OR people.step_of(s) IS DISTINCT FROM 'in' THEN RETURN false; END IF;
  by_key := derived IS NULL AND EXISTS (SELECT FROM people.factor f WHERE f.id = factor AND f.kind = 'passkey');
  IF NOT by_key AND NOT EXISTS (SELECT FROM people.credential c WHERE c.person_id = s.person_id
     AND c.verifier = sha256(derived)) THEN RETURN false; END IF;
  IF (by_key OR EXISTS (SELECT FROM people.factor f WHERE f.person_id = s.person_id))
     AND NOT people.take_factor(s.person_id, factor, proof, mark) THEN RETURN false; END IF;
  UPDATE people.session x SET proven_at = {_MINUTE}, seen_at = {_MINUTE}, token_hash = fresh WHERE x.id = s.id;
  RETURN true;
END $f$""")

# A passkey with her finger or PIN is two factors in one: it signs her in alone.
definer("people.start_with_passkey(factor uuid, proof bytea, mark bigint, token_hash bytea) RETURNS boolean", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE who uuid;
BEGIN
  SELECT f.person_id INTO who FROM people.factor f JOIN people.person p ON p.id = f.person_id
  WHERE f.id = factor AND f.kind = 'passkey' AND p.ended_on IS NULL;
  IF who IS NULL OR NOT people.take_factor(who, factor, proof, mark) THEN RETURN false; END IF;
  PERFORM people.mint(who, token_hash, true);
  RETURN true;
END $f$""")

# What Python needs to check a code: hers alone, by the secret of her session.
definer("people.factors_behind(secret bytea) RETURNS TABLE (id uuid, person_id uuid, called text, kind text, "
        "sealed bytea, credential bytea, public_key bytea, mark bigint)", f"""
LANGUAGE plpgsql STABLE {_HEAD}
#variable_conflict use_column
DECLARE s people.session;
BEGIN
  SELECT * INTO s FROM people.session x WHERE x.token_hash = sha256(secret) AND x.person_id IS NOT NULL;
  IF s.id IS NULL OR people.step_of(s) IS NULL THEN RETURN; END IF;
  RETURN QUERY SELECT f.id, p.id, p.name, f.kind, f.sealed, f.credential, f.public_key, f.mark
  FROM people.person p LEFT JOIN people.factor f ON f.person_id = p.id WHERE p.id = s.person_id;
END $f$""")

definer("people.passkey_behind(given bytea) RETURNS TABLE (id uuid, person_id uuid, public_key bytea, mark bigint)", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT f.id, f.person_id, f.public_key, f.mark FROM people.factor f WHERE f.credential = given AND f.kind = 'passkey'
$f$""")

# At the enrolment step, or after a fresh proof. Every other session of the account ends.
definer("people.add_factor(secret bytea, factor uuid, kind text, label text, sealed bytea, proof bytea, credential bytea, "
        "public_key bytea, mark bigint, fresh bytea) RETURNS boolean", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE s people.session; step text;
BEGIN
  SELECT * INTO s FROM people.session x WHERE x.token_hash = sha256(secret) AND x.person_id IS NOT NULL FOR UPDATE;
  step := CASE WHEN s.id IS NOT NULL THEN people.step_of(s) END;
  IF step IS NULL OR step = 'code' OR (step = 'in' AND NOT people.is_fresh(s)) THEN RETURN false; END IF;
  IF (SELECT count(*) FROM people.factor f WHERE f.person_id = s.person_id) >= 20 THEN RETURN false; END IF;
  INSERT INTO people.factor VALUES (factor, s.person_id, kind, label, sealed, sha256(proof), credential, public_key, mark,
                                    current_date);
  DELETE FROM people.session x WHERE x.person_id = s.person_id AND x.id <> s.id;
  UPDATE people.session x SET factored = true, proven_at = {_MINUTE}, seen_at = {_MINUTE}, token_hash = fresh WHERE x.id = s.id;
  RETURN true;
END $f$""")

# Says 'done', 'needed' (the last one of somebody whose seats ask for one) or 'no'.
definer("people.drop_factor(secret bytea, factor uuid) RETURNS text", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE s people.session; others boolean;
BEGIN
  SELECT * INTO s FROM people.session x WHERE x.token_hash = sha256(secret) AND x.person_id IS NOT NULL FOR UPDATE;
  IF s.id IS NULL OR people.step_of(s) IS DISTINCT FROM 'in' OR NOT people.is_fresh(s) THEN RETURN 'no'; END IF;
  PERFORM FROM people.factor f WHERE f.person_id = s.person_id FOR UPDATE;
  others := EXISTS (SELECT FROM people.factor f WHERE f.person_id = s.person_id AND f.id <> factor);
  IF NOT others AND EXISTS (SELECT FROM unnest(viewer.seats(s.person_id)) seat WHERE {_LIKE}) THEN RETURN 'needed'; END IF;
  DELETE FROM people.factor f WHERE f.id = factor AND f.person_id = s.person_id;
  IF NOT FOUND THEN RETURN 'no'; END IF;
  IF NOT others THEN DELETE FROM people.recovery r WHERE r.person_id = s.person_id; END IF;
  DELETE FROM people.session x WHERE x.person_id = s.person_id AND x.id <> s.id;
  RETURN 'done';
END $f$""")

# A new set of recovery codes replaces the old one.
definer("people.put_recovery(secret bytea, hashes bytea[]) RETURNS boolean", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE s people.session;
BEGIN
  SELECT * INTO s FROM people.session x WHERE x.token_hash = sha256(secret) AND x.person_id IS NOT NULL FOR UPDATE;
  IF s.id IS NULL OR people.step_of(s) IS DISTINCT FROM 'in' OR NOT people.is_fresh(s) OR NOT s.factored
     OR cardinality(hashes) > 10 THEN RETURN false; END IF;
  DELETE FROM people.recovery r WHERE r.person_id = s.person_id;
  INSERT INTO people.recovery (hash, person_id) SELECT sha256(h), s.person_id FROM unnest(hashes) h;
  RETURN true;
END $f$""")

definer("people.put_challenge(given bytea) RETURNS void", f"""
LANGUAGE sql VOLATILE {_HEAD}
  INSERT INTO people.challenge (hash, at) VALUES (sha256(given), now())
$f$""")

definer("people.take_challenge(given bytea) RETURNS boolean", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
BEGIN
  DELETE FROM people.challenge c WHERE c.hash = sha256(given) AND c.at > now() - interval '5 minutes';
  RETURN FOUND;
END $f$""")

# Codes are counted apart from passwords: who does not know the password cannot make the owner wait for her code.
definer("people.code_counter(secret bytea) RETURNS bytea", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT sha256(convert_to('code|' || s.person_id, 'UTF8')) FROM people.session s WHERE s.token_hash = sha256(secret)
$f$""", to=LOOKUP)

definer("people.wait_for_code(secret bytea) RETURNS integer", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE counter bytea := people.code_counter(secret);
BEGIN
  RETURN CASE WHEN counter IS NULL THEN 0 ELSE people.wait_at_most(counter, {LONGEST_WAIT}) END;
END $f$""")

definer("people.forget_codes(secret bytea, factor uuid, proof bytea) RETURNS void", f"""
LANGUAGE sql VOLATILE {_HEAD}
  DELETE FROM people.attempt a WHERE a.address_hash = people.code_counter(secret) AND
    (EXISTS (SELECT FROM people.factor f WHERE f.id = factor AND f.verifier = sha256(proof)) OR
     EXISTS (SELECT FROM people.recovery r WHERE factor IS NULL AND r.hash = sha256(proof)))
$f$""")

# Her own sessions, by the secret of one of them; the times are kept to the minute.
definer("people.my_sessions(secret bytea) RETURNS TABLE (id uuid, began_at timestamptz, seen_at timestamptz, "
        "here boolean, waits boolean)", f"""
LANGUAGE plpgsql STABLE {_HEAD}
#variable_conflict use_column
DECLARE s people.session;
BEGIN
  SELECT * INTO s FROM people.session x WHERE x.token_hash = sha256(secret) AND x.person_id IS NOT NULL;
  IF s.id IS NULL OR people.step_of(s) IS DISTINCT FROM 'in' THEN RETURN; END IF;
  RETURN QUERY SELECT o.id, o.began_at, o.seen_at, o.id = s.id, o.step <> 'in'
  FROM (SELECT x.id, x.began_at, x.seen_at, people.step_of(x) AS step FROM people.session x
        WHERE x.person_id = s.person_id) o
  WHERE o.step IS NOT NULL ORDER BY o.id = s.id DESC, o.seen_at DESC, o.id LIMIT 100;
END $f$""")

# The same session under a new secret: whoever copied what this browser carried until now opens nothing with it.
definer("people.renew_secret(secret bytea, fresh bytea) RETURNS boolean", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
BEGIN
  UPDATE people.session s SET token_hash = fresh
  WHERE s.token_hash = sha256(secret) AND s.person_id IS NOT NULL AND people.step_of(s) IS NOT NULL;
  RETURN FOUND;
END $f$""")

# A change of seats ends every session: they were made for others. The one in which somebody changes her own stays,
# under a new secret. Says whether it has got one.
definer("people.keep_session(secret bytea, fresh bytea) RETURNS boolean", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE renewed boolean;
BEGIN
  UPDATE people.session s SET seats = people.seal_of(viewer.seats(s.person_id)), token_hash =
    CASE WHEN s.seats IS DISTINCT FROM people.seal_of(viewer.seats(s.person_id)) THEN fresh ELSE s.token_hash END
  WHERE s.token_hash = sha256(secret) AND viewer.sealed()
    AND s.person_id = nullif(current_setting('polyphony.person', true), '')::uuid
  RETURNING s.token_hash = fresh INTO renewed;
  RETURN renewed;
END $f$""")
statements.append("DROP FUNCTION IF EXISTS people.keep_session(bytea)")

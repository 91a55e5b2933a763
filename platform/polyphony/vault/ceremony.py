"""The ceremony in the database: the only ways into the vault's tables, each checking everything itself.

The functions belong to a role that nobody signs in as. They believe the sealed viewer and nothing else; an answer is
one word, so that the program can say why. Time is the database's, or the program's where that is later: a clock set
back opens nothing.
"""

from polyphony.kernel.policies import APP, VAULT, WORKER, definer

MINUTES_TO_COPY = 15  # how long what was read stays on the page: a slow line loses nothing
_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$"
ME = "nullif(current_setting('polyphony.person', true), '')::uuid"


def _has(fact: str, value: str) -> str:
    """Whether a value is among the viewer's ids of one kind; false where she has none."""
    return f"coalesce({value} = ANY (nullif(current_setting('polyphony.{fact}', true), '')::uuid[]), false)"


def _function(signature: str, body: str, *, to: str = APP, language: str = "plpgsql VOLATILE") -> None:
    definer(signature, f"\nLANGUAGE {language} {_HEAD}\n{body}\n$f$", to=to, owner=VAULT)


_IN_ROOM = (f"(({_has('facilitated', 'o.consultation_id')} AND {_has('facilitating', 'o.organisation_id')}) OR "
            f"({_has('kept', 'o.consultation_id')} AND {_has('keyholding', 'o.organisation_id')}))")
_ALIVE = ("o.until > greatest(now(), moment) AND NOT EXISTS (SELECT 1 FROM vault.reading r WHERE r.opening_id = o.id) AND "
          "(o.kind = 'reshare' OR EXISTS (SELECT 1 FROM vault.box b WHERE b.id = o.box_id AND b.circle_id = o.circle_id))")
_ENOUGH = ("(SELECT count(DISTINCT w.organisation_id) FROM vault.word w WHERE w.opening_id = o.id AND w.says = 'released' "
           "AND w.organisation_id <> o.organisation_id) >= (SELECT c.needs FROM vault.circle c WHERE c.id = o.circle_id)")
_TAKEN = (f"viewer.sealed() AND o.person_id = {ME} AND greatest(now(), moment) < CASE o.kind WHEN 'open' THEN "
          f"r.at + interval '{MINUTES_TO_COPY} minutes' ELSE o.until END")


# Keyholders, boxes, openings, shares, chores: in the order in which they are needed.
_function("vault.enrol(holder uuid, organisation uuid, public bytea, told text, today date) RETURNS text", f"""
BEGIN
  IF NOT viewer.sealed() OR NOT {_has('keyholding', 'organisation')} THEN RETURN 'not_yours'; END IF;
  IF EXISTS (SELECT 1 FROM vault.keyholder k WHERE k.key = public) THEN RETURN 'key_used'; END IF;
  UPDATE vault.keyholder k SET ended_on = today FROM vault.holder h WHERE h.keyholder_id = k.id AND h.person_id = {ME}
    AND k.organisation_id = organisation AND k.ended_on IS NULL;
  INSERT INTO vault.keyholder (id, organisation_id, key, enrolled_on) VALUES (holder, organisation, public, today);
  INSERT INTO vault.holder (keyholder_id, person_id, text) VALUES (holder, {ME}, told);
  RETURN 'done';
END""")
_function("vault.lay_down(holder uuid, today date) RETURNS text", f"""
BEGIN
  IF NOT viewer.sealed() OR NOT EXISTS (SELECT 1 FROM vault.holder h WHERE h.keyholder_id = holder
    AND h.person_id = {ME}) THEN RETURN 'not_yours'; END IF;
  UPDATE vault.keyholder SET ended_on = today WHERE id = holder AND ended_on IS NULL;
  RETURN 'done';
END""")
_function("vault.form(circle uuid, consultation uuid, needed integer, holders uuid[], today date) RETURNS text", f"""
DECLARE present uuid; becomes text := 'living';
BEGIN
  IF NOT viewer.sealed() OR NOT {_has('facilitated', 'consultation')} THEN RETURN 'not_yours'; END IF;
  IF (SELECT least(count(DISTINCT k.organisation_id), count(DISTINCT h.person_id)) FROM vault.keyholder k JOIN vault.holder h
    ON h.keyholder_id = k.id WHERE k.id = ANY (holders) AND k.ended_on IS NULL) <> cardinality(holders)
    THEN RETURN 'not_apart'; END IF;
  IF needed < 2 OR needed >= cardinality(holders) THEN RETURN 'threshold'; END IF;
  IF EXISTS (SELECT 1 FROM vault.circle c WHERE c.consultation_id = consultation AND c.state = 'coming')
     THEN RETURN 'unfinished'; END IF;
  SELECT c.id INTO present FROM vault.circle c WHERE c.consultation_id = consultation AND c.state = 'living';
  IF EXISTS (SELECT 1 FROM vault.box b WHERE b.circle_id = present) THEN becomes := 'coming';
  ELSE UPDATE vault.circle SET state = 'ended' WHERE id = present; END IF;
  INSERT INTO vault.circle (id, consultation_id, needs, state, made_on) VALUES (circle, consultation, needed, becomes, today);
  INSERT INTO vault.seat (circle_id, number, keyholder_id, organisation_id) SELECT circle, row_number() OVER
    (ORDER BY k.id) - 1, k.id, k.organisation_id FROM vault.keyholder k WHERE k.id = ANY (holders);
  RETURN becomes;
END""")
_function("vault.leave(box uuid, circle uuid, written text, today date, place integer, mine bytea, schema_no integer, "
          "agreed uuid, agreed_version integer, tongue text, ciphertext bytea, shares bytea[]) RETURNS text", f"""
DECLARE c vault.circle;
BEGIN
  SELECT * INTO c FROM vault.circle x WHERE x.id = circle AND x.state <> 'ended';
  IF NOT viewer.sealed() OR c.id IS NULL OR NOT {_has('participating', 'c.consultation_id')} THEN RETURN 'not_yours'; END IF;
  IF cardinality(shares) <> (SELECT count(*) FROM vault.seat s WHERE s.circle_id = circle) OR c.state = 'living' AND EXISTS
    (SELECT 1 FROM vault.circle x WHERE x.consultation_id = c.consultation_id AND x.state = 'coming') THEN RETURN 'changed'; END IF;
  IF EXISTS (SELECT 1 FROM vault.sealed s WHERE s.tag = mine) THEN RETURN 'there'; END IF;
  INSERT INTO vault.box VALUES (c.consultation_id, circle, written, today, place, box);
  INSERT INTO vault.sealed (box_id, tag, schema_version, consent, consent_version, lang, ciphertext)
  VALUES (box, mine, schema_no, agreed, agreed_version, tongue, ciphertext);
  INSERT INTO vault.share (box_id, number, sealed) SELECT box, u.n - 1, u.s FROM unnest(shares) WITH ORDINALITY u(s, n);
  RETURN 'done';
END""".replace("vault.box VALUES", "vault.box (consultation_id, circle_id, outside, day, shuffle, id) VALUES"))
# Whoever knows the keyed hash is its owner: nobody can guess 256 bits, and it stands nowhere she could read it.
_function("vault.mine(tags bytea[]) RETURNS TABLE (box_id uuid, consultation_id uuid, circle_id uuid, outside text, "
          "day date, lang text, consent_version integer)", """
  SELECT b.id, b.consultation_id, b.circle_id, b.outside, b.day, s.lang, s.consent_version
  FROM vault.sealed s JOIN vault.box b ON b.id = s.box_id WHERE s.tag = ANY (tags)""", language="sql STABLE")
_function("vault.told(tags bytea[], today date) RETURNS TABLE (opening_id uuid, consultation_id uuid, day date, "
          "who text, reason text)", """
  SELECT o.id, o.consultation_id, (r.at AT TIME ZONE 'UTC')::date, o.who, o.reason FROM vault.telling t JOIN vault.opening o
  ON o.id = t.opening_id JOIN vault.reading r ON r.opening_id = o.id
  WHERE t.tag = ANY (tags) AND t.day <= greatest(current_date, today) ORDER BY r.at DESC, o.id""", language="sql STABLE")
_function("vault.withdraw(mine bytea) RETURNS text", """
DECLARE gone uuid;
BEGIN
  SELECT s.box_id INTO gone FROM vault.sealed s WHERE s.tag = mine;
  IF gone IS NULL THEN RETURN 'gone'; END IF;
  DELETE FROM vault.release e USING vault.opening o WHERE o.id = e.opening_id AND o.box_id = gone;
  DELETE FROM vault.share WHERE box_id = gone;
  DELETE FROM vault.sealed WHERE box_id = gone;
  DELETE FROM vault.box WHERE id = gone;
  RETURN 'done';
END""")
_function("vault.ask(opening uuid, about text, circle uuid, box uuid, coming uuid, organisation uuid, asker text, "
          "public bytea, why text, safety text, telling date, moment timestamptz, ends timestamptz) RETURNS text", f"""
DECLARE o vault.opening;
BEGIN
  SELECT c.consultation_id INTO o.consultation_id FROM vault.circle c WHERE c.id = circle AND c.state <> 'ended';
  o.id := opening; o.kind := about; o.circle_id := circle; o.box_id := box; o.organisation_id := organisation;
  o.until := ends;
  IF NOT viewer.sealed() OR o.consultation_id IS NULL OR NOT {_IN_ROOM} THEN RETURN 'not_yours'; END IF;
  IF about = 'reshare' AND NOT EXISTS (SELECT 1 FROM vault.circle c WHERE c.id = coming AND c.state = 'coming'
    AND c.consultation_id = o.consultation_id) OR NOT ({_ALIVE}) THEN RETURN 'gone'; END IF;
  IF EXISTS (SELECT 1 FROM vault.opening x WHERE x.key = public) OR EXISTS (SELECT 1 FROM vault.keyholder k
    WHERE k.key = public) THEN RETURN 'key_used'; END IF;
  INSERT INTO vault.opening (id, kind, consultation_id, circle_id, box_id, new_circle_id, organisation_id, person_id, who,
    key, reason, safety_reason, tell_on, made_at, until) VALUES (opening, about, o.consultation_id, circle, box, coming,
    organisation, {ME}, asker, public, why, safety, telling, moment, ends);
  RETURN 'done';
END""")
_function("vault.share_of(opening uuid, holder uuid, moment timestamptz) RETURNS TABLE (box_id uuid, sealed bytea)", f"""
  SELECT h.box_id, h.sealed FROM vault.opening o JOIN vault.seat s ON s.circle_id = o.circle_id
  JOIN vault.box b ON b.circle_id = o.circle_id AND (o.kind = 'reshare' OR b.id = o.box_id)
  JOIN vault.share h ON h.box_id = b.id AND h.number = s.number
  WHERE o.id = opening AND viewer.sealed() AND s.keyholder_id = holder AND {_has('keeping', 'holder')} AND {_ALIVE}
    AND s.organisation_id <> o.organisation_id
  ORDER BY h.box_id""", language="sql STABLE")
_function("vault.say(opening uuid, holder uuid, word text, reason text, given text, moment timestamptz) RETURNS text", f"""
DECLARE o vault.opening; theirs uuid;
BEGIN
  SELECT * INTO o FROM vault.opening x WHERE x.id = opening;
  SELECT s.organisation_id INTO theirs FROM vault.seat s WHERE s.circle_id = o.circle_id AND s.keyholder_id = holder;
  IF NOT viewer.sealed() OR theirs IS NULL OR NOT {_has('keeping', 'holder')} THEN RETURN 'not_yours'; END IF;
  IF NOT ({_ALIVE}) THEN RETURN 'gone'; END IF;
  IF theirs = o.organisation_id OR o.person_id = {ME} THEN RETURN 'own'; END IF;
  IF EXISTS (SELECT 1 FROM vault.word w JOIN vault.holder h ON h.keyholder_id = w.keyholder_id WHERE w.opening_id = opening
    AND (w.keyholder_id = holder OR h.person_id = {ME})) THEN RETURN 'twice'; END IF;
  INSERT INTO vault.word (opening_id, keyholder_id, organisation_id, says, words, at)
  VALUES (opening, holder, theirs, word, reason, greatest(now(), moment));
  IF word = 'released' THEN
    INSERT INTO vault.release (opening_id, keyholder_id, text) VALUES (opening, holder, given);
  END IF;
  RETURN CASE WHEN word = 'released' AND {_ENOUGH} THEN 'enough' ELSE 'done' END;
END""")
_function("vault.take(opening uuid, moment timestamptz) RETURNS text", f"""
DECLARE o vault.opening;
BEGIN
  SELECT * INTO o FROM vault.opening x WHERE x.id = opening;
  IF NOT viewer.sealed() OR o.id IS NULL OR o.person_id IS DISTINCT FROM {ME} OR NOT {_IN_ROOM} THEN RETURN 'not_yours'; END IF;
  IF EXISTS (SELECT 1 FROM vault.reading r WHERE r.opening_id = opening) THEN RETURN 'read'; END IF;
  IF NOT ({_ALIVE}) THEN RETURN 'gone'; END IF;
  IF NOT ({_ENOUGH}) THEN RETURN 'not_yet'; END IF;
  INSERT INTO vault.reading (opening_id, at) VALUES (opening, greatest(now(), moment));
  INSERT INTO vault.telling (opening_id, tag, day) SELECT opening, s.tag, o.tell_on FROM vault.sealed s
    WHERE s.box_id = o.box_id;
  RETURN 'done';
END""")
_function("vault.taken(opening uuid, moment timestamptz) RETURNS TABLE (box_id uuid, schema_version integer, consent uuid, "
          "ciphertext bytea)", f"""
  SELECT s.box_id, s.schema_version, s.consent, CASE o.kind WHEN 'open' THEN s.ciphertext END FROM vault.opening o
  JOIN vault.reading r ON r.opening_id = o.id JOIN vault.box b ON b.circle_id = o.circle_id
    AND (o.kind = 'reshare' OR b.id = o.box_id) JOIN vault.sealed s ON s.box_id = b.id
  WHERE o.id = opening AND {_TAKEN} ORDER BY s.box_id""", language="sql STABLE")
_function("vault.released_to(opening uuid, moment timestamptz) RETURNS TABLE (released text)", f"""
  SELECT e.text FROM vault.opening o JOIN vault.reading r ON r.opening_id = o.id JOIN vault.release e ON e.opening_id = o.id
  WHERE o.id = opening AND {_TAKEN} ORDER BY e.keyholder_id""", language="sql STABLE")
# New shares for a new circle: every box of the old one, each with a share for every seat; the ciphertext stays.
_function("vault.renew(opening uuid, boxes uuid[], numbers integer[], shares bytea[], moment timestamptz) RETURNS text", f"""
DECLARE o vault.opening; seats integer;
BEGIN
  SELECT x.* INTO o FROM vault.opening x WHERE x.id = opening AND x.kind = 'reshare';
  IF o.id IS NULL OR NOT EXISTS (SELECT 1 FROM vault.reading r WHERE r.opening_id = o.id AND {_TAKEN}) THEN RETURN 'gone'; END IF;
  SELECT count(*) INTO seats FROM vault.seat s WHERE s.circle_id = o.new_circle_id;
  IF EXISTS (SELECT 1 FROM vault.box b WHERE b.circle_id = o.circle_id AND seats <> (SELECT count(DISTINCT u.n)
    FROM unnest(boxes, numbers) u(b, n) WHERE u.b = b.id AND u.n BETWEEN 0 AND seats - 1)) THEN RETURN 'changed'; END IF;
  DELETE FROM vault.share h USING vault.box b WHERE b.id = h.box_id AND b.circle_id = o.circle_id;
  INSERT INTO vault.share (box_id, number, sealed) SELECT u.b, u.n, u.s FROM unnest(boxes, numbers, shares) u(b, n, s)
    JOIN vault.box b ON b.id = u.b AND b.circle_id = o.circle_id;
  UPDATE vault.box SET circle_id = o.new_circle_id WHERE circle_id = o.circle_id;
  UPDATE vault.circle SET state = 'ended' WHERE id = o.circle_id;
  UPDATE vault.circle SET state = 'living' WHERE id = o.new_circle_id;
  DELETE FROM vault.release WHERE opening_id = opening;
  RETURN 'done';
END""")

# Where nothing is left to hand over, the coming circle begins by itself: the one before it ends first, each once.
_function("vault.sweep() RETURNS bigint", f"""
DECLARE gone bigint;
BEGIN
  DELETE FROM vault.release e USING vault.opening o LEFT JOIN vault.reading r ON r.opening_id = o.id
    WHERE o.id = e.opening_id AND (o.until < now() OR o.kind = 'open' AND r.at < now() - interval '{MINUTES_TO_COPY} minutes');
  GET DIAGNOSTICS gone = ROW_COUNT;
  UPDATE vault.circle c SET state = 'ended' WHERE c.state = 'living' AND NOT EXISTS (SELECT 1 FROM vault.box b
    WHERE b.circle_id = c.id) AND EXISTS (SELECT 1 FROM vault.circle x WHERE x.consultation_id = c.consultation_id
    AND x.state = 'coming');
  UPDATE vault.circle c SET state = 'living' WHERE c.state = 'coming' AND NOT EXISTS (SELECT 1 FROM vault.circle x
    WHERE x.consultation_id = c.consultation_id AND x.state = 'living');
  RETURN gone;
END""", to=WORKER)
_function("vault.unseat(holders uuid[], today date) RETURNS void", """
  UPDATE vault.keyholder k SET ended_on = today WHERE k.id = ANY (holders) AND k.ended_on IS NULL""",
          to=WORKER, language="sql VOLATILE")
_COLUMNS = {"box": "id, consultation_id, circle_id, outside, day, shuffle",
            "sealed": "box_id, tag, schema_version, consent, consent_version, lang, ciphertext",
            "share": "box_id, number, sealed"}
_AGAIN = "\n".join(f"""
  WITH taken AS (DELETE FROM vault.{table} RETURNING {named})
  INSERT INTO vault.{table} ({named}) SELECT {named} FROM taken ORDER BY gen_random_uuid();
  GET DIAGNOSTICS one = ROW_COUNT;
  done := done + one;""" for table, named in _COLUMNS.items())
_function("vault.shuffle() RETURNS bigint", f"""
DECLARE one bigint; done bigint := 0;
BEGIN
  SET LOCAL lock_timeout = '400ms';
  LOCK TABLE vault.box, vault.sealed, vault.share IN SHARE ROW EXCLUSIVE MODE;{_AGAIN}
  RETURN done;
END""", to=WORKER)
# Erasing: by keyed hash in every consultation, or because the time has come; the key of a box is in its shares.
_function("vault.drop(gone uuid[]) RETURNS void", """
  DELETE FROM vault.release e USING vault.opening o WHERE o.id = e.opening_id AND o.box_id = ANY (gone);
  DELETE FROM vault.share WHERE box_id = ANY (gone);
  DELETE FROM vault.sealed WHERE box_id = ANY (gone);
  DELETE FROM vault.box WHERE id = ANY (gone)""", to=VAULT, language="sql VOLATILE")
_function("vault.forget(tags bytea[], who uuid) RETURNS void", """
BEGIN
  PERFORM vault.drop(ARRAY(SELECT s.box_id FROM vault.sealed s WHERE s.tag = ANY (tags)));
  DELETE FROM vault.telling t WHERE t.tag = ANY (tags);
  UPDATE vault.opening o SET who = '' WHERE o.person_id = forget.who;
  UPDATE vault.keyholder k SET ended_on = coalesce(k.ended_on, current_date) FROM vault.holder h
    WHERE h.keyholder_id = k.id AND h.person_id = forget.who;
  DELETE FROM vault.holder h WHERE h.person_id = forget.who;
END""", to=WORKER)
_function("vault.expire(consultations uuid[], most integer) RETURNS bigint", """
DECLARE gone uuid[] := ARRAY(SELECT b.id FROM vault.box b WHERE b.consultation_id = ANY (consultations) ORDER BY b.id LIMIT most);
BEGIN
  PERFORM vault.drop(gone);
  RETURN cardinality(gone);
END""", to=WORKER)
# What is told outlives its box: a delay may be longer than what was left.
_function("vault.end_tellings(before date, most integer) RETURNS bigint", """
DECLARE gone bigint;
BEGIN
  DELETE FROM vault.telling WHERE opening_id IN (SELECT t.opening_id FROM vault.telling t WHERE t.day < before
    AND NOT EXISTS (SELECT 1 FROM vault.sealed s WHERE s.tag = t.tag) ORDER BY t.opening_id LIMIT most);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END""", to=WORKER)

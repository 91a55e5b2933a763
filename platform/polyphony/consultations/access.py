"""Row security of consultations: drafts for those who make them, the rest for whom it was announced to."""

from polyphony.consultations.models import (
    Consultation,
    Convener,
    Facilitation,
    Invited,
    Link,
    Raise,
    Transition,
    Translator,
)
from polyphony.kernel.policies import allow, any_of, definer, ids, protect, statements
from polyphony.kernel.viewer import fact, had
from polyphony.languages.access import changeable, readable_with
from polyphony.organisations.models import Membership, MembershipEnd
from polyphony.people.models import Person

fact("convened", "SELECT array_agg(c.consultation_id) FROM consultations.convener c WHERE c.state IN "
                 f"('invited', 'accepted') AND c.company_id = ANY ({had('companies')})")
fact("led", "SELECT array_agg(c.consultation_id) FROM consultations.convener c WHERE c.state IN "
            f"('invited', 'accepted') AND c.company_id = ANY ({had('leading')})")
# A company that left goes on seeing what was announced with it; a draft that the others rewrite is no more its own.
fact("left", "SELECT array_agg(v.consultation_id) FROM consultations.convener v JOIN consultations.consultation c "
             f"ON c.id = v.consultation_id WHERE v.state = 'left' AND c.state <> 'draft' AND v.company_id = ANY ({had('companies')})")
fact("facilitated", "SELECT array_agg(c.id) FROM consultations.consultation c WHERE "
                    f"c.facilitator_id = ANY ({had('facilitating')})")
fact("participating", "SELECT array_agg(x.id) FROM (SELECT i.consultation_id AS id FROM consultations.invited i "
     f"JOIN consultations.consultation c ON c.id = i.consultation_id WHERE c.state <> 'draft' AND i.organisation_id = ANY ({had('stakeholders')}) "
     "UNION SELECT h.consultation_id FROM people.phrase h WHERE h.id = phrase) x")
fact("translating", "SELECT array_agg(t.consultation_id) FROM consultations.translator t WHERE t.person_id = me "
                    f"AND t.ended_on IS NULL AND t.organisation_id = ANY ({had('interpreting')})")
# Facilitation bodies that companies ask to take over from one that can no longer go on.
fact("called", "SELECT array_agg(f.consultation_id) FROM consultations.facilitation f WHERE f.says = 'asked' AND "
               f"f.organisation_id = ANY ({had('facilitating')}) AND NOT EXISTS (SELECT 1 FROM "
               "consultations.facilitation x WHERE x.consultation_id = f.consultation_id AND x.at > f.at AND "
               "(x.says = 'took_over' OR x.says = 'declined' AND x.organisation_id = f.organisation_id))")
fact("linked", "SELECT array_agg(l.consultation_id) FROM consultations.link l WHERE sha256(l.secret) = ANY (links)")

INSIDE = ("convened", "facilitated", "participating", "translating")  # those who take part now

protect(Consultation, app="SELECT, INSERT, UPDATE", worker="SELECT, UPDATE", lookup="SELECT, UPDATE")
protect(Link, app="SELECT, INSERT")
protect(Convener, app="SELECT, INSERT, UPDATE, DELETE", worker="SELECT")
protect(Facilitation, app="SELECT, INSERT", worker="SELECT", lookup="SELECT, INSERT")
protect(Invited, app="SELECT, INSERT, DELETE", worker="SELECT")
protect(Transition, app="SELECT, INSERT", worker="SELECT, INSERT")
protect(Raise, app="SELECT, INSERT", worker="SELECT")
protect(Translator, app="SELECT, INSERT, UPDATE", worker="SELECT, UPDATE")

allow(Consultation, "SELECT", "listed", "state <> 'draft' AND discovery = 'listed'", public=True)
allow(Consultation, "SELECT", "inside", any_of("id", *INSIDE, "left", "called"))
allow(Consultation, "SELECT", "by_link", f"state <> 'draft' AND discovery = 'link' AND {any_of('id', 'linked')}")
allow(Consultation, "INSERT", "lead", "", check=f"state = 'draft' AND cardinality({ids('leading')}) > 0")
allow(Consultation, "UPDATE", "lead", f"state = 'draft' AND {any_of('id', 'led')}")
allow(Consultation, "UPDATE", "facilitator", any_of("id", "facilitated"))

_SEEN = "consultation_id IN (SELECT c.id FROM consultations.consultation c)"
allow(Link, "SELECT", "inside", any_of("consultation_id", "convened", "facilitated"))
allow(Link, "INSERT", "lead", "", check=any_of("consultation_id", "led", "facilitated"))
allow(Convener, "SELECT", "of_seen", _SEEN + " AND state <> 'declined'", public=True)
allow(Convener, "SELECT", "inside", any_of("consultation_id", "convened", "facilitated"))
allow(Convener, "SELECT", "own", any_of("company_id", "companies"))
allow(Convener, "INSERT", "first", "", check=f"began AND state = 'accepted' AND {any_of('company_id', 'leading')} "
      "AND NOT consultations.is_begun(consultation_id)")  # else a lead could walk into any consultation
allow(Convener, "INSERT", "invite", "", check=f"NOT began AND state = 'invited' AND {any_of('consultation_id', 'led')}")
allow(Convener, "UPDATE", "own", any_of("company_id", "leading"))
allow(Convener, "UPDATE", "ask_anew", f"state IN ('declined', 'left') AND {any_of('consultation_id', 'led')} AND EXISTS (SELECT 1 "
      "FROM consultations.consultation c WHERE c.id = consultation_id AND c.state = 'draft')",
      check=f"state = 'invited' AND words = '' AND {any_of('consultation_id', 'led')}")
allow(Convener, "DELETE", "take_back", f"NOT began AND state = 'invited' AND {any_of('consultation_id', 'led')}")
allow(Facilitation, "SELECT", "inside", any_of("consultation_id", "convened", "facilitated", "called"))
allow(Facilitation, "SELECT", "own", any_of("organisation_id", "facilitating"))
allow(Facilitation, "INSERT", "company", "", check="says IN ('asked', 'agreed') AND "
      f"{any_of('consultation_id', 'led')} AND {any_of('company_id', 'leading')}")
allow(Facilitation, "INSERT", "body", "", check="says IN ('accepted', 'declined', 'stepped_back') AND "
      f"{any_of('consultation_id', 'facilitated', 'called')} AND {any_of('organisation_id', 'facilitating')}")
allow(Invited, "SELECT", "inside", any_of("consultation_id", *INSIDE))
allow(Invited, "INSERT", "facilitator", "", check=any_of("consultation_id", "facilitated"))
allow(Invited, "DELETE", "facilitator", any_of("consultation_id", "facilitated"))
allow(Transition, "SELECT", "of_seen", _SEEN, public=True)
allow(Transition, "INSERT", "facilitator", "", check=any_of("consultation_id", "facilitated"))
allow(Raise, "SELECT", "of_seen", _SEEN, public=True)
allow(Raise, "INSERT", "facilitator", "", check=any_of("consultation_id", "facilitated"))
allow(Translator, "SELECT", "inside", any_of("consultation_id", *INSIDE))
allow(Translator, "INSERT", "facilitator", "", check=any_of("consultation_id", "facilitated"))
allow(Translator, "UPDATE", "facilitator", any_of("consultation_id", "facilitated"))
# A facilitator may see who could translate: members with the translator role in invited organisations.
_OF_INVITED = ("SELECT i.organisation_id FROM consultations.invited i WHERE "
               f"{any_of('i.consultation_id', 'facilitated')}")
allow(Membership, "SELECT", "could_translate", f"role = 'translator' AND organisation_id IN ({_OF_INVITED})")
allow(MembershipEnd, "SELECT", "could_translate", "EXISTS (SELECT 1 FROM organisations.membership m WHERE "
      f"m.id = membership_id AND m.role = 'translator' AND m.organisation_id IN ({_OF_INVITED}))")
allow(Person, "SELECT", "could_translate", "id IN (SELECT m.person_id FROM organisations.membership m WHERE "
      f"m.role = 'translator' AND m.organisation_id IN ({_OF_INVITED}))")

# Whoever is accepted by nobody announces nothing; the promised date never moves; protection is never lowered.
statements += ["""
CREATE OR REPLACE FUNCTION consultations.promises_hold() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $f$
DECLARE levels text[] := ARRAY['standard', 'elevated', 'high'];
BEGIN
  IF OLD.state <> 'draft' AND NEW.promised_on IS DISTINCT FROM OLD.promised_on THEN
    RAISE EXCEPTION 'the promised date never moves' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'consultation_promise_stays';
  END IF;
  IF OLD.state NOT IN ('draft', 'announced') AND array_position(levels, NEW.protection) < array_position(levels, OLD.protection) THEN
    RAISE EXCEPTION 'nobody lowers protection once open' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'consultation_protection_stays';
  END IF;
  IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (('draft', 'announced'), ('announced', 'open'),
     ('open', 'answering'), ('answering', 'published'), ('published', 'closed')) THEN
    RAISE EXCEPTION 'no such step' USING ERRCODE = 'check_violation', CONSTRAINT = 'consultation_step';
  END IF;
  RETURN NEW;
END $f$""", """
CREATE OR REPLACE TRIGGER promises_hold BEFORE UPDATE ON consultations.consultation
FOR EACH ROW EXECUTE FUNCTION consultations.promises_hold()"""]

definer("consultations.accepts_phrases(consultation uuid) RETURNS boolean", """
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT EXISTS (SELECT 1 FROM consultations.consultation c WHERE c.id = consultation AND c.accountless
                 AND c.state = 'open' AND now() < c.closes_at)
$f$""", to="polyphony_lookup")

definer("consultations.is_begun(consultation uuid) RETURNS boolean", """
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT EXISTS (SELECT 1 FROM consultations.convener v WHERE v.consultation_id = consultation)
$f$""")

_GONE = """EXISTS (SELECT 1 FROM consultations.facilitation f WHERE f.consultation_id = c.id
    AND f.organisation_id = c.facilitator_id AND f.says = 'stepped_back' AND f.at::date >= c.facilitator_accepted_on)
  OR NOT EXISTS (SELECT 1 FROM organisations.membership m JOIN people.person p ON p.id = m.person_id
    WHERE m.organisation_id = c.facilitator_id AND m.role = 'facilitator' AND p.ended_on IS NULL
    AND NOT EXISTS (SELECT 1 FROM organisations.membership_end e WHERE e.membership_id = m.id))"""

definer("consultations.facilitator_gone(consultation uuid) RETURNS boolean", f"""
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT coalesce((SELECT {_GONE} FROM consultations.consultation c WHERE c.id = consultation
                   AND c.state NOT IN ('draft', 'closed')), false)
$f$""", to="polyphony_app, polyphony_worker")

# The new body takes over when nobody facilitates any more, it has accepted, and every company has agreed to it.
definer("consultations.take_over(consultation uuid, body uuid, at timestamptz) RETURNS boolean", """
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE asked timestamptz; asked_body uuid;
BEGIN
  IF NOT viewer.sealed() OR NOT coalesce(consultation = ANY (
      nullif(current_setting('polyphony.led', true), '')::uuid[] ||
      nullif(current_setting('polyphony.called', true), '')::uuid[]), false)
  THEN RETURN false; END IF;
  PERFORM 1 FROM consultations.consultation c WHERE c.id = consultation FOR UPDATE;
  SELECT f.at, f.organisation_id INTO asked, asked_body FROM consultations.facilitation f
  WHERE f.consultation_id = consultation AND f.says = 'asked' ORDER BY f.at DESC LIMIT 1;
  IF asked IS NULL OR asked_body <> body OR NOT consultations.facilitator_gone(consultation)
    OR NOT EXISTS (SELECT 1 FROM consultations.facilitation f WHERE f.consultation_id = consultation AND
                   f.organisation_id = body AND f.says = 'accepted' AND f.at >= asked)
    OR EXISTS (SELECT 1 FROM consultations.facilitation f WHERE f.consultation_id = consultation AND
               f.organisation_id = body AND f.says IN ('declined', 'took_over') AND f.at >= asked)
    OR EXISTS (SELECT 1 FROM consultations.convener v WHERE v.consultation_id = consultation AND v.state = 'accepted'
               AND NOT EXISTS (SELECT 1 FROM consultations.facilitation f WHERE f.consultation_id = consultation AND
                 f.organisation_id = body AND f.company_id = v.company_id AND f.says IN ('asked', 'agreed')
                 AND f.at >= asked))
  THEN RETURN false; END IF;
  UPDATE consultations.consultation c SET facilitator_id = body, facilitator_accepted_on = at::date
  WHERE c.id = consultation;
  INSERT INTO consultations.facilitation (id, consultation_id, organisation_id, says, at, words, lang)
  VALUES (gen_random_uuid(), consultation, body, 'took_over', at, '', 'en');
  RETURN true;
END $f$""")

readable_with("consultation", "consultations.consultation")
changeable("consultation", any_of("consultation_id", "convened", "facilitated", "translating"))
readable_with("words", "consultations.transition")
readable_with("words", "consultations.raise", name="raise_words")
readable_with("words", "consultations.convener", key="words_id", name="convener_words")
readable_with("words", "consultations.facilitation", name="facilitation_words")
changeable("words", any_of("consultation_id", "facilitated", "translating"))

# A translator writes into the languages she was appointed for; into her own words an author writes any.
_HERE = "NEW.consultation_id = ANY (nullif(current_setting('polyphony.{}', true), '')::uuid[])"
statements += [f"""
CREATE OR REPLACE FUNCTION consultations.own_languages() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF {_HERE.format("translating")} AND NOT coalesce({_HERE.format("facilitated")}, false)
     AND NOT coalesce(NEW.subject_id = ANY (nullif(current_setting('polyphony.authored', true), '')::uuid[]), false)
     AND NOT EXISTS (SELECT 1 FROM consultations.translator t WHERE t.consultation_id = NEW.consultation_id
       AND t.person_id = nullif(current_setting('polyphony.person', true), '')::uuid AND t.ended_on IS NULL
       AND NEW.lang = ANY (t.languages))
  THEN RAISE EXCEPTION 'not a language of this translator' USING ERRCODE = 'insufficient_privilege'; END IF;
  RETURN NEW;
END $f$""", """
CREATE OR REPLACE TRIGGER own_languages BEFORE INSERT OR UPDATE ON languages.translation
FOR EACH ROW EXECUTE FUNCTION consultations.own_languages()"""]

"""Three hands on every payment, in the database too: three people, in order, none with a conflict of interest."""

from polyphony.fund.paying.models import MACHINE, Payment, PaymentStep
from polyphony.kernel.policies import allow, any_of, definer, holds, one, protect, statements

HANDS = {"prepared": "fund_treasury", "approved": "fund_approve", "released": "fund_release",
         "confirmed": "fund_treasury", "returned": "fund_treasury"}

protect(Payment, app="SELECT, INSERT", worker="SELECT", lookup="SELECT, UPDATE")
protect(PaymentStep, app="SELECT, INSERT", worker="SELECT")

_SEEN = 'grant_id IN (SELECT g.id FROM fund."grant" g)'
_HANDLING = ("fund_admin", "fund_treasury", "fund_approve", "fund_release")
_INSIDE = any_of("fund_id", *_HANDLING)
for _model in (Payment, PaymentStep):
    allow(_model, "SELECT", "fund", f"{_INSIDE} AND {_SEEN}")
    allow(_model, "SELECT", "auditor", holds("auditor"))
allow(Payment, "SELECT", "grantee", f'grant_id IN (SELECT g.id FROM fund."grant" g WHERE {any_of("g.application_id", "applied")})')
allow(Payment, "INSERT", "treasurer", "", check=f"state = 'prepared' AND {any_of('fund_id', 'fund_treasury')} AND {_SEEN}")
for _step, _who in HANDS.items():
    allow(PaymentStep, "INSERT", _step, "", check=f"step = '{_step}' AND person_id = {one('person')} AND "
          f"{any_of('fund_id', _who)} AND {_SEEN}")
allow(PaymentStep, "INSERT", "stopped", "", check=f"step = 'stopped' AND length(trim(words)) > 0 AND person_id = "
      f"{one('person')} AND {any_of('fund_id', 'fund_treasury', 'fund_approve', 'fund_release')} AND {_SEEN}")

# Whether an entry `e` moves what its payment `p` says, and nothing else: one line in debit and one in credit.
OF_PAYMENT = """(e.grant_id IS NOT DISTINCT FROM p.grant_id AND e.fund_id = p.fund_id AND e.lines_count = 2 AND NOT EXISTS (
      SELECT 1 FROM fund.entry_line l WHERE l.entry_id = e.id AND (abs(l.amount), l.currency) <> (p.amount, p.currency)))"""
_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$"
_WAYS = ", ".join(f"('{way.start}', '{way.end}')" for way in MACHINE.ways)

# In which language the conditions of a grant are written, and its title in the reader's, for those who handle its money.
definer("fund.grant_words(of_grant uuid, into_lang text) RETURNS jsonb", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT jsonb_build_object('condition', coalesce(d.lang, g.lang), 'title', CASE WHEN t.id IS NOT NULL THEN
    jsonb_build_object('text', t.text, 'lang', t.lang, 'mark', t.mark, 'stale', t.stale) END)
  FROM fund."grant" g LEFT JOIN fund.decision d ON d.application_id = g.application_id
    LEFT JOIN fund.part p ON p.application_id = g.application_id AND p.name = 'title' AND p.words = g.title
    LEFT JOIN languages.translation t ON t.subject_id = p.id AND t.field = 'words' AND t.lang = into_lang AND NOT t.waits
  WHERE g.id = of_grant AND viewer.sealed() AND ({any_of("g.fund_id", *_HANDLING)} OR {holds("auditor")})
$f$""")
definer("fund.payment_fits() RETURNS trigger", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
BEGIN
  IF NOT EXISTS (SELECT 1 FROM fund.instalment i JOIN fund."grant" g ON g.id = i.grant_id JOIN fund.grantee r
      ON r.grant_id = g.id WHERE i.id = NEW.instalment_id AND g.id = NEW.grant_id AND g.fund_id = NEW.fund_id
      AND g.currency = NEW.currency AND i.amount = NEW.amount AND i.cancelled_on IS NULL
      AND r.payee_reference = NEW.payee_reference) THEN
    RAISE EXCEPTION 'a payment fits its instalment' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'payment_fits_instalment';
  END IF;
  RETURN NEW;
END $f$""")
definer("fund.three_hands() RETURNS trigger", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
DECLARE p fund.payment; wrong text;
BEGIN
  SELECT * INTO STRICT p FROM fund.payment x WHERE x.id = NEW.payment_id FOR UPDATE;
  NEW.grant_id := p.grant_id; NEW.fund_id := p.fund_id;
  PERFORM fund.in_turn(g.application_id) FROM fund."grant" g WHERE g.id = p.grant_id;
  IF NEW.step = 'prepared' THEN
    IF p.state <> 'prepared' THEN wrong := 'payment_step_order'; END IF;
  ELSIF (p.state, NEW.step) NOT IN ({_WAYS}) OR NOT EXISTS (SELECT 1 FROM fund.payment_step s WHERE s.payment_id = p.id
      AND s.step = 'prepared') THEN wrong := 'payment_step_order';
  END IF;
  IF NEW.step IN ('approved', 'released') AND EXISTS (SELECT 1 FROM fund.payment_step s WHERE s.payment_id = p.id
     AND s.step IN ('prepared', 'approved') AND s.person_id = NEW.person_id) THEN wrong := 'payment_three_hands'; END IF;
  IF NEW.step <> 'stopped' AND (SELECT fund.conflicted(g.application_id, NEW.person_id) FROM fund."grant" g
     WHERE g.id = p.grant_id) IS NOT NULL THEN wrong := 'payment_conflict'; END IF;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'a payment step does not hold: %', wrong USING ERRCODE = 'check_violation', CONSTRAINT = wrong;
  END IF;
  UPDATE fund.payment x SET state = NEW.step WHERE x.id = p.id;
  RETURN NEW;
END $f$""")
# Each payment that left has exactly one release entry, and one confirmation or return when it ended; all of them of its
# amount, for its grant. No money is on its way without a payment.
definer("fund.payment_posted() RETURNS trigger", f"""
LANGUAGE plpgsql STABLE {_HEAD}
DECLARE target uuid := (to_jsonb(NEW) ->> 'payment_id')::uuid; p fund.payment; found text; fit boolean;
BEGIN
  IF target IS NULL AND coalesce(to_jsonb(NEW) ->> 'kind', '') NOT IN ('release', 'confirmation', 'return') THEN
    RETURN NULL; END IF;
  SELECT * INTO p FROM fund.payment x WHERE x.id = target;
  SELECT coalesce(string_agg(e.kind, ',' ORDER BY e.kind DESC), ''), coalesce(bool_and({OF_PAYMENT}), true)
    INTO found, fit FROM fund.entry e WHERE e.payment_id = target;
  IF p.id IS NULL OR NOT fit OR found <> (CASE p.state WHEN 'released' THEN 'release' WHEN 'confirmed' THEN 'release,confirmation'
     WHEN 'returned' THEN 'return,release' ELSE '' END) THEN
    RAISE EXCEPTION 'a payment has its entries' USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_has_its_entries';
  END IF;
  RETURN NULL;
END $f$""")
# The names of those with a hand in a payment, for the people of its fund; nobody else learns who they are.
definer("fund.hand_names(payment uuid) RETURNS TABLE (person_id uuid, name text)", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT DISTINCT p.id, p.name FROM fund.payment_step s JOIN people.person p ON p.id = s.person_id
  WHERE s.payment_id = payment AND viewer.sealed()
    AND {any_of("s.fund_id", "fund_admin", "fund_treasury", "fund_approve", "fund_release")}
    AND NOT coalesce({any_of("s.grant_id", "grants_aside")}, false)
$f$""")
statements += [
    "CREATE OR REPLACE TRIGGER payment_fits BEFORE INSERT ON fund.payment FOR EACH ROW EXECUTE FUNCTION fund.payment_fits()",
    "CREATE OR REPLACE TRIGGER three_hands BEFORE INSERT ON fund.payment_step FOR EACH ROW EXECUTE FUNCTION fund.three_hands()",
    *(f"DROP TRIGGER IF EXISTS payment_posted ON fund.{table}" for table in ("payment_step", "entry")),
    *(f"CREATE CONSTRAINT TRIGGER payment_posted AFTER INSERT ON fund.{table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
      "EXECUTE FUNCTION fund.payment_posted()" for table in ("payment_step", "entry"))]

# An instalment that is being paid, or was, is not cancelled; one that was cancelled is not changed again.
definer("fund.cancelled_in_time() RETURNS trigger", f"""
LANGUAGE plpgsql STABLE {_HEAD}
BEGIN
  IF OLD.cancelled_on IS NOT NULL OR (NEW.cancelled_on IS NOT NULL AND EXISTS (SELECT 1 FROM fund.payment p
     WHERE p.instalment_id = NEW.id AND p.state IN ('prepared', 'approved', 'released', 'confirmed'))) THEN
    RAISE EXCEPTION 'this instalment is being paid' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'instalment_being_paid';
  END IF;
  RETURN NEW;
END $f$""")
statements += ["CREATE OR REPLACE TRIGGER cancelled_in_time BEFORE UPDATE ON fund.instalment FOR EACH ROW "
               "EXECUTE FUNCTION fund.cancelled_in_time()"]

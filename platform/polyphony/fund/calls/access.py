"""A call is public from the moment it is scheduled; before that its fund's administrators prepare it."""

from polyphony.fund.calls.models import Call, CallStep, Criterion, Eligibility
from polyphony.kernel.policies import allow, any_of, protect, statements
from polyphony.languages.access import changeable, readable_with

# Open at this very moment, also in the seconds before the job has noted it: the same as `rules.standing`. Whoever was
# let in by the rules a moment ago is let in here, hence the statement's time for the opening, the step's for the end.
OPEN = ("((c.state = 'open' OR c.state = 'scheduled' AND c.opens_at <= statement_timestamp()) "
        "AND (c.closes_at IS NULL OR c.closes_at > now()))")
ADMIN = any_of("fund_id", "fund_admin")
_SEEN = "call_id IN (SELECT c.id FROM fund.call c)"
_DRAFT = f"call_id IN (SELECT c.id FROM fund.call c WHERE c.state = 'draft' AND {any_of('c.fund_id', 'fund_admin')})"

protect(Call, app="SELECT, INSERT, UPDATE", worker="SELECT, UPDATE")
protect(CallStep, app="SELECT, INSERT", worker="SELECT, INSERT")
protect(Criterion, app="SELECT, INSERT, UPDATE, DELETE", worker="SELECT")
protect(Eligibility, app="SELECT, INSERT, UPDATE, DELETE", worker="SELECT")
allow(Call, "SELECT", "published", "state <> 'draft'", public=True)
allow(Call, "SELECT", "fund", any_of("fund_id", "fund_admin", "fund_translate"))
allow(Call, "INSERT", "administrator", "", check=f"state = 'draft' AND {ADMIN}")
allow(Call, "UPDATE", "administrator", ADMIN)
allow(CallStep, "SELECT", "of_seen", _SEEN, public=True)
allow(CallStep, "INSERT", "administrator", "", check=f"call_id IN (SELECT c.id FROM fund.call c WHERE "
      f"{any_of('c.fund_id', 'fund_admin')})")
for _model in (Criterion, Eligibility):
    allow(_model, "SELECT", "of_seen", _SEEN, public=True)
    for _verb in ("INSERT", "UPDATE", "DELETE"):
        allow(_model, _verb, "administrator", "" if _verb == "INSERT" else _DRAFT, check=_DRAFT)

_ADMIN_OR_TRANSLATOR = ("consultation_id IN (SELECT c.id FROM fund.call c WHERE "
                        f"{any_of('c.fund_id', 'fund_admin', 'fund_translate')})")
for _kind, _table in (("fund_call", "fund.call"), ("fund_criterion", "fund.criterion"),
                      ("fund_eligibility", "fund.eligibility")):
    readable_with(_kind, _table)
    changeable(_kind, _ADMIN_OR_TRANSLATOR, removed=_kind != "fund_call")

# Once scheduled, what people prepare for stays: money, dates and currency change only by taking the call back.
statements += ["""
CREATE OR REPLACE FUNCTION fund.call_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (('draft', 'scheduled'), ('scheduled', 'draft'),
     ('scheduled', 'open'), ('open', 'closed'), ('closed', 'decided')) THEN
    RAISE EXCEPTION 'no such step' USING ERRCODE = 'check_violation', CONSTRAINT = 'call_step_order';
  END IF;
  IF OLD.state <> 'draft' AND (NEW.currency, NEW.envelope, NEW.smallest, NEW.largest, NEW.opens_at, NEW.closes_at, NEW.fund_id)
     IS DISTINCT FROM (OLD.currency, OLD.envelope, OLD.smallest, OLD.largest, OLD.opens_at, OLD.closes_at, OLD.fund_id) THEN
    RAISE EXCEPTION 'a call that was announced stands' USING ERRCODE = 'check_violation', CONSTRAINT = 'call_stands';
  END IF;
  RETURN NEW;
END $f$""", """
CREATE OR REPLACE TRIGGER call_stands BEFORE UPDATE ON fund.call
FOR EACH ROW EXECUTE FUNCTION fund.call_stands()"""]

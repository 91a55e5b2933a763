"""A company sees its own promises and what came of them; the fund's treasurer sees all; nobody else any."""

from polyphony.fund.giving.models import Pledge, PledgeChange, Receipt
from polyphony.kernel.policies import APP, allow, any_of, declared, definer, holds, protect, statements

protect(Pledge, app="SELECT, INSERT", worker="SELECT")
protect(PledgeChange, app="SELECT, INSERT", worker="SELECT")
protect(Receipt, app="SELECT, INSERT, UPDATE", worker="SELECT")
# What came in stays what it was; only under which promise it counts may change.
declared["fund.receipt"].grants[APP] = "SELECT, INSERT, UPDATE (state, pledge_id)"

_MONEY = ("fund_treasury", "fund_approve", "fund_release", "fund_admin")
_OF_SEEN = "pledge_id IN (SELECT p.id FROM fund.pledge p)"
allow(Pledge, "SELECT", "company", any_of("company_id", "companies"))
allow(Pledge, "SELECT", "fund", any_of("fund_id", *_MONEY))
allow(Pledge, "INSERT", "company", "", check=any_of("company_id", "leading", "deciding"))
allow(PledgeChange, "SELECT", "of_seen", _OF_SEEN)
allow(PledgeChange, "INSERT", "company", "", check=f"{any_of('company_id', 'leading', 'deciding')} AND {_OF_SEEN}")
allow(Receipt, "SELECT", "company", f"state = 'matched' AND {_OF_SEEN}")
allow(Receipt, "SELECT", "sender", f"state IN ('unmatched', 'sent_back') AND {any_of('company_id', 'companies')}")
allow(Receipt, "SELECT", "fund", any_of("fund_id", *_MONEY))
allow(Receipt, "INSERT", "treasurer", "", check=any_of("fund_id", "fund_treasury"))
allow(Receipt, "UPDATE", "treasurer", f"state <> 'reversed' AND {any_of('fund_id', 'fund_treasury')}",
      check=any_of("fund_id", "fund_treasury"))
for _model in (Pledge, Receipt):
    allow(_model, "SELECT", "auditor", holds("auditor"))

# Promised is never less than received: neither by a receipt too many nor by a withdrawal too large.
definer("fund.promised(pledge uuid) RETURNS bigint", """
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT p.amount + coalesce((SELECT sum(CASE c.kind WHEN 'raised' THEN c.amount ELSE -c.amount END)
    FROM fund.pledge_change c WHERE c.pledge_id = p.id), 0)::bigint FROM fund.pledge p WHERE p.id = pledge
$f$""", to="polyphony_lookup, polyphony_worker")
definer("fund.promise_holds() RETURNS trigger", """
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF NEW.pledge_id IS NULL THEN RETURN NULL; END IF;
  PERFORM fund.in_turn(NEW.pledge_id);
  IF fund.promised(NEW.pledge_id) < (SELECT coalesce(sum(r.amount), 0) FROM fund.receipt r WHERE r.pledge_id = NEW.pledge_id)
  THEN RAISE EXCEPTION 'more than promised' USING ERRCODE = 'check_violation', CONSTRAINT = 'pledge_not_below_received';
  END IF;
  IF TG_TABLE_NAME = 'receipt' THEN
    IF EXISTS (SELECT 1 FROM fund.pledge p WHERE p.id = NEW.pledge_id AND
       (p.currency <> NEW.currency OR p.fund_id <> NEW.fund_id)) THEN
      RAISE EXCEPTION 'another currency than promised' USING ERRCODE = 'check_violation', CONSTRAINT = 'receipt_currency';
    END IF;
  END IF;
  RETURN NULL;
END $f$""")
statements += [f"CREATE OR REPLACE TRIGGER promise_holds AFTER INSERT OR UPDATE ON fund.{table} "
               "FOR EACH ROW EXECUTE FUNCTION fund.promise_holds()" for table in ("receipt", "pledge_change")]

"""The ledger is added to, never changed; each kind of entry by the role whose act it is; balances by trigger alone."""

from polyphony.fund.ledger.models import MOVES, Account, Balance, Entry, EntryLine, GrantBalance, Seal
from polyphony.kernel.policies import allow, any_of, definer, holds, ids, one, protect, statements
from polyphony.kernel.viewer import fact, had

TREASURER = ("receipt", "unmatched_receipt", "matching", "sending_back", "confirmation", "return", "reversal")
ADMINISTRATOR = ("award", "cancellation")

fact("grants_aside", 'SELECT array_agg(g.id) FROM fund."grant" g WHERE g.application_id = ANY ('
     + had("stepped_aside") + ")")

protect(Account, app="SELECT, INSERT", worker="SELECT")
protect(Entry, app="SELECT, INSERT", worker="SELECT")
protect(EntryLine, app="SELECT, INSERT", worker="SELECT")
protect(Balance, app="SELECT", worker="SELECT", lookup="SELECT, INSERT, UPDATE")
protect(GrantBalance, app="SELECT", worker="SELECT", lookup="SELECT, INSERT, UPDATE")
protect(Seal, app="SELECT", worker="SELECT, INSERT")

_INSIDE = any_of("fund_id", "fund_admin", "fund_treasury", "fund_approve", "fund_release")
_NOT_ASIDE = f"NOT coalesce({any_of('grant_id', 'grants_aside')}, false)"
_KINDS = {who: ", ".join(f"'{kind}'" for kind in kinds)
          for who, kinds in (("treasurer", TREASURER), ("administrator", ADMINISTRATOR))}

allow(Account, "SELECT", "fund", any_of("fund_id", "funds"))
allow(Account, "INSERT", "fund", "", check=any_of("fund_id", "fund_treasury", "fund_admin", "fund_release"))
allow(Entry, "SELECT", "fund", f"{_INSIDE} AND {_NOT_ASIDE}")
for _model in (Account, Entry, EntryLine, Balance, GrantBalance, Seal):
    allow(_model, "SELECT", "auditor", holds("auditor"))
_MINE = f"person_id = {one('person')} AND {_NOT_ASIDE} AND "
allow(Entry, "INSERT", "treasurer", "", check=f"{_MINE}kind IN ({_KINDS['treasurer']}) AND {any_of('fund_id', 'fund_treasury')}")
allow(Entry, "INSERT", "administrator", "", check=f"{_MINE}kind IN ({_KINDS['administrator']}) AND {any_of('fund_id', 'fund_admin')}")
allow(Entry, "INSERT", "releaser", "", check=f"{_MINE}kind = 'release' AND {any_of('fund_id', 'fund_release')}")
allow(EntryLine, "SELECT", "with_entry", "EXISTS (SELECT 1 FROM fund.entry e WHERE e.id = entry_id)")
allow(EntryLine, "INSERT", "with_entry", "", check=f"EXISTS (SELECT 1 FROM fund.entry e WHERE e.id = entry_id AND "
      f"e.person_id = {one('person')})")
allow(Balance, "SELECT", "fund", f"account_id IN (SELECT a.id FROM fund.account a WHERE {any_of('a.fund_id', 'funds')})")
allow(GrantBalance, "SELECT", "fund", f'grant_id IN (SELECT g.id FROM fund."grant" g) AND NOT coalesce(grant_id = ANY '
      f"({ids('grants_aside')}), false)")
allow(Seal, "SELECT", "fund", _INSIDE)

_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$"
_MOVES = ", ".join(f"('{kind}', '{debit}', '{credit}')" for kind, (debit, credit) in MOVES.items())

statements += ["""
CREATE OR REPLACE FUNCTION fund.posted_stays() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  RAISE EXCEPTION 'what was posted is never changed' USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_posted_stays';
END $f$""", *(f"""
CREATE OR REPLACE TRIGGER posted_stays BEFORE UPDATE OR DELETE ON fund.{table}
FOR EACH ROW EXECUTE FUNCTION fund.posted_stays()""" for table in ("entry", "entry_line", "seal")), *(f"""
CREATE OR REPLACE TRIGGER posted_stays_whole BEFORE TRUNCATE ON fund.{table}
FOR EACH STATEMENT EXECUTE FUNCTION fund.posted_stays()""" for table in ("entry", "entry_line", "seal"))]

# Balances follow the lines of one statement, in the order of the accounts so that two postings never wait in a circle.
definer("fund.keep_balances() RETURNS trigger", f"""
LANGUAGE plpgsql VOLATILE {_HEAD}
BEGIN
  INSERT INTO fund.balance AS b (account_id, kind, amount)
    SELECT a.id, a.kind, 0 FROM fund.account a WHERE a.id IN (SELECT n.account_id FROM posted n)
    ORDER BY a.kind ON CONFLICT DO NOTHING;
  PERFORM 1 FROM fund.balance b WHERE b.account_id IN (SELECT n.account_id FROM posted n) ORDER BY b.kind FOR UPDATE;
  UPDATE fund.balance b SET amount = b.amount + n.sum FROM (SELECT p.account_id, sum(p.amount)::bigint AS sum
    FROM posted p GROUP BY 1) n WHERE n.account_id = b.account_id;
  INSERT INTO fund.grant_balance AS g (grant_id, awarded, paid)
    SELECT e.grant_id, coalesce(sum(-n.amount) FILTER (WHERE a.kind = 'awarded'), 0),
           coalesce(sum(n.amount) FILTER (WHERE a.kind = 'paid'), 0)
    FROM posted n JOIN fund.entry e ON e.id = n.entry_id JOIN fund.account a ON a.id = n.account_id
    WHERE e.grant_id IS NOT NULL AND e.kind = 'award' GROUP BY 1
    ON CONFLICT (grant_id) DO UPDATE SET awarded = g.awarded + excluded.awarded;
  UPDATE fund.grant_balance g SET awarded = g.awarded + n.awarded, paid = g.paid + n.paid FROM (
    SELECT e.grant_id, coalesce(sum(-p.amount) FILTER (WHERE a.kind = 'awarded'), 0)::bigint AS awarded,
           coalesce(sum(p.amount) FILTER (WHERE a.kind = 'paid'), 0)::bigint AS paid
    FROM posted p JOIN fund.entry e ON e.id = p.entry_id JOIN fund.account a ON a.id = p.account_id
    WHERE e.grant_id IS NOT NULL AND e.kind <> 'award' GROUP BY 1) n WHERE n.grant_id = g.grant_id;
  RETURN NULL;
END $f$""")
statements += ["DROP TRIGGER IF EXISTS keep_balances ON fund.entry_line", """
CREATE TRIGGER keep_balances AFTER INSERT ON fund.entry_line REFERENCING NEW TABLE AS posted
FOR EACH STATEMENT EXECUTE FUNCTION fund.keep_balances()"""]

# Every entry sums to zero per currency, moves what its kind may move, and has the lines it was posted with.
definer("fund.entry_holds() RETURNS trigger", f"""
LANGUAGE plpgsql STABLE {_HEAD}
DECLARE e fund.entry; wrong text;
BEGIN
  IF TG_TABLE_NAME = 'entry' THEN SELECT * INTO e FROM fund.entry x WHERE x.id = NEW.id;
  ELSE SELECT * INTO e FROM fund.entry x WHERE x.id = NEW.entry_id; END IF;
  IF EXISTS (SELECT 1 FROM fund.entry_line l WHERE l.entry_id = e.id GROUP BY l.currency HAVING sum(l.amount) <> 0) THEN
    wrong := 'entry_sums_to_zero';
  ELSIF (SELECT count(*) FROM fund.entry_line l WHERE l.entry_id = e.id) <> e.lines_count OR e.lines_count < 2 THEN
    wrong := 'entry_lines_complete';
  ELSIF EXISTS (SELECT 1 FROM fund.entry_line l JOIN fund.account a ON a.id = l.account_id WHERE l.entry_id = e.id
      AND (a.fund_id <> e.fund_id OR a.currency <> l.currency)) THEN
    wrong := 'entry_own_accounts';
  ELSIF e.kind = 'reversal' THEN
    IF EXISTS (SELECT 1 FROM fund.entry r WHERE r.id = e.reverses AND (r.fund_id <> e.fund_id OR r.kind NOT IN
        ('receipt', 'unmatched_receipt', 'matching', 'sending_back'))) OR EXISTS (
      SELECT 1 FROM (SELECT l.account_id, l.amount FROM fund.entry_line l WHERE l.entry_id = e.id) n FULL JOIN
        (SELECT l.account_id, l.amount FROM fund.entry_line l WHERE l.entry_id = e.reverses) o
        ON o.account_id = n.account_id AND o.amount = -n.amount WHERE n.account_id IS NULL OR o.account_id IS NULL) THEN
      wrong := 'entry_exact_reversal';
    END IF;
  ELSIF EXISTS (SELECT 1 FROM fund.entry_line l JOIN fund.account a ON a.id = l.account_id WHERE l.entry_id = e.id
      AND NOT EXISTS (SELECT 1 FROM (VALUES {_MOVES}) m(kind, debit, credit) WHERE m.kind = e.kind AND a.kind =
        CASE WHEN l.amount > 0 THEN m.debit ELSE m.credit END)) THEN
    wrong := 'entry_moves_its_kind';
  END IF;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'an entry does not hold: %', wrong USING ERRCODE = 'check_violation', CONSTRAINT = wrong;
  END IF;
  RETURN NULL;
END $f$""")
statements += [f"DROP TRIGGER IF EXISTS entry_holds ON fund.{table}" for table in ("entry", "entry_line")]
statements += [f"CREATE CONSTRAINT TRIGGER entry_holds AFTER INSERT ON fund.{table} DEFERRABLE INITIALLY DEFERRED "
               "FOR EACH ROW EXECUTE FUNCTION fund.entry_holds()" for table in ("entry", "entry_line")]

# Posting in one step, with the rights of whoever posts: row security decides, the triggers check. The same key with
# the same body answers the entry that is there, with another body nothing, also when both come in the same moment; a
# currency's first use opens its accounts.
statements += ["""
CREATE OR REPLACE FUNCTION fund.post(about jsonb, hash bytea, money text, debit text, credit text, moved bigint)
RETURNS uuid LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $f$
DECLARE e fund.entry := jsonb_populate_record(NULL::fund.entry, about); was fund.entry;
BEGIN
  SELECT * INTO was FROM fund.entry x WHERE x.fund_id = e.fund_id AND x.key = e.key;
  IF was.id IS NOT NULL THEN RETURN CASE WHEN was.body_hash = hash THEN was.id END; END IF;
  IF (SELECT count(*) FROM fund.account a WHERE a.fund_id = e.fund_id AND a.currency = money
      AND a.kind IN (debit, credit)) < 2 THEN
    INSERT INTO fund.account (id, fund_id, currency, kind) SELECT gen_random_uuid(), e.fund_id, money, k
      FROM unnest(ARRAY[debit, credit]) k ON CONFLICT DO NOTHING;
  END IF;
  INSERT INTO fund.entry (id, fund_id, kind, at, person_id, words, key, body_hash, lines_count, pledge_id, receipt_id,
    grant_id, payment_id) VALUES (e.id, e.fund_id, e.kind, e.at, e.person_id, e.words, e.key, hash, 2, e.pledge_id,
    e.receipt_id, e.grant_id, e.payment_id) ON CONFLICT (fund_id, key) DO NOTHING;
  IF NOT FOUND THEN
    RETURN (SELECT x.id FROM fund.entry x WHERE x.fund_id = e.fund_id AND x.key = e.key AND x.body_hash = hash);
  END IF;
  INSERT INTO fund.entry_line (id, entry_id, account_id, currency, amount) SELECT gen_random_uuid(), e.id, a.id, money,
    CASE a.kind WHEN debit THEN moved ELSE -moved END FROM fund.account a
    WHERE a.fund_id = e.fund_id AND a.currency = money AND a.kind IN (debit, credit);
  RETURN e.id;
END $f$"""]

"""What the public may know of money, computed in the database and suppressed there: totals, never a hidden grant."""

from polyphony.fund.statement.regions import WORLD, places
from polyphony.kernel.policies import allow, any_of, definer, statements
from polyphony.kernel.small_numbers import THRESHOLD
from polyphony.languages.access import changeable, readable_with
from polyphony.languages.models import Translation

_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$"
_PLACES = ", ".join(f"('{country}','{sub}','{region}')" for country, sub, region in places())
_TODAY = "(now() AT TIME ZONE 'UTC')::date"
_NIGHT = "((as_of + 1)::timestamp AT TIME ZONE 'UTC')"  # the end of that day
OPENNESS = "array_position(ARRAY['aggregate', 'region', 'no_name', 'full'], %s)"

# Sums per currency and account as of the end of a day (UTC). Totals are the ledger's own, whatever is hidden below.
definer("fund.totals(fund uuid, as_of date) RETURNS TABLE (currency text, account text, amount bigint)", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT a.currency, a.kind, sum(l.amount)::bigint FROM fund.account a JOIN fund.entry_line l ON l.account_id = a.id
    JOIN fund.entry e ON e.id = l.entry_id
  WHERE a.fund_id = fund AND e.at < ((as_of + 1)::timestamp AT TIME ZONE 'UTC') GROUP BY 1, 2 ORDER BY 1, 2
$f$""", to="polyphony_app, polyphony_worker")

# Every grant of a fund as it stood at the end of a day, with the place and the openness it has by agreement today; at
# risk is never shown singly. Of days that are over, what is hidden has no place: else comparing two days would tell in
# which region a grant was made between them. Not for the web role: the suppression below alone reads it.
definer("fund.grants_placed(fund uuid, as_of date) RETURNS TABLE (id uuid, currency text, amount bigint, level text, "
        "payee uuid, country text, sub text, region text)", f"""
LANGUAGE sql STABLE {_HEAD}
  WITH since AS (SELECT e.grant_id, sum(l.amount) AS amount FROM fund.entry e JOIN fund.entry_line l ON l.entry_id = e.id
      JOIN fund.account a ON a.id = l.account_id WHERE as_of < {_TODAY} AND e.fund_id = fund AND e.grant_id IS NOT NULL
      AND a.kind = 'awarded' AND e.at >= {_NIGHT} GROUP BY 1)
  SELECT g.id, g.currency, (b.awarded + coalesce(s.amount, 0))::bigint, CASE WHEN g.level = 'aggregate' THEN 'aggregate'
         WHEN g.at_risk THEN 'region' ELSE g.level END, r.organisation_id, g.country,
         CASE WHEN as_of >= {_TODAY} THEN m.sub END, CASE WHEN as_of >= {_TODAY} THEN m.region END
  FROM fund."grant" g JOIN fund.grant_balance b ON b.grant_id = g.id JOIN fund.grantee r ON r.grant_id = g.id
    LEFT JOIN since s ON s.grant_id = g.id LEFT JOIN (VALUES {_PLACES}) m(country, sub, region) ON m.country = g.country
  WHERE g.fund_id = fund AND b.awarded + coalesce(s.amount, 0) > 0
$f$""", to="polyphony_lookup, polyphony_worker")

# The same with the cell of the statement in which each is counted, NULL when it is shown by itself. A cell holds one
# currency and at least five grantees: a subregion, else its region, else the world. The world's own rest, when too
# small, takes in the smallest other cell; where there is none, grants shown by themselves give up their amounts (all of
# them, where even so there are fewer than five grantees).
# Cells never overlap and nothing is summed twice, so subtraction finds sums of whole cells only.
definer("fund.grants_in_cells(fund uuid, as_of date) RETURNS TABLE (id uuid, currency text, amount bigint, level text, payee uuid, "
        "country text, cell text)", f"""
LANGUAGE sql STABLE {_HEAD}
  WITH g AS MATERIALIZED (SELECT * FROM fund.grants_placed(fund, as_of)),
  hidden AS (SELECT * FROM g WHERE g.level IN ('region', 'aggregate')),
  subs AS (SELECT h.currency, h.sub FROM hidden h WHERE h.level = 'region' AND h.sub IS NOT NULL
           GROUP BY 1, 2 HAVING count(DISTINCT h.payee) >= {THRESHOLD}),
  in_sub AS (SELECT h.*, s.sub AS found FROM hidden h LEFT JOIN subs s ON s.currency = h.currency AND s.sub = h.sub
             AND h.level = 'region'),
  regions AS (SELECT h.currency, h.region FROM in_sub h WHERE h.found IS NULL AND h.level = 'region'
              AND h.region IS NOT NULL GROUP BY 1, 2 HAVING count(DISTINCT h.payee) >= {THRESHOLD}),
  placed AS (SELECT h.*, coalesce(h.found, r.region, '{WORLD}') AS cell FROM in_sub h LEFT JOIN regions r
             ON r.currency = h.currency AND r.region = h.region AND h.level = 'region'),
  lacking AS (SELECT p.currency, {THRESHOLD} - count(DISTINCT p.payee) AS more FROM placed p WHERE p.cell = '{WORLD}'
              GROUP BY 1 HAVING count(DISTINCT p.payee) < {THRESHOLD}),
  taken AS (SELECT DISTINCT ON (p.currency) p.currency, p.cell FROM placed p JOIN lacking l USING (currency)
            WHERE p.cell <> '{WORLD}' GROUP BY p.currency, p.cell
            ORDER BY p.currency, count(DISTINCT p.payee), p.cell),
  open AS (SELECT o.currency, o.payee, row_number() OVER (PARTITION BY o.currency ORDER BY
             bool_or(o.level = 'full'), sum(o.amount), o.payee) AS place
           FROM g o WHERE o.level IN ('full', 'no_name') AND NOT EXISTS (SELECT 1 FROM placed p
             WHERE p.currency = o.currency AND p.cell = '{WORLD}' AND p.payee = o.payee) GROUP BY 1, 2),
  scarce AS (SELECT l.currency FROM lacking l WHERE l.more > (SELECT count(*) FROM open o WHERE o.currency = l.currency)),
  given_up AS (SELECT o.currency, o.payee FROM open o JOIN lacking l USING (currency) WHERE o.place <= l.more
               UNION SELECT g.currency, g.payee FROM g JOIN scarce USING (currency)
               EXCEPT SELECT o.currency, o.payee FROM g o JOIN taken t USING (currency))
  SELECT g.id, g.currency, g.amount, g.level, g.payee, g.country,
    CASE WHEN g.level IN ('full', 'no_name') THEN CASE WHEN u.payee IS NOT NULL THEN '{WORLD}' END
         WHEN t.cell IS NOT NULL THEN '{WORLD}' ELSE p.cell END
  FROM g LEFT JOIN placed p ON p.id = g.id LEFT JOIN taken t ON t.currency = p.currency AND t.cell = p.cell
    LEFT JOIN given_up u ON u.currency = g.currency AND u.payee = g.payee AND g.level IN ('full', 'no_name')
$f$""", to="polyphony_lookup, polyphony_worker")

# What anybody may read, line by line. A grant shown by itself may lack its amount; a cell has its sum, and its number
# of grants only where all of it is hidden and at least five. Ids are said only of grants shown in full.
definer("fund.grants_shown(fund uuid, as_of date) RETURNS TABLE (kind text, id uuid, currency text, amount bigint, "
        "place text, name text, title text, lang text, call_id uuid, grants int, title_id uuid)", f"""
LANGUAGE sql STABLE {_HEAD}
  WITH c AS MATERIALIZED (SELECT * FROM fund.grants_in_cells(fund, as_of))
  SELECT c.level, CASE c.level WHEN 'full' THEN c.id END, c.currency, CASE WHEN c.cell IS NULL THEN c.amount END,
    c.country, CASE c.level WHEN 'full' THEN o.name ELSE '' END, CASE c.level WHEN 'full' THEN x.title ELSE '' END,
    CASE c.level WHEN 'full' THEN x.lang ELSE '' END, x.call_id, 1, CASE c.level WHEN 'full' THEN p.id END
  FROM c JOIN fund."grant" x ON x.id = c.id JOIN organisations.organisation o ON o.id = c.payee
    LEFT JOIN fund.part p ON p.application_id = x.application_id AND p.name = 'title' AND p.words = x.title
  WHERE c.level IN ('full', 'no_name')
  UNION ALL
  SELECT 'cell', NULL, c.currency, sum(c.amount)::bigint, c.cell, '', '', '', NULL,
    CASE WHEN bool_and(c.level IN ('region', 'aggregate')) AND count(DISTINCT c.payee) >= {THRESHOLD}
         THEN count(*)::int END, NULL
  FROM c WHERE c.cell IS NOT NULL GROUP BY c.currency, c.cell
$f$""", to="polyphony_app, polyphony_worker")

# A title in other words is as open as the title: what translators made of it is public while the grant is shown in full.
definer("fund.is_public_title(part uuid) RETURNS boolean", f"""
LANGUAGE sql STABLE {_HEAD}
  SELECT EXISTS (SELECT 1 FROM fund.part p JOIN fund."grant" g ON g.application_id = p.application_id
    JOIN fund.grant_balance b ON b.grant_id = g.id WHERE p.id = part AND p.name = 'title' AND p.words = g.title
    AND g.level = 'full' AND NOT g.at_risk AND b.awarded > 0)
$f$""", to="polyphony_app, polyphony_worker")
allow(Translation, "SELECT", "of_public_title",
      "kind = 'fund_part' AND field = 'words' AND fund.is_public_title(subject_id)", public=True)
readable_with("fund_purpose", "fund.fund", key="organisation_id")
changeable("fund_purpose", f"consultation_id = subject_id AND field = 'purpose' AND "
           f"{any_of('consultation_id', 'fund_admin', 'fund_translate')}")

# Of a grant, only its openness may change. Less open: its grantee or an administrator of the fund. More open, or no
# longer at risk: the grantee alone.
definer("fund.grant_stays() RETURNS trigger", f"""
LANGUAGE plpgsql STABLE {_HEAD}
DECLARE wrong text;
BEGIN
  IF to_jsonb(NEW) - 'level' - 'at_risk' <> to_jsonb(OLD) - 'level' - 'at_risk' THEN wrong := 'grant_stays';
  ELSIF ({OPENNESS % "NEW.level"} > {OPENNESS % "OLD.level"} OR (OLD.at_risk AND NOT NEW.at_risk))
    AND session_user = 'polyphony_app' AND NOT coalesce(viewer.sealed() AND {any_of("NEW.application_id", "applied")}, false)
    THEN wrong := 'grant_opened_by_grantee';
  END IF;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'a grant does not change so: %', wrong USING ERRCODE = 'check_violation', CONSTRAINT = wrong;
  END IF;
  RETURN NEW;
END $f$""")
statements.append('CREATE OR REPLACE TRIGGER grant_stays BEFORE UPDATE ON fund."grant" FOR EACH ROW '
                  "EXECUTE FUNCTION fund.grant_stays()")

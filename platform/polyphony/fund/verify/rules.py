"""The invariants of the fund, each with a name, a sentence, and SQL that finds what breaks it.

The SQL answers rows of (what, detail); no row means the invariant holds. It reads lines and steps, never the
balances kept beside them, except to compare the two. Names and numbers are those of the fund's specification.
"""

from dataclasses import dataclass
from typing import Any

from polyphony.fund.ledger.models import IN_DEBIT
from polyphony.fund.paying.access import OF_PAYMENT
from polyphony.kernel.locale import lazy
from polyphony.kernel.small_numbers import THRESHOLD


@dataclass(frozen=True)
class Invariant:
    """One promise about money: `breaks` finds the rows that do not keep it."""

    name: str
    sentence: Any
    breaks: str


_DEBIT = ", ".join(f"'{kind}'" for kind in IN_DEBIT)


_COMING = "'receipt', 'unmatched_receipt', 'matching', 'sending_back'"
_TOMORROW = "(now() + interval '1 day')::date"
# What the entries of a receipt `r` that nobody took back say: their kinds, and whether each is of it in every figure.
_STANDING = f"""
        SELECT coalesce(string_agg(e.kind, ',' ORDER BY e.kind), '') AS kinds, coalesce(bool_and(e.fund_id = r.fund_id
          AND l.currency = r.currency AND l.amount = r.amount AND e.pledge_id IS NOT DISTINCT FROM
          CASE WHEN e.kind IN ('receipt', 'matching') THEN r.pledge_id END), true) AS fit
        FROM fund.entry e JOIN fund.entry_line l ON l.entry_id = e.id AND l.amount > 0
        WHERE e.receipt_id = r.id AND e.kind IN ({_COMING})
        AND NOT EXISTS (SELECT 1 FROM fund.entry v WHERE v.reverses = e.id)"""


def _conflicted(app: str, who: str, at: str) -> str:
    """Who had a conflict of interest in a case at a moment, of any kind that the database finds or was told."""
    return f"EXISTS (SELECT 1 FROM fund.conflicts_since({who}) q WHERE q.application_id = {app} AND q.since <= {at})"


# Whether whoever gave vote `w` could vote in the committee when decision `d` was made: `fund.voters` of that moment.
_SAT = """EXISTS (SELECT 1 FROM fund.seat s JOIN fund.body b ON b.id = s.body_id
          JOIN organisations.membership m ON m.id = s.membership_id LEFT JOIN organisations.membership_end e ON e.membership_id = m.id
          WHERE b.fund_id = d.fund_id AND b.kind = 'allocation' AND s.person_id = w.person_id AND m.role = 'committee_member'
          AND s.constituency <> 'contributor' AND s.begun_on <= d.at::date AND d.at::date < s.until
          AND (e.at IS NULL OR e.at > d.at))"""

INVARIANTS = (
    Invariant("I1", lazy("Every entry sums to zero in each currency."), """
      SELECT l.entry_id::text, l.currency || ' ' || sum(l.amount) FROM fund.entry_line l GROUP BY 1, l.entry_id, l.currency
      HAVING sum(l.amount) <> 0
      UNION ALL SELECT e.id::text, 'lines ' || count(l.id) FROM fund.entry e LEFT JOIN fund.entry_line l ON l.entry_id = e.id
      GROUP BY e.id HAVING count(l.id) <> e.lines_count OR count(l.id) < 2"""),
    Invariant("I2", lazy("All accounts of a fund together sum to zero in each currency."), """
      SELECT a.fund_id::text, a.currency || ' ' || sum(b.amount) FROM fund.account a JOIN fund.balance b
      ON b.account_id = a.id GROUP BY a.fund_id, a.currency HAVING sum(b.amount) <> 0"""),
    Invariant("I3", lazy("No account is on the wrong side of zero: nothing was given that was not there."), f"""
      SELECT a.id::text, a.kind || ' ' || a.currency || ' ' || sum(l.amount) FROM fund.account a JOIN fund.entry_line l
      ON l.account_id = a.id GROUP BY a.id, a.kind, a.currency
      HAVING CASE WHEN a.kind IN ({_DEBIT}) THEN sum(l.amount) < 0 ELSE sum(l.amount) > 0 END"""),
    Invariant("I4", lazy("No promise has received more than was promised, and every receipt is what its entries say."), f"""
      SELECT p.id::text, p.currency || ' ' || sum(r.amount) FROM fund.pledge p JOIN fund.receipt r ON r.pledge_id = p.id
      GROUP BY p.id, p.currency, p.amount HAVING sum(r.amount) > p.amount + coalesce((SELECT sum(CASE c.kind
        WHEN 'raised' THEN c.amount ELSE -c.amount END) FROM fund.pledge_change c WHERE c.pledge_id = p.id), 0)
      UNION ALL SELECT r.id::text, r.state || ' ' || r.currency || ' ' || r.amount || ': ' || s.kinds
      FROM fund.receipt r CROSS JOIN LATERAL ({_STANDING}) s WHERE NOT s.fit OR (r.state, s.kinds) NOT IN (
        ('matched', 'receipt'), ('matched', 'matching,unmatched_receipt'), ('unmatched', 'unmatched_receipt'),
        ('sent_back', 'sending_back,unmatched_receipt'), ('reversed', ''))
      UNION ALL SELECT e.id::text, e.kind || ' of nothing that came' FROM fund.entry e WHERE e.kind IN ({_COMING})
        AND NOT EXISTS (SELECT 1 FROM fund.receipt r WHERE r.id = e.receipt_id)"""),
    Invariant("I5", lazy("Every grant equals its instalments, and what is reserved for it equals those not cancelled."), """
      SELECT g.id::text, g.amount || ' / ' || i.whole || ' / ' || i.living || ' / ' || w.awarded
      FROM fund."grant" g CROSS JOIN LATERAL (SELECT coalesce(sum(x.amount), 0) AS whole, coalesce(sum(x.amount)
        FILTER (WHERE x.cancelled_on IS NULL), 0) AS living FROM fund.instalment x WHERE x.grant_id = g.id) i
      CROSS JOIN LATERAL (SELECT coalesce(-sum(l.amount), 0) AS awarded FROM fund.entry e JOIN fund.entry_line l
        ON l.entry_id = e.id JOIN fund.account a ON a.id = l.account_id WHERE e.grant_id = g.id AND a.kind = 'awarded') w
      WHERE g.amount <> i.whole OR i.living <> w.awarded
      UNION ALL SELECT g.id::text, g.amount || ', decided ' || coalesce(d.amount::text, 'never') FROM fund."grant" g
      LEFT JOIN fund.decision d ON d.application_id = g.application_id AND d.outcome = 'granted' AND d.fund_id = g.fund_id
      WHERE d.amount IS DISTINCT FROM g.amount
      UNION ALL SELECT d.application_id::text, 'granted ' || d.amount || ', and no grant' FROM fund.decision d
      WHERE d.outcome = 'granted' AND NOT EXISTS (SELECT 1 FROM fund."grant" g WHERE g.application_id = d.application_id)
      UNION ALL SELECT c.id::text, c.envelope || ' / ' || sum(g.amount) FROM fund.call c JOIN fund."grant" g
        ON g.call_id = c.id GROUP BY c.id HAVING sum(g.amount) > c.envelope
      UNION ALL SELECT p.id::text, p.currency || ' ' || p.amount || ' is not its instalment' FROM fund.payment p
      WHERE NOT EXISTS (SELECT 1 FROM fund.instalment i JOIN fund."grant" g ON g.id = i.grant_id
        WHERE i.id = p.instalment_id AND (g.id, g.fund_id, g.currency, i.amount) = (p.grant_id, p.fund_id, p.currency, p.amount)
        AND (i.cancelled_on IS NULL OR p.state IN ('stopped', 'returned')))
      UNION ALL SELECT DISTINCT e.id::text, e.kind || ' ' || l.currency || ' for no such grant' FROM fund.entry e
      JOIN fund.entry_line l ON l.entry_id = e.id LEFT JOIN fund."grant" g ON g.id = e.grant_id
      WHERE (e.kind IN ('award', 'cancellation') OR e.grant_id IS NOT NULL)
        AND (e.fund_id, l.currency) IS DISTINCT FROM (g.fund_id, g.currency)"""),
    Invariant("I6", lazy("Every payment that left has exactly its entries, and every such entry its payment."), f"""
      SELECT p.id::text, p.state || ': ' || coalesce(f.kinds, '') FROM fund.payment p LEFT JOIN LATERAL (
        SELECT string_agg(e.kind, ',' ORDER BY e.kind DESC) AS kinds, bool_and({OF_PAYMENT}) AS fit
        FROM fund.entry e WHERE e.payment_id = p.id) f ON true
      WHERE NOT coalesce(f.fit, true) OR coalesce(f.kinds, '') <> CASE p.state WHEN 'released' THEN 'release' WHEN 'confirmed'
        THEN 'release,confirmation' WHEN 'returned' THEN 'return,release' ELSE '' END
      UNION ALL SELECT e.id::text, e.kind FROM fund.entry e WHERE e.kind IN ('release', 'confirmation', 'return')
        AND NOT EXISTS (SELECT 1 FROM fund.payment p WHERE p.id = e.payment_id)
      UNION ALL SELECT i.id::text, 'paid ' || count(*) || ' times' FROM fund.instalment i JOIN fund.payment p
        ON p.instalment_id = i.id AND p.state IN ('released', 'confirmed') GROUP BY i.id HAVING count(*) > 1"""),
    Invariant("I7", lazy("Whoever prepared, approved and released a payment are three people."), """
      SELECT s.payment_id::text, string_agg(s.step, ',') FROM fund.payment_step s WHERE s.step IN
      ('prepared', 'approved', 'released') GROUP BY s.payment_id HAVING count(DISTINCT s.person_id) <> count(*)
      UNION ALL SELECT p.id::text, p.state || ' with ' || count(s.id) || ' hands' FROM fund.payment p
      LEFT JOIN fund.payment_step s ON s.payment_id = p.id AND s.step IN ('prepared', 'approved', 'released')
      WHERE p.state IN ('released', 'confirmed', 'returned') GROUP BY p.id HAVING count(s.id) <> 3"""),
    Invariant("I8", lazy("Every decision had its quorum, and nobody decided or paid in spite of a conflict of interest."), f"""
      SELECT d.application_id::text, 'votes ' || v.yes || '/' || v.no || '/' || v.none || ' of ' || d.needed
      FROM fund.decision d CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE w.choice = 'for') AS yes,
        count(*) FILTER (WHERE w.choice = 'against') AS no, count(*) FILTER (WHERE w.choice = 'abstain') AS none
        FROM (SELECT DISTINCT ON (x.person_id) x.person_id, x.choice FROM fund.vote x WHERE
          x.application_id = d.application_id AND x.application_revision = d.application_revision AND x.at <= d.at
          ORDER BY x.person_id, x.number DESC) w
        WHERE {_SAT} AND NOT {_conflicted('d.application_id', 'w.person_id', 'd.at')}) v
      WHERE (v.yes, v.no, v.none) IS DISTINCT FROM (d.votes_for::bigint, d.votes_against::bigint, d.abstained::bigint)
        OR v.yes + v.no + v.none < d.needed OR (d.outcome = 'granted') <> (v.yes > v.no)
      UNION ALL SELECT d.application_id::text, 'needed ' || d.needed || ', at the time ' || (r.details ->> 'needed')
        FROM fund.decision d JOIN audit.row r ON r.verb = 'case.decided' AND r.subject = d.application_id
        WHERE (r.details ->> 'needed')::int <> d.needed
      UNION ALL SELECT a.id::text, a.state || ', decided ' || coalesce(d.outcome, 'never') FROM fund.application a
        LEFT JOIN fund.decision d ON d.application_id = a.id WHERE (a.state = 'decided') <> (d.outcome IS NOT NULL)
      UNION ALL SELECT d.application_id::text, 'recorded by somebody with a conflict' FROM fund.decision d
        WHERE {_conflicted('d.application_id', 'd.person_id', 'd.at')}
      UNION ALL SELECT s.payment_id::text, s.step || ' by somebody with a conflict' FROM fund.payment_step s
        JOIN fund."grant" g ON g.id = s.grant_id WHERE s.step <> 'stopped'
        AND {_conflicted('g.application_id', 's.person_id', 's.at')}"""),
    Invariant("I11", lazy("The public totals are the ledger's, to the minor unit."), f"""
      SELECT a.fund_id::text, a.currency || ' ' || a.kind FROM (SELECT x.fund_id, x.currency, x.kind, sum(l.amount) AS amount
        FROM fund.account x JOIN fund.entry_line l ON l.account_id = x.id GROUP BY 1, 2, 3) a
      LEFT JOIN LATERAL (SELECT t.amount FROM fund.totals(a.fund_id, {_TOMORROW}) t
        WHERE t.currency = a.currency AND t.account = a.kind) t ON true
      WHERE t.amount IS DISTINCT FROM a.amount
      UNION ALL SELECT f.organisation_id::text, x.said || ' ' || x.currency || ' ' || x.told || ' / ' || x.found
      FROM fund.fund f CROSS JOIN LATERAL (SELECT y.said, y.currency, sum(y.told) AS told, sum(y.found) AS found FROM (
        SELECT n.said, t.currency, -t.amount AS told, 0 AS found
          FROM fund.totals(f.organisation_id, {_TOMORROW}) t JOIN (VALUES ('received', 'available'), ('received', 'awarded'),
          ('granted', 'awarded')) n(said, account) ON n.account = t.account
        UNION ALL SELECT 'received', r.currency, 0, r.amount FROM fund.receipt r WHERE r.fund_id = f.organisation_id
          AND r.state = 'matched'
        UNION ALL SELECT 'granted', s.currency, 0, s.amount FROM fund.grants_shown(f.organisation_id, {_TOMORROW}) s
        ) y GROUP BY 1, 2) x WHERE x.told <> x.found"""),
    Invariant("I12", lazy("Of grants the public reads no name, title or number that is not agreed to be shown."), f"""
      SELECT f.organisation_id::text, s.kind || ' ' || coalesce(s.id::text, s.place) FROM fund.fund f
      CROSS JOIN LATERAL fund.grants_shown(f.organisation_id, {_TOMORROW}) s
      WHERE s.kind NOT IN ('full', 'no_name', 'cell') OR (s.kind = 'cell' AND s.grants < {THRESHOLD})
        OR (s.kind <> 'full' AND (s.id IS NOT NULL OR s.title_id IS NOT NULL OR s.name <> '' OR s.title <> ''))
        OR (s.kind = 'full' AND NOT EXISTS (SELECT 1 FROM fund."grant" g WHERE g.id = s.id AND g.level = 'full'
          AND NOT g.at_risk))
      UNION ALL SELECT f.organisation_id::text, 'by themselves ' || a.shown || ' / ' || a.agreed FROM fund.fund f
      CROSS JOIN LATERAL (SELECT (SELECT count(*) FROM fund.grants_shown(f.organisation_id, {_TOMORROW}) s
          WHERE s.kind <> 'cell') AS shown,
        (SELECT count(*) FROM fund."grant" g WHERE g.fund_id = f.organisation_id AND g.level IN ('full', 'no_name')
          AND NOT g.at_risk) AS agreed) a WHERE a.shown > a.agreed
      UNION ALL SELECT p.id::text, 'title in other words' FROM fund.part p JOIN fund."grant" g
        ON g.application_id = p.application_id WHERE p.name = 'title' AND (g.level <> 'full' OR g.at_risk)
        AND fund.is_public_title(p.id)"""),
    Invariant("I13", lazy("Balances kept beside the ledger equal a replay of its entries from zero."), """
      SELECT a.id::text, a.kind || ' ' || coalesce(b.amount::text, 'none') FROM fund.account a LEFT JOIN fund.balance b
      ON b.account_id = a.id
      WHERE b.amount IS DISTINCT FROM (SELECT sum(l.amount)::bigint FROM fund.entry_line l WHERE l.account_id = a.id)
      UNION ALL SELECT x.grant_id::text, coalesce(g.awarded || ' / ' || g.paid, 'none') FROM (SELECT b.grant_id
        FROM fund.grant_balance b UNION SELECT e.grant_id FROM fund.entry e WHERE e.grant_id IS NOT NULL) x
      LEFT JOIN fund.grant_balance g ON g.grant_id = x.grant_id CROSS JOIN LATERAL (
        SELECT coalesce(-sum(l.amount) FILTER (WHERE a.kind = 'awarded'), 0) AS awarded,
               coalesce(sum(l.amount) FILTER (WHERE a.kind = 'paid'), 0) AS paid FROM fund.entry e JOIN fund.entry_line l
        ON l.entry_id = e.id JOIN fund.account a ON a.id = l.account_id WHERE e.grant_id = x.grant_id) r
      WHERE (g.awarded, g.paid) IS DISTINCT FROM (r.awarded::bigint, r.paid::bigint)"""),
)
CHAIN = Invariant("I10", lazy("The chain of seals is whole: no sealed entry was changed or taken out."), "")
ONCE = Invariant("I14", lazy("Every entry is what its key was first used for, and no key was used twice."), "")

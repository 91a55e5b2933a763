"""Who waits for money, or promised some, is still needed here."""

from polyphony.kernel.locale import ngettext
from polyphony.organisations.leaving import rests_on

rests_on("fund", """
    SELECT 'awaits', count(*) FROM fund.grantee g JOIN fund.instalment i ON i.grant_id = g.grant_id
    WHERE g.organisation_id = organisation AND i.cancelled_on IS NULL AND NOT EXISTS (SELECT 1 FROM fund.payment p
      WHERE p.instalment_id = i.id AND p.state = 'confirmed')
    UNION ALL SELECT 'asks', count(*) FROM fund.applicant x JOIN fund.application a ON a.id = x.application_id
    WHERE x.organisation_id = organisation AND a.state = 'submitted'
    UNION ALL SELECT 'promised', count(*) FROM fund.pledge p WHERE p.company_id = organisation AND p.amount +
      coalesce((SELECT sum(CASE c.kind WHEN 'raised' THEN c.amount ELSE -c.amount END) FROM fund.pledge_change c
        WHERE c.pledge_id = p.id), 0) > coalesce((SELECT sum(r.amount) FROM fund.receipt r WHERE r.pledge_id = p.id
        AND r.state = 'matched'), 0)""", {
            "awaits": lambda number: ngettext(
                "%(num)s instalment of a grant is not paid yet. The treasurer of the fund can help.",
                "%(num)s instalments of grants are not paid yet. The treasurer of the fund can help.", number),
            "asks": lambda number: ngettext(
                "%(num)s application is not decided yet. A coordinator can withdraw it.",
                "%(num)s applications are not decided yet. A coordinator can withdraw them.", number),
            "promised": lambda number: ngettext(
                "%(num)s promise of money is not kept in full. A decision maker can withdraw what has not come.",
                "%(num)s promises of money are not kept in full. A decision maker can withdraw what has not come.", number)})

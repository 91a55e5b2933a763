"""A company that owes answers cannot leave: its silence would have nobody behind it."""

from polyphony.kernel.locale import ngettext
from polyphony.organisations.leaving import rests_on

rests_on("feedback", """
    SELECT 'owes', count(*) FROM feedback.theme t WHERE t.shared_on IS NOT NULL AND organisation = ANY (t.addressed)
    AND NOT EXISTS (SELECT 1 FROM feedback.answer a WHERE a.theme_id = t.id AND a.company_id = organisation
      AND a.state <> 'draft')
    AND NOT EXISTS (SELECT 1 FROM feedback."default" d WHERE d.consultation_id = t.consultation_id
      AND d.company_id = organisation)""", {
        "owes": lambda number: ngettext("It owes %(num)s answer. A decision maker signs it.",
                                        "It owes %(num)s answers. A decision maker signs them.", number)})

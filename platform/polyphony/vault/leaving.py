"""An organisation whose keyholder serves a consultation hands over first."""

from polyphony.kernel.locale import ngettext
from polyphony.organisations.leaving import rests_on

rests_on("vault", """
    SELECT 'keeps', count(*) FROM vault.seat s JOIN vault.circle c ON c.id = s.circle_id JOIN vault.keyholder k
    ON k.id = s.keyholder_id WHERE s.organisation_id = organisation AND c.state <> 'ended' AND k.ended_on IS NULL""", {
        "keeps": lambda number: ngettext(
            "Its keyholder serves %(num)s consultation. She stops first; the facilitator chooses others.",
            "Its keyholders serve %(num)s consultations. They stop first; the facilitators choose others.", number)})

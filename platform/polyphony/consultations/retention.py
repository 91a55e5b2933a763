"""What is kept of a consultation itself, and when what was said in it ends."""

from polyphony.kernel.locale import lazy
from polyphony.kernel.retention import ACCOUNT, ORGANISATION, STAYS, Datum, keeps, spare

SPOKEN, UNKEPT = 3, 5  # years after closing; years after the promised date where nobody ever closed it

keeps(
    Datum("consultation", (ORGANISATION,), lazy("What companies and facilitators write about a consultation: its terms, "
                                                "its steps, who was asked and what they answered"),
          lazy("As long as this place exists."), lazy("So that nobody can take back what was asked and promised."), STAYS,
          {"consultations.consultation": "id state source_lang title plain purpose open_to_change closed_to_change "
                                         "cannot_share cannot_share_why at_risk technologies countries segments contexts "
                                         "phases languages protection discovery accountless time_zone opens_at closes_at "
                                         "promised_on facilitator_id facilitator_accepted_on paid_by revision created_at",
           "consultations.convener": "consultation_id company_id state accepted_revision accepts_facilitator functions "
                                     "words lang words_id began invited_at answered_at",
           "consultations.facilitation": "id consultation_id organisation_id company_id says at words lang",
           "consultations.invited": "consultation_id organisation_id at",
           "consultations.transition": "id consultation_id start end at by_organisation words lang",
           "consultations.raise": "id consultation_id start end at words lang"}),
    Datum("translator", (ACCOUNT,), lazy("In which consultations you were appointed to translate, and for which languages"),
          lazy("As long as the consultation is on record; others see your organisation, not your name."),
          lazy("So that authors know who translates them."), STAYS,
          {"consultations.translator": "id consultation_id person_id organisation_id shown_as languages appointed_on "
                                       "ended_on"},
          "SELECT t.shown_as, t.languages, t.appointed_on, t.ended_on FROM consultations.translator t WHERE "
          "t.person_id = :person ORDER BY t.appointed_on, t.id"),
)
spare("the hash of a link's secret", consultations__link="consultation_id secret")


def over(years: int) -> str:
    """SQL: the consultations that were closed so many years ago, none of them held (`:today`, `:held`)."""
    return (f"SELECT c.id FROM consultations.consultation c WHERE NOT (c.id = ANY (CAST(:held AS uuid[]))) AND (EXISTS ("
            "SELECT 1 FROM consultations.transition t WHERE t.consultation_id = c.id AND t.\"end\" = 'closed' AND "
            f"t.at < CAST(:today AS date) - interval '{years} years') OR c.promised_on < "
            f"CAST(:today AS date) - interval '{years + UNKEPT - SPOKEN} years')")

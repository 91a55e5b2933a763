"""How kinds, roles and functions are called on pages."""

from functools import lru_cache

from babel import Locale

from polyphony.kernel.locale import lazy

KIND_NAMES = {
    "company": lazy("Company"), "stakeholder": lazy("Stakeholder organisation"),
    "facilitation": lazy("Facilitation body"), "fund": lazy("Fund"), "operator": lazy("Operator of the platform"),
}
ROLE_NAMES = {
    "administrator": lazy("Administrator"), "engagement_lead": lazy("Engagement lead"),
    "decision_maker": lazy("Decision maker"), "board_observer": lazy("Board observer"),
    "coordinator": lazy("Coordinator"), "contributor": lazy("Contributor"), "translator": lazy("Translator"),
    "facilitator": lazy("Facilitator"), "reviewer": lazy("Reviewer"), "committee_member": lazy("Committee member"),
    "treasurer": lazy("Treasurer"), "approver": lazy("Approver"), "releaser": lazy("Releaser"),
    "keyholder": lazy("Keyholder"),
}
ROLE_WORDS = {
    "administrator": lazy("Invites members and ends memberships."),
    "engagement_lead": lazy("Prepares consultations and drafts the answers."),
    "decision_maker": lazy("Signs the answers for one function of the company."),
    "board_observer": lazy("Reads everything the company may read, and changes nothing."),
    "coordinator": lazy("Speaks for the organisation, invites members and ends memberships."),
    "contributor": lazy("Speaks for the organisation."),
    "translator": lazy("Translates and reviews translations."),
    "facilitator": lazy("Leads consultations that all sides have accepted her for."),
    "reviewer": lazy("Scores applications without knowing who applies."),
    "committee_member": lazy("Decides on applications, once she has a seat in the committee."),
    "treasurer": lazy("Records money that came and prepares payments."),
    "approver": lazy("Approves payments that somebody else prepared."),
    "releaser": lazy("Releases payments that two others prepared and approved."),
    "keyholder": lazy("Holds one share of each sealed identity; several open one together."),
}
FUNCTION_NAMES = {
    "engineering": lazy("Engineering"), "product": lazy("Product"), "research": lazy("Research"),
    "legal": lazy("Legal"), "commercial": lazy("Commercial"),
}
_NOT_COUNTRIES = {"EU", "EZ", "UN", "ZZ", "XA", "XB", "QO"}


@lru_cache(maxsize=32)
def countries(lang: str) -> dict[str, str]:
    """Countries and territories by their ISO 3166-1 code, named and ordered in one language (CLDR)."""
    named = {code: name for code, name in Locale.parse(lang.replace("-", "_")).territories.items()
             if len(code) == 2 and code.isalpha() and code not in _NOT_COUNTRIES}
    return dict(sorted(named.items(), key=lambda item: item[1].casefold()))


def country(code: str, lang: str) -> str:
    return countries(lang).get(code, code)

HAPPENED = {"begun": lazy("Role given"), "ended": lazy("Role ended"), "invited": lazy("Invited"),
            "organisation_invited": lazy("Organisation invited"), "accepted": lazy("Invitation accepted"),
            "withdrawn": lazy("Invitation withdrawn")}

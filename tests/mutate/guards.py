"""Which tests claim to notice which fault: by its kind, and where a kind has many, by its place.

A row of the audit is asked of the tests that stand for its verb (tests/audited.json). `claims.json` names for each other
place in the program the test that noticed when it was last learned; a place that is not in it yet is asked of the tests
of its room.
"""

import json
import re
from functools import cache
from pathlib import Path

# Faults that nobody notices yet. They count as survived; only the sample of `make test-all` draws none of them.
OPEN = frozenset(json.loads(Path(__file__).with_name("open.json").read_text("utf-8")))
CLAIMS = Path(__file__).with_name("claims.json")
AUDITED: dict[str, list[str]] = json.loads((Path(__file__).parents[1] / "audited.json").read_text("utf-8"))
HEADERS = ["tests/security/test_header_values.py"]
SANDBOX = ["tests/security/test_header_values.py"]
PROOFS = [f"tests/security/test_fresh_proof.py::{test}" for test in (
    "test_every_address_that_takes_something_asks_for_a_fresh_proof_or_says_why_not", "test_pages_that_ask_before_they_are_shown")]
ROOMS = {
    "auditing": ["tests/security/test_audit.py"], "consultations": ["tests/journeys/test_consultations.py", "tests/journeys/test_facilitation.py"],
    "feedback": ["tests/journeys/test_feedback.py", "tests/journeys/test_themes.py"],
    "inputs": ["tests/journeys/test_inputs.py", "tests/journeys/test_uploads.py"],
    "organisations": ["tests/journeys/test_organisations.py"], "people": ["tests/journeys/test_people.py", "tests/security/test_doors.py"],
    "retention": ["tests/journeys/test_my_data.py"], "languages": ["tests/journeys/test_themes.py"], "uploads": ["tests/journeys/test_uploads.py"], "vault": ["tests/journeys/test_vault.py"],
    "kernel": ["tests/house/test_edge.py", "tests/security/test_edges.py"],
}
PLACES = {  # that are not asked of the tests of their room
    "polyphony.kernel.audit": ["tests/security/test_audit.py"],
    "polyphony.kernel.kept": ["tests/bad_days/test_signed_out.py"],
    "polyphony.inputs.sealing": ["tests/security/test_phrase_page.py"],
    "polyphony.organisations.entrance.openid": ["tests/security/test_openid.py"],
    "polyphony.people.passkeys": ["tests/journeys/test_passkeys.py"],
}
BY_KIND = {"header": HEADERS, "fresh proof not asked": ["tests/security/test_fresh_proof.py"], "edge": ["tests/house/test_edge.py", "tests/security/test_header_values.py", "tests/security/test_who_may_come.py"]}
FUND = "tests/security/test_fund_guards.py::test_every_trigger_refuses_and_would_not_if_it_were_taken_out"
HOLDS = ["tests/journeys/test_my_data.py::test_the_database_itself_asks_for_two_people_and_an_end"]
LEAVING = ["tests/journeys/test_my_data.py::test_each_room_is_asked_in_the_database_before_an_organisation_leaves"]
TRIGGERS = {
    "consultations.promises_hold": ["tests/security/test_audience.py::test_the_promised_date_and_the_order_of_steps_hold_in_the_database"],
    "inputs.naming_stays": ["tests/security/test_audience.py::test_not_even_the_owner_of_the_tables_names_her_otherwise_than_she_chose"],
    "organisations.two_stewards": ["tests/security/test_audience.py::test_one_steward_alone_admits_nobody"],
    "organisations.never_changed": ["tests/security/test_seal.py::test_a_membership_is_never_changed"],
    "fund.keep_balances": ["tests/security/test_fund_database.py"], "fund.note_conflicts": ["tests/journeys/test_fund_conflicts.py::test_a_conflict_is_noted_in_the_moment_in_which_it_comes_about"],
    "fund.posted_stays": ["tests/security/test_fund_database.py", FUND], "fund.grant_adds_up": ["tests/security/test_fund_database.py", FUND],
    "fund.payment_posted": ["tests/security/test_fund_database.py", FUND],
    "retention.two_people": HOLDS, "retention.made_now": HOLDS,
    **{f"{room}.departure_waits": LEAVING for room in ("consultations", "feedback", "fund", "vault")},
    "languages.read_input_first": ["tests/journeys/test_own_translations.py::test_the_database_itself_holds_an_authors_translation_back"],
    "languages.read_quote_first": ["tests/journeys/test_themes.py::test_a_translation_of_a_quote_in_the_moment_of_the_masking_comes_second"],
    "languages.read_ground_view_first": ["tests/journeys/test_after_publication.py::test_an_authors_own_translation_of_her_view_waits_for_the_facilitator"],
    "feedback.signs_in_turn": ["tests/journeys/test_themes.py::test_a_signature_in_the_moment_of_publishing_comes_second"],
    "consultations.own_languages": ["tests/journeys/test_told.py::test_the_database_keeps_a_translator_to_her_languages"],
    "fund.applies_in_turn": ["tests/security/test_fund_concurrency.py"], "fund.case_in_turn": ["tests/security/test_fund_concurrency.py"],
}

_CONSULTING, _FACILITATING = ["tests/journeys/test_consultations.py"], ["tests/journeys/test_facilitation.py"]
_PAYING = ["tests/journeys/test_fund_payments.py"]
_MISSED, _READING = ["tests/security/test_missed.py"], ["tests/security/test_audience.py"]
FUND_WIDENED = "tests/security/test_fund_widened.py::test_everybody_reaches_what_she_should_and_every_policy_is_missed_when_it_is_taken_out"
# Policies without which somebody misses what nobody has in a fog: who tells.
POLICIES = {
    'audit."row" select_house': ["tests/security/test_audit.py"], 'audit."row" select_party': _MISSED,
    "consultations.consultation select_by_link": _CONSULTING, "consultations.consultation update_lead": _CONSULTING,
    "consultations.convener insert_first": _CONSULTING, "consultations.convener update_ask_anew": _CONSULTING,
    "consultations.facilitation insert_body": _FACILITATING, "consultations.facilitation select_own": _MISSED,
    "feedback.answer select_signed_for_translator": _MISSED, "feedback.excerpt select_author": _MISSED,
    "feedback.ground_view select_translator": _MISSED, "feedback.objection select_translator": _MISSED,
    "feedback.theme select_translator": _MISSED,
    "inputs.input select_chosen": _READING, "inputs.input select_handed": _READING,
    "fund.applicant select_committee": ["tests/journeys/test_fund_decisions.py"],
    "fund.application select_reviewer": ["tests/journeys/test_fund_reviews.py"],
    "organisations.factor_reset insert_administrator": ["tests/journeys/test_lost_factor.py"],
    **{f"organisations.{policy}": ["tests/journeys/test_memberships.py", "tests/journeys/test_organisations.py"] for policy in (
        "invitation_end insert_withdrawn", "membership_end insert_self_or_administrator", "organisation select_own")},
    "retention.hold select_concerned": ["tests/journeys/test_my_data.py"],
    "vault.sealed vault_update": ["tests/security/test_vault.py"],
    **{f"fund.{table} select_of_seen": ["tests/security/test_fund_database.py::test_what_hangs_on_a_call_in_preparation_is_hidden"]
       for table in ("call_step", "criterion", "eligibility")},
    "fund.grant_balance lookup_update": _PAYING, "fund.score select_own": ["tests/journeys/test_fund_reviews.py"],
    **{f"fund.payment_step insert_{step}": _PAYING for step in ("confirmed", "returned", "stopped")},
    "inputs.input select_translator": _MISSED, "kernel.once lookup_update": ["tests/bad_days/test_once_only.py"],
    "kernel.tally worker_update": ["tests/security/test_differencing.py"],
    **{f"fund.{table} lookup_update": ["tests/security/test_fund_database.py", "tests/security/test_fund_concurrency.py"]
       for table in ("balance", "payment", "turn")},
    **{f"fund.{table} worker_update": ["tests/journeys/test_fund_bodies.py", "tests/journeys/test_fund_conflicts.py",
                                       "tests/security/test_life_of_a_datum.py"] for table in ("recusal", "seat")},
    "languages.translation select_with_words": _CONSULTING, "languages.translation select_of_public_title": ["tests/journeys/test_fund_statement.py"],
    **{f"languages.translation {verb}_fund_{kind}": [f"tests/journeys/test_fund_{room}.py"] for kind, room in (
        ("call", "calls"), ("criterion", "calls"), ("eligibility", "calls"), ("decision", "translating"), ("purpose", "statement"))
       for verb in ("delete_remove", "insert_write", "update_change")},
}

# Guards behind which a second one says the very same: without the first, nothing is different for anybody.
TWICE = {
    **{f"rule gone: polyphony.people.views:{page} signed_in": "`people.service.myself` sends strangers away with the same words"
       for page in ("account", "account_post", "change_password", "sign_out_everywhere")},
    **{f"rule gone: polyphony.{page}": "what stands behind it sends strangers away with the same words" for page in (
        "organisations.entrance.views:account signed_in", "organisations.entrance.views:unlink signed_in",
        "people.views_factors:new_codes signed_in", "retention.views:download author", "retention.views:erase author",
        "retention.views:mine author")},
    "policy without check: fund.instalment update_administrator": "no role may change the columns that it looks at (grants)",
    "policy without check: fund.receipt update_treasurer": "no role may change the columns that it looks at (grants)",
    "seal not asked for: fund.grant_stays()": "row security asks for the seal before any row is changed",
    "edge: polyphony.app:_extensions locale.install(app)": "it makes pages quicker and guards nothing",
}


def of_policy(name: str) -> list[str]:
    """The tests, beside those of every table, in which somebody would miss this policy."""
    return POLICIES.get(name) or [FUND_WIDENED] * name.startswith("fund.")


@cache
def claims() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(CLAIMS.read_text("utf-8")) if CLAIMS.exists() else {}
    return found


def of_code(kind: str, site: str) -> list[str]:
    """The tests for a place in the program."""
    known = of_audit(site.partition(" ")[2]) if kind == "audit" or " anonymous " in site else claims().get(f"{kind}: {site}", [])
    room = site.split(".")[1].split(":")[0]
    return known or BY_KIND.get(kind) or PLACES.get(site.partition(":")[0]) or ROOMS.get(room, [f"tests/journeys/test_fund_{site.split('.')[2]}.py"] if room == "fund" else [])


def of_audit(verbs: str) -> list[str]:
    """The tests that stand for any of these verbs, as the program writes them: also `f'consultation.{end}'`."""
    wanted = re.compile("|".join(re.escape(each).replace(r"\*", r"\w+") for each in re.findall(
        r"[a-z_*]+\.[a-z_*]+", re.sub(r"\{[^}]*\}", "*", verbs))))
    return [test for test, stands_for in AUDITED.items() if any(wanted.fullmatch(verb) for verb in stands_for)]


def of_trigger(function: str) -> list[str]:
    return TRIGGERS.get(function) or [FUND] * function.startswith("fund.")

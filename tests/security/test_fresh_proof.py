"""Before harm she shows once more that it is she: every address that takes something asks for it, or says why not.

An address that is neither is new: whoever builds it decides, and writes the reason down here.
"""

import re
import uuid
from typing import Any

import pytest
from tests.journeys.test_second_factors import code_of, enrolled, people

import make
from polyphony.kernel import access
from polyphony.kernel.access import ProofNeeded, proven

__all__ = ["people"]
# Why an address asks for no fresh proof, and which those are, by their room.
WITHOUT = {
    "the door itself: what is sent is the proof, or leads away": {
        "entrance": "back_post", "organisations": "invitation_post",
        "people": "sign_in_post sign_out sign_out_everywhere second_step_post use_passkey passkey_question ask_reset_post "
                  "choose_password_post change_password come_back_post leave prove_post end_session end_other_sessions"},
    "her own words and choices about herself, which she can send again": {
        "feedback": "ground object refuse_translator", "notices": "seen", "people": "account_post", "vault": "leave withdraw",
        "inputs": "begin keep_words keep_choices send change withdraw remove_file refuse_translator"},
    "words and terms that can be corrected before others rely on them": {
        "consultations": "begin save", "feedback": "draft comment add_measure remove_measure", "languages": "write review",
        "fund": "take_apply take_application_step take_application_files add_up take_application_check take_new_call "
                "take_edit_call take_criteria take_questions purpose review take_correction no_correction"},
    "a step that others see and that can be taken back or said anew": {
        "consultations": "take_conveners take_back take_invited withdraw end_translator decline_facilitation",
        "organisations": "withdraw", "feedback": "status remind", "fund": "vote reviewers unassign share_out step_aside "
                                                                         "take_prepare_call take_back_call"},
    "nothing happens before others have said yes": {
        "consultations": "reply facilitation take_succession answer_call"},
    "it makes things safer only": {"consultations": "take_protection"},
    "reading and sorting, one piece after another: asked in between, she would give the proof without looking": {
        "inputs": "release mask hand withhold",
        "feedback": "new_theme edit_theme move_theme remove_theme place remove_excerpt note_losses share handle read_ground "
                    "ground_round"},
}


def taking(app: Any) -> set[str]:
    """Every address that takes something."""
    return {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in rule.methods}


def asking(app: Any) -> set[str]:
    return {name for name in app.view_functions if getattr(app.view_functions[name], "access_fresh", False)}


def excused() -> list[str]:
    return [f"{room}.{name}" for rooms in WITHOUT.values() for room, names in rooms.items() for name in names.split()]


def undeclared(app: Any) -> set[str]:
    return taking(app) - asking(app) - set(excused())


def test_every_address_that_takes_something_asks_for_a_fresh_proof_or_says_why_not(world: Any) -> None:
    assert undeclared(world.app) == set()
    assert len(excused()) == len(set(excused()))
    assert set(excused()) <= taking(world.app), "an excuse for what is not there"
    assert set(excused()) & asking(world.app) == set(), "an excuse for what asks"
    world.app.add_url_rule("/<lang>/planted", "planted", access.access(access.company)(lambda: ""), methods=["POST"])
    assert undeclared(world.app) == {"planted"}


# Pages that ask before they are shown: what is taken away, what is opened, and forms that would ask once they are filled.
SHOWN = {
    "auditing": "file", "entrance": "settings lift", "fund": "payment", "retention": "download erase propose",
    "organisations": "invite_member end_membership change_role invite_organisation departure lost_factor lost_factors",
    "people": "second_factors add_app", "vault": "ask opening",
}


def test_pages_that_ask_before_they_are_shown(world: Any) -> None:
    shown = {f"{room}.{name}" for room, names in SHOWN.items() for name in names.split()}
    assert asking(world.app) - taking(world.app) == shown


def test_a_proof_of_long_ago_is_none(world: Any) -> None:
    from flask import g

    from polyphony.kernel.viewer import Viewer

    with world.app.test_request_context("/en/account/second-factors"):
        g.viewer = Viewer(person=uuid.uuid4(), card={"fresh": False})
        for ask in (access.enforce, proven):
            with pytest.raises(ProofNeeded):
                ask()
        g.viewer = Viewer(person=uuid.uuid4(), card={"fresh": True})
        access.enforce()
        proven()


TYPED = {
    "a role": ("memberships/{seat}/role", {"role": "engagement_lead", "function": "", "reason": "She leads now."}),
    "a company's sign-in": ("organisation/{firm}/sign-in", {
        "issuer": "https://login.halcyon.example", "client_id": "polyphony", "client_secret": "s" * 60, "domain": "", "acr": ""}),
    "a departure": ("organisation/{firm}/departure", {"words": "We have been bought by somebody else.", "sure": "yes"}),
}


@pytest.mark.parametrize("what", TYPED)
def test_what_was_typed_for_it_waits_for_the_proof(people: Any, what: str) -> None:
    client, secret = enrolled(people)
    (people.facts["seat"],) = people.sql("SELECT id FROM organisations.membership WHERE role = 'engagement_lead'")[0]
    place, typed = f"/en/{TYPED[what][0].format(**people.facts)}", TYPED[what][1]
    people.sql("UPDATE people.session SET proven_at = now() - interval '10 minutes'")
    assert "/en/account/proof?next=" in client.get(place).headers["Location"]
    counted = "SELECT count(*) FROM audit.row WHERE verb !~ '^(person|session)'"
    before = people.sql(counted)
    told = client.post(place, data=typed)
    assert told.status_code == 403
    assert "<h1>Show that it is you</h1>" in told.text
    assert people.sql(counted) == before
    kept = dict(re.findall(r'name="(\w+)"[^>]*?(?: value="|>\n)([^"<]*)', told.text.partition('class="kept"')[2]))
    assert {name: kept.get(name) for name in typed} == typed
    assert "<textarea" not in re.sub(r"(?s)<textarea name=.(words|reason|issuer|function|role).*?</textarea>", "", told.text)
    assert client.post("/en/account/proof", data={"present": make.PASSWORD, "code": code_of(secret, 1), "next": ""}).status_code == 303
    assert client.get(place).status_code == 200


def test_linking_the_company_s_sign_in_asks_as_well(people: Any) -> None:
    client, _ = enrolled(people)
    people.sql("UPDATE people.session SET proven_at = now() - interval '10 minutes'")
    begun = client.get(f"/en/sign-in/with/{people.facts['firm']}/begin?for=link")
    assert "/en/account/proof?next=" in begun.headers["Location"]
    assert client.get(f"/en/sign-in/with/{people.facts['firm']}/begin").status_code == 404, "coming in asks nothing"

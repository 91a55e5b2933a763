"""A small cast that convenes a consultation through the interface: terms, dates, and who accepts."""

import uuid
from datetime import timedelta

import pytest

import make

TERMS = {
    "source_lang": "en", "title": "Alerts before launch", "plain": "Tell us what would be safe.", "purpose": "To decide.",
    "open_to_change": "The words of the alert", "closed_to_change": "That there are alerts",
    "cannot_share": "How attacks are found", "cannot_share_why": "It would help attackers, until 2028",
    "at_risk": "People who share a phone", "technologies": "account-alerts, notifications", "countries": ["KE", "TZ"],
    "phases": ["assess"], "languages": ["en", "sw"], "protection": "standard", "discovery": "listed",
    "accountless": "y", "time_zone": "Africa/Nairobi", "paid_by": "The companies in equal parts",
}


def dates(**changes):
    now = make.now()
    found = {"opens_at": now + timedelta(days=2), "closes_at": now + timedelta(days=20)}
    return {**{name: when.strftime("%Y-%m-%dT%H:%M") for name, when in found.items()},
            "promised_on": (make.today() + timedelta(days=60)).isoformat(), **changes}


def once():
    return {"once": str(uuid.uuid4())}


@pytest.fixture(name="cast")
def the_cast(world):
    """Two companies with a lead each, a facilitator, an NGO with a translator."""
    w = world.facts
    for name in ("halcyon", "tern"):
        w[name] = make.organisation(world, name.title())
        make.person(world, f"lead@{name}.example", seats=((w[name], "engagement_lead"),))
        w[f"{name}_lead"] = make.sign_in(world.client(), f"lead@{name}.example")
    w["body"] = make.organisation(world, "Open Table", "facilitation")
    make.person(world, "anna@table.example", seats=((w["body"], "facilitator"),))
    w["anna"] = make.sign_in(world.client(), "anna@table.example")
    w["ngo"] = make.organisation(world, "Sauti", "stakeholder")
    make.person(world, "zawadi@sauti.example", seats=((w["ngo"], "coordinator"),))
    w["zawadi"] = make.sign_in(world.client(), "zawadi@sauti.example")
    w["neema_id"] = make.person(world, "neema@sauti.example", seats=((w["ngo"], "translator"),))
    w["neema"] = make.sign_in(world.client(), "neema@sauti.example")
    return w


def begin(world, cast, **changes):
    answer = cast["halcyon_lead"].post("/en/consultations/new", data={
        **TERMS, **dates(), "facilitator_id": str(cast["body"]), **once(), **changes})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return world.sql("SELECT id FROM consultations.consultation")[0][0]


def accept(world, client, id, **changes):
    revision = world.sql("SELECT revision FROM consultations.consultation WHERE id = %s", id)[0][0]
    return client.post(f"/en/consultations/{id}/companies/reply", data={
        "says": "accepted", "functions": ["product", "legal"], "accepts_facilitator": "y", "revision": revision,
        **once(), **changes})

"""A passkey in a real browser: made at the first sign-in, used alone and as second step, by Chromium's own authenticator."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from tests import make
from tests.browser.walking import WORLDS, Stage, Watch, aside, second_step

from polyphony.demo.cast import PASSWORD

pytestmark = pytest.mark.slow


@pytest.fixture
def home(stage: Stage) -> Stage:
    """The stage at the name that passkeys are bound to: they take no bare address."""
    stage.base = stage.base.replace("127.0.0.1", "localhost")
    stage.world.app.extensions["settings"] = replace(stage.world.settings, base_url=stage.base)
    return stage


def with_authenticator(walker: Any) -> Any:
    """A phone with a fingerprint reader whose owner agrees to everything."""
    line = walker.page.context.new_cdp_session(walker.page)
    line.send("WebAuthn.enable")
    line.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True}})
    return walker


def press(walker: Any, kind: str) -> None:
    """The button that only a script shows."""
    button = walker.page.locator(f'form[data-passkey="{kind}"] button')
    assert button.is_visible()
    with walker.page.expect_navigation():
        button.click()


def test_made_at_the_first_sign_in_and_used_alone(home: Stage) -> None:
    firm = home.id_of("Halcyon Messaging")
    aside(lambda: make.person(home.world, "new@halcyon.example", "Nia", seats=((uuid.UUID(firm), "engagement_lead"),)))
    nia = with_authenticator(home.enter("lead"))
    nia.goto("/sign-in").fill("address", address="new@halcyon.example", password=make.PASSWORD).send("address")
    assert "/second-factors/app" in nia.url
    press(nia, "create")
    assert nia.url.endswith("/account/second-factors"), nia.text
    nia.sees("Passkey")
    assert home.world.sql("SELECT count(*) FROM people.factor f JOIN people.person p ON p.id = person_id WHERE p.name = 'Nia' "
                          "AND kind = 'passkey'") == [(1,)]
    nia.page.context.clear_cookies()
    nia.goto("/sign-in?next=/en/account/sessions")
    press(nia, "get")
    assert nia.url.endswith("/account/sessions"), nia.text
    nia.sees("Here, in this browser")
    nia.page.context.clear_cookies()
    nia.goto("/sign-in").fill("address", address="new@halcyon.example", password=make.PASSWORD).send("address")
    assert "/second-step" in nia.url
    press(nia, "get")
    assert "/home" in nia.url


def test_who_says_no_goes_on_without(home: Stage) -> None:
    """No authenticator answers: the page says so and the code works."""
    lead = home.enter("lead")
    lead.goto("/sign-in").fill("address", address="lead@tern.example", password=PASSWORD)
    line = lead.page.context.new_cdp_session(lead.page)
    line.send("WebAuthn.enable")
    made = line.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": False, "automaticPresenceSimulation": True}})
    lead.page.locator('form[data-passkey="get"] button').click()
    lead.page.locator("[data-told]").wait_for(state="visible")
    line.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": made["authenticatorId"]})
    lead.send("address")
    second_step(lead.page, home.base.replace("localhost", "127.0.0.1"), "lead@tern.example")
    assert "/home" in lead.url


def test_without_scripts_nothing_of_it_is_seen(home: Stage) -> None:
    home.scripts = False
    visitor = home.enter("visitor").goto("/sign-in")
    assert not visitor.page.locator("form[data-passkey]").is_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_every_page_of_it_is_for_everybody(home: Stage, scripts: bool) -> None:
    """axe and narrow screens, in English and Arabic, with scripts and without."""
    home.scripts, home.watch = scripts, Watch()
    WORLDS[home.base] = home.world
    firm = home.id_of("Halcyon Messaging")
    aside(lambda: make.person(home.world, "new@halcyon.example", "Nia", seats=((uuid.UUID(firm), "administrator"),)))
    nia = home.enter("lead").goto("/sign-in").fill("address", address="new@halcyon.example", password=make.PASSWORD).send("address")
    nia.fill("code", code="000000").send("code", status=422)
    second_step(nia.page, home.base, "new@halcyon.example")
    nia.goto("/account/second-factors").send("/codes", status=200)
    nia.sees("Your ten recovery codes")
    nia.goto("/account").follow("/account/sessions").goto("/account/proof").goto("/account/second-factors/app")
    lead = home.enter("lead").goto("/sign-in").fill("address", address="lead@tern.example", password=PASSWORD).send("address")
    assert "/second-step" in lead.url
    assert home.watch.wrong == [], "\n".join(home.watch.wrong)

"""Her session ended while she typed: she is told that, signs in beside it, and sends what she typed at once."""

import re
import uuid
from typing import Any

import pytest
from tests.bad_days.test_database_away import resend
from tests.bad_days.test_limits import LONG, body

import make

HERE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def amina(stage: Any) -> Any:
    """Her browser, with protected forms; answers it and the protection of the page on which she types."""
    client = signing_in(stage, stage.world.client())
    page = body(client.get(f"{stage.at}/say"))
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    return client, found[1]


def signing_in(stage: Any, client: Any) -> Any:
    """Signing in, perhaps in another window of the same browser."""
    stage.world.app.config["WTF_CSRF_ENABLED"] = False
    make.sign_in(client, "amina@sauti.example")
    stage.world.app.config["WTF_CSRF_ENABLED"] = True
    return client


def sent(stage: Any, client: Any, token: str, **headers: str) -> Any:
    data = {"text": LONG, "lang": "sw", "other": "", "csrf_token": token, "once": str(uuid.uuid4())}
    return client.post(f"{stage.at}/say", data=data, headers=headers or HERE)


def ended(stage: Any, client: Any) -> None:
    stage.world.sql("DELETE FROM people.session")


def signed_out(stage: Any, client: Any) -> None:
    client.post("/en/leave")


@pytest.mark.parametrize("gone", [ended, signed_out])
def test_what_she_typed_is_sent_at_once_when_she_is_back(stage: Any, amina: Any, gone: Any) -> None:
    client, token = amina
    gone(stage, client)
    answer = sent(stage, client, token)
    page = body(answer, 403)
    assert LONG.strip() in page
    assert "open for too long" not in page
    assert "This opens a page of its own" in page
    assert resend(client, answer).status_code == 403, "not before she is back"
    answer = sent(stage, client, token)
    signing_in(stage, client)
    assert resend(client, answer).status_code == 303
    assert stage.world.sql("SELECT fields ->> 'text' FROM inputs.draft") == [(LONG.strip(),)]


def test_a_page_for_members_says_that_she_is_signed_out(stage: Any, amina: Any) -> None:
    client, token = amina
    signed_out(stage, client)
    answer = client.post(f"{stage.at}/publish", data={"words": LONG, "csrf_token": token}, headers=HERE)
    page = body(answer, 403)
    assert LONG.strip() in page
    assert "You are no longer signed in" in page
    assert "<h1>Sign in</h1>" in page


def test_nothing_else_is_taken_that_was_made_before(stage: Any, amina: Any) -> None:
    """Only this form, only in this browser, only to this address, only once; an older page is asked for anew."""
    client, token = amina
    ended(stage, client)
    answer = sent(stage, client, token)
    found = re.search(r'name="waiting" value="([^"]+)"', answer.get_data(as_text=True))
    assert found
    signing_in(stage, client)
    other = signing_in(stage, stage.world.client())
    data = {"text": LONG, "lang": "sw", "other": "", "waiting": found[1]}
    assert client.post(f"{stage.at}/say/choices", data=data, headers=HERE).status_code == 400
    assert other.post(f"{stage.at}/say", data=data, headers=HERE).status_code == 400
    assert "open for too long" in body(sent(stage, client, token), 400)
    assert client.post(f"{stage.at}/say", data={**data, "waiting": found[1][:-2]}, headers=HERE).status_code == 400
    assert [client.post(f"{stage.at}/say", data=data, headers=HERE).status_code for _ in range(2)] == [303, 400]


def test_another_site_learns_nothing_and_can_send_nothing(stage: Any, amina: Any) -> None:
    client, _token = amina
    ended(stage, client)
    for said, shown in (({"Sec-Fetch-Site": "cross-site"}, False), ({"X-Old": "browser"}, True)):
        page = sent(stage, client, "IjEi.old.old", **said).get_data(as_text=True)
        assert (LONG.strip() in page) is shown
        assert 'name="waiting"' not in page
        assert 'name="csrf_token"' not in "".join(page.split('class="kept"')[1:]).split("</form>")[0]


def test_a_session_is_not_kept_alive_by_a_form_that_does_not_fit(stage: Any, amina: Any) -> None:
    client, _token = amina
    stage.world.sql("UPDATE people.session SET seen_at = seen_at - interval '20 minutes'")
    before = stage.world.sql("SELECT seen_at FROM people.session")
    assert sent(stage, client, "IjEi.old.old").status_code == 400
    assert stage.world.sql("SELECT seen_at FROM people.session") == before

"""Her session ended while she typed: she is told that, signs in beside it, and sends what she typed at once."""

import re
import uuid
from typing import Any

import pytest
from tests.bad_days.test_database_away import resend
from tests.bad_days.test_limits import LONG, body
from tests.bad_days.test_once_only import phrase_page

import make

HERE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def amina(stage: Any) -> Any:
    """Her browser, with protected forms; answers it and the protection of the page on which she types."""
    client = signing_in(stage, stage.world.client())
    return client, protection(client.get(f"{stage.at}/say"))


def signing_in(stage: Any, client: Any, address: str = "amina@sauti.example") -> Any:
    """Signing in, perhaps in another window of the same browser."""
    stage.world.app.config["WTF_CSRF_ENABLED"] = False
    make.sign_in(client, address)
    stage.world.app.config["WTF_CSRF_ENABLED"] = True
    return client


def facilitating(stage: Any, client: Any) -> Any:
    return signing_in(stage, client, "fay@middle.example")


def protection(page: Any) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', body(page))
    assert found
    return found[1]


def sent(stage: Any, client: Any, token: str, **headers: str) -> Any:
    data = {"text": LONG, "lang": "sw", "other": "", "csrf_token": token, "once": str(uuid.uuid4())}
    return client.post(f"{stage.at}/say", data=data, headers=headers or HERE)


def ended(stage: Any, client: Any) -> None:
    stage.world.sql("DELETE FROM people.session")


def signed_out(stage: Any, client: Any) -> None:
    client.post("/en/leave")


@pytest.mark.parametrize("gone", [ended, signed_out])
def test_what_she_typed_is_there_when_she_is_back_and_she_is_told_how_it_would_be_sent(stage: Any, amina: Any, gone: Any) -> None:
    client, token = amina
    gone(stage, client)
    answer = sent(stage, client, token)
    page = body(answer, 403)
    assert LONG.strip() in page
    assert "open for too long" not in page
    assert "This opens a page of its own" in page
    early = resend(client, answer)
    assert early.status_code == 403, "not before she is back"
    assert LONG.strip() in early.get_data(as_text=True)
    answer = sent(stage, client, token)
    signing_in(stage, client)
    asked = resend(client, answer)
    assert "signed in with your account now, and it would be sent with it" in body(asked, 400)
    assert stage.world.sql("SELECT fields ->> 'text' FROM inputs.draft") == []
    assert resend(client, asked).status_code == 303
    assert stage.world.sql("SELECT fields ->> 'text' FROM inputs.draft") == [(LONG.strip(),)]


def test_words_of_a_return_phrase_go_into_no_account_unasked(stage: Any) -> None:
    """Her phrase has ended, and she, or whoever shares the phone, signs in with an account meanwhile."""
    client = stage.world.client()
    words, form = phrase_page(stage, client)
    assert client.post(f"{stage.at}/say/without-account", data=form).status_code == 303
    stage.world.app.config["WTF_CSRF_ENABLED"] = True
    token = protection(client.get(f"{stage.at}/say"))
    ended(stage, client)
    answer = sent(stage, client, token)
    assert LONG.strip() in body(answer, 403)
    signing_in(stage, client)
    asked = resend(client, answer)
    assert "come back with your return phrase first" in body(asked, 400)
    assert 'action="/en/leave"' in body(asked, 400), "the way out is there"
    assert stage.world.sql("SELECT count(*) FROM inputs.draft WHERE person_id IS NOT NULL") == [(0,)]
    back = client.post("/en/come-back", data={"words": " ".join(words), "csrf_token": protection(client.get("/en/come-back"))})
    assert back.status_code == 303
    asked = resend(client, asked)
    assert "here with your return phrase now" in body(asked, 400)
    assert resend(client, asked).status_code == 303
    assert stage.world.sql("SELECT person_id, fields ->> 'text' FROM inputs.draft") == [(None, LONG.strip())]


def stale(stage: Any, client: Any) -> None:
    stage.world.sql("UPDATE people.session SET proven_at = now() - interval '20 minutes'")


@pytest.mark.parametrize("gone", [ended, stale])
def test_a_form_for_members_is_sent_at_once_when_she_is_back_or_has_shown_that_it_is_she(stage: Any, gone: Any) -> None:
    client, place = facilitating(stage, stage.world.client()), f"{stage.at}/publish"
    token = protection(client.get(place))
    gone(stage, client)
    answer = client.post(place, data={"csrf_token": token, "once": str(uuid.uuid4())}, headers=HERE)
    assert 'name="waiting"' in body(answer, 403)
    facilitating(stage, client)
    with client.session_transaction() as kept:
        kept.pop("csrf_token", None)  # as whoever signs in or proves herself has new ones
    done = resend(client, answer)
    assert done.status_code == 422, "it was taken, though there is nothing to publish yet"
    assert resend(client, answer).status_code == 400, "once"


def test_choices_are_kept_as_words_are(stage: Any, amina: Any) -> None:
    client, token = amina
    ended(stage, client)
    choices = {"audience": "public", "naming": "pseudonym", "pseudonym": "Nightjar", "csrf_token": token}
    for _ in range(2):
        answer = client.post(f"{stage.at}/say/choices", data=choices, headers=HERE)
        assert 'name="pseudonym" value="Nightjar"' in body(answer, 403)
        found = re.search(r'class="kept".*?name="csrf_token" value="([^"]+)"', answer.get_data(as_text=True), re.DOTALL)
        assert found
        choices["csrf_token"] = found[1]


def test_a_page_for_members_says_that_she_is_signed_out(stage: Any, amina: Any) -> None:
    client, token = amina
    signed_out(stage, client)
    answer = client.post(f"{stage.at}/publish", data={"words": LONG, "csrf_token": token}, headers=HERE)
    page = body(answer, 403)
    assert LONG.strip() in page
    assert "You are no longer signed in" in page
    assert "<h1>Sign in</h1>" in page


def test_a_theme_is_made_at_once_when_the_facilitator_is_back(stage: Any) -> None:
    client, place = facilitating(stage, stage.world.client()), f"{stage.at}/themes/new"
    typed = {"title": "Warn", "summary": LONG, "lang": "en", "csrf_token": protection(client.get(place)), "once": str(uuid.uuid4())}
    ended(stage, client)
    answer = client.post(place, data=typed, headers=HERE)
    assert LONG.strip() in body(answer, 403)
    facilitating(stage, client)
    assert resend(client, answer).status_code == 303
    assert stage.world.sql("SELECT title, summary FROM feedback.theme") == [("Warn", LONG.strip())]


def test_nothing_else_is_taken_that_was_made_before(stage: Any, amina: Any) -> None:
    """Only this form, only in this browser, only to this address, only once; an older page is asked for anew."""
    client, token = amina
    ended(stage, client)
    place, data = f"{stage.at}/publish", {"words": LONG, "csrf_token": token}
    answer = client.post(place, data=data, headers=HERE)
    found = re.search(r'name="waiting" value="([^"]+)"', answer.get_data(as_text=True))
    assert found
    signing_in(stage, client)
    other = signing_in(stage, stage.world.client())
    data = {"words": LONG, "waiting": found[1]}
    assert client.post(f"{stage.at}/close", data=data, headers=HERE).status_code == 400
    assert other.post(place, data=data, headers=HERE).status_code == 400
    assert "open for too long" in body(client.post(place, data={"words": LONG, "csrf_token": token}, headers=HERE), 400)
    assert client.post(place, data={**data, "waiting": found[1][:-2]}, headers=HERE).status_code == 400
    taken = [client.post(place, data=data, headers=HERE).status_code for _ in range(2)]
    assert taken == [403, 400], "taken, and it is not hers to do"


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

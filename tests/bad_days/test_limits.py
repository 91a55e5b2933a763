"""What is too long, too old, unknown or closed: refused in words, and every word stays with its author."""

import re
import unicodedata
from html import unescape
from typing import Any

import make

DEVANAGARI = "क" + "ि"
LONG = "onyo linaonekana kwenye simu ya familia nzima, na hili ni hatari kwetu. "


def body(answer: Any, status: int = 200) -> str:
    text = unescape(answer.get_data(as_text=True))
    assert answer.status_code == status, text[:3000]
    return text


def say(client: Any, stage: Any, text: str, **more: Any) -> Any:
    return client.post(f"{stage.at}/say", data={"text": text, "lang": "sw", "other": "", **more})


def test_length_signs_and_languages(stage: Any, signed_in: Any) -> None:
    world, amina = stage.world, signed_in("amina@sauti.example")
    kept = "SELECT fields ->> 'text', fields ->> 'lang' FROM inputs.draft"
    for number, over in ((20_001, "1 character"), (20_750, "750 characters")):
        long = body(say(amina, stage, "m" * number), 422)
        assert "m" * number in long
        assert f"This is {over} too long; at most 20,000 fit." in long
    assert world.sql(kept) == []
    for text in ("e\u0301" * 10_000, DEVANAGARI * 10_000, "ش" * 19_000 + "\u0651" * 1000, "🧑🏾‍🦽‍➡️ " * 2000):
        assert say(amina, stage, text).status_code == 303
        assert world.sql(kept)[0][0] == text.strip(), "combining marks stay as they were typed"
    hard = "‮مرحبا‬ \u202babc\u202c a\u0300\u0323 Å Å ﬁ \u200b\u200d\u2066x\u2069 ﷺ"
    assert hard != unicodedata.normalize("NFC", hard)
    assert say(amina, stage, hard).status_code == 303
    assert world.sql(kept)[0][0] == hard
    assert hard in body(amina.get(f"{stage.at}/say"))
    assert "cannot be kept" in body(say(amina, stage, "before\0after"), 422)
    assert world.sql(kept)[0][0] == hard
    _languages(amina, stage, kept)


def _languages(amina: Any, stage: Any, kept: str) -> None:
    """Known to us, known to others, private, nonsense: taken or asked back, and correctable afterwards."""
    for typed in ("rhg", "zgh-Tfng", "sw-x-kimvita", "x-kimvita"):
        answer = say(amina, stage, LONG, lang="other", other=typed)
        if answer.status_code == 303:
            assert stage.world.sql(kept)[0][1].lower() == typed.lower()
            assert typed.lower() in body(amina.get(f"{stage.at}/say")).lower()
            amina.get(answer.location)
        else:
            assert "language code" in body(answer, 422)
            assert typed in body(answer, 422)
    for nonsense in ("", "the one of my mother", "q" * 40, "<b>", "sw_KE!"):
        shown = body(say(amina, stage, LONG, lang="other", other=nonsense), 422)
        assert LONG.strip() in shown
    assert say(amina, stage, LONG, lang="sw").status_code == 303
    assert stage.world.sql(kept)[0][1] == "sw"


def test_an_expired_form_gives_the_words_back_with_a_button(stage: Any, signed_in: Any) -> None:
    amina = signed_in("amina@sauti.example")
    stage.world.app.config["WTF_CSRF_ENABLED"] = True
    here = {"Sec-Fetch-Site": "same-origin"}
    data = {"text": LONG, "lang": "sw", "other": "", "csrf_token": "IjEi.old.old"}
    expired = amina.post(f"{stage.at}/say", data=data, headers=here)
    shown = body(expired, 400)
    assert LONG in shown
    fresh = re.search(r'name="csrf_token" value="([^"]+)"', shown)
    assert fresh
    assert amina.post(f"{stage.at}/say", data={**data, "csrf_token": fresh[1]}, headers=here).status_code == 303
    unsure = body(amina.post(f"{stage.at}/say", data=data), 400)
    assert LONG in unsure, "an old browser does not say whose form it was: her words to copy, but no button"
    assert 'name="csrf_token"' not in unsure.split('class="kept"')[1].split("</form>")[0]
    assert f'href="{stage.at}/say" target="_blank"' in unsure, "but the way to the form, beside her words"
    foreign = body(amina.post(f"{stage.at}/say", data=data, headers={"Sec-Fetch-Site": "cross-site"}), 400)
    assert LONG not in foreign
    for place in ("/en/sign-out", f"{stage.at}/say?next=//evil.example", "//evil.example/en/sign-out", "/en/nowhere"):
        told = amina.post(place, data=data).get_data(as_text=True)
        assert not [link for link in re.findall(r'href="([^"]*)"', told) if "evil.example" in link], place
        assert ("Open the form again" in told) is ("/say" in place), "only where a page has the form's own address"


def test_a_session_that_ended_while_she_wrote_loses_no_word(stage: Any, signed_in: Any) -> None:
    amina = signed_in("amina@sauti.example")
    stage.world.sql("DELETE FROM people.session")
    answer = body(say(amina, stage, LONG), 403)
    assert LONG in answer
    assert "Sign in" in answer
    make.sign_in(amina, "amina@sauti.example")
    assert say(amina, stage, LONG).status_code == 303


def test_what_is_far_too_large_is_refused_in_words(stage: Any, signed_in: Any) -> None:
    amina = signed_in("amina@sauti.example")
    answer = body(say(amina, stage, "m" * (2 * 1024 * 1024 + 1)), 413)
    assert "more than we can take at once" in answer
    assert body(amina.get(f"{stage.at}/say"))


def test_a_consultation_closed_meanwhile_leaves_the_draft_with_its_author(stage: Any, signed_in: Any) -> None:
    world, amina = stage.world, signed_in("amina@sauti.example")
    assert say(amina, stage, LONG).status_code == 303
    for state in ("answering", "published", "closed"):
        world.sql("UPDATE consultations.consultation SET state = %s", state)
        for step in ("say", "say/choices", "say/check"):
            answer = amina.get(f"{stage.at}/{step}", follow_redirects=True)
            assert LONG.strip() in body(answer), (state, step)
            assert "takes no more inputs" in body(answer)
        late = body(say(amina, stage, LONG + "Zaidi."), 409)
        assert LONG + "Zaidi." in late
        assert "takes no more inputs" in late
    assert world.sql("SELECT fields ->> 'text' FROM inputs.draft") == [(LONG.strip(),)]


def test_a_wrong_password_tells_nobody_who_has_an_account(stage: Any) -> None:
    pages = []
    for address in ("amina@sauti.example", "nobody@sauti.example"):
        answer = stage.world.client().post("/en/sign-in", data={"address": address, "password": "not this one at all"})
        text = body(answer, 422)
        assert "Address and password do not fit together." in text
        assert "not this one at all" not in text
        assert address in text
        pages.append(re.sub(r'name="once"[^>]*>', "", text.replace(address, "X")))
    assert pages[0] == pages[1]

"""Lines that drop, fingers that click twice, two tabs, two people: nothing is lost and nothing happens twice."""

import re
import threading
import uuid
from html import unescape
from typing import Any

import pytest

import make

TEXT = "Habari zenu. Nataka kusema kwamba onyo linaonekana kwenye simu ya familia nzima."


def fresh() -> str:
    return str(uuid.uuid4())


def body(answer: Any, status: int = 200) -> str:
    text = unescape(answer.get_data(as_text=True))
    assert answer.status_code == status, text
    return text


def phrase_page(stage: Any, client: Any) -> tuple[list[str], dict[str, str]]:
    text = body(client.get(f"{stage.at}/say/without-account"))
    words = re.findall(r"<li>(\w+)</li>", text.split('class="phrase"')[1].split("</ol>")[0])
    asked = [int(n) for n in re.findall(r"word number (\d+)", text)]
    sealed = re.search(r'name="sealed"[^>]*value="([^"]+)"', text)
    assert sealed
    return words, {"sealed": sealed[1], "first": words[asked[0] - 1], "second": words[asked[1] - 1]}


def choices(stage: Any) -> dict[str, Any]:
    return {"addressed": [str(stage.firms[0])], "audience": "companies", "naming": "unattributed",
            "speaks_as": "affected", "pseudonym": ""}


def count(stage: Any, table: str) -> int:
    return int(stage.world.sql(f"SELECT count(*) FROM {table}")[0][0])


def test_the_line_drops_at_every_step_without_an_account(stage: Any) -> None:
    """Each request is sent twice: as if its answer had been lost, with the same form and with a fresh one."""
    client = stage.world.client()
    phrase_page(stage, client)  # this page never arrived
    words, form = phrase_page(stage, client)
    assert count(stage, "people.phrase") == 0
    for _ in range(2):
        begun = client.post(f"{stage.at}/say/without-account", data=form)
        assert begun.status_code == 303
    other = stage.world.client()  # a browser that lost its cookie on the way
    assert other.post(f"{stage.at}/say/without-account", data=form).status_code == 303
    assert count(stage, "people.phrase") == 1
    steps = (("say", {"text": TEXT, "lang": "sw", "other": ""}), ("say/choices", choices(stage)), ("say/check", {}))
    for step, data in steps:
        once, places = fresh(), set()
        for _ in range(2):
            answer = client.post(f"{stage.at}/{step}", data={**data, "once": once})
            assert answer.status_code == 303, body(answer, answer.status_code)
            places.add(answer.location)
        assert len(places) == 1
        assert "It has arrived" in body(client.get(answer.location)) or step != "say/check"
        if step != "say/check":  # and with a form of its own, from another browser with the same phrase
            assert other.post(f"{stage.at}/{step}", data={**data, "once": fresh()}).status_code == 303
            assert count(stage, "inputs.draft") == 1
    assert "no draft" in body(other.post(f"{stage.at}/say/check", data={"once": fresh()}), 409)
    assert (count(stage, "inputs.input"), count(stage, "inputs.authorship"), count(stage, "inputs.draft")) == (1, 1, 0)
    back = stage.world.client()
    assert back.post("/en/come-back", data={"words": " ".join(words)}).status_code == 303
    assert TEXT in body(back.get("/en/inbox"))


def test_a_phrase_page_sent_again_from_an_older_page_leads_on(stage: Any) -> None:
    """Her page still carries the protection of before the phrase: the answer has a button, and it works."""
    stage.world.app.config["WTF_CSRF_ENABLED"] = True
    client = stage.world.client()
    page = body(client.get(f"{stage.at}/say/without-account"))
    _words, form = phrase_page(stage, client)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    form["csrf_token"] = token[1]
    assert client.post(f"{stage.at}/say/without-account", data=form).status_code == 303
    stale = client.post(f"{stage.at}/say/without-account", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    shown = body(stale, 400)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', shown.split('class="kept"')[1]))
    assert hidden["sealed"] == form["sealed"]
    assert client.post(f"{stage.at}/say/without-account", data=hidden).status_code == 303
    assert count(stage, "people.phrase") == 1
    foreign = body(client.post(f"{stage.at}/say/without-account", data=form), 400)
    assert form["sealed"] not in foreign, "another site cannot have our page send what it likes"


def race(*posts: Any) -> list[Any]:
    """Send requests in the same moment, each from a thread of its own."""
    gate, answers = threading.Barrier(len(posts)), []

    def run(post: Any) -> None:
        gate.wait()
        answers.append(post())

    threads = [threading.Thread(target=run, args=(post,)) for post in posts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def tabs(stage: Any, address: str, number: int = 2) -> list[Any]:
    """One person in several windows: each with the same session."""
    first = make.sign_in(stage.world.client(), address)
    cookie = first.get_cookie("polyphony")
    windows = [first]
    for _ in range(number - 1):
        other = stage.world.client()
        other.set_cookie("polyphony", cookie.value)
        windows.append(other)
    return windows


def test_a_double_click_on_send_is_one_input(stage: Any) -> None:
    windows = tabs(stage, "amina@sauti.example", 3)
    for round_ in range(3):
        windows[0].post(f"{stage.at}/say", data={"text": f"{TEXT} {round_}", "lang": "sw", "other": ""})
        windows[0].post(f"{stage.at}/say/choices", data=choices(stage))
        once = fresh()
        answers = race(*(lambda w=w, once=once: w.post(f"{stage.at}/say/check", data={"once": once}) for w in windows))
        assert {a.status_code for a in answers} == {303}, [a.get_data(as_text=True)[-900:] for a in answers]
        assert len({a.location for a in answers}) == 1
        assert count(stage, "inputs.input") == round_ + 1


def test_two_windows_send_the_same_draft_once(stage: Any) -> None:
    windows = tabs(stage, "amina@sauti.example")
    for round_ in range(3):
        windows[0].post(f"{stage.at}/say", data={"text": f"{TEXT} {round_}", "lang": "sw", "other": ""})
        windows[0].post(f"{stage.at}/say/choices", data=choices(stage))
        answers = race(*(lambda w=w: w.post(f"{stage.at}/say/check", data={"once": fresh()}) for w in windows))
        assert sorted(a.status_code for a in answers) == [303, 409]
        assert count(stage, "inputs.input") == round_ + 1


def test_two_windows_begin_one_draft(stage: Any) -> None:
    windows = tabs(stage, "amina@sauti.example")
    texts = [f"{TEXT} {n}" for n in range(2)]
    answers = race(*(lambda w=w, t=t: w.post(f"{stage.at}/say", data={"text": t, "lang": "sw", "once": fresh()})
                     for w, t in zip(windows, texts, strict=True)))
    assert {a.status_code for a in answers} <= {303, 409}
    for answer in answers:
        if answer.status_code == 409:
            assert TEXT in body(answer, 409)
    assert count(stage, "inputs.draft") == 1


def test_two_windows_change_one_input(stage: Any) -> None:
    windows = tabs(stage, "amina@sauti.example")
    who = stage.world.sql("SELECT id FROM people.person WHERE name = 'Amina'")[0][0]
    entry = make.input_(stage.world, stage.about, person_id=who, text="As it was.")
    texts = [f"{TEXT} {n}" for n in range(2)]
    answers = race(*(lambda w=w, t=t: w.post(f"/en/inbox/{entry}", data={"text": t, "revision": "1", "once": fresh()})
                     for w, t in zip(windows, texts, strict=True)))
    assert sorted(a.status_code for a in answers) == [303, 409]
    [second] = [a for a in answers if a.status_code == 409]
    [(kept, revision)] = stage.world.sql("SELECT text, revision FROM inputs.input")
    assert revision == 2
    [lost] = set(texts) - {kept}
    assert lost in body(second, 409), "the second keeps her text"
    assert "perhaps in another window of yours" in body(second, 409)
    assert kept in body(windows[0].get(f"/en/inbox/{entry}"))


@pytest.mark.parametrize("verb", ["release", "mask"])
def test_the_facilitator_clicks_twice(stage: Any, verb: str) -> None:
    entry = make.input_(stage.world, stage.about, read=False, text=TEXT, phrase_id=None,
                        person_id=stage.world.sql("SELECT id FROM people.person WHERE name = 'Amina'")[0][0])
    windows = tabs(stage, "fay@middle.example")
    place = f"{stage.at}/reading/{entry}/{'release' if verb == 'release' else 'masking'}"
    data = {"revision": "1", "text": TEXT.replace("familia", "[…]"), "reason": "A family is named."}
    answers = race(*(lambda w=w: w.post(place, data={**data, "once": fresh()}) for w in windows))
    assert sorted(a.status_code for a in answers) == [303, 409], [body(a, a.status_code)[-500:] for a in answers]
    assert count(stage, "inputs.reading") <= 1
    stage.world.work()
    assert count(stage, "notices.notice") == 1



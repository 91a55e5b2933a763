"""The short sum at the doors that need no account: done, or waited for, once; never by the address of a device."""

import re
import threading
import uuid
from collections import deque
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

import make
from polyphony.kernel import chores, clock, secrets, sums
from polyphony.kernel.database import db
from polyphony.people.rules import MISSED
from reckon import QUESTION, question_on, solve

NOW = datetime.combine(make.today(), time(11, 59, 30), UTC)
WRONG = "bustani nyota kikapu mvua nazi daraja asali mashua"


@pytest.fixture
def asking(world: Any, monkeypatch: Any) -> Any:
    """A world that asks for sums, on a clock that stands still."""
    world.app.config["SHORT_SUMS"] = True
    monkeypatch.setattr(sums, "PACE", 0)
    monkeypatch.setattr(sums, "_asked", deque(maxlen=sums._asked.maxlen))
    with clock.at(NOW):
        yield world


def come_back(client: Any, question: str, solved: str = "", words: str = WRONG) -> Any:
    return client.post("/en/come-back", data={"words": words, "sum": question, "solved": solved})


def test_waiting_answers_it_and_nothing_typed_is_lost(asking: Any) -> None:
    client = asking.client()
    question = question_on(client.get("/en/come-back").text)
    told = come_back(client, question)
    assert (told.status_code, told.headers["Retry-After"]) == (429, str(sums.WAIT))
    assert f"Please wait {sums.WAIT} seconds, then send this again." in told.text
    assert WRONG in told.text
    assert question_on(told.text) == question, "the waiting goes on from where it began"
    with clock.at(NOW + timedelta(seconds=sums.WAIT - 1)):
        assert come_back(client, question).headers["Retry-After"] == "1"
    with clock.at(NOW + timedelta(seconds=sums.WAIT)):
        assert come_back(client, question).status_code == 422, "now the phrase is looked at"


def test_a_sum_opens_once_whatever_becomes_of_the_attempt(asking: Any) -> None:
    client = asking.client()
    question = question_on(client.get("/en/come-back").text)
    solved = solve(question)
    told = come_back(client, question, solved)
    assert told.status_code == 422
    assert "We do not know this phrase" in told.text
    assert question_on(told.text) != question, "the next try has a question of its own"
    again = come_back(client, question, solved)
    assert again.status_code == 429
    assert question_on(again.text) != question
    assert 'name="solved" value' not in again.text


def test_only_a_question_that_we_asked_here_and_lately(asking: Any) -> None:
    client = asking.client()
    question, other = question_on(client.get("/en/come-back").text), question_on(client.get("/en/reset").text)
    door, nonce, at, wait, _bits, seal = question.split(".")
    for sent in ("", "a.b\u0661" * 9, other, f"{door}.{nonce}.{at}.{wait}.0.{seal}", f"{door}.{nonce}.{at}.0.15.{seal}"):
        told = come_back(client, sent, solve(sent if sent.count(".") == 5 else question))
        assert told.status_code == 429, sent
        assert question_on(told.text) not in (sent, question)
        assert WRONG in told.text
    for moved in (timedelta(seconds=sums.LASTS), timedelta(days=-1)):
        with clock.at(NOW + moved):
            assert come_back(client, question, solve(question)).status_code == 429, moved
    assert come_back(client, question, solve(question)).status_code == 422, "as it was asked, it opens"


@pytest.mark.parametrize("number", ["", "x", "-1", "1" * 13, "\u0661", "1e3"])
def test_what_is_no_answer_is_none(number: str) -> None:
    assert not sums.Question("phrase", "n", 0, 6, 0).is_answered_by(number)
    assert sums.Question("phrase", "n", 0, 6, 0).is_answered_by("7")


def test_a_phrase_is_made_only_behind_a_sum(asking: Any) -> None:
    place = f"/en/consultations/{make.consultation(asking, [make.organisation(asking, 'Halcyon')])}/say/without-account"
    client = asking.client()
    page = client.get(place).text
    words = re.findall(r"<li>(\w+)</li>", page.split('class="phrase"')[1].split("</ol>")[0])
    asked = [int(n) for n in re.findall(r"word number (\d+)", page)]
    form = {"sealed": re.findall(r'name="sealed"[^>]*value="([^"]+)"', page)[0], "first": words[asked[0] - 1],
            "second": words[asked[1] - 1], "sum": question_on(page)}
    told = client.post(place, data=form)
    assert told.status_code == 429
    assert all(word in told.text for word in words), "the same phrase is still shown"
    assert asking.sql("SELECT count(*) FROM people.phrase") == [(0,)]
    assert client.post(place, data={**form, "solved": solve(form["sum"])}).status_code == 303
    assert asking.sql("SELECT count(*) FROM people.phrase") == [(1,)]


def test_a_mail_is_asked_for_only_behind_a_sum(asking: Any) -> None:
    client = asking.client()
    page = client.get("/en/reset").text
    data = {"address": "amina@x.example", "once": str(uuid.uuid4()), "sum": question_on(page)}
    told = client.post("/en/reset", data=data)
    assert told.status_code == 429
    assert "amina@x.example" in told.text
    assert client.post("/en/reset", data={**data, "solved": solve(data["sum"])}).status_code == 303


def test_signing_in_asks_for_it_only_after_wrong_passwords(asking: Any) -> None:
    make.person(asking, "amina@x.example")
    client = asking.client()
    assert QUESTION.findall(client.get("/en/sign-in").text) == []

    def try_in(**more: str) -> Any:
        return client.post("/en/sign-in", data={"address": "amina@x.example", "password": "wrong wrong wrong", **more})

    answers = [try_in() for _ in range(MISSED)]
    assert [each.status_code for each in answers] == [422] * MISSED
    assert try_in().status_code == 429
    question = question_on(answers[-1].text)
    assert try_in(sum=question, solved=solve(question)).status_code == 422
    question = question_on(try_in().text)
    assert try_in(password=make.PASSWORD, sum=question, solved=solve(question)).status_code == 303


def test_it_gets_harder_for_all_together_and_easier_again(asking: Any, monkeypatch: Any) -> None:
    at = [1000.0]
    monkeypatch.setattr(sums.time, "monotonic", lambda: at[0])
    with asking.app.app_context():
        for _ in range(2 * sums.CALM - 2):
            assert sums.ask("phrase").bits == sums.BITS
        assert (sums.ask("phrase").bits, sums.ask("phrase").bits) == (sums.BITS, sums.BITS + 1)
        for _ in range(sums.CALM * 2**sums.STEPS * 2):
            most = sums.ask("phrase")
        assert (most.bits, most.wait) == (sums.BITS + sums.STEPS, sums.LONGEST_WAIT)
        assert len(sums._asked) <= sums.CALM * 2**sums.STEPS, "however many ask, so much is remembered and no more"
        at[0] += 61
        assert sums.ask("phrase").bits == sums.BITS


def test_where_one_comes_from_changes_nothing(asking: Any) -> None:
    client = asking.client()
    client.get("/en/come-back", environ_base={"REMOTE_ADDR": "203.0.113.7"})
    with asking.app.app_context():
        for _ in range(2 * sums.CALM):
            sums.ask("phrase")
    here, there = (question_on(client.get("/en/come-back", environ_base={"REMOTE_ADDR": each}).text).split(".")[4]
                   for each in ("203.0.113.7", "198.51.100.9"))
    assert here == there == str(sums.BITS + 1)


def test_what_is_kept_says_nothing_and_goes_by_itself(asking: Any) -> None:
    client = asking.client()
    question = question_on(client.get("/en/come-back").text)
    come_back(client, question, solve(question))
    (kept,) = asking.sql("SELECT nonce, until FROM kernel.spent_sum")
    assert secrets.text_of(kept[0]) == question.split(".")[1]
    assert kept[1] == NOW.replace(hour=14, minute=0, second=0), "to the hour"
    assert asking.sql("SELECT relpersistence FROM pg_class WHERE oid = 'kernel.spent_sum'::regclass") == [("u",)]
    for hours, left in ((2, 1), (3, 0)):
        with clock.at(NOW + timedelta(hours=hours)), asking.worker.app_context():
            chores.forget()
            db.session.commit()
        assert asking.sql("SELECT count(*) FROM kernel.spent_sum") == [(left,)]


def test_whoever_does_neither_stands_in_line_and_takes_no_thread_from_the_others(asking: Any, monkeypatch: Any) -> None:
    gate, entered = threading.Event(), threading.Semaphore(0)

    def hold(_seconds: float) -> None:
        entered.release()
        assert gate.wait(20)

    monkeypatch.setattr(sums.time, "sleep", hold)
    seen: list[int] = []
    threads = [threading.Thread(target=lambda: seen.append(come_back(asking.client(), "").status_code))
               for _ in range(sums.PLACES)]
    for thread in threads:
        thread.start()
    assert entered.acquire(timeout=20)
    until = clock.datetime.now(UTC) + timedelta(seconds=20)
    while sums._places._value and clock.datetime.now(UTC) < until:
        threading.Event().wait(0.01)
    told = come_back(asking.client(), "")
    assert told.status_code == 429
    assert "Many people come back at this moment" in told.text
    assert WRONG in told.text
    gate.set()
    for thread in threads:
        thread.join()
    assert seen == [429] * sums.PLACES

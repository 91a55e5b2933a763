"""Mail on bad days: the server away, a recipient refused, the worker killed. Each mail goes out once, none is lost."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from typing import Any

import pytest

import make
from polyphony.folders import root
from polyphony.kernel import jobs, mail
from polyphony.kernel.database import db


@pytest.fixture
def post(world: Any, letterbox: Any) -> Any:
    """The world with a worker that mails through the real server; everybody in the NGO wants mail."""
    ngo = make.organisation(world, "Sauti", "stakeholder")
    people = {f"p{n}@sauti.example": make.person(world, f"p{n}@sauti.example", language=lang, seats=((ngo, "contributor"),))
              for n, lang in enumerate(("fr", "ar", "sw", "en"))}
    world.sql("UPDATE people.person SET mail_opt_in = true")
    world.facts.update(people=people, about=make.consultation(
        world, [make.organisation(world, "Halcyon")], invited=(ngo,)), letterbox=letterbox)
    world.worker.extensions["settings"] = replace(
        world.settings, smtp_url=f"smtp://127.0.0.1:{letterbox.port}", mail_folder=None)
    return world


def tell(world: Any) -> None:
    with world.worker.app_context():
        jobs.defer("notices.spread", kind="open", to="participants", day=make.today().isoformat(),
                   consultation_id=world.facts["about"])
        db.session.commit()


def states(world: Any) -> list[str]:
    return sorted(row[0] for row in world.sql("SELECT mail FROM notices.notice"))


def due_now(world: Any) -> int:
    """Let time pass until everything that waits may be tried again; returns how many jobs wait."""
    world.sql("UPDATE jobs.procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
    return world.sql("SELECT count(*) FROM jobs.procrastinate_jobs WHERE status = 'todo'")[0][0]


def test_mail_goes_out_by_smtp_in_each_language_and_says_nothing(post: Any, letterbox: Any) -> None:
    tell(post)
    post.work()
    assert sorted(letterbox.recipients) == sorted(post.facts["people"])
    texts = {str(m["To"]): m.get_content() for m in letterbox.letters}
    places = {who: f"/{lang}/" for who, lang in zip(sorted(texts), ("fr", "ar", "sw", "en"), strict=True)}
    assert all(place in texts[who] for who, place in places.items())
    assert len(set(texts.values())) == 4
    assert "هناك جديد" in texts["p1@sauti.example"]
    assert len({m["Subject"] for m in letterbox.letters}) == 4
    for letter in letterbox.letters:
        whole = (str(letter["Subject"]) + letter.get_content()).lower()
        assert not any(word in whole for word in ("consultation", "purpose", "halcyon", "sauti", "open"))
        assert "polyphony" not in str(letter["Subject"]).lower()
    assert states(post) == ["sent"] * 4
    tell(post)
    post.work()
    assert len(letterbox.letters) == 4


def test_while_the_mail_server_is_away_nothing_is_lost(post: Any, letterbox: Any) -> None:
    right = post.worker.extensions["settings"]
    post.worker.extensions["settings"] = replace(right, smtp_url="smtp://127.0.0.1:1")
    tell(post)
    post.work()
    assert letterbox.letters == []
    assert states(post) == ["waiting"] * 4
    assert post.sql("SELECT count(*) FROM jobs.procrastinate_jobs WHERE scheduled_at > now()") == [(4,)]
    post.worker.extensions["settings"] = right
    assert due_now(post) == 4
    post.work()
    assert sorted(letterbox.recipients) == sorted(post.facts["people"])
    assert states(post) == ["sent"] * 4


def test_nothing_goes_out_in_the_open_to_another_machine(post: Any, letterbox: Any, monkeypatch: Any, capfd: Any) -> None:
    with monkeypatch.context() as far:
        far.setattr(mail, "is_loopback", lambda host: False)  # this server stands elsewhere and offers no STARTTLS
        tell(post)
        post.work()
    assert letterbox.letters == letterbox.recipients == []
    assert states(post) == ["waiting"] * 4
    said = "".join(capfd.readouterr())
    assert "the mail server offers no encryption" in said
    assert not any(each in said for each in post.facts["people"])
    assert due_now(post) == 4
    post.work()
    assert states(post) == ["sent"] * 4


def test_a_refused_recipient_is_marked_and_the_others_get_theirs(post: Any, letterbox: Any) -> None:
    letterbox.refuse = {"p0@sauti.example": "550 no such person", "p1@sauti.example": "450 come back later"}
    tell(post)
    post.work()
    assert sorted(letterbox.recipients) == ["p2@sauti.example", "p3@sauti.example"]
    assert states(post) == ["failed", "sent", "sent", "waiting"]
    letterbox.refuse.pop("p1@sauti.example")
    assert due_now(post) == 1
    post.work()
    assert states(post) == ["failed", "sent", "sent", "sent"]


def test_a_text_refused_for_now_is_sent_later(post: Any, letterbox: Any) -> None:
    letterbox.on_data = lambda number: "451 try again" if number == 2 else None
    tell(post)
    post.work()
    assert states(post) == ["sent", "sent", "sent", "waiting"]
    assert due_now(post) == 1
    post.work()
    assert states(post) == ["sent"] * 4
    assert len(letterbox.letters) == 5  # four taken, one refused


def test_the_mail_of_a_forgotten_password_waits_too(post: Any, letterbox: Any) -> None:
    right = post.worker.extensions["settings"]
    post.worker.extensions["settings"] = replace(right, smtp_url="smtp://127.0.0.1:1")
    assert post.client().post("/en/reset", data={"address": "p0@sauti.example"}).status_code == 303
    post.work()
    post.worker.extensions["settings"] = right
    assert due_now(post) == 1
    post.work()
    assert letterbox.recipients == ["p0@sauti.example"]


def test_a_worker_killed_in_the_middle_sends_each_mail_once(post: Any, letterbox: Any) -> None:
    """The server has taken the second mail, and the worker dies before it hears so."""
    killed = threading.Event()

    def kill(number: int) -> str | None:
        if number == 2 and not killed.is_set():
            os.kill(child.pid, signal.SIGKILL)
            killed.set()
        return None

    letterbox.on_data = kill
    tell(post)
    environment = post.worker.extensions["settings"].child_environment()
    child = subprocess.Popen([sys.executable, "-m", "polyphony.cli", "worker"], env={
        **environment, "PYTHONPATH": str(root() / "platform")}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert killed.wait(60), "the worker never came to the second mail"
        child.wait(10)
    finally:
        child.kill()
        child.wait()
    assert states(post) == ["sent", "waiting", "waiting", "waiting"]
    post.sql("UPDATE jobs.procrastinate_workers SET last_heartbeat = now() - interval '2 minutes'")
    assert jobs.rescue(post.worker) == 1
    post.work()
    assert sorted(letterbox.recipients) == sorted(post.facts["people"])
    assert len({m["Message-ID"] for m in letterbox.letters}) == 4
    assert states(post) == ["sent"] * 4

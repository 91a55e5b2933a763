"""Where one comes in: the cookie, wrong passwords, many phrases at once; and two doors in the database behind them."""

import re
import threading
import time
import uuid
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from psycopg.errors import InsufficientPrivilege
from sqlalchemy.exc import ProgrammingError

import make
from conftest import settings_for
from polyphony.app import application
from polyphony.consultations.models import Facilitation
from polyphony.kernel import secrets, viewer
from polyphony.kernel.database import db
from polyphony.people.access import FREE, LONGEST_WAIT

WRONG = "wrong wrong wrong"
TOGETHER = 6  # as many as a process serves at once: each needs two connections
PATIENCE = 20  # seconds; only what is broken needs them


@pytest.mark.parametrize(("base", "name"), [("https://polyphony.example", "__Host-polyphony"),
                                            ("http://localhost:8000", "polyphony")])
def test_over_https_no_neighbouring_host_can_plant_the_cookie(world: Any, tmp_path: Any, base: str, name: str) -> None:
    """Browsers take a cookie of that prefix only over https, for this very host, and for every path."""
    make.person(world, "amina@x.example")
    with application(settings_for(world.server, world.name, tmp_path, POLYPHONY_BASE_URL=base, POLYPHONY_DEMO="0")) as app:
        app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        data = {"address": "amina@x.example", "password": make.PASSWORD}
        answer = app.test_client().post("/en/sign-in", data=data, base_url=base)
    (cookie,) = answer.headers.getlist("Set-Cookie")
    given, *rest = (part.strip() for part in cookie.split(";"))
    assert given.startswith(f"{name}=")
    assert "Path=/" in rest
    assert "HttpOnly" in rest
    assert ("Secure" in rest) is base.startswith("https")
    assert not any(part.startswith("Domain") for part in rest)


# Wrong passwords: slower and slower, for ever open


def try_in(world: Any, password: str = WRONG) -> Any:
    return world.client().post("/en/sign-in", data={"address": "amina@x.example", "password": password})


def pass_by(world: Any, seconds: int) -> None:
    """Let time go on for those who wait."""
    world.sql("UPDATE people.attempt SET hour = hour - make_interval(secs => %s)", seconds)


def test_who_guesses_gets_slow_and_the_owner_is_never_locked_out(world: Any) -> None:
    make.person(world, "amina@x.example")
    make.person(world, "other@x.example")
    assert [try_in(world).status_code for _ in range(FREE)] == [422] * FREE
    waits = []
    for _ in range(7):
        told = try_in(world)
        assert told.status_code == 429
        waits.append(int(told.headers["Retry-After"]))
        assert f"Please wait {waits[-1]} second" in told.text
        assert "amina@x.example" in told.text, "what she typed is still there"
        assert WRONG not in told.text
        pass_by(world, waits[-1])
        assert try_in(world).status_code == 422, "a wrong one again, after waiting"
    assert all(0 < one < other for one, other in pairwise(waits[:5])), "each wrong one costs more"
    assert all(LONGEST_WAIT / 2 < each <= LONGEST_WAIT for each in waits[4:]), "up to a minute, however many there were"
    make.sign_in(world.client(), "other@x.example")
    assert try_in(world, make.PASSWORD).status_code == 429
    pass_by(world, LONGEST_WAIT)
    assert try_in(world, make.PASSWORD).status_code == 303
    assert world.sql("SELECT count(*) FROM people.attempt") == [(0,)], "she begins anew"
    assert try_in(world).status_code == 422


def test_while_somebody_guesses_without_pause_the_mailed_link_opens_the_account(world: Any) -> None:
    """The guesser takes every turn, so that the right password has to wait: the link does not."""
    make.person(world, "amina@x.example")
    signed_in = make.sign_in(world.client(), "amina@x.example")
    over = threading.Event()

    def guess() -> None:
        while not over.is_set():
            try_in(world)

    for _ in range(FREE + 4):
        pass_by(world, LONGEST_WAIT)
        assert try_in(world).status_code == 422
    guesser = threading.Thread(target=guess)
    guesser.start()
    try:
        assert try_in(world, make.PASSWORD).status_code == 429
        assert signed_in.get("/en/account").status_code == 200, "who is in stays in"
        world.client().post("/en/reset", data={"address": "amina@x.example"})
        world.work()
        (mail,) = world.mails()
        place = re.search(r"http://[^/]+(/\S+)", mail.replace("=\n", ""))
        assert place
        amina = world.client()
        assert amina.post(place[1], data={"password": "seven lamps beside the river"}).status_code == 303
        assert amina.get("/en/account").status_code == 200
        assert guesser.is_alive()
    finally:
        over.set()
        guesser.join()


def test_guesses_in_one_moment_are_counted_each(world: Any) -> None:
    """They are counted before they are made: nobody gets more tries by sending them together."""
    make.person(world, "amina@x.example")
    assert [try_in(world).status_code for _ in range(FREE - 2)] == [422] * (FREE - 2)
    seen: list[int] = []
    gate = threading.Barrier(TOGETHER)

    def guess() -> None:
        gate.wait(PATIENCE)
        seen.append(try_in(world).status_code)

    threads = [threading.Thread(target=guess) for _ in range(TOGETHER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [422] * 2 + [429] * (TOGETHER - 2)


def test_the_present_password_is_guarded_as_the_one_at_the_door(world: Any) -> None:
    make.person(world, "amina@x.example")
    amina = make.sign_in(world.client(), "amina@x.example")

    def change(present: str) -> int:
        data = {"present": present, "password": "another long password"}
        return int(amina.post("/en/account/password", data=data).status_code)

    assert [change(WRONG) for _ in range(FREE + 1)] == [422] * FREE + [429]
    pass_by(world, LONGEST_WAIT)
    assert change(make.PASSWORD) == 303
    assert world.sql("SELECT count(*) FROM people.attempt") == [(0,)]


# Return phrases: one at a time, a few wait, the others are told


@pytest.fixture
def slow(monkeypatch: Any) -> Any:
    """Deriving a phrase takes until the test says so."""
    go_on, begun, real = threading.Event(), threading.Semaphore(0), secrets.hash_secret_raw

    def wait(*args: Any, **kw: Any) -> bytes:
        begun.release()
        assert go_on.wait(PATIENCE)
        return bytes(real(*args, **kw))

    monkeypatch.setattr(secrets, "hash_secret_raw", wait)
    yield begun, go_on
    go_on.set()


def test_phrases_that_wait_for_each_other_do_not_take_every_thread(world: Any, slow: Any) -> None:
    begun, go_on = slow
    typed = "bustani nyota kikapu mvua nazi daraja asali mashua"
    seen: list[int] = []

    def come() -> None:
        seen.append(world.client().post("/en/come-back", data={"words": typed}).status_code)

    threads = [threading.Thread(target=come) for _ in range(secrets.WAITING + 1)]
    for thread in threads:
        thread.start()
    assert begun.acquire(timeout=PATIENCE)
    until = time.monotonic() + PATIENCE
    while secrets._places._value and time.monotonic() < until:
        threading.Event().wait(0.01)
    assert secrets._places._value == 0, "one is looked at, the others wait"
    told = world.client().post("/en/come-back", data={"words": typed})
    assert told.status_code == 429
    assert int(told.headers["Retry-After"]) > 0
    assert typed in told.text, "what she typed is still there"
    assert "Many people come back at this moment" in told.text
    assert world.client().get("/en/come-back").status_code == 200, "pages are served meanwhile"
    go_on.set()
    for thread in threads:
        thread.join()
    assert seen == [422] * len(threads)
    assert world.client().post("/en/come-back", data={"words": typed}).status_code == 422


def test_a_phrase_that_could_not_be_kept_in_the_crowd_is_shown_again(world: Any) -> None:
    """The page with her phrase stands as it was; nothing is half-kept."""
    place = f"/en/consultations/{make.consultation(world, [make.organisation(world, 'Halcyon')])}/say/without-account"
    client = world.client()
    page = client.get(place).text
    words = re.findall(r"<li>(\w+)</li>", page.split('class="phrase"')[1].split("</ol>")[0])
    asked = [int(n) for n in re.findall(r"word number (\d+)", page)]
    form = {"sealed": re.findall(r'name="sealed"[^>]*value="([^"]+)"', page)[0], "first": words[asked[0] - 1],
            "second": words[asked[1] - 1]}
    for _ in range(secrets.WAITING + 1):
        secrets._places.acquire()
    try:
        told = client.post(place, data=form)
    finally:
        for _ in range(secrets.WAITING + 1):
            secrets._places.release()
    assert told.status_code == 429
    assert "Retry-After" in told.headers
    assert all(word in told.text for word in words)
    assert world.sql("SELECT count(*) FROM people.phrase") == [(0,)]
    assert client.post(place, data=form).status_code == 303


# What somebody could do who reaches the database as the web application does


def test_nobody_takes_over_unseen(world: Any) -> None:
    """Everybody has agreed and only the handing over is missing: whoever has no part in it cannot bring it about."""
    firm, gone = make.organisation(world, "Halcyon"), make.organisation(world, "Table", "facilitation")
    body, ngo = make.organisation(world, "Round House", "facilitation"), make.organisation(world, "Sauti", "stakeholder")
    lead = make.person(world, "lead@x.example", seats=((firm, "engagement_lead"),))
    other = make.person(world, "amina@x.example", seats=((ngo, "coordinator"),))
    here = make.consultation(world, [firm], facilitator=gone, invited=(ngo,))
    make.add(world, *(Facilitation(id=uuid.uuid4(), consultation_id=here, organisation_id=body, company_id=company,
                                   says=says, at=make.now(), words="", lang="en")
                      for says, company in (("asked", firm), ("accepted", None))))
    assert world.sql("SELECT consultations.facilitator_gone(%s)", here) == [(True,)]

    def hand_over(who: uuid.UUID | None, *, sealed: bool = True) -> bool:
        with world.app.test_request_context():
            if who:
                viewer.open_viewer(make.session_of(world, who))
            if not sealed:  # what an injection could set by itself
                db.session.execute(sa.text("SELECT set_config('polyphony.led', :ids, true), "
                                           "set_config('polyphony.seal', 'made up', true)"), {"ids": f"{{{here}}}"})
            done = bool(db.session.scalar(sa.text("SELECT consultations.take_over(:here, :body, now())"),
                                          {"here": here, "body": body}))
            db.session.rollback()
            return done

    assert not hand_over(None)
    assert not hand_over(None, sealed=False)
    assert not hand_over(lead, sealed=False)
    assert not hand_over(other)
    assert hand_over(lead), "a lead of one of its companies may"


@pytest.mark.parametrize("change", [
    "read_on = current_date", "read_on = current_date, text = 'Not read by anybody.'", "masked = true, read_on = current_date"])
def test_an_author_cannot_let_her_own_words_go_unread(world: Any, change: str) -> None:
    firm, ngo = make.organisation(world, "Halcyon"), make.organisation(world, "Sauti", "stakeholder")
    amina = make.person(world, "amina@x.example", seats=((ngo, "coordinator"),))
    here = make.consultation(world, [firm], invited=(ngo,))
    said = make.input_(world, here, person_id=amina, read=False)
    was = world.sql("SELECT text, read_on, masked FROM inputs.input")
    with pytest.raises(ProgrammingError) as no:
        _as_herself(world, amina, f"UPDATE inputs.input SET {change} WHERE id = :said", said)
    assert isinstance(no.value.orig, InsufficientPrivilege)
    assert world.sql("SELECT text, read_on, masked FROM inputs.input") == was


def test_an_author_cannot_change_what_was_read_and_leave_it_read(world: Any) -> None:
    firm, ngo = make.organisation(world, "Halcyon"), make.organisation(world, "Sauti", "stakeholder")
    amina = make.person(world, "amina@x.example", seats=((ngo, "coordinator"),))
    here = make.consultation(world, [firm], invited=(ngo,))
    said = make.input_(world, here, person_id=amina)
    with pytest.raises(ProgrammingError, match="row-level security"):
        _as_herself(world, amina, "UPDATE inputs.input SET text = 'Something else.' WHERE id = :said", said)
    unread = "UPDATE inputs.input SET text = 'Something else.', read_on = NULL WHERE id = :said"
    assert _as_herself(world, amina, unread, said) == 1, "but she may change it, and it is read anew"
    gone = "UPDATE inputs.input SET text = '', read_on = current_date, withdrawn_on = current_date WHERE id = :said"
    assert _as_herself(world, amina, gone, said) == 1
    with pytest.raises(ProgrammingError, match="row-level security"):
        _as_herself(world, amina, "UPDATE inputs.input SET text = 'Back.', withdrawn_on = NULL WHERE id = :said", said)


def _as_herself(world: Any, who: uuid.UUID, statement: str, said: uuid.UUID) -> int:
    with world.app.test_request_context():
        viewer.open_viewer(make.session_of(world, who))
        done = db.session.execute(sa.text(statement), {"said": said}).rowcount  # type: ignore[attr-defined]
        db.session.commit()
        return int(done)

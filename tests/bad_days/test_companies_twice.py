"""Companies and the facilitator click twice: an answer is signed once, a publication happens once, notices come once.

And a decision maker signs in the moment in which the facilitator publishes: the signature is never lost.
"""

import threading
import uuid
from datetime import timedelta
from typing import Any

import psycopg
import pytest

import make
from polyphony.feedback import answers, publication
from polyphony.feedback.models import GroundRound, Measure
from polyphony.kernel.database import db

ASKED = 400  # how often the server is asked whether the second one has come to wait
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def loop(world: Any) -> Any:
    """One theme with a company's drafted answer, ready to be signed; inputs have ended."""
    f = world.facts
    firm, ngo = make.organisation(world, "Halcyon"), make.organisation(world, "Sauti", "stakeholder")
    body = make.organisation(world, "Middle", "facilitation")
    f["asha"] = make.person(world, "asha@sauti.example", seats=((ngo, "contributor"),))
    make.person(world, "fay@middle.example", seats=((body, "facilitator"),))
    make.person(world, "lead@firm.example", seats=((firm, "engagement_lead"),))
    make.person(world, "boss@firm.example", seats=((firm, "decision_maker"),), function="legal")
    f["id"] = make.consultation(world, [firm], facilitator=body, invited=(ngo,), state="answering",
                                closes_at=make.now() - timedelta(days=1))
    said = make.input_(world, f["id"], person_id=f["asha"], addressed=[firm], text="What I say.")
    f["here"] = f"/en/consultations/{f['id']}"
    fay, lead = (make.sign_in(world.client(), who) for who in ("fay@middle.example", "lead@firm.example"))
    ok(fay.post(f"{f['here']}/themes/new", data={"title": "A", "summary": "B", "lang": "en"}))
    theme = world.sql("SELECT id FROM feedback.theme")[0][0]
    ok(fay.post(f"{f['here']}/excerpts/{said}", data={"theme_id": theme, "input_id": said, "quote": "What I say."}))
    ok(fay.post(f"{f['here']}/facilitate/share", data={}))
    f["draft"] = f"/en/themes/{theme}/answer/{firm}"
    ok(lead.post(f["draft"], data=draft("0", "We will do it.")))
    f["answer"] = world.sql("SELECT id FROM feedback.answer")[0][0]
    return world


def draft(revision: str, words: str) -> dict[str, str]:
    return {"decision": "adopted", "words": words, "changes": "The alert.", "lang": "en", "revision": revision}


def ok(answer: Any) -> None:
    assert answer.status_code == 303, answer.get_data(as_text=True)


def together(windows: list[Any], address: str, *data: dict[str, str]) -> list[int]:
    """The same address from several windows in one moment, each with a form of its own."""
    gate, codes = threading.Barrier(len(windows)), []

    def run(window: Any, typed: dict[str, str]) -> None:
        gate.wait()
        codes.append(window.post(address, data={**typed, "once": str(uuid.uuid4())}).status_code)

    threads = [threading.Thread(target=run, args=pair) for pair in zip(windows, data, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(codes)


def windows(world: Any, address: str) -> list[Any]:
    return [make.sign_in(world.client(), address) for _ in range(2)]


def test_signing_and_publishing_happen_once(loop: Any) -> None:
    f = loop.facts
    assert together(windows(loop, "lead@firm.example"), f["draft"], draft("1", "We do this."), draft("1", "We do that.")
                    ) == [303, 409]
    bosses = windows(loop, "boss@firm.example")
    mine = draft("2", "We do this, signed.")
    assert together(bosses, f"/en/answers/{f['answer']}/sign", mine, mine) == [303, 409]
    assert loop.sql("SELECT state, count(*) FROM feedback.answer GROUP BY state") == [("signed", 1)]
    fays = windows(loop, "fay@middle.example")
    said = {"words": "Here they are"}
    assert together(fays, f"{f['here']}/publish", said, said) == [303, 409]
    assert loop.sql("SELECT count(*) FROM consultations.transition WHERE \"end\" = 'published'") == [(1,)]
    loop.work()
    assert loop.sql("SELECT count(*) FROM notices.notice WHERE kind = 'published' AND person_id = %s", f["asha"]) == [(1,)]


@pytest.fixture
def due(loop: Any) -> Any:
    """The promised day has come; the only answer is still a draft."""
    with psycopg.connect(loop.server.url("postgres", loop.name)) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE consultations.consultation SET promised_on = current_date")
    return loop


def between(world: Any, monkeypatch: Any, where: Any, verb: str, other: Any) -> Any:
    """Have `other` happen while the verb `where.verb` is under way: to its end, or until it waits for it."""
    real, told = getattr(where, verb), []

    def held(*args: Any, **kw: Any) -> Any:
        done = real(*args, **kw)
        if not told:
            db.session.flush()
            told.append(threading.Thread(target=lambda: told.append(other().status_code)))
            told[0].start()
            assert any(not told[0].is_alive() or world.sql(WAITING) != [(0,)] for _ in range(ASKED))
        return done

    monkeypatch.setattr(where, verb, held)
    return told


def signed_and_published(world: Any) -> None:
    """Nothing was lost: the answer stands published, and a visitor reads it instead of an answer owed."""
    assert world.sql("SELECT state, published_on FROM feedback.answer") == [("published", make.today())]
    assert world.sql("SELECT state FROM consultations.consultation") == [("published",)]
    said = world.client().get(f"{world.facts['here']}/answers").get_data(as_text=True)
    assert "We will do it." in said
    assert "Owed" not in said


def test_publishing_while_it_is_signed_loses_no_signature(due: Any, monkeypatch: Any) -> None:
    f, boss, fay = due.facts, windows(due, "boss@firm.example")[0], windows(due, "fay@middle.example")[0]
    told = between(due, monkeypatch, answers, "_hand",
                   lambda: fay.post(f"{f['here']}/publish", data={"words": "Here", "once": str(uuid.uuid4())}))
    ok(boss.post(f"/en/answers/{f['answer']}/sign", data={**draft("1", "We will do it."), "once": str(uuid.uuid4())}))
    told[0].join()
    assert told[1:] == [303]
    signed_and_published(due)


def test_signing_while_it_is_published_loses_no_signature(due: Any, monkeypatch: Any) -> None:
    f, boss, fay = due.facts, windows(due, "boss@firm.example")[0], windows(due, "fay@middle.example")[0]
    told = between(due, monkeypatch, publication, "_step", lambda: boss.post(
        f"/en/answers/{f['answer']}/sign", data={**draft("1", "We will do it."), "once": str(uuid.uuid4())}))
    ok(fay.post(f"{f['here']}/publish", data={"words": "Here", "once": str(uuid.uuid4())}))
    told[0].join()
    assert told[1:] == [303]
    signed_and_published(due)


def test_a_view_from_the_ground_is_given_once(loop: Any) -> None:
    f, today = loop.facts, make.today()
    loop.sql("UPDATE feedback.answer SET state = 'published', signed_as = 'legal', signed_on = %s, published_on = %s", today, today)
    answer, theme, firm = loop.sql("SELECT id, theme_id, company_id FROM feedback.answer")[0]
    measure = Measure(id=uuid.uuid4(), answer_id=answer, theme_id=theme, company_id=firm, consultation_id=f["id"], what="W",
                      owner="product", due_on=today, lang="en")
    make.add(loop, measure)
    make.add(loop, GroundRound(measure_id=measure.id, consultation_id=f["id"], opened_on=today, until=today))
    ashas, said = windows(loop, "asha@sauti.example"), {"view": "works", "words": "It does.", "lang": "en"}
    assert together(ashas, f"/en/measures/{measure.id}/ground", said, {**said, "view": "harms"}) == [303, 409]
    assert loop.sql("SELECT count(*) FROM feedback.ground_view") == [(1,)]
    assert loop.sql("SELECT count(*) FROM feedback.ground_author") == [(1,)]

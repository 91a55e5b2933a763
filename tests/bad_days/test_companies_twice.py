"""Companies and the facilitator click twice: an answer is signed once, a publication happens once, notices come once."""

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest

import make


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

"""Leaving one's name with the keyholders, and the ceremony that opens it, through the pages."""

import hashlib
import re
import subprocess
import sys
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from nacl.pwhash import argon2id

import make
import make_vault
from make_vault import TOLD
from polyphony.vault import desk
from polyphony.vault import keyholder as tool

SAID = "a long enough passphrase"
CHEAP = (argon2id.OPSLIMIT_MIN, argon2id.MEMLIMIT_MIN)


def body(answer: Any, status: int = 200) -> str:
    text = unescape(answer.get_data(as_text=True))
    assert answer.status_code == status, text
    return text


def follow(client: Any, answer: Any) -> str:
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return body(client.get(answer.location))


def armoured(text: str) -> str:
    """The text that a page gives to take to the offline tool."""
    found = re.search(r"<textarea readonly[^>]*>(.*?)</textarea>", text, re.DOTALL)
    assert found, text
    return found[1]


@pytest.fixture
def stage(world: Any) -> Any:
    """Three organisations with a keyholder each, who have no keys yet, and a facilitator."""
    f = world.facts
    f["firm"], f["body"] = make.organisation(world, "Halcyon"), make.organisation(world, "Open Table", "facilitation")
    f["ngo"] = make.organisation(world, "Sauti", "stakeholder")
    f["about"] = make.consultation(world, [f["firm"]], facilitator=f["body"], invited=(f["ngo"],))
    f["at"] = f"/en/consultations/{f['about']}"
    seats = {"fay": (f["body"], "facilitator"), "amina": (f["ngo"], "coordinator"), "lead": (f["firm"], "engagement_lead")}
    seats |= {name: (make.organisation(world, f"House of {name.title()}", "stakeholder"), "keyholder") for name in
              ("ann", "ben", "cem")}
    for name, seat in seats.items():
        make.person(world, f"{name}@keys.example", name.title(), seats=(seat,))
        f[name] = make.sign_in(world.client(), f"{name}@keys.example")
        f[f"{name}_house"] = seat[0]
    return world


def test_the_offline_tool_is_had_from_the_page_and_is_the_one_it_names(stage: Any, tmp_path: Path) -> None:
    """It runs alone, and the page tells its SHA-256."""
    page = body(stage.facts["ann"].get("/en/keyholders"))
    (address,) = re.findall(r'href="([^"]*/keyholder\.py)" download', page)
    answer = stage.facts["ann"].get(address)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="keyholder.py"'
    assert answer.data == Path(tool.__file__).read_bytes()
    assert hashlib.sha256(answer.data).hexdigest() in page
    assert "python keyholder.py enrol my.key" in page
    (tmp_path / "keyholder.py").write_bytes(answer.data)
    done = subprocess.run([sys.executable, "keyholder.py", "--help"], cwd=tmp_path, capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin"})
    assert "enrol" in done.stdout


def enrol(stage: Any, name: str) -> Any:
    f = stage.facts
    locked, public, paper = tool.enrol(SAID, CHEAP)
    said = follow(f[name], f[name].post("/en/keyholders", data={"organisation": str(f[f"{name}_house"]), "text": public}))
    assert tool.fingerprint(tool.public_key(public)) in said
    f[f"{name}_key"], f[f"{name}_paper"], f[f"{name}_public"] = tool.unlock(locked, SAID), paper, public
    return said


def entrust(stage: Any, needs: int = 2) -> str:
    """Three hand in their keys, and the facilitator chooses them."""
    f = stage.facts
    for name in ("ann", "ben", "cem"):
        enrol(stage, name)
    ids = [str(row[0]) for row in stage.sql("SELECT id FROM vault.keyholder")]
    return follow(f["fay"], f["fay"].post(f"{f['at']}/keyholders", data={"keyholders": ids, "needs": str(needs)}))


def leave(stage: Any, client: Any, **changes: Any) -> Any:
    return client.post(f"{stage.facts['at']}/identity", data={**TOLD, "outside": "Jua", "agree": "y", **changes})


def asked(stage: Any, **changes: Any) -> tuple[str, Any]:
    f = stage.facts
    key, text = make_vault.one_time()
    box = stage.sql("SELECT id FROM vault.box")[0][0]
    answer = f["fay"].post(f"/en/boxes/{box}/opening", data={"reason": "She asked us for help", "key": text, "days": "3",
                                                             "delay": "0", "safety_reason": "", **changes})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.location, key


def release(stage: Any, name: str, at: str) -> str:
    f = stage.facts
    request = armoured(body(f[name].get(at)))
    given = tool.release(tool.request(request, f[f"{name}_key"], datetime.now(UTC)), f[f"{name}_key"])
    return follow(f[name], f[name].post(f"{at}/word", data={"says": "released", "text": given, "words": ""}))


def test_the_whole_ceremony_through_the_pages(stage: Any) -> None:
    f = stage.facts
    said = entrust(stage)
    assert "House of Ann" in said
    page = body(f["amina"].get(f"{f['at']}/identity"))
    assert "House of Cem" in page
    page = follow(f["amina"], leave(stage, f["amina"]))
    assert "Jua" in page
    assert TOLD["name"] not in page, "not even she reads it here again"
    assert "Jua" in body(f["fay"].get(f"{f['at']}/keyholders"))
    at, key = asked(stage)
    stage.work()
    assert "asked, as a keyholder" in body(f["ann"].get("/en/notices"))
    assert "1 request waits for your word" in body(f["ann"].get("/en/home"))
    assert "Keyholders decide" in release(stage, "ann", at)
    assert "Enough have released" in release(stage, "ben", at)
    stage.work()
    assert "Enough keyholders" in body(f["fay"].get("/en/notices"))
    text = armoured(follow(f["fay"], f["fay"].post(f"{at}/reading", data={})))
    assert make_vault.opened(text, key) == TOLD
    assert "opened what you left" in body(f["amina"].get("/en/notices"))
    told = body(f["amina"].get(f"{f['at']}/identity"))
    assert "She asked us for help" in told
    assert "Open Table" in told
    gone = follow(f["amina"], f["amina"].post(f"{f['at']}/identity/withdrawal", data={"sure": "yes"}))
    assert "Seal it and leave it there" in gone


def test_whoever_has_no_part_in_it_finds_nothing(stage: Any) -> None:
    f = stage.facts
    entrust(stage)
    leave(stage, f["amina"])
    at, _key = asked(stage)
    box = stage.sql("SELECT id FROM vault.box")[0][0]
    for who in ("lead", "amina"):
        for address in (f"{f['at']}/keyholders", at, f"/en/boxes/{box}/opening"):
            assert f[who].get(address).status_code in (403, 404), (who, address)
    assert stage.client().get(f"{f['at']}/identity").status_code == 403
    assert "Who they are" in body(stage.client().get("/en/keyholders"))
    assert leave(stage, f["lead"]).status_code == 403


@pytest.mark.parametrize(("text", "said"), [
    ("Please find it attached.", "no sealed text"), ("-----BEGIN POLYPHONY KEYHOLDER KEY-----\nabc", "end of this text is missing"),
    (tool.armour(tool.ONCE, {"key": "x"}), "is needed here"), (tool.armour(tool.KEY, {"key": "x", "half": "y"}), "damaged"),
    (tool.armour(tool.KEY, {"key": tool.b64(bytes(32)), "half": "y"}), "damaged")])
def test_a_key_that_is_none_is_explained_and_kept(stage: Any, text: str, said: str) -> None:
    f = stage.facts
    answer = body(f["ann"].post("/en/keyholders", data={"organisation": str(f["ann_house"]), "text": text}), 422)
    assert said in answer
    assert text.split("\n")[0] in answer


def test_a_key_known_already_or_for_somebody_elses_house_is_refused(stage: Any) -> None:
    f = stage.facts
    enrol(stage, "ann")
    public = f["ann_public"]
    assert "used before" in body(f["ben"].post("/en/keyholders", data={"organisation": str(f["ben_house"]), "text": public}), 422)
    _locked, other, _paper = tool.enrol(SAID, CHEAP)
    assert f["ben"].post("/en/keyholders", data={"organisation": str(f["ann_house"]), "text": other}).status_code in (403, 422)
    assert f["lead"].post("/en/keyholders", data={"organisation": str(f["firm"]), "text": other}).status_code == 403
    assert stage.sql("SELECT count(*) FROM vault.keyholder") == [(1,)]


def test_a_lost_key_comes_back_from_the_page_and_the_paper(stage: Any) -> None:
    f = stage.facts
    page = enrol(stage, "ann")
    again = tool.recover(armoured(page), f["ann_paper"], "another passphrase", CHEAP)
    assert bytes(tool.unlock(again, "another passphrase")) == bytes(f["ann_key"])
    assert armoured(page).split()[4] not in body(f["ben"].get("/en/keyholders")), "nobody else is shown it"


def test_a_circle_that_could_not_hold_is_refused(stage: Any) -> None:
    f = stage.facts
    for name in ("ann", "ben", "cem"):
        enrol(stage, name)
    ids = [str(row[0]) for row in stage.sql("SELECT id FROM vault.keyholder")]
    for chosen, needs, said in ((ids[:2], "2", "At least three"), (ids, "3", "fewer than all"), (ids, "1", "whole number"),
                                ([], "2", "At least three")):
        assert said in body(f["fay"].post(f"{f['at']}/keyholders", data={"keyholders": chosen, "needs": needs}), 422)
    assert f["ann"].post(f"{f['at']}/keyholders", data={"keyholders": ids, "needs": "2"}).status_code == 403


@pytest.mark.parametrize(("changes", "status", "said"), [
    ({"agree": ""}, 422, "agree"), ({"name": "", "contact": ""}, 422, "a name or a way to reach you"),
    ({"outside": "x" * 121}, 422, "too long")])
def test_what_cannot_be_left_comes_back_with_every_word(stage: Any, changes: dict[str, str], status: int, said: str) -> None:
    entrust(stage)
    answer = body(leave(stage, stage.facts["amina"], **changes), status)
    assert said in answer
    assert TOLD["safe_way"] in answer


def test_without_keyholders_nothing_is_taken(stage: Any) -> None:
    f = stage.facts
    assert "No keyholders yet" in body(f["amina"].get(f"{f['at']}/identity"))
    assert leave(stage, f["amina"]).status_code == 409
    assert stage.sql("SELECT count(*) FROM vault.box") == [(0,)]


def test_left_twice_is_left_once(stage: Any) -> None:
    f = stage.facts
    entrust(stage)
    assert leave(stage, f["amina"]).status_code == 303
    assert "already left something" in body(leave(stage, f["amina"]), 409)
    assert stage.sql("SELECT count(*) FROM vault.box") == [(1,)]


def test_a_word_that_does_not_fit_is_explained(stage: Any) -> None:
    f = stage.facts
    entrust(stage)
    leave(stage, f["amina"])
    at, _key = asked(stage)
    request = armoured(body(f["ann"].get(at)))
    given = tool.release(tool.request(request, f["ann_key"], datetime.now(UTC)), f["ann_key"])
    for text, said in ((request, "is needed here"), (given[:-40], "end of this text is missing"), ("", "no sealed text")):
        assert said in body(f["ann"].post(f"{at}/word", data={"says": "released", "text": text, "words": ""}), 422)
    assert "do not belong together" in body(f["ben"].post(f"{at}/word", data={"says": "released", "text": given, "words": ""}), 422)
    assert "why you refuse" in body(f["ann"].post(f"{at}/word", data={"says": "refused", "text": "", "words": ""}), 422)
    refused = follow(f["ann"], f["ann"].post(f"{at}/word", data={"says": "refused", "text": "", "words": "It is no help to her."}))
    assert "It is no help to her." in refused
    assert f["fay"].post(f"{at}/reading", data={}).status_code == 409


@pytest.mark.parametrize(("changes", "said"), [
    ({"reason": ""}, "fill this in"), ({"reason": "x"}, "a whole sentence"), ({"days": "8"}, "whole number"), ({"key": "x"}, "no sealed text"),
    ({"delay": "5"}, "written reason of safety")])
def test_a_request_without_reason_end_or_key_is_refused(stage: Any, changes: dict[str, str], said: str) -> None:
    f = stage.facts
    entrust(stage)
    leave(stage, f["amina"])
    _key, text = make_vault.one_time()
    box = stage.sql("SELECT id FROM vault.box")[0][0]
    answer = f["fay"].post(f"/en/boxes/{box}/opening", data={"reason": "She asked us for help", "key": text, "days": "3", "delay": "0",
                                                             "safety_reason": "", **changes})
    assert said in body(answer, 422)
    assert stage.sql("SELECT count(*) FROM vault.opening") == [(0,)]


def test_more_boxes_than_fit_on_a_page_are_leafed_through(stage: Any, monkeypatch: Any) -> None:
    """Also when the last one of a page is taken back while somebody looks at it."""
    f, who = stage.facts, {}
    entrust(stage)
    for number in range(4):
        name = f"left{number}"
        make.person(stage, f"{name}@keys.example", seats=((f["ngo"], "contributor"),))
        who[f"Box {number}"] = make.sign_in(stage.client(), f"{name}@keys.example")
        leave(stage, who[f"Box {number}"], outside=f"Box {number}")
    monkeypatch.setattr(desk, "BOXES", 2)
    first = body(f["fay"].get(f"{f['at']}/keyholders"))
    seen = re.findall(r'dir="auto">(Box \d)', first)
    assert who[seen[-1]].post(f"{f['at']}/identity/withdrawal", data={"sure": "yes"}).status_code == 303
    second = body(f["fay"].get(re.search(r'href="([^"]*)" rel="next"', first)[1]))  # type: ignore[index]
    assert sorted(seen + re.findall(r'dir="auto">(Box \d)', second)) == ["Box 0", "Box 1", "Box 2", "Box 3"]
    assert 'rel="next"' not in second


def test_a_keyholder_who_stops_is_missed_and_replaced(stage: Any) -> None:
    f = stage.facts
    entrust(stage)
    leave(stage, f["amina"])
    mine = stage.sql("SELECT k.id FROM vault.keyholder k WHERE organisation_id = %s", f["cem_house"])[0][0]
    assert f["ben"].post(f"/en/keyholders/{mine}/end", data={"sure": "yes"}).status_code == 403
    follow(f["cem"], f["cem"].post(f"/en/keyholders/{mine}/end", data={"sure": "yes"}))
    assert "has stopped" in body(f["fay"].get(f"{f['at']}/keyholders"))
    at, key = asked(stage)
    for name in ("ann", "ben"):
        release(stage, name, at)
    assert make_vault.opened(armoured(follow(f["fay"], f["fay"].post(f"{at}/reading", data={}))), key) == TOLD
    enrol(stage, "cem")
    ids = [str(row[0]) for row in stage.sql("SELECT id FROM vault.keyholder WHERE ended_on IS NULL")]
    said = follow(f["fay"], f["fay"].post(f"{f['at']}/keyholders", data={"keyholders": ids, "needs": "2"}))
    assert "New shares for the new keyholders" in said
    once, text = make_vault.one_time()
    answer = f["fay"].post(f"{f['at']}/keyholders/shares", data={"key": text})
    at = answer.location
    for name in ("ann", "ben"):
        release(stage, name, at)
    order = armoured(follow(f["fay"], f["fay"].post(f"{at}/reading", data={})))
    made = tool.reshare(order, once, datetime.now(UTC))
    assert "damaged" in body(f["fay"].post(f"{at}/shares", data={"text": made.replace("\n", "\nAA", 1)}), 422)
    follow(f["fay"], f["fay"].post(f"{at}/shares", data={"text": made}))
    at, key = asked(stage)
    for name in ("cem", "ann"):
        release(stage, name, at)
    assert make_vault.opened(armoured(follow(f["fay"], f["fay"].post(f"{at}/reading", data={}))), key) == TOLD

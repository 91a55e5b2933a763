"""The loop, walked by everybody in it: theme, objection, drafts, signatures, publication, measure, ground."""

import re
import uuid
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask import g
from tests import make

from polyphony.kernel.database import db
from polyphony.kernel.viewer import open_viewer

SAID = "The alert wakes the whole house. Tell only the person."


@pytest.fixture
def loop(world: Any) -> Any:
    """Three voices: two companies, one facilitator, one stakeholder who spoke; inputs have ended."""
    f = world.facts
    f["halcyon"], f["tern"] = make.organisation(world, "Halcyon"), make.organisation(world, "Tern")
    body = make.organisation(world, "Neutral", "facilitation")
    ngo = f["ngo"] = make.organisation(world, "Sauti", "stakeholder")
    make.person(world, "fac@x.org", seats=((body, "facilitator"),))
    f["author"] = make.person(world, "asha@x.org", seats=((ngo, "contributor"),))
    for name in ("halcyon", "tern"):
        make.person(world, f"lead@{name}.org", seats=((f[name], "engagement_lead"),))
        make.person(world, f"boss@{name}.org", seats=((f[name], "decision_maker"),), function="legal")
    f["id"] = make.consultation(
        world, [f["halcyon"], f["tern"]], facilitator=body, invited=(ngo,), state="answering",
        opens_at=make.now() - timedelta(days=30), closes_at=make.now() - timedelta(days=10),
        promised_on=make.today() - timedelta(days=3))
    f["said"] = make.input_(world, f["id"], person_id=f["author"], text=SAID, addressed=[f["halcyon"], f["tern"]])
    return world


def _in(world: Any, address: str) -> Any:
    """The browser in which this person is signed in."""
    browsers = world.facts.setdefault("browsers", {})
    if address not in browsers:
        browsers[address] = make.sign_in(world.client(), address)
    return browsers[address]


def _post(client: Any, url: str, expected: int = 303, **data: Any) -> str:
    answer = client.post(url, data={"once": str(uuid.uuid4()), **data})
    body = answer.get_data(as_text=True)
    assert answer.status_code == expected, body
    return body


def _get(client: Any, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return answer.get_data(as_text=True)


def _theme(world: Any, fac: Any) -> str:
    f = world.facts
    _post(fac, f"/en/consultations/{f['id']}/themes/new", title="Warn the person", summary="Not the phone.", lang="en")
    theme = world.sql("SELECT id FROM feedback.theme ORDER BY made_on DESC LIMIT 1")[0][0]
    place = f"/en/consultations/{f['id']}/excerpts/{f['said']}"
    assert "not in the input" in _post(fac, place, 422, theme_id=theme, input_id=f["said"], quote="never said")
    _post(fac, place, theme_id=theme, input_id=f["said"], quote="Tell only the person.")
    _post(fac, f"/en/consultations/{f['id']}/facilitate/share")
    return f"/en/themes/{theme}"


def _answer(world: Any, name: str, theme: str, **more: Any) -> None:
    url = f"{theme}/answer/{world.facts[name]}"
    said = {"decision": "adopted", "words": f"{name} will do it.", "changes": "The alert.", "lang": "en", "revision": "0"}
    _post(_in(world, f"lead@{name}.org"), url, **{**said, **more})


def _seen(world: Any, answer: Any) -> dict[str, str]:
    """What the form of this answer holds for whoever has it before her."""
    names = ("decision", "reason_kind", "words", "changes", "lang", "revision")
    return dict(zip(names, map(str, world.sql(f"SELECT {', '.join(names)} FROM feedback.answer WHERE id = %s",
                                              answer)[0]), strict=True))


def _sign(world: Any, name: str) -> None:
    found = world.sql("SELECT id FROM feedback.answer WHERE company_id = %s AND state = 'draft'", world.facts[name])[0][0]
    _post(_in(world, f"boss@{name}.org"), f"/en/answers/{found}/sign", **_seen(world, found))


def test_the_whole_loop(loop: Any) -> None:
    """Placed, objected, answered by each, published together, late shown late, seen from the ground."""
    f, here = loop.facts, f"/en/consultations/{loop.facts['id']}"
    fac, asha = _in(loop, "fac@x.org"), _in(loop, "asha@x.org")
    theme = _theme(loop, fac)
    assert "Tell only the person." in _get(asha, theme)
    _post(asha, f"{theme}/inputs/{f['said']}/object", words="I meant children", lang="en")
    assert "not what I meant" in _get(fac, f"{here}/facilitate")
    _answer(loop, "halcyon", theme)
    draft = _get(_in(loop, "boss@halcyon.org"), f"{theme}/answer/{f['halcyon']}")
    assert "halcyon will do it." in draft
    answer = loop.sql("SELECT id FROM feedback.answer")[0][0]
    lead = _in(loop, "lead@halcyon.org")
    _post(lead, f"/en/answers/{answer}/measures", what="Quiet alerts", owner="product",
          due_on=str(make.today() + timedelta(days=30)))
    _post(lead, f"/en/answers/{answer}/sign", 403, **_seen(loop, answer))
    _sign(loop, "halcyon")
    for peer in ("lead@tern.org", "asha@x.org"):
        assert "halcyon will do it." not in _get(_in(loop, peer), theme)
    assert _in(loop, "lead@tern.org").get(f"{theme}/answer/{f['halcyon']}").status_code == 403
    assert "Reply to her" in _post(fac, f"{here}/publish", 409, words="Here they are")
    objection = loop.sql("SELECT id FROM feedback.objection")[0][0]
    _post(fac, f"/en/objections/{objection}", words="Changed.")
    _post(fac, f"{here}/publish", words="Here they are")
    page = _get(loop.client(), f"{here}/answers")
    assert "halcyon will do it." in page
    assert "Owed" in page
    assert "3 days late" in page
    assert "your words are here" in _get(asha, f"{here}/answers")
    assert "still owes" in _post(fac, f"{here}/close", 409, words="End")
    _answer(loop, "tern", theme, decision="declined")
    found = loop.sql("SELECT id FROM feedback.answer WHERE state = 'draft'")[0][0]
    boss = _in(loop, "boss@tern.org")
    assert "need a kind of reason" in _post(boss, f"/en/answers/{found}/sign", 422, **_seen(loop, found))
    _answer(loop, "tern", theme, decision="declined", reason_kind="law", revision="1")
    _sign(loop, "tern")
    assert loop.sql("SELECT state, late_days, signed_as FROM feedback.answer WHERE id = %s", found) == [
        ("published", 3, "legal")]
    _ground(loop, fac, asha, lead, theme)
    _post(fac, f"{here}/close", words="End")
    assert loop.sql("SELECT state FROM consultations.consultation") == [("closed",)]


def _ground(world: Any, fac: Any, asha: Any, lead: Any, theme: str) -> None:
    measure = world.sql("SELECT id FROM feedback.measure")[0][0]
    _post(lead, f"/en/measures/{measure}/status", status="done", status_words="Shipped", lang="en", revision="1")
    _post(fac, f"/en/measures/{measure}/round", until=str(make.today() + timedelta(days=5)))
    _post(asha, f"/en/measures/{measure}/ground", view="partly", words="Only on new phones", lang="en")
    _post(asha, f"/en/measures/{measure}/ground", 409, view="works", words="", lang="en")
    assert "Only on new phones" not in _get(world.client(), theme)
    view = world.sql("SELECT id FROM feedback.ground_view")[0][0]
    assert "Only on new phones" in _get(fac, f"/en/ground/{view}/read")
    _post(fac, f"/en/ground/{view}/read")
    page = _get(world.client(), theme)
    assert "Only on new phones" not in page
    assert "until 5 people have spoken" in page
    assert "Shipped" in page
    _five_views(world, fac, measure, theme)


def _five_views(world: Any, fac: Any, measure: Any, theme: str) -> None:
    """One voice alone is withheld, one that names itself is shown, and the fifth unnamed one shows them all."""
    f, address = world.facts, f"/en/measures/{measure}/ground"
    for n in range(5):
        who = make.person(world, f"voice{n}@x.org", seats=((f["ngo"], "contributor"),))
        make.input_(world, f["id"], person_id=who, text=f"I am voice {n}.")
        named = {"named": "y"} if n == 0 else {}
        _post(_in(world, f"voice{n}@x.org"), address, view="works", words=f"seen by {n}", lang="en", **named)
        view = world.sql("SELECT id FROM feedback.ground_view WHERE read_on IS NULL")[0][0]
        _post(fac, f"/en/ground/{view}/read")
        page = _get(world.client(), theme) + _get(world.client(), address.replace("/ground", "/views"))
        assert "seen by 0" in page, "an organisation that names itself is shown at once"
        assert "Sauti" in page
        assert ("Only on new phones" in page) == ("seen by 1" in page) == (n == 4), n
        assert _open_views(world) == (6 if n == 4 else 1), "row security withholds them, not only the page"
    assert "until 5 people" not in page
    assert '/views">Views from the ground</a>' in page, "the way to the others says no number"
    assert "views in words" not in page
    assert "Small numbers are not shown" in page, "four say works, one says partly: neither number is told"
    assert world.sql("SELECT count(*) FROM feedback.ground_view WHERE shown_on IS NULL") == [(0,)]


def _open_views(world: Any) -> int:
    """How many views plain SQL on the web role gives to a visitor."""
    with psycopg.connect(world.server.url("polyphony_app", world.name)) as connection:
        connection.execute("SELECT viewer.open(NULL, NULL)")
        return connection.execute("SELECT count(*) FROM feedback.ground_view").fetchall()[0][0]


def test_two_colleagues_lose_nothing(loop: Any) -> None:
    """The second to save keeps her text and sees the first one's; a correction keeps both versions."""
    theme = _theme(loop, _in(loop, "fac@x.org"))
    _answer(loop, "tern", theme)
    url = f"{theme}/answer/{loop.facts['tern']}"
    body = _post(_in(loop, "boss@tern.org"), url, 409, decision="later", words="my own text", changes="x", lang="en",
                 revision="0")
    assert "my own text" in body
    assert "tern will do it." in body
    theirs = _post(_in(loop, "boss@tern.org"), url, 409, decision="later", reason_kind="cost", words="tern will do it.",
                   changes="x", lang="fr", revision="0").split('id="compared"')[1].split("</section>")[0]
    for said in ("Adopted", "Later", "No reason needed", "Cost", "English", "Français", "The alert."):
        assert said in theirs, said
    assert "tern will do it." not in theirs, "these are the same"
    _post(_in(loop, "boss@tern.org"), f"{url}/comment", **{"comment-words": "Ask legal."})
    assert "Ask legal." in _get(_in(loop, "lead@tern.org"), url)
    _sign(loop, "tern")
    _answer(loop, "tern", theme, words="corrected")
    assert loop.sql("SELECT number, state FROM feedback.answer ORDER BY number") == [(1, "signed"), (2, "draft")]


def test_an_unread_input_and_the_promise_hold_publication(loop: Any) -> None:
    """Nothing is published past an unread input."""
    f, fac = loop.facts, _in(loop, "fac@x.org")
    _theme(loop, fac)
    make.input_(loop, f["id"], person_id=f["author"], read=False)
    assert "not read yet" in _post(fac, f"/en/consultations/{f['id']}/publish", 409, words="Now")


def test_the_answers_cost_the_same_with_many_themes(loop: Any) -> None:
    """At most six statements for the page of answers."""
    from polyphony.feedback.models import Answer, Theme

    f, day = loop.facts, make.today()
    loop.sql("UPDATE consultations.consultation SET state = 'published'")
    for n in range(8):
        theme = Theme(id=uuid.uuid4(), consultation_id=f["id"], title=f"T{n}", summary="s", lang="en", made_on=day,
                      addressed=[f["halcyon"]], shared_on=day, published_on=day, place=n)
        make.add(loop, theme, Answer(
            id=uuid.uuid4(), theme_id=theme.id, company_id=f["halcyon"], consultation_id=f["id"], state="published",
            decision="adopted", words="w", changes="c", lang="en", signed_as="legal", signed_on=day, published_on=day))
    from polyphony.feedback import glance, themes

    with loop.app.test_request_context("/en/"):
        g.lang, g.sql = "en", 0
        by = open_viewer(None)
        board = glance.board(by, themes.consultation_of(f["id"]))
        assert len(board.themes) == 8
        assert g.sql <= 6
        db.session.rollback()
    assert len(re.findall("<tr>", _get(loop.client(), f"/en/consultations/{f['id']}/answers"))) == 9


def test_an_author_learns_where_her_words_went(loop: Any) -> None:
    """The inbox asks for the fate of an input, the home page for what waits, the translators' desk for texts."""
    from polyphony.kernel import providers

    theme = _theme(loop, _in(loop, "fac@x.org"))
    secret, said = make.session_of(loop, loop.facts["author"]), loop.facts["said"]
    with loop.app.test_request_context("/en/"):
        g.lang = "en"
        loop.app.preprocess_request()
        g.lang = "en"
        by = open_viewer(secret)
        (found,) = providers.ask("fate", by, [said])
        assert found[said][0].url == theme
        assert not found[said][0].is_published
        assert any(x and x[0][0] == "theme" for x in providers.ask("translatable", loop.facts["id"]) if x)
        db.session.rollback()
    assert "Tell only the person." in _get(_in(loop, "asha@x.org"), theme)
    assert "Answer the themes" in _get(_in(loop, "lead@tern.org"), "/en/home")

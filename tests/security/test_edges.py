"""What goes out and what is noted at the edge: headers on every answer, no trace of who came without an account."""

import gzip
import uuid
from types import SimpleNamespace

import psycopg
import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

import make
from polyphony.kernel import edge, headers
from polyphony.kernel.access import access, anyone
from polyphony.uploads import receiving


def test_an_answer_made_when_the_commit_fails_is_dressed_like_any_other(world, monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("COMMIT", None, psycopg.OperationalError("gone"))

    client = world.client()
    monkeypatch.setattr(Session, "commit", fail)
    answer = client.post("/en/reset", data={"address": "nobody@x.example", "once": str(uuid.uuid4())})
    assert answer.status_code == 503
    assert {name: answer.headers.get(name) for name in headers.ALWAYS} == headers.ALWAYS
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.fixture
def about(world):
    return make.consultation(world, [make.organisation(world, "Halcyon")], facilitator=None)


def test_what_people_do_without_an_account_leaves_no_line_in_the_log(world, about, monkeypatch) -> None:
    lines: list[str] = []
    monkeypatch.setattr(edge, "log", SimpleNamespace(info=lambda event, **about: lines.append(about["endpoint"])))
    client = world.client()
    assert client.get(f"/en/consultations/{about}/say/without-account").status_code == 200
    assert client.get("/en/come-back").status_code == 200
    assert client.post("/en/come-back", data={"words": "one two three"}).status_code == 422
    assert client.post(f"/en/consultations/{about}/say", data={"text": "Words."}).status_code == 403, "her phrase has ended"
    assert client.get("/en/inbox").status_code == 403
    assert client.post("/en/leave").status_code == 303
    assert client.get("/en/time").status_code == 200
    assert lines == []
    assert client.get("/en/").status_code == 200
    assert lines == ["openness.front"], "other pages do leave a line"


def test_nobody_writes_into_the_audit_in_anothers_name(world) -> None:
    me, other = make.person(world, "me@x.example"), make.person(world, "other@x.example")
    secret = make.session_of(world, me)
    add = ("INSERT INTO audit.row (id, at, actor, verb, details) VALUES (gen_random_uuid(), now(), %s, 'x', '{}')")
    with psycopg.connect(world.server.url("polyphony_app", world.name)) as connection:
        for forged in (False, True):
            connection.execute("SELECT viewer.open(%s, NULL)", [None if forged else secret])
            if forged:
                connection.execute("SELECT set_config('polyphony.person', %s, true)", [str(other)])
            else:
                connection.execute(add, [me])
            connection.execute(add, [None])
            connection.execute("SAVEPOINT s")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(add, [other])
            connection.execute("ROLLBACK TO s")
            connection.commit()
    assert sorted(world.sql("SELECT actor FROM audit.row"), key=str) == sorted([(me,), (None,), (None,)], key=str)


def test_pages_are_squeezed_and_their_length_tells_nothing(world) -> None:
    """Who watches the line learns no secret by what squeezes well: the same page comes in many lengths."""
    client, lengths = world.client(), set()
    for _ in range(40):
        answer = client.get("/en/", headers={"Accept-Encoding": "gzip"})
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(answer.data).startswith(b"<!doctype html>")
        lengths.add(len(answer.data))
    assert len(lengths) > 15


@pytest.mark.parametrize("takes", [True, False])
def test_only_pages_that_take_files_take_more_than_words_and_nothing_touches_the_disk(world, takes: bool) -> None:
    def view() -> str:
        from flask import request

        return type(request.files["files"].stream).__name__

    planted = access(anyone)(view)
    world.app.add_url_rule("/<lang>/planted", "planted", receiving.takes_files(planted) if takes else planted, methods=["POST"])
    sent = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n' + b"x" * 3_000_000 + b"\r\n--x--\r\n"
    answer = world.client().post("/en/planted", data=sent, content_type="multipart/form-data; boundary=x")
    assert (answer.status_code, answer.data) == (200, b"Bounded") if takes else answer.status_code == 413

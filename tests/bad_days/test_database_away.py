"""The database goes away: before a page, in the middle of a write, and comes back without anybody starting anything."""

import re
from dataclasses import replace
from html import unescape
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

import make
from polyphony.app import create_app
from polyphony.inputs import service
from polyphony.kernel.database import db

TEXT = "Onyo linaonekana kwenye simu ya familia nzima. <b>Na</b> hili ni hatari & jambo zito kwetu sote."


def cut(world: Any) -> int:
    """End every connection to this world's database, as a crash would."""
    return len(world.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> "
                         "pg_backend_pid()", world.name))


def resend(client: Any, answer: Any) -> Any:
    """Press the button on a page that gave the text back, as a browser would."""
    page = answer.get_data(as_text=True).split('class="kept"')[1].split("</form>")[0]
    action = unescape(page.split('action="')[1].split('"')[0])
    data = {name: unescape(value) for name, value in
            re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)}
    data |= {name: unescape(value) for name, value in re.findall(r'<textarea name="([^"]+)"[^>]*>\n?(.*?)</textarea>', page, re.S)}
    return client.post(action, data=data)


def test_a_write_cut_in_the_middle_keeps_nothing_half_and_gives_the_words_back(
        stage: Any, signed_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world, amina = stage.world, signed_in("amina@sauti.example")
    real = service._keep

    def fails(*given: Any, **fields: Any) -> Any:
        kept = real(*given, **fields)
        assert cut(world) > 0
        return kept

    monkeypatch.setattr(service, "_keep", fails)
    once = "0b6b2bd5-3c8e-4f0e-9a4e-5f5ed0c9a111"
    answer = amina.post(f"{stage.at}/say", data={"text": TEXT, "lang": "sw", "other": "", "once": once})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert answer.headers["Cache-Control"] == "no-store"
    assert TEXT in unescape(answer.get_data(as_text=True))
    assert "<b>" not in answer.get_data(as_text=True)
    for language in ("en", "fr", "es", "pt", "ar", "sw", "id"):
        assert f'<section lang="{language}"' in answer.get_data(as_text=True)
    assert world.sql("SELECT count(*) FROM inputs.draft") == [(0,)]
    assert world.sql("SELECT count(*) FROM kernel.once") == [(0,)]
    monkeypatch.setattr(service, "_keep", real)
    sent = resend(amina, answer)
    assert sent.status_code == 303, sent.get_data(as_text=True)
    assert world.sql("SELECT fields ->> 'text' FROM inputs.draft") == [(TEXT,)]
    assert amina.get(sent.location).status_code == 200


def test_a_restart_of_the_database_is_noticed_by_nobody(stage: Any, signed_in: Any) -> None:
    world, amina = stage.world, signed_in("amina@sauti.example")
    for _ in range(2):
        assert amina.get("/en/inbox").status_code == 200
        assert cut(world) > 0
    assert amina.get("/en/inbox").status_code == 200
    cut(world)
    answer = amina.post(f"{stage.at}/say", data={"text": TEXT, "lang": "sw", "other": ""})
    assert answer.status_code == 303


def test_a_commit_that_is_cut_keeps_nothing(stage: Any, signed_in: Any) -> None:
    world, amina = stage.world, signed_in("amina@sauti.example")
    def before_commit(session: Any) -> None:
        cut(world)

    sa.event.listen(sa.orm.Session, "before_commit", before_commit)
    try:
        answer = amina.post(f"{stage.at}/say", data={"text": TEXT, "lang": "sw", "other": ""})
    finally:
        sa.event.remove(sa.orm.Session, "before_commit", before_commit)
    assert answer.status_code == 503
    assert TEXT in unescape(answer.get_data(as_text=True))
    assert world.sql("SELECT count(*) FROM inputs.draft") == [(0,)]
    assert resend(amina, answer).status_code == 303


def test_while_nobody_answers_words_come_back_and_passwords_do_not(stage: Any) -> None:
    world = stage.world
    away = create_app(replace(world.settings, database_url="postgresql://polyphony_app:x@127.0.0.1:1/nowhere"))
    away.config.update(WTF_CSRF_ENABLED=False)
    client = away.test_client()
    page = client.get("/sw/")
    assert page.status_code == 503
    assert 'class="kept"' not in page.get_data(as_text=True)
    said = client.post(stage.at + "/say", data={"text": TEXT, "lang": "sw"})
    assert said.status_code == 503
    assert TEXT in unescape(said.get_data(as_text=True))
    elsewhere = client.post(stage.at + "/say", data={"text": TEXT}, headers={"Sec-Fetch-Site": "cross-site"})
    assert TEXT not in unescape(elsewhere.get_data(as_text=True))
    secret = "a very long password that nobody should ever see again " + make.PASSWORD
    signing = client.post("/en/sign-in", data={"address": "amina@sauti.example", "password": secret})
    assert signing.status_code == 503
    assert secret not in signing.get_data(as_text=True)
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
    with away.app_context():
        db.engine.dispose()


def test_the_web_server_closes_no_door_behind_it(stage: Any, signed_in: Any) -> None:
    """After many cuts no connection is left behind in the pool or in the database."""
    amina = signed_in("amina@sauti.example")
    for _ in range(5):
        cut(stage.world)
        assert amina.get("/en/inbox").status_code == 200
    with psycopg.connect(stage.world.server.url("postgres", stage.world.name)) as connection:
        left = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND usename = "
                                  "'polyphony_app'", [stage.world.name]).fetchone()
    assert left is not None
    assert left[0] <= 2

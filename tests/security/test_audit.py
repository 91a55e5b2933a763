"""The audit that was taken away tells, alone, whether anything was changed, left out, moved or cut off."""

import hashlib
import json
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import psycopg
import pytest
from tests import make

from polyphony.auditing import service, verify_audit, words
from polyphony.kernel import audit, clock
from polyphony.kernel.access import access, anyone
from polyphony.kernel.database import db

TOOL = Path(verify_audit.__file__)
ACTS = 12


@pytest.fixture
def acted(world):
    """Acts of two days, sealed, the first day's head signed; an auditor and an administrator who look."""
    def view():
        for number in range(ACTS):
            audit.record("organisation.approved", world.facts["org"] if number % 3 == 0 else None,
                         about=world.facts["org"] if number % 3 == 0 else None, number=number)
        return "yes"

    world.facts["org"] = make.organisation(world, "Sauti", "stakeholder")
    make.person(world, "eyes@polyphony.example", roles=("auditor",))
    make.person(world, "amina@sauti.example", seats=((world.facts["org"], "administrator"),))
    world.app.add_url_rule("/<lang>/planted", "planted", access(anyone)(view), methods=["POST"])
    world.client().post("/en/planted")
    sign(world, -1)
    world.client().post("/en/planted")
    with world.worker.app_context():
        audit.seal_new_rows()
        db.session.commit()
    return world


def sign(world, days):
    with world.worker.app_context():
        service.sign_day(clock.today() + timedelta(days=days))
        db.session.commit()


def taken(world, who="eyes@polyphony.example"):
    answer = make.sign_in(world.client(), who).get("/en/audit/file")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def alone(tmp_path, text, *words):
    """The tool, run with Python alone: nothing of the platform can be imported."""
    file = tmp_path / f"{len(list(tmp_path.iterdir()))}.jsonl"
    file.write_text(text, "utf-8")
    done = subprocess.run([sys.executable, "-I", TOOL, str(file), *words], capture_output=True, text=True, cwd=tmp_path)
    return done.returncode, done.stdout + done.stderr


def wrong(text):
    return verify_audit.read(text.splitlines()).wrong


def test_the_tool_needs_nothing_of_the_platform(acted, tmp_path):
    code, said = alone(tmp_path, taken(acted))
    assert (code, "Nothing is wrong." in said) == (0, True), said
    assert f"{2 * ACTS} links, {2 * ACTS} of them with their rows; 1 signed heads, the newest at link {ACTS}." in said
    imported = {line.split()[1].split(".")[0] for line in TOOL.read_text().splitlines() if line.startswith(("import ", "from "))}
    assert imported <= {*sys.stdlib_module_names, "nacl"}


FORGED = "UPDATE audit.row SET verb = 'forged' WHERE id = (SELECT row_id FROM audit.seal WHERE number = 5)"
CUT = "DELETE FROM audit.row WHERE id IN (SELECT row_id FROM audit.seal WHERE number > 10); DELETE FROM audit.seal WHERE number > 10"


def test_whatever_a_superuser_does_is_found(acted):
    honest = taken(acted)
    assert wrong(honest) == []
    deeds = {
        FORGED: "link 5 does not fit",
        "UPDATE audit.row SET at = at + interval '1 hour' WHERE id = (SELECT row_id FROM audit.seal WHERE number = 7)":
            "link 7 does not fit",
        "DELETE FROM audit.seal WHERE number = 9": "link 9 is missing or out of order",
        "UPDATE audit.seal SET number = CASE number WHEN 2 THEN 1003 ELSE 1002 END WHERE number IN (2, 3)": "link 2 is missing",
        "DELETE FROM audit.seal WHERE number > 10": "links 11 to 12, signed on",
        CUT: "links 11 to 12, signed on",
        "UPDATE audit.head SET link = 3": "is not signed as it should be",
        f"UPDATE audit.head SET day = day + 1, hash = '\\x{'00' * 32}'": "is not signed as it should be",
    }
    for deed, told in deeds.items():
        with _forged(acted, deed) as twin:
            found = wrong(_as_superuser(acted, twin))
        assert any(each.startswith(told) or told in each for each in found), (deed, found)


def test_a_change_with_every_later_link_made_anew_is_found_by_the_head_alone(acted):
    with _forged(acted, FORGED) as twin:
        _linked_anew(acted, twin)
        found = wrong(_as_superuser(acted, twin))
    (only,) = found
    assert only.endswith(f"names another link {ACTS} than stands here")


@contextmanager
def _forged(world, deed):
    """Another database with all of this one's rows, in which a superuser did something."""
    twin = f"{world.name}_{abs(hash(deed)) % 10**6}"
    world.close()
    world.server.create_database(twin, template=world.name)
    _do(world, twin, deed)
    yield twin
    world.server.drop_database(twin)


def _do(world, name, deed):
    with psycopg.connect(world.server.url("postgres", name), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(deed)


def _linked_anew(world, name):
    """Make every hash fit what the rows say now, as somebody would who can write the database."""
    before, deeds = verify_audit.ROOT, []
    for told in filter(lambda told: "link" in told and "head" not in told, map(json.loads, _as_superuser(world, name).splitlines())):
        content = hashlib.sha256(json.dumps(told["row"], sort_keys=True, ensure_ascii=False).encode()).digest()
        before = hashlib.sha256(before + content).digest()
        deeds.append(f"UPDATE audit.seal SET content = '\\x{content.hex()}', hash = '\\x{before.hex()}' WHERE number = {told['link']}")
    _do(world, name, ";".join(deeds))


def _as_superuser(world, name):
    """The file of another database, as the worker would write it."""
    from conftest import settings_for
    from polyphony.app import application

    with application(settings_for(world.server, name, world.settings.mail_folder.parent), worker=True) as app, \
            app.app_context():
        return "".join(service.file())


def test_what_was_cut_off_with_its_head_shows_beside_an_earlier_file(acted, tmp_path):
    sign(acted, 0)
    earlier = taken(acted)
    acted.sql("DELETE FROM audit.head WHERE link > 12")
    acted.sql("DELETE FROM audit.seal WHERE number > 12")
    now = taken(acted)
    assert wrong(now) == []
    (tmp_path / "earlier").write_text(earlier)
    code, said = alone(tmp_path, now, "--earlier", str(tmp_path / "earlier"))
    assert code == 1
    assert "links 13 to 24 were there earlier and are missing" in said
    assert "is gone" in said


def lived(world, days):
    """Acts on some days, counted from today, each sealed; what the hourly job signed after each of them."""
    from polyphony.auditing import tasks

    for day in days:
        for hour in (12, 24):
            with world.worker.app_context(), clock.at(clock.midnight() + timedelta(days=day, hours=hour, minutes=5)):
                audit.record("organisation.approved") if hour == 12 else None
                tasks.sign()
                db.session.commit()


def broken(world):
    with world.worker.app_context():
        return service.broken()


def test_when_all_heads_are_taken_away_and_the_links_made_anew_they_are_missed(world):
    """In the night itself, and also after the next head was signed over the forged chain."""
    assert broken(world) == [], "nothing happened yet"
    lived(world, (-5, -4, -3, -2))
    assert (broken(world), wrong(_as_superuser(world, world.name))) == ([], [])
    first, last = (str(clock.today() + timedelta(days=days)) for days in (-5, -2))
    for heads, days in ((0, 4), (1, 5)):
        _do(world, world.name, FORGED.replace("= 5", "= 2") + "; DELETE FROM audit.head")
        _linked_anew(world, world.name)
        if heads:
            lived(world, (-1,))
            last = str(clock.today() - timedelta(days=1))
        told = f"no head from {first} to {last}, on {days} days with rows"
        assert broken(world) == [told]
        assert wrong(_as_superuser(world, world.name)) == [told] + ([] if heads else ["no head is in it, so nothing proves "
                                                                    "that this chain was not made anew"])


def test_days_on_which_everything_stood_still_need_no_head(world):
    lived(world, (-20, -19))
    with world.worker.app_context(), clock.at(clock.midnight() - timedelta(days=17, hours=-22)):
        audit.record("organisation.approved")
        audit.seal_new_rows()  # and then the power fails, before midnight
        db.session.commit()
    lived(world, (-9, -8))
    assert broken(world) == []
    assert wrong(_as_superuser(world, world.name)) == []


def test_rows_that_know_only_their_day_are_sealed_when_it_is_over_and_their_place_tells_nothing(world):
    begins = clock.midnight() - timedelta(days=1)

    def at(**when):
        return clock.at(begins + timedelta(**when))

    make.person(world, "eyes@polyphony.example", roles=("auditor",))
    for hour in range(1, 24):
        with world.worker.app_context(), at(hours=hour):
            audit.record("organisation.approved")
            audit.record("input.sent", anonymous=True, number=hour)
            audit.seal_new_rows()
            db.session.commit()
            assert service.broken() == [], "rows that wait are no fault"
    for late in ({"hours": 23, "minutes": 59}, {"days": 1, "minutes": 3}):
        with world.worker.app_context(), at(**late):
            audit.record("organisation.turned_away")
            db.session.commit()
    with world.worker.app_context(), at(days=1, minutes=3, seconds=30):
        assert audit.seal_new_rows() == 2, "somebody may still be about to end what she began before midnight"
        db.session.rollback()
    with at(hours=23):
        assert str(words.VERBS["input.sent"]) not in make.sign_in(world.client(), "eyes@polyphony.example").get("/en/audit").text
    with world.worker.app_context(), at(days=1, minutes=5):
        service.sign_day(begins.date())
        db.session.commit()
        assert service.broken() == []
    links = world.sql("SELECT r.verb, r.id, r.details ->> 'number' FROM audit.seal s JOIN audit.row r ON r.id = s.row_id ORDER BY s.number")
    assert [verb for verb, *_ in links] == 23 * ["organisation.approved"] + 23 * ["input.sent"] + 2 * ["organisation.turned_away"]
    said = [(id, int(number)) for verb, id, number in links if verb == "input.sent"]
    assert said == sorted(said), "in the order of their random ids"
    assert [number for _, number in said] != list(range(1, 24))
    assert wrong(_as_superuser(world, world.name)) == []


def test_a_file_without_any_head_proves_nothing(acted, tmp_path):
    acted.sql("DELETE FROM audit.head")
    code, said = alone(tmp_path, taken(acted))
    assert code == 1
    assert "WRONG: no head is in it" in said
    assert f"the newest {2 * ACTS} links prove nothing" in said


def test_a_head_of_another_key_is_noticed(acted, tmp_path):
    with acted.app.app_context():
        ours = service.public_key()
    assert alone(tmp_path, taken(acted), "--key", ours)[0] == 0
    assert alone(tmp_path, taken(acted), "--key", "00" * 32)[0] == 1
    assert alone(tmp_path, taken(acted), "--key", "00" * 32, "--key", ours)[0] == 0, "one of them was replaced"


@pytest.mark.parametrize("spoil", [
    lambda lines: lines[:-1], lambda lines: lines[1:], lambda lines: [], lambda lines: [*lines[:3], "{", *lines[3:]],
    lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]], lambda lines: [*lines[:4], *lines[5:]],
    lambda lines: [line.replace('"number": 4', '"number": 5') for line in lines], lambda lines: [*lines[:-1], '{"link": 25, "row": [1]}', lines[-1]],
    lambda lines: [*lines[:-1], '{"link": 25, "row": [1, 1e300]}', lines[-1]], lambda lines: ["[]", "1", "null"],
])
def test_a_file_that_was_spoilt_is_told_in_words(acted, spoil):
    assert wrong("\n".join(spoil(taken(acted).splitlines())))


def test_a_party_takes_away_its_own_rows_and_the_whole_chain(acted):
    text = taken(acted, "amina@sauti.example")
    assert wrong(text) == []
    links = [json.loads(line) for line in text.splitlines() if '"link"' in line and '"head"' not in line]
    read = [each["row"] for each in links if "row" in each]
    assert len(links) > len(read) > 0
    org = str(acted.facts["org"])
    assert all(row[5] == org for row in read), "only what concerns her organisation"
    assert acted.client().get("/en/audit/file").status_code == 403
    assert acted.client().get("/en/audit/heads").status_code == 200


def test_erasing_somebody_leaves_the_chain_whole(acted):
    amina = acted.sql("SELECT person_id FROM organisations.membership")[0][0]
    acted.sql("SET session_replication_role = replica; DELETE FROM people.person WHERE id = '" + str(amina) + "'")
    assert wrong(taken(acted)) == []


def test_the_worker_alone_writes_links_and_heads(acted):
    for statement in ("INSERT INTO audit.head VALUES (current_date, 1, '', '', '')", "DELETE FROM audit.head",
                      "UPDATE audit.seal SET number = 5", "DELETE FROM audit.row"):
        with psycopg.connect(acted.server.url("polyphony_app", acted.name)) as connection, \
                pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


@pytest.mark.parametrize(("deed", "anew", "told"), [
    ("SELECT 1", False, 0), (FORGED, False, 1), ("UPDATE audit.seal SET hash = content WHERE number = 20", False, 1),
    (FORGED, True, 1), (CUT, False, 1), ("UPDATE audit.head SET key = hash, signature = signature || '\\x00'", False, 1),
    ("UPDATE audit.head SET day = day - 1", False, 1), ("UPDATE audit.head SET key = hash", False, 1),
], ids=["nothing", "a row", "a link", "a row and all later links", "cut off", "another signature", "another day", "another key"])
def test_a_broken_chain_is_told_to_the_auditor(acted, deed, anew, told):
    from polyphony.kernel import jobs

    _do(acted, acted.name, deed)
    if anew:
        _linked_anew(acted, acted.name)
    with acted.worker.app_context():
        jobs.TASKS["auditing.check"].function()
        db.session.commit()
    acted.work()
    assert acted.sql("SELECT count(*) FROM notices.notice WHERE kind = 'audit_broken'") == [(told,)]


@pytest.mark.parametrize(("names_it", "told"), [(True, []), (False, ["the head of"])], ids=["named", "not named"])
def test_heads_of_a_key_that_was_replaced_fit_where_it_is_named(acted, names_it, told):
    with acted.app.app_context():
        before = service.public_key()
    with acted.worker.app_context():
        settings = acted.worker.extensions["settings"]
        acted.worker.extensions["settings"] = replace(settings, audit_key=b"n" * 32,
                                                      audit_keys_before=f"{'0' * 64},{before}" if names_it else "")
        assert service.public_key() != before
        assert [each.rsplit(" ", 1)[0] for each in service.broken()] == told


def test_the_auditor_finds_rows_by_day_area_and_about(acted):
    eyes = make.sign_in(acted.client(), "eyes@polyphony.example")
    page = eyes.get("/en/audit").get_data(as_text=True)
    assert str(words.VERBS["organisation.approved"]) in page
    assert "Nothing found" in eyes.get("/en/audit?area=payment").get_data(as_text=True)
    assert "Nothing found" in eyes.get("/en/audit?until=2020-01-01").get_data(as_text=True)
    about = eyes.get(f"/en/audit?about={acted.facts['org']}").get_data(as_text=True)
    assert about.count("<tr><th scope=\"row\"") == 8
    assert eyes.get("/en/audit?since=nonsense&actor=x&from=-5&until=9999-12-31").status_code == 200
    assert make.sign_in(acted.client(), "amina@sauti.example").get("/en/audit").status_code == 403


def test_what_is_added_meanwhile_is_not_shown_twice(acted, monkeypatch):
    eyes = make.sign_in(acted.client(), "eyes@polyphony.example")
    monkeypatch.setattr(service, "SHOWN", 5)
    page, seen = eyes.get("/en/audit?area=organisation").text, []
    while page:
        seen += re.findall(r"number: (\d+)", page)
        acted.client().post("/en/planted")
        further = re.search(r'href="([^"]+)" rel="next"', page)
        page = eyes.get(unescape(further[1])).text if further else ""
    assert sorted(seen) == sorted([str(number) for number in range(ACTS)] * 2)

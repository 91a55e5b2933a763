"""Dump everything and search: of forty identities left with the keyholders nothing is found anywhere.

The database as text and as files, the server's log, our own log, mails, files, environment, the arguments of jobs: each
searched for the planted words as they are, in hexadecimal and in base64.
"""

import base64
import io
import logging
import os
import re
from pathlib import Path
from typing import Any

import pytest
import structlog

import make
import make_vault
from polyphony.kernel import secrets
from polyphony.kernel.database import db
from polyphony.kernel.viewer import open_viewer
from polyphony.vault import desk, keyholder, sealing, service

MARK = "Kanarivogel"  # each planted word begins with it, and nothing else does
LEAK = "Zaunkoenigin"  # of leaks on purpose: both may lie in the log of one server
COUNT = 40


def planted(number: int) -> dict[str, str]:
    return {"name": f"{MARK} Njeri {number}", "contact": f"{MARK}{number}@mail.example, +254 700 {number:06}",
            "safe_way": f"{MARK}: ask for her sister {number}, \u0645\u0646 \u0641\u0636\u0644\u0643", "outside": "", "agree": "y"}


def forms(mark: str) -> list[bytes]:
    """The mark as it is, in hexadecimal, and in base64 wherever it may begin."""
    plain = mark.encode()
    shifted = [base64.b64encode(b"x" * n + plain)[4 if n else 0:-4] for n in range(3)]
    wide = mark.encode("utf-16-le")
    return [plain, plain.hex().encode(), plain.hex().upper().encode(), wide, *shifted, *(x.replace(b"+", b"-") for x in shifted)]


def needles(mark: str = MARK) -> re.Pattern[bytes]:
    return re.compile(b"|".join(map(re.escape, forms(mark))))


def tables(world: Any) -> dict[str, str]:
    """Every row of every table as text, by table."""
    named = world.sql("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN "
                      "('pg_catalog', 'information_schema')".replace("%", "%%"))
    return {table: "\n".join(row for (row,) in world.sql(f"SELECT t::text FROM {table} t")) for (table,) in named}


def files(*folders: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for folder in folders for file in folder.rglob("*") if file.is_file()}


def found(world: Any, log: str, mark: str = MARK) -> list[str]:
    """Where the mark is: tables, files of the server and of ours, logs, environment."""
    world.sql("CHECKPOINT")
    kept = {f"table {name}": text.encode() for name, text in tables(world).items()}
    kept |= files(world.settings.var, world.server.place.data, world.server.place.log.parent)
    kept |= {"our log": log.encode(), "environment": Path("/proc/self/environ").read_bytes(),
             "environment for children": repr(world.settings.child_environment()).encode(), "os.environ": repr(os.environ).encode()}
    pattern = needles(mark)
    return sorted(name for name, content in kept.items() if pattern.search(content))


@pytest.fixture
def log() -> Any:
    """Everything that we log, down to the smallest, statements of the database too."""
    out, root = io.StringIO(), logging.getLogger()
    handler, before = logging.StreamHandler(out), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    configured = structlog.get_config()
    yield out
    structlog.configure(**configured)
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.fixture
def forty(world: Any, log: Any) -> Any:
    """Forty people of one organisation, each of whom left herself with the keyholders through the pages."""
    f = make_vault.stage(world)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
                        logger_factory=structlog.PrintLoggerFactory(log))
    for number in range(COUNT):
        who = make.person(world, f"p{number}@keys.example", seats=((f["ngo"], "contributor"),))
        client = world.client()
        with client.session_transaction() as session:
            session["key"] = secrets.text_of(make.session_of(world, who))
        if number == 0:
            _bad_days(world, client)
        answer = client.post(f"/en/consultations/{f['about']}/identity", data=planted(number))
        assert answer.status_code == 303, answer.get_data(as_text=True)
        if number == 1:  # sent twice
            assert client.post(f"/en/consultations/{f['about']}/identity", data=planted(number)).status_code == 409
    assert world.sql("SELECT count(*) FROM vault.sealed") == [(COUNT,)]
    return world


def _bad_days(world: Any, client: Any) -> None:
    """Refused, and broken in the middle: the words come back to her and go nowhere else."""
    address = f"/en/consultations/{world.facts['about']}/identity"
    refused = client.post(address, data={**planted(0), "agree": ""})
    assert refused.status_code == 422
    assert MARK in refused.get_data(as_text=True)
    world.app.testing, whole = False, keyholder.share_out
    try:
        keyholder.share_out = _broken
        assert client.post(address, data=planted(0)).status_code == 500
    finally:
        world.app.testing, keyholder.share_out = True, whole


def _broken(*_given: Any, **_named: Any) -> Any:
    raise RuntimeError("the disk is full")


def test_of_forty_identities_nothing_is_found_anywhere(forty: Any, log: Any) -> None:
    f = forty.facts
    key, text = make_vault.one_time()

    def as_(person: Any, what: Any) -> Any:
        with forty.app.test_request_context("/en/"):
            done = what(open_viewer(make.session_of(forty, person)))
            db.session.commit()
            return done

    id = as_(f["fay"], lambda by: service.ask(by, box=desk.boxes(f["about"])[0][0], key=text, reason="She asked us for help", days=3,
                                              safety_reason="", delay=0).id)
    for name in ("ann", "ben"):
        holder = f["holders"][name]

        def release(by: Any, holder: Any = holder) -> Any:
            asked = desk.request(id)
            mine = desk.my_seat(by, asked.opening)
            assert mine
            request = sealing.share_request(asked.asked, key=mine.key, shares=desk.shares(asked.opening, mine))
            return service.say(by, asked=asked, holder=mine, says="released", text=make_vault.answered(request, holder))
        as_(holder["person"], release)
    as_(f["fay"], lambda by: service.take(by, asked=desk.request(id)))
    opened = make_vault.opened(as_(f["fay"], lambda by: desk.taken(desk.request(id))), key)
    assert opened["name"].startswith(MARK), "it is in there, and two keyholders get it out"
    forty.work()
    assert forty.mails() is not None
    assert found(forty, log.getvalue()) == []


@pytest.mark.slow
@pytest.mark.parametrize("form", [lambda x: x, lambda x: x.hex(), lambda x: base64.b64encode(b"ab" + x).decode()])
def test_a_planted_leak_is_found(world: Any, form: Any) -> None:
    make_vault.stage(world)
    shown = form(f"{LEAK} Njeri".encode())
    shown = shown.decode() if isinstance(shown, bytes) else shown
    world.sql("UPDATE consultations.consultation SET plain = %s", shown)
    assert "table consultations.consultation" in found(world, "", LEAK)
    assert "our log" in found(world, f"a line with {shown}", LEAK)


@pytest.mark.slow
def test_one_row_left_open_is_found(forty: Any) -> None:
    forty.sql("UPDATE vault.sealed SET ciphertext = %s WHERE box_id = (SELECT box_id FROM vault.sealed LIMIT 1)",
             f"{LEAK} Njeri".encode())
    assert "table vault.sealed" in found(forty, "", LEAK)


def test_no_table_holds_an_address_of_an_account_to_be_read(lived: Any) -> None:
    with lived.app.app_context():
        known = [secrets.open_address(bytes(sealed), person)
                 for person, sealed in lived.sql("SELECT person_id, address_sealed FROM people.credential")]
    assert len(known) > 20
    assert all("@" in each for each in known)
    texts = {table: text.encode() for table, text in tables(lived).items()}
    assert [(table, each) for table, text in texts.items() for each in known for form in forms(each) if form in text] == []
    people = texts["people.person"] + f"|{known[0].encode().hex()}".encode()
    assert any(form in people for form in forms(known[0])), "one in hexadecimal would be seen"

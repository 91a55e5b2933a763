"""Attaching files to what one says and to an application: cleaned, read by whom the words may be read by, gone for good."""

import io
import re
import uuid
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import g
from PIL import Image

import dirty
import dirty_office
import make
import make_fund
from polyphony.fund.reviewing.models import Assignment
from polyphony.kernel import headers, unlinkable, viewer
from polyphony.kernel.database import db
from polyphony.uploads import receiving, storing, tasks
from polyphony.uploads.cleaning import box

CHOICES = {"audience": "companies", "naming": "unattributed", "speaks_as": "affected", "pseudonym": ""}
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"


@pytest.fixture
def stage(world: Any) -> Any:
    """An open consultation with a company, an NGO, a facilitator; files go through a quick box in this very process."""
    firm, ngo = make.organisation(world, "Halcyon"), make.organisation(world, "Sauti", "stakeholder")
    table, other = make.organisation(world, "Middle", "facilitation"), make.organisation(world, "Tern")
    for address, org, role in (("amina@s.example", ngo, "coordinator"), ("juma@s.example", ngo, "contributor"),
                               ("fay@m.example", table, "facilitator"), ("lead@h.example", firm, "engagement_lead"),
                               ("lead@t.example", other, "engagement_lead")):
        make.person(world, address, seats=((org, role),))
    about = make.consultation(world, [firm], facilitator=table, invited=(ngo,))
    return SimpleNamespace(world=world, firm=firm, ngo=ngo, about=about, at=f"/en/consultations/{about}")


def signed_in(stage: Any, address: str) -> Any:
    return make.sign_in(stage.world.client(), address)


def text(answer: Any, status: int = 200) -> str:
    said = unescape(answer.get_data(as_text=True))
    assert answer.status_code == status, said[:3000]
    return said


def say(stage: Any, client: Any, *files: tuple[str, bytes], words: str = "What I saw.", **fields: str) -> Any:
    return client.post(f"{stage.at}/say", **dirty.multipart(
        {"text": words, "lang": "en", "other": "", "once": str(uuid.uuid4()), **fields}, list(files)))


def send(stage: Any, client: Any) -> str:
    """The last two steps; answers the id of the input."""
    assert client.post(f"{stage.at}/say/choices", data={**CHOICES, "addressed": [str(stage.firm)]}).status_code == 303
    sent = client.post(f"{stage.at}/say/check", data={"once": str(uuid.uuid4())})
    assert sent.status_code == 303
    return sent.location.rsplit("/", 1)[1]


def files_on(page: str) -> list[str]:
    """The addresses of the files that a page offers."""
    return re.findall(r'href="(/en/attachments/[^"]+)"', page)


def rows(stage: Any) -> list[Any]:
    return stage.world.sql("SELECT subject_id, number, format FROM uploads.attachment ORDER BY subject_id, number")


def test_a_file_travels_cleaned_from_its_author_to_its_readers(stage: Any) -> None:
    author, facilitator = signed_in(stage, "amina@s.example"), signed_in(stage, "fay@m.example")
    lead, other = signed_in(stage, "lead@h.example"), signed_in(stage, "lead@t.example")
    answer = say(stage, author, ("IMG_canary_amina.jpg", dirty.jpeg()), ("report canary.docx", dirty_office.docx()))
    assert answer.status_code == 303
    assert answer.location.endswith("/say/choices")
    input = send(stage, author)
    own = files_on(text(author.get(f"/en/inbox/{input}")))
    assert len(own) == 2
    reading = f"{stage.at}/reading/{input}"
    assert files_on(text(facilitator.get(reading))) == own
    for stranger in (lead, other, stage.world.client(), signed_in(stage, "juma@s.example")):
        hidden, missing = stranger.get(own[0]), stranger.get(f"/en/attachments/{uuid.uuid4()}")
        assert hidden.status_code == missing.status_code == 404
        assert hidden.data == missing.data
    facilitator.post(f"{reading}/release", data={"revision": "1", "once": str(uuid.uuid4())})
    assert files_on(text(lead.get(f"{stage.at}/inputs"))) == own
    assert other.get(own[0]).status_code == 404
    got = lead.get(own[0])
    seen = Image.open(io.BytesIO(got.data))
    assert seen.size == (40, 60)
    assert b"canary" not in got.data
    assert got.headers["Content-Disposition"] == 'attachment; filename="attachment-1.jpg"'
    assert got.headers["Content-Security-Policy"] == headers.SANDBOX
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Type"] == "image/jpeg"
    assert got.headers["Content-Length"] == str(len(got.data))
    assert "no-store" in got.headers["Cache-Control"]
    assert lead.get(own[1]).headers["Content-Disposition"].endswith('"attachment-2.docx"')


def test_no_name_of_a_file_and_no_word_of_it_is_kept_anywhere(stage: Any) -> None:
    author = signed_in(stage, "amina@s.example")
    say(stage, author, ("canaryname.jpg", dirty.jpeg()), ("canary.odt", dirty_office.odf()))
    dump = str([stage.world.sql(f"SELECT * FROM {schema}.{table}") for schema, table in stage.world.sql(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT LIKE 'pg\\_%%' AND schemaname <> 'information_schema'")])
    assert "What I saw." in dump, "this is a dump of everything"
    assert "canary" not in dump
    for place in (stage.world.settings.var / "uploads").iterdir():
        assert b"canary" not in place.read_bytes()
        assert b"Words to keep" not in place.read_bytes()


def test_a_refused_file_costs_no_word_and_no_other_file(stage: Any) -> None:
    author = signed_in(stage, "amina@s.example")
    answer = say(stage, author, ("drawing.svg", SVG), ("photo.jpg", dirty.jpeg()), ("old.doc", b"\xd0\xcf\x11\xe0"),
                 words="Words that took an hour.")
    page = text(author.get(answer.location))
    assert "Words that took an hour." in page
    assert "Drawings in SVG can hold programs" in page
    assert "Save the drawing as PNG or PDF" in page
    assert "older office format" in page
    assert len(files_on(page)) == 1
    assert "drawing.svg" not in answer.location + page


def test_the_name_of_a_file_decides_nothing(stage: Any) -> None:
    author = signed_in(stage, "amina@s.example")
    answer = say(stage, author, ("photo.jpg.exe", dirty.jpeg()), ("../../real.jpg", b"MZ a program"), ("x.pdf", dirty.png()))
    assert "damaged or not what it seems" in text(author.get(answer.location))
    assert [row[2] for row in rows(stage)] == ["jpeg", "png"]


def test_two_windows_at_once_lose_no_file_and_clean_none_twice(stage: Any, monkeypatch: Any) -> None:
    author, put, taken, cleaned = signed_in(stage, "amina@s.example"), storing.put, [], box.clean
    say(stage, author, ("a.png", dirty.png()))

    def meanwhile(id: uuid.UUID, body: bytes) -> bytes:
        if not taken:  # the other window is a moment faster
            stage.world.sql("INSERT INTO uploads.attachment SELECT gen_random_uuid(), kind, subject_id, 2, format, size, key, "
                            "withheld, day FROM uploads.attachment")
        taken.append(id)
        return put(id, body)

    counted = []
    monkeypatch.setattr(storing, "put", meanwhile)
    monkeypatch.setattr(receiving.box, "clean", lambda data: (counted.append(1), cleaned(data))[1])
    assert say(stage, author, ("b.webp", dirty.webp())).status_code == 303
    assert [(row[1], row[2]) for row in rows(stage)] == [(1, "png"), (2, "png"), (3, "webp")]
    assert len(counted) == 1
    assert len(taken) == 2


def test_the_enter_key_removes_nothing(stage: Any) -> None:
    author = signed_in(stage, "amina@s.example")
    say(stage, author, ("a.png", dirty.png()))
    page = text(author.get(f"{stage.at}/say"))
    form = page[page.index("multipart/form-data"):]
    buttons = re.findall(r'<button type="submit"[^>]*>', form)
    assert "name=" not in buttons[0], "a browser presses the first button when somebody presses Enter"
    assert 'name="remove"' in form


def test_words_that_are_refused_are_kept_on_the_page(stage: Any) -> None:
    author = signed_in(stage, "amina@s.example")
    page = text(say(stage, author, ("photo.jpg", dirty.jpeg()), words="w" * 20_001), 422)
    assert "w" * 20_001 in page
    assert rows(stage) == []


def test_files_are_attached_and_removed_without_leaving_the_page(stage: Any) -> None:
    author = signed_in(stage, "amina@s.example")
    first = say(stage, author, ("a.png", dirty.png()), words="", attach="1")
    page = text(author.get(first.location))
    assert len(files_on(page)) == 1
    assert first.location.endswith("/say#files-part")
    (subject, *_rest), = rows(stage)
    id = files_on(page)[0].rsplit("/", 1)[1]
    say(stage, author, ("b.webp", dirty.webp()), words="Some words", remove=id)
    assert rows(stage) == [(subject, 1, "webp")]
    assert author.get(f"/en/attachments/{id}").status_code == 404
    assert "Some words" in text(author.get(f"{stage.at}/say"))
    say(stage, author, words="Some words", remove="nonsense")
    assert len(rows(stage)) == 1
    assert send(stage, author) == str(subject), "the input has the id its files waited for"


def test_five_files_and_no_more(stage: Any) -> None:
    author = signed_in(stage, "amina@s.example")
    answer = say(stage, author, *((f"{n}.png", dirty.png()) for n in range(7)))
    page = text(author.get(answer.location))
    assert [row[1] for row in rows(stage)] == [1, 2, 3, 4, 5]
    assert page.count("Five files are attached already.") >= 1
    answer = say(stage, author, ("more.png", dirty.png()), attach="1")
    assert "Remove one before you attach another." in text(author.get(answer.location))
    assert len(rows(stage)) == 5


def test_a_form_sent_twice_attaches_once(stage: Any) -> None:
    author, once = signed_in(stage, "amina@s.example"), str(uuid.uuid4())
    places = {say(stage, author, ("a.png", dirty.png()), once=once).location for _ in range(2)}
    assert len(places) == 1
    assert len(rows(stage)) == 1


def test_without_an_account_files_hang_on_the_phrase_and_leave_no_trace_of_their_order(stage: Any) -> None:
    client = stage.world.client()
    begin = f"{stage.at}/say/without-account"
    page = text(client.get(begin))
    words = re.findall(r"<li>(\w+)</li>", page.split('class="phrase"')[1].split("</ol>")[0])
    asked = [int(n) for n in re.findall(r"word number (\d+)", page)]
    sealed = re.search(r'name="sealed"[^>]*value="([^"]+)"', page)
    client.post(begin, data={"sealed": sealed[1], "first": words[asked[0] - 1], "second": words[asked[1] - 1]})
    assert say(stage, client, ("a.png", dirty.png()), attach="1").status_code == 303
    address = files_on(text(client.get(f"{stage.at}/say")))[0]
    assert client.get(address).status_code == 200
    assert stage.world.client().get(address).status_code == 404
    before = stage.world.sql("SELECT xmin::text FROM uploads.attachment")
    with stage.world.worker.app_context():
        unlinkable.rewrite()
        tasks.unlink()
        db.session.commit()
    assert stage.world.sql("SELECT xmin::text FROM uploads.attachment") != before
    assert client.get(address).status_code == 200
    assert [place.suffix for place in (stage.world.settings.var / "uploads").iterdir()] == [""]
    assert stage.world.sql("SELECT 1 FROM audit.row WHERE verb LIKE '%%file%%'") == []


def test_withdrawing_and_removing_end_a_file_for_good(stage: Any) -> None:
    author = signed_in(stage, "amina@s.example")
    say(stage, author, ("a.png", dirty.png()), ("b.png", dirty.png()))
    input = send(stage, author)
    one, two = files_on(text(author.get(f"/en/inbox/{input}")))
    stranger = signed_in(stage, "juma@s.example")
    assert stranger.post(f"/en/inbox/{input}/removed-files", data={"remove": one.rsplit("/", 1)[1]}).status_code == 404
    author.post(f"/en/inbox/{input}/removed-files", data={"remove": one.rsplit("/", 1)[1], "once": str(uuid.uuid4())})
    assert author.get(one).status_code == 404
    assert author.get(two).status_code == 200
    author.post(f"/en/inbox/{input}/withdrawal", data={"sure": "yes", "once": str(uuid.uuid4())})
    assert rows(stage) == []
    folder = stage.world.settings.var / "uploads"
    assert len(list(folder.iterdir())) == 2, "noise without a key"
    with stage.world.worker.app_context():
        tasks.clear()
        assert len(list(folder.iterdir())) == 2, "a form on its way may have its file before its row"
        tasks.GRACE, kept = -1, tasks.GRACE
        tasks.clear()
        tasks.GRACE = kept
    assert list(folder.iterdir()) == []


def test_files_whose_thing_is_gone_are_cleared_and_others_stay(stage: Any) -> None:
    author = signed_in(stage, "amina@s.example")
    say(stage, author, ("a.png", dirty.png()))
    stage.world.sql("INSERT INTO uploads.attachment SELECT gen_random_uuid(), kind, gen_random_uuid(), number, format, size, key, "
                    "withheld, day FROM uploads.attachment")
    with stage.world.worker.app_context():
        (storing.folder() / "gone").symlink_to("while it is looked at")
        tasks.clear()
        db.session.commit()
    assert len(rows(stage)) == 1


def test_the_facilitator_keeps_a_file_from_others(stage: Any) -> None:
    author, facilitator = signed_in(stage, "amina@s.example"), signed_in(stage, "fay@m.example")
    lead = signed_in(stage, "lead@h.example")
    say(stage, author, ("a.png", dirty.png()), ("b.png", dirty.png()))
    input = send(stage, author)
    reading = f"{stage.at}/reading/{input}"
    one, two = files_on(text(facilitator.get(reading)))
    for by, status in ((lead, 403), (author, 403)):
        assert by.post(f"{reading}/withheld-files", data={"withheld": [one.rsplit("/", 1)[1]]}).status_code == status
    answer = facilitator.post(f"{reading}/withheld-files", data={"withheld": [one.rsplit("/", 1)[1]], "once": str(uuid.uuid4())})
    assert answer.status_code == 303
    facilitator.post(f"{reading}/release", data={"revision": "1", "once": str(uuid.uuid4())})
    assert files_on(text(lead.get(f"{stage.at}/inputs"))) == [two]
    assert lead.get(one).status_code == 404
    assert author.get(one).status_code == facilitator.get(one).status_code == 200
    assert "keeps some of them from others" in text(author.get(f"/en/inbox/{input}"))


def test_a_damaged_file_is_not_handed_over_and_a_lost_one_is_not_there(stage: Any) -> None:
    author = signed_in(stage, "amina@s.example")
    say(stage, author, ("a.png", dirty.png()))
    address = files_on(text(author.get(f"{stage.at}/say")))[0]
    (place,) = (stage.world.settings.var / "uploads").iterdir()
    place.write_bytes(place.read_bytes()[:-5])
    assert "damaged on our side" in text(author.get(address), 409)
    place.unlink()
    assert author.get(address).status_code == 404


def test_nobody_hangs_a_file_on_another_s_thing(stage: Any) -> None:
    author, stranger = signed_in(stage, "amina@s.example"), signed_in(stage, "juma@s.example")
    say(stage, author, ("a.png", dirty.png()))
    (subject, *_rest), = rows(stage)
    id = stage.world.sql("SELECT id FROM uploads.attachment")[0][0]
    say(stage, stranger, words="Other words", remove=str(id))
    assert len(rows(stage)) == 1, "her own draft has no such file"
    app = stage.world.app
    secret = make.session_of(stage.world, stage.world.sql("SELECT id FROM people.person WHERE name = 'juma'")[0][0])
    with app.test_request_context("/en/"):
        viewer.open_viewer(secret)
        assert db.session.execute(sa.text("SELECT count(*) FROM uploads.attachment")).scalar() == 0
        assert db.session.execute(sa.text("DELETE FROM uploads.attachment")).rowcount == 0
        for statement in (f"INSERT INTO uploads.attachment VALUES (gen_random_uuid(), 'input', '{subject}', 2, 'png', 1, "
                          "decode(repeat('00', 32), 'hex'), false, current_date)",
                          "UPDATE uploads.attachment SET subject_id = gen_random_uuid()",
                          "UPDATE uploads.attachment SET key = decode(repeat('00', 32), 'hex')"):
            with pytest.raises(sa.exc.DBAPIError), db.session.begin_nested():
                db.session.execute(sa.text(statement))
        db.session.rollback()


def test_cleaning_holds_no_connection_and_is_done_once(stage: Any, monkeypatch: Any) -> None:
    author, held, cleaned = signed_in(stage, "amina@s.example"), [], box.clean

    def clean(data: bytes) -> tuple[str, bytes]:
        held.append(db.engine.pool.checkedout())
        return cleaned(data)

    monkeypatch.setattr(receiving.box, "clean", clean)
    say(stage, author, ("a.png", dirty.png()))
    assert held == [0]


def test_a_full_disk_is_told_and_the_words_are_kept(stage: Any, monkeypatch: Any) -> None:
    author = signed_in(stage, "amina@s.example")

    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storing.os, "fsync", full)
    answer = say(stage, author, ("a.png", dirty.png()), words="Words on a bad day.")
    page = text(author.get(answer.location))
    assert "There is no room for this file" in page
    assert "Words on a bad day." in page
    assert rows(stage) == []
    assert list((stage.world.settings.var / "uploads").iterdir()) == []


@pytest.fixture
def fund(world: Any) -> Any:
    """An open call and an NGO's draft; and a closed one under review."""
    f = world.facts
    make_fund.fund(world, members=1, reviewers=2)
    f["ngo"] = make.organisation(world, "Sauti", "stakeholder")
    make.person(world, "amina@s.example", seats=((f["ngo"], "coordinator"),))
    make.person(world, "zed@z.example", seats=((make.organisation(world, "Zed", "stakeholder"), "coordinator"),))
    f["call"] = make_fund.call(world, f["fund"], state="open")
    f["application"] = make_fund.application(world, f["call"], f["ngo"], state="draft")
    return world


def test_files_on_an_application_are_read_by_whoever_reads_it(fund: Any) -> None:
    f, at = fund.facts, f"/en/fund/applications/{fund.facts['application']}"
    applicant, stranger = make.sign_in(fund.client(), "amina@s.example"), make.sign_in(fund.client(), "zed@z.example")

    def attach(by: Any, *files: tuple[str, bytes], **fields: str) -> Any:
        return by.post(f"{at}/files", **dirty.multipart({"once": str(uuid.uuid4()), **fields}, list(files)))

    answer = attach(applicant, ("budget.xlsx", dirty_office.xlsx()), ("film.mp4", b"\0\0\0\x18ftypisom"))
    page = text(applicant.get(answer.location))
    assert "Sound and film" in page
    (address,) = files_on(page)
    assert attach(stranger, ("a.png", dirty.png())).status_code == 404
    reviewer = make.sign_in(fund.client(), "reviewer1@fund.org")
    assert reviewer.get(address).status_code == stranger.get(address).status_code == 404
    fund.sql("UPDATE fund.application SET state = 'submitted' WHERE id = %s", f["application"])
    fund.sql("SET session_replication_role = replica; UPDATE fund.call SET opens_at = now() - interval '9 days', closes_at = "
             "now() - interval '1 hour', state = 'closed'")
    make.add(fund, Assignment(id=uuid.uuid4(), application_id=f["application"], fund_id=f["fund"],
                              person_id=f["reviewer1"], on=make.today()))
    assert files_on(text(reviewer.get(f"/en/fund/reviews/{f['application']}"))) == [address]
    assert reviewer.get(address).headers["Content-Disposition"].endswith('"attachment-1.xlsx"')
    assert make.sign_in(fund.client(), "reviewer2@fund.org").get(address).status_code == 404
    assert attach(applicant, ("late.png", dirty.png())).status_code == 409
    assert len(fund.sql("SELECT 1 FROM uploads.attachment")) == 1
    assert attach(applicant, remove=address.rsplit("/", 1)[1]).status_code == 409
    assert applicant.get(address).status_code == 200


def test_lists_cost_no_statement_more_with_files(stage: Any) -> None:
    author, facilitator = signed_in(stage, "amina@s.example"), signed_in(stage, "fay@m.example")
    lead = signed_in(stage, "lead@h.example")
    say(stage, author, ("a.png", dirty.png()))
    input = send(stage, author)
    facilitator.post(f"{stage.at}/reading/{input}/release", data={"revision": "1", "once": str(uuid.uuid4())})
    with lead:
        assert files_on(text(lead.get(f"{stage.at}/inputs")))
        assert g.sql <= 6
    with author:
        text(author.get(f"/en/inbox/{input}"))
        assert g.sql <= 6

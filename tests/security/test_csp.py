"""The policies under the eyes of csp_evaluator, and the page that explains what outside judges find."""

import os
import shutil
from typing import Any

import pytest
import sqlalchemy as sa
from judges import findings, run, tools

from crawl import browser_of
from polyphony.kernel import headers
from polyphony.kernel.database import db

POLICIES = {"pages": headers.CSP, "files that people sent": headers.SANDBOX, "plain text": headers.NOTHING}


@pytest.fixture
def evaluator() -> None:
    if not (tools.NODE / "csp_evaluator").is_dir() or not shutil.which("node"):
        if os.environ.get("CI"):
            pytest.fail("csp_evaluator is missing; `make test-all` installs it where npm is")
        pytest.skip("LOUD: no csp_evaluator on this machine, so no policy was graded")


@pytest.mark.slow
@pytest.mark.usefixtures("evaluator")
@pytest.mark.parametrize("kind", POLICIES)
def test_it_finds_nothing_that_is_not_explained(kind: str) -> None:
    found = tools.graded("Content-Security-Policy", POLICIES[kind], "/en/")
    assert findings.unexplained(found, findings.explained()) == []


@pytest.mark.slow
@pytest.mark.usefixtures("evaluator")
@pytest.mark.parametrize("weaker", ["script-src 'self' 'unsafe-inline'", "script-src *", "script-src data:"])
def test_a_weaker_policy_is_found(weaker: str) -> None:
    found = tools.graded("Content-Security-Policy", headers.CSP.replace("script-src 'self'", weaker), "/en/")
    assert findings.unexplained(found, findings.explained())


def test_every_explanation_has_a_reason_and_covers_only_its_own() -> None:
    known = findings.explained()
    assert known
    assert all(len(each.why) > 20 for each in known)
    assert all(each.where != "*" or each.judge == "csp-evaluator" for each in known), "a reason that covers every place covers too much"
    planted = findings.Finding("wapiti", "SQL Injection", "GET /en/consultations")
    assert findings.unexplained([planted], known) == [planted]


def test_the_table_is_read_as_it_stands() -> None:
    text = "| judge | finding | where | explanation |\n|---|---|---|---|\n| bandit | B1 x | `platform/*/access.py` | Because of that. |\n"
    (row,) = findings.explained(text)
    assert row == findings.Explained("bandit", "B1 x", "platform/*/access.py", "Because of that.")
    known, other = (findings.Finding("bandit", "B1 x", f"platform/{file}.py") for file in ("polyphony/access", "polyphony/views"))
    assert findings.unexplained([known, other], [row]) == [other]
    assert findings.idle([other], [row]) == [row]


# sqlmap: its silence means something only where it was let in and what it changes is asked of the database.
LOOKING = {"visitor": "visitor", "stakeholder": "coordinator", "company": "first lead", "fund": "fund administrator"}


@pytest.mark.parametrize("who", tools.DOORS)
def test_what_sqlmap_changes_is_asked_of_the_database(lived: Any, monkeypatch: pytest.MonkeyPatch, who: str) -> None:
    assert set(LOOKING) == set(run.INJECTING)
    client, asked = browser_of(lived, LOOKING[who]), []

    def ask(_base: str, _method: str, path: str, _cookie: str) -> Any:
        answer = client.get(path)
        return answer.status_code, answer.get_data(as_text=True), answer.headers

    def note(_connection: Any, _cursor: Any, _statement: str, parameters: Any, *_more: Any) -> None:
        asked.append(str(parameters))

    monkeypatch.setattr(tools.demo, "ask", ask)
    with lived.app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        for door in tools.doors("", who, ""):
            for name in tools.ASKED.findall(door):
                path, _, query = door.partition("?")
                query = "&".join(f"{name}=sqlmap0was0here" if each.startswith(f"{name}=") else each for each in query.split("&"))
                assert client.get(f"{path}?{query}").status_code == 200
                assert any("sqlmap0was0here" in each for each in asked), f"{name} of {door} becomes part of no statement"
                asked.clear()
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def test_sqlmap_is_believed_only_where_it_was_let_in_and_tried_everything() -> None:
    door, tried = "/en/place?q=water&in=en", "GET parameter 'q' does not seem to be injectable\nGET parameter 'in' does not seem to be injectable"
    assert tools.injected(tried, door) == []
    hit = "sqlmap identified the following injection point(s) with a total of 57 HTTP(s) requests"
    assert tools.injected(hit, door) == [findings.Finding("sqlmap", "injection", "/en/place")]
    for said in ("", tried.split("\n")[0], tried + "\n429 (Too Many Requests) - 12 times", tried + "\n500 (Internal Server Error) - 1 times"):
        with pytest.raises(tools.NotDone):
            tools.injected(said, door)

"""The policies under the eyes of csp_evaluator, and the page that explains what outside judges find."""

import os
import shutil

import pytest
from judges import findings, tools

from polyphony.kernel import headers

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

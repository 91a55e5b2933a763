"""Whatever the code records in the audit has a name that its readers understand."""

import re
from pathlib import Path

from conftest import AUDITED
from polyphony.auditing.words import AREAS, VERBS
from polyphony.consultations.rules import MACHINE as CONSULTATION
from polyphony.folders import source
from polyphony.fund.calls.rules import MACHINE as CALL

WRITTEN = re.compile(r'audit\.record(?:_each)?\(\s*"([a-z_.]+)"')
MADE = re.compile(r'audit\.record(?:_each)?\(\s*f"([a-z_{}.]+)')
# Verbs that are put together, with everything they may become.
BECOME = {"call.{model.__tablename__}", "call.{end}", "promise.{kind}", "payment.{state}", "consultation.{end}",
          "consultation.successor_{says}", "consultation.company_{says}", "{purpose}.invited"}


def verbs(text: str) -> set[str]:
    return set(WRITTEN.findall(text))


def test_every_recorded_verb_has_its_words() -> None:
    code = "\n".join(path.read_text("utf-8") for path in Path(source(), "polyphony").rglob("*.py"))
    assert verbs(code) - set(VERBS) == set(), "say in auditing/words.py what these acts are called"
    assert {verb.split(".")[0] for verb in verbs(code) | set(VERBS)} <= set(AREAS)
    ends = {f"consultation.{way.end}" for way in CONSULTATION.ways} | {f"call.{way.end}" for way in CALL.ways}
    assert ends - set(VERBS) == set()


def unproven(text: str) -> set[str]:
    """Verbs that some code writes and no test stands for."""
    return verbs(text) - {verb for each in AUDITED.values() for verb in each}


def test_every_recorded_verb_has_a_test_that_would_miss_it() -> None:
    code = "\n".join(path.read_text("utf-8") for path in Path(source(), "polyphony").rglob("*.py"))
    assert unproven(code) == set(), "say in tests/audited.json which test fails when these rows are not written"
    assert unproven('audit.record("planted.fault", 1)') == {"planted.fault"}


def test_a_verb_without_words_is_found() -> None:
    assert verbs('audit.record("planted.fault", 1)') - set(VERBS) == {"planted.fault"}

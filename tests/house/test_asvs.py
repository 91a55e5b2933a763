"""Every requirement of ASVS 5.0 at levels 1 and 2 names tests that exist, or a reason."""

import re

import pytest
from tests.house.test_threat_model import PROOF, proofs_in

from polyphony.folders import root

PAGE = (root() / "docs" / "asvs.md").read_text("utf-8")
ROW = re.compile(r"^\| (V[\d.]+) \| ([12]) \| ([^|]+) \| (.+) \|$", re.MULTILINE)
# How many requirements each chapter has at these two levels: (level 1, level 2).
CHAPTERS = {1: (8, 19), 2: (4, 7), 3: (8, 11), 4: (2, 8), 5: (4, 5), 6: (13, 22), 7: (6, 12), 8: (4, 3), 9: (4, 3),
            10: (5, 24), 11: (3, 11), 12: (3, 6), 13: (1, 12), 14: (2, 7), 15: (3, 10), 16: (0, 16), 17: (0, 7)}
REASON = 15  # letters: less is no reason


def wrong(row: tuple[str, str, str, str]) -> list[str]:
    """What is wrong with a requirement's line."""
    number, _level, _short, said = row
    missing = [f"{number}: {path}::{name} is no test" for path, name in PROOF.findall(said) if name not in proofs_in(path)]
    silent = not PROOF.search(said) and len(said) < REASON
    return missing + ([f"{number}: neither a test nor a reason"] if silent else [])


def test_none_of_them_is_missing() -> None:
    rows = ROW.findall(PAGE)
    assert len({number for number, *_ in rows}) == len(rows) == 253
    for chapter, (first, second) in CHAPTERS.items():
        levels = [level for number, level, *_ in rows if number.startswith(f"V{chapter}.")]
        assert (levels.count("1"), levels.count("2")) == (first, second), f"V{chapter}"


def test_each_names_its_tests_or_its_reason() -> None:
    assert [each for row in ROW.findall(PAGE) for each in wrong(row)] == []


@pytest.mark.parametrize("said", ["`tests/security/test_worlds.py::test_that_never_was`", "Yes."])
def test_a_line_without_proof_or_reason_is_found(said: str) -> None:
    assert wrong(("V1.1.1", "2", "x", said))

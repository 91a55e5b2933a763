"""Every promise to people at risk names proofs that exist, or says plainly that it is not built yet."""

import ast
import re
from functools import cache

import pytest

from polyphony.folders import root

PAGE = (root() / "docs" / "threat-model.md").read_text("utf-8")
ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| (.+) \|$", re.MULTILINE)
PROOF = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@cache
def proofs_in(path: str) -> frozenset[str]:
    """The tests that a file holds; none where there is no such file."""
    file = root() / path
    tree = ast.parse(file.read_text("utf-8")) if file.is_file() else ast.Module([], [])
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))


def wrong(row: tuple[str, str, str]) -> list[str]:
    """What is wrong with a promise's line."""
    number, promise, said = row
    missing = [f"{number}: {path}::{name} is no test" for path, name in PROOF.findall(said) if name not in proofs_in(path)]
    silent = not PROOF.search(said) and "ot built yet" not in said
    return missing + ([f"{number} {promise}: neither a proof nor a plain no"] if silent else [])


def test_there_are_all_twenty_three() -> None:
    assert [int(number) for number, *_ in ROW.findall(PAGE)] == list(range(1, 24))


@pytest.mark.parametrize("row", ROW.findall(PAGE), ids=lambda row: row[0])
def test_each_promise_names_its_proofs(row: tuple[str, str, str]) -> None:
    assert wrong(row) == []


def test_a_proof_that_is_gone_is_found() -> None:
    assert wrong(("1", "x", "`tests/security/test_worlds.py::test_that_never_was`"))
    assert wrong(("1", "x", "We are careful."))
    assert wrong(("1", "x", "Not built yet.")) == []

"""Every refusal of the fund is met by a test that quotes its words, so that a new one without a proof is noticed."""

import ast
import importlib
import pkgutil
from pathlib import Path

import polyphony.fund
from polyphony.kernel.refusals import CONSTRAINTS, Refusal

TESTS = Path(__file__).parents[1]
SHORTEST = 9  # letters of a quotation: fewer could be anybody's words


def refusals() -> dict[str, type[Refusal]]:
    """Every refusal that a room of the fund declares."""
    found = {}
    for room in pkgutil.iter_modules(polyphony.fund.__path__):
        if room.ispkg:
            module = importlib.import_module(f"polyphony.fund.{room.name}.rules")
            found |= {f"{room.name}.{name}": each for name, each in vars(module).items()
                      if isinstance(each, type) and issubclass(each, Refusal) and each.__module__ == module.__name__}
    return found


def quotations() -> tuple[set[str], set[str]]:
    """Everything that tests of the fund say in quotes, and every name that they expect to be raised."""
    said, raised = set(), set()
    for path in TESTS.rglob("test_fund_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and path.name != Path(__file__).name:
                said.add(node.value)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "raises":
                raised |= {each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in node.args}
            if isinstance(node, ast.Attribute) and path.name == "test_fund_said_no.py":  # a list of them, each expected
                raised.add(node.attr)
    return {each for each in said if len(each) >= SHORTEST}, raised


def unproven(every: dict[str, type[Refusal]]) -> list[str]:
    """Those that no test quotes or expects, and that are no words for a guard proven in the database."""
    said, raised = quotations()
    guards = {each for name, each in CONSTRAINTS.items() if name in said}
    return sorted(name for name, each in every.items() if each.__name__ not in raised and each not in guards
                  and not any(" " in quote and quote in str(each.message) for quote in said))


def test_every_refusal_of_the_fund_is_met_by_a_test() -> None:
    every = refusals()
    assert len(every) > 60
    assert unproven(every) == []


def test_a_new_refusal_without_a_proof_is_noticed() -> None:
    class Unheard(Refusal):
        message = "Nobody has ever quoted these words about money."

    assert unproven({"deciding.Unheard": Unheard}) == ["deciding.Unheard"]

"""A fault that can be planted and taken out again: one guard less, in the database or in the program."""

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Fault:
    """One guard taken out. `tests` claim to notice; none of them may pass."""

    kind: str
    name: str
    tests: list[str] = field(default_factory=list)

    def plant(self, databases: "Databases") -> None:
        raise NotImplementedError

    def take_out(self, databases: "Databases") -> None:
        raise NotImplementedError

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"


@dataclass
class Databases:
    """Runs SQL in every database from which tests make theirs, or that they share."""

    run: Callable[[str, list[str]], None]

    def everywhere(self, statements: list[str], only: str = "") -> None:
        self.run(only, statements)


@dataclass
class InDatabase(Fault):
    """SQL that weakens the catalogue, and SQL that makes it whole."""

    weaken: list[str] = field(default_factory=list)
    mend: list[str] = field(default_factory=list)
    only: str = ""  # the one database in which it is looked for

    def plant(self, databases: Databases) -> None:
        databases.everywhere(self.weaken, self.only)

    def take_out(self, databases: Databases) -> None:
        databases.everywhere(self.mend, self.only)


@dataclass
class InCode(Fault):
    """A function whose code is exchanged for another, wherever it was imported to."""

    module: str = ""
    qualname: str = ""
    source: str = ""  # the whole module, changed
    kept: Any = None

    def _function(self) -> Any:
        found: Any = importlib.import_module(self.module)
        for part in self.qualname.split(".<locals>")[0].split("."):
            found = inspect.getattr_static(found, part) if inspect.isclass(found) else getattr(found, part)
        while not hasattr(found, "__code__"):
            found = getattr(found, "__wrapped__", None) or getattr(found, "fget", None) or getattr(found, "func", None) or found.__func__
        while hasattr(found, "__wrapped__"):
            found = found.__wrapped__
        return found

    def plant(self, databases: Databases) -> None:
        function = self._function()
        wanted = self.qualname.split(".<locals>")[0]
        self.kept = function.__code__
        changed = _code(compile(self.source, self.kept.co_filename, "exec"), wanted)
        function.__code__ = changed.replace(co_freevars=self.kept.co_freevars)

    def take_out(self, databases: Databases) -> None:
        self._function().__code__ = self.kept


def _code(within: Any, qualname: str) -> Any:
    for each in within.co_consts:
        if hasattr(each, "co_code"):
            if each.co_qualname == qualname:
                return each
            if found := _code(each, qualname):
                return found
    return None


@dataclass
class InValue(Fault):
    """A value that stands in a module, changed in place and put back."""

    change: Callable[[], Callable[[], None]] = lambda: lambda: None
    back: Callable[[], None] = lambda: None

    def plant(self, databases: Databases) -> None:
        self.back = self.change()

    def take_out(self, databases: Databases) -> None:
        self.back()

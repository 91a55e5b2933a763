"""What a judge found, and what `docs/judges.md` explains of it."""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "judges.md"
ROW = re.compile(r"^\| (?P<judge>[\w-]+) \| (?P<what>[^|]+) \| `(?P<where>[^`]+)` \| (?P<why>[^|]+) \|$", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that a judge says about one place."""

    judge: str
    what: str
    where: str

    def __str__(self) -> str:
        return f"{self.judge}: {self.what} at {self.where}"


@dataclass(frozen=True)
class Explained:
    """A finding that stays, with its reason; `where` may hold `*`."""

    judge: str
    what: str
    where: str
    why: str

    def covers(self, found: Finding) -> bool:
        return (self.judge, self.what) == (found.judge, found.what) and fnmatchcase(found.where, self.where)


def explained(text: str | None = None) -> list[Explained]:
    """The table of explanations."""
    found = ROW.finditer(PAGE.read_text("utf-8") if text is None else text)
    return [Explained(**{name: value.strip() for name, value in each.groupdict().items()})
            for each in found if each["judge"] != "judge"]


def unexplained(found: list[Finding], known: list[Explained]) -> list[Finding]:
    """What stands in no row of the table."""
    return sorted({each for each in found if not any(row.covers(each) for row in known)})


def idle(found: list[Finding], known: list[Explained]) -> list[Explained]:
    """Rows that explain what nobody finds any more."""
    return [row for row in known if not any(row.covers(each) for each in found)]

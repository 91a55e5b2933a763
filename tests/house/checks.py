"""The rules of the house as functions: a file's name and text in, what breaks the rule out.

Each is tried on the whole tree and on a planted fault (`test_rules_of_the_house.py`).
"""

import ast
import re
from collections.abc import Iterator

FILE, FUNCTION, VIEW = 300, 30, 15
LETTERS = re.compile(r"[^\W\d_]{2,}")
NAMES = {"Polyphony", "warn"}  # a name is the same in every language; a class that a macro writes is no word


def _functions(text: str) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef))


def _length(node: ast.FunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _imports(text: str) -> set[str]:
    """Every module named by an import, wherever it stands, with what is taken from it."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def long_files(name: str, text: str) -> list[str]:
    lines = len(text.splitlines())
    return [f"{name} has {lines} lines: split it by noun"] if lines > FILE else []


def long_functions(name: str, text: str) -> list[str]:
    return [f"{name}: {node.name} has {_length(node)} lines" for node in _functions(text) if _length(node) > FUNCTION]


def long_views(name: str, text: str) -> list[str]:
    return [f"{name}: the view {node.name} has {_length(node)} lines" for node in _functions(text)
            if any("access" in ast.dump(x) for x in node.decorator_list) and _length(node) > VIEW]


def models_without_web(name: str, text: str) -> list[str]:
    """Tables know no request and no session."""
    wrong = {x for x in _imports(text) if x.split(".")[0].startswith("flask") or x == "polyphony.kernel.database.db"}
    return [f"{name} imports {x}" for x in sorted(wrong)]


def pure_rules(name: str, text: str) -> list[str]:
    """A rule takes values and answers: no request, no database, no other file of any room but its own tables."""
    kernel = {"refusals", "states", "money", "clock", "locale", "viewer", "access", "forms", "small_numbers"}
    wrong = []
    for x in sorted(_imports(text)):
        parts = x.split(".")
        if parts[0].startswith("flask") or x == "polyphony.kernel.database.db" or parts[0] == "psycopg" or (
                parts[:2] == ["polyphony", "kernel"] and len(parts) > 2 and parts[2] not in kernel) or (
                parts[0] == "polyphony" and len(parts) > 2 and parts[2] in ("service", "views", "access", "tasks")
                and parts[1] != "kernel"):
            wrong.append(f"{name} imports {x}")
    return wrong


def nobody_commits(name: str, text: str) -> list[str]:
    """One transaction a request, committed at the edge."""
    return [f"{name}:{node.lineno} commits" for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"]


def views_stand_alone(name: str, text: str) -> list[str]:
    """Nobody but the list of rooms (and a room's other views) imports views."""
    return [f"{name} imports {x}" for x in sorted(_imports(text)) if re.match(r"polyphony\.\w+\.views", x)]


def _bare(text: str) -> str:
    """A template without what Jinja does, each part leaving a gap."""
    return re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "\x00", text, flags=re.DOTALL)


def untranslated(name: str, text: str) -> list[str]:
    """Every sentence that people see is marked for translation."""
    bare = re.sub(r"<(style|script|title)\b.*?</\1>", "\x00", _bare(text), flags=re.DOTALL)
    said = re.findall(r'\b(?:aria-label|title|alt|placeholder)="([^"\x00]+)"', bare)
    said += re.split(r"<[^>]*>|\x00|&\w+;", bare)
    return [f"{name}: “{x.strip()}” is not marked" for x in said if LETTERS.search(x) and x.strip(" ·\n") not in NAMES]


def unsafe_templates(name: str, text: str) -> list[str]:
    """Nothing written by people passes unescaped; nothing stands inline that our own policy refuses."""
    faults = {r"\|\s*safe\b": "passes text unescaped", r"autoescape\s+false": "passes text unescaped",
              r"<[^>]*\sstyle=": "inline style", r"<style\b": "inline style", r"<[^>]*\son[a-z]+=": "inline script",
              r"<script(?![^>]*\ssrc=)": "inline script", r'(?:src|href|action)="(?:https?:)?//': "asks another house"}
    return [f"{name}: {said}" for pattern, said in faults.items() if re.search(pattern, text)]


def addresses_in_locks(name: str, text: str) -> list[str]:
    """Locks are names, versions and hashes."""
    return [f"{name}: {line.strip()}" for line in text.splitlines() if "://" in line]

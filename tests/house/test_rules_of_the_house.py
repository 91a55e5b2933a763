"""The rules of the house, each tried on the whole tree and on a fault planted to see it found."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from house import checks
from polyphony.folders import folder, root, source

ROOMS = "platform/polyphony/*/"
RULES = [  # (check, files, files that it does not bind, a fault, what is right)
    # The keyholder's tool is one file on purpose: it travels alone to computers without a network.
    (checks.long_files, ["platform/**/*.py"], ("vault/keyholder.py",), "x = 1\n" * 301, "x = 1\n" * 300),
    (checks.long_functions, ["platform/**/*.py"], (), "def f():\n" + " x = 1\n" * 30, "def f():\n" + " x = 1\n" * 29),
    (checks.long_views, [ROOMS + "views*.py"], (), "@access(anyone)\ndef f():\n" + " x = 1\n" * 15,
     "@access(anyone)\ndef f():\n" + " x = 1\n" * 14),
    (checks.models_without_web, [ROOMS + "models.py"], (), "from flask import g", "import sqlalchemy as sa"),
    (checks.models_without_web, [ROOMS + "models.py"], (), "from polyphony.kernel.database import db",
     "from polyphony.kernel.database import Base"),
    (checks.pure_rules, [ROOMS + "rules.py"], (), "from polyphony.kernel.database import db",
     "from polyphony.kernel.refusals import Refusal"),
    (checks.pure_rules, [ROOMS + "rules.py"], (), "from polyphony.people import service\n"
     "from polyphony.people.service import sign_in", "from polyphony.people.models import Person"),
    (checks.nobody_commits, [ROOMS + "*.py"], ("kernel/", "commands/", "demo/", "inputs/importing.py",
                                                                      "fund/applying/importing.py"), "db.session.commit()", "db.session.flush()"),
    (checks.views_stand_alone, ["platform/**/*.py"], ("views", "rooms.py"), "from polyphony.people.views import sign_in",
     "from polyphony.people.service import sign_in"),
    (checks.untranslated, ["templates/**/*.html"], ("errors/503.html",), "<p>Hello {{ name }}</p>", "<p>{{ _('Hello') }}</p>"),
    (checks.untranslated, ["templates/**/*.html"], ("errors/503.html",), '<a aria-label="Close">×</a>',
     '<a aria-label="{{ _(\'Close\') }}">×</a>'),
    *((checks.unsafe_templates, ["templates/**/*.html"], (), bad, "<p>{{ words }}</p>") for bad in (
        "{{ words|safe }}", "{% autoescape false %}", '<p style="x">', '<p onclick="x()">', "<script>x()</script>",
        '<img src="//elsewhere.example/x.png">', "<style>p {}</style>")),
    (checks.addresses_in_locks, ["requirements/*.txt"], (), "flask @ https://elsewhere.example/flask.whl", "flask==3.1"),
]


def _texts(patterns, free) -> dict[str, str]:
    found = {str(file.relative_to(root())): file.read_text("utf-8") for pattern in patterns for file in root().glob(pattern)}
    assert found, f"no file matches {patterns}"
    return {name: text for name, text in found.items() if not any(x in name for x in free)}


@pytest.mark.parametrize(("check", "patterns", "free"), dict.fromkeys((c, tuple(p), f) for c, p, f, *_ in RULES),
                         ids=lambda x: getattr(x, "__name__", ""))
def test_the_tree_keeps_the_rule(check, patterns, free) -> None:
    wrong = [fault for name, text in _texts(patterns, free).items() for fault in check(name, text)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("check", "fault", "right"), [(c, bad, good) for c, _, _, bad, good in RULES])
def test_a_planted_fault_is_found(check, fault: str, right: str) -> None:
    assert check("planted", fault)
    assert not check("planted", right)


def contracts_kept(folder_of_packages: Path) -> bool:
    """Whether these sources keep the import contracts of `pyproject.toml`."""
    (folder_of_packages / "pyproject.toml").write_text((root() / "pyproject.toml").read_text("utf-8"), "utf-8")
    tried = subprocess.run([Path(sys.executable).parent / "lint-imports", "--no-cache"], cwd=folder_of_packages,
                           env={"PYTHONPATH": str(folder_of_packages), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True,
                           check=False)
    assert "Contracts:" in tried.stdout, tried.stdout + tried.stderr
    return tried.returncode == 0


@pytest.mark.parametrize(("file", "line"), [
    (None, ""), ("people/service.py", "from polyphony.inputs import models"),
    ("kernel/clock.py", "from polyphony.people import models"), ("settings.py", "from polyphony.kernel import clock")])
def test_rooms_reach_only_downwards(tmp_path: Path, file: str | None, line: str) -> None:
    shutil.copytree(source() / "polyphony", tmp_path / "polyphony", ignore=shutil.ignore_patterns("__pycache__", "*.toml"))
    if file:
        with (tmp_path / "polyphony" / file).open("a", encoding="utf-8") as faulty:
            faulty.write(f"\n{line}\n")
    assert contracts_kept(tmp_path) is (file is None)


def test_every_template_compiles(world) -> None:
    names = [str(file.relative_to(folder("templates"))) for file in folder("templates").rglob("*.*")]
    assert len(names) > 40
    for name in names:
        world.app.jinja_env.get_template(name)


def test_every_dependency_says_why_it_is_here() -> None:
    lines = (root() / "pyproject.toml").read_text("utf-8").splitlines()
    told = tomllib.loads("\n".join(lines))
    wanted = [*told["project"]["dependencies"], *told["dependency-groups"]["test"]]
    assert [x for x in wanted if not any(f'"{x}"' in line and "# " in line for line in lines)] == []

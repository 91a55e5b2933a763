"""What is made at build time and not committed: compiled catalogues and the one foreign script, htmx.

Hatchling calls it for a wheel; `python hatch_build.py` does the same in a checkout, and does nothing
when all is fresh.
"""

import hashlib
import os
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # in a checkout that only runs
    BuildHookInterface = object  # type: ignore[assignment, misc]

ROOT = Path(__file__).resolve().parent
PARCEL = ("django-htmx", "1.29.0")
INSIDE = "django_htmx/static/django_htmx/htmx-2.min.js"
HTMX_VERSION = "2.0.10"
HTMX_SHA256 = "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de"


class CustomBuildHook(BuildHookInterface):
    """Makes the missing files before hatchling collects them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile and fetch; the files are ignored by git and wanted in the wheel all the same."""
        root = Path(self.root)
        made = [*compile_catalogues(root), fetch_htmx(root)]
        build_data["artifacts"] += [str(path.relative_to(root)) for path in made]


def compile_catalogues(root: Path) -> list[Path]:
    """Compile every catalogue that is newer than its compiled form; answer all compiled files."""
    made = []
    for po in sorted((root / "translations").glob("*/LC_MESSAGES/*.po")):
        mo = po.with_suffix(".mo")
        if not mo.is_file() or mo.stat().st_mtime_ns < po.stat().st_mtime_ns:
            _compile(po, mo)
        made.append(mo)
    return made


def _compile(po: Path, mo: Path) -> None:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    draft = mo.with_name(f"{mo.name}.{os.getpid()}")
    with po.open("rb") as source, draft.open("wb") as target:
        write_mo(target, read_po(source, locale=po.parts[-3]), use_fuzzy=False)
    draft.replace(mo)


def fetch_htmx(root: Path) -> Path:
    """Put htmx into `static`, out of the pinned parcel; any other content is refused."""
    target = root / "static" / "htmx.min.js"
    if target.is_file() and hashlib.sha256(target.read_bytes()).hexdigest() == HTMX_SHA256:
        return target
    script = _parcel(root).read_bytes()
    if hashlib.sha256(script).hexdigest() != HTMX_SHA256 or f'version:"{HTMX_VERSION}"'.encode() not in script:
        raise SystemExit(f"{INSIDE} is not htmx {HTMX_VERSION} as we know it; nothing was taken from it.")
    target.parent.mkdir(exist_ok=True)
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    draft.write_bytes(script)
    draft.replace(target)
    return target


def _parcel(root: Path) -> Path:
    name, version = PARCEL
    for found in _installed(name, root / ".venv" / "build"):
        path = Path(str(found.locate_file(INSIDE)))
        if found.version == version and path.is_file():
            return path
    raise SystemExit(f"{name} {version} is not installed; `make` brings it (requirements/build.txt).")


def _installed(name: str, beside: Path) -> Iterator[Any]:
    yield from distributions(name=name, path=[*sys.path, str(beside)])


if __name__ == "__main__":
    compile_catalogues(ROOT)
    fetch_htmx(ROOT)

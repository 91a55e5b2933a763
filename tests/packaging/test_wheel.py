"""What is built is what is run: the wheel holds everything, and serves from a machine without the checkout."""

import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from polyphony.folders import root

SOURCES = ("platform", "templates", "translations", "migrations", "static")
FILES = ("pyproject.toml", "README.md", "hatch_build.py", "wsgi.py")
MADE = shutil.ignore_patterns("*.mo", "__pycache__", "htmx.min.js")
LANGUAGES = ("en", "fr", "es", "pt", "ar", "sw", "id")
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith(("POLYPHONY_", "PYTHON"))}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="polyphony-wheel-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def wheel(folder: Path) -> Path:
    """The wheel, built from the sources alone: nothing that was made in the checkout comes along."""
    tree = folder / "tree"
    for name in SOURCES:
        shutil.copytree(root() / name, tree / name, ignore=MADE)
    for name in FILES:
        shutil.copy(root() / name, tree)
    parcel = {"PYTHONPATH": str(root() / ".venv" / "build")}  # brings htmx; the index is not asked
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--skip-dependency-check", "--outdir", folder, tree], environment=parcel)
    return next(folder.glob("*.whl"))


def run(command: list, environment: dict[str, str] | None = None) -> None:
    said = subprocess.run(command, capture_output=True, text=True, env=PLAIN | (environment or {}), timeout=300)
    assert said.returncode == 0, said.stdout + said.stderr


def inside(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


@pytest.mark.slow
def test_the_wheel_holds_every_file_and_nothing_else(wheel: Path) -> None:
    held = inside(wheel)
    for name in SOURCES[1:]:
        for path in sorted((root() / name).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                assert held.get(f"polyphony/_files/{path.relative_to(root())}") is not None, path
    for path in sorted((root() / "platform").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            assert str(path.relative_to(root() / "platform")) in held, path
    assert all(name.startswith(("polyphony/", "polyphony-")) for name in held)
    assert not [name for name in held if name.endswith(".pyc") or "/tests/" in name]


@pytest.mark.slow
def test_what_is_made_at_build_time_is_in_it(wheel: Path) -> None:
    import hatch_build

    held = inside(wheel)
    htmx = held["polyphony/_files/static/htmx.min.js"]
    assert hashlib.sha256(htmx).hexdigest() == hatch_build.HTMX_SHA256
    for lang in LANGUAGES:
        compiled = held[f"polyphony/_files/translations/{lang}/LC_MESSAGES/messages.mo"]
        assert compiled[:4] in (b"\xde\x12\x04\x95", b"\x95\x04\x12\xde"), lang


@pytest.mark.slow
def test_a_parcel_with_other_contents_is_refused(folder: Path, monkeypatch) -> None:
    import hatch_build

    strange = folder / "strange.js"
    strange.write_text('version:"2.0.10"')
    monkeypatch.setattr(hatch_build, "_parcel", lambda root: strange)
    with pytest.raises(SystemExit, match="nothing was taken from it"):
        hatch_build.fetch_htmx(folder / "elsewhere")


@pytest.fixture(scope="module")
def installed(wheel: Path, folder: Path) -> Path:
    """An environment of its own with the wheel in it; what Polyphony needs is lent by this one."""
    home = folder / "venv"
    run([sys.executable, "-m", "venv", "--without-pip", home])
    run([sys.executable, "-m", "pip", "--python", home / "bin" / "python", "install", "--no-deps", "--no-index",
         "--disable-pip-version-check", "--no-compile", wheel])
    lent = Path(pytest.__file__).parent.parent
    site = next((home / "lib").glob("python*/site-packages"))
    (site / "lent.pth").write_text(f"{lent}\n")
    return home / "bin"


@pytest.fixture(scope="module")
def served(installed: Path, folder: Path) -> Iterator[str]:
    """`polyphony serve` as an operator starts it, in an empty folder; its address once it says so."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    work = folder / "work"
    work.mkdir()
    work.chmod(0o711)
    process = subprocess.Popen([installed / "polyphony", "serve"], cwd=work, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, env=PLAIN | {"PORT": str(port)})
    said = ""
    try:
        for line in process.stdout:
            said += line
            if f"localhost:{port}" in line:
                break
        else:
            pytest.fail(said)
        yield f"http://localhost:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        said += process.communicate(timeout=60)[0]
    assert process.returncode == 0, said


def get(address: str) -> tuple[bytes, str]:
    with urlopen(address, timeout=60) as answer:
        return answer.read(), answer.headers["Content-Type"]


@pytest.mark.slow
def test_it_runs_where_there_is_no_checkout(installed: Path, folder: Path) -> None:
    said = subprocess.run([installed / "python", "-c", "import json, polyphony.folders as f; print(json.dumps(["
                           "f.in_checkout(), str(f.folder('templates')), str(f.root())]))"],
                          capture_output=True, text=True, cwd=folder, env=PLAIN, check=True)
    in_checkout, templates, home = json.loads(said.stdout)
    assert not in_checkout
    assert templates.startswith(str(folder / "venv"))
    assert home == str(folder)


@pytest.mark.slow
def test_the_installed_wheel_serves_its_front_page_with_everything_on_it(served: str) -> None:
    assert get(f"{served}/healthz")[0]
    assert get(f"{served}/readyz")[0]
    page, kind = get(f"{served}/ar/")
    assert kind.startswith("text/html")
    text = page.decode()
    assert 'dir="rtl"' in text
    assert re.search(r"[\u0600-\u06ff]{4}", text), "the compiled Arabic catalogue is used"
    linked = re.findall(r'(?:href|src)="(/static/[^"]+)"', text.replace("&amp;", "&"))
    assert any(".css" in each for each in linked), linked
    assert any("htmx" in each for each in linked), linked
    for each in linked:
        body, _ = get(served + each)
        assert len(body) > 100, each

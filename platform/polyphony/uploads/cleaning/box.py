"""A file is cleaned in a box of its own: a process with little memory and little time, which cannot touch the disk.

Code that reads strangers' files has had mistakes and will have more. In the box a mistake costs one refusal.
"""

import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

from polyphony.folders import source
from polyphony.uploads.cleaning import child, limits, verdicts
from polyphony.uploads.cleaning.verdicts import Unclean

_at_once = threading.BoundedSemaphore(limits.AT_ONCE)


def clean(data: bytes) -> tuple[str, bytes]:
    """(kind, cleaned file). Raises Unclean: TOO_MUCH when memory or time did not suffice."""
    if len(data) > limits.FILE:
        raise Unclean(verdicts.TOO_MUCH)
    if not _at_once.acquire(timeout=limits.PATIENCE):
        raise Unclean(verdicts.TOO_MUCH)
    try:
        return _told(*_run(data))
    finally:
        _at_once.release()


def _run(data: bytes) -> tuple[int, bytes]:
    """(how the box ended, what it said), never more than a cleaned file may be and never later than patience lasts."""
    with subprocess.Popen(
            [sys.executable, "-I", child.__file__, str(source())], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env={"LANG": "C.UTF-8"}, cwd="/", start_new_session=True) as box:
        patience = threading.Timer(limits.PATIENCE, box.kill)
        giving = threading.Thread(target=_give, args=(box.stdin, data))
        patience.start()
        giving.start()
        try:
            answer = box.stdout.read(limits.CLEANED + 100) if box.stdout else b""
            if len(answer) == limits.CLEANED + 100:
                box.kill()
            return box.wait(), answer
        finally:
            box.kill()
            patience.cancel()
            giving.join()


def _give(into: Any, data: bytes) -> None:
    with suppress(OSError):
        into.write(data)
        into.close()


def _told(code: int, answer: bytes) -> tuple[str, bytes]:
    """What the box said; a box that ended without a word had too little of something, or met a mistake."""
    words, _, body = answer.partition(b"\n")
    said, _, what = words.decode("ascii", "replace").partition(" ")
    if code == 0 and said == "cleaned":
        return what, body
    if code == 0 and said == "refused" and what in verdicts.REASONS:
        raise Unclean(what)
    raise Unclean(verdicts.TOO_MUCH if code < 0 else verdicts.BROKEN)

"""The small program that cleans one file: limits itself first, reads the file, answers, ends (run as a script).

`python child.py FOLDER`: the file comes in by standard input; the answer goes to standard output as one line of
words (`cleaned KIND` or `refused REASON`) and, when cleaned, the file. It writes no file and reads none but its own
code; whatever happens to it, the server only sees that no answer came.
"""

import resource
import sys


def limit(memory: int, seconds: int) -> None:
    """From here on this process can take only so much memory and time, and write no file at all."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    """Clean what comes in."""
    from polyphony.uploads.cleaning import limits, verdicts
    from polyphony.uploads.cleaning.verdicts import Unclean

    limit(limits.MEMORY, limits.SECONDS)
    from polyphony.uploads.cleaning.cleaner import clean

    try:
        kind, body = clean(sys.stdin.buffer.read(limits.FILE + 1))
    except Unclean as refused:
        return _answer(f"refused {refused.reason}")
    except (MemoryError, RecursionError):
        return _answer(f"refused {verdicts.TOO_MUCH}")
    return _answer(f"cleaned {kind}", body)


def _answer(words: str, body: bytes = b"") -> int:
    sys.stdout.buffer.write(words.encode() + b"\n" + body)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    raise SystemExit(main())

"""`python -m tests.mutate`: take out every guard in turn and see whether a test notices.

`--sample N` takes N of them, newly drawn (`--seed` draws the same again); `--only WORD` those whose name holds a word, `--without
WORD` the others;
`--open` those that nobody noticed so far; `--part 1/2` every second one; `--learn` writes down which test noticed what stands in the program.
"""

import argparse
import json
import random
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

ROOT = Path(__file__).parents[2]
for folder in ("platform", "tests", "."):
    sys.path.insert(0, str(ROOT / folder))


def asked() -> argparse.Namespace:
    words = argparse.ArgumentParser(prog="python -m tests.mutate", description=__doc__)
    words.add_argument("--sample", type=int, default=0)
    words.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    words.add_argument("--within", type=float, default=0, help="begin no further fault after so many seconds, but twenty at least")
    words.add_argument("--only", default="")
    words.add_argument("--without", default="")
    words.add_argument("--open", action="store_true")
    words.add_argument("--part", default="1/1")
    words.add_argument("--list", action="store_true")
    words.add_argument("--learn", action="store_true")
    return words.parse_args()


def everything() -> tuple[list[Any], list[str]]:
    """All faults, those of the database from a database that is made for it, those of the program from its text;
    and the names of those that are left out (`guards.TWICE`)."""
    import tempfile

    from tests.mutate import catalogue, code, guards

    from conftest import _driver
    from polyphony.kernel.migrate import migrate
    from polyphony.kernel.postgres import Embedded

    folder = Path(tempfile.mkdtemp(prefix="poly-"))
    folder.chmod(0o711)
    with Embedded(folder, fast=True) as server:
        server.create_database("read")
        migrate(_driver(server.url("polyphony_owner", "read")))
        with psycopg.connect(server.url("postgres", "read")) as connection:
            faults = [*catalogue.found(connection), *code.found()]
    return ([fault for fault in faults if str(fault) not in guards.TWICE],
            sorted(str(fault) for fault in faults if str(fault) in guards.TWICE))


def left_out(names: list[str]) -> str:
    """What is not tried, each with its reason, and what is listed so and was not found any more."""
    from tests.mutate.guards import TWICE

    lines = [f"{name}: {TWICE[name]}" for name in names]
    gone = [f"{name}: not found any more, take it off the list" for name in sorted(TWICE) if name not in names]
    return "\n  ".join([f"Left out, each with its reason ({len(names)}):", *lines, *gone])


def chosen(faults: list[Any], said: argparse.Namespace) -> list[Any]:
    from tests.mutate.guards import OPEN

    number, of = map(int, said.part.split("/"))
    wanted = [fault for fault in faults if said.only in str(fault) and not (
        said.without and said.without in str(fault)) and (str(fault) in OPEN or not said.open)]
    if said.sample:
        wanted = drawn([fault for fault in wanted if str(fault) not in OPEN], said.sample, said.seed)
    return sorted(wanted, key=lambda fault: fault.tests[:1])[number - 1::of]


def drawn(faults: list[Any], many: int, seed: int) -> list[Any]:
    """So many faults, first one of each kind, so that no kind stands back behind the large ones."""
    chance, kinds = random.Random(seed), {}
    for fault in chance.sample(faults, len(faults)):
        kinds.setdefault(fault.kind, []).append(fault)
    rows = chance.sample(list(kinds.values()), len(kinds))
    turns = [row[turn] for turn in range(many) for row in rows if turn < len(row)]
    return turns[:many]


def main() -> int:
    said, (faults, twice) = asked(), everything()
    picked = chosen(faults, said)
    if said.list:
        print("\n".join(f"{fault}  <- {' '.join(fault.tests) or 'nobody'}" for fault in picked), f"\n{len(picked)} of {len(faults)}")
        print(left_out(twice))
        return 0
    from tests.mutate.running import Judge

    print(f"{len(picked)} of {len(faults)} guards" + (f", drawn with --seed {said.seed}" if said.sample else ""), flush=True)
    judge = Judge(picked, within=said.within)
    files = sorted({test.split("::")[0] for fault in picked for test in fault.tests if (ROOT / test.split("::")[0]).exists()})
    # What a test that failed left open (a connection, a thread) is not the fault of the test after it.
    apart = [word for plugin in ("xdist", "cacheprovider", "unraisableexception", "threadexception") for word in ("-p", f"no:{plugin}")]
    pytest.main(["-q", *apart, "--no-header", "--tb=no", "-s", *files], plugins=[judge])
    print(f"\n{left_out(twice)}")
    return told(judge, said)


def told(judge: Any, said: argparse.Namespace) -> int:
    unsound = sorted(name for name, passes in judge.sound.items() if not passes)
    for head, lines in (("Fails without any fault", unsound), ("Could not be planted", judge.broken), ("Survived", judge.survived)):
        if lines:
            print(f"\n{head}:", *sorted(lines), sep="\n  ")
    if said.learn:
        learn(judge.killed)
    print(f"\nkilled {len(judge.killed)} of {judge.tried}")
    return int(bool(judge.survived or judge.broken or unsound or len(judge.killed) != judge.tried))


def learn(killed: dict[str, list[str]]) -> None:
    from tests.mutate.guards import CLAIMS, claims

    known = {**claims(), **{name: tests for name, tests in killed.items() if ": polyphony." in name}}
    CLAIMS.write_text(json.dumps(known, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())

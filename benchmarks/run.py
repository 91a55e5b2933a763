"""`make bench`: requests per second and median time of the main pages, as ratios to a bare Flask page.

Everything is measured in one run on one server, the bare page anew beside each figure, at 1,000 and at 10,000
inputs. Absolute times say more about the machine than about us; only the ratios are kept.
"""

import contextlib
import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

sys.path[:0] = ["platform", "tests", "benchmarks"]

import make
import psycopg
from conftest import settings_for

from polyphony.app import create_app
from polyphony.folders import folder
from polyphony.kernel.migrate import migrate
from polyphony.kernel.postgres import Embedded
from polyphony.kernel.secrets import text_of

SECONDS, CLIENTS, ROUNDS = 3.0, 4, 3
SIZES = (1_000, 10_000)


def main() -> None:
    """Measure and print the table."""
    place = Path(tempfile.mkdtemp(prefix="poly-bench-"))
    place.chmod(0o711)
    with Embedded(place, fast=False) as server:
        found = {size: measure(server, size, place) for size in SIZES}
    print(f"\n{'page':28}{'inputs':>8}{'throughput / bare':>20}{'median / bare':>16}")
    for size, rows in found.items():
        for name, (rate, median) in rows.items():
            print(f"{name:28}{size:>8}{rate:>20.2f}{median:>16.2f}")
    print("\ngrowth of the median from 1,000 to 10,000 inputs:")
    for name in found[SIZES[0]]:
        if name in found[SIZES[1]] and name != "memory":
            print(f"{name:28}{found[SIZES[1]][name][1] / found[SIZES[0]][name][1]:>8.2f}")


def measure(server: Embedded, size: int, place: Path) -> dict[str, tuple[float, float]]:
    """One database of this size: every page's throughput and median as a ratio to the bare page's."""
    name = f"bench_{size}"
    server.create_database(name)
    migrate(server.url("polyphony_owner", name))
    settings = settings_for(server, name, place)
    world = SimpleNamespace(app=create_app(settings), raw=lambda: engine(server, name))
    consultation, cookie = fill(world, server, name, size)
    environment = {**settings.child_environment(), "PYTHONPATH": "platform:benchmarks",
                   "BARE_URL": server.url("postgres", name), "BARE_TRANSLATIONS": str(folder("translations"))}
    pages = {"inputs of a consultation": f"/en/consultations/{consultation}/inputs",
             "answers": f"/en/consultations/{consultation}/answers", "home": "/en/home"}
    rows = {}
    with served("wsgi:app", environment) as (port, pid), served("bare:create_app()", environment) as (bare, bare_pid):
        for page, address in pages.items():
            pairs = [(load(port, address, cookie), load(bare, "/", "")) for _ in range(ROUNDS)]
            rows[page] = (statistics.median(a[0] / b[0] for a, b in pairs), statistics.median(a[1] / b[1] for a, b in pairs))
        rows["worker memory"] = (memory(pid) / memory(bare_pid), 1.0)
    return rows


def engine(server: Embedded, name: str) -> object:
    import sqlalchemy as sa

    return sa.create_engine(server.url("postgres", name), poolclass=sa.NullPool)


def fill(world: SimpleNamespace, server: Embedded, name: str, size: int) -> tuple[uuid.UUID, str]:
    """A published consultation with this many inputs, 25 themes, three answers each; and a member's cookie."""
    companies = [make.organisation(world, each) for each in ("Halcyon", "Meridian", "Tern")]
    table, sauti = make.organisation(world, "Table", "facilitation"), make.organisation(world, "Sauti", "stakeholder")
    person = make.person(world, "c@x.example", seats=((sauti, "coordinator"),))
    consultation = make.consultation(world, companies, facilitator=table, invited=(sauti,), state="published")
    with psycopg.connect(server.url("postgres", name)) as c:
        c.execute("INSERT INTO inputs.input (id, consultation_id, day, shuffle, lang, text, audience, readers, addressed, naming, "
                  "shown_as, speaks_as, masked, read_on, revision) SELECT gen_random_uuid(), %s, current_date - (n %% 30), "
                  "(random() * 2e9)::int, 'sw', repeat('Maneno ya mtu. ', 12), 'participants', '{}', %s, 'unattributed', '', "
                  "'affected', false, current_date, 1 FROM generate_series(1, %s) n", [consultation, companies, size])
        c.execute("INSERT INTO languages.translation (id, consultation_id, kind, subject_id, field, lang, text, mark, stale) "
                  "SELECT gen_random_uuid(), consultation_id, 'input', id, 'text', 'en', repeat('A person said. ', 12), "
                  "'person', false FROM inputs.input")
        c.execute("INSERT INTO inputs.authorship (input_id, person_id) SELECT id, %s FROM inputs.input ORDER BY id LIMIT 20",
                  [person])
        c.execute("INSERT INTO feedback.theme (id, consultation_id, title, summary, lang, addressed, added_reason, place, made_on, "
                  "shared_on, published_on, revision) SELECT gen_random_uuid(), %s, 'Theme ' || n, 'What people say.', 'en', %s, "
                  "'', n, current_date, current_date, current_date, 1 FROM generate_series(1, 25) n", [consultation, companies])
        c.execute("INSERT INTO feedback.answer (id, theme_id, company_id, consultation_id, number, state, decision, reason_kind, words, "
                  "changes, lang, signed_as, signed_on, published_on, late_days, revision) SELECT gen_random_uuid(), t.id, company, %s, "
                  "1, 'published', 'adopted', '', repeat('We do this. ', 20), 'It changed the wording.', 'en', 'product', "
                  "current_date, current_date, 0, 1 FROM feedback.theme t, unnest(%s::uuid[]) company", [consultation, companies])
        c.execute("CREATE TABLE public.plain AS SELECT n::int AS id, repeat('A person said. ', 12) AS text "
                  "FROM generate_series(1, %s) n", [size])
        c.execute("ALTER TABLE public.plain ADD PRIMARY KEY (id)")
        c.execute("CREATE TABLE public.account (id int PRIMARY KEY, name text)")
        c.execute("INSERT INTO public.account VALUES (1, 'somebody')")
    with psycopg.connect(server.url("postgres", name), autocommit=True) as c:
        c.execute("VACUUM ANALYZE")
    secret = make.session_of(world, person)
    serializer = world.app.session_interface.get_signing_serializer(world.app)
    return consultation, f"polyphony={serializer.dumps({'key': text_of(secret)})}"


@contextlib.contextmanager
def served(target: str, environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """A gunicorn with one worker of eight threads on a free port."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "gunicorn", "-k", "gthread", "-w", "1", "--threads", "8", "-b",
                                f"127.0.0.1:{port}", "--log-level", "error", target], env={**os.environ, **environment})
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
                connection.request("GET", "/")
                connection.getresponse().read()
                break
            time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def load(port: int, address: str, cookie: str) -> tuple[float, float]:
    """Requests per second and median seconds under a few patient clients, for a bounded time."""
    times: list[float] = []
    wrong: list[int] = []
    end = time.monotonic() + SECONDS

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while time.monotonic() < end:
            start = time.perf_counter()
            connection.request("GET", address, headers={"Cookie": cookie})
            answer = connection.getresponse()
            answer.read()
            times.append(time.perf_counter() - start)
            if answer.status != 200:
                wrong.append(answer.status)

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise SystemExit(f"{address} answered {wrong[0]}")
    return len(times) / (time.monotonic() - start), statistics.median(times)


def memory(pid: int) -> float:
    """Resident memory of a server's one worker, in bytes."""
    child = int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
    pages = int(Path(f"/proc/{child}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()

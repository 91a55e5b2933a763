"""`make bench`: requests per second and median time of the main pages and of sending an input, as ratios to a bare page.

Everything is measured in one run on one server, the bare page (and for sending, a bare insert) anew beside each
figure, at 1,000 and at 10,000 inputs. Absolute times say more about the machine than about us; only the ratios are kept.
The processor time of worker and database together is told beside them: it hardly changes when the machine does other work.
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
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode

sys.path[:0] = ["platform", "tests", "benchmarks"]

import make  # type: ignore[import-not-found]  # the builders of the tests
import psycopg
from itsdangerous import URLSafeTimedSerializer
from conftest import settings_for  # type: ignore[import-not-found]

from seal import costs
from unguarded import without

from polyphony.app import create_app
from polyphony.folders import folder
from polyphony.kernel.migrate import migrate
from polyphony.kernel.postgres import Embedded
from polyphony.kernel.secrets import text_of

SECONDS, CLIENTS, ROUNDS = 3.0, 4, 3
SIZES = (1_000, 10_000)
GUARDED, DEAREST = "inputs, guarded / unguarded", 1.6  # what row security and the signed viewer may cost (time per request)
Figures = tuple[float, float, float]  # requests per second, median seconds, seconds of processor per request; or their ratios
Visit = Callable[[http.client.HTTPConnection, int], float]  # one request by this client; answers how long it took


def main() -> None:
    """Measure and print the table."""
    place = Path(tempfile.mkdtemp(prefix="poly-bench-"))
    place.chmod(0o711)
    with Embedded(place, fast=False) as server:
        found = {size: measure(server, size, place) for size in SIZES}
    print(f"\n{'page':28}{'inputs':>8}{'throughput / bare':>20}{'median / bare':>16}{'processor / bare':>18}")
    for size, rows in found.items():
        for name, (rate, median, processor) in rows.items():
            print(f"{name:28}{size:>8}{rate:>20.2f}{median:>16.2f}{processor:>18.2f}")
    print(f"\n{'growth from 1,000 to 10,000 inputs':36}{'median':>8}{'processor':>12}")
    for name in found[SIZES[0]]:
        if name in found[SIZES[1]] and name != "worker memory":
            few, many = found[SIZES[0]][name], found[SIZES[1]][name]
            print(f"{name:36}{many[1] / few[1]:>8.2f}{many[2] / few[2]:>12.2f}")
    most = max(rows[GUARDED][1] for rows in found.values())
    if most > DEAREST:
        sys.exit(f"The guarded list of inputs takes {most:.2f} times as long as an unguarded one; promised are {DEAREST} at most.")


def measure(server: Embedded, size: int, place: Path) -> dict[str, Figures]:
    """One database of this size: every page's throughput, median and processor time as ratios to the bare page's."""
    name = f"bench_{size}"
    server.create_database(name)
    migrate(server.url("polyphony_owner", name))
    settings = settings_for(server, name, place)
    world = SimpleNamespace(app=create_app(settings), raw=engine(server, name))
    consultation, people = fill(world, server, name, size)
    cookie, _ = seat(world, people[0])
    unguarded = settings_for(server, without(world, server, name, people[0]), place)
    environment = {**settings.child_environment(), "PYTHONPATH": "platform:benchmarks",
                   "BARE_URL": server.url("postgres", name), "BARE_TRANSLATIONS": str(folder("translations"))}
    root = int((server.place.data / "postmaster.pid").read_text().split()[0])
    pages = {"inputs of a consultation": f"/en/consultations/{consultation}/inputs",
             "answers": f"/en/consultations/{consultation}/answers", "home": "/en/home"}
    rows = {}
    with served("wsgi:app", environment) as (port, pid), served("bare:create_app()", environment) as (bare, bare_pid):
        ours, theirs = partial(load, port, [pid, root]), partial(load, bare, [bare_pid, root])
        for page, address in pages.items():
            rows[page] = compare(lambda address=address: ours(reading(address, cookie)),  # type: ignore[misc]
                                 lambda: theirs(reading("/", "")))
        with served("wsgi:app", {**environment, **unguarded.child_environment()}) as (open_port, open_pid):
            list_of = reading(pages["inputs of a consultation"], cookie)
            load(open_port, [open_pid, root], list_of)  # as warm as the other one is by now
            rows[GUARDED] = compare(lambda: ours(list_of),
                                                          lambda: load(open_port, [open_pid, root], list_of))
        seats = [seat(world, person) for person in people]
        make_open(server, name)
        rows["sending / bare page"] = compare(lambda: ours(sending(consultation, seats, server, name)),
                                              lambda: theirs(reading("/", "")))
        rows["sending / bare insert"] = compare(lambda: ours(sending(consultation, seats, server, name)),
                                                lambda: theirs(inserting()))
        for what, ratio in costs(server, name, make.session_of(world, people[0])).items():
            print(f"{what:48}{size:>8}{ratio:>10.2f}")
        rows["worker memory"] = (memory(pid) / memory(bare_pid), 1.0, 1.0)
    return rows


def compare(ours: Callable[[], Figures], bare: Callable[[], Figures]) -> Figures:
    """Throughput, median time and processor time as ratios, the two taken in turns."""
    pairs = [(ours(), bare()) for _ in range(ROUNDS)]
    rate, median, processor = (statistics.median(a[n] / b[n] for a, b in pairs) for n in range(3))
    return rate, median, processor


def engine(server: Embedded, name: str) -> object:
    import sqlalchemy as sa

    return sa.create_engine(server.url("postgres", name), poolclass=sa.NullPool)


def fill(world: SimpleNamespace, server: Embedded, name: str, size: int) -> tuple[uuid.UUID, list[uuid.UUID]]:
    """A published consultation with this many inputs, 25 themes, three answers each; and a few members."""
    companies = [make.organisation(world, each) for each in ("Halcyon", "Meridian", "Tern")]
    table, sauti = make.organisation(world, "Table", "facilitation"), make.organisation(world, "Sauti", "stakeholder")
    people = [make.person(world, f"c{n}@x.example", seats=((sauti, "coordinator"),)) for n in range(CLIENTS)]
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
                  [people[0]])
        c.execute("INSERT INTO feedback.theme (id, consultation_id, title, summary, lang, addressed, added_reason, place, made_on, "
                  "shared_on, published_on, revision) SELECT gen_random_uuid(), %s, 'Theme ' || n, 'What people say.', 'en', %s, "
                  "'', n, current_date, current_date, current_date, 1 FROM generate_series(1, 25) n", [consultation, companies])
        c.execute("INSERT INTO feedback.answer (id, theme_id, company_id, consultation_id, number, state, decision, reason_kind, words, "
                  "changes, lang, signed_as, signed_on, published_on, late_days, revision) SELECT gen_random_uuid(), t.id, company, %s, "
                  "1, 'published', 'adopted', '', repeat('We do this. ', 20), 'It changed the wording.', 'en', 'product', "
                  "current_date, current_date, 0, 1 FROM feedback.theme t, unnest(%s::uuid[]) company", [consultation, companies])
        c.execute("CREATE TABLE public.plain AS SELECT n::int AS id, repeat('A person said. ', 12) AS text "
                  "FROM generate_series(1, %s) n", [size])
        c.execute("CREATE TABLE public.kept (id serial PRIMARY KEY, text text)")
        c.execute("ALTER TABLE public.plain ADD PRIMARY KEY (id)")
        c.execute("CREATE TABLE public.account (id int PRIMARY KEY, name text)")
        c.execute("INSERT INTO public.account VALUES (1, 'somebody')")
    with psycopg.connect(server.url("postgres", name), autocommit=True) as c:
        c.execute("VACUUM ANALYZE")
    return consultation, people


def seat(world: SimpleNamespace, person: uuid.UUID) -> tuple[str, str]:
    """A signed-in member's cookie, and the token her forms carry."""
    serializer = world.app.session_interface.get_signing_serializer(world.app)
    kept = {"key": text_of(make.session_of(world, person)), "csrf_token": "b" * 40}
    token = URLSafeTimedSerializer(world.app.config["SECRET_KEY"], salt="wtf-csrf-token").dumps(kept["csrf_token"])
    return f"polyphony={serializer.dumps(kept)}", str(token)


def make_open(server: Embedded, name: str) -> None:
    """Let the consultation take inputs (past the rule that no step leads back)."""
    with psycopg.connect(server.url("postgres", name)) as c:
        c.execute("SET session_replication_role = replica")
        c.execute("UPDATE consultations.consultation SET state = 'open'")


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


def reading(address: str, cookie: str) -> Visit:
    """Asking for a page."""

    def visit(connection: http.client.HTTPConnection, client: int) -> float:
        return ask(connection, "GET", address, {"Cookie": cookie}, None, 200)

    return visit


def inserting() -> Visit:
    """The bare insert: one row, one commit."""

    def visit(connection: http.client.HTTPConnection, client: int) -> float:
        return ask(connection, "POST", "/", {}, {"text": "What I say."}, 303)

    return visit


def sending(consultation: uuid.UUID, seats: list[tuple[str, str]], server: Embedded, name: str) -> Visit:
    """A member's three writes, one after the other: her words, her choices, sending. Each counts as one request."""
    with psycopg.connect(server.url("postgres", name)) as c:
        company = c.execute("SELECT company_id FROM consultations.convener ORDER BY company_id LIMIT 1").fetchone()
    steps: tuple[tuple[str, dict[str, str]], ...] = (
        ("", {"text": "Maneno ya mtu. " * 12, "lang": "sw", "other": ""}),
        ("/choices", {"addressed": str(company[0]) if company else "", "audience": "participants",
                      "naming": "unattributed", "pseudonym": "", "speaks_as": "affected"}),
        ("/check", {}))
    turns = [0] * len(seats)

    def visit(connection: http.client.HTTPConnection, client: int) -> float:
        cookie, token = seats[client]
        address, typed = steps[turns[client] % 3]
        turns[client] += 1
        return ask(connection, "POST", f"/en/consultations/{consultation}/say{address}", {"Cookie": cookie},
                   {**typed, "csrf_token": token, "once": str(uuid.uuid4())}, 303)

    return visit


def ask(connection: http.client.HTTPConnection, method: str, address: str, headers: dict[str, str],
        typed: dict[str, str] | None, wanted: int) -> float:
    """One request; how many seconds it took. Any other answer than the wanted one ends the measurement."""
    body = None if typed is None else urlencode(typed)
    kind = {} if body is None else {"Content-Type": "application/x-www-form-urlencoded"}
    start = time.perf_counter()
    connection.request(method, address, body, {**headers, **kind})
    answer = connection.getresponse()
    answer.read()
    took = time.perf_counter() - start
    if answer.status != wanted:
        raise SystemExit(f"{method} {address} answered {answer.status}")
    return took


def load(port: int, parents: list[int], visit: Visit) -> Figures:
    """A few patient clients, for a bounded time; the children of `parents` are the programs that work for them."""
    times: list[float] = []
    wrong: list[BaseException] = []
    end = time.monotonic() + SECONDS

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            while time.monotonic() < end:
                times.append(visit(connection, number))
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    start, busy = time.monotonic(), worked(parents)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise wrong[0]
    done = len(times)
    return done / (time.monotonic() - start), statistics.median(times), (worked(parents) - busy) / done


def worked(parents: list[int]) -> float:
    """Seconds of processor that the children of these programs have used so far."""
    ticks = 0
    for parent in parents:
        for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
            with contextlib.suppress(FileNotFoundError):  # it ended meanwhile
                ticks += sum(map(int, Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """Resident memory of a server's one worker, in bytes."""
    child = int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
    pages = int(Path(f"/proc/{child}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()

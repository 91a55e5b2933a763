"""One parent for the whole platform on one machine: database, web server and job worker.

It starts them in that order, stops them in the other (a database that stops first would break the
answers under way), restarts a child that dies a few times, and tells where to look.
"""

import contextlib
import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType

from polyphony.folders import in_checkout, root, source
from polyphony.kernel import present, processes, unfinished
from polyphony.kernel.postgres import Embedded
from polyphony.kernel.ready import complete, server_of
from polyphony.settings import Settings

Greeting = Callable[[Settings], list[str]]
RESTARTS, WITHIN = 3, 60.0
WORKERS, THREADS = 2, 8
BOOT_PATIENCE = 60.0


class AlreadyRunning(Exception):
    """Another supervisor holds this checkout; the sentence says where it answers."""


class CannotServe(Exception):
    """The platform could not be started or kept alive; the sentence says which part."""


class _Stopped(BaseException):
    """Somebody asked us to stop."""


@dataclass
class Child:
    """A program that should be alive: started anew when it dies, but not for ever."""

    name: str
    program: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    deaths: deque[float] = field(default_factory=deque)

    def start(self) -> None:
        self.process = processes.start(self.program, environment=self.environment,
                                       folder=root() if in_checkout() else None)

    def stop(self, patience: float = 15) -> None:
        if self.process:
            processes.stop(self.process, patience=patience)

    def watch(self) -> None:
        """Start it again if it died; raise `CannotServe` when it died too often."""
        code = self.process.poll() if self.process else None
        if code is None:
            return
        now = time.monotonic()
        self.deaths.append(now)
        while self.deaths[0] < now - WITHIN:
            self.deaths.popleft()
        if len(self.deaths) > RESTARTS:
            raise CannotServe(f"The {self.name} ended {len(self.deaths)} times within a minute; giving up.")
        _say(f"The {self.name} ended (code {code}); starting it again.")
        self.start()


def serve(settings: Settings, greeting: Greeting | None = None) -> None:
    """Run the platform until Ctrl-C or SIGTERM, then say that it has stopped.

    `greeting` is called once the database is migrated; it may load what an empty database shows and
    answers lines to print. Raises `AlreadyRunning` and `CannotServe`.
    """
    with _alone(settings), _stoppable():
        with contextlib.suppress(_Stopped):
            _serve(settings, greeting)
        place = "the database" if settings.database_url else settings.var
        with contextlib.suppress(OSError):  # a terminal that is gone
            _say(f"\nStopped. Your data is kept in {place}.")


def _serve(settings: Settings, greeting: Greeting | None) -> None:
    unfinished.refuse(settings)
    _refuse_taken_port(settings)
    if settings.database_url:
        _run(settings, None, greeting)
        return
    with server_of(settings) as server:
        _run(complete(settings, server), server, greeting)


def _run(settings: Settings, server: Embedded | None, greeting: Greeting | None) -> None:
    fresh = _migrate_unless_done(settings)
    lines = greeting(settings) if greeting and fresh else []
    web, worker = _children(settings)
    try:
        web.start()
        worker.start()
        if greeting and not fresh:  # while they start
            lines = greeting(settings)
        _await_answer(settings, web, worker)
        _say(f"\nPolyphony is at {settings.base_url}", *lines, "\nCtrl-C stops it.")
        while True:
            time.sleep(0.25)
            if server and not server.is_running():
                raise CannotServe(f"The database ended; {server.place.log} says why.")
            web.watch()
            worker.watch()
    finally:
        worker.stop()
        web.stop()


def _migrate_unless_done(settings: Settings) -> bool:
    """Bring the database to the present; says whether there was anything to do."""
    if present.is_present(settings.owner_database_url):
        return False
    from polyphony.kernel.migrate import migrate

    migrate(settings.owner_database_url)
    return True


def _children(settings: Settings) -> tuple[Child, Child]:
    environment = settings.child_environment() | {"PYTHONPATH": os.pathsep.join(map(str, _path())),
                                                  "PYTHONUNBUFFERED": "1"}
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    python = [sys.executable, "-m"]
    web = [*python, "gunicorn", "--bind", f"{host}:{settings.port}", "--worker-class", "gthread",
           "--workers", str(WORKERS), "--threads", str(THREADS), "--graceful-timeout", "10",
           "--log-level", "warning", "--no-control-socket", "--preload", "--config", "python:polyphony.kernel.serving",
           "wsgi:app" if in_checkout() else "polyphony:create_app()"]
    return (Child("web server", web, environment),
            Child("job worker", [*python, "polyphony.cli", "worker"], environment))


def _path() -> list[object]:
    return [source(), *([root()] if in_checkout() else [])]


def _await_answer(settings: Settings, *children: Child) -> None:
    """Wait until the first page can be asked for, so that nobody opens an address that refuses her."""
    until = time.monotonic() + BOOT_PATIENCE
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "") else settings.host  # noqa: S104 (compared, not bound)
    while time.monotonic() < until:
        for child in children:
            child.watch()
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(host, settings.port, timeout=10)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            connection.close()
            return
        time.sleep(0.05)
    raise CannotServe("The web server does not answer.")


def _refuse_taken_port(settings: Settings) -> None:
    kind = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(kind, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise CannotServe(f"Port {settings.port} cannot be used ({error.strerror}): "
                              f"choose another one, for example PORT={settings.port + 1}.") from None


@contextlib.contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Hold the lock of this checkout; the system lets go of it whenever we end."""
    settings.var.mkdir(parents=True, exist_ok=True)
    with (settings.var / "running.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            with contextlib.suppress(ValueError, KeyError):
                there = json.loads(lock.read())
                raise AlreadyRunning(f"Polyphony is already running at {there['url']} "
                                     f"(process {there['pid']}).") from None
            raise AlreadyRunning("Polyphony is already running here.") from None
        lock.truncate(0)
        lock.write(json.dumps({"pid": os.getpid(), "url": settings.base_url}))
        lock.flush()
        yield


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Let the first Ctrl-C, SIGTERM or lost terminal stop us in order; the ones after it change nothing."""
    asked: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if not asked:
            asked.append(number)
            raise _Stopped

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()

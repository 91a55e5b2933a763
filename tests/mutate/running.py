"""Runs chosen tests with one fault after another planted, all in one process, and says which faults nobody noticed."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from _pytest.runner import runtestprotocol
from tests.mutate.faults import Databases, Fault


@dataclass(eq=False)
class Judge:
    """A plugin of pytest that takes the place of its loop over tests."""

    faults: list[Fault]
    say: Any = print
    survived: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    killed: dict[str, list[str]] = field(default_factory=dict)
    sound: dict[str, bool] = field(default_factory=dict)
    server: Any = None
    last: str = ""
    within: float = 0  # seconds after which no further one is begun, but twenty at least
    tried: int = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> bool:
        self.session, self.items = session, session.items
        self.other = {item.fspath: item for item in self.items}
        started = time.perf_counter()
        for number, fault in enumerate(self.faults, start=1):
            began = time.perf_counter()
            if self.within and number > 20 and began - started > self.within:
                break
            self.tried = number
            verdict = self._judge(fault)
            self.say(f"{number:4}/{len(self.faults)} {time.perf_counter() - began:5.1f} s  {verdict:8}  {fault}", flush=True)
        session._setupstate.teardown_exact(None)
        return True

    @pytest.hookimpl(hookwrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Any:
        outcome = yield
        if fixturedef.argname == "server":
            self.server = outcome.get_result()

    def _judge(self, fault: Fault) -> str:
        items = [item for wanted in fault.tests for item in self.items if item.nodeid == wanted or
                 item.nodeid.startswith((f"{wanted}::", f"{wanted}["))]
        for item in items:  # whatever the tests share is made before anything is planted
            if item.nodeid not in self.sound:
                self.sound[item.nodeid] = self._passes(item)
                if self.last:
                    self.say(f"{item.nodeid} fails without any fault:\n{self.last[-2000:]}", flush=True)
        items = [item for item in items if self.sound[item.nodeid]]
        try:
            fault.plant(Databases(self._sql))
        except Exception as error:
            self.broken.append(f"{fault} could not be planted: {error}")
            return "broken"
        try:
            noticed = next((item.nodeid for item in items if not self._passes(item)), None)
        finally:
            fault.take_out(Databases(self._sql))
        if noticed is None:
            self.survived.append(str(fault))
            return "SURVIVED"
        self.killed[str(fault)] = [noticed]
        return "killed"

    def _passes(self, item: Any) -> bool:
        """Run one test; what is shared by the whole session stays."""
        state = self.session._setupstate
        if state.stack and not set(state.stack) <= set(item.listchain()):
            state.teardown_exact(item)
        near = next((each for each in self.items if each.fspath == item.fspath and each is not item), None)
        far = near or next((each for each in self.items if each is not item), None)
        reports: Iterable[Any] = runtestprotocol(item, log=False, nextitem=far)
        self.last = "\n".join(str(report.longrepr) for report in reports if report.outcome == "failed")
        return not self.last

    def _sql(self, only: str, statements: list[str]) -> None:
        if self.server is None:
            raise LookupError("no test has asked for a database yet")
        with psycopg.connect(self.server.url("postgres", "postgres"), autocommit=True) as asked:
            names = [name for (name,) in asked.execute(
                "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname !~ '^(postgres|world_|clone_)'")]
        for name in names:
            if only in ("", name):
                with psycopg.connect(self.server.url("postgres", name)) as connection:
                    if connection.execute("SELECT to_regnamespace('viewer')").fetchone() != (None,):
                        connection.execute("SET LOCAL lock_timeout = '10s'")
                        for statement in statements:
                            connection.execute(statement.encode())

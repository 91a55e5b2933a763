"""Any order of acts, by anybody: a model in plain Python says what may happen in the vault, and nothing else does."""

import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from tests.security.test_vault import WHO, act, ask, leave, release, stage, take, text_for

import make_vault
from make_vault import TOLD
from polyphony.vault import desk, service

__all__ = ["stage"]


def play(world: Any, number: int) -> None:
    """Let the machine run this many times; a model in plain Python says what may happen."""
    f = world.facts
    house = {**{who: f["by_name"][who]["organisation"] for who in f["by_name"]}, "fay": f["body"]}

    class Ceremony(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.openings: list[dict[str, Any]] = []
            act(world, "amina", lambda by: service.withdraw(by, id=f["about"]))
            assert leave(world) is None
            self.box = True
            for who in ("fay", "ann"):
                self._ask(who)

        def _alive(self, o: dict[str, Any]) -> bool:
            return o["box"] and not o["read"] and not o["expired"]

        def _pick(self, n: int) -> dict[str, Any]:
            return self.openings[-1 - n % len(self.openings)]  # the latest, where most can still happen

        @precondition(lambda self: self.box)
        @rule(who=st.sampled_from(("fay", "fay", "ann", "bo", "lead", "amina")))
        def ask(self, who: str) -> None:
            self._ask(who)

        def _ask(self, who: str) -> None:
            if who in ("lead", "amina"):
                id = act(world, who, lambda by: desk.boxes(f["about"])[0])
                assert id == [], "whoever sees no box cannot ask"
                return
            id, key = ask(world, who)
            assert isinstance(id, uuid.UUID), id
            self.openings.append({"id": id, "key": key, "who": who, "words": {}, "read": False, "expired": False, "box": True})

        @rule(n=st.integers(0, 1), who=st.sampled_from(("ann", "ben", "cem", "bo", *WHO)), says=st.sampled_from(("released", "released", "refused")))
        def say(self, n: int, who: str, says: str) -> None:
            self._say(self._pick(n), who, says)

        def _say(self, o: dict[str, Any], who: str, says: str) -> None:
            may = (who in f["by_name"] and self._alive(o) and who not in o["words"] and house[who] != house[o["who"]])
            done = release(world, who, o["id"], says)
            assert isinstance(done, str) == may, (who, done)
            if may:
                o["words"][who] = says

        @rule(n=st.integers(0, 1), who=st.lists(st.sampled_from(("ann", "ben", "cem", "bo")), min_size=2, max_size=4))
        def release_together(self, n: int, who: list[str]) -> None:
            for each in who:
                self._say(self._pick(n), each, "released")

        @rule(n=st.integers(0, 1))
        def everybody_tries_to_take(self, n: int) -> None:
            o = self._pick(n)
            for who in [*(x for x in WHO if x != o["who"]), o["who"], o["who"]]:
                self._take(o, who)

        def _take(self, o: dict[str, Any], who: str) -> None:
            others = {house[x] for x, says in o["words"].items() if says == "released"} - {house[o["who"]]}
            may = self._alive(o) and who == o["who"] and len(others) >= 2
            done = take(world, who, o["id"])
            assert (done is None) == may, (who, done)
            if may:
                o["read"] = True
                assert make_vault.opened(text_for(world, who, o["id"]), o["key"]) == TOLD

        @rule(n=st.integers(0, 1))
        def expire(self, n: int) -> None:
            o = self._pick(n)
            world.sql("UPDATE vault.opening SET made_at = now() - interval '2 days', until = now() - interval '1 day', "
                      "tell_on = current_date - 2 WHERE id = %s", o["id"])
            o["expired"] = True

        @precondition(lambda self: not self.box)
        @rule()
        def leave_anew(self) -> None:
            assert leave(world) is None
            self.box = True

        @precondition(lambda self: self.box)
        @rule()
        def withdraw(self) -> None:
            assert act(world, "amina", lambda by: service.withdraw(by, id=f["about"])) is None
            self.box = False
            for o in self.openings:
                o["box"] = False

        @invariant()
        def nothing_was_read_but_by_the_rules(self) -> None:
            read = {row[0] for row in world.sql("SELECT opening_id FROM vault.reading")} & {o["id"] for o in self.openings}
            assert read == {o["id"] for o in self.openings if o["read"]}
            told = {row[0] for row in world.sql("SELECT opening_id FROM vault.telling")} & {o["id"] for o in self.openings}
            assert told == read, "everybody whose box was opened is told"

    run_state_machine_as_test(Ceremony, settings=settings(
        max_examples=number, stateful_step_count=25, deadline=None, derandomize=True,
        suppress_health_check=list(HealthCheck)))


def test_no_order_of_acts_opens_a_box_without_several(stage: Any) -> None:
    play(stage, 5)


@pytest.mark.slow
def test_no_order_of_many_acts_opens_a_box_without_several(stage: Any) -> None:
    play(stage, 60)

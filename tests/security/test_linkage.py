"""Whoever takes the whole database finds no row by when its author came: the attack, before and after the rewriter."""

import random
import uuid
from datetime import timedelta
from typing import Any

import pytest
from tests.journeys.test_inputs import begin, stage  # noqa: F401
from tests.security import linkage

import make
import make_vault
from polyphony.kernel import chores, clock, secrets
from polyphony.kernel.database import db
from polyphony.people import tasks as people
from polyphony.vault import tasks as vault

PEOPLE = 40


class Crowd:
    """People without an account who come one after the other, through the pages, and each says something long."""

    def __init__(self, stage: Any):  # noqa: F811
        self.stage, self.world = stage, stage.world
        self.moments, self.keys, self.talk = [], [], random.Random(linkage.SEED)
        self.before = self.counters()
        for _ in range(PEOPLE):
            self.come()

    def come(self) -> None:
        client, at = self.world.client(), self.stage.at
        _, form = begin(self.stage, client)
        self.moments.append(make.now())
        known = set().union(*self.keys)
        assert client.post(f"{at}/say/without-account", data=form).status_code == 303
        text = " ".join(self.talk.randbytes(4).hex() for _ in range(600))  # too long for its row: it lies beside the table
        assert client.post(f"{at}/say", data={"text": text, "lang": "en", "other": ""}).status_code == 303
        choices = {"addressed": [str(self.stage.firms[0])], "audience": "companies", "naming": "unattributed",
                   "speaks_as": "affected", "pseudonym": ""}
        assert client.post(f"{at}/say/choices", data=choices).status_code == 303
        assert client.post(f"{at}/say/check", data={"once": str(uuid.uuid4())}).status_code == 303
        every = {str(id) for (id,) in self.world.sql("SELECT id FROM people.phrase UNION ALL SELECT id FROM inputs.input")}
        self.keys.append(every - known)

    def counters(self) -> dict[str, int]:
        return dict(self.world.sql("SELECT schemaname || '.' || sequencename, coalesce(last_value, 0) FROM pg_sequences"))

    def attacked(self) -> list[linkage.Try]:
        return linkage.Attacker(self.world.server.url("postgres", self.world.name), self.keys, self.moments).tries()

    def night_comes(self) -> None:
        """Sessions end, and the worker writes anew what people without an account have left."""
        with self.world.worker.app_context(), clock.at(make.now() + timedelta(hours=1)):
            people.forget()
            chores.unlink()
            db.session.commit()


@pytest.mark.slow
def test_who_takes_the_whole_database_links_nobody_better_than_by_chance(stage: Any) -> None:  # noqa: F811
    crowd = Crowd(stage)
    assert [len(each) for each in crowd.keys] == [2] * PEOPLE, "each left a phrase and an input"
    before = crowd.attacked()
    print(linkage.table("\nBefore the rewriter", before))
    hits = {(each.signal, each.way): each.hits for each in before}
    for table in ("people.phrase", "inputs.input", "inputs.authorship"):
        for signal in ("ctid", "xmin"):
            assert hits[f"{table} {signal}", "rank"] >= 0.9 * PEOPLE, "without the rewriter, this attack finds nearly everybody"
    assert hits["phrase xmin > input xmin", "rank"] >= 0.9 * PEOPLE
    crowd.night_comes()
    after = crowd.attacked()
    print(linkage.table("After the rewriter", after))
    moved = {name: value - crowd.before[name] for name, value in crowd.counters().items() if value != crowd.before[name]}
    print(f"Counters that moved: {moved or 'none'}")
    assert linkage.found(after) == [], "\n".join(map(str, linkage.found(after)))
    assert {each.signal.split()[0] for each in after} >= {"people.phrase", "inputs.input", "inputs.authorship", "kernel.once"}
    assert set(moved) <= {"jobs.procrastinate_periodic_defers_id_seq"}, "a counter that people move tells how many came between"


def _boxes(world: Any) -> linkage.Attacker:
    """Forty people come with their accounts, one after the other, and each leaves her name with the keyholders."""
    f, keys, moments, known = make_vault.stage(world), [], [], set()
    for number in range(PEOPLE):
        who = make.person(world, f"p{number}@keys.example", seats=((f["ngo"], "contributor"),))
        client = world.client()
        with world.app.app_context(), client.session_transaction() as session:
            session["key"] = secrets.text_of(make.session_of(world, who))
        moments.append(make.now())
        left = client.post(f"/en/consultations/{f['about']}/identity", data={**make_vault.TOLD, "outside": "", "agree": "y"})
        assert left.status_code == 303
        every = {str(id) for (id,) in world.sql("SELECT id FROM vault.box")}
        keys.append(every - known)
        known = every
    return linkage.Attacker(world.server.url("postgres", world.name), keys, moments)


def test_whose_box_it_is_that_lies_with_the_keyholders_is_found_no_better_than_by_chance(world: Any) -> None:
    attacker = _boxes(world)
    hits = {(each.signal, each.way): each.hits for each in attacker.tries()}
    for table in ("vault.box", "vault.sealed", "vault.share"):
        for signal in ("ctid", "xmin"):
            assert hits[f"{table} {signal}", "rank"] >= 0.9 * PEOPLE, "without the chore, this attack finds nearly everybody"
    with world.worker.app_context():
        vault.shuffle()
        db.session.commit()
    after = linkage.Attacker(world.server.url("postgres", world.name), [{key} for key in attacker.keys], attacker.moments).tries()
    assert linkage.found(after) == [], "\n".join(map(str, linkage.found(after)))
    assert {each.signal.split()[0] for each in after} >= {"vault.box", "vault.sealed", "vault.share"}


def test_blind_guessing_is_told_from_finding() -> None:
    """The judge of the attack itself: exact, and neither deaf nor nervous."""
    assert linkage.tail(0, 10, 0.3) == pytest.approx(1)
    assert linkage.tail(2, 2, 0.5) == pytest.approx(0.25)
    half = [linkage.Try("half of them", "rank", 20, 40, 3 / 40), *(linkage.Try("nothing", "rank", 3, 40, 3 / 40) for _ in range(500))]
    assert [each.signal for each in linkage.found(half)] == ["half of them"]
    assert linkage.found([linkage.Try("lucky", "rank", 9, 40, 3 / 40)] * 500) == []

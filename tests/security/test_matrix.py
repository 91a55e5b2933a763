"""Every page, every kind of person, and a thing of hers, of others or of nobody: how each is answered is written down.

`matrix.json` says of each page who is answered with which status, and how often, for what the database shows her ("own"),
for what it hides from her ("other", one of each) and for what never was ("missing"). Whoever adds a page or changes whom it
is for sees here whom that reaches. After reading the difference, `POLYPHONY_WRITE_MATRIX=1` keeps the new state.
"""

import json
import os
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import flask.templating
import pytest

import make
from crawl import OTHERS, PEOPLE, SECRETS, addresses, browser_of
from polyphony.kernel import clock, secrets
from polyphony.organisations.models import ROLES
from sight import GAP, gaps, put, visible

KEPT = Path(__file__).with_name("matrix.json")
EVERYBODY = [*PEOPLE, *OTHERS]
HERE = (200, 302, 303, 308)  # she is let in
CORE = ("inputs.", "vault.", "fund.payments", "fund.applications", "fund.reviews", "fund.committee", "fund.money")
# Of a person, by page and kind of thing, how often she is answered with each status.
Answered = dict[str, Counter[int]]


@pytest.fixture(autouse=True)
def statuses_alone(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a page says is looked at elsewhere (tests/pages/test_sweep.py): it is not drawn. The day does not end meanwhile."""
    monkeypatch.setattr(flask.templating, "_render", lambda app, template, context: "")
    with clock.at(clock.now()):
        yield


def is_hers(address: str, seen: dict[str, set[Any]]) -> bool:
    """Whether the database shows this viewer everything that the address names."""
    nouns, ids = gaps(address)
    return ids[0] in seen[nouns[0]] and all((ids[0], id) in seen[f"…/{noun}"] for noun, id in zip(nouns[1:], ids[1:], strict=True))


def asked(world: Any, seen: dict[str, set[Any]]) -> dict[str, list[str]]:
    """The addresses that one person tries, by page and kind of thing: all of hers, one of others, one that never was."""
    found: dict[str, list[str]] = {}
    for endpoint, address in addresses(world):
        if endpoint in SECRETS:
            found[f"{endpoint} own"], found[f"{endpoint} missing"] = [address], [f"{address[:-5]}wrong"]
        elif not GAP.search(address):
            found.setdefault(endpoint, []).append(address)
        else:
            found.setdefault(f"{endpoint} {'own' if is_hers(address, seen) else 'other'}", []).append(address)
            found.setdefault(f"{endpoint} missing", [put(address, 0, str(uuid.uuid4()))])
    return {key: each[:1] if key.endswith(" other") else each for key, each in found.items()}


def answered(world: Any, who: str, *pages: str) -> Answered:
    """How this person is answered now; of all pages, or of those that begin so."""
    client = browser_of(world, who)
    client.get("/en/")
    world.sql(f"{make.WHOLE} AND factored")  # however long this takes, she has just shown that it is she
    tried = {key: each for key, each in asked(world, visible(world, client)).items() if key.startswith(pages or "")}
    return {key: Counter(client.get(address).status_code for address in each) for key, each in tried.items()}


def folded(every: dict[str, Answered]) -> dict[str, str]:
    """{"inputs.read own": "200: facilitator 2; 403: the others; nothing: lead"}: whoever is most often answered alike is the others."""
    found = {}
    for key in sorted({key for pages in every.values() for key in pages}):
        answers = {who: every[who].get(key, Counter()) for who in every}
        alike, often = Counter(tuple(of.items()) for of in answers.values() if len(of) == 1).most_common(1)[0] if any(
            len(of) == 1 for of in answers.values()) else ((), 0)
        lines: dict[str, set[str]] = {}
        for who, of in answers.items():
            others = often > 5 and tuple(of.items()) == alike
            for status, number in of.items() or [("nothing", 1)]:
                lines.setdefault(str(status), set()).add(("the others" if others else who) + (f" {number}" if number > 1 else ""))
        found[key] = "; ".join(f"{status}: {', '.join(sorted(people))}" for status, people in sorted(lines.items()))
    return found


def unfolded(line: str, who: str) -> Counter[int]:
    """What one line says of one person."""
    said: dict[str, dict[str, int]] = {}
    for status, people in (part.split(": ") for part in line.split("; ")):
        for each in people.split(", "):
            name, _, number = each.rpartition(" ") if each[-1].isdigit() else (each, "", "1")
            said.setdefault(name, {})[status] = int(number)
    return Counter({int(status): number for status, number in said.get(who, said.get("the others", {})).items() if status != "nothing"})


def kept(who: str, *pages: str) -> Answered:
    """What is written down of this person."""
    every = {key: unfolded(line, who) for key, line in json.loads(KEPT.read_text("utf-8")).items() if key.startswith(pages or "")}
    return {key: of for key, of in every.items() if of}


def differences(who: str, now: Answered, known: Answered) -> list[str]:
    """What has changed for this person, and first of all what she reaches that she did not reach before."""

    def told(of: Counter[int]) -> str:
        return ", ".join(f"{status} × {number}" for status, number in sorted(of.items())) or "nothing"

    found = []
    for key in sorted({*now, *known}):
        new, old = now.get(key, Counter()), known.get(key, Counter())
        more = sum(new[status] - old[status] for status in HERE) > 0
        if new != old:
            found.append((not more, f"{who} {'NOW REACHES' if more else 'is answered otherwise at'} {key}: {told(new)}, but kept is {told(old)}"))
    return [line for _, line in sorted(found)]


@pytest.mark.slow
@pytest.mark.parametrize("who", EVERYBODY)
def test_everybody_reaches_what_is_written_down(lived: Any, who: str) -> None:
    wrong = differences(who, answered(lived, who), kept(who))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("who", ["visitor", "facilitator", "fund administrator"])
def test_desks_and_sealed_things_are_reached_as_is_written_down(lived: Any, who: str) -> None:
    wrong = differences(who, answered(lived, who, *CORE), kept(who, *CORE))
    assert not wrong, "\n".join(wrong)


def test_every_page_is_in_the_matrix(lived: Any) -> None:
    if os.environ.get("POLYPHONY_WRITE_MATRIX"):
        every = folded({who: answered(lived, who) for who in EVERYBODY})
        KEPT.write_text(json.dumps(every, indent=1, ensure_ascii=False) + "\n", "utf-8")
    there = {rule.endpoint for rule in lived.app.url_map.iter_rules() if "GET" in rule.methods} - {"static"}
    assert {key.split()[0] for key in json.loads(KEPT.read_text("utf-8"))} == there, "say who reaches the new page: see the head of this file"
    assert {who for who in EVERYBODY if kept(who)} == set(EVERYBODY)


# Roles that nobody here has alone: keyholder and administrator are the same wherever they sit, and somebody has each elsewhere;
# the demo's facilitator administers her body too.
NOT_ALONE = {("facilitation", "administrator"), ("facilitation", "facilitator"), ("facilitation", "keyholder"), ("fund", "keyholder"),
             ("operator", "administrator")}


def test_of_every_role_somebody_looks_who_has_no_other(lived: Any) -> None:
    with lived.app.app_context():
        lookers = [secrets.address_hash(address) for address in {**PEOPLE, **OTHERS}.values() if address]
    seats = lived.sql("SELECT array_agg(DISTINCT o.kind), array_agg(DISTINCT m.role) FROM organisations.membership m JOIN "
                      "organisations.organisation o ON o.id = organisation_id JOIN people.credential c USING (person_id) "
                      "WHERE address_hash = ANY (%s) GROUP BY person_id", lookers)
    alone = {(kinds[0], roles[0]) for kinds, roles in seats if len(kinds) == len(roles) == 1}
    assert {(kind, role) for kind, roles in ROLES.items() for role in roles} - alone == NOT_ALONE


def test_what_is_hidden_is_let_in_nowhere() -> None:
    """Beside what a thing is to her, no page opens with an id that is hidden from her or was never given."""
    for who in EVERYBODY:
        open_to_her = [key for key, of in kept(who).items() if key.endswith((" other", " missing")) and of[200]]
        assert open_to_her == [], who


def test_what_is_folded_is_what_it_was() -> None:
    every = {who: {"one own": Counter({403: 2}), "two": Counter({200: 1})} for who in EVERYBODY}
    every["lead"] = {"one own": Counter({200: 1, 403: 2})}
    lines = folded(every)
    assert lines == {"one own": "200: lead; 403: lead 2, the others 2", "two": "200: the others; nothing: lead"}
    assert {who: {key: of for key, line in lines.items() if (of := unfolded(line, who))} for who in EVERYBODY} == every


def test_whoever_reaches_more_is_named() -> None:
    known = {"inputs.read own": Counter({403: 2}), "inputs.inbox": Counter({200: 1})}
    (line,) = differences("lead", known | {"inputs.read own": Counter({200: 1, 403: 1})}, known)
    assert line == "lead NOW REACHES inputs.read own: 200 × 1, 403 × 1, but kept is 403 × 2"
    assert "otherwise" in differences("lead", known | {"inputs.inbox": Counter({403: 1})}, known)[0]

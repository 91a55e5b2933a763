"""Who subtracts learns of nobody: everything that is published, day after day, put into equations and solved for what is hidden.

The attacker of these tests remembers every number of every day and every list she could read, and knows how the numbers
are made. What she may not find out is a hidden count from one to four, on any day or between any two.
"""

import random
import re
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from tests import make

from polyphony.feedback.measures import tally
from polyphony.feedback.models import VIEWS, GroundView
from polyphony.inputs.models import AUDIENCES
from polyphony.kernel import small_numbers
from polyphony.kernel.small_numbers import THRESHOLD

# Which audiences each kind of reader reads of a consultation that is listed; the rest is hidden from her.
READS = {"visitor": {"public"}, "participant": {"public", "participants"}, "company": {"public", "participants", "companies"},
         "chosen company": {"public", "participants", "companies", "chosen"}}


def bounds(published: int | None, read: int) -> tuple[int, float]:
    """Between what the number of hidden inputs lies, for somebody who reads so many: published means "at least", in steps."""
    if published is None:
        return 0, max(0, THRESHOLD - 1 - read)
    return max(0, published - read), published + THRESHOLD - 1 - read


def exact(published: int | None, read: int) -> tuple[int, float]:
    """The same where the number itself is published, as it once was."""
    return bounds(None, read) if published is None else (published - read, published - read)


def found_out(days: list[tuple[int | None, dict[str, int]]], knows: Callable[..., tuple[int, float]]) -> list[str]:
    """Every hidden number from one to four that follows, on a day or as the growth between two."""
    wrong = []
    for who, reads in READS.items():
        ranges = [knows(published, sum(counts[a] for a in reads)) for published, counts in days]
        hidden = [sum(counts[a] for a in set(AUDIENCES) - reads) for _, counts in days]
        for day, (low, high) in enumerate(ranges):
            if low == high and 0 < hidden[day] < THRESHOLD:
                wrong.append(f"{who} knows of {hidden[day]} hidden on day {day}")
        for one, other in combinations(range(len(days)), 2):
            low, high = ranges[other][0] - ranges[one][1], ranges[other][1] - ranges[one][0]
            if low == high and 0 < abs(low) < THRESHOLD:
                wrong.append(f"{who} knows that {low} came hidden between days {one} and {other}")
    return wrong


def history(chance: random.Random, length: int, publish: Callable[[int], int | None]) -> list[tuple[int | None, dict[str, int]]]:
    """Days on which some speak and some take back what they said, with what was published of them."""
    counts, days = dict.fromkeys(AUDIENCES, 0), []
    for _ in range(length):
        for _ in range(chance.choice((0, 1, 1, 2, 7))):
            counts[chance.choice(AUDIENCES)] += 1
        if chance.random() < 0.3:
            audience = chance.choice(AUDIENCES)
            counts[audience] = max(0, counts[audience] - 1)
        days.append((publish(sum(counts.values())), dict(counts)))
    return days


def test_no_hidden_input_follows_from_counts_of_any_days() -> None:
    for seed in range(150):
        assert found_out(history(random.Random(seed), 12, small_numbers.at_least), bounds) == []


def exactly(count: int) -> int | None:
    return count if count >= THRESHOLD else None


def test_exact_counts_would_tell() -> None:
    """The planted fault: with the very same days, exact counts over five tell of single people."""
    assert any(found_out(history(random.Random(seed), 12, exactly), exact) for seed in range(5))


def test_a_count_beside_others_says_nothing_exact() -> None:
    """Two counts of one consultation, inputs and organisations: what each allows never leaves one hidden number under five."""
    for inputs in range(5, 40):
        for organisations in range(5, inputs + 1):
            said = small_numbers.at_least(inputs), small_numbers.at_least(organisations)
            fitting = {i - o for i in range(5, 45) for o in range(5, i + 1)
                       if (small_numbers.at_least(i), small_numbers.at_least(o)) == said}
            assert len(fitting) > 1, f"{said} leaves one number of inputs beyond the first of each organisation"


@pytest.fixture
def place(world: Any) -> Any:
    world.facts["about"] = make.consultation(world, [make.organisation(world, "Halcyon")], discovery="listed")
    world.facts["who"] = make.person(world, "asha@x.example")
    return world


def published(world: Any) -> str:
    """What the page of a consultation says of its inputs, and the list of them."""
    from polyphony.inputs import tasks
    from polyphony.kernel.database import db

    with world.worker.app_context():
        tasks.count()
        db.session.commit()
    here = f"/en/consultations/{world.facts['about']}"
    said = "".join(world.client().get(f"{here}{each}").get_data(as_text=True) for each in ("", "/inputs"))
    return re.sub(r'value="[^"]{60,}"', "", said)  # without the form's protection, another one each time


def test_the_page_says_steps_and_one_more_input_changes_nothing(place: Any) -> None:
    for _ in range(6):
        make.input_(place, place.facts["about"], person_id=place.facts["who"], audience="public")
    before = published(place)
    assert before.count("at least 5") == 2, "on its own page and above the list"
    assert "5 inputs" not in before
    make.input_(place, place.facts["about"], person_id=place.facts["who"], audience="facilitator")
    assert published(place) == before, "one more, hidden from the reader"
    place.sql("UPDATE inputs.input SET withdrawn_on = current_date, text = '' WHERE audience = 'facilitator'")
    assert published(place) == before, "and taken back"


def test_where_speaking_is_dangerous_more_have_to_speak_before_any_number_is_told(place: Any) -> None:
    """The threshold is the consultation's own: it rises with its protection, at once and for every count of it."""
    about, said = place.facts["about"], {}
    for level, number in (("standard", 9), ("elevated", 9), ("elevated", 13), ("high", 19), ("high", 27)):
        place.sql("UPDATE consultations.consultation SET discovery = 'link', protection = %s", level)
        while place.sql("SELECT count(*) FROM inputs.input") < [(number,)]:
            make.input_(place, about, person_id=place.facts["who"], audience="public")
        published(place)
        said[level, number] = place.sql("SELECT count FROM kernel.tally WHERE name = 'inputs'")[0][0]
    assert said == {("standard", 9): 5, ("elevated", 9): None, ("elevated", 13): 10, ("high", 19): None, ("high", 27): 20}
    views = [GroundView(view=view, shown_on=make.today(), shown_as="") for view in VIEWS for _ in range(4)]
    assert [tally(views, each) for each in (5, 10, 20, 21)] == [dict.fromkeys(VIEWS), dict.fromkeys(VIEWS), dict.fromkeys(VIEWS), {}]


def test_organisations_that_spoke_are_counted_in_steps_too(world: Any) -> None:
    houses = [make.organisation(world, f"House {n}", "stakeholder") for n in range(7)]
    about = make.consultation(world, [make.organisation(world, "Halcyon")], discovery="listed", invited=tuple(houses))
    world.facts["about"] = about
    for n, house in enumerate(houses):
        make.input_(world, about, person_id=make.person(world, f"p{n}@x.example", seats=((house, "contributor"),)), audience="public")
    published(world)
    assert world.sql("SELECT name, count FROM kernel.tally ORDER BY 1") == [("inputs", 5), ("organisations", 5)]


def test_counts_of_marks_leave_no_hidden_one_determined() -> None:
    """Views from the ground: shown counts and their sum as equations; no hidden count under five has one solution."""
    for seed in range(300):
        chance = random.Random(seed)
        counts = {view: chance.choice((0, 0, 1, 2, 4, 5, 6, 9)) for view in VIEWS}
        seen, whole = small_numbers.parts(counts), sum(counts.values())
        names = list(counts)
        known = [[float(name == each) for each in names] for name in names if seen[name] is not None] + [[1.0] * len(names)]
        for name in (each for each in names if seen[each] is None):
            wanted = [float(name == each) for each in names]
            alone = np.linalg.matrix_rank(np.array([*known, wanted])) == np.linalg.matrix_rank(np.array(known))
            assert not alone or counts[name] >= THRESHOLD or len(names) == 1, (counts, seen)
        rest = whole - sum(count for count in seen.values() if count is not None)
        assert rest == 0 or rest >= THRESHOLD or all(count is None for count in seen.values()), (counts, seen)

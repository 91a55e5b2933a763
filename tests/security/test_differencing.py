"""Who subtracts learns of nobody: everything that is published, day after day, put into equations and solved for what is hidden.

The attacker of these tests remembers every number of every day and every list she could read, and knows how the numbers
are made. What she may not find out is a hidden count from one to four, on any day or between any two.
"""

import random
import re
from collections.abc import Callable, Iterator
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


Publish = Callable[[dict[str, int]], dict[str, int | None]]


def sharings(total: int, among: int = len(VIEWS)) -> Iterator[tuple[int, ...]]:
    """Every way in which so many views can be shared among the marks."""
    if among == 1:
        yield (total,)
        return
    for first in range(total + 1):
        yield from ((first, *rest) for rest in sharings(total - first, among - 1))


def told(publish: Publish, counts: Any) -> dict[int, int]:
    """A number for what is published, of each of these counts of marks (told by their digits)."""
    seen: dict[Any, int] = {}
    return {int("".join(f"{count:02}" for count in each)): seen.setdefault(tuple(publish(
        dict(zip(VIEWS, each, strict=True))).values()), len(seen)) for each in counts}


def known(publish: Publish, total: int) -> set[tuple[str, int]]:
    """What somebody knows who has read two releases one after the other with the whole list of words, so also how many there
    are: each mark of which from one to four were given in all, or came between the two."""
    before, new = np.array(list(sharings(total))), np.array(list(sharings(THRESHOLD)))
    digits = 100 ** np.arange(len(VIEWS) - 1, -1, -1)
    after = before[:, None, :] + new
    earlier, later = (told(publish, counts) for counts in (before.tolist(), sharings(total + THRESHOLD)))
    first = np.array([earlier[code] for code in (before @ digits).tolist()])
    second = np.array([later[code] for code in (after @ digits).ravel().tolist()])
    both = np.repeat(first, len(new)) * len(later) + second
    rows = np.concatenate([np.repeat(before, len(new), 0), after.reshape(-1, len(VIEWS)), np.tile(new, (len(before), 1))], 1)
    order = np.argsort(both, kind="stable")
    starts = np.flatnonzero(np.diff(both[order], prepend=-1))
    least, most = (each.reduceat(rows[order], starts) for each in (np.minimum, np.maximum))
    return {(VIEWS[n % len(VIEWS)], int(least[row, n])) for row, n in np.argwhere(least == most).tolist()
            if 0 < least[row, n] < THRESHOLD}


@pytest.mark.parametrize("total", [5, 10, 15, 20])
def test_no_mark_of_few_follows_from_two_releases_and_the_list(total: int) -> None:
    assert known(small_numbers.parts, total) == set()


@pytest.mark.parametrize(("publish", "total"), [
    (lambda counts: {view: count if count >= THRESHOLD else None for view, count in counts.items()}, 5),
    (lambda counts: {view: small_numbers.at_least(count) for view, count in counts.items()}, 20)], ids=["exact", "steps alone"])
def test_exact_marks_would_tell(publish: Publish, total: int) -> None:
    """The planted faults: exact counts over five, and steps that do not look at what they leave open."""
    assert known(publish, total)

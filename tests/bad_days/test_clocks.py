"""The night the clocks change: every reader sees her own time, the same instant, and UTC beside it."""

from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest

import make
from polyphony.kernel import clock

SPRING = datetime(2030, 3, 31, 1, 30, tzinfo=UTC)  # in Berlin and Paris 03:30: half past two does not exist
AUTUMN = datetime(2030, 10, 27, 1, 30, tzinfo=UTC)  # in Berlin 02:30 for the second time


@pytest.mark.parametrize(("instant", "zone", "local", "utc"), [
    (SPRING, "Europe/Berlin", "31 March 2030, 03:30", "01:30 UTC"),
    (SPRING, "Africa/Nairobi", "31 March 2030, 04:30", "01:30 UTC"),
    (SPRING, "America/New_York", "30 March 2030, 21:30", "31 March, 01:30 UTC"),
    (AUTUMN, "Europe/Berlin", "27 October 2030, 02:30", "01:30 UTC"),
    (AUTUMN.replace(hour=0), "Europe/Berlin", "27 October 2030, 02:30", "00:30 UTC"),
    (AUTUMN, "Asia/Kathmandu", "27 October 2030, 07:15", "01:30 UTC"),
    (AUTUMN, "No/Where", "27 October 2030, 01:30", "01:30 UTC"),
    (AUTUMN, "9" * 400, "27 October 2030, 01:30", "01:30 UTC"),
])
def test_an_instant_is_told_in_two_ways(world: Any, instant: datetime, zone: str, local: str, utc: str) -> None:
    with world.app.test_request_context("/en/"):
        shown = clock.moment(instant, zone)
    assert shown is not None
    assert (shown.local, shown.utc) == (local, utc)
    assert datetime.fromisoformat(shown.iso) == instant


def test_each_reader_sees_her_clock_on_the_page(world: Any) -> None:
    firm, ngo = make.organisation(world, "Halcyon"), make.organisation(world, "Sauti", "stakeholder")
    about = [make.consultation(world, [firm], invited=(ngo,), time_zone="Europe/Berlin", opens_at=SPRING, state=state,
                               closes_at=AUTUMN, promised_on=AUTUMN.date().replace(month=12))
             for state in ("announced", "open")]  # the first tells when it begins, the second when it ends
    readers = {"Africa/Nairobi": ("04:30", "04:30"), "America/New_York": ("21:30", "21:30"),
               "Europe/Berlin": ("03:30", "02:30")}
    pages = {}
    for number, zone in enumerate(readers):
        make.person(world, f"p{number}@sauti.example", seats=((ngo, "coordinator"),))
        world.sql("UPDATE people.person SET time_zone = %s WHERE name = %s", zone, f"p{number}")
        pages[zone] = make.sign_in(world.client(), f"p{number}@sauti.example")
    pages["Europe/Berlin again"] = world.client()  # a visitor reads the consultation's own clock
    for which, one in enumerate(about):
        for zone, client in pages.items():
            page = unescape(client.get(f"/en/consultations/{one}").get_data(as_text=True))
            assert readers[zone.split()[0]][which] in page, (zone, which)
            assert "01:30 UTC" in page
            assert zone.split()[0].split("/")[1].replace("_", " ") in page


def test_a_time_typed_in_the_night_of_the_change_is_one_instant(world: Any) -> None:
    """Half past two does not exist in spring and comes twice in autumn: the page shows what was understood."""
    berlin = clock.zone("Europe/Berlin")
    with world.app.test_request_context("/en/"):
        gap = clock.moment(datetime(2030, 3, 31, 2, 30, tzinfo=berlin).astimezone(UTC), "Europe/Berlin")
        twice = clock.moment(datetime(2030, 10, 27, 2, 30, tzinfo=berlin).astimezone(UTC), "Europe/Berlin")
    assert gap is not None
    assert twice is not None
    assert (gap.local, gap.utc) == ("31 March 2030, 03:30", "01:30 UTC")
    assert (twice.local, twice.utc) == ("27 October 2030, 02:30", "00:30 UTC")

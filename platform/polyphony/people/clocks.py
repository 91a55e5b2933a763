"""What time it is elsewhere: the page one lands on after leaving fast."""

from dataclasses import dataclass

from babel.dates import get_timezone_location
from flask_babel import format_date, format_time, get_locale

from polyphony.kernel import clock

CITIES = ("America/Bogota", "Europe/London", "Africa/Nairobi", "Asia/Amman", "Asia/Karachi", "Asia/Jakarta",
          "Asia/Tokyo")


@dataclass(frozen=True)
class City:
    name: str
    time: str
    day: str


def around_the_world() -> list[City]:
    """Some cities with their time and day, in the reader's language."""
    shown = []
    for name in CITIES:
        here = clock.now().astimezone(clock.zone(name))
        place = get_timezone_location(clock.zone(name), locale=get_locale() or "en", return_city=True)
        shown.append(City(place, format_time(here, "HH:mm", rebase=False), format_date(here, "EEEE", rebase=False)))
    return shown

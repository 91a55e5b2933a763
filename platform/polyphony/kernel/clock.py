"""What time it is, here and there: one clock that tests may set, times told local first with UTC beside."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from flask_babel import format_date, format_datetime

_set: ContextVar[datetime | None] = ContextVar("clock", default=None)


def now() -> datetime:
    """This moment in UTC."""
    return _set.get() or datetime.now(UTC)


def today() -> date:
    """This day in UTC, the only precision kept about people without an account."""
    return now().date()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Set the clock for a while (tests, the demo's past)."""
    token = _set.set(moment)
    try:
        yield
    finally:
        _set.reset(token)


@dataclass(frozen=True)
class Moment:
    """One instant as a page shows it."""

    iso: str
    local: str
    zone: str
    utc: str


@dataclass(frozen=True)
class Day:
    """One calendar day as a page shows it."""

    iso: str
    text: str


def zone(name: str | None) -> ZoneInfo:
    """The time zone of this name, or UTC when we do not know it."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def zones() -> list[str]:
    """Every time zone people may choose, with the familiar `Continent/City` names only."""
    return sorted(z for z in available_timezones() if "/" in z and not z.startswith(("Etc", "SystemV", "US/")))


def moment(instant: datetime | None, zone_name: str) -> Moment | None:
    """An instant for the reader: her local time first, UTC beside."""
    if instant is None:
        return None
    local, utc = instant.astimezone(zone(zone_name)), instant.astimezone(UTC)
    place = (zone_name or "UTC").split("/")[-1].replace("_", " ")
    same_day = local.date() == utc.date()
    return Moment(
        iso=utc.isoformat(timespec="minutes"),
        local=format_datetime(local, "d MMMM y, HH:mm", rebase=False), zone=place,
        utc=format_datetime(utc, "HH:mm" if same_day else "d MMMM, HH:mm", rebase=False) + " UTC",
    )


def day(when: date | datetime | None) -> Day | None:
    """A calendar day in the reader's language."""
    if when is None:
        return None
    if isinstance(when, datetime):
        when = when.astimezone(UTC).date()
    return Day(iso=when.isoformat(), text=format_date(when, "d MMMM y", rebase=False))


def days_between(start: date, end: date) -> int:
    """Whole days from one calendar day to another (negative when `end` comes first)."""
    return (end - start).days


def in_days(number: int) -> date:
    return today() + timedelta(days=number)

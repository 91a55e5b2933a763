"""What time it is, here and there: one clock that tests may set, times told local first with UTC beside."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, dates
from flask_babel import get_locale

_set: ContextVar[datetime | None] = ContextVar("clock", default=None)


def now() -> datetime:
    """This moment in UTC."""
    return _set.get() or datetime.now(UTC)


def today() -> date:
    """This day in UTC, the only precision kept about people without an account."""
    return now().date()


def midnight(moment: datetime | None = None) -> datetime:
    """The beginning of a moment's day in UTC, or of this day: the time of what should tell no hour."""
    return (moment or now()).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


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
    is_guess: bool  # the zone may be another than the reader's: her browser knows better


@dataclass(frozen=True)
class Day:
    """One calendar day as a page shows it."""

    iso: str
    text: str


def zone(name: str | None) -> ZoneInfo:
    """The time zone of this name, or UTC when we do not know it."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a name too long to be a file
        return ZoneInfo("UTC")


ZONES = """
Africa/Abidjan Africa/Accra Africa/Addis_Ababa Africa/Algiers Africa/Cairo Africa/Casablanca Africa/Dakar
Africa/Dar_es_Salaam Africa/Harare Africa/Johannesburg Africa/Kampala Africa/Khartoum Africa/Kigali Africa/Kinshasa
Africa/Lagos Africa/Lusaka Africa/Maputo Africa/Nairobi Africa/Tripoli Africa/Tunis America/Argentina/Buenos_Aires
America/Bogota America/Caracas America/Chicago America/Denver America/Guatemala America/Havana America/La_Paz
America/Lima America/Los_Angeles America/Manaus America/Mexico_City America/New_York America/Panama
America/Port-au-Prince America/Santiago America/Sao_Paulo America/Toronto Asia/Almaty Asia/Amman Asia/Baghdad
Asia/Bangkok Asia/Beirut Asia/Colombo Asia/Damascus Asia/Dhaka Asia/Dubai Asia/Gaza Asia/Ho_Chi_Minh Asia/Hong_Kong
Asia/Jakarta Asia/Jayapura Asia/Kabul Asia/Karachi Asia/Kathmandu Asia/Kolkata Asia/Kuala_Lumpur Asia/Makassar
Asia/Manila Asia/Riyadh Asia/Seoul Asia/Shanghai Asia/Singapore Asia/Tashkent Asia/Tbilisi Asia/Tehran Asia/Tokyo
Asia/Ulaanbaatar Asia/Yangon Australia/Sydney Europe/Berlin Europe/Istanbul Europe/Kyiv Europe/Lisbon Europe/London
Europe/Amsterdam Europe/Dublin Europe/Helsinki Europe/Zurich America/Costa_Rica
Europe/Madrid Europe/Moscow Europe/Paris Pacific/Auckland Pacific/Fiji Pacific/Port_Moresby
"""


def zones() -> list[str]:
    """The time zones people choose from: one per clock and region, few enough for a page on a slow line."""
    return ZONES.split()


def moment(instant: datetime | None, zone_name: str, *, is_guess: bool = False) -> Moment | None:
    """An instant for the reader: her local time first, UTC beside."""
    if instant is None:
        return None
    local, utc = instant.astimezone(zone(zone_name)), instant.astimezone(UTC)
    locale, same_day = _locale(), local.date() == utc.date()
    when = utc.strftime("%H:%M") if same_day else _joined(_short(utc, locale), utc, locale)
    return Moment(iso=utc.isoformat(timespec="minutes"), zone=_city(zone_name, locale), utc=f"{when} UTC",
                  local=_joined(dates.format_date(local, "long", locale=locale), local, locale),
                  is_guess=is_guess or zone_name in ("", "UTC"))


def _locale() -> Locale:
    """The language of this page; English as it is written in most of the world."""
    said = get_locale() or Locale("en")
    return Locale("en", "GB") if said.language == "en" else said


def _short(when: datetime, locale: Locale) -> str:
    """A day without its year, as the language writes it."""
    return dates.format_date(when, str(locale.datetime_skeletons.get("MMMMd", "d MMMM")), locale=locale)


def _joined(day: str, when: datetime, locale: Locale) -> str:
    return str(locale.datetime_formats["medium"]).format(when.strftime("%H:%M"), day)


def _city(zone_name: str, locale: Locale) -> str:
    """The city that names a time zone, in the reader's language where it has a name of its own there."""
    known = locale.time_zones.get(zone_name or "UTC", {}).get("city") if "/" in (zone_name or "") else None
    return known or (zone_name or "UTC").split("/")[-1].replace("_", " ")


def day(when: date | datetime | None) -> Day | None:
    """A calendar day in the reader's language."""
    if when is None:
        return None
    if isinstance(when, datetime):
        when = when.astimezone(UTC).date()
    return _said(when, str(_locale()))


@lru_cache(maxsize=4096)
def _said(when: date, locale: str) -> Day:
    """A day as one language writes it: lists say the same few days again and again."""
    return Day(iso=when.isoformat(), text=dates.format_date(when, "long", locale=locale))


def date_in(instant: datetime | None, zone_name: str) -> date | None:
    """The calendar day of an instant in this time zone."""
    return instant.astimezone(zone(zone_name)).date() if instant else None


def days_between(start: date, end: date) -> int:
    """Whole days from one calendar day to another (negative when `end` comes first)."""
    return (end - start).days


def in_days(number: int) -> date:
    return today() + timedelta(days=number)

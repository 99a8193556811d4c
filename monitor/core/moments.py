"""GROUND. Moments as people say them, in the time zone of the house: always 24 hours, never "am"; and as data."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """`09:36`."""
    return f"{moment.astimezone(zone):%H:%M}"


def day_and_time(moment: datetime, zone: ZoneInfo, near: datetime | None = None) -> str:
    """`Thursday 12 November, 09:36`; with the year where it is not the year of `near`."""
    local = moment.astimezone(zone)
    return f"{local:%A} {local.day} {local:%B}{_year(local, zone, near)}, {local:%H:%M}"


def short_day_and_time(moment: datetime, zone: ZoneInfo, near: datetime | None = None) -> str:
    """`Thu 12 Nov, 09:36`: for tables."""
    local = moment.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b}{_year(local, zone, near)}, {local:%H:%M}"


def month(moment: datetime, zone: ZoneInfo, near: datetime | None = None) -> str:
    """`November`; with the year where it is not the year of `near`."""
    local = moment.astimezone(zone)
    return f"{local:%B}{_year(local, zone, near)}"


def since(moment: datetime, zone: ZoneInfo, near: datetime) -> str:
    """`09:58` on the day of `near`; `Friday 09:58` within a week of it; else the whole date."""
    local, other = moment.astimezone(zone), near.astimezone(zone)
    if local.date() == other.date():
        return f"{local:%H:%M}"
    if abs(local.date() - other.date()) < timedelta(days=7):
        return f"{local:%A} {local:%H:%M}"
    return day_and_time(moment, zone, near)


def days(first: date, last: date) -> str:
    """`9 to 15 November`, `30 November to 6 December`; with years where the two differ."""
    if first.year != last.year:
        return f"{first.day} {first:%B} {first.year} to {last.day} {last:%B} {last.year}"
    if first.month != last.month:
        return f"{first.day} {first:%B} to {last.day} {last:%B}"
    return f"{first.day} to {last.day} {last:%B}"


def _year(local: datetime, zone: ZoneInfo, near: datetime | None) -> str:
    return "" if near is None or near.astimezone(zone).year == local.year else f" {local.year}"


def utc(moment: datetime | None) -> str | None:
    """`2026-11-16T08:00:00Z` as JSON and CSV have it (ISO 8601), or null."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

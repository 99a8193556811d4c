"""FLOOR 1. Days that are closed: public holidays by country, own dates, iCal files. Any year is worked out when asked.

What a file says is read once, with the config; after that nothing here touches a disk, so that a daemon that runs over
New Year, and a first look that goes back five years, know their holidays too.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from monitor.core.calendar import MIDNIGHT, WHOLE_DAY, Span

# The packages that know holidays are imported where one is named: most commands of most houses need none of them, and
# would start a tenth later.
if TYPE_CHECKING:
    import icalendar

LARGEST_FILE = 1_000_000
"""Bytes; the holidays of a country over ten years take about 50,000."""
TRIED_YEARS = range(2000, 2051)
"""The years for which a file is worked out when the config is read, so that what is broken in it shows then."""
LONGEST_EVENT = 3660
"""Days: what lasts over ten years is no holiday."""
TOO_OFTEN = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_NOT_A_CALENDAR = (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError)
"""What icalendar and recurring_ical_events raise for files that are none."""


UTC_ZONE = ZoneInfo("UTC")


class Off(NamedTuple):
    """The part of a day that is closed, in order and without overlaps, and what it is called."""

    spans: tuple[Span, ...]
    name: str


@dataclass(frozen=True, slots=True)
class File:
    """An iCal file (RFC 5545) as it was when the config was read."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Holidays:
    """Closed days of several sources: ISO 3166 codes, own dates and parts of dates, files.

    Serves a Calendar both as its `holidays` and as its `part_holidays`. Timed events of files are told on the clock of
    `zone`. `edition` is the version of the package that knows the public holidays: they change by law.
    """

    zone: ZoneInfo = UTC_ZONE
    countries: tuple[str, ...] = ()
    days: frozenset[date] = frozenset()
    parts: tuple[tuple[date, Span], ...] = ()
    files: tuple[File, ...] = ()
    edition: str = ""

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.get(day) == WHOLE_DAY

    def get(self, day: date, default: tuple[Span, ...] = (), /) -> tuple[Span, ...]:
        """The spans of a day that are closed."""
        off = _year(self, day.year).get(day)
        return off.spans if off else default

    def name(self, day: date) -> str:
        """What a closed day is called, as far as its source says: `Christmas Day`."""
        off = _year(self, day.year).get(day)
        return off.name if off else ""

    @property
    def sources(self) -> tuple[str, ...]:
        """`("GB-ENG", "2 own dates", "house.ics")`."""
        own = len(self.days | {day for day, _ in self.parts})
        dates = (f"{own} own date{'' if own == 1 else 's'}",) if own else ()
        return (*self.countries, *dates, *(file.name for file in self.files))


def together(found: Iterable[Holidays], zone: ZoneInfo) -> Holidays:
    """All of them as one, on the clock of `zone`."""
    whole = Holidays(zone)
    for one in found:
        whole = replace(
            whole,
            countries=(*whole.countries, *one.countries),
            days=whole.days | one.days,
            parts=(*whole.parts, *one.parts),
            files=(*whole.files, *one.files),
            edition=whole.edition or one.edition,
        )
    return whole


def of_country(code: str) -> Holidays:
    """The public holidays of a country or a part of one. Raises KeyError for a code whose holidays nobody knows."""
    country, _, part = code.partition("-")
    known = codes()
    name = country.upper() + (f"-{part}" if part else "")
    found = next((other for other in known if other.lower() == name.lower()), None)
    if found is None:
        raise KeyError(code)
    from importlib.metadata import version  # it reads archives too, which takes a megabyte

    return Holidays(countries=(found,), edition=version("holidays"))


@lru_cache(maxsize=1)
def codes() -> tuple[str, ...]:
    """`AD`, `AD-02`, …: the ISO 3166-1 and 3166-2 codes whose holidays are known."""
    import holidays as public

    listed = public.list_supported_countries().items()
    return tuple(code for c, parts in listed if len(c) == 2 for code in (c, *(f"{c}-{part}" for part in parts)))


def of_file(path: Path) -> Holidays:
    """The events of an iCal file: those of whole days close them, timed ones close their part of the day.

    Raises ValueError with what is wrong with the file.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from None
    if len(raw) > LARGEST_FILE:
        raise ValueError("is larger than a megabyte: that is no list of holidays")
    try:
        found = Holidays(files=(File(path.name, raw.decode("utf-8-sig")),))
    except UnicodeDecodeError:
        raise ValueError("is no iCal file: it is not UTF-8 text") from None
    if not [day for year in TRIED_YEARS for day in _of_file_in(found.files[0], year, UTC)]:
        raise ValueError("holds no event, so it closes nothing")
    return found


@lru_cache(maxsize=1024)
def _year(holidays: Holidays, year: int) -> Mapping[date, Off]:
    """All closed days and parts of days of a year."""
    found: dict[date, list[tuple[Span, str]]] = defaultdict(list)
    for code in holidays.countries:
        for day, name in _of_country_in(code, year).items():
            found[day].append((WHOLE_DAY[0], name))
    for day, span in (*((day, WHOLE_DAY[0]) for day in holidays.days), *holidays.parts):
        if day.year == year:
            found[day].append((span, ""))
    for file in holidays.files:
        for day, span, name in _of_file_in(file, year, holidays.zone):
            found[day].append((span, name))
    return {day: Off(_merged(span for span, _ in off), _first(n for _, n in off)) for day, off in found.items()}


@lru_cache(maxsize=1024)
def _of_country_in(code: str, year: int) -> Mapping[date, str]:
    import holidays as public

    country, _, part = code.partition("-")
    return dict(public.country_holidays(country, subdiv=part or None, years=year))


@lru_cache(maxsize=1024)
def _of_file_in(file: File, year: int, zone: tzinfo) -> tuple[tuple[date, Span, str], ...]:
    """The closed parts of days of a year by a file. Raises ValueError for a file that is broken."""
    import recurring_ical_events

    # Events marked TRANSPARENT close too: calendars of public holidays mostly mark them so (RFC 5545 §3.8.2.7).
    try:
        events = recurring_ical_events.of(_parsed(file)).between(date(year, 1, 1), date(year + 1, 1, 1))
        return tuple(
            (day, span, str(event.get("SUMMARY", "")))
            for event in events
            if str(event.get("STATUS", "")).upper() != "CANCELLED"
            for day, span in _covered(event.start, event.end, zone)
            if day.year == year
        )
    except _NOT_A_CALENDAR as error:
        raise ValueError(f"is no iCal file that can be used: {_on_one_line(error)}") from error


@lru_cache(maxsize=64)
def _parsed(file: File) -> "icalendar.Calendar":
    import icalendar

    calendar = icalendar.Calendar.from_ical(file.text)
    for event in calendar.walk("VEVENT"):
        for name, problem in event.errors:
            raise ValueError(f"{name}: {problem}")
        if "DTSTART" not in event:
            raise ValueError("an event has no DTSTART")
        if too_often := TOO_OFTEN.intersection(_frequencies(event)):
            raise ValueError(f"an event comes {min(too_often).lower()}: no day has holidays by the hour")
    return calendar


def _frequencies(event: "icalendar.Component") -> Iterator[str]:
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        yield from rule.get("FREQ", [])


def _covered(start: date, end: date, zone: tzinfo) -> Iterator[tuple[date, Span]]:
    """The parts of days that an event covers: whole days where it has dates, else what lies between its moments."""
    first, from_ = _day_and_minute(start, zone)
    last, to = _day_and_minute(end, zone)
    for n in range(min((last - first).days, LONGEST_EVENT) + 1):
        day = first + timedelta(days=n)
        span = Span(from_ if day == first else 0, to if day == last else MIDNIGHT)
        if span.start < span.end:
            yield day, span


def _day_and_minute(moment: date, zone: tzinfo) -> tuple[date, int]:
    """A moment on the clock of the zone; one without a zone of its own is on that clock already (RFC 5545 §3.3.5)."""
    if not isinstance(moment, datetime):
        return moment, 0
    local = moment.astimezone(zone) if moment.tzinfo else moment
    return local.date(), local.hour * 60 + local.minute


def _on_one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:120]


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same minutes as spans in order that do not touch each other."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)


def _first(names: Iterable[str]) -> str:
    return next((name for name in names if name), "")

"""FLOOR 1. How calendars are written in config.toml: weekdays, opening hours, holidays; else what is wrong."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema

from monitor.config.closed_days import Holidays, codes, of_country, of_file
from monitor.config.defaults import Otherwise
from monitor.config.kinds import AsTexts, Part, beside, unknown
from monitor.core.calendar import DAYS, MIDNIGHT, WHOLE_DAY, Span

SHORT = tuple(day[:3].lower() for day in DAYS)
LIKE_HOURS = 'write it like "09:00-17:00", or "mon-fri 09:00-12:30 13:30-17:00"'
LIKE_HOLIDAY = 'write a country like "GB-ENG", a day like "2026-12-24", or a file like "closed.ics"'

_SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?: +(.+))?")
_CODE = re.compile(r"[A-Za-z]{2}(-\w+)?")


@dataclass(frozen=True, slots=True)
class HoursLine:
    """Opening hours; of these weekdays, or of all that no other line names (None)."""

    days: frozenset[int] | None
    spans: tuple[Span, ...]


def in_words(days: Iterable[int]) -> str:
    """`Saturday and Sunday`."""
    *most, last = [DAYS[day] for day in sorted(days)]
    return f"{', '.join(most)} and {last}" if most else last


def week_of(lines: Iterable[HoursLine]) -> dict[int, tuple[Span, ...]]:
    """The opening hours by weekday: a line that names weekdays goes before one that names none."""
    lines = tuple(lines)
    every = {day: line.spans for line in lines if line.days is None for day in range(7)}
    return every | {day: line.spans for line in lines if line.days is not None for day in line.days}


def named_days(lines: Iterable[HoursLine]) -> frozenset[int]:
    """The weekdays that are named."""
    return frozenset().union(*(line.days for line in lines if line.days is not None))


def _weekdays(value: object) -> frozenset[int]:
    """`sat`, `Saturday`, `mon-fri`, `fri-mon`."""
    first, dash, last = str(value).strip().lower().partition("-")
    begin = _weekday(first, value)
    end = _weekday(last, value) if dash else begin
    return frozenset((begin + n) % 7 for n in range((end - begin) % 7 + 1))


def _weekday(word: str, value: object) -> int:
    full = [day.lower() for day in DAYS]
    found = [n for n, day in enumerate(full) if len(word.strip()) >= len(SHORT[0]) and day.startswith(word.strip())]
    if not found:
        raise unknown(f'"{value}" is not a weekday; write it like "sat" or "mon-fri"', word.strip(), (*SHORT, *full))
    return found[0]


def _lines(value: object) -> object:
    """A table by weekday as lines; one line as a list of one."""
    if isinstance(value, Mapping):
        times = {days: each if isinstance(each, list) else [each] for days, each in value.items()}
        return [" ".join((days, *map(str, each))) for days, each in times.items()]
    return [value] if isinstance(value, str) else value


def _line(value: object) -> HoursLine:
    words = str(value).replace(",", " ").split()
    named = [word for word in words if not word[:1].isdecimal()]
    times = words[len(named) :]
    if not times or named != words[: len(named)]:
        raise ValueError(f'"{value}" are no opening hours; {LIKE_HOURS}')
    days: frozenset[int] = reduce(frozenset.union, map(_weekdays, named), frozenset())
    return HoursLine(days or None, _spans(times))


def _spans(times: Iterable[str]) -> tuple[Span, ...]:
    """In their order. Raises ValueError where two overlap."""
    spans = sorted(map(_span, times))
    for one, other in pairwise(spans):
        if other.start < one.end:
            raise ValueError(f"{_clock(one)} and {_clock(other)} overlap; put them together")
    return tuple(spans)


def _span(text: str) -> Span:
    match = _SPAN.fullmatch(text)
    if not match:
        raise ValueError(f'"{text}" is no part of a day; {LIKE_HOURS}')
    first_hour, first_minute, last_hour, last_minute = map(int, match.groups())
    start, end = first_hour * 60 + first_minute, last_hour * 60 + last_minute
    if max(first_minute, last_minute) > 59 or max(start, end) > MIDNIGHT:
        raise ValueError(f'"{text}" is no part of a day: it has 24 hours of 60 minutes')
    if start >= end:
        two = '"22:00-24:00", and "00:00-06:00" on the next day'
        raise ValueError(f'"{text}" ends before it begins; over midnight write {two}')
    return Span(start, end)


def _clock(span: Span) -> str:
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in span)


def _one_week(lines: tuple[HoursLine, ...]) -> tuple[HoursLine, ...]:
    seen: set[int] = set()
    for line in lines:
        if line.days is None and any(other.days is None for other in lines if other is not line):
            raise ValueError("has two lines without a weekday; name the weekdays of each")
        if twice := seen & (line.days or frozenset()):
            raise ValueError(f"names {in_words(twice)} twice; put all hours of a day into one line")
        seen |= line.days or frozenset()
    return lines


def _holiday(value: object, info: ValidationInfo) -> Holidays:
    """One element of `holidays`; files lie beside the config, whose folder the context of the validation tells."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return Holidays(days=frozenset({value}))
    text = str(value).strip()
    if text.lower().endswith(".ics"):
        return _file(text, info.context or {})
    if match := _DATE.fullmatch(text):
        return _own_day(match[1], match[2])
    if not _CODE.fullmatch(text):
        raise ValueError(f'"{text}" is no holiday; {LIKE_HOLIDAY}')
    try:
        return of_country(text)
    except KeyError:
        said = f'"{text}" is no country, or part of one, whose public holidays are known; {LIKE_HOLIDAY}'
        country = text[:2].upper()
        near = [code for code in codes() if code.startswith(country)] or [code for code in codes() if "-" not in code]
        raise unknown(said, text.upper(), tuple(near)) from None


def _own_day(day: str, times: str | None) -> Holidays:
    try:
        found = date.fromisoformat(day)
    except ValueError:
        raise ValueError(f'"{day}" is no day of a calendar') from None
    if not times:
        return Holidays(days=frozenset({found}))
    spans = _spans(times.replace(",", " ").split())
    return Holidays(days=frozenset({found})) if spans == WHOLE_DAY else Holidays(parts=tuple((found, s) for s in spans))


def _file(name: str, context: Mapping[str, Any]) -> Holidays:
    path = Path(beside(context.get("folder", Path()), name) or name)
    try:
        return of_file(path)
    except ValueError as error:
        raise ValueError(f"{path} {error}") from None


def _list(value: object) -> object:
    return [value] if isinstance(value, str | date) else value


Weekdays = Annotated[tuple[Annotated[frozenset[int], BeforeValidator(_weekdays)], ...], BeforeValidator(_list), AsTexts]
Hours = Annotated[
    tuple[Annotated[HoursLine, BeforeValidator(_line)], ...],
    BeforeValidator(_lines),
    AfterValidator(_one_week),
    Field(min_length=1),
    WithJsonSchema({"type": ["string", "array", "object"]}),
]
ClosedDays = Annotated[tuple[Annotated[Holidays, BeforeValidator(_holiday)], ...], BeforeValidator(_list), AsTexts]
Clock = Literal["elapsed", "open-days", "office-hours"]


class ClockKeys(Part):
    """Which hours a promise counts. Allowed in [target], a [[team]] and a [[mailbox]]."""

    clock: Annotated[Clock | None, Otherwise("elapsed")] = Field(
        default=None,
        description="elapsed: every hour counts; open-days: all hours of open days; office-hours: opening hours",
    )
    closed: Weekdays | None = Field(default=None, description="weekdays that count nothing", examples=[["sat", "sun"]])
    hours: Hours | None = Field(
        default=None,
        description="opening hours, for office-hours; a line for each group of weekdays",
        examples=[["mon-fri 09:00-12:30 13:30-17:00"]],
    )
    holidays: ClosedDays | None = Field(
        default=None,
        description="days that count nothing: countries or parts of them (ISO 3166), own days or parts of days, files",
        examples=[["GB-ENG", "2026-12-24 13:00-24:00", "closed.ics"]],
    )


class WindowKeys(Part):
    """When letters may be sent. Allowed in [letters] and a [[person]]."""

    hours: Annotated[Hours | None, Otherwise(words="at any time")] = Field(
        default=None,
        description="letters are sent in these hours only; later ones wait",
        examples=[["mon-fri 08:00-18:00"]],
    )
    quiet: Weekdays | None = Field(
        default=None, description="weekdays on which no letter is sent", examples=[["sat", "sun"]]
    )
    holidays: ClosedDays | None = Field(
        default=None, description="days on which no letter is sent, as in [target]", examples=[["GB-ENG"]]
    )

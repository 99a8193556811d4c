"""FLOOR 3. What people type: options in any place, moments, weeks, months. A ValueError says what would be right."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from monitor.core.report.month import Month
from monitor.core.report.week import Week

ANYWHERE = ("--config", "--now")
ALONE = ("--verbose", "-v", "--quiet", "-q")
"""Those that stand alone."""
YEARS = range(1990, 9000)
"""Mail is younger, and the calendar of Python ends soon after."""


def options_first(words: Sequence[str]) -> list[str]:
    """`threads --config FILE` means `--config FILE threads`: people put options last."""
    first: list[str] = []
    rest: list[str] = []
    remaining = iter(words)
    for word in remaining:
        if word == "--":
            rest += [word, *remaining]
        elif word in ANYWHERE:
            value = next(remaining, None)
            if value is None:
                raise ValueError(f"{word} needs a value after it")
            first += [word, value]
        elif word in ALONE:
            first.append(word)
        else:
            (first if word.startswith(tuple(f"{option}=" for option in ANYWHERE)) else rest).append(word)
    return first + rest


def moment(text: str) -> datetime:
    """ISO 8601; without an offset it is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = datetime.min.replace(tzinfo=UTC)
    if found.year not in YEARS:
        raise ValueError(f'--now: "{text}" is not a moment; write it like 2026-11-16T08:00:00+00:00')
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def week(text: str | None, zone: ZoneInfo, now: datetime) -> Week:
    """`2026-W46`; the last closed one where nothing is said."""
    if text is None:
        return Week.of(now, zone).before()
    try:
        found = Week.parse(text, zone)
    except ValueError as error:
        raise ValueError(f"--week: {error}") from None
    if found.year not in YEARS:
        raise ValueError(f'--week: "{text}" is too long ago or too far ahead')
    return found


def month(text: str, zone: ZoneInfo) -> Month:
    """`2026-10`."""
    try:
        found = Month.parse(text, zone)
    except ValueError as error:
        raise ValueError(f"--month: {error}") from None
    if found.year not in YEARS:
        raise ValueError(f'--month: "{text}" is too long ago or too far ahead')
    return found

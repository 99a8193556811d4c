"""GROUND. Lengths of time: read from a config ("24h", "2d"), and said in words people use."""

import re
from datetime import timedelta

_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(y|w|d|h|min|m|s)", re.ASCII)
_UNITS = {"y": 31536000.0, "w": 604800.0, "d": 86400.0, "h": 3600.0, "m": 60.0, "min": 60.0, "s": 1.0}
_LONGEST = 36525 * 86400.0


def parse_duration(text: str) -> timedelta:
    """`"24h"`, `"1d 12h"`, `"-4h"`, `"90 min"` as a timedelta; a year is 365 days.

    Raises ValueError with what would be right.
    """
    body = text.strip().lower()
    sign = -1 if body.startswith("-") else 1
    body = body.lstrip("+-").strip()
    parts = _PART.findall(body)
    if not parts or _PART.sub("", body).strip():
        raise ValueError(f'"{text}" is not a length of time; write for example "24h", "30m" or "2d"')
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if seconds > _LONGEST:
        raise ValueError(f'"{text}" is longer than a hundred years; write for example "24h", "30m" or "2d"')
    return sign * timedelta(seconds=seconds)


def short(length: timedelta) -> str:
    """`16 min`, `42 h`, `3 d 19 h`: hours below 48, then days. Rounded down, so that nothing is late before it is."""
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    if hours < 48:
        return f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def words(length: timedelta) -> str:
    """`16 minutes`, `42 hours`, `3 days`: the same in full words, days without hours."""
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 60:
        return _plural(minutes, "minute")
    hours = minutes // 60
    return _plural(hours, "hour") if hours < 48 else _plural(hours // 24, "day")


def canonical(length: timedelta) -> str:
    """The shortest config spelling: `0h`, `-4h`, `30m`. Names a reminder's step."""
    seconds = int(length.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    if seconds % 3600 == 0:
        return f"{sign}{seconds // 3600}h"
    return f"{sign}{seconds // 60}m" if seconds % 60 == 0 else f"{sign}{seconds}s"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"

"""GROUND. When a mailbox could not be seen, and how that is said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.core.moments import clock

WORTH_SAYING = timedelta(hours=1)
"""Less in a week is no news to who reads the report."""


@dataclass(frozen=True, slots=True)
class Blind:
    """From the last complete look of a mailbox before it to the first one after it; in UTC."""

    mailbox: str
    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        """Elapsed time: it knows no summer time."""
        return self.until - self.since

    @property
    def hours(self) -> float:
        """The same in hours, to the hundredth."""
        return round(self.length / timedelta(hours=1), 2)


def clipped(spells: Iterable[Blind], since: datetime, until: datetime) -> tuple[Blind, ...]:
    """What of them lies between two moments."""
    # In UTC: a difference of two local moments of one zone forgets the clock change between them.
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    cut = (Blind(s.mailbox, max(s.since, since), min(s.until, until)) for s in spells)
    return tuple(spell for spell in cut if spell.until > spell.since)


def said(spells: Sequence[Blind], zone: ZoneInfo) -> str:
    """`info@… could not be seen for 5 h 20 min on Tuesday, from 09:10 to 14:30.`: the spells of one mailbox in a week.

    Empty where they are not worth saying.
    """
    total = sum((spell.length for spell in spells), timedelta(0))
    if total < WORTH_SAYING:
        return ""
    mailbox, longest = spells[0].mailbox, max(spells, key=lambda spell: spell.length)
    if len(spells) == 1:
        return f"{mailbox} could not be seen for {_long(total)} {_when(longest, zone)}."
    return (
        f"{mailbox} could not be seen for {_long(total)} in {len(spells)} spells, the longest of them "
        f"{_long(longest.length)} {_when(longest, zone)}."
    )


def _when(spell: Blind, zone: ZoneInfo) -> str:
    begin, end = spell.since.astimezone(zone), spell.until.astimezone(zone)
    if begin.date() == end.date():
        return f"on {begin:%A}, from {clock(begin, zone)} to {clock(end, zone)}"
    return f"from {begin:%A} {clock(begin, zone)} to {end:%A} {clock(end, zone)}"


def _long(length: timedelta) -> str:
    """`5 h 20 min`, `3 h`, `2 d 4 h`: rounded down."""
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    if hours >= 48:
        days, hours = divmod(hours, 24)
        return f"{days} d {hours} h" if hours else f"{days} d"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"

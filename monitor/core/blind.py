"""GROUND. When a mailbox could not be seen, and how that is said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.core.brief import exact
from monitor.core.said import Moment, Said, say

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


def said(spells: Sequence[Blind], zone: ZoneInfo) -> Said | None:
    """`info@… could not be seen for 5 h 20 min on Tuesday, from 09:10 to 14:30.`: the spells of one mailbox in a week.

    None where they are not worth saying.
    """
    total = sum((spell.length for spell in spells), timedelta(0))
    if total < WORTH_SAYING:
        return None
    mailbox, longest = spells[0].mailbox, max(spells, key=lambda spell: spell.length)
    if len(spells) == 1:
        return say(
            "%(mailbox)s could not be seen for %(length)s %(when)s.",
            mailbox=mailbox, length=exact(total), when=_when(longest, zone),
        )  # fmt: skip
    return say(
        "%(mailbox)s could not be seen for %(length)s in %(spells)s spells, the longest of them %(longest)s %(when)s.",
        mailbox=mailbox, length=exact(total), spells=str(len(spells)), longest=exact(longest.length),
        when=_when(longest, zone),
    )  # fmt: skip


def _when(spell: Blind, zone: ZoneInfo) -> Said:
    day, begin, end = (
        Moment(spell.since, zone, "weekday"), Moment(spell.since, zone, "clock"), Moment(spell.until, zone, "clock"),
    )  # fmt: skip
    if spell.since.astimezone(zone).date() == spell.until.astimezone(zone).date():
        return say("on %(day)s, from %(begin)s to %(end)s", day=day, begin=begin, end=end)
    last = Moment(spell.until, zone, "weekday")
    return say("from %(day)s %(begin)s to %(last)s %(end)s", day=day, begin=begin, last=last, end=end)

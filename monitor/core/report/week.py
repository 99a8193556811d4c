"""GROUND. Weeks, and when the report of one goes out."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

QUARTER = 13
"""So many weeks the report looks back over, its own included."""

_WEEK = re.compile(r"(\d{4})-W(\d{2})")


@dataclass(frozen=True, slots=True)
class Week:
    """An ISO week (ISO 8601) in the time zone of the house."""

    year: int
    number: int
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str, zone: ZoneInfo) -> "Week":
        """`2026-W46`. Raises ValueError with what would be right."""
        match = _WEEK.fullmatch(text.strip().upper())
        if not match:
            raise ValueError(f'"{text}" is not a week; write it like 2026-W46')
        try:
            date.fromisocalendar(int(match[1]), int(match[2]), 1)
        except ValueError:
            raise ValueError(f'"{text}" is not a week: {match[1]} has no week {int(match[2])}') from None
        return cls(int(match[1]), int(match[2]), zone)

    @classmethod
    def of(cls, moment: datetime, zone: ZoneInfo) -> "Week":
        """The week a moment lies in."""
        year, number, _ = moment.astimezone(zone).isocalendar()
        return cls(year, number, zone)

    @property
    def name(self) -> str:
        """`2026-W46`."""
        return f"{self.year}-W{self.number:02d}"

    @property
    def monday(self) -> date:
        """Its first day."""
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def start(self) -> datetime:
        """Monday 00:00 in the zone."""
        return datetime.combine(self.monday, datetime.min.time(), self.zone)

    @property
    def end(self) -> datetime:
        """The next Monday 00:00 in the zone: the first moment after the week."""
        return datetime.combine(self.monday + timedelta(days=7), datetime.min.time(), self.zone)

    def quarter(self) -> list["Week"]:
        """The QUARTER of weeks that end with this one, oldest first."""
        mondays = (self.monday - timedelta(weeks=back) for back in range(QUARTER))
        years = [monday.isocalendar() for monday in mondays]
        return [Week(one.year, one.week, self.zone) for one in reversed(years)]

    def before(self) -> "Week":
        """The week before this one."""
        year, number, _ = (self.monday - timedelta(days=7)).isocalendar()
        return Week(year, number, self.zone)


def last_closed(now: datetime, on: "Moment", zone: ZoneInfo) -> Week:
    """The latest week whose report is due at `now`: closed, and its `on` moment has come."""
    week = Week.of(now, zone).before()
    return week if now >= on.after(week) else week.before()


@dataclass(frozen=True, slots=True)
class Moment:
    """`mon 07:00`: when in the week the report of the week before goes out, local time."""

    weekday: int
    hour: int
    minute: int

    @classmethod
    def parse(cls, text: str) -> "Moment":
        """Raises ValueError with what would be right."""
        match = re.fullmatch(r"(mon|tue|wed|thu|fri|sat|sun)[a-z]*\s+([01]?\d|2[0-3]):([0-5]\d)", text.strip().lower())
        if not match:
            raise ValueError(f'"{text}" is not a weekday and time; write for example "mon 07:00"')
        return cls(("mon", "tue", "wed", "thu", "fri", "sat", "sun").index(match[1]), int(match[2]), int(match[3]))

    def after(self, week: Week) -> datetime:
        """The first such moment after `week` has closed."""
        day = week.monday + timedelta(days=7 + self.weekday)
        return datetime(day.year, day.month, day.day, self.hour, self.minute, tzinfo=week.zone)

"""GROUND. A month, as the sheet for the cross-team meeting tells it."""

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

_MONTH = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the calendar in the time zone of the house."""

    year: int
    number: int
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str, zone: ZoneInfo) -> "Month":
        """`2026-10`. Raises ValueError with what would be right."""
        match = _MONTH.fullmatch(text.strip())
        if not match or not (1 <= int(match[2]) <= 12 and 1 <= int(match[1]) < 9999):
            raise ValueError(f'"{text}" is not a month; write it like 2026-10')
        return cls(int(match[1]), int(match[2]), zone)

    @classmethod
    def of(cls, moment: datetime, zone: ZoneInfo) -> "Month":
        """The month a moment lies in."""
        local = moment.astimezone(zone)
        return cls(local.year, local.month, zone)

    @property
    def name(self) -> str:
        """`2026-10`."""
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def start(self) -> datetime:
        """The first day, 00:00 in the zone."""
        return datetime(self.year, self.number, 1, tzinfo=self.zone)

    @property
    def end(self) -> datetime:
        """The first moment after the month."""
        years, month = divmod(self.number, 12)
        return datetime(self.year + years, month + 1, 1, tzinfo=self.zone)

    def before(self) -> "Month":
        """The month before this one."""
        years, month = divmod(self.number - 2, 12)
        return Month(self.year + years, month + 1, self.zone)
